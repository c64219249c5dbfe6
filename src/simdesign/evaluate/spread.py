"""Rounds that differ: how often the largest ratio of rounds exceeds a bound."""

import numpy as np

from simdesign.evaluate.measure import Measure, mean_measure
from simdesign.records import Floats


def rounds_differ_prob(log_ratio: Floats, bound: float, n_failed: int = 0) -> Measure:
    """Return P(the largest round is more than 1 + ``bound`` times the smallest).

    Parameters
    ----------
    log_ratio : ndarray of float64, shape (r,)
        Log of the largest over the smallest round; NaN where fewer than two are known.
    bound : float
        Share, above 0: 0.1 is ten per cent.
    n_failed : int
    """
    hit = log_ratio > np.log1p(bound)
    return mean_measure(hit.astype(float), np.isfinite(log_ratio), n_failed, share=True)
