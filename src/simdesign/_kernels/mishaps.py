"""Errors of samples that are rare or last for years: meters, odd days, what is missing."""

import math

import numpy as np

from simdesign._kernels._jit import njit
from simdesign._kernels.addressed import (
    addressed_uniform,
    normal_of,
    normal_quantile,
    philox_block,
    uniform_of,
)
from simdesign._kernels.days import day_numbers, year_index

_FIRST_WEDNESDAY = 6  # 7 January 1970


@njit
def week_number(day):
    """Return the number of the week, Wednesday to Tuesday, that holds a day from 1970 on."""
    return max(0, (day - _FIRST_WEDNESDAY) // 7)


@njit
def add_odd_days(keys, replication, site, day, site_number, year_start, share, sd, error):
    r"""Add the further error of odd days to ``error``.

    A (city, day) has one uniform number u; it is odd when u < ``share``, and its error is then
    :math:`\sigma\,\Phi^{-1}(u / \mathrm{share})`: a normal, since u / share is uniform.

    Parameters
    ----------
    keys, replication, site, day, site_number, year_start, error
        As in ``days.add_day_normals``.
    share : float
        In (0, 1].
    sd : float
        SD of the further error [1].
    """
    n_v, n_d = day.shape
    raw = np.empty(n_d, dtype=np.uint64)
    for v in range(n_v):
        day_numbers(keys, replication, site_number[site[v]], day[v], year_start, raw)
        for d in range(n_d):
            if day[v, d] >= 0:
                chance = uniform_of(raw[d])
                if chance < share:
                    # Rounding could give exactly 1 for the last of 2^52 numbers.
                    error[v, d] += sd * normal_quantile(min(chance / share, 1.0 - 2.0**-53))


@njit
def site_meter(keys, replication, site, year_start, last, probability, start, bias):
    """Write the calibrations of one site's meter, year by year since 1970.

    Number 0 of the stream of a calendar year says whether there is one, number 1 when, number 2
    what bias it leaves. The year word 0 holds the bias before the first. Counting from 1970 makes
    the bias of a day independent of which days are asked for.

    Parameters
    ----------
    keys : ndarray of uint64, shape (10, 2)
    replication, site : uint64
    year_start : ndarray of int64, shape (n_year,)
    last : int
        Index of the last year.
    probability : float
        Of a calibration in a year [1].
    start : ndarray of int64, shape (last + 1,), changed
        First day with the year's new bias.
    bias : ndarray of float64, shape (last + 2,), changed
        In units of its SD: before the first calibration, and after that of every year.
    """
    raw = np.empty(4, dtype=np.uint64)
    one = np.uint64(1)
    philox_block(keys, one, replication, site, np.uint64(0), raw)
    bias[0] = normal_of(raw[2])
    for index in range(last + 1):
        first, following = year_start[index], year_start[index + 1]
        start[index] = following
        bias[index + 1] = bias[index]
        if probability > 0.0:
            philox_block(keys, one, replication, site, np.uint64(1970 + index), raw)
            if uniform_of(raw[0]) < probability:
                start[index] = first + int(uniform_of(raw[1]) * (following - first))
                bias[index + 1] = normal_of(raw[2])


@njit
def add_meter_bias(keys, replication, site, day, site_number, year_start, probability, sd, error):
    """Add the bias of the site's flow meter on every day to ``error``.

    The arguments are those of ``days.add_day_normals``; ``probability`` of a new calibration in
    a calendar year, ``sd`` of the bias.
    """
    n_v, n_d = day.shape
    last = year_index(day.max(), year_start)
    n_site = site_number.size
    start = np.empty((n_site, last + 1), dtype=np.int64)
    bias = np.empty((n_site, last + 2))
    known = np.zeros(n_site, dtype=np.bool_)
    for v in range(n_v):
        s = site[v]
        if not known[s]:
            known[s] = True
            site_meter(
                keys, replication, site_number[s], year_start, last, probability, start[s], bias[s]
            )
        for d in range(n_d):
            if day[v, d] >= 0:
                index = year_index(day[v, d], year_start)
                after = 1 if day[v, d] >= start[s, index] else 0
                error[v, d] += sd * bias[s, index + after]


@njit
def mark_missing(
    day_keys, week_keys, round_keys, replication, site, day, site_number, year_start,
    sample, site_week, everyone, error,
):  # fmt: skip
    """Set the error of missing samples to NaN.

    A (city, day), a (city, week) and a week of the whole country have a uniform number each,
    and are missing when it is below their probability. Weeks run from Wednesday to Tuesday.

    Parameters
    ----------
    day_keys, week_keys, round_keys : ndarray of uint64, shape (10, 2)
    replication, site, day, site_number, year_start, error
        As in ``days.add_day_normals``.
    sample, site_week, everyone : float
        Probabilities [1].
    """
    n_v, n_d = day.shape
    raw = np.empty(n_d, dtype=np.uint64)
    nowhere = np.uint64(0)
    for v in range(n_v):
        city = site_number[site[v]]
        if sample > 0.0:
            day_numbers(day_keys, replication, city, day[v], year_start, raw)
        before = -1
        lost = False
        for d in range(n_d):
            if day[v, d] < 0:
                continue
            week = week_number(day[v, d])
            if week != before:
                before = week
                lost = (
                    site_week > 0.0
                    and addressed_uniform(week_keys, replication, city, nowhere, week) < site_week
                ) or (
                    everyone > 0.0
                    and addressed_uniform(round_keys, replication, nowhere, nowhere, week)
                    < everyone
                )
            if lost or (sample > 0.0 and uniform_of(raw[d]) < sample):
                error[v, d] = math.nan
