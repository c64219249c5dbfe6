"""One node of (shared SD, walk SD): everything that depends on the design only.

Every hypothesis is a step and a ramp from one campaign on, with a prior covariance of their two
coefficients, or a pulse: a step that ends. All share what the common columns leave of steps and
ramps; what a hypothesis adds is a 2 x 2 problem (docs/engine.md, section 5).
"""

import math
from typing import Any, NamedTuple

import numpy as np

from simdesign._kernels._jit import njit
from simdesign._kernels.between_sites import LOG_2PI
from simdesign._kernels.state_space import cholesky, filter_gains, whiten
from simdesign._kernels.suffix import (
    RAMP_RAMP,
    STEP_RAMP,
    STEP_STEP,
    suffix_information,
    suffix_products,
    window_information,
)

STEP_PART, RAMP_PART = 0, 1
"""Places of steps and ramps in projections and scores."""


class Path(NamedTuple):
    """The national series in time, and the common columns beside the levels."""

    time: Any  # (i,) years
    rank: Any  # (i,) number j of the campaign time
    first: Any  # (j + 1,) first observation of each campaign time, then their number
    batch: Any  # (i,) place of the batch in the state
    new_batch: Any  # (i,)
    year: Any  # (i,) place of the laboratory's year in the state
    new_year: Any  # (i,)
    n_state: int
    n_observation: Any  # (k,)
    regressors: Any  # (i, q) drift and season
    ridge: Any  # (q,) their prior precisions


class Hypotheses(NamedTuple):
    """Breaks and pulses by the campaign from which they show.

    The coefficients of a break are those of the step and of the ramp from its campaign on. Both
    lists are ordered by the look from which they are admitted: at look ``k`` they are the first
    ``n_break[k]`` and ``n_pulse[k]``.
    """

    campaign: Any  # (h,) number j of the first campaign time after the break
    covariance: Any  # (3, h) prior: variance of the step, covariance, variance of the ramp
    log_prior: Any  # (k, h)
    n_break: Any  # (k,)
    pulse_from: Any  # (w,) campaign time that starts with the pulse
    pulse_to: Any  # (w,) first one after it; the number of campaign times = none
    pulse_variance: float
    pulse_log_prior: Any  # (k, w)
    n_pulse: Any  # (k,)


class Spans(NamedTuple):
    """Pairs of dates between which the change of the trend level is wanted, ``d`` a look."""

    ramp: Any  # (k, d, i) years of the span that lie before observation i and after the first
    length: Any  # (k, d) years
    regressors: Any  # (k, d, q) change of the trend per unit of a common column
    breaks: Any  # (k, d, 2, h) change of the trend per unit of a hypothesis' coefficients


class Node(NamedTuple):
    """Whitened common columns and, per look, what turns a series into evidences."""

    gain: Any  # (i, state)
    inverse_sd: Any  # (i,)
    common: Any  # (i, p)
    inverse: Any  # (k, p, p) transposed inverse of the Cholesky factor of the information
    constant: Any  # (k,) log evidence of no break without its quadratic form
    projection: Any  # (k, p, 2, j + 1) of steps and ramps on the common columns; the last is zero
    log_scale: Any  # (k, h)
    posterior: Any  # (k, 3, h) covariance of the coefficients given the data
    pulse_scale: Any  # (k, w)
    pulse_posterior: Any  # (k, w)
    ramp: Any  # (i, k * d) whitened, times the walk variance; zero after the look
    span_common: Any  # (k, d, p)
    span_variance: Any  # (k, d)
    span_breaks: Any  # (k, d, 2, h)
    span_break_variance: Any  # (k, d, h)
    span_pulse: Any  # (k, d, w)


@njit
def _inverse_transposed(factor, p):
    """Return the transpose of the inverse of a lower triangle."""
    out = np.zeros((p, p))
    for j in range(p):
        out[j, j] = 1.0 / factor[j, j]
        for i in range(j + 1, p):
            s = 0.0
            for k in range(j, i):
                s += factor[i, k] * out[j, k]
            out[j, i] = -s / factor[i, i]
    return out


