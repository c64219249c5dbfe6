"""What arrives at the plant of the residue that left the toilets, and of waste poured away."""

import math

import numpy as np

from simdesign._kernels._jit import njit
from simdesign._kernels.addressed import addressed_uniform
from simdesign._kernels.days import year_index
from simdesign._kernels.mishaps import week_number


@njit
def arriving(
    residue, waste, litres, first_day, site, day, year_start, survival, capacity, load
):  # fmt: skip
    r"""Write the loads that arrive at the plant on the sampled days of one substance.

    .. math:: A = (R\, s_{day of year} + W) \min(1, Q_{max} / Q)

    Parameters
    ----------
    residue, waste : ndarray, shape (n_s, n_t)
        Left the catchment by use; was poured away [mg/(1000 inh d)].
    litres : ndarray, shape (n_s, n_t)
        Sewage [L/(inh d)].
    first_day : int
        Day of index 0 of the last axis.
    site : ndarray of int64, shape (n_v,)
    day : ndarray of int64, shape (n_v, n_d)
        Within the days of the arrays; negative = padding.
    year_start : ndarray of int64, shape (n_year,)
    survival : ndarray, shape (366,)
        Share that is not lost in the sewer, by the day of the year [1].
    capacity : float
        What the plant receives at most [L/(inh d)]; infinite without overflows.
    load : ndarray, shape (n_v, n_d), changed
        NaN where padded [mg/(1000 inh d)].
    """
    n_v, n_d = day.shape
    for v in range(n_v):
        s = site[v]
        for d in range(n_d):
            if day[v, d] < 0:
                load[v, d] = math.nan
                continue
            t = day[v, d] - first_day
            number = day[v, d] - year_start[year_index(day[v, d], year_start)]
            load[v, d] = residue[s, t] * survival[number] + waste[s, t]
            if litres[s, t] > capacity:
                load[v, d] *= capacity / litres[s, t]


@njit
def withhold(
    keys, replication, waste, unit, first_day, site, day, site_number, log_missed, load, censored
):
    r"""Remove the visits of one substance in which a sampled dump is recognised.

    Waste of m units on a sampled day is recognised when the uniform number of its (city, week)
    is below :math:`1 - e^{m \log q}`, with q the probability to miss one unit. Weeks run from
    Wednesday to Tuesday.

    Parameters
    ----------
    keys : ndarray of uint64, shape (10, 2)
    replication : uint64
    waste : ndarray, shape (n_s, n_t)
        [mg/(1000 inh d)]
    unit : ndarray, shape (n_s,)
        [mg/(1000 inh d)]
    first_day : int
    site : ndarray of int64, shape (n_v,)
    day : ndarray of int64, shape (n_v, n_d)
    site_number : ndarray of uint64, shape (n_s,)
    log_missed : float
        log q; minus infinity when nothing is missed.
    load, censored : ndarray, shape (n_v, n_d), changed
    """
    n_v, n_d = day.shape
    nowhere = np.uint64(0)
    for v in range(n_v):
        s = site[v]
        seen = False
        for d in range(n_d):
            if day[v, d] < 0 or not load[v, d] > 0.0:
                continue
            units = waste[s, day[v, d] - first_day] / unit[s]
            if units > 0.0:
                week = week_number(day[v, d])
                chance = addressed_uniform(keys, replication, site_number[s], nowhere, week)
                if chance < 1.0 - math.exp(log_missed * units):
                    seen = True
        if seen:
            for d in range(n_d):
                load[v, d] = math.nan
                censored[v, d] = False
