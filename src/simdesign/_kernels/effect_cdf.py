"""The distribution function of a break's effect E at given values."""

import math

import numpy as np

from simdesign._kernels._jit import njit
from simdesign._kernels.break_scan import FIRST_BREAK, NONE, PULSE
from simdesign._kernels.break_summary import N_HIDDEN
from simdesign._kernels.mixture import mixture_cdf


@njit
def effect_cdf(sums, n_break, prior, at):
    """Return the mass of the continuous part of E below some values, and of its atom at zero.

    Parameters
    ----------
    sums : see ``break_scan``
    n_break : ndarray of int64, shape (n_look,)
    prior : Prior
    at : ndarray, shape (n_rep, n_look)

    Returns
    -------
    below : ndarray, shape (n_rep, n_look)
        P(a break, and E at the look < ``at``).
    atom : ndarray, shape (n_rep, n_look)
        P(no break).
    """
    n_rep, n_look = at.shape
    below, atom = np.empty(at.shape), np.empty(at.shape)
    size = prior.kind.size + N_HIDDEN
    weight, mean, sd = np.zeros(size), np.zeros(size), np.ones(size)
    for r in range(n_rep):
        for k in range(n_look):
            z = sums[r, k]
            weight[:] = 0.0
            for h in range(n_break[k]):
                y = z[:, FIRST_BREAK + h]
                if y[0] <= 0.0:
                    continue
                g1, g2 = prior.effect[0, k, 0, h], prior.effect[0, k, 1, h]
                weight[h] = y[0]
                mean[h] = (g1 * y[1] + g2 * y[2]) / y[0]
                second = (g1 * g1 * y[3] + 2.0 * g1 * g2 * y[4] + g2 * g2 * y[5]) / y[0]
                sd[h] = math.sqrt(max(second - mean[h] * mean[h], 1e-18))
            for c in range(N_HIDDEN):
                hidden = prior.kind.size + c
                weight[hidden] = z[0, NONE] * prior.hidden[k, c]
                mean[hidden] = 0.0
                sd[hidden] = max(prior.hidden_sd[0, k, c], 1e-9)
            none = z[0, NONE] * (prior.none[k] + prior.unseen_pulse[k]) + z[0, PULSE]
            total = none + weight.sum()
            below[r, k] = mixture_cdf(at[r, k], weight, mean, sd) / total
            atom[r, k] = none / total
    return below, atom