@njit
def _project_columns(factor, step, ramp, n_seen, projection, remainder):
    """Project steps and ramps on the common columns; take that off ``remainder`` (j, 3)."""
    p = factor.shape[0]
    for c in range(p):
        for j in range(n_seen):
            projection[c, STEP_PART, j] = step[j, c]
            projection[c, RAMP_PART, j] = ramp[j, c]
    for part in range(2):
        for i in range(p):
            for c in range(i):
                f = factor[i, c]
                if f != 0.0:
                    for j in range(n_seen):
                        projection[i, part, j] -= f * projection[c, part, j]
            f = 1.0 / factor[i, i]
            for j in range(n_seen):
                projection[i, part, j] *= f
    for c in range(p):
        for j in range(n_seen):
            s = projection[c, STEP_PART, j]
            r = projection[c, RAMP_PART, j]
            remainder[j, STEP_STEP] -= s * s
            remainder[j, STEP_RAMP] -= s * r
            remainder[j, RAMP_RAMP] -= r * r


@njit
def break_design(
    path, hypotheses, spans, observed, walk_variance, batch_variance, year_variance, n_look
):
    """Prepare one node for the first ``n_look`` looks."""
    n = path.n_observation[n_look - 1]
    n_time = path.first.size - 1
    n_level = observed.share.shape[1]
    q = path.ridge.size
    p = n_level + q
    n_break = hypotheses.campaign.size
    n_pulse = hypotheses.pulse_from.size
    n_span = spans.length.shape[1]
    time, rank = path.time, path.rank
    batch, new_batch, year, new_year = path.batch, path.new_batch, path.year, path.new_year
    gain, inverse_sd, log_variance = filter_gains(
        time[:n], batch, new_batch, year, new_year, path.n_state, observed.variance,
        walk_variance, batch_variance, year_variance,
    )  # fmt: skip
    raw = np.zeros((n, p + n_look * n_span))
    raw[:, :n_level] = observed.share[:n]
    raw[:, n_level:p] = path.regressors[:n]
    for k in range(n_look):
        for d in range(n_span):
            for i in range(n):
                raw[i, p + k * n_span + d] = walk_variance * spans.ramp[k, d, i]
    white = np.zeros(raw.shape)
    whiten(raw, gain, inverse_sd, batch, new_batch, year, new_year, white)
    common = np.ascontiguousarray(white[:, :p])
    ramp = np.ascontiguousarray(white[:, p:])
    inverse = np.zeros((n_look, p, p))
    constant = np.zeros(n_look)
    projection = np.zeros((n_look, p, 2, n_time + 1))
    log_scale = np.zeros((n_look, n_break))
    posterior = np.zeros((n_look, 3, n_break))
    pulse_scale = np.zeros((n_look, n_pulse))
    pulse_posterior = np.zeros((n_look, n_pulse))
    span_common = np.zeros((n_look, n_span, p))
    span_variance = np.zeros((n_look, n_span))
    span_breaks = np.zeros((n_look, n_span, 2, n_break))
    span_break_variance = np.zeros((n_look, n_span, n_break))
    span_pulse = np.zeros((n_look, n_span, n_pulse))
    gram = np.zeros((p, p))
    step_of, ramp_of = np.zeros((n_time, p)), np.zeros((n_time, p))
    span_step, span_ramp = np.zeros((n_time, n_span)), np.zeros((n_time, n_span))
    information = np.zeros((n_time, 3))
    left = np.zeros((n_time + 1, path.n_state, path.n_state))
    state = np.zeros(path.n_state)
    step_response, ramp_response = np.zeros(n_time + 1), np.zeros(n_time + 1)
    log_det = 0.0
    done = 0
    for k in range(n_look):
        for i in range(done, path.n_observation[k]):
            log_det += log_variance[i]
            for c in range(p):
                x = common[i, c]
                for d in range(c + 1):
                    gram[c, d] += x * common[i, d]
        done = max(done, path.n_observation[k])
        n_seen = rank[done - 1] + 1 if done else 0
        factor = np.zeros((p, p))
        n_flat = 0
        for c in range(p):
            for d in range(c + 1):
                factor[c, d] = gram[c, d]
            if c < n_level:
                for d in range(c + 1):
                    factor[c, d] += observed.gram[k, c, d]
                if observed.seen[k, c]:
                    n_flat += 1
                else:
                    factor[c, c] = 1.0  # a level nobody has measured yet stays out
            else:
                factor[c, c] += path.ridge[c - n_level]
        value = log_det + cholesky(factor, p)
        for c in range(q):
            value -= math.log(path.ridge[c])
        value += (done - n_flat) * LOG_2PI
        constant[k] = observed.constant[k] - 0.5 * value
        inverse[k] = _inverse_transposed(factor, p)
        if hypotheses.n_break[k] > 0 or hypotheses.n_pulse[k] > 0:
            suffix_products(
                common, done, time, rank, gain, inverse_sd, batch, new_batch, year, new_year,
                step_of, ramp_of,
            )  # fmt: skip
            suffix_information(
                done, time, rank, gain, inverse_sd, batch, new_batch, year, new_year, information,
                left,
            )  # fmt: skip
            _project_columns(factor, step_of, ramp_of, n_seen, projection[k], information)
        for h in range(hypotheses.n_break[k]):
            j = hypotheses.campaign[h]
            j11 = max(information[j, STEP_STEP], 0.0)  # rounding may leave -1e-16
            j22 = max(information[j, RAMP_RAMP], 0.0)
            j12 = information[j, STEP_RAMP]
            c11 = hypotheses.covariance[0, h]
            c12 = hypotheses.covariance[1, h]
            c22 = hypotheses.covariance[2, h]
            det_prior = max(c11 * c22 - c12 * c12, 0.0)
            det_data = max(j11 * j22 - j12 * j12, 0.0)
            trace = max(c11 * j11 + 2.0 * c12 * j12 + c22 * j22, 0.0)
            det = 1.0 + trace + det_prior * det_data
            log_scale[k, h] = hypotheses.log_prior[k, h] - 0.5 * math.log(det)
            posterior[k, 0, h] = (c11 + det_prior * j22) / det
            posterior[k, 1, h] = (c12 - det_prior * j12) / det
            posterior[k, 2, h] = (c22 + det_prior * j11) / det
        for w in range(hypotheses.n_pulse[k]):
            a = hypotheses.pulse_from[w]
            b = hypotheses.pulse_to[w]
            value = window_information(
                path.first[a], path.first[b], done, gain, inverse_sd, batch, new_batch, year,
                new_year, left, b, state,
            )  # fmt: skip
            for c in range(p):
                value -= (projection[k, c, STEP_PART, a] - projection[k, c, STEP_PART, b]) ** 2
            shrink = 1.0 + hypotheses.pulse_variance * max(value, 0.0)
            pulse_scale[k, w] = hypotheses.pulse_log_prior[k, w] - 0.5 * math.log(shrink)
            pulse_posterior[k, w] = hypotheses.pulse_variance / shrink
        suffix_products(
            np.ascontiguousarray(ramp[:, k * n_span : (k + 1) * n_span]), done, time, rank, gain,
            inverse_sd, batch, new_batch, year, new_year, span_step, span_ramp,
        )  # fmt: skip
        for d in range(n_span):
            place = k * n_span + d
            for i in range(done, n):
                ramp[i, place] = 0.0
            e = span_common[k, d]
            for c in range(q):
                e[n_level + c] = spans.regressors[k, d, c]
            square = 0.0
            for i in range(done):
                x = ramp[i, place]
                square += x * x
                for c in range(p):
                    e[c] -= x * common[i, c]
            step_response[:n_time] = span_step[:, d]
            ramp_response[:n_time] = span_ramp[:, d]
            solved = np.zeros(p)
            for c in range(p):
                for j in range(c, p):
                    solved[j] += inverse[k, c, j] * e[c]
            e[:] = solved
            span_variance[k, d] = walk_variance * spans.length[k, d] - square
            for c in range(p):
                x = e[c]
                span_variance[k, d] += x * x
                for j in range(n_seen):
                    step_response[j] += x * projection[k, c, STEP_PART, j]
                for j in range(n_seen):
                    ramp_response[j] += x * projection[k, c, RAMP_PART, j]
            span_variance[k, d] = max(span_variance[k, d], 0.0)
            for h in range(hypotheses.n_break[k]):
                g1 = spans.breaks[k, d, 0, h] - step_response[hypotheses.campaign[h]]
                g2 = spans.breaks[k, d, 1, h] - ramp_response[hypotheses.campaign[h]]
                a11, a12, a22 = posterior[k, 0, h], posterior[k, 1, h], posterior[k, 2, h]
                span_breaks[k, d, 0, h] = a11 * g1 + a12 * g2
                span_breaks[k, d, 1, h] = a12 * g1 + a22 * g2
                span_break_variance[k, d, h] = a11 * g1 * g1 + 2.0 * a12 * g1 * g2 + a22 * g2 * g2
            for w in range(hypotheses.n_pulse[k]):
                span_pulse[k, d, w] = (
                    step_response[hypotheses.pulse_to[w]] - step_response[hypotheses.pulse_from[w]]
                )
    return Node(
        gain, inverse_sd, common, inverse, constant, projection, log_scale, posterior,
        pulse_scale, pulse_posterior, ramp, span_common, span_variance, span_breaks,
        span_break_variance, span_pulse,
    )  # fmt: skip
