"""Yearly mean loads per site, look by look.

Logarithms are scalar, so that bits do not depend on how many replications are worked on at once.
"""

import math

import numpy as np

from simdesign._kernels._jit import njit


@njit
def yearly_mean_loads(load, censored, day, site, year, first_look, n_look, n_year, n_site):
    """Return mean loads, shape (n_rep, n_look, n_year, n_site); NaN where nothing is reported.

    Parameters
    ----------
    load : ndarray, shape (n_rep, n_visit, n_day)
        mg/(1000 inh d); NaN = missing; the LOQ where censored (counted as half of it).
    censored : ndarray of bool, same shape
    day : ndarray of int64, shape (n_visit, n_day)
        -1 = padding.
    site, year : ndarray of int64, shape (n_visit,)
        A negative year leaves a visit out.
    first_look : ndarray of int64, shape (n_visit,)
        First look at which the visit is reported; ``n_look`` = never.
    """
    n_rep, n_visit, n_day = load.shape
    out = np.full((n_rep, n_look, n_year, n_site), np.nan)
    total = np.empty((n_year, n_site))
    count = np.empty((n_year, n_site))
    for r in range(n_rep):
        total[:] = 0.0
        count[:] = 0.0
        for k in range(n_look):
            for v in range(n_visit):
                if first_look[v] != k or year[v] < 0 or year[v] >= n_year:
                    continue
                s = 0.0
                n = 0
                for d in range(n_day):
                    x = load[r, v, d]
                    if day[v, d] < 0 or not x > 0.0:
                        continue
                    s += 0.5 * x if censored[r, v, d] else x
                    n += 1
                if n > 0:
                    total[year[v], site[v]] += s / n
                    count[year[v], site[v]] += 1.0
            for y in range(n_year):
                for c in range(n_site):
                    if count[y, c] > 0.0:
                        out[r, k, y, c] = total[y, c] / count[y, c]
    return out


@njit
def site_changes(now, before):
    """Return the mean relative change and the moments of the log changes over sites.

    Parameters
    ----------
    now, before : ndarray, shape (n_rep, n_look, n_site)
        Mean loads of two years; NaN = not measured.

    Returns
    -------
    change : ndarray, shape (n_rep, n_look)
        Relative change of the unweighted mean load of the sites measured in both years.
    mean, variance : ndarray, shape (n_rep, n_look)
        Mean and sample variance over sites of the differences of log loads.
    n : ndarray of int64, shape (n_rep, n_look)
    """
    n_rep, n_look, n_site = now.shape
    shape = (n_rep, n_look)
    change = np.full(shape, np.nan)
    mean = np.full(shape, np.nan)
    variance = np.full(shape, np.nan)
    n = np.zeros(shape, dtype=np.int64)
    for r in range(n_rep):
        for k in range(n_look):
            top = 0.0
            bottom = 0.0
            total = 0.0
            for s in range(n_site):
                a = now[r, k, s]
                b = before[r, k, s]
                if a > 0.0 and b > 0.0:
                    n[r, k] += 1
                    top += a
                    bottom += b
                    total += math.log(a / b)
            if n[r, k] == 0:
                continue
            change[r, k] = top / bottom - 1.0
            mean[r, k] = total / n[r, k]
            if n[r, k] < 2:
                continue
            square = 0.0
            for s in range(n_site):
                a = now[r, k, s]
                b = before[r, k, s]
                if a > 0.0 and b > 0.0:
                    square += (math.log(a / b) - mean[r, k]) ** 2
            variance[r, k] = square / (n[r, k] - 1)
    return change, mean, variance, n
