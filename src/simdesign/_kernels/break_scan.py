"""Evidence of every hypothesis at every look, summed over the nodes of (shared SD, walk SD).

The outer loop runs over the nodes; what depends on the design only is done once a node, and the
inner loop over replications is nearly a matrix product.
"""

import math
from typing import Any, NamedTuple

import numpy as np

from simdesign._kernels._jit import njit
from simdesign._kernels.break_design import RAMP_PART, STEP_PART, break_design
from simdesign._kernels.exponential import exp_into
from simdesign._kernels.state_space import whiten
from simdesign._kernels.suffix import suffix_products

NEGLIGIBLE = 14.0
"""Terms below exp(-14) of the largest so far are left out: a thousand of them move no digit that
the quadrature error leaves standing."""
RESCALE = 3.0
"""The reference of the sums moves when a term exceeds it by more than exp(3)."""
PASSED_OVER = 10.0
"""A node is passed over when its neighbours, computed before it, lie exp(-10) below the best."""
NONE, PULSE, FIRST_BREAK = 0, 1, 2
"""Places of the hypotheses in the sums."""
N_MOMENT = 6
"""Evidence, then mean of both coefficients, and their second moments (11, 12, 22)."""


class Lattice(NamedTuple):
    """Nodes of (shared SD, walk SD), those that others wait for first."""

    shared_variance: Any  # (node,)
    walk_variance: Any  # (node,)
    log_weight: Any  # (node,)
    neighbours: Any  # (node, 4) earlier nodes around it; -1 = none
    year_share: float  # share of the shared variance common to a laboratory's year


@njit
def _which(wanted, rows, neighbours, node, peak, best, out):
    """Mark in ``out`` where a node is wanted; return the number of looks up to the last."""
    n_look = 0
    first = neighbours[node, 0] < 0
    for row in range(rows.size):
        for k in range(wanted.shape[1]):
            near = first
            if not first:
                for side in range(neighbours.shape[1]):
                    place = neighbours[node, side]
                    if place >= 0 and peak[place, row, k] > best[row, k] - PASSED_OVER:
                        near = True
            out[row, k] = near and wanted[rows[row], k]
            if out[row, k]:
                n_look = max(n_look, k + 1)
    return n_look


@njit
def _largest(x, n):
    """Return the largest of the first ``n`` and of 0, four at a time."""
    a, b, c, d = 0.0, 0.0, 0.0, 0.0
    last = n - n % 4
    for i in range(0, last, 4):
        a = max(a, x[i])
        b = max(b, x[i + 1])
        c = max(c, x[i + 2])
        d = max(d, x[i + 3])
    for i in range(last, n):
        a = max(a, x[i])
    return max(max(a, b), max(c, d))


