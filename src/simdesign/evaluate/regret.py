"""What a choice of design costs in hindsight: regret, and the design whose worst regret is least.

The world is not known when a design is chosen. In each scenario the regret of a design is what the
best design there has more of; over scenarios its largest one counts (Savage 1951, JASA 46:55).
"""

import numpy as np

from simdesign.evaluate.measure import Measure, resampled_measure
from simdesign.records import Bools, Floats, Ints


def regrets(worth: Floats) -> Floats:
    """Return max over designs of worth - worth, shape (d, s, m).

    Parameters
    ----------
    worth : ndarray of float64, shape (d, s, m)
        Of every draw, scenario and design, the better the larger; NaN = not known.
    """
    best = np.where(np.isnan(worth), -np.inf, worth).max(axis=2, keepdims=True)
    return np.asarray(np.where(np.isfinite(best), best, np.nan) - worth)


def largest_regrets(worth: Floats, n_rep: int) -> tuple[list[Measure], Ints, Bools]:
    """Return every design's largest regret over scenarios, where it is, and who has the least.

    The largest of several estimates lies above the largest truth by about its Monte Carlo error or
    less; so does every design's, which leaves their order.

    Parameters
    ----------
    worth : ndarray of float64, shape (1 + n_draw, s, m)
        The study first.
    n_rep : int
        Replications of a scenario.

    Returns
    -------
    measures : list of Measure
        A design each.
    scenario : ndarray of int64, shape (m,)
        Number of the scenario with the largest regret, on the study.
    least : ndarray of bool, shape (1 + n_draw, m)
        Which design is the minimax one in each draw; several when they tie.
    """
    each = regrets(worth)
    worst = each.max(axis=1)  # NaN where one scenario is not known
    measures = [resampled_measure(worst[:, m], n_rep) for m in range(worst.shape[1])]
    known = np.where(np.isnan(each[0]), -np.inf, each[0])
    lowest = np.where(np.isnan(worst), np.inf, worst)
    least = (lowest == lowest.min(axis=1, keepdims=True)) & np.isfinite(lowest)
    return measures, known.argmax(axis=0).astype(np.int64), np.asarray(least)
