"""Noisy readings along a knob -> the smallest value that reaches a goal, and how sure that is.

Readings share their luck: the same replications at every value, and the same resamples. Derivations
are in docs/solving.md.
"""

import enum
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from simdesign.evaluate.measure import Measure
from simdesign.evaluate.stopping import half_width
from simdesign.records import Bools, Floats

LEVEL = 0.95
"""Confidence of the intervals."""


class Side(enum.StrEnum):
    """On which side of the goal a value is. The words are stored: never rename."""

    BELOW = "below"
    OPEN = "open"
    """Not told apart from the goal by its replications."""
    REACHED = "reached"


@dataclass(frozen=True, slots=True, kw_only=True)
class Goal:
    """What a measure is to reach."""

    level: float
    at_least: bool = True
    """False where small values are good: a delay, the probability of an error."""
    span: float = 1.0
    """Range of the measure: 1 of a probability, its restriction of a mean delay."""

    def reaches(self, values: Floats) -> Bools:
        """Return where values reach the goal; what is not defined does not."""
        return np.asarray(self.margin(values) >= 0.0)

    def margin(self, values: Floats) -> Floats:
        """Return by how much values are beyond the goal, in the good direction."""
        return values - self.level if self.at_least else self.level - values

    def side(self, reading: Measure, error: float) -> Side:
        """Return the side that a reading is on, wrong with at most ``error / 2`` each way."""
        gap = float(self.margin(np.array(reading.value)))
        if not abs(gap) > half_width(reading.mcse, reading.n_rep, error, self.span):
            return Side.OPEN
        return Side.REACHED if gap > 0.0 else Side.BELOW


@dataclass(frozen=True, slots=True, kw_only=True)
class Root:
    """The smallest value of a knob that reaches a goal."""

    value: float
    """Estimate; infinity when the largest value read does not reach the goal. Of a real knob
    interpolated, else one of its values."""
    low: float
    high: float
    """Ends of the 95 % interval; infinity: no value is sure to reach the goal."""
    prob: Mapping[float, float]
    """Value -> share of the resamples in which it is the smallest; infinity: none of them is.
    Of a real knob, the value read at or above the root."""

    @property
    def is_settled(self) -> bool:
        """Whether the interval is one value."""
        return self.low == self.high


def smallest(
    values: Sequence[float],
    readings: Sequence[Measure],
    goal: Goal,
    *,
    sides: Mapping[float, Side],
    knob: Sequence[float],
    real: bool = False,
) -> Root:
    r"""Return the smallest value from which on every reading reaches the goal.

    Of an integer knob the interval is found by tests in a fixed order: upwards from the smallest
    value as long as values are surely below, downwards from the largest one as long as they surely
    reach. Of a real knob the root is interpolated between two readings in every resample,

    .. math:: x^* = x_i + (x_{i+1} - x_i)\, \frac{m_i}{m_i - m_{i+1}},

    with m the margins, and the interval holds the central 95 % of the resamples.

    Parameters
    ----------
    values : sequence of float
        Values with a reading, increasing; at least one.
    readings : sequence of Measure
        One for each, all with as many draws.
    goal : Goal
    sides : mapping
        Value -> what was concluded about it, for those with a reading and any others.
    knob : sequence of float
        Every value that the knob can take, increasing.
    real : bool
        Values between those of the knob mean something.
    """
    x = np.asarray(values, dtype=float)
    table = np.stack([np.concatenate([[item.value], _draws(item)]) for item in readings], axis=1)
    margin = goal.margin(table)  # (1 + d, n)
    place = _after_last_failure(goal.reaches(table))
    padded = np.append(x, np.inf)
    found, times = np.unique(padded[place[1:]], return_counts=True)
    n_draw = max(int(times.sum()), 1)
    prob = dict(zip(found.tolist(), (times / n_draw).tolist(), strict=True))
    if not real:
        low, high = _in_order(sides, knob)
        return Root(value=float(padded[place[0]]), low=low, high=high, prob=prob)
    roots = _interpolated(x, margin, place)
    tail = 0.5 * (1.0 - LEVEL)
    low, high = np.quantile(roots[1:], [tail, 1.0 - tail], method="inverted_cdf").tolist()
    return Root(value=float(roots[0]), low=low, high=high, prob=prob)


def _draws(reading: Measure) -> Floats:
    if reading.draws is None:
        raise ValueError("a reading needs its values on resamples")
    return reading.draws


def _after_last_failure(reaches: Bools) -> np.ndarray:
    """Return the place after the last value that fails, (1 + d,): n where the last one does."""
    n = reaches.shape[1]
    backwards = ~reaches[:, ::-1]
    return np.where(backwards.any(axis=1), n - backwards.argmax(axis=1), 0)


def _interpolated(x: Floats, margin: Floats, place: np.ndarray) -> Floats:
    """Return the root of every row: the first value where all reach, infinity where none does."""
    n = x.size
    roots = np.where(place == n, np.inf, x[0])
    inner = np.flatnonzero((place > 0) & (place < n))
    i = place[inner] - 1
    below, above = margin[inner, i], margin[inner, i + 1]
    share = np.where(np.isfinite(below), below / (below - above), 1.0)
    roots[inner] = x[i] + (x[i + 1] - x[i]) * share
    return np.asarray(roots)


def _in_order(sides: Mapping[float, Side], knob: Sequence[float]) -> tuple[float, float]:
    """Return the values that tests in a fixed order leave: the ends of an interval."""
    known = [value for value in knob if value in sides]
    low = knob[0]
    for value in known:
        if sides[value] is not Side.BELOW:
            break
        later = [other for other in knob if other > value]
        low = later[0] if later else np.inf
    high = np.inf
    for value in reversed(known):
        if sides[value] is not Side.REACHED:
            break
        high = value
    return float(low), float(high)


def reach_prob(reading: Measure, goal: Goal) -> float:
    """Return the share of the resamples in which a reading reaches the goal."""
    return float(goal.reaches(_draws(reading)).mean())


def first_to_reach(readings: Sequence[Measure], goal: Goal) -> list[float]:
    """Return for readings in an order of preference how often each is the first that reaches.

    Parameters
    ----------
    readings : sequence of Measure
        The most wanted first, for example the cheapest.
    goal : Goal

    Returns
    -------
    list of float
        Shares of the resamples; they sum to 1 less the share in which none reaches.
    """
    reaches = np.stack([goal.reaches(_draws(item)) for item in readings], axis=1)
    first = np.where(reaches.any(axis=1), reaches.argmax(axis=1), reaches.shape[1])
    times = np.bincount(first, minlength=len(readings) + 1)[:-1]
    return [float(share) for share in times / max(first.size, 1)]


def falls(readings: Sequence[Measure], goal: Goal, z: float = 3.0) -> list[int]:
    """Return the places i where reading i + 1 is surely worse than reading i.

    By ``z`` standard errors of the paired difference: a knob that is not monotone there.
    """
    found = []
    for i, (one, other) in enumerate(pairwise(readings)):
        change = float(goal.margin(np.array(other.value)) - goal.margin(np.array(one.value)))
        draws = goal.margin(_draws(other)) - goal.margin(_draws(one))
        if change < 0.0 and -change > z * float(np.nanstd(draws, ddof=1)):
            found.append(i)
    return found
