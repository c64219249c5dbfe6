"""Evidence of every mechanism, summed over breaks, their days and draws of the trace."""

import math
from typing import Any, NamedTuple

import numpy as np

from simdesign._kernels._jit import njit
from simdesign._kernels.break_scan import FIRST_BREAK, NONE
from simdesign._kernels.weekday_terms import WEEK

UNSEEN = 1e-12
"""Breaks of a smaller posterior share are left out."""


class Dates(NamedTuple):
    """Days on which breaks may have come, in order of the break; each knows its break."""

    first: Any  # (h + 1,) slice of the dates of break h
    weight: Any  # (date,) adds up to 1 within a break


class Traces(NamedTuple):
    """Draws of what a change does to weekdays and to extra series, per unit of the load's."""

    mechanism: Any  # (t,) which one; a mechanism's draws follow one another
    column: Any  # (k, t, 7) change of the log load on each weekday
    stream: Any  # (k, series, t) change of the log of an extra series


@njit
def trace_information(column, information):
    """Return c' Gamma c of every draw, (n_look, n_interval, n_trace, 3)."""
    n_look, n_trace = column.shape[0], column.shape[1]
    n_start, n_part = information.shape[1], information.shape[2]
    out = np.zeros((n_look, n_start, n_trace, n_part))
    for k in range(n_look):
        for m in range(n_start):
            for t in range(n_trace):
                for a in range(n_part):
                    s = 0.0
                    for w in range(WEEK):
                        for u in range(WEEK):
                            s += column[k, t, w] * information[k, m, a, w, u] * column[k, t, u]
                    out[k, m, t, a] = s
    return out


@njit
def log_expectation(m1, m2, v11, v12, v22, l1, l2, g11, g12, g22):
    r"""Return the log of E[exp(l' theta - theta' G theta / 2)] over theta ~ N(m, V).

    With :math:`y = l - Gm`,

    .. math:: l'm - \tfrac12 m'Gm - \tfrac12\log|I + VG| + \tfrac12 y'(I + VG)^{-1}V y ;

    for two coefficients :math:`(I + VG)^{-1}V = (V + |V|\,\mathrm{adj}\,G) / |I + VG|` and
    :math:`|I + VG| = 1 + \mathrm{tr}\,VG + |V||G|`, so that V may be singular.
    """
    y1 = l1 - g11 * m1 - g12 * m2
    y2 = l2 - g12 * m1 - g22 * m2
    det_v = max(v11 * v22 - v12 * v12, 0.0)
    det_g = max(g11 * g22 - g12 * g12, 0.0)
    det = 1.0 + max(v11 * g11 + 2.0 * v12 * g12 + v22 * g22, 0.0) + det_v * det_g
    c11 = v11 + det_v * g22
    c12 = v12 - det_v * g12
    c22 = v22 + det_v * g11
    square = (c11 * y1 * y1 + 2.0 * c12 * y1 * y2 + c22 * y2 * y2) / det
    return 0.5 * ((l1 + y1) * m1 + (l2 + y2) * m2 + square - math.log(det))


