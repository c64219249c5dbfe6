"""The integral over the site-week SD: fine where it is narrow, coarse where it is dear."""

import math

import numpy as np

from simdesign._kernels._jit import njit

TINY = 1e-300


@njit
def integrate_site_nodes(reference, sums, log_joint, refinement, used):
    r"""Sum over the fine nodes, interpolating the national evidence between the coarse ones.

    Between two coarse nodes the logarithm of every evidence is linear in the logarithm of the
    SD, and so are the moments of the step: with :math:`\lambda = j/m` over a cell of :math:`m`
    fine nodes and :math:`q = (Z_1/Z_0)^{1/m}`, a cell adds :math:`Z_0 \sum_j w_j q^j`.

    Parameters
    ----------
    reference : ndarray, shape (n_coarse, n_rep, n_look)
        Log scale of the sums of a coarse node.
    sums : ndarray, shape (n_coarse, n_rep, n_look, 1 + 3 * n_step)
        See ``step_scan``.
    log_joint : ndarray, shape (n_fine, n_rep, n_look)
        Log prior weight plus log likelihood between sites.
    refinement : int
        Fine nodes per cell; fine node ``i * refinement`` is coarse node ``i``.
    used : ndarray of bool, shape (n_coarse, n_rep, n_look)
        Coarse nodes that were computed; a cell needs both of its nodes.

    Returns
    -------
    reference : ndarray, shape (n_rep, n_look)
    sums : ndarray, shape (n_rep, n_look, 1 + 3 * n_step)
    """
    n_coarse, n_rep, n_look, width = sums.shape
    n_step = (width - 1) // 3
    out_reference = np.zeros((n_rep, n_look))
    out = np.zeros((n_rep, n_look, width))
    weight = np.empty(refinement + 1)
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
                out[r, k, 0] = 1.0
                continue
            out_reference[r, k] = top
            for i in range(n_coarse):
                if not used[i, r, k]:
                    continue
                right = i + 1 < n_coarse and used[i + 1, r, k]
                n_fine = refinement if right else 1
                scale = reference[i, r, k] - top
                for j in range(n_fine):
                    weight[j] = math.exp(min(log_joint[i * refinement + j, r, k] + scale, 700.0))
                drop = reference[i + 1, r, k] - reference[i, r, k] if right else 0.0
                for h in range(n_step + 1):
                    z = sums[i, r, k, h]
                    if z <= 0.0:
                        continue
                    ratio = 1.0
                    z_next = z
                    if right:
                        z_next = max(sums[i + 1, r, k, h], TINY)
                        ratio = math.exp((math.log(z_next / z) + drop) / refinement)
                    s0 = 0.0
                    s1 = 0.0
                    power = 1.0
                    for j in range(n_fine):
                        s0 += weight[j] * power
                        s1 += weight[j] * power * j / refinement
                        power *= ratio
                    out[r, k, h] += z * s0
                    if h == 0:
                        continue
                    for moment in range(1, 3):
                        place = h + moment * n_step
                        value = sums[i, r, k, place] / z
                        slope = 0.0
                        if right and sums[i + 1, r, k, h] > 0.0:
                            slope = sums[i + 1, r, k, place] / sums[i + 1, r, k, h] - value
                        out[r, k, place] += z * (s0 * value + s1 * slope)
    return out_reference, out
