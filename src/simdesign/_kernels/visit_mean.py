"""Generalised-least-squares mean of the log loads of a visit."""

import math

import numpy as np

from simdesign._kernels._jit import njit


@njit
def expected_log_below(log_loq, centre, sd):
    r"""Return E[z | z < log LOQ] for z ~ N(centre, sd^2), the mean of a truncated normal.

    .. math:: \mu - \sigma\,\phi(a)/\Phi(a), \quad a = (\log\mathrm{LOQ}-\mu)/\sigma
    """
    if sd <= 0.0:
        return log_loq
    a = (log_loq - centre) / sd
    if a < -30.0:  # Mills ratio: phi/Phi -> -a, so the mean tends to the limit itself
        return log_loq
    cdf = 0.5 * math.erfc(-a / math.sqrt(2.0))
    pdf = math.exp(-0.5 * a * a) / math.sqrt(2.0 * math.pi)
    return centre - sd * pdf / cdf


@njit
def visit_means(load, censored, day, log_weekday, day_variance, rho):
    r"""Return GLS means, their variances, and the days present and censored of every visit.

    With days :math:`t_1 < \dots < t_n` and :math:`\varphi_i = \rho^{t_i - t_{i-1}}` the AR(1)
    is whitened by :math:`e_i = (z_i - \varphi_i z_{i-1})/\sqrt{1-\varphi_i^2}`; the mean is
    :math:`\sum a_i e_i / \sum a_i^2` with :math:`a_i = (1-\varphi_i)/\sqrt{1-\varphi_i^2}`
    (and 1 for the first day), its variance :math:`\sigma^2_{day} / \sum a_i^2`.

    Parameters
    ----------
    load : ndarray, shape (n_rep, n_visit, n_day)
        mg/(1000 inh d); NaN = missing; the LOQ where censored.
    censored : ndarray of bool, same shape
    day : ndarray of int64, shape (n_visit, n_day)
        Calendar days, -1 = padding.
    log_weekday : ndarray, shape (n_visit, n_day)
    day_variance : ndarray, shape (n_visit,)
    rho : float

    Returns
    -------
    mean, variance : ndarray, shape (n_rep, n_visit)
    n_days, n_censored : ndarray of int64, shape (n_rep, n_visit)
    """
    n_rep, n_visit, n_day = load.shape
    mean = np.zeros((n_rep, n_visit))
    variance = np.zeros((n_rep, n_visit))
    n_days = np.zeros((n_rep, n_visit), dtype=np.int64)
    n_censored = np.zeros((n_rep, n_visit), dtype=np.int64)
    for r in range(n_rep):
        for v in range(n_visit):
            sd = math.sqrt(day_variance[v])
            centre = 0.0
            n_clear = 0
            for d in range(n_day):
                x = load[r, v, d]
                if day[v, d] < 0 or not x > 0.0:
                    continue
                n_days[r, v] += 1
                if censored[r, v, d]:
                    n_censored[r, v] += 1
                else:
                    centre += math.log(x) - log_weekday[v, d]
                    n_clear += 1
            if n_clear == 0:
                continue
            centre /= n_clear
            top = 0.0
            bottom = 0.0
            before = 0.0
            last = -1
            for d in range(n_day):
                x = load[r, v, d]
                if day[v, d] < 0 or not x > 0.0:
                    continue
                z = math.log(x) - log_weekday[v, d]
                if censored[r, v, d]:
                    z = expected_log_below(z, centre, sd)
                if last < 0:
                    top = z
                    bottom = 1.0
                else:
                    phi = rho ** (day[v, d] - last)
                    scale = math.sqrt(1.0 - phi * phi)
                    a = (1.0 - phi) / scale
                    top += a * (z - phi * before) / scale
                    bottom += a * a
                before = z
                last = day[v, d]
            mean[r, v] = top / bottom
            inflation = (1.0 * n_days[r, v]) / n_clear
            variance[r, v] = day_variance[v] / bottom * inflation
    return mean, variance, n_days, n_censored
