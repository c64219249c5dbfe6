"""What the days of a visit say about weekdays, whatever the level of the visit is."""

import math

import numpy as np

from simdesign._kernels._jit import njit

WEEK = 7


@njit
def weekday_terms(load, censored, day, weekday, log_weekday, day_variance, rho):
    r"""Return scores and information about the weekdays of every visit, its level removed.

    With :math:`x` the log loads less the plugged-in profile, :math:`D` their incidence on
    weekdays, :math:`\Sigma = \sigma_d^2 R` the covariance of their noise (AR(1) in calendar days)
    and :math:`K = \Sigma^{-1} - \Sigma^{-1}11'\Sigma^{-1} / 1'\Sigma^{-1}1`, which does not see a
    constant,

    .. math:: b = D'Kx, \qquad A = D'KD, \qquad g = D'\Sigma^{-1}1 / 1'\Sigma^{-1}1 .

    :math:`g` are the weights with which weekdays enter the visit's generalised-least-squares
    mean. A visit with days below LOQ tells nothing about weekdays, as does one of a single day.

    Parameters
    ----------
    load : ndarray, shape (n_rep, n_visit, n_day)
        mg/(1000 inh d); NaN = missing.
    censored : ndarray of bool, same shape
    day, weekday : ndarray of int64, shape (n_visit, n_day)
        Calendar day, -1 = padding; Monday = 0.
    log_weekday : ndarray, shape (7,)
    day_variance : ndarray, shape (n_visit,)
    rho : float

    Returns
    -------
    score : ndarray, shape (n_rep, n_visit, 7)
    information : ndarray, shape (n_visit, 7, 7)
        Of the first replication: all must have the same days present and censored.
    share : ndarray, shape (n_visit, 7)
        g, also where a visit tells nothing about weekdays.
    """
    n_rep, n_visit, n_day = load.shape
    score = np.zeros((n_rep, n_visit, WEEK))
    information = np.zeros((n_visit, WEEK, WEEK))
    share = np.zeros((n_visit, WEEK))
    row = np.empty(WEEK)  # whitened incidence of one day
    for v in range(n_visit):
        clear = True
        bottom = 0.0
        last = -1
        for d in range(n_day):
            if day[v, d] < 0 or not load[0, v, d] > 0.0:
                continue
            clear = clear and not censored[0, v, d]
            _whitened_incidence(weekday[v], day[v], d, last, rho, row)
            a = row.sum()
            bottom += a * a
            for w in range(WEEK):
                share[v, w] += a * row[w]
                for u in range(WEEK):
                    information[v, w, u] += row[w] * row[u]
            last = d
        if bottom == 0.0:
            continue
        for w in range(WEEK):
            for u in range(WEEK):
                information[v, w, u] -= share[v, w] * share[v, u] / bottom
                information[v, w, u] /= day_variance[v]
        for w in range(WEEK):
            share[v, w] /= bottom
        if not clear:
            information[v] = 0.0
            continue
        for r in range(n_rep):
            centre = 0.0
            before = 0.0
            top = 0.0
            last = -1
            for d in range(n_day):
                if day[v, d] < 0 or not load[r, v, d] > 0.0:
                    continue
                x = math.log(load[r, v, d]) - log_weekday[weekday[v, d]]
                if last < 0:
                    centre = x  # near the level, so that no digits are lost
                x -= centre
                _whitened_incidence(weekday[v], day[v], d, last, rho, row)
                white = x
                if last >= 0:
                    phi = rho ** (day[v, d] - day[v, last])
                    white = (x - phi * before) / math.sqrt(1.0 - phi * phi)
                top += row.sum() * white
                for w in range(WEEK):
                    score[r, v, w] += row[w] * white
                before = x
                last = d
            for w in range(WEEK):
                score[r, v, w] = (score[r, v, w] - share[v, w] * top) / day_variance[v]
    return score, information, share


@njit
def _whitened_incidence(weekday, day, d, last, rho, out):
    """Write the incidence of day ``d`` on weekdays, whitened with the day before it."""
    out[:] = 0.0
    if last < 0:
        out[weekday[d]] = 1.0
        return
    phi = rho ** (day[d] - day[last])
    scale = 1.0 / math.sqrt(1.0 - phi * phi)
    out[weekday[d]] += scale
    out[weekday[last]] -= phi * scale
