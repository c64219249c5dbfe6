"""Latent log deviations of a nation or a city: a walk, a slow and a fast deviation."""

import numpy as np

from simdesign._kernels._jit import njit


@njit
def log_path(
    rng, first, step, n_day, fresh, state, walk_sd, slow_phi, slow_sd, fast_phi, fast_sd,
    walk, deviation,
):  # fmt: skip
    r"""Draw a random walk and the sum of two stationary first-order processes, day by day.

    .. math::
        w_j = w_{j-1} + \sigma_w z_{1j}, \quad
        u_j = \phi_u u_{j-1} + \sigma_u \sqrt{1-\phi_u^2}\, z_{2j}, \quad
        v_j = \phi_v v_{j-1} + \sigma_v \sqrt{1-\phi_v^2}\, z_{3j}

    A fresh path starts at w = 0 and at stationary u and v; otherwise it goes on from ``state``.
    Both processes look the same backwards in time, so with ``step = -1`` it runs into the past.

    Parameters
    ----------
    rng : numpy.random.Generator
        Consumed by exactly ``3 n_day`` standard normal draws, whatever the parameters.
    first, step, n_day : int
        Days ``first, first + step, ...`` of the outputs are written, ``n_day`` of them.
    fresh : bool
    state : ndarray of float64, shape (3,)
        Walk, slow and fast deviation of the day before ``first``; of day ``first`` on return
        from a fresh path, unchanged otherwise.
    walk_sd : float
        SD of a day's step [1].
    slow_phi, fast_phi : float
        Correlation between neighbouring days, -1 < phi < 1 [1].
    slow_sd, fast_sd : float
        Stationary SD [1].
    walk, deviation : ndarray of float64
        Written: w and u + v [1].
    """
    slow_step = slow_sd * np.sqrt(1.0 - slow_phi * slow_phi)
    fast_step = fast_sd * np.sqrt(1.0 - fast_phi * fast_phi)
    w = state[0]
    u = state[1]
    v = state[2]
    t = first
    for j in range(n_day):
        z_walk = rng.standard_normal()
        z_slow = rng.standard_normal()
        z_fast = rng.standard_normal()
        if fresh and j == 0:
            w = 0.0
            u = slow_sd * z_slow
            v = fast_sd * z_fast
            state[0] = w
            state[1] = u
            state[2] = v
        else:
            w += walk_sd * z_walk
            u = slow_phi * u + slow_step * z_slow
            v = fast_phi * v + fast_step * z_fast
        walk[t] = w
        deviation[t] = u + v
        t += step
