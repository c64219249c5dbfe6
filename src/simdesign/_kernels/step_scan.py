"""Evidence of no break and of a step in every interval, at every look, summed over nodes.

The outer loop runs over the nodes of (shared SD, walk SD); what depends on the design only is
done once a node, and the inner loop over replications is nearly a matrix product.
"""

import math

import numpy as np

from simdesign._kernels._jit import njit
from simdesign._kernels.exponential import exp_into
from simdesign._kernels.state_space import cholesky, filter_gains, forward_solve, whiten

NEGLIGIBLE = 14.0
"""Terms below exp(-14) of the largest so far are left out: a thousand of them move no digit that
the quadrature error leaves standing."""
RESCALE = 3.0
"""The reference of the sums moves when a term exceeds it by more than exp(3)."""


@njit
def step_design(
    regressors, ridge, group, n_group, interval, n_interval, n_observation,
    gain, inverse_sd, log_variance, new_batch, lab, new_year,
):  # fmt: skip
    """Prepare one node: whitened columns, and per look the projections onto the common columns.

    Returns
    -------
    common : ndarray, shape (n, p)
        Whitened common columns.
    steps : ndarray, shape (n, n_interval_max)
        Whitened step columns.
    factor : ndarray, shape (n_look, p, p)
        Cholesky factor of the common columns' information.
    constant : ndarray, shape (n_look,)
        Log evidence of no break without its quadratic form.
    projection : ndarray, shape (n_look, p, n_interval_max)
        ``factor^-1`` times the common columns' products with the steps.
    information : ndarray, shape (n_look, n_interval_max)
        Information about the size of each step.
    """
    n, p = regressors.shape
    n_look = n_observation.size
    n_step = 0
    for k in range(n_look):
        n_step = max(n_step, n_interval[k])
    columns = np.zeros((n, p + n_step))
    for i in range(n):
        for c in range(p):
            columns[i, c] = regressors[i, c]
        for m in range(min(interval[i], n_step)):  # campaigns after the last look open more
            columns[i, p + m] = 1.0
    white = np.zeros((n, p + n_step))
    whiten(columns, gain, inverse_sd, new_batch, lab, new_year, white)
    common = np.ascontiguousarray(white[:, :p])
    steps = np.ascontiguousarray(white[:, p:])
    factor = np.zeros((n_look, p, p))
    constant = np.zeros(n_look)
    projection = np.zeros((n_look, p, n_step))
    information = np.zeros((n_look, n_step))
    gram = np.zeros((p, p))
    cross = np.zeros((p, n_step))
    own = np.zeros(n_step)
    seen = np.zeros(n_group)
    log_det = 0.0
    done = 0
    for k in range(n_look):
        for i in range(done, n_observation[k]):
            seen[group[i]] += 1.0
            log_det += log_variance[i]
            for c in range(p):
                for d in range(c + 1):
                    gram[c, d] += common[i, c] * common[i, d]
                for m in range(interval[i]):
                    cross[c, m] += common[i, c] * steps[i, m]
            for m in range(interval[i]):
                own[m] += steps[i, m] * steps[i, m]
        done = max(done, n_observation[k])
        n_flat = 0
        for c in range(p):
            for d in range(c + 1):
                factor[k, c, d] = gram[c, d]
            factor[k, c, c] += ridge[c]
            if c < n_group:
                if seen[c] == 0.0:
                    factor[k, c, c] = 1.0  # a level nobody has measured yet stays out
                else:
                    n_flat += 1
        value = log_det + cholesky(factor[k], p)
        for c in range(n_group, p):
            value -= math.log(ridge[c])
        value += (done - n_flat) * math.log(2.0 * math.pi)
        constant[k] = -0.5 * value
        n_here = n_interval[k]
        for c in range(p):
            for m in range(n_here):
                projection[k, c, m] = cross[c, m]
        forward_solve(factor[k], projection[k], p, n_here)
        for m in range(n_here):
            information[k, m] = own[m]
        for c in range(p):
            for m in range(n_here):
                information[k, m] -= projection[k, c, m] ** 2
        for m in range(n_here):  # rounding may leave -1e-16 of an absorbed step
            information[k, m] = max(information[k, m], 0.0)
    return common, steps, factor, constant, projection, information


