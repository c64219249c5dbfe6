"""Scores of weighted unchanged programmes -> a threshold: another null mixture, or a sample of it.

With equal weights it is the threshold of ``thresholds.py``. Derivations: docs/sensitivity.md
(weights of another design prior) and docs/multifidelity.md (weights of a random subset).
"""

import numpy as np

from simdesign.decide.thresholds import Threshold
from simdesign.records import Floats


def effective_size(weight: Floats) -> Floats:
    """Return (sum w)^2 / sum w^2 along the last axis; zero where all weights are."""
    total, squares = weight.sum(axis=-1), (weight**2).sum(axis=-1)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(np.where(squares > 0.0, total**2 / squares, 0.0))


def weighted_threshold(largest: Floats, budget: float, weight: Floats, counts: Floats) -> Threshold:
    r"""Return the threshold that weighted unchanged programmes pass with at most ``budget``.

    The smallest score :math:`c` with

    .. math:: \sum_{r: s_r \le c} w_r \ge (1 - b)\,(1 + 1/n_\mathrm{eff}) \sum_r w_r,
              \qquad n_\mathrm{eff} = (\sum w)^2 / \sum w^2

    which for equal weights is order statistic number ceil((B + 1)(1 - b)). Infinity when no score
    reaches it: fewer effective programmes than 1/b - 1 cannot afford the budget.

    Parameters
    ----------
    largest : ndarray of float64, shape (n_null,)
        Largest score of every unchanged programme; minus infinity where nothing was scored.
    budget : float
        In (0, 1).
    weight : ndarray, shape (n_null,)
        At least 0.
    counts : ndarray, shape (n_draw, n_null)
        How often each programme is in each resample.
    """
    order = np.argsort(largest, kind="stable")
    ordered = np.append(largest[order], np.inf)
    times = np.concatenate([np.ones((1, largest.size)), counts[:, order]])
    drawn = times * weight[order]
    total = drawn.sum(axis=1)
    with np.errstate(divide="ignore", invalid="ignore"):
        # a programme that a resample holds twice counts as two
        size = total**2 / (times @ weight[order] ** 2)
        needed = (1.0 - budget) * (1.0 + 1.0 / size) * total
    # the small term keeps 0.9 * 10 = 9.000000000000002 from asking for one programme more
    short = np.cumsum(drawn, axis=1) < (needed - 1e-9 * total)[:, None]
    place = np.where(total > 0.0, short.sum(axis=1), largest.size)
    values = ordered[place]
    passed = float(drawn[0][ordered[:-1] > values[0]].sum())
    return Threshold(
        value=float(values[0]),
        attained=passed / float(total[0]) if total[0] > 0.0 else 0.0,
        draws=values[1:],
        n_null=largest.size,
    )
