"""What an extra series says about a change on a given day: a scalar Kalman filter."""

import math

import numpy as np

from simdesign._kernels._jit import njit


@njit
def share_after(begin, first, last):
    """Return the share of a period [first, last] that lies after ``begin``, in years."""
    return min(max((last - begin) / (last - first), 0.0), 1.0)


@njit
def mean_ramp(begin, origin, first, last):
    """Return the mean over a period of ``(t - origin)`` where ``t > begin``, else 0 [years]."""
    left = min(max(begin, first), last)
    return 0.5 * ((last - origin) ** 2 - (left - origin) ** 2) / (last - first)


@njit
def stream_terms(
    value, variance, time, period, n_known, begin, origin, drift_precision, walk_variance
):  # fmt: skip
    r"""Return scores and information about a step and a ramp of one series at every look.

    The log of the series is :math:`\mu + \gamma t + W(t) + b\,z(t)'\theta` plus noise of known
    variance, :math:`\mu` free, :math:`\gamma` normal and :math:`W` a random walk. Whitened by the
    Kalman filter of the walk and freed of :math:`\mu` and :math:`\gamma`, as columns with ridge,

    .. math:: \beta = Z'QY, \qquad \Gamma = Z'QZ,

    where a row of :math:`Z` holds the means over the value's period of what a break on the day
    ``begin`` does: the indicator of the time after it, and the years since ``origin`` there.

    Parameters
    ----------
    value, variance : ndarray, shape (n,)
        Log of the series and the variance of its error, in order of time.
    time : ndarray, shape (n,)
        Middle of a value's period [years].
    period : float
        Its length [years].
    n_known : ndarray of int64, shape (n_look,)
        Values reported by each look.
    begin, origin : ndarray, shape (n_date,)
        Day of a break, and first campaign after it, from which a ramp counts [years].
    drift_precision, walk_variance : float

    Returns
    -------
    beta : ndarray, shape (n_look, n_date, 2)
    gamma : ndarray, shape (n_look, n_date, 3)
        Step-step, step-ramp, ramp-ramp.
    """
    n_look, n_date = n_known.size, begin.size
    beta = np.zeros((n_look, n_date, 2))
    gamma = np.zeros((n_look, n_date, 3))
    width = 3 + 2 * n_date  # value, level, time, then step and ramp of every date
    state, x = np.zeros(width), np.empty(width)
    own = np.zeros((n_date, 3))
    # products of value, level and time with every column
    cross = np.zeros((3, width))
    p = 0.0
    done = 0
    for k in range(n_look):
        for i in range(done, n_known[k]):
            if i > 0:
                p += walk_variance * (time[i] - time[i - 1])
            first, last = time[i] - 0.5 * period, time[i] + 0.5 * period
            x[0] = value[i] - value[0]  # the level is free
            x[1] = 1.0
            x[2] = time[i] - time[0]
            for d in range(n_date):
                x[3 + 2 * d] = share_after(begin[d], first, last)
                x[4 + 2 * d] = mean_ramp(begin[d], origin[d], first, last)
            innovation = variance[i] + p
            gain = p / innovation
            scale = 1.0 / math.sqrt(innovation)
            for c in range(width):
                e = x[c] - state[c]
                state[c] += gain * e
                x[c] = e * scale
            p -= gain * p
            for a in range(3):
                for c in range(width):
                    cross[a, c] += x[a] * x[c]
            for d in range(n_date):
                step, ramp = x[3 + 2 * d], x[4 + 2 * d]
                own[d, 0] += step * step
                own[d, 1] += step * ramp
                own[d, 2] += ramp * ramp
        done = max(done, n_known[k])
        if done < 2:  # one value tells its level
            continue
        # inverse of the information about level and drift
        g11, g12, g22 = cross[1, 1], cross[1, 2], cross[2, 2] + drift_precision
        det = g11 * g22 - g12 * g12
        h11, h12, h22 = g22 / det, -g12 / det, g11 / det
        y1, y2 = cross[1, 0], cross[2, 0]
        for d in range(n_date):
            s, q = 3 + 2 * d, 4 + 2 * d
            s1 = h11 * cross[1, s] + h12 * cross[2, s]
            s2 = h12 * cross[1, s] + h22 * cross[2, s]
            q1 = h11 * cross[1, q] + h12 * cross[2, q]
            q2 = h12 * cross[1, q] + h22 * cross[2, q]
            beta[k, d, 0] = cross[0, s] - s1 * y1 - s2 * y2
            beta[k, d, 1] = cross[0, q] - q1 * y1 - q2 * y2
            gamma[k, d, 0] = max(own[d, 0] - s1 * cross[1, s] - s2 * cross[2, s], 0.0)
            gamma[k, d, 1] = own[d, 1] - s1 * cross[1, q] - s2 * cross[2, q]
            gamma[k, d, 2] = max(own[d, 2] - q1 * cross[1, q] - q2 * cross[2, q], 0.0)
    return beta, gamma
