"""What the weekdays of all campaigns say about a change of the weekday profile."""

from typing import Any, NamedTuple

import numpy as np

from simdesign._kernels._jit import njit
from simdesign._kernels.state_space import cholesky, forward_solve
from simdesign._kernels.weekday_terms import WEEK

STEP_STEP, STEP_RAMP, RAMP_RAMP = 0, 1, 2


class WeekdayDesign(NamedTuple):
    """What depends on the design only; ``j`` campaign time, ``k`` look, ``m`` interval."""

    shrink: Any  # (k, j, 7, 7) a campaign's score, less what its own week takes up
    withdrawn: Any  # (k, m, 2, 7, 7) what the free profile takes up of a step and a ramp
    information: Any  # (k, m, 3, 7, 7) step-step, step-ramp, ramp-ramp


@njit
def _inverse(a):
    """Return the inverse of a positive definite matrix."""
    n = a.shape[0]
    factor = a.copy()
    cholesky(factor, n)
    root = np.eye(n)
    forward_solve(factor, root, n, n)
    return _product(root.T, root)


@njit
def _product(a, b):
    """Return the matrix product, without a library."""
    n, m = a.shape[0], b.shape[1]
    out = np.zeros((n, m))
    for i in range(n):
        for k in range(b.shape[0]):
            x = a[i, k]
            for j in range(m):
                out[i, j] += x * b[k, j]
    return out


@njit
def weekday_design(information, campaign, n_visit, time, start, week_variance, profile_variance):
    r"""Prepare the elimination of each campaign's own week and of the weekday profile.

    A campaign's visits add up to scores :math:`b_j` and information :math:`A_j` about
    :math:`w + \eta_j + \Delta_j c`. With :math:`\eta_j \sim N(0, \sigma_n^2 I)` integrated out,

    .. math:: M_j = (I + \sigma_n^2 A_j)^{-1}, \qquad b_j \to M_j b_j, \qquad A_j \to M_j A_j ,

    and with :math:`w \sim N(0, \tau_w^2 I)`, :math:`P = (\sum_j A_j + I/\tau_w^2)^{-1}` and
    :math:`z_j` the step and the ramp of a break, the coefficients :math:`\theta` of both have

    .. math:: \Gamma_{ab} = \sum_j z_{ja} z_{jb} A_j
              - \Big(\sum_j z_{ja} A_j\Big) P \Big(\sum_j z_{jb} A_j\Big) .

    Parameters
    ----------
    information : ndarray, shape (n_visit, 7, 7)
        In order of time.
    campaign : ndarray of int64, shape (n_visit,)
    n_visit : ndarray of int64, shape (n_look,)
    time : ndarray, shape (n_campaign,)
        Years.
    start : ndarray of int64, shape (n_interval,)
        First campaign after each interval; a ramp counts from there.
    week_variance, profile_variance : float

    Returns
    -------
    WeekdayDesign
    """
    n_look, n_time, n_start = n_visit.size, time.size, start.size
    shrink = np.zeros((n_look, n_time, WEEK, WEEK))
    withdrawn = np.zeros((n_look, n_start, 2, WEEK, WEEK))
    gamma = np.zeros((n_look, n_start, 3, WEEK, WEEK))
    for k in range(n_look):
        pooled = np.zeros((n_time, WEEK, WEEK))
        for v in range(n_visit[k]):
            pooled[campaign[v]] += information[v]
        level = np.zeros((n_time + 1, WEEK, WEEK))  # sums from campaign j on
        slope, curve = np.zeros(level.shape), np.zeros(level.shape)
        for j in range(n_time - 1, -1, -1):
            shrink[k, j] = _inverse(np.eye(WEEK) + week_variance * pooled[j])
            own = _product(shrink[k, j], pooled[j])
            years = time[j] - time[0]
            level[j] = level[j + 1] + own
            slope[j] = slope[j + 1] + years * own
            curve[j] = curve[j + 1] + years * years * own
        inverse = _inverse(level[0] + np.eye(WEEK) / profile_variance)
        for m in range(n_start):
            j = start[m]
            begin = time[j] - time[0]
            step = level[j]
            ramp = slope[j] - begin * level[j]
            square = curve[j] - 2.0 * begin * slope[j] + begin * begin * level[j]
            withdrawn[k, m, 0] = _product(step, inverse)
            withdrawn[k, m, 1] = _product(ramp, inverse)
            gamma[k, m, STEP_STEP] = step - _product(withdrawn[k, m, 0], step)
            gamma[k, m, STEP_RAMP] = ramp - _product(withdrawn[k, m, 0], ramp)
            gamma[k, m, RAMP_RAMP] = square - _product(withdrawn[k, m, 1], ramp)
    return WeekdayDesign(shrink, withdrawn, gamma)


@njit
def weekday_scores(score, campaign, n_visit, time, start, design):
    r"""Return the scores of step and ramp on every weekday, (n_rep, n_look, n_interval, 2, 7).

    .. math:: \beta_a = \sum_j z_{ja} M_j b_j - \Big(\sum_j z_{ja} A_j\Big) P \sum_j M_j b_j

    in the notation of ``weekday_design``; ``score`` has the shape (n_rep, n_visit, 7).
    """
    n_rep, n_look, n_time, n_start = score.shape[0], n_visit.size, time.size, start.size
    out = np.zeros((n_rep, n_look, n_start, 2, WEEK))
    level = np.zeros((n_time + 1, WEEK))
    ramp = np.zeros((n_time + 1, WEEK))
    for r in range(n_rep):
        pooled = np.zeros((n_time, WEEK))
        done = 0
        for k in range(n_look):
            for v in range(done, n_visit[k]):
                for w in range(WEEK):
                    pooled[campaign[v], w] += score[r, v, w]
            done = max(done, n_visit[k])
            for j in range(n_time - 1, -1, -1):  # sums from campaign j on
                years = time[j] - time[0]
                for w in range(WEEK):
                    own = 0.0
                    for u in range(WEEK):
                        own += design.shrink[k, j, w, u] * pooled[j, u]
                    level[j, w] = level[j + 1, w] + own
                    ramp[j, w] = ramp[j + 1, w] + years * own
            for m in range(n_start):
                j = start[m]
                begin = time[j] - time[0]
                for w in range(WEEK):
                    first = level[j, w]
                    second = ramp[j, w] - begin * level[j, w]
                    for u in range(WEEK):
                        first -= design.withdrawn[k, m, 0, w, u] * level[0, u]
                        second -= design.withdrawn[k, m, 1, w, u] * level[0, u]
                    out[r, k, m, 0, w] = first
                    out[r, k, m, 1, w] = second
    return out
