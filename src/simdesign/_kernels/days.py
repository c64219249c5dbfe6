"""Random numbers of calendar days: the stream of a year, the day's number within it."""

import numpy as np

from simdesign._kernels._jit import njit
from simdesign._kernels.addressed import normal_of, philox_block


@njit
def year_index(day, year_start):
    """Return the index into ``year_start`` of the calendar year that holds a day.

    ``year_start``, shape (n_year,), holds the days of 1 January of 1970, 1971, ...
    """
    index = day // 366
    while year_start[index + 1] <= day:
        index += 1
    return index


@njit
def day_numbers(keys, replication, site, days, year_start, out):
    """Write the raw numbers of one visit's calendar days into ``out``.

    The address of a day is its calendar year (word 3) and its number within the year.

    Parameters
    ----------
    keys : ndarray of uint64, shape (10, 2)
    replication, site : uint64
    days : ndarray of int64, shape (d,)
        Increasing calendar days; negative = padding, for which nothing is written.
    year_start : ndarray of int64, shape (n_year,)
        Day of 1 January of 1970, 1971, ...
    out : ndarray of uint64, shape (d,)
    """
    raw = np.empty(4, dtype=np.uint64)
    before = -1
    block = -1
    for d in range(days.size):
        day = days[d]
        if day < 0:
            continue
        index = year_index(day, year_start)
        number = day - year_start[index]
        if index != before or number // 4 != block:
            before = index
            block = number // 4
            year = np.uint64(1970 + index)
            philox_block(keys, np.uint64(block + 1), replication, site, year, raw)
        out[d] = raw[number % 4]


@njit
def day_normals(keys, replication, site, days, year_start, out):
    """Write the normals of one visit's calendar days into ``out``; see :func:`day_numbers`."""
    raw = np.empty(days.size, dtype=np.uint64)
    day_numbers(keys, replication, site, days, year_start, raw)
    for d in range(days.size):
        if days[d] >= 0:
            out[d] = normal_of(raw[d])


@njit
def add_day_normals(keys, replication, site, day, site_number, year_start, sd, error):
    """Add ``sd`` times the normal of every (city, day) to ``error``.

    Parameters
    ----------
    keys : ndarray of uint64, shape (10, 2)
    replication : uint64
    site : ndarray of int64, shape (n_v,)
    day : ndarray of int64, shape (n_v, n_d)
        Negative = padding.
    site_number : ndarray of uint64, shape (n_s,)
    year_start : ndarray of int64, shape (n_year,)
    sd : float
    error : ndarray of float64, shape (n_v, n_d), changed
    """
    n_v, n_d = day.shape
    normal = np.zeros(n_d)
    for v in range(n_v):
        day_normals(keys, replication, site_number[site[v]], day[v], year_start, normal)
        for d in range(n_d):
            if day[v, d] >= 0:
                error[v, d] += sd * normal[d]