@njit
def step_scan(
    y, rows, wanted, shared_variance, walk_variance, node_log_weight, year_share,
    time, new_batch, lab, new_year, n_lab, variance, regressors, ridge, group, n_group,
    interval, n_interval, n_observation, step_variance, reference, sums,
):  # fmt: skip
    r"""Add up the nodes of (shared SD, walk SD) at one site-week SD.

    Parameters
    ----------
    y : ndarray, shape (n, n_row)
        Group means of the replications that this site-week SD concerns.
    rows : ndarray of int64, shape (n_row,)
        Which replications these are.
    wanted : ndarray of bool, shape (n_rep, n_look)
        Where this site-week SD counts.
    shared_variance, walk_variance, node_log_weight : ndarray, shape (n_node,)
    year_share : float
        Share of the shared variance common to a laboratory's year.
    step_variance : float
        Prior variance of the step.
    reference : ndarray, shape (n_rep, n_look), changed
        Log scale of the sums; NaN where nothing has been added.
    sums : ndarray, shape (n_rep, n_look, 1 + 3 * n_step), changed
        Evidence of no break; then per interval evidence, and first and second moment of the
        step, each times the evidence.
    """
    n_row = y.shape[1]
    p = regressors.shape[1]
    n_look = 0  # looks beyond the last one that wants this node are not worked on
    for row in range(n_row):
        for k in range(wanted.shape[1]):
            if wanted[rows[row], k]:
                n_look = max(n_look, k + 1)
    n = n_observation[n_look - 1]
    y, time, variance, regressors = y[:n], time[:n], variance[:n], regressors[:n]
    n_observation = n_observation[:n_look]
    n_step = (sums.shape[2] - 1) // 3
    white = np.zeros((n, n_row))
    u = np.empty(p)
    a = np.empty((p, 1))
    raw = np.empty(n_step)
    s = np.empty(n_step)
    log_term = np.empty(n_step)
    term = np.empty(n_step)
    work = np.empty(n_step)
    log_ratio = np.zeros((n_look, n_step))
    half_gain = np.zeros((n_look, n_step))
    post_variance = np.zeros((n_look, n_step))
    for node in range(shared_variance.size):
        gain, inverse_sd, log_variance = filter_gains(
            time, new_batch, lab, new_year, n_lab, variance, walk_variance[node],
            shared_variance[node] * (1.0 - year_share), shared_variance[node] * year_share,
        )  # fmt: skip
        common, steps, factor, constant, projection, information = step_design(
            regressors, ridge, group, n_group, interval, n_interval, n_observation,
            gain, inverse_sd, log_variance, new_batch, lab, new_year,
        )  # fmt: skip
        for k in range(n_look):
            for m in range(n_interval[k]):
                shrink = 1.0 + step_variance * information[k, m]
                log_ratio[k, m] = -0.5 * math.log(shrink)
                post_variance[k, m] = step_variance / shrink
                half_gain[k, m] = 0.5 * post_variance[k, m]
        whiten(y, gain, inverse_sd, new_batch, lab, new_year, white)
        for row in range(n_row):
            r = rows[row]
            square = 0.0
            u[:] = 0.0
            raw[:] = 0.0
            done = 0
            for k in range(n_look):
                for i in range(done, n_observation[k]):
                    z = white[i, row]
                    square += z * z
                    for c in range(p):
                        u[c] += common[i, c] * z
                    for m in range(interval[i]):
                        raw[m] += steps[i, m] * z
                done = max(done, n_observation[k])
                if not wanted[r, k]:
                    continue
                quadratic = square
                a[:, 0] = u
                forward_solve(factor[k], a, p, 1)
                for c in range(p):
                    quadratic -= a[c, 0] * a[c, 0]
                base = node_log_weight[node] + constant[k] - 0.5 * quadratic
                n_here = n_interval[k]
                s[:n_here] = raw[:n_here]
                for c in range(p):
                    for m in range(n_here):
                        s[m] -= projection[k, c, m] * a[c, 0]
                for m in range(n_here):
                    log_term[m] = log_ratio[k, m] + half_gain[k, m] * s[m] * s[m]
                best = 0.0
                for m in range(n_here):
                    best = max(best, log_term[m])
                relative = base - reference[r, k]
                if not relative + best <= RESCALE:  # also true for the first term, where NaN
                    shift = base + best
                    if math.isnan(reference[r, k]):
                        sums[r, k, :] = 0.0
                    else:
                        sums[r, k, :] *= math.exp(reference[r, k] - shift)
                    reference[r, k] = shift
                    relative = -best
                if relative + best < -NEGLIGIBLE:
                    continue
                for m in range(n_here):
                    log_term[m] += relative
                exp_into(log_term, n_here, term, work)
                sums[r, k, 0] += math.exp(relative)
                zeroth = sums[r, k, 1 : 1 + n_step]
                first = sums[r, k, 1 + n_step : 1 + 2 * n_step]
                second = sums[r, k, 1 + 2 * n_step :]
                for m in range(n_here):
                    mean = post_variance[k, m] * s[m]
                    zeroth[m] += term[m]
                    first[m] += term[m] * mean
                    second[m] += term[m] * (mean * mean + post_variance[k, m])