@njit
def _project(white, rows, here, path, design, rhs, squares, score, quadratic, change):
    """Project the whitened series of every replication onto the columns, at every look.

    Writes the products with steps and ramps given the common columns (row, k, 2, j + 1), the
    quadratic form of no break (row, k), and the mean change of the trend over every span
    (row, k, d).
    """
    common, projection, ramp = design.common, design.projection, design.ramp
    n_place = rows.size
    p = common.shape[1]
    n_look = projection.shape[0]
    n_time = path.first.size - 1
    n_span = design.span_common.shape[1]
    u, square = np.zeros((n_place, p)), np.zeros(n_place)
    step, slope = np.empty((n_time, n_place)), np.empty((n_time, n_place))
    ramp_sum = np.zeros((n_place, ramp.shape[1]))
    a = np.empty(p)
    for place in range(n_place):
        for i in range(white.shape[0]):
            z = white[i, place]
            for d in range(ramp.shape[1]):
                ramp_sum[place, d] += ramp[i, d] * z
    done = 0
    for k in range(n_look):
        for place in range(n_place):
            for i in range(done, path.n_observation[k]):
                z = white[i, place]
                square[place] += z * z
                for c in range(p):
                    u[place, c] += common[i, c] * z
        done = max(done, path.n_observation[k])
        n_seen = path.rank[done - 1] + 1 if done else 0
        suffix_products(
            white, done, path.time, path.rank, design.gain, design.inverse_sd, path.batch,
            path.new_batch, path.year, path.new_year, step, slope,
        )  # fmt: skip
        for place in range(n_place):
            row = rows[place]
            if not here[row, k]:
                continue
            a.fill(0.0)
            for c in range(p):
                x = u[place, c]
                if c < rhs.shape[2]:
                    x += rhs[row, k, c]
                for j in range(c, p):
                    a[j] += design.inverse[k, c, j] * x
            value = square[place] + squares[row, k]
            for c in range(p):
                value -= a[c] * a[c]
            quadratic[row, k] = value
            for j in range(n_seen):
                score[row, k, STEP_PART, j] = step[j, place]
                score[row, k, RAMP_PART, j] = slope[j, place]
            for part in range(2):
                for j in range(n_seen, n_time + 1):
                    score[row, k, part, j] = 0.0
                for c in range(p):
                    x = a[c]
                    for j in range(n_seen):
                        score[row, k, part, j] -= projection[k, c, part, j] * x
            for d in range(n_span):
                value = ramp_sum[place, k * n_span + d]
                for c in range(p):
                    value += design.span_common[k, d, c] * a[c]
                change[row, k, d] = value


@njit
def _add_breaks(
    chosen, rows, here, n_look, hypotheses, design, score, quadratic, change, log_weight, least,
    reference, sums, peak,
):  # fmt: skip
    """Add no break and every break; write the log of the largest term of the node.

    Each short loop writes one array: only then does the compiler, which must check that arrays do
    not overlap, turn it into vector instructions.
    """
    campaign, log_scale, posterior = hypotheses.campaign, design.log_scale, design.posterior
    constant, span_variance = design.constant, design.span_variance
    span_breaks, span_break_variance = design.span_breaks, design.span_break_variance
    n_hypothesis = campaign.size
    n_span = change.shape[2]
    v1, v2 = np.empty(n_hypothesis), np.empty(n_hypothesis)
    x, y = np.empty(n_hypothesis), np.empty(n_hypothesis)
    log_term, term = np.empty(n_hypothesis), np.empty(n_hypothesis)
    work = np.empty(n_hypothesis)
    for place in range(chosen.size):
        row = chosen[place]
        r = rows[row]
        for k in range(n_look):
            if not here[row, k]:
                continue
            n = hypotheses.n_break[k]
            for h in range(n):
                v1[h] = score[row, k, STEP_PART, campaign[h]]
                v2[h] = score[row, k, RAMP_PART, campaign[h]]
            for h in range(n):
                log_term[h] = log_scale[k, h] + 0.5 * posterior[k, 0, h] * v1[h] * v1[h]
            for h in range(n):
                log_term[h] += (posterior[k, 1, h] * v1[h] + 0.5 * posterior[k, 2, h] * v2[h]) * v2[
                    h
                ]
            best = max(_largest(log_term, n), least[row, k])
            base = log_weight + constant[k] - 0.5 * quadratic[row, k]
            peak[row, k] = base + best
            relative = base - reference[r, k]
            if not relative + best <= RESCALE:  # also true for the first term, where NaN
                shift = base + best
                if not math.isnan(reference[r, k]):
                    factor = math.exp(reference[r, k] - shift)
                    for f in range(sums.shape[2]):
                        for g in range(sums.shape[3]):
                            sums[r, k, f, g] *= factor
                reference[r, k] = shift
                relative = -best
            if relative + best < -NEGLIGIBLE:
                continue
            for h in range(n):
                log_term[h] += relative
            exp_into(log_term, n, term, work)
            for h in range(n):
                x[h] = posterior[k, 0, h] * v1[h] + posterior[k, 1, h] * v2[h]
            for h in range(n):
                y[h] = posterior[k, 1, h] * v1[h] + posterior[k, 2, h] * v2[h]
            for h in range(n):
                sums[r, k, 0, FIRST_BREAK + h] += term[h]
            for h in range(n):
                sums[r, k, 1, FIRST_BREAK + h] += term[h] * x[h]
            for h in range(n):
                sums[r, k, 2, FIRST_BREAK + h] += term[h] * y[h]
            for h in range(n):
                sums[r, k, 3, FIRST_BREAK + h] += term[h] * (x[h] * x[h] + posterior[k, 0, h])
            for h in range(n):
                sums[r, k, 4, FIRST_BREAK + h] += term[h] * (x[h] * y[h] + posterior[k, 1, h])
            for h in range(n):
                sums[r, k, 5, FIRST_BREAK + h] += term[h] * (y[h] * y[h] + posterior[k, 2, h])
            z0 = math.exp(relative)
            sums[r, k, 0, NONE] += z0
            for d in range(n_span):
                f = N_MOMENT + 2 * d
                mean, spread = change[row, k, d], span_variance[k, d]
                sums[r, k, f, NONE] += z0 * mean
                sums[r, k, f + 1, NONE] += z0 * (mean * mean + spread)
                for h in range(n):
                    x[h] = mean + span_breaks[k, d, 0, h] * v1[h] + span_breaks[k, d, 1, h] * v2[h]
                for h in range(n):
                    sums[r, k, f, FIRST_BREAK + h] += term[h] * x[h]
                for h in range(n):
                    sums[r, k, f + 1, FIRST_BREAK + h] += term[h] * (
                        x[h] * x[h] + spread + span_break_variance[k, d, h]
                    )


