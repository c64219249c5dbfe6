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
    n = largest.size
    rank = int(np.ceil((n + 1) * (1.0 - budget) - 1e-9))
    order = np.sort(largest)
    value = float(order[rank - 1]) if rank <= n else np.inf
    attained = float(np.mean(largest > value)) if n else 0.0
    draws = np.full(counts.shape[0], np.inf)
    if rank <= n:
        cumulated = np.cumsum(counts[:, np.argsort(largest, kind="stable")], axis=1)
        position = (cumulated < rank).sum(axis=1)
        draws = order[np.minimum(position, n - 1)]
    return Threshold(value=value, attained=attained, draws=draws, n_null=n)


def resampling_counts(rng: np.random.Generator, n_draw: int, n: int) -> Floats:
    """Return how often each of ``n`` replications is in each resample, shape (n_draw, n)."""
    return rng.multinomial(n, np.full(n, 1.0 / n), size=n_draw).astype(np.float64)
