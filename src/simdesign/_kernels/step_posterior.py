"""From summed evidences to probabilities, the effect's interval and the date."""

import math

import numpy as np

from simdesign._kernels._jit import njit


@njit
def mixture_cdf(x, weight, mean, sd):
    """Return the distribution function of a normal mixture whose weights need not sum to one."""
    total = 0.0
    for m in range(weight.size):
        if weight[m] > 0.0:
            total += weight[m] * 0.5 * math.erfc((mean[m] - x) / (sd[m] * math.sqrt(2.0)))
    return total


@njit
def mixture_quantile(level, atom, weight, mean, sd):
    """Return a quantile of ``atom`` at zero plus a normal mixture, by bisection to 1e-5."""
    below = mixture_cdf(0.0, weight, mean, sd)
    if below < level <= below + atom:
        return 0.0
    shift = atom if level > below else 0.0
    low = 0.0
    high = 0.0
    for m in range(weight.size):
        if weight[m] > 0.0:
            low = min(low, mean[m] - 9.0 * sd[m])
            high = max(high, mean[m] + 9.0 * sd[m])
    if shift > 0.0:
        low = 0.0
    else:
        high = min(high, 0.0)
    while high - low > 1e-5:
        middle = 0.5 * (low + high)
        if mixture_cdf(middle, weight, mean, sd) + shift < level:
            low = middle
        else:
            high = middle
    return 0.5 * (low + high)


@njit
def step_summary(
    reference,
    sums,
    n_interval,
    prior_interval,
    prior_unidentified,
    prior_none,
    start,
    end,
    step_sd,
):
    """Return what a fit reports, for every replication and look.

    Parameters
    ----------
    reference, sums : see ``step_scan``
    n_interval : ndarray of int64, shape (n_look,)
    prior_interval : ndarray, shape (n_look, n_step)
        Prior probability of a break in each admissible interval.
    prior_unidentified, prior_none : ndarray, shape (n_look,)
        Prior probability of a break that the data cannot show, and of none.
    start, end : ndarray, shape (n_step,)
        Days of the intervals.
    step_sd : float

    Returns
    -------
    log_odds, prob_break, effect, low, high, break_day, log_evidence : ndarray (n_rep, n_look)
    prob_interval : ndarray, shape (n_rep, n_look, n_step)
    """
    n_rep, n_look = reference.shape
    n_step = prior_interval.shape[1]
    shape = (n_rep, n_look)
    log_odds = np.empty(shape)
    prob = np.empty(shape)
    effect = np.empty(shape)
    low = np.empty(shape)
    high = np.empty(shape)
    break_day = np.full(shape, np.nan)
    log_evidence = np.empty(shape)
    prob_interval = np.zeros((n_rep, n_look, n_step))
    weight = np.zeros(n_step + 1)
    mean = np.zeros(n_step + 1)
    sd = np.ones(n_step + 1)
    for r in range(n_rep):
        for k in range(n_look):
            n_here = n_interval[k]
            none = sums[r, k, 0] * prior_none[k]
            hidden = sums[r, k, 0] * prior_unidentified[k]
            shown = 0.0
            for m in range(n_here):
                shown += prior_interval[k, m] * sums[r, k, 1 + m]
            total = none + hidden + shown
            log_evidence[r, k] = math.log(total) + reference[r, k]
            prob[r, k] = (hidden + shown) / total
            log_odds[r, k] = math.log((hidden + shown) / none)
            e = 0.0
            for m in range(n_here):
                z = sums[r, k, 1 + m]
                share = prior_interval[k, m] * z / total
                prob_interval[r, k, m] = share
                weight[m] = share if share > 1e-6 else 0.0
                if z > 0.0:
                    mean[m] = sums[r, k, 1 + n_step + m] / z
                    second = sums[r, k, 1 + 2 * n_step + m] / z - mean[m] * mean[m]
                    sd[m] = math.sqrt(max(second, 1e-18))
                e += share * mean[m]
            weight[n_here:] = 0.0
            weight[n_step] = hidden / total
            mean[n_step] = 0.0
            sd[n_step] = step_sd
            effect[r, k] = e
            covered = none / total
            for m in range(n_step + 1):
                covered += weight[m]
            atom = none / total / covered
            for m in range(n_step + 1):
                weight[m] /= covered
            low[r, k] = mixture_quantile(0.025, atom, weight, mean, sd)
            high[r, k] = mixture_quantile(0.975, atom, weight, mean, sd)
            if shown > 0.0:
                half = 0.5 * shown / total
                run = 0.0
                for m in range(n_here):
                    if run + prob_interval[r, k, m] >= half:
                        part = (half - run) / prob_interval[r, k, m]
                        break_day[r, k] = start[m] + part * (end[m] - start[m])
                        break
                    run += prob_interval[r, k, m]
    return log_odds, prob, effect, low, high, break_day, log_evidence, prob_interval
