"""The integral over the site-week SD: fine where it is narrow, coarse where it is dear."""

import math

import numpy as np

from simdesign._kernels._jit import njit

TINY = 1e-300


@njit
def _bend(log_z, i, g):
    """Return the mean of the known second differences at coarse nodes ``i`` and ``i + 1``."""
    bend = 0.0
    known = 0.0
    for middle in (i, i + 1):
        if 0 < middle < log_z.shape[0] - 1:
            value = log_z[middle - 1, g] - 2.0 * log_z[middle, g] + log_z[middle + 1, g]
            if math.isfinite(value):
                bend += value
                known += 1.0
    return bend / max(known, 1.0)


@njit
def integrate_site_nodes(reference, sums, log_joint, refinement, used):
    r"""Sum over the fine nodes, interpolating the national evidence between the coarse ones.

    With :math:`\lambda \in [0, 1]` the place between two coarse nodes in the logarithm of the SD,
    the logarithm of every evidence is interpolated to second order,

    .. math:: \log Z(\lambda) = (1 - \lambda)\log Z_0 + \lambda\log Z_1
              - \tfrac12 c\,\lambda(1 - \lambda)

    with :math:`c` the mean of the second differences at both ends, of those that are known; the
    moments of a term are linear. At :math:`\lambda = j/m` successive values have ratios that are
    a geometric sequence, so no further exponential is needed.

    Parameters
    ----------
    reference : ndarray, shape (n_coarse, n_rep, n_look)
        Log scale of the sums of a coarse node.
    sums : ndarray, shape (n_coarse, n_rep, n_look, n_field, n_term)
        See ``break_scan``: field 0 is the evidence.
    log_joint : ndarray, shape (n_fine, n_rep, n_look)
        Log prior weight plus log likelihood between sites.
    refinement : int
        Fine nodes per cell; fine node ``i * refinement`` is coarse node ``i``.
    used : ndarray of bool, shape (n_coarse, n_rep, n_look)
        Coarse nodes that were computed; a cell needs both of its nodes.

    Returns
    -------
    reference : ndarray, shape (n_rep, n_look)
    sums : ndarray, shape (n_rep, n_look, n_field, n_term)
    """
    n_coarse, n_rep, n_look, n_field, n_term = sums.shape
    out_reference = np.zeros((n_rep, n_look))
    out = np.zeros((n_rep, n_look, n_field, n_term))
    weight = np.empty(refinement + 1)
    log_z = np.empty((n_coarse, n_term))
    for r in range(n_rep):
        for k in range(n_look):
            top = -np.inf
            for i in range(n_coarse):
                if used[i, r, k]:
                    top = max(top, reference[i, r, k] + log_joint[i * refinement, r, k])
                    if i + 1 < n_coarse and used[i + 1, r, k]:
                        ends = max(reference[i, r, k], reference[i + 1, r, k])
                        for j in range(1, refinement):
                            top = max(top, ends + log_joint[i * refinement + j, r, k])
            if top == -np.inf:
                out[r, k, 0, 0] = 1.0
                continue
            out_reference[r, k] = top
            for i in range(n_coarse):
                for g in range(n_term):
                    log_z[i, g] = np.nan
                    if used[i, r, k] and sums[i, r, k, 0, g] > 0.0:
                        log_z[i, g] = math.log(sums[i, r, k, 0, g]) + reference[i, r, k]
            for i in range(n_coarse):
                if not used[i, r, k]:
                    continue
                right = i + 1 < n_coarse and used[i + 1, r, k]
                n_fine = refinement if right else 1
                scale = reference[i, r, k] - top
                for j in range(n_fine):
                    weight[j] = math.exp(min(log_joint[i * refinement + j, r, k] + scale, 700.0))
                for g in range(n_term):
                    z = sums[i, r, k, 0, g]
                    if z <= 0.0:
                        continue
                    ratio = 1.0
                    growth = 1.0
                    if right:
                        rise = log_z[i + 1, g] - log_z[i, g]
                        bend = _bend(log_z, i, g)
                        if math.isnan(rise):  # nothing left of the term at the next node
                            rise = math.log(TINY)
                            bend = 0.0
                        step = 1.0 / refinement
                        ratio = math.exp(rise * step - 0.5 * bend * step * (1.0 - step))
                        growth = math.exp(bend * step * step)
                    s0 = 0.0
                    s1 = 0.0
                    value = z
                    for j in range(n_fine):
                        s0 += weight[j] * value
                        s1 += weight[j] * value * j / refinement
                        value *= ratio
                        ratio *= growth
                    out[r, k, 0, g] += s0
                    known_right = right and sums[i + 1, r, k, 0, g] > 0.0
                    for f in range(1, n_field):
                        value = sums[i, r, k, f, g] / z
                        slope = 0.0
                        if known_right:
                            slope = sums[i + 1, r, k, f, g] / sums[i + 1, r, k, 0, g] - value
                        out[r, k, f, g] += s0 * value + s1 * slope
    return out_reference, out