@njit
def _largest_pulse(chosen, here, n_look, hypotheses, design, score, least):
    """Write the largest log term of the pulses, at least 0, (row, k)."""
    begin, end, n_pulse = hypotheses.pulse_from, hypotheses.pulse_to, hypotheses.n_pulse
    scale, posterior = design.pulse_scale, design.pulse_posterior
    for place in range(chosen.size):
        row = chosen[place]
        for k in range(n_look):
            best = 0.0
            for w in range(n_pulse[k]):
                x = score[row, k, STEP_PART, begin[w]] - score[row, k, STEP_PART, end[w]]
                best = max(best, scale[k, w] + 0.5 * posterior[k, w] * x * x)
            least[row, k] = best


@njit
def _add_pulses(
    chosen, rows, here, n_look, hypotheses, design, score, quadratic, change, log_weight,
    reference, sums,
):  # fmt: skip
    """Add all pulses together."""
    begin, end, n_pulse = hypotheses.pulse_from, hypotheses.pulse_to, hypotheses.n_pulse
    scale, posterior, constant = design.pulse_scale, design.pulse_posterior, design.constant
    span_pulse, span_variance = design.span_pulse, design.span_variance
    n_span = change.shape[2]
    x, log_term = np.empty(begin.size), np.empty(begin.size)
    term, work = np.empty(begin.size), np.empty(begin.size)
    for place in range(chosen.size):
        row = chosen[place]
        r = rows[row]
        for k in range(n_look):
            n = n_pulse[k]
            if n == 0 or not here[row, k]:
                continue
            relative = log_weight + constant[k] - 0.5 * quadratic[row, k] - reference[r, k]
            for w in range(n):
                x[w] = score[row, k, STEP_PART, begin[w]] - score[row, k, STEP_PART, end[w]]
            for w in range(n):
                log_term[w] = relative + scale[k, w] + 0.5 * posterior[k, w] * x[w] * x[w]
            exp_into(log_term, n, term, work)
            total = 0.0
            for w in range(n):
                total += term[w]
            sums[r, k, 0, PULSE] += total
            for d in range(n_span):
                mean = 0.0
                second = 0.0
                for w in range(n):
                    g = span_pulse[k, d, w]
                    value = change[row, k, d] + g * posterior[k, w] * x[w]
                    mean += term[w] * value
                    second += term[w] * (
                        value * value + span_variance[k, d] + g * g * posterior[k, w]
                    )
                sums[r, k, N_MOMENT + 2 * d, PULSE] += mean
                sums[r, k, N_MOMENT + 2 * d + 1, PULSE] += second


