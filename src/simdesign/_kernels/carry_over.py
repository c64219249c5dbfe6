"""Residue of one use leaves the body over several days."""

import math

import numpy as np

from simdesign._kernels._jit import njit


@njit
def carry_over(shares, factor, weekday, first, n_day, arriving, trend, expected, residue):
    r"""Spread what is used on consecutive days of one city over the days of excretion, in place.

    .. math:: T_t \leftarrow \sum_j w_j T_{t-j}, \quad
              X_t \leftarrow e^{a_t} \sum_j w_j X_{t-j}\, e^{-a_{t-j}}

    for the expected loads and the residue, with a the part of the log load that is a deviation
    of what arrives and not of what is used. The days before day ``first`` have the weekday
    factors of the week before and are otherwise like it, without count noise.

    Parameters
    ----------
    shares : ndarray of float64, shape (n_share,)
        w, sum 1.
    factor : ndarray of float64, shape (7,)
        Load factor of use, Monday to Sunday [1].
    weekday : int
        Weekday of day ``first``, Monday = 0.
    first, n_day : int
        Days ``first`` to ``first + n_day - 1``.
    arriving : ndarray of float64, shape (n_day_in_all,)
        a [1].
    trend, expected, residue : ndarray of float64, shape (n_day_in_all,)
        Changed [mg/(1000 inh d)].
    """
    last = first + n_day
    gain, loss = np.empty(n_day), np.empty(n_day)
    for t in range(n_day):
        gain[t] = math.exp(arriving[first + t])
        loss[t] = 1.0 / gain[t]
    used = trend[first:last].copy()
    before = np.empty(shares.size)
    _earlier(factor, weekday, used[0], before)
    _spread(shares, before, used, trend[first:last])
    _earlier(factor, weekday, expected[first] * loss[0], before)
    for values in (expected[first:last], residue[first:last]):
        for t in range(n_day):
            used[t] = values[t] * loss[t]
        _spread(shares, before, used, values)
        for t in range(n_day):
            values[t] *= gain[t]


@njit
def _earlier(factor, weekday, value, before):
    """Write the value of the day ``i`` days before into ``before[i]``, from that of day 0."""
    for i in range(before.size):
        before[i] = value * factor[(weekday - i) % 7] / factor[weekday]


@njit
def _spread(shares, before, used, values):
    """Write what is excreted on each day; one share at a time, which compiles to vectors."""
    for t in range(values.size):
        values[t] = shares[0] * used[t]
    for j in range(1, shares.size):
        share = shares[j]
        later = values[j:]
        for t in range(later.size):
            later[t] += share * used[t]
        for t in range(min(j, values.size)):
            values[t] += share * before[j - t]