@njit
def mechanism_sum(
    sums, n_break, interval, hidden, dates, traces, beta, gamma, stream_beta, stream_gamma, prior
):  # fmt: skip
    r"""Return the posterior over mechanisms given a break, (n_rep, n_look, n_mechanism).

    For mechanism :math:`m` with equally probable draws :math:`t` of its trace,

    .. math:: p(m \mid \text{break}) \propto \pi_m \Big\{ Z_\text{hidden} + \sum_h Z_h
              \sum_d w_d \frac1T \sum_t E_{\theta \mid h}\big[e^{\ell_{hdt}'\theta
              - \frac12\theta'G_{hdt}\theta}\big] \Big\}

    with :math:`Z_h` the evidence of a break in the levels of the loads and
    :math:`\theta \mid h` normal with the mean and covariance that they leave.

    Parameters
    ----------
    sums : ndarray, shape (n_rep, n_look, field, 2 + n_break)
        See ``break_scan``.
    n_break : ndarray of int64, shape (n_look,)
    interval : ndarray of int64, shape (n_break,)
    hidden : ndarray, shape (n_look,)
        Prior mass of a break that the data cannot show.
    dates : Dates
    traces : Traces
    beta : ndarray, shape (n_rep, n_look, n_interval, 2, 7)
        See ``weekday_scores``.
    gamma : ndarray, shape (n_look, n_interval, n_trace, 3)
        See ``trace_information``.
    stream_beta : ndarray, shape (n_rep, n_series, n_look, n_date, 2)
        See ``stream_terms``.
    stream_gamma : ndarray, shape (n_rep, n_series, n_look, n_date, 3)
    prior : ndarray, shape (n_mechanism,)
    """
    n_rep, n_look, n_mechanism = sums.shape[0], sums.shape[1], prior.size
    n_trace, n_series = traces.mechanism.size, stream_beta.shape[1]
    n_draw = n_trace // n_mechanism
    out = np.zeros((n_rep, n_look, n_mechanism))
    line = np.zeros((n_trace, 2))
    total = np.zeros(n_mechanism)
    for r in range(n_rep):
        for k in range(n_look):
            z = sums[r, k]
            unseen = z[0, NONE] * hidden[k]
            everything = unseen
            for h in range(n_break[k]):
                everything += z[0, FIRST_BREAK + h]
            if not everything > 0.0:
                out[r, k] = prior
                continue
            reference = 0.0
            total[:] = unseen / everything
            at = -1
            for h in range(n_break[k]):
                share = z[0, FIRST_BREAK + h] / everything
                if not share > UNSEEN:
                    for m in range(n_mechanism):
                        total[m] += share * math.exp(-reference)
                    continue
                y = z[:, FIRST_BREAK + h]
                m1, m2 = y[1] / y[0], y[2] / y[0]
                v11 = max(y[3] / y[0] - m1 * m1, 0.0)
                v12 = y[4] / y[0] - m1 * m2
                v22 = max(y[5] / y[0] - m2 * m2, 0.0)
                i = interval[h]
                if i != at:
                    _lines(traces.column[k], beta[r, k, i], line)
                    at = i
                for d in range(dates.first[h], dates.first[h + 1]):
                    log_weight = math.log(share * dates.weight[d] / n_draw)
                    for t in range(n_trace):
                        l1, l2 = line[t, 0], line[t, 1]
                        g11, g12, g22 = gamma[k, i, t, 0], gamma[k, i, t, 1], gamma[k, i, t, 2]
                        for s in range(n_series):
                            b = traces.stream[k, s, t]
                            l1 += b * stream_beta[r, s, k, d, 0]
                            l2 += b * stream_beta[r, s, k, d, 1]
                            g11 += b * b * stream_gamma[r, s, k, d, 0]
                            g12 += b * b * stream_gamma[r, s, k, d, 1]
                            g22 += b * b * stream_gamma[r, s, k, d, 2]
                        term = log_weight + log_expectation(
                            m1, m2, v11, v12, v22, l1, l2, g11, g12, g22
                        )
                        if term > reference:
                            shrink = math.exp(reference - term)
                            for m in range(n_mechanism):
                                total[m] *= shrink
                            reference = term
                        total[traces.mechanism[t]] += math.exp(term - reference)
            evidence = 0.0
            for m in range(n_mechanism):
                evidence += prior[m] * total[m]
            for m in range(n_mechanism):
                out[r, k, m] = prior[m] * total[m] / evidence
    return out


@njit
def _lines(column, beta, out):
    """Write the scores of step and ramp along every draw's weekday column."""
    for t in range(column.shape[0]):
        for a in range(2):
            s = 0.0
            for w in range(WEEK):
                s += column[t, w] * beta[a, w]
            out[t, a] = s
