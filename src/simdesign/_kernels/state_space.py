"""The covariance of the national path as a Kalman filter: linear in the number of observations.

State: national walk, deviation of the current batch, deviation of each laboratory's current year.
The gains depend on the design only; whitening a series with them is a forward pass, and the
whitened series of the first n observations is the first part of that of all, so one pass serves
every look.
"""

import math

import numpy as np

from simdesign._kernels._jit import njit


@njit
def filter_gains(
    time,
    new_batch,
    lab,
    new_year,
    n_lab,
    variance,
    walk_variance,
    batch_variance,
    year_variance,
):
    """Return Kalman gains, reciprocal innovation SDs and log innovation variances.

    Parameters
    ----------
    time : ndarray, shape (n,)
        Years, increasing.
    new_batch, new_year : ndarray of bool, shape (n,)
        Where the batch, and the laboratory's year, start anew.
    lab : ndarray of int64, shape (n,)
    n_lab : int
    variance : ndarray, shape (n,)
        Independent variance of an observation.
    walk_variance : float
        Per year.
    batch_variance, year_variance : float

    Returns
    -------
    gain : ndarray, shape (n, 2 + n_lab)
    inverse_sd, log_variance : ndarray, shape (n,)
    """
    n = time.size
    m = 2 + n_lab
    gain = np.zeros((n, m))
    inverse_sd = np.empty(n)
    log_variance = np.empty(n)
    p = np.zeros((m, m))
    ph = np.empty(m)
    for i in range(n):
        if i > 0:
            p[0, 0] += walk_variance * (time[i] - time[i - 1])
        if new_batch[i]:
            for a in range(m):
                p[1, a] = 0.0
                p[a, 1] = 0.0
            p[1, 1] = batch_variance
        y = 2 + lab[i]
        if new_year[i]:
            for a in range(m):
                p[y, a] = 0.0
                p[a, y] = 0.0
            p[y, y] = year_variance
        for a in range(m):
            ph[a] = p[a, 0] + p[a, 1] + p[a, y]
        innovation = variance[i] + ph[0] + ph[1] + ph[y]
        for a in range(m):
            gain[i, a] = ph[a] / innovation
        for a in range(m):
            for b in range(m):
                p[a, b] -= ph[a] * ph[b] / innovation
        inverse_sd[i] = 1.0 / math.sqrt(innovation)
        log_variance[i] = math.log(innovation)
    return gain, inverse_sd, log_variance


@njit
def whiten(x, gain, inverse_sd, new_batch, lab, new_year, out):
    """Write the whitened columns of ``x`` into ``out``, both of shape (n, n_column)."""
    n, width = x.shape
    m = gain.shape[1]
    state = np.zeros((m, width))
    for i in range(n):
        y = 2 + lab[i]
        if new_batch[i]:
            state[1, :] = 0.0
        if new_year[i]:
            state[y, :] = 0.0
        scale = inverse_sd[i]
        for c in range(width):
            e = x[i, c] - (state[0, c] + state[1, c] + state[y, c])
            out[i, c] = e
        for a in range(m):
            g = gain[i, a]
            for c in range(width):
                state[a, c] += g * out[i, c]
        for c in range(width):
            out[i, c] *= scale


@njit
def cholesky(a, n):
    """Factor the leading block in place (lower triangle) and return its log determinant."""
    log_det = 0.0
    for j in range(n):
        for i in range(j, n):
            s = a[i, j]
            for k in range(j):
                s -= a[i, k] * a[j, k]
            if i == j:
                a[j, j] = math.sqrt(s)
                log_det += 2.0 * math.log(a[j, j])
            else:
                a[i, j] = s / a[j, j]
    return log_det


@njit
def forward_solve(factor, b, n, width):
    """Solve L X = B in place for the leading ``n`` rows and ``width`` columns of ``b``."""
    for i in range(n):
        for k in range(i):
            f = factor[i, k]
            for c in range(width):
                b[i, c] -= f * b[k, c]
        f = 1.0 / factor[i, i]
        for c in range(width):
            b[i, c] *= f
