"""What the calendar does to log loads: events, a wandering season, people away in summer.

``math`` and not ``numpy`` for functions of one number: the same bits with and without a compiler.
"""

import math

from simdesign._kernels._jit import njit


@njit
def add_event(day, weight, year, happens, factor, visitors, logs):
    r"""Add an event to log loads, in place.

    .. math:: x_t \mathrel{+}= \log[1 + (F - 1) w_t] + \log(1 + V w_t)

    Parameters
    ----------
    day : ndarray of int64, shape (n,)
        Days of the event, all years.
    weight : ndarray of float64, shape (n,)
        Weights of these days, of mean 1 over the days of one event [1].
    year : ndarray of int64, shape (n,)
        Index into ``happens``.
    happens : ndarray of bool, shape (n_year,)
    factor, visitors : float
        Mean load factor; mean number of visitors relative to inhabitants [1].
    logs : ndarray of float64, shape (n_day,)
        Changed [1].
    """
    for i in range(day.size):
        if happens[year[i]]:
            logs[day[i]] += math.log(
                (1.0 + (factor - 1.0) * weight[i]) * (1.0 + visitors * weight[i])
            )


@njit
def wandering_season(day_of_year, border, late, amplitude, peak, shifted, swing):
    r"""Shift the days of the year as far as the season is late, and add a second harmonic.

    Between the borders of two programme years, with x from 0 to 1, the season is late by
    :math:`\delta_y + (\delta_{y+1} - \delta_y)(3x^2 - 2x^3)` days: its slope is continuous too.

    .. math:: d'_t = d_t - \delta_t, \quad
              K_t \mathrel{+}= a_2 \cos\bigl(4\pi (d'_t - p_2) / 365.25\bigr)

    Parameters
    ----------
    day_of_year : ndarray of float64, shape (n_day,)
    border : ndarray of int64, shape (n_year + 1,)
        First day of every programme year, and the number of days.
    late : ndarray of float64, shape (n_year + 1,)
        Days by which the season is late on the borders [d].
    amplitude : float
        Of the second harmonic [1].
    peak : float
        Day of the year of one of its maxima [d].
    shifted : ndarray of float64, shape (n_day,)
        Written: day of the year, as the season counts [d].
    swing : ndarray of float64, shape (n_day,)
        Changed [1].
    """
    turn = 4.0 * math.pi / 365.25
    for y in range(border.size - 1):
        n_day = border[y + 1] - border[y]
        rise = late[y + 1] - late[y]
        for t in range(border[y], border[y + 1]):
            x = (t - border[y]) / n_day
            shifted[t] = day_of_year[t] - (late[y] + rise * x * x * (3.0 - 2.0 * x))
            swing[t] += amplitude * math.cos(turn * (shifted[t] - peak))


@njit
def log_remaining(share, extent, logs):
    r"""Write the log of the people who are not away: :math:`\log(1 - a\,e_{gt})`.

    Parameters
    ----------
    share : float
        Away at the height of summer, in [0, 1) [1].
    extent : ndarray of float64, shape (n_group, n_day)
        How far summer has come, in [0, 1] [1].
    logs : ndarray of float64, shape (n_group, n_day)
        Written [1].
    """
    n_group, n_day = extent.shape
    for g in range(n_group):
        for t in range(n_day):
            logs[g, t] = math.log(1.0 - share * extent[g, t]) if extent[g, t] > 0.0 else 0.0
