"""What the laboratory reports of what arrived at the plant."""

import math

import numpy as np

from simdesign._kernels._jit import njit
from simdesign._kernels.addressed import addressed_normals
from simdesign._kernels.days import day_normals


@njit
def batch_errors(
    keys, replication, batch, year, batch_factor, sd_bias, sd_year, sd_batch, out
):  # fmt: skip
    """Write the laboratory error of every visit of one substance into ``out``.

    A batch is laboratory * 10^6 + calendar year * 100 + week of analysis. The stream of a
    laboratory and calendar year has the year part as its number 0 and week w as its number w;
    number 0 of the year word 0 is the laboratory's constant bias. ``batch_factor``, one a visit,
    multiplies the batch error.
    """
    one = np.empty(1)
    part_lab = -1
    part_year = -1
    year_part = 0.0
    last = -1
    batch_part = 0.0
    for v in range(batch.size):
        lab = batch[v] // 1_000_000
        if lab != part_lab or year[v] != part_year:
            part_lab = lab
            part_year = year[v]
            addressed_normals(keys, replication, np.uint64(lab), np.uint64(part_year), 0, one)
            year_part = sd_year * one[0]
            if sd_bias > 0.0:
                addressed_normals(keys, replication, np.uint64(lab), np.uint64(0), 0, one)
                year_part += sd_bias * one[0]
        if batch[v] != last:
            last = batch[v]
            of_year = np.uint64(last % 1_000_000 // 100)
            addressed_normals(keys, replication, np.uint64(lab), of_year, last % 100, one)
            batch_part = sd_batch * one[0]
        out[v] = year_part + batch_factor[v] * batch_part


@njit
def add_errors(
    keys, replication, site, day, site_number, year_start, repeat_sd, sample, laboratory, load
):
    r"""Multiply what arrived of one substance by its errors, in place.

    .. math:: A \cdot \exp(e_{city,day} + \sigma z_{city,day} + e_{batch})

    Parameters
    ----------
    keys : ndarray of uint64, shape (10, 2)
        Of the substance's repeatability.
    replication : uint64
    site : ndarray of int64, shape (n_v,)
    day : ndarray of int64, shape (n_v, n_d)
        Negative = padding.
    site_number : ndarray of uint64, shape (n_s,)
    year_start : ndarray of int64, shape (n_year,)
    repeat_sd : float
        Repeatability [1].
    sample : ndarray, shape (n_v, n_d)
        Errors that all substances of a sample share [1]; NaN = no sample.
    laboratory : ndarray, shape (n_v,)
        Error of the visit's batch [1].
    load : ndarray, shape (n_v, n_d), changed
        Arrived; reported [mg/(1000 inh d)]. NaN stays NaN.
    """
    n_v, n_d = day.shape
    own = np.zeros(n_d)
    for v in range(n_v):
        if repeat_sd > 0.0:
            day_normals(keys, replication, site_number[site[v]], day[v], year_start, own)
        for d in range(n_d):
            if day[v, d] >= 0:
                load[v, d] *= math.exp(sample[v, d] + repeat_sd * own[d] + laboratory[v])


@njit
def censor(loq, unit, litres, first_day, site, day, load, censored):
    """Flag the loads below the limit of their day, and put the limit in their place.

    Parameters
    ----------
    loq : float
        Limit of quantification [ng/L].
    unit : float
        A limit of one in one litre per inhabitant, as a load [mg/(1000 inh d)].
    litres : ndarray, shape (n_s, n_t)
        Sewage [L/(inh d)].
    first_day : int
        Day of index 0 of the last axis.
    site : ndarray of int64, shape (n_v,)
    day : ndarray of int64, shape (n_v, n_d)
    load : ndarray, shape (n_v, n_d), changed
        NaN is not below anything [mg/(1000 inh d)].
    censored : ndarray of bool, shape (n_v, n_d), changed
    """
    for v in range(load.shape[0]):
        for d in range(load.shape[1]):
            censored[v, d] = False
            if day[v, d] >= 0:
                limit = loq * litres[site[v], day[v, d] - first_day] * unit
                if load[v, d] < limit:
                    censored[v, d] = True
                    load[v, d] = limit
