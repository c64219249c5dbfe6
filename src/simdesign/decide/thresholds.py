"""Scores under the null -> a threshold with a stated false-alarm probability."""

from dataclasses import dataclass

import numpy as np

from simdesign.records import Floats


@dataclass(frozen=True, slots=True, kw_only=True)
class Threshold:
    """A threshold and what it attains on the programmes that set it."""

    value: float  # alarm when a score is greater; infinity = no alarm is affordable
    attained: float  # share of the null programmes with an alarm; <= budget
    draws: Floats  # (n_draw,) the same threshold on resampled null programmes
    n_null: int


def calibrated_threshold(largest: Floats, budget: float, counts: Floats) -> Threshold:
    """Return the threshold that at most ``budget`` of unchanged programmes pass.

    With B programmes it is the order statistic number ceil((B + 1)(1 - budget)) of their largest
    scores: the probability that a new unchanged programme exceeds it is at most the budget, on
    average over the draw of the B. Because an alarm needs a *greater* score, tied (discrete)
    scores give the largest attainable rate that does not exceed the budget.

    Parameters
    ----------
    largest : ndarray of float64, shape (n_null,)
        Largest score of every unchanged programme; minus infinity where nothing was scored.
    budget : float
        In (0, 1).
    counts : ndarray, shape (n_draw, n_null)
        How often each programme is in each resample, from ``resampling_counts``.
    """
    order = np.argsort(largest, kind="stable")
    return _ordered_threshold(largest[order], np.cumsum(counts[:, order], axis=1), budget)


def calibrated_thresholds(
    largest: Floats, budgets: tuple[float, ...], counts: Floats
) -> list[Threshold]:
    """Return the thresholds of several budgets; the programmes are sorted once."""
    order = np.argsort(largest, kind="stable")
    cumulated = np.cumsum(counts[:, order], axis=1)
    return [_ordered_threshold(largest[order], cumulated, budget) for budget in budgets]


def _ordered_threshold(ordered: Floats, cumulated: Floats, budget: float) -> Threshold:
    n = ordered.size
    padded = np.append(ordered, np.inf)
    value = float(padded[min(int(_rank(np.array([float(n)]), budget)[0]) - 1, n)])
    if n:
        rank = _rank(cumulated[:, -1], budget)  # the size of a resample varies
        draws = padded[np.minimum((cumulated < rank[:, None]).sum(axis=1), n)]
    else:
        draws = np.full(cumulated.shape[0], np.inf)
    attained = float(np.mean(ordered > value)) if n else 0.0
    return Threshold(value=value, attained=attained, draws=draws, n_null=n)


def _rank(size: Floats, budget: float) -> np.ndarray:
    # the small term keeps 0.9 * 10 = 9.000000000000002 from becoming 10
    return np.ceil((size + 1.0) * (1.0 - budget) - 1e-9).astype(np.int64)


def resampling_counts(rng: np.random.Generator, n_draw: int, n: int) -> Floats:
    """Return how often each of ``n`` replications is in each resample, shape (n_draw, n).

    Independent Poisson(1) numbers, the bootstrap whose resamples are independent from replication
    to replication: the counts of the first replications stay the same when more are added, and
    scenarios that share their luck share their counts whatever their numbers of replications.
    """
    return np.ascontiguousarray(rng.poisson(1.0, size=(n, n_draw)).T.astype(np.float64))
