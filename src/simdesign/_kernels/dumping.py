"""Production waste in the sewer of a city: when, how much, over how many days."""

import math

import numpy as np

from simdesign._kernels._jit import njit
from simdesign._kernels.addressed import philox_block, uniform_of


@njit
def add_dumps(keys, replication, site, years, rate, log_low, log_span, most_days, unit, waste):
    r"""Add the dumps of one city to its waste, programme year by programme year.

    Dumps are a Poisson process of constant rate. Block b of a year's stream is its b-th dump:
    number 0 is the waiting time since the one before, :math:`-\log(u)/\lambda`, number 1 the
    size, uniform on the log scale, number 2 the number of days over which it leaves.

    Parameters
    ----------
    keys : ndarray of uint64, shape (10, 2)
    replication, site : uint64
    years : ndarray of int64, shape (n_year, 3)
        Address word, first index and number of days of every programme year.
    rate : float
        Dumps per day, > 0 [1/d].
    log_low, log_span : float
        Log of the smallest size, and of the largest over the smallest.
    most_days : int
        Most days over which a dump leaves.
    unit : float
        Load of size 1 [mg/(1000 inh d)].
    waste : ndarray of float64, shape (n_day,), changed
        What leaves after its last day is lost [mg/(1000 inh d)].
    """
    raw = np.empty(4, dtype=np.uint64)
    for year in range(years.shape[0]):
        word, first, n_day = np.uint64(years[year, 0]), years[year, 1], years[year, 2]
        block = 1
        time = 0.0
        while True:
            philox_block(keys, np.uint64(block), replication, site, word, raw)
            time -= math.log(uniform_of(raw[0])) / rate
            if time >= n_day:
                break
            n = 1 + int(uniform_of(raw[2]) * most_days)
            a_day = unit * math.exp(log_low + log_span * uniform_of(raw[1])) / n
            start = first + int(time)
            for t in range(start, min(start + n, waste.size)):
                waste[t] += a_day
            block += 1
