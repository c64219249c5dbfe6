"""What the differences between the sites of a group say about the site-week error."""

import math

import numpy as np

from simdesign._kernels._jit import njit

LOG_2PI = math.log(2.0 * math.pi)
FAR = 60.0
"""A peak between two nodes rises above them by much less than this."""


@njit
def group_means(y, first_visit, noise, site_variance):
    r"""Return the weighted mean of every observation and its variance.

    .. math:: \bar y_i = \sum_s w_s y_{si} / W_i, \quad w_s = 1/(\sigma_{site}^2 + v_s),
              \quad \mathrm{var} = 1/W_i

    Parameters
    ----------
    y : ndarray, shape (n_visit,)
    first_visit : ndarray of int64, shape (n_observation + 1,)
    noise : ndarray, shape (n_visit,)
        Known noise variances.
    site_variance : float
        Square of the site-week SD.
    """
    n = first_visit.size - 1
    mean = np.empty(n)
    variance = np.empty(n)
    for i in range(n):
        top = 0.0
        weight = 0.0
        for v in range(first_visit[i], first_visit[i + 1]):
            w = 1.0 / (site_variance + noise[v])
            top += w * y[v]
            weight += w
        mean[i] = top / weight
        variance[i] = 1.0 / weight
    return mean, variance


@njit
def between_sites_log_likelihood(
    y,
    first_visit,
    visit_site,
    noise,
    group,
    group_size,
    site_group,
    n_observation,
    site_variance,
):
    r"""Return the log likelihood of the differences between sites at every look.

    For a group of :math:`S` sites seen in :math:`J` campaigns, with the site levels integrated
    out under a flat prior (docs/engine.md, equation 4):

    .. math:: \tfrac{J-1}{2}\Big(\sum_s\log w_s-\log W\Big)-\tfrac{S-1}{2}\log J
              -\tfrac12\Big[\sum_s w_s S_s - W S_{\bar y}\Big]-\tfrac{(S-1)(J-1)}{2}\log 2\pi

    where :math:`S_s` and :math:`S_{\bar y}` are centred sums of squares of the site's series and
    of the group's mean series. Values must have been shifted by a constant per site near them.

    Returns
    -------
    ndarray, shape (n_look,)
    """
    n_group = group_size.size
    n_site = site_group.size
    n_look = n_observation.size
    square = np.zeros(n_site)
    total = np.zeros(n_site)
    weight = np.zeros(n_site)
    mean_square = np.zeros(n_group)
    mean_total = np.zeros(n_group)
    weight_sum = np.zeros(n_group)
    count = np.zeros(n_group)
    out = np.zeros(n_look)
    done = 0
    for k in range(n_look):
        for i in range(done, n_observation[k]):
            g = group[i]
            if group_size[g] < 2:
                continue
            top = 0.0
            w_sum = 0.0
            for v in range(first_visit[i], first_visit[i + 1]):
                s = visit_site[v]
                w = 1.0 / (site_variance + noise[v])
                weight[s] = w
                square[s] += y[v] * y[v]
                total[s] += y[v]
                top += w * y[v]
                w_sum += w
            mean = top / w_sum
            mean_square[g] += mean * mean
            mean_total[g] += mean
            weight_sum[g] = w_sum
            count[g] += 1.0
        done = max(done, n_observation[k])
        value = 0.0
        for s in range(n_site):
            g = site_group[s]
            if group_size[g] >= 2 and count[g] >= 2.0:
                n = count[g]
                value += 0.5 * (n - 1.0) * math.log(weight[s])
                value -= 0.5 * weight[s] * (square[s] - total[s] * total[s] / n)
        for g in range(n_group):
            if group_size[g] >= 2 and count[g] >= 2.0:
                n = count[g]
                size = 1.0 * group_size[g]
                value -= 0.5 * (n - 1.0) * math.log(weight_sum[g])
                value += 0.5 * weight_sum[g] * (mean_square[g] - mean_total[g] * mean_total[g] / n)
                value -= 0.5 * (size - 1.0) * (math.log(n) + (n - 1.0) * LOG_2PI)
        out[k] = value
    return out


@njit
def site_likelihoods(
    y, first_visit, visit_site, noise, group, group_size, site_group, n_observation,
    site_variance, refinement,
):  # fmt: skip
    """Return ``between_sites_log_likelihood`` for many values of the site variance.

    Every ``refinement``-th value is computed first; between two of them the others are computed
    only where an end is within ``FAR`` of the best at some look, and are -inf elsewhere.
    Shapes: ``y`` (n_rep, n_visit), ``site_variance`` (f,); result (f, n_rep, n_look).
    """
    n_fine, n_rep, n_look = site_variance.size, y.shape[0], n_observation.size
    out = np.full((n_fine, n_rep, n_look), -np.inf)
    for r in range(n_rep):
        for f in range(0, n_fine, refinement):
            out[f, r] = between_sites_log_likelihood(
                y[r], first_visit, visit_site, noise, group, group_size, site_group,
                n_observation, site_variance[f],
            )  # fmt: skip
        for left in range(0, n_fine - 1, refinement):
            near = False
            for k in range(n_look):
                best = out[::refinement, r, k].max()
                if max(out[left, r, k], out[left + refinement, r, k]) > best - FAR:
                    near = True
            if not near:
                continue
            for f in range(left + 1, left + refinement):
                out[f, r] = between_sites_log_likelihood(
                    y[r], first_visit, visit_site, noise, group, group_size, site_group,
                    n_observation, site_variance[f],
                )  # fmt: skip
    return out
