"""The national path as the other cities show it, with nothing assumed about the path itself."""

import numpy as np

from simdesign._kernels._jit import njit
from simdesign._kernels.state_space import cholesky, forward_solve


@njit
def others_path(y, weight, cell, site, n_cell, n_site, level_precision):
    r"""Return the posterior of a path with a flat prior in every campaign (docs/local.md, 2).

    With :math:`D_j = \sum_q w_{qj}`, :math:`b_q = \sum_j w_{qj}(y_{qj} - \bar y_j)`, and the levels
    of the cities :math:`N(0, 1/\lambda)`

    .. math:: M = \mathrm{diag}(\textstyle\sum_j w_{qj} + \lambda) - N D^{-1} N' = LL', \quad
              F = L^{-1} N D^{-1}, \quad \hat\psi = \bar y - F' L^{-1} b, \quad
              C = D^{-1} + F'F

    Parameters
    ----------
    y : ndarray, shape (n_rep, n_visit)
        Site-week means near zero: each city's typical level has been taken off.
    weight : ndarray, shape (n_visit,)
        Inverse variances.
    cell, site : ndarray of int64, shape (n_visit,)
        Campaign and city of each visit; every campaign has one.
    n_cell, n_site : int
    level_precision : float
        Inverse prior variance of what is left of a city's level; inf = it is known.

    Returns
    -------
    mean : ndarray, shape (n_rep, n_cell)
    covariance : ndarray, shape (n_cell, n_cell)
    share : ndarray, shape (n_cell,)
        Sum of the squared weights of a campaign's cities in their mean.
    """
    n_rep, n_visit = y.shape
    total = np.zeros(n_cell)
    share = np.zeros(n_cell)
    mean = np.zeros((n_rep, n_cell))
    for v in range(n_visit):
        total[cell[v]] += weight[v]
    for v in range(n_visit):
        part = weight[v] / total[cell[v]]
        share[cell[v]] += part * part
        for r in range(n_rep):
            mean[r, cell[v]] += part * y[r, v]
    table = np.zeros((n_site, n_cell))
    for v in range(n_visit):
        table[site[v], cell[v]] += weight[v]
    matrix = np.zeros((n_site, n_site))
    for p in range(n_site):
        matrix[p, p] = level_precision
        for j in range(n_cell):
            matrix[p, p] += table[p, j]
        for q in range(p + 1):
            for j in range(n_cell):
                matrix[p, q] -= table[p, j] * table[q, j] / total[j]
    cholesky(matrix, n_site)
    rest = np.zeros((n_site, n_rep))
    for v in range(n_visit):
        for r in range(n_rep):
            rest[site[v], r] += weight[v] * (y[r, v] - mean[r, cell[v]])
    forward_solve(matrix, rest, n_site, n_rep)
    for j in range(n_cell):
        for p in range(n_site):
            table[p, j] /= total[j]
    forward_solve(matrix, table, n_site, n_cell)
    covariance = np.zeros((n_cell, n_cell))
    for j in range(n_cell):
        covariance[j, j] = 1.0 / total[j]
        for p in range(n_site):
            for i in range(n_cell):
                covariance[j, i] += table[p, j] * table[p, i]
            for r in range(n_rep):
                mean[r, j] -= table[p, j] * rest[p, r]
    return mean, covariance, share
