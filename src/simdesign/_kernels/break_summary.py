"""From summed evidences to probabilities, the effect's interval, the trend's change, the date."""

import math
from typing import Any, NamedTuple

import numpy as np

from simdesign._kernels._jit import njit
from simdesign._kernels.break_scan import FIRST_BREAK, N_MOMENT, NONE, PULSE
from simdesign._kernels.mixture import mixture_outside, mixture_quantile

UNSEEN = 1e-6
"""Components of smaller weight are left out of quantiles."""
STEP, SLOPE, BOTH = 0, 1, 2
N_KIND = 3
N_HIDDEN = 2 * N_KIND
"""A hidden break lies before or between what can be seen (the kinds), or after the last campaign
(the kinds again)."""


class Prior(NamedTuple):
    """Prior masses of what has no column, and what a hypothesis means."""

    none: Any  # (k,) no break and no pulse
    hidden: Any  # (k, 6) a break that the data cannot show
    unseen_pulse: Any  # (k,) a pulse that hits no campaign
    kind: Any  # (h,) STEP, SLOPE or BOTH
    interval: Any  # (h,) number of the interval
    effect: Any  # (e, k, 2, h) E at date e per unit of the coefficients
    hidden_sd: Any  # (e, k, 6) SD of E at date e where the break is hidden
    start: Any  # (m,) first day of each interval
    end: Any  # (m,) first day after it


class Summary(NamedTuple):
    """What a fit reports; ``e`` are the look and one and three years after the break."""

    log_odds: Any  # (r, k)
    prob: Any  # (r, k)
    kind: Any  # (r, k, kind)
    pulse: Any  # (r, k)
    effect: Any  # (r, k, e)
    low: Any  # (r, k, e)
    high: Any  # (r, k, e)
    break_day: Any  # (r, k)
    log_evidence: Any  # (r, k)
    interval: Any  # (r, k, m)
    span: Any  # (r, k, d, 3) mean, SD, and probability of more than the limit


@njit
def _median_day(share, start, end):
    """Return the median of a date that is uniform within intervals of the given weights."""
    total = share.sum()
    if not total > 0.0:
        return np.nan
    run = 0.0
    for m in range(share.size):
        if run + share[m] >= 0.5 * total:
            return start[m] + (0.5 * total - run) / share[m] * (end[m] - start[m])
        run += share[m]
    return end[-1]


