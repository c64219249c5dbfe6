"""What the laboratory reports of the residue that left a catchment."""

import math

import numpy as np

from simdesign._kernels._jit import njit
from simdesign._kernels.addressed import addressed_normals, normal_of, philox_block


@njit
def day_normals(keys, replication, site, days, year_start, out):
    """Write the normals of one visit's calendar days into ``out``.

    The address of a day is its calendar year (word 3) and its number within the year.

    Parameters
    ----------
    keys : ndarray of uint64, shape (10, 2)
    replication, site : uint64
    days : ndarray of int64, shape (d,)
        Increasing calendar days; negative = padding.
    year_start : ndarray of int64, shape (n_year,)
        Day of 1 January of 1970, 1971, ...
    out : ndarray of float64, shape (d,)
    """
    raw = np.empty(4, dtype=np.uint64)
    before = -1
    block = -1
    for d in range(days.size):
        day = days[d]
        if day < 0:
            continue
        index = day // 366
        while year_start[index + 1] <= day:
            index += 1
        number = day - year_start[index]
        if index != before or number // 4 != block:
            before = index
            block = number // 4
            year = np.uint64(1970 + index)
            philox_block(keys, np.uint64(block + 1), replication, site, year, raw)
        out[d] = normal_of(raw[number % 4])


@njit
def batch_errors(keys, replication, batch, year, batch_factor, sd_year, sd_batch, out):
    """Write the laboratory error of every visit of one substance into ``out``.

    A batch is laboratory * 10^6 + calendar year * 100 + week of analysis. The stream of a
    laboratory and calendar year has the year part as its number 0 and week w as its number w.
    ``batch_factor``, one a visit, multiplies the batch error.
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
        if batch[v] != last:
            last = batch[v]
            of_year = np.uint64(last % 1_000_000 // 100)
            addressed_normals(keys, replication, np.uint64(lab), of_year, last % 100, one)
            batch_part = sd_batch * one[0]
        out[v] = year_part + batch_factor[v] * batch_part


@njit
def measure(
    residue, first_day, site, day, batch, year, batch_factor, day_keys, lab_keys, replication,
    site_number, year_start, handling_sd, repeat_sd, sd_year, sd_batch, loq, load, censored,
):  # fmt: skip
    r"""Fill the reported loads of one replication.

    .. math:: R \cdot \exp(\sigma_h z_{city,day} + \sigma_u z_{u,city,day} + e_{u,batch})

    Parameters
    ----------
    residue : ndarray, shape (n_u, n_s, n_t)
        What left the catchment [mg/(1000 inh d)].
    first_day : int
        Day of index 0 of the last axis.
    site, batch, year : ndarray of int64, shape (n_v,)
    day : ndarray of int64, shape (n_v, n_d)
        Within the truth's days; negative = padding.
    batch_factor : ndarray, shape (n_v,)
        What standards leave of the batch error [1].
    day_keys : ndarray of uint64, shape (1 + n_u, 10, 2)
        First the key of what all substances of a sample share, then one a substance.
    lab_keys : ndarray of uint64, shape (n_u, 10, 2)
    site_number : ndarray of uint64, shape (n_s,)
    handling_sd : float
        Flow and sampling error of a (city, day) [1].
    repeat_sd, sd_year, sd_batch, loq : ndarray, shape (n_u,)
        Repeatability, laboratory-year and batch error [1]; LOQ [mg/(1000 inh d)].
    load, censored : ndarray, shape (n_u, n_v, n_d), changed
        NaN where padded; the LOQ where censored.
    """
    n_u = residue.shape[0]
    n_v, n_d = day.shape
    shared = np.zeros(n_d)
    own = np.zeros(n_d)
    lab = np.zeros((n_u, n_v))
    for u in range(n_u):
        if sd_year[u] > 0.0 or sd_batch[u] > 0.0:
            batch_errors(
                lab_keys[u], replication, batch, year, batch_factor, sd_year[u], sd_batch[u], lab[u]
            )
    for v in range(n_v):
        s = site[v]
        if handling_sd > 0.0:
            day_normals(day_keys[0], replication, site_number[s], day[v], year_start, shared)
        for u in range(n_u):
            if repeat_sd[u] > 0.0:
                day_normals(day_keys[1 + u], replication, site_number[s], day[v], year_start, own)
            else:
                own[:] = 0.0
            for d in range(n_d):
                if day[v, d] < 0:
                    load[u, v, d] = np.nan
                    censored[u, v, d] = False
                    continue
                error = handling_sd * shared[d] + repeat_sd[u] * own[d] + lab[u, v]
                x = residue[u, s, day[v, d] - first_day] * math.exp(error)
                below = x < loq[u]
                load[u, v, d] = loq[u] if below else x
                censored[u, v, d] = below
