"""What tasks will cost in seconds, memory and disk, from tasks that were measured.

Measured tasks come from a pilot (`simdesign.run.pilot`) or from the shards of a store. Derivation
of every formula: docs/price.md.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from simdesign.run.cost_group import CostGroups
from simdesign.run.line import Line, fit_line
from simdesign.run.plan import Cell, Plan, Task
from simdesign.run.shards import Shard
from simdesign.run.store import Store

_MEBIBYTE = 2**20
_LEAST = 1e-6  # s; a clock may be too coarse for a task


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """One measured task."""

    group: str
    n_cell: int
    n_rep: int
    seconds: float
    """Of one processor, from preparing its bench to its shard."""
    disk: float
    """Bytes of its shard."""
    memory: float
    """Largest resident memory of its process meanwhile, bytes; 0 when it is not known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """What one task, or some tasks together, will take."""

    seconds: float
    """Of one processor."""
    seconds_error: float
    """Standard error; NaN when it is unknown: one measured task is all there is, or none."""
    disk: float
    """Bytes; NaN when nothing was measured."""
    memory: float
    """Largest resident memory of a process that does them, bytes; 0 when it is not known."""
    is_measured: bool
    """False when other kinds of tasks, or assumptions, had to stand in."""

    def plain(self) -> dict[str, Any]:
        """Return JSON values: seconds and bytes; unknown numbers are null."""
        return {
            "core_seconds": round(self.seconds, 3),
            "core_seconds_error": known(self.seconds_error),
            "memory_bytes": round(self.memory) or None,
            "disk_bytes": None if math.isnan(self.disk) else round(self.disk),
        }


NOTHING = Cost(seconds=0.0, seconds_error=0.0, disk=0.0, memory=0.0, is_measured=True)
"""Of no task."""


def known(value: float) -> float | None:
    """Return a number of seconds for JSON; None when it is not known."""
    return None if math.isnan(value) else round(value, 3)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rates:
    """Lines of one group of tasks."""

    seconds: Line
    disk: Line
    memory_seen: float
    """Largest resident memory of the measured tasks, bytes."""
    memory_rep: int
    """Replications of the largest measured task."""
    memory_each: float
    """Bytes by which memory grows with a replication."""

    def memory(self, n_rep: int) -> float:
        """Return the predicted peak of a task; it is never below what was seen."""
        return self.memory_seen + self.memory_each * max(n_rep - self.memory_rep, 0)


class Price:
    """Prices of the tasks of one plan.

    ``task`` prices one task, ``total`` many together.
    """

    def __init__(self, plan: Plan, batches: Sequence[Batch]) -> None:
        if not batches:
            raise ValueError("a price needs at least one measured task")
        self._groups = CostGroups(plan)
        self._rates: dict[str, Rates] = {}
        self._cells: dict[str, int] = {}
        growth = _growth(batches)
        for group in sorted({item.group for item in batches}):
            mine = [item for item in batches if item.group == group]
            self._cells[group] = mine[0].n_cell
            self._rates[group] = _rates(mine, growth * mine[0].n_cell)

    def group(self, task: Task) -> str:
        """Return the group that a task belongs to."""
        return self._groups.group(task.scenario, task.cells)

    def knows_cells(self, cells: str) -> bool:
        """Tell whether a choice of cells was measured, in whatever scenario."""
        return any(group.endswith(f".{cells}") for group in self._cells)

    def rates(self, task: Task) -> Rates:
        """Return the lines of a task's group; measured, or borrowed from other groups."""
        group = self.group(task)
        if group not in self._rates:
            self._rates[group] = self._borrowed(len(task.cells))
        return self._rates[group]

    def seconds(self, task: Task) -> float:
        """Return the predicted seconds of a task on one processor."""
        return self.rates(task).seconds.at(task.n_rep)

    def task(self, task: Task) -> Cost:
        """Return the cost of one task."""
        return self.total([task])

    def total(self, tasks: Sequence[Task]) -> Cost:
        """Return the cost of some tasks together.

        Errors of one group are shared by its tasks and add up; those of groups are independent.
        """
        sizes: dict[str, list[int]] = {}
        rates: dict[str, Rates] = {}
        for task in tasks:
            group = self.group(task)
            rates[group] = self.rates(task)
            sizes.setdefault(group, []).append(task.n_rep)
        seconds = disk = variance = memory = 0.0
        for group, mine in sizes.items():
            value, error = rates[group].seconds.total(mine)
            seconds += value
            variance += error**2
            disk += rates[group].disk.total(mine)[0]
            memory = max(memory, rates[group].memory(max(mine)))
        return Cost(
            seconds=seconds, seconds_error=math.sqrt(variance), disk=disk, memory=memory,
            is_measured=all(item.seconds.n_batch > 0 for item in rates.values()),
        )  # fmt: skip

    def _borrowed(self, n_cell: int) -> Rates:
        """Return the mean of the measured groups per cell; its error is their scatter."""
        known = [(r, n_cell / self._cells[g]) for g, r in self._rates.items() if g in self._cells]
        size = max(rates.memory_rep for rates, _ in known)
        levels = np.array([rates.seconds.at(size) * factor for rates, factor in known])
        spread = math.nan
        if levels.size > 1:  # of one more group about the mean of these
            spread = float(levels.std(ddof=1) / levels.mean() * math.sqrt(1.0 + 1.0 / levels.size))
        return Rates(
            seconds=_mean_line([r.seconds.scaled(f, spread) for r, f in known], spread),
            disk=_mean_line([r.disk.scaled(f, spread) for r, f in known], spread),
            memory_seen=max(rates.memory_seen for rates, _ in known),
            memory_rep=size,
            memory_each=max(rates.memory_each * max(factor, 1.0) for rates, factor in known),
        )


