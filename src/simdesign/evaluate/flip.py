"""Where a conclusion changes along a grid: the crossing of a level, with what chance leaves open.

docs/sensitivity.md derives the interval.
"""

import enum
from dataclasses import dataclass

import numpy as np

from simdesign.evaluate.measure import Z95
from simdesign.records import Floats


class Answer(enum.StrEnum):
    """Whether a conclusion flips within a grid. The values are stored: never rename."""

    FLIP = "flip"
    NO_FLIP = "no_flip"
    """Every grid point is on one side, further from the level than its own error."""
    CANNOT_TELL = "cannot_tell"
    """No flip that is beyond chance, and none that can be excluded."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Crossing:
    """A value at which a measure crosses a level, interpolated between two grid points."""

    at: float
    low: float  # ends of the 95 % interval: where the level leaves the measure's pointwise band
    high: float
    low_is_open: bool  # the interval reaches the end of the grid
    high_is_open: bool
    rising: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class FlipPoint:
    """What a grid says about the crossing of one level."""

    answer: Answer
    level: float
    crossings: tuple[Crossing, ...]

    @property
    def text(self) -> str:
        """The answer in words."""
        if self.answer is Answer.NO_FLIP:
            return "no flip within the grid"
        where = ", ".join(f"{c.at:.4g} ({c.low:.4g} to {c.high:.4g})" for c in self.crossings)
        if self.answer is Answer.FLIP:
            return f"flips at {where}"
        return "cannot be told" + (f"; the estimates cross at {where}" if where else "")


def flip_point(grid: Floats, value: Floats, mcse: Floats, level: float) -> FlipPoint:
    """Return where a measure crosses a level along a grid.

    Between grid points value and MCSE are linear. A flip is told when two grid points lie on
    different sides, each by more than 1.96 of its MCSE. Grid points with an undefined measure are
    left out.

    Parameters
    ----------
    grid : ndarray of float64, shape (n,)
    value, mcse : ndarray of float64, shape (n,)
    level : float
    """
    use = np.isfinite(value) & np.isfinite(mcse)
    order = np.argsort(grid[use], kind="stable")
    x, y, m = grid[use][order], value[use][order] - level, mcse[use][order]
    found = []
    for i in range(x.size - 1):
        if (y[i] > 0.0) != (y[i + 1] > 0.0):
            share = y[i] / (y[i] - y[i + 1])
            found.append(_crossing(x, y, m, i, float(share)))
    beyond = np.abs(y) > Z95 * m
    above, below = bool((beyond & (y > 0.0)).any()), bool((beyond & (y < 0.0)).any())
    if above and below:
        answer = Answer.FLIP
    elif x.size and beyond.all():
        answer = Answer.NO_FLIP
    else:
        answer = Answer.CANNOT_TELL
    return FlipPoint(answer=answer, level=level, crossings=tuple(found))


def _crossing(x: Floats, y: Floats, m: Floats, i: int, share: float) -> Crossing:
    at = float(x[i] + share * (x[i + 1] - x[i]))
    error = float(m[i] + share * (m[i + 1] - m[i]))
    high, high_open = _leave(at, error, x[i + 1 :], y[i + 1 :], m[i + 1 :])
    low, low_open = _leave(-at, error, -x[i::-1], y[i::-1], m[i::-1])
    return Crossing(
        at=at, low=-low, high=high, low_is_open=low_open, high_is_open=high_open,
        rising=bool(y[i + 1] > y[i]),
    )  # fmt: skip


def _leave(at: float, error: float, x: Floats, y: Floats, m: Floats) -> tuple[float, bool]:
    """Return where |y| first exceeds 1.96 MCSE to the right of a crossing, and whether it never."""
    here, gap = at, -Z95 * error  # |y| - 1.96 m, at most 0 here
    for place, far in zip(x.tolist(), (np.abs(y) - Z95 * m).tolist(), strict=True):
        if far > 0.0:
            return here + (place - here) * gap / (gap - far), False
        here, gap = place, far
    return here, True
