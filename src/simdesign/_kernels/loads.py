"""Expected daily loads of a panel of cities from their latent log deviations.

``math`` and not ``numpy`` for functions of one number: the same bits with and without a compiler.
"""

import math

from simdesign._kernels._jit import njit


@njit
def add_drift_and_season(origin, day_of_year, drift_per_day, amplitude, peak, walk, swing):
    r"""Add the drift to the national walk and one annual harmonic to the shared swing, in place.

    .. math:: G_t \mathrel{+}= \beta (t - t_0), \quad
              K_t \mathrel{+}= a \cos\bigl(2\pi (d_t - p) / 365.25\bigr)

    Parameters
    ----------
    origin : int
        Index of the day on which the drift is zero.
    day_of_year : ndarray of float64, shape (n_day,)
    drift_per_day : float
        [1/d]
    amplitude : float
        [1]
    peak : float
        Day of the year of the maximum [d].
    walk, swing : ndarray of float64, shape (n_day,)
        Changed [1].
    """
    turn = 2.0 * math.pi / 365.25
    for t in range(walk.size):
        walk[t] += drift_per_day * (t - origin)
        swing[t] += amplitude * math.cos(turn * (day_of_year[t] - peak))


@njit
def expected_loads(
    weekday, stage, weight, changed, factor, level, nation, swing, walk, deviation, trend,
    expected,
):  # fmt: skip
    r"""Write trend loads and expected loads.

    .. math:: T_{st} = \ell_s\, [f_{s,i,d} + w_t (f_{s,i+1,d} - f_{s,i,d})]\, e^{G_t + g_{st}},
              \quad L_{st} = T_{st}\, e^{K_t + \nu_{st}}

    with i the day's stage and d its weekday. Over a week the load is exactly linear between the
    stages of a change.

    Parameters
    ----------
    weekday : int
        Weekday of day 0, Monday = 0.
    stage : ndarray of int64, shape (n_day,)
        Stage of the change at or before each day's strength.
    weight : ndarray of float64, shape (n_day,)
        Way to the next stage, 0 to 1; 0 at the last one.
    changed : ndarray of bool, shape (n_site,)
        Sites that change; the others stay at stage 0.
    factor : ndarray of float64, shape (n_site, n_stage, 7)
        Load factor, Monday to Sunday [1].
    level : ndarray of float64, shape (n_site,)
        [mg/(1000 inh d)]
    nation, swing : ndarray of float64, shape (n_day,)
        Drift and walk; season and shared swing [1].
    walk, deviation : ndarray of float64, shape (n_site, n_day)
        City walk; city deviation [1].
    trend, expected : ndarray of float64, shape (n_site, n_day)
        Written [mg/(1000 inh d)].
    """
    n_site, n_day = walk.shape
    last = factor.shape[1] - 1
    for s in range(n_site):
        d = weekday
        for t in range(n_day):
            i = stage[t] if changed[s] else 0
            f = factor[s, i, d]
            if changed[s] and i < last:
                f += weight[t] * (factor[s, i + 1, d] - f)
            load = level[s] * f * math.exp(nation[t] + walk[s, t])
            trend[s, t] = load
            expected[s, t] = load * math.exp(swing[t] + deviation[s, t])
            d = d + 1 if d < 6 else 0