@njit
def break_summary(reference, sums, n_break, prior, limit, with_interval):
    """Return what a fit reports, for every replication and look.

    Parameters
    ----------
    reference, sums : see ``break_scan``
    n_break : ndarray of int64, shape (n_look,)
    prior : Prior
    limit : float
        Size of a change of the trend that is notable [1, log].
    with_interval : int
        Number of dates ``e`` whose interval is wanted.

    Returns
    -------
    Summary
    """
    n_rep, n_look = reference.shape
    n_hypothesis = prior.kind.size
    n_effect = prior.effect.shape[0]
    n_span = (sums.shape[2] - N_MOMENT) // 2
    shape = (n_rep, n_look)
    log_odds, prob, pulse = np.empty(shape), np.empty(shape), np.empty(shape)
    kind = np.zeros((n_rep, n_look, N_KIND))
    effect = np.zeros((n_rep, n_look, n_effect))
    low, high = np.full(effect.shape, np.nan), np.full(effect.shape, np.nan)
    break_day = np.full(shape, np.nan)
    log_evidence = np.empty(shape)
    interval = np.zeros((n_rep, n_look, prior.start.size))
    span = np.zeros((n_rep, n_look, n_span, 3))
    size = n_hypothesis + N_HIDDEN
    weight, mean, sd = np.zeros(size), np.zeros(size), np.ones(size)
    for r in range(n_rep):
        for k in range(n_look):
            n_here = n_break[k]
            z = sums[r, k]
            none = z[0, NONE] * prior.none[k]
            pulses = z[0, PULSE] + z[0, NONE] * prior.unseen_pulse[k]
            hidden = 0.0
            for c in range(N_HIDDEN):
                hidden += z[0, NONE] * prior.hidden[k, c]
            shown = 0.0
            for h in range(n_here):
                shown += z[0, FIRST_BREAK + h]
            total = none + pulses + hidden + shown
            log_evidence[r, k] = math.log(total) + reference[r, k]
            prob[r, k] = (hidden + shown) / total
            pulse[r, k] = pulses / total
            log_odds[r, k] = math.log((hidden + shown) / (none + pulses))
            for h in range(n_here):
                share = z[0, FIRST_BREAK + h] / total
                kind[r, k, prior.kind[h]] += share
                interval[r, k, prior.interval[h]] += share
            for c in range(N_HIDDEN):
                kind[r, k, c % N_KIND] += z[0, NONE] * prior.hidden[k, c] / total
            break_day[r, k] = _median_day(interval[r, k], prior.start, prior.end)
            for e in range(n_effect):
                atom = (none + pulses) / total
                covered = atom
                weight[:] = 0.0
                for h in range(n_here):
                    y = z[:, FIRST_BREAK + h]
                    if y[0] <= 0.0:
                        continue
                    share = y[0] / total
                    g1, g2 = prior.effect[e, k, 0, h], prior.effect[e, k, 1, h]
                    mean[h] = (g1 * y[1] + g2 * y[2]) / y[0]
                    second = (g1 * g1 * y[3] + 2.0 * g1 * g2 * y[4] + g2 * g2 * y[5]) / y[0]
                    sd[h] = math.sqrt(max(second - mean[h] * mean[h], 1e-18))
                    effect[r, k, e] += share * mean[h]
                    if share > UNSEEN:
                        weight[h] = share
                        covered += share
                for c in range(N_HIDDEN):
                    weight[n_here + c] = z[0, NONE] * prior.hidden[k, c] / total
                    mean[n_here + c] = 0.0
                    sd[n_here + c] = max(prior.hidden_sd[e, k, c], 1e-9)
                    covered += weight[n_here + c]
                if e < with_interval:
                    n_part = n_here + N_HIDDEN
                    for h in range(n_part):
                        weight[h] /= covered
                    atom /= covered
                    low[r, k, e] = mixture_quantile(
                        0.025, atom, weight[:n_part], mean[:n_part], sd[:n_part]
                    )
                    high[r, k, e] = mixture_quantile(
                        0.975, atom, weight[:n_part], mean[:n_part], sd[:n_part]
                    )
            for d in range(n_span):
                _span(span[r, k, d], z, N_MOMENT + 2 * d, n_here, total, prior, k, limit)
    return Summary(
        log_odds, prob, kind, pulse, effect, low, high, break_day, log_evidence, interval, span
    )


@njit
def _span(out, z, field, n_here, total, prior, k, limit):
    """Write mean, SD and probability of a notable change of the trend over one span.

    A break after the last campaign adds its effect at the look to what no break says.
    """
    size = FIRST_BREAK + n_here + N_KIND
    weight, mean, sd = np.zeros(size), np.zeros(size), np.ones(size)
    for g in range(FIRST_BREAK + n_here):
        if z[0, g] > 0.0:
            weight[g] = z[0, g] / total
            mean[g] = z[field, g] / z[0, g]
            sd[g] = math.sqrt(max(z[field + 1, g] / z[0, g] - mean[g] * mean[g], 1e-18))
    weight[NONE] = z[0, NONE] * (prior.none[k] + prior.unseen_pulse[k]) / total
    for c in range(N_KIND):
        weight[NONE] += z[0, NONE] * prior.hidden[k, c] / total
        late = FIRST_BREAK + n_here + c
        weight[late] = z[0, NONE] * prior.hidden[k, N_KIND + c] / total
        mean[late] = mean[NONE]
        sd[late] = math.sqrt(sd[NONE] ** 2 + prior.hidden_sd[0, k, N_KIND + c] ** 2)
    first = 0.0
    second = 0.0
    for g in range(size):
        first += weight[g] * mean[g]
        second += weight[g] * (mean[g] ** 2 + sd[g] ** 2)
    out[0] = first
    out[1] = math.sqrt(max(second - first * first, 0.0))
    out[2] = mixture_outside(limit, weight, mean, sd)