@njit
def _chosen(mean, here, n):
    """Return the replications that a node is wanted for, and their series side by side."""
    chosen = np.flatnonzero(here.sum(axis=1))
    y = np.empty((n, chosen.size))
    for place in range(chosen.size):
        for i in range(n):
            y[i, place] = mean[chosen[place], i]
    return chosen, y


@njit
def break_scan(path, hypotheses, spans, observed, lattice, rows, wanted, reference, sums):
    r"""Add up the nodes of (shared SD, walk SD) at one site-week SD.

    Parameters
    ----------
    path : Path
    hypotheses : Hypotheses
    spans : Spans
    observed : Observed
        Of the replications that this site-week SD concerns.
    lattice : Lattice
    rows : ndarray of int64, shape (n_row,)
        Which replications these are.
    wanted : ndarray of bool, shape (n_rep, n_look)
        Where this site-week SD counts.
    reference : ndarray, shape (n_rep, n_look), changed
        Log scale of the sums; NaN where nothing has been added.
    sums : ndarray, shape (n_rep, n_look, N_MOMENT + 2 n_span, 2 + n_break), changed
        For no break, any pulse and every break: evidence times prior (no break: evidence); mean
        and second moments of the coefficients, and of the change of the trend over each span,
        all times the evidence.
    """
    n_row = rows.size
    n_time = path.first.size - 1
    n_span = spans.length.shape[1]
    n_all = path.n_observation.size
    has_pulses = hypotheses.n_pulse.max() > 0 if n_all else False
    peak = np.full((lattice.log_weight.size, n_row, n_all), -np.inf)
    best_of = np.full((n_row, n_all), -np.inf)
    here = np.zeros((n_row, n_all), dtype=np.bool_)
    score = np.empty((n_row, n_all, 2, n_time + 1))
    quadratic, least = np.empty((n_row, n_all)), np.zeros((n_row, n_all))
    change = np.empty((n_row, n_all, n_span))
    for node in range(lattice.log_weight.size):
        n_look = _which(wanted, rows, lattice.neighbours, node, peak, best_of, here)
        if n_look == 0:
            continue
        n = path.n_observation[n_look - 1]
        shared = lattice.shared_variance[node]
        log_weight = lattice.log_weight[node]
        design = break_design(
            path, hypotheses, spans, observed, lattice.walk_variance[node],
            shared * (1.0 - lattice.year_share), shared * lattice.year_share, n_look,
        )  # fmt: skip
        chosen, series = _chosen(observed.mean, here, n)
        white = np.zeros(series.shape)
        whiten(
            series, design.gain, design.inverse_sd, path.batch, path.new_batch, path.year,
            path.new_year, white,
        )  # fmt: skip
        _project(
            white, chosen, here, path, design, observed.rhs, observed.square, score, quadratic,
            change,
        )  # fmt: skip
        if has_pulses:
            _largest_pulse(chosen, here, n_look, hypotheses, design, score, least)
        _add_breaks(
            chosen, rows, here, n_look, hypotheses, design, score, quadratic, change, log_weight,
            least, reference, sums, peak[node],
        )  # fmt: skip
        if has_pulses:
            _add_pulses(
                chosen, rows, here, n_look, hypotheses, design, score, quadratic, change,
                log_weight, reference, sums,
            )  # fmt: skip
        for place in range(chosen.size):
            row = chosen[place]
            for k in range(n_look):
                best_of[row, k] = max(best_of[row, k], peak[node, row, k])
