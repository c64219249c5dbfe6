"""Products with all step and ramp columns at once, in time linear in the number of observations.

A step at campaign ``j`` is one from there on, a ramp the years since then. With the whitening
:math:`z = DAx` of ``state_space`` (:math:`A` unit lower triangular, :math:`D` the reciprocal
innovation SDs) the product of a whitened column with a whitened series is a sum of
:math:`u = A' D z` from ``j`` on, and :math:`A'` is the filter run backwards. This is the
disturbance smoother; its use for breaks is de Jong and Penzer 1998 (docs/engine.md, section 5).
"""

import numpy as np

from simdesign._kernels._jit import njit

STEP_STEP, STEP_RAMP, RAMP_RAMP = 0, 1, 2


@njit
def suffix_products(
    white, n, time, rank, gain, inverse_sd, batch, new_batch, year, new_year, step, ramp
):
    r"""Write the products of whitened series with every whitened step and ramp.

    Backwards through the first ``n`` observations, with :math:`w_i` the whitened value over its
    innovation SD, :math:`h_i` the places of the state that an observation holds, :math:`g_i` the
    gain and :math:`R_i` the places that are emptied before it:

    .. math:: u_i = w_i + g_i'\mu_i,\quad \lambda_i = \mu_i - h_i u_i,\quad
              \mu_{i-1} = R_i \lambda_i

    Parameters
    ----------
    white : ndarray, shape (at least n, width)
    n : int
    time : ndarray, shape (n,)
        Years.
    rank : ndarray of int64, shape (n,)
        Number ``j`` of the campaign time.
    gain, inverse_sd, batch, new_batch, year, new_year : see ``filter_gains``
    step, ramp : ndarray, shape (n_time, width), changed
        Rows up to the last campaign; the others are zero.
    """
    width = white.shape[1]
    m = gain.shape[1]
    mu = np.zeros((m, width))
    u = np.empty(width)
    from_step, from_ramp = np.zeros(width), np.zeros(width)
    step[:] = 0.0
    ramp[:] = 0.0
    for i in range(n - 1, -1, -1):
        scale = inverse_sd[i]
        for c in range(width):
            u[c] = scale * white[i, c]
        for a in range(m):
            g = gain[i, a]
            if g != 0.0:
                for c in range(width):
                    u[c] += g * mu[a, c]
        if i < n - 1:
            years = time[i + 1] - time[i]
            if years != 0.0:
                for c in range(width):
                    from_ramp[c] += years * from_step[c]
        for c in range(width):
            from_step[c] += u[c]
        if i == 0 or rank[i - 1] != rank[i]:
            j = rank[i]
            for c in range(width):
                step[j, c] = from_step[c]
                ramp[j, c] = from_ramp[c]
        b = batch[i]
        y = year[i]
        for c in range(width):
            mu[0, c] -= u[c]
        if new_batch[i]:
            mu[b, :] = 0.0
        else:
            for c in range(width):
                mu[b, c] -= u[c]
        if new_year[i]:
            mu[y, :] = 0.0
        else:
            for c in range(width):
                mu[y, c] -= u[c]


@njit
def suffix_information(
    n, time, rank, gain, inverse_sd, batch, new_batch, year, new_year, information, left
):
    r"""Write the information about a step and a ramp from every campaign on.

    The state of the filter, a level and a slope follow
    :math:`\xi_{i+1} = T(\xi_i + G c'\xi_i)` with the innovation :math:`c'\xi`; what remains to
    be paid for them is a quadratic form

    .. math:: N_i = (I + cG')\,P\,(I + Gc') + cc'/F_i,\quad P = T'N_{i+1}T

    Parameters
    ----------
    n, time, rank, gain, inverse_sd, batch, new_batch, year, new_year : see ``suffix_products``
    information : ndarray, shape (n_time, 3), changed
        Products step x step, step x ramp, ramp x ramp.
    left : ndarray, shape (n_time + 1, m, m), changed
        The quadratic form in the filter's state before each campaign.
    """
    m = gain.shape[1]
    d = m + 2
    level, slope = m, m + 1
    form = np.zeros((d, d))
    to_gain, place = np.empty(d), np.empty(d)
    information[:] = 0.0
    left[:] = 0.0
    for i in range(n - 1, -1, -1):
        if i < n - 1:
            years = time[i + 1] - time[i]
            for a in range(d):
                form[a, slope] += years * form[a, level]
            for a in range(d):
                form[slope, a] += years * form[level, a]
        b = batch[i]
        y = year[i]
        place[:] = 0.0
        place[0], place[b], place[y], place[level] = -1.0, -1.0, -1.0, 1.0
        both = inverse_sd[i] * inverse_sd[i]
        for a in range(d):
            to_gain[a] = 0.0
            for c in range(m):
                to_gain[a] += form[a, c] * gain[i, c]
        for c in range(m):
            both += gain[i, c] * to_gain[c]
        for a in range(d):
            for c in range(d):
                form[a, c] += (
                    place[a] * to_gain[c] + to_gain[a] * place[c] + both * place[a] * place[c]
                )
        if new_batch[i]:
            form[b, :] = 0.0
            form[:, b] = 0.0
        if new_year[i]:
            form[y, :] = 0.0
            form[:, y] = 0.0
        if i == 0 or rank[i - 1] != rank[i]:
            j = rank[i]
            information[j, STEP_STEP] = form[level, level]
            information[j, STEP_RAMP] = form[level, slope]
            information[j, RAMP_RAMP] = form[slope, slope]
            left[j] = form[:m, :m]


@njit
def window_information(
    start, stop, first, gain, inverse_sd, batch, new_batch, year, new_year, left, after, state
):
    """Return the information about a column that is one from observation start to stop.

    After ``stop`` only what it left in the filter's state counts: ``left[after]`` of
    ``suffix_information``. ``first`` is the number of observations of the look; ``state`` of shape
    (m,) is changed.
    """
    m = gain.shape[1]
    state[:] = 0.0
    total = 0.0
    for i in range(start, min(stop, first)):
        b = batch[i]
        y = year[i]
        if new_batch[i]:
            state[b] = 0.0
        if new_year[i]:
            state[y] = 0.0
        error = 1.0 - (state[0] + state[b] + state[y])
        for a in range(m):
            state[a] += gain[i, a] * error
        error *= inverse_sd[i]
        total += error * error
    if stop < first:
        for a in range(m):
            for c in range(m):
                total += state[a] * left[after, a, c] * state[c]
    return total
