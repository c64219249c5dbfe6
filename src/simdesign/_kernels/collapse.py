"""Site-weeks to observations of the nation: weighted means, and what they leave of the levels."""

import math
from typing import Any, NamedTuple

import numpy as np

from simdesign._kernels._jit import njit
from simdesign._kernels.between_sites import LOG_2PI, group_means


class Layout(NamedTuple):
    """Which site-weeks make a cell (one group in one campaign), and which cells an observation."""

    first_visit: Any  # (c + 1,) slice of the visits of cell c
    noise: Any  # (v,) known noise variances
    first_cell: Any  # (i + 1,) slice of the cells of observation i
    group: Any  # (c,)
    n_group: int
    n_observation: Any  # (k,) observations known at look k


class Observed(NamedTuple):
    """The national series at one site-week SD, for some replications."""

    mean: Any  # (r, i)
    variance: Any  # (i,) of the mean given the national path and the levels
    share: Any  # (i, g) weight of each group's level in the mean
    seen: Any  # (k, g) whether a group has been measured
    gram: Any  # (k, g, g) information about the levels that the means leave
    constant: Any  # (k,) log density of what the means leave, its quadratic form left out
    rhs: Any  # (r, k, g)
    square: Any  # (r, k)


@njit
def collapse(y, layout, site_variance):
    r"""Return the national series of every replication.

    An observation holds cells :math:`g` with means :math:`\bar y_g` of precision :math:`W_g`.
    With :math:`W = \sum W_g` and :math:`r_g = \bar y_g - \bar y` (docs/engine.md, equation 5)

    .. math:: \sum_g W_g(\bar y_g - \alpha_g - \mu)^2 = W(\bar y - \bar\alpha - \mu)^2
              + \alpha'(\mathrm{diag} W_g - W_g W_g'/W)\alpha - 2\sum_g W_g r_g \alpha_g
              + \sum_g W_g r_g^2

    The last three terms do not know the path. Values must have been shifted by a constant per
    site near them.

    Parameters
    ----------
    y : ndarray, shape (n_rep, n_visit)
    layout : Layout
    site_variance : float
        Square of the site-week SD.

    Returns
    -------
    Observed
    """
    n_rep = y.shape[0]
    n = layout.first_cell.size - 1
    n_cell = layout.first_visit.size - 1
    n_look = layout.n_observation.size
    n_group = layout.n_group
    mean = np.zeros((n_rep, n))
    variance = np.ones(n)
    share = np.zeros((n, n_group))
    seen = np.zeros((n_look, n_group), dtype=np.bool_)
    gram = np.zeros((n_look, n_group, n_group))
    constant = np.zeros(n_look)
    rhs = np.zeros((n_rep, n_look, n_group))
    square = np.zeros((n_rep, n_look))
    cell_mean = np.zeros((n_rep, n_cell))
    cell_variance = np.ones(n_cell)
    for r in range(n_rep):
        cell_mean[r], cell_variance = group_means(
            y[r], layout.first_visit, layout.noise, site_variance
        )
    done = 0
    for k in range(n_look):
        if k > 0:
            seen[k] = seen[k - 1]
            gram[k] = gram[k - 1]
            constant[k] = constant[k - 1]
            rhs[:, k] = rhs[:, k - 1]
            square[:, k] = square[:, k - 1]
        for i in range(done, layout.n_observation[k]):
            a = layout.first_cell[i]
            b = layout.first_cell[i + 1]
            for c in range(a, b):
                seen[k, layout.group[c]] = True
            if b == a + 1:
                continue
            weight = 0.0
            for c in range(a, b):
                weight += 1.0 / cell_variance[c]
                constant[k] -= 0.5 * (math.log(cell_variance[c]) + LOG_2PI)
            constant[k] += 0.5 * (LOG_2PI - math.log(weight))
            for c in range(a, b):
                g = layout.group[c]
                w = 1.0 / cell_variance[c]
                gram[k, g, g] += w
                for d in range(a, b):
                    gram[k, g, layout.group[d]] -= w / (weight * cell_variance[d])
            for r in range(n_rep):
                middle = 0.0
                for c in range(a, b):
                    middle += cell_mean[r, c] / cell_variance[c]
                middle /= weight
                for c in range(a, b):
                    rest = cell_mean[r, c] - middle
                    rhs[r, k, layout.group[c]] += rest / cell_variance[c]
                    square[r, k] += rest * rest / cell_variance[c]
        done = max(done, layout.n_observation[k])
    for i in range(n):
        a = layout.first_cell[i]
        b = layout.first_cell[i + 1]
        if b == a + 1:
            variance[i] = cell_variance[a]
            share[i, layout.group[a]] = 1.0
            mean[:, i] = cell_mean[:, a]
            continue
        weight = 0.0
        for c in range(a, b):
            weight += 1.0 / cell_variance[c]
        variance[i] = 1.0 / weight
        for c in range(a, b):
            part = 1.0 / (cell_variance[c] * weight)
            share[i, layout.group[c]] += part
            for r in range(n_rep):
                mean[r, i] += part * cell_mean[r, c]
    return Observed(mean, variance, share, seen, gram, constant, rhs, square)