def price_of_store(plan: Plan, store: Store) -> Price | None:
    """Return prices from the shards of a store; None when it holds none of this plan."""
    batches = stored_batches(plan, store)
    return Price(plan, batches) if batches else None


def stored_batches(plan: Plan, store: Store) -> list[Batch]:
    """Return what the shards of a store say of the tasks that made them."""
    groups = CostGroups(plan)
    known = set(plan.cells)
    return [
        Batch(
            group=groups.group(shard.scenario, _cells(shard)), n_cell=len(shard.cells),
            n_rep=shard.stop - shard.start,
            seconds=max(shard.cpu_seconds or shard.seconds, _LEAST),
            disk=float(shard.n_byte),
            memory=(shard.peak_mib or 0.0) * _MEBIBYTE,
        )
        for shard in store.shards()
        if shard.scenario in known
    ]  # fmt: skip


def _cells(shard: Shard) -> list[Cell]:
    return [
        Cell(substance=substance, design=design, estimator=estimator, content=content)
        for content, (substance, design, estimator) in shard.cells.items()
    ]


def _mean_line(lines: Sequence[Line], spread: float) -> Line:
    known = [item.spread for item in lines if math.isfinite(item.spread)]
    mean = Line(
        fixed=float(np.mean([item.fixed for item in lines])),
        each=float(np.mean([item.each for item in lines])),
        covariance=(math.nan, math.nan, math.nan),
        spread=max(known, default=math.nan), n_batch=0,
    )  # fmt: skip
    return mean.scaled(1.0, spread)


def _rates(batches: Sequence[Batch], memory_each: float) -> Rates:
    sizes = [item.n_rep for item in batches]
    return Rates(
        seconds=fit_line(sizes, [item.seconds for item in batches]),
        disk=fit_line(sizes, [item.disk for item in batches]),
        memory_seen=max(item.memory for item in batches),
        memory_rep=max(sizes),
        memory_each=memory_each,
    )


def _growth(batches: Sequence[Batch]) -> float:
    """Return the bytes by which memory grows with a replication and cell.

    From the group with the largest task: in small ones growth hides behind what is there anyway.
    """
    largest = max(batches, key=lambda item: item.n_rep * item.n_cell)
    mine = [item for item in batches if item.group == largest.group and item.memory > 0.0]
    smallest = min(mine, key=lambda item: (item.n_rep, item.memory), default=largest)
    if largest.n_rep == smallest.n_rep:
        return 0.0
    grown = (largest.memory - smallest.memory) / (largest.n_rep - smallest.n_rep)
    return max(grown, 0.0) / largest.n_cell
