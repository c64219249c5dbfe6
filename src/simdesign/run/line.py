"""A straight line through measured tasks: what a task of n replications costs, with an error.

Derived in docs/price.md. A task pays once for what its replications share and then for each of
them; what is measured scatters in proportion to itself.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

_ROUNDS = 3  # of reweighting: each moves the line by the square of the last relative change
_ALIKE = 1.5  # sizes within this factor tell a slope from nothing


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """Cost of a task of n replications: ``fixed + each n``, in seconds or bytes."""

    fixed: float
    each: float
    covariance: tuple[float, float, float]
    """Var(fixed), Cov(fixed, each), Var(each); NaN where there was nothing to estimate it from."""
    spread: float
    """Standard deviation of one task about the line, as a share of the line; NaN if unknown."""
    n_batch: int
    """Measured tasks behind it; 0 for a line that is borrowed."""

    def at(self, n_rep: int) -> float:
        """Return the expected cost of a task of so many replications."""
        return self.fixed + self.each * n_rep

    def total(self, sizes: Sequence[int]) -> tuple[float, float]:
        """Return the expected cost of tasks of these sizes together, and its standard error.

        The error has two parts: the line's own, which all tasks share, and the luck of each task.
        """
        n_task, n_rep = len(sizes), sum(sizes)
        if n_task == 0:
            return 0.0, 0.0
        fixed, both, each = self.covariance
        own = n_task**2 * fixed + 2.0 * n_task * n_rep * both + n_rep**2 * each
        luck = self.spread**2 * sum(self.at(n) ** 2 for n in sizes)
        return n_task * self.fixed + n_rep * self.each, math.sqrt(max(own, 0.0) + luck)

    def scaled(self, factor: float, relative_error: float) -> "Line":
        """Return a line for tasks that are ``factor`` times as large, from others' measurements.

        Its own error is a share of itself, whatever the sizes of the tasks.
        """
        fixed, each = factor * self.fixed, factor * self.each
        share = relative_error**2
        return Line(
            fixed=fixed, each=each,
            covariance=(share * fixed**2, share * fixed * each, share * each**2),
            spread=self.spread, n_batch=0,
        )  # fmt: skip


def fit_line(sizes: Sequence[int], costs: Sequence[float]) -> Line:
    """Fit a line to tasks of known size and cost, by least squares of relative errors.

    A line that would be negative at 0, or that sizes too much alike cannot tell, goes through the
    origin: its slope is the sum of the costs over the sum of the sizes, so that small tasks, which
    have most of what is paid once, have little say.

    Parameters
    ----------
    sizes : sequence of int
        Replications of each task, >= 1.
    costs : sequence of float
        Seconds or bytes of each, > 0.
    """
    n, y = np.asarray(sizes, dtype=np.float64), np.asarray(costs, dtype=np.float64)
    if n.max() >= _ALIKE * n.min():
        fixed, each = _solved(n, y, y)
        for _ in range(_ROUNDS):
            if min(fixed, each) < 0.0:
                break
            fixed, each = _solved(n, y, fixed + each * n)
        if min(fixed, each) >= 0.0:
            return _with_errors(n, y, fixed, each, n_parameter=2)
    return _with_errors(n, y, 0.0, float(y.sum() / n.sum()), n_parameter=1)


def _solved(n: np.ndarray, y: np.ndarray, level: np.ndarray) -> tuple[float, float]:
    """Minimise the sum of squares of (y - fixed - each n) / level."""
    columns = np.stack([1.0 / level, n / level], axis=1)
    fixed, each = np.linalg.lstsq(columns, y / level, rcond=None)[0]
    return float(fixed), float(each)


def _with_errors(
    n: np.ndarray, y: np.ndarray, fixed: float, each: float, *, n_parameter: int
) -> Line:
    level = fixed + each * n
    free = n.size - n_parameter
    spread = math.sqrt(float(np.sum((y / level - 1.0) ** 2)) / free) if free > 0 else math.nan
    if n_parameter == 2:
        columns = np.stack([1.0 / level, n / level], axis=1)
        inverse = np.linalg.inv(columns.T @ columns)
    else:
        inverse = np.array([[0.0, 0.0], [0.0, np.sum(level**2) / np.sum(n) ** 2]])
    covariance = spread**2 * inverse
    return Line(
        fixed=fixed, each=each, spread=spread, n_batch=n.size,
        covariance=(float(covariance[0, 0]), float(covariance[0, 1]), float(covariance[1, 1])),
    )  # fmt: skip
