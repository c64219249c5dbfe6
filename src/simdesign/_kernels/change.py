"""From the strength of a change to the tables that hold on each day, town by town."""

import math

from simdesign._kernels._jit import njit


@njit
def follow(effect, nodes, gain, stage, weight, nearest):
    r"""Find each day between the stages of a change, and turn strength into a log effect.

    With the relative change :math:`x_t = e^{a_t} - 1`, day t lies in stage i, the fraction
    :math:`(x_t - x_i) / (x_{i+1} - x_i)` on its way to the next one.

    Parameters
    ----------
    effect : ndarray of float64, shape (n_day,)
        a, log effect on the substance whose change is described; changed to
        :math:`\log(1 + g x_t)` where the gain g is not 1 [1].
    nodes : ndarray of float64, shape (n_stage,)
        x of the stages, from 0 on in one direction, equally spaced in log(1 + x) [1].
    gain : float
        Relative change of this substance's load for each unit of x [1].
    stage : ndarray of int64, shape (n_day,)
        Written: i.
    weight : ndarray of float64, shape (n_day,)
        Written: the fraction, 0 to 1.
    nearest : ndarray of int64, shape (n_day,)
        Written: the nearer of the two stages.
    """
    last = nodes.size - 1
    step = math.log1p(nodes[last]) / last
    for t in range(effect.size):
        a = effect[t]
        if a == 0.0:
            stage[t], weight[t], nearest[t] = 0, 0.0, 0
            continue
        i = min(int(a / step), last - 1)
        x = math.expm1(a)
        w = min(max((x - nodes[i]) / (nodes[i + 1] - nodes[i]), 0.0), 1.0)
        stage[t], weight[t], nearest[t] = i, w, i + 1 if w >= 0.5 else i
        if gain != 1.0:
            effect[t] = math.log1p(gain * x)


@njit
def town_tables(mix, week, load, residue, prob, dose_cv, factor, mass, noise, use_days):
    r"""Write every town's tables from the nation's, given how its users divide over the classes.

    A town's load of class k is the nation's, times ``mix`` and ``week``, scaled so that the load
    of all classes over the week is the nation's at every stage:

    .. math:: \ell'_k(d) = \frac{\sum_{d,j} \ell_j(d)}{\sum_{d,j} u_j w_d \ell_j(d)}\,
              u_k w_d \ell_k(d),
              \quad c(d) = \sum_k m_k(d)\, r_k [1 - p_k(d) + v_k(d)^2]

    Parameters
    ----------
    mix : ndarray of float64, shape (n_site, n_class)
        u, what the load of a class is multiplied by [1].
    week : ndarray of float64, shape (n_site, 7)
        w, what the load of a weekday is multiplied by [1].
    load : ndarray of float64, shape (n_stage, 7, n_class)
        Load of each class relative to that of all before a change [1].
    residue : ndarray of float64, shape (n_stage, n_class)
    prob, dose_cv : ndarray of float64, shape (n_stage, 7, n_class)
        As in ``simulate.Regime``.
    factor, noise, use_days : ndarray of float64, shape (n_site, n_stage, 7)
        Written: load factor; c [g]; use-days per gram of residue [1/g].
    mass : ndarray of float64, shape (n_site, n_stage, 7, n_class)
        Written: share of each class in the residue of the day.
    """
    n_stage, n_week, n_class = load.shape
    for s in range(mix.shape[0]):
        for i in range(n_stage):
            nation = 0.0
            town = 0.0
            for d in range(n_week):
                for k in range(n_class):
                    nation += load[i, d, k]
                    town += load[i, d, k] * (mix[s, k] * week[s, d])
            scale = nation / town
            for d in range(n_week):
                total = 0.0
                for k in range(n_class):
                    total += load[i, d, k] * (mix[s, k] * week[s, d]) * scale
                c = 0.0
                per_gram = 0.0
                for k in range(n_class):
                    m = load[i, d, k] * (mix[s, k] * week[s, d]) * scale / total
                    v = dose_cv[i, d, k]
                    mass[s, i, d, k] = m
                    c += m * residue[i, k] * (1.0 - prob[i, d, k] + v * v)
                    per_gram += m / residue[i, k]
                factor[s, i, d] = total
                noise[s, i, d] = c
                use_days[s, i, d] = per_gram
