"""Sewage of a city day by day: a dry part, and log-normal rain with a memory."""

import math

from simdesign._kernels._jit import njit


@njit
def add_weather(rng, first, step, n_day, fresh, state, phi, sd, log_rain):
    r"""Add a stationary first-order process to log rain, day by day.

    .. math:: w_j = \phi w_{j-1} + \sqrt{1-\phi^2}\, z_j, \quad \ell_j \mathrel{+}= \sigma w_j

    A fresh path starts stationary; otherwise it goes on from ``state``. It looks the same
    backwards in time, so with ``step = -1`` it runs into the past.

    Parameters
    ----------
    rng : numpy.random.Generator
        Consumed by exactly ``n_day`` standard normal draws, whatever the parameters.
    first, step, n_day : int
        Days ``first, first + step, ...``, ``n_day`` of them.
    fresh : bool
    state : ndarray of float64, shape (1,)
        w of the day before ``first``; of day ``first`` on return from a fresh path, unchanged
        otherwise.
    phi : float
        Correlation between neighbouring days, 0 <= phi < 1 [1].
    sd : float
        Stationary SD [1].
    log_rain : ndarray of float64, changed
    """
    innovation = math.sqrt(1.0 - phi * phi)
    w = state[0]
    t = first
    for j in range(n_day):
        z = rng.standard_normal()
        if fresh and j == 0:
            w = z
            state[0] = w
        else:
            w = phi * w + innovation * z
        log_rain[t] += sd * w
        t += step


@njit
def sewage(dry, wet, log_rain, litres):
    r"""Write the sewage of a city, :math:`Q_t = q + r_t\, e^{\ell_t}`.

    Parameters
    ----------
    dry : float
        Sewage of a day without rain [L/(inh d)].
    wet : ndarray of float64, shape (n_day,)
        Median-scaled rain part by the season [L/(inh d)].
    log_rain : ndarray of float64, shape (n_day,)
    litres : ndarray of float64, shape (n_day,), changed
    """
    for t in range(litres.size):
        litres[t] = dry + wet[t] * math.exp(log_rain[t])
