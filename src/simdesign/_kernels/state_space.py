"""The covariance of the national path as a Kalman filter: linear in the number of observations.

State: national walk, the deviation of every batch that is open, and of every laboratory's year
that is open. A batch is open from its first observation to its last; two that overlap have places
of their own in the state, and a place is used again when its batch is closed. The gains depend on
the design only; whitening a series with them is a forward pass, and the whitened series of the
first n observations is the first part of that of all, so one pass serves every look.
"""

import math

import numpy as np

from simdesign._kernels._jit import njit


@njit
def filter_gains(
    time,
    batch,
    new_batch,
    year,
    new_year,
    n_state,
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
    batch, year : ndarray of int64, shape (n,)
        Places in the state of an observation's batch and of its laboratory's year.
    new_batch, new_year : ndarray of bool, shape (n,)
        Where they start anew.
    n_state : int
    variance : ndarray, shape (n,)
        Independent variance of an observation.
    walk_variance : float
        Per year.
    batch_variance, year_variance : float

    Returns
    -------
    gain : ndarray, shape (n, n_state)
    inverse_sd, log_variance : ndarray, shape (n,)
    """
    n = time.size
    m = n_state
    gain = np.zeros((n, m))
    inverse_sd = np.empty(n)
    log_variance = np.empty(n)
    p = np.zeros((m, m))
    ph = np.empty(m)
    for i in range(n):
        if i > 0:
            p[0, 0] += walk_variance * (time[i] - time[i - 1])
        b = batch[i]
        y = year[i]
        if new_batch[i]:
            p[b, :] = 0.0
            p[:, b] = 0.0
            p[b, b] = batch_variance
        if new_year[i]:
            p[y, :] = 0.0
            p[:, y] = 0.0
            p[y, y] = year_variance
        for a in range(m):
            ph[a] = p[a, 0] + p[a, b] + p[a, y]
        innovation = variance[i] + ph[0] + ph[b] + ph[y]
        for a in range(m):
            gain[i, a] = ph[a] / innovation
        for a in range(m):
            for c in range(m):
                p[a, c] -= ph[a] * ph[c] / innovation
        inverse_sd[i] = 1.0 / math.sqrt(innovation)
        log_variance[i] = math.log(innovation)
    return gain, inverse_sd, log_variance


@njit
def whiten(x, gain, inverse_sd, batch, new_batch, year, new_year, out):
    """Write the whitened columns of ``x`` into ``out``, both of shape (n, n_column)."""
    n, width = x.shape
    m = gain.shape[1]
    state = np.zeros((m, width))
    for i in range(n):
        b = batch[i]
        y = year[i]
        if new_batch[i]:
            state[b, :] = 0.0
        if new_year[i]:
            state[y, :] = 0.0
        scale = inverse_sd[i]
        for c in range(width):
            out[i, c] = x[i, c] - (state[0, c] + state[b, c] + state[y, c])
        for a in range(m):
            g = gain[i, a]
            if g != 0.0:
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
