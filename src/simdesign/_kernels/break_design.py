"""One node of (shared SD, walk SD): everything that depends on the design only.

Hypotheses are pairs of columns with a prior covariance of their two coefficients. All share the
whitened columns; what a hypothesis adds is a 2 x 2 problem (docs/engine.md, section 5).
"""

import math
from typing import Any, NamedTuple

import numpy as np

from simdesign._kernels._jit import njit
from simdesign._kernels.between_sites import LOG_2PI
from simdesign._kernels.state_space import cholesky, filter_gains, forward_solve, whiten


class Path(NamedTuple):
    """The national series in time, and the common columns beside the levels."""

    time: Any  # (i,) years
    batch: Any  # (i,) place of the batch in the state
    new_batch: Any  # (i,)
    year: Any  # (i,) place of the laboratory's year in the state
    new_year: Any  # (i,)
    n_state: int
    n_observation: Any  # (k,)
    regressors: Any  # (i, q) drift and season
    ridge: Any  # (q,) their prior precisions


class Hypotheses(NamedTuple):
    """Breaks, each on two columns, and pulses, each on the difference of two columns.

    Both are ordered by the look from which they are admitted: at look ``k`` they are the first
    ``n_break[k]`` and ``n_pulse[k]``.
    """

    columns: Any  # (i, c)
    active: Any  # (i,) the first so many columns are not zero yet
    first: Any  # (h,) column of the first coefficient
    second: Any  # (h,) column of the second; c = none
    covariance: Any  # (3, h) prior: variance of the first, covariance, variance of the second
    log_prior: Any  # (k, h)
    n_break: Any  # (k,)
    pulse_from: Any  # (w,) column that starts with the pulse
    pulse_to: Any  # (w,) column that starts after it; c = none
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
    """Whitened columns and, per look, what is needed to turn a series into evidences."""

    gain: Any  # (i, state)
    inverse_sd: Any  # (i,)
    common: Any  # (i, p)
    columns: Any  # (i, c)
    inverse: Any  # (k, p, p) transposed inverse of the Cholesky factor of the information
    constant: Any  # (k,) log evidence of no break without its quadratic form
    projection: Any  # (k, p, c)
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
def break_design(path, hypotheses, spans, observed, walk_variance, batch_variance, year_variance, n_look):  # fmt: skip  # noqa: E501
    """Prepare one node for the first ``n_look`` looks."""
    n = path.n_observation[n_look - 1]
    n_level = observed.share.shape[1]
    q = path.ridge.size
    p = n_level + q
    n_column = hypotheses.columns.shape[1]
    n_break = hypotheses.first.size
    n_pulse = hypotheses.pulse_from.size
    n_span = spans.length.shape[1]
    batch, new_batch, year, new_year = path.batch, path.new_batch, path.year, path.new_year
    gain, inverse_sd, log_variance = filter_gains(
        path.time[:n], batch, new_batch, year, new_year, path.n_state, observed.variance,
        walk_variance, batch_variance, year_variance,
    )  # fmt: skip
    raw = np.zeros((n, p + n_look * n_span))
    raw[:, :n_level] = observed.share[:n]
    raw[:, n_level:p] = path.regressors[:n]
    for k in range(n_look):
        for d in range(n_span):
            for i in range(n):
                raw[i, p + k * n_span + d] = walk_variance * spans.ramp[k, d, i]
    everything = np.full(n, raw.shape[1])
    white = np.zeros(raw.shape)
    whiten(raw, everything, gain, inverse_sd, batch, new_batch, year, new_year, white)
    common = np.ascontiguousarray(white[:, :p])
    ramp = np.ascontiguousarray(white[:, p:])
    columns = np.zeros((n, n_column + 1))
    whiten(
        hypotheses.columns[:n], hypotheses.active, gain, inverse_sd, batch, new_batch, year,
        new_year, columns,
    )  # fmt: skip
    inverse = np.zeros((n_look, p, p))
    constant = np.zeros(n_look)
    projection = np.zeros((n_look, p, n_column + 1))
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
    cross = np.zeros((p, n_column + 1))
    own = np.zeros(n_column + 1)
    pair = np.zeros(n_break)
    pulse_pair = np.zeros(n_pulse)
    response = np.zeros(n_column + 1)
    log_det = 0.0
    done = 0
    for k in range(n_look):
        width = 0
        for i in range(done, path.n_observation[k]):
            here = hypotheses.active[i]
            log_det += log_variance[i]
            for c in range(p):
                x = common[i, c]
                for d in range(c + 1):
                    gram[c, d] += x * common[i, d]
                if x != 0.0:
                    for m in range(here):
                        cross[c, m] += x * columns[i, m]
            for m in range(here):
                own[m] += columns[i, m] * columns[i, m]
            for h in range(n_break):
                if hypotheses.first[h] >= here:
                    break
                pair[h] += columns[i, hypotheses.first[h]] * columns[i, hypotheses.second[h]]
            for w in range(n_pulse):
                if hypotheses.pulse_to[w] >= here:
                    break
                pulse_pair[w] += (
                    columns[i, hypotheses.pulse_from[w]] * columns[i, hypotheses.pulse_to[w]]
                )
        done = max(done, path.n_observation[k])
        width = hypotheses.active[done - 1] if done else 0
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
        for c in range(p):
            for m in range(width):
                projection[k, c, m] = cross[c, m]
        forward_solve(factor, projection[k], p, width)
        information = np.zeros(n_column + 1)
        for m in range(width):
            information[m] = own[m]
        for c in range(p):
            for m in range(width):
                information[m] -= projection[k, c, m] ** 2
        for h in range(hypotheses.n_break[k]):
            f = hypotheses.first[h]
            s = hypotheses.second[h]
            j11 = max(information[f], 0.0)  # rounding may leave -1e-16 of an absorbed column
            j22 = max(information[s], 0.0)
            j12 = pair[h]
            if s < n_column:
                for c in range(p):
                    j12 -= projection[k, c, f] * projection[k, c, s]
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
            f = hypotheses.pulse_from[w]
            s = hypotheses.pulse_to[w]
            j12 = pulse_pair[w]
            for c in range(p):
                j12 -= projection[k, c, f] * projection[k, c, s]
            shrink = 1.0 + hypotheses.pulse_variance * max(
                information[f] + information[s] - 2.0 * j12, 0.0
            )
            pulse_scale[k, w] = hypotheses.pulse_log_prior[k, w] - 0.5 * math.log(shrink)
            pulse_posterior[k, w] = hypotheses.pulse_variance / shrink
        for d in range(n_span):
            place = k * n_span + d
            for i in range(done, n):
                ramp[i, place] = 0.0
            e = span_common[k, d]
            for c in range(q):
                e[n_level + c] = spans.regressors[k, d, c]
            square = 0.0
            response[:] = 0.0
            for i in range(done):
                x = ramp[i, place]
                square += x * x
                for c in range(p):
                    e[c] -= x * common[i, c]
                for m in range(width):
                    response[m] += x * columns[i, m]
            solved = np.zeros(p)
            for c in range(p):
                for j in range(c, p):
                    solved[j] += inverse[k, c, j] * e[c]
            e[:] = solved
            span_variance[k, d] = walk_variance * spans.length[k, d] - square
            for c in range(p):
                span_variance[k, d] += e[c] * e[c]
                for m in range(width):
                    response[m] += e[c] * projection[k, c, m]
            span_variance[k, d] = max(span_variance[k, d], 0.0)
            for h in range(hypotheses.n_break[k]):
                g1 = spans.breaks[k, d, 0, h] - response[hypotheses.first[h]]
                g2 = spans.breaks[k, d, 1, h] - response[hypotheses.second[h]]
                a11, a12, a22 = posterior[k, 0, h], posterior[k, 1, h], posterior[k, 2, h]
                span_breaks[k, d, 0, h] = a11 * g1 + a12 * g2
                span_breaks[k, d, 1, h] = a12 * g1 + a22 * g2
                span_break_variance[k, d, h] = a11 * g1 * g1 + 2.0 * a12 * g1 * g2 + a22 * g2 * g2
            for w in range(hypotheses.n_pulse[k]):
                span_pulse[k, d, w] = (
                    response[hypotheses.pulse_to[w]] - response[hypotheses.pulse_from[w]]
                )
    return Node(
        gain, inverse_sd, common, columns, inverse, constant, projection, log_scale, posterior,
        pulse_scale, pulse_posterior, ramp, span_common, span_variance, span_breaks,
        span_break_variance, span_pulse,
    )  # fmt: skip
