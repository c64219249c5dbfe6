"""Which designs are on the Pareto front of cost, power and delay, and how surely.

A design is on the front when no other one is at least as good in every criterion and better in one.
The criteria are estimates, so the front is drawn anew on every joint resample of the replications
(which moves the thresholds, too): docs/options.md.
"""

import numpy as np

from simdesign.evaluate.measure import Measure, wilson
from simdesign.records import Bools, Floats


def on_front(criteria: Floats) -> Bools:
    """Return which designs are not dominated, shape (d, m).

    Parameters
    ----------
    criteria : ndarray of float64, shape (d, m, k)
        Of every draw and design, each the better the smaller; NaN = not known, then a design is
        neither on the front nor in anybody's way.
    """
    mine, others = criteria[:, :, None, :], criteria[:, None, :, :]
    dominated = ((others <= mine).all(axis=3) & (others < mine).any(axis=3)).any(axis=2)
    return np.asarray(~dominated & np.isfinite(criteria).all(axis=2))


def share_of_draws(hit: Bools) -> list[Measure]:
    """Return of every column the share of resamples in which it is true.

    The value is that share and not what the study itself says, which is 0 or 1. Its error is only
    that of the finite number of resamples.

    Parameters
    ----------
    hit : ndarray of bool, shape (1 + n_draw, m)
        The study first.
    """
    n = hit.shape[0] - 1
    found = []
    for share in hit[1:].mean(axis=0) if n else np.full(hit.shape[1], np.nan):
        value = float(share)
        low, high = wilson(value, n)
        mcse = float(np.sqrt(value * (1.0 - value) / n)) if n else np.nan
        found.append(Measure(value=value, mcse=mcse, n_rep=n, low=low, high=high))
    return found
