"""Which values of a knob to read next, with how many replications, until the root is settled.

Nothing here knows what a reading is of: `ask` gives it. What is asked for follows from the readings
alone, so that a search that was stopped asks the same questions again. Derivations are in
docs/solving.md.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from simdesign.evaluate import Goal, Measure, Root, Side, error_at, smallest

FIRST = 200
"""Replications of the first rung; each rung has twice those of the one before."""
LIMIT = 3200
"""Replications at most, unless another limit is given."""
ERROR = 0.05
"""Probability with which an interval, at whichever rung it is settled, may be wrong."""
WITHIN = 0.02
"""Half-width of the interval at which the root of a real knob is good enough."""
_ALL_AT_ONCE = 5
"""Values of a knob that are all read on the first rung."""
_INNER = 3
"""Values read at once between two that enclose the root."""
_MOST_OPEN = 8
"""Values of a row that are read again on the next rung, those nearest the root."""

Point = tuple[int, float]
"""Number of a row, and value of the knob."""
Ask = Callable[[Sequence[Point], int], Mapping[Point, Measure]]
"""Points and replications -> a reading of each, with draws on common resamples."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Space:
    """Where to look: rows (designs, or values of another knob) x values of one knob."""

    n_row: int
    values: tuple[float, ...]
    """Increasing."""
    is_real: bool = False
    is_free: bool = False
    """All values of a row are read at the price of one."""
    is_ordered: bool = False
    """A later row reaches the goal wherever an earlier one does."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rung:
    """What was read with one number of replications."""

    n_rep: int
    points: tuple[Point, ...]


@dataclass(slots=True, kw_only=True)
class Found:
    """What a search knows."""

    space: Space
    goal: Goal
    readings: dict[Point, Measure] = field(default_factory=dict)
    n_rep: dict[Point, int] = field(default_factory=dict)
    sides: dict[Point, Side] = field(default_factory=dict)
    """Conclusions: drawn once, never reopened; open ones are left out."""
    rungs: list[Rung] = field(default_factory=list)

    def values(self, row: int) -> list[float]:
        """Return the values of a row that have a reading, increasing."""
        return sorted(value for r, value in self.readings if r == row)

    def root(self, row: int) -> Root:
        """Return the smallest value of a row that reaches the goal."""
        values = self.values(row)
        known = {v: s for v in self.space.values if (s := self.side((row, v))) is not None}
        return smallest(
            values, [self.readings[row, v] for v in values], self.goal,
            sides=known, knob=self.space.values, real=self.space.is_real,
        )  # fmt: skip

    def side(self, point: Point) -> Side | None:
        """Return what is concluded about a point, from itself or, in ordered rows, from others."""
        if point in self.sides:
            return self.sides[point]
        if self.space.is_ordered:
            told = {self.sides[q] for q in self.sides if _implies(q, point, self.sides[q])}
            if len(told) == 1:
                return told.pop()
        return Side.OPEN if point in self.readings else None

    def reaches(self, point: Point) -> bool | None:
        """Return whether the estimate of a point reaches the goal; None where nothing tells."""
        if point in self.readings:
            return bool(self.goal.reaches(np.array(self.readings[point].value)))
        told = set()
        for other, reading in self.readings.items():
            yes = bool(self.goal.reaches(np.array(reading.value)))
            side = Side.REACHED if yes else Side.BELOW
            if (self.space.is_ordered or other[0] == point[0]) and _implies(other, point, side):
                told.add(yes)
        return told.pop() if len(told) == 1 else None

    def is_done(self, row: int, within: float) -> bool:
        """Return whether more replications of a row would tell nothing that is asked for."""
        root, values = self.root(row), self.space.values
        if not self.space.is_real:
            return root.is_settled
        if (
            self.side((row, values[0])) is Side.REACHED
            or self.side((row, values[-1])) is Side.BELOW
        ):
            return True
        return bool(root.high - root.low <= 2.0 * within)


def _implies(one: Point, other: Point, side: Side) -> bool:
    """Return whether a side of one point holds for another that has more (or less) of both."""
    more = other[0] >= one[0] and other[1] >= one[1]
    less = other[0] <= one[0] and other[1] <= one[1]
    return (side is Side.REACHED and more) or (side is Side.BELOW and less)


def search(
    ask: Ask,
    space: Space,
    goal: Goal,
    *,
    limit: int = LIMIT,
    within: float = WITHIN,
    say: Callable[[str], None] = lambda text: None,
) -> Found:
    """Find the smallest value of every row that reaches a goal.

    On each rung the root is enclosed between neighbouring values by their estimates; then what is
    still open around it is read again with twice the replications, until every row is settled or
    the limit is reached.

    Parameters
    ----------
    ask : callable
    space : Space
    goal : Goal
    limit : int
        Replications of a point at most.
    within : float
        Half-width aimed at, of a real knob.
    say : callable
        Told about every rung.
    """
    found = Found(space=space, goal=goal)
    rows, n, look = range(space.n_row), min(FIRST, limit), 1
    points = _first(space)
    while True:
        read: list[Point] = []
        while points:
            _read(found, ask, points, n, look)
            read += points
            points = [p for row in rows for p in _enclosing(found, row, within)]
        found.rungs.append(Rung(n_rep=n, points=tuple(read)))
        open_rows = [row for row in rows if not found.is_done(row, within)]
        say(
            f"{n} replications: {len(read)} points read, {len(open_rows)} of {space.n_row} "
            f"row{'s' * (space.n_row > 1)} open"
        )
        if not open_rows or n >= limit:
            return found
        points = [p for row in open_rows for p in _again(found, row)]
        n, look = min(2 * n, limit), look + 1


def _read(found: Found, ask: Ask, points: Sequence[Point], n: int, look: int) -> None:
    readings = ask(points, n)
    for point in points:
        found.readings[point], found.n_rep[point] = readings[point], n
        side = found.goal.side(readings[point], error_at(ERROR, look))
        if side is not Side.OPEN and point not in found.sides:
            found.sides[point] = side


def _first(space: Space) -> list[Point]:
    """Return what is read first: all of few values, else the ends and some in between."""
    values = space.values
    if space.is_free or len(values) <= _ALL_AT_ONCE:
        chosen = list(values)
    else:
        n_inner = 1 if space.is_ordered else _INNER
        inner = _between(values, 0, len(values) - 1, n_inner, space.is_real)
        chosen = [values[0], *inner, values[-1]]
    rows = list(range(space.n_row))
    if space.is_ordered and not space.is_free:
        rows = sorted({0, space.n_row // 2, space.n_row - 1})
    return [(row, value) for row in rows for value in chosen]


def _between(values: Sequence[float], low: int, high: int, n: int, is_real: bool) -> list[float]:
    """Return up to n values between two places, evenly spread; on the log scale if real."""
    if high - low < 2:
        return []
    share = np.arange(1, n + 1) / (n + 1)
    if is_real:
        wanted = np.exp((1 - share) * np.log(values[low]) + share * np.log(values[high]))
        inner = np.array(values[low + 1 : high])
        places = {low + 1 + int(np.abs(inner - w).argmin()) for w in wanted}
    else:
        places = {int(p) for p in np.clip(np.round(low + share * (high - low)), low + 1, high - 1)}
    return [values[place] for place in sorted(places)]


def _enclosing(found: Found, row: int, within: float) -> list[Point]:
    """Return what to read to bring the root of a row between neighbours; nothing when it is."""
    values = found.space.values
    reaches = [found.reaches((row, value)) for value in values]
    fails = [i for i, yes in enumerate(reaches) if yes is False]
    low = fails[-1] if fails else -1
    high = next((i for i in range(low + 1, len(values)) if reaches[i]), len(values))
    if low == len(values) - 1 or low < 0:  # at an end; of an ordered row it may be implied only
        end = (row, values[min(low + 1, len(values) - 1)])
        return [] if end in found.readings else [end]
    if high == len(values):
        return [(row, values[-1])]
    if found.space.is_real and values[high] - values[low] <= 2.0 * within:
        return [(row, values[i]) for i in (low, high) if (row, values[i]) not in found.readings]
    n = 1 if found.space.is_ordered else _INNER
    inner = _between(values, low, high, n, found.space.is_real)
    if not inner:  # neighbours: what encloses the root is read, not only implied
        return [(row, values[i]) for i in (low, high) if (row, values[i]) not in found.readings]
    return [(row, value) for value in inner]


def _again(found: Found, row: int) -> list[Point]:
    """Return the open values of a row that are read again, those nearest the root."""
    values, root = found.space.values, found.root(row)
    if found.space.is_real:
        read = found.values(row)
        above = next((i for i, v in enumerate(read) if v >= root.value), len(read) - 1)
        pair = read[max(above - 1, 0) : above + 1]
        chosen = {*pair, *(v for v in read if root.low <= v <= root.high)}
    else:
        chosen = {
            v for v in values
            if root.low <= v < root.high and found.side((row, v)) in (None, Side.OPEN)
        }  # fmt: skip
    middle = min(root.value, values[-1])
    nearest = sorted(chosen, key=lambda value: (abs(value - middle), value))[:_MOST_OPEN]
    return [(row, value) for value in sorted(nearest)]
