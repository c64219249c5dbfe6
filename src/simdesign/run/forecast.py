"""The price of what a study still needs, before any of it is paid for.

Nothing is written to the results folder. Where its shards are enough they tell what their like
will cost; what they are not enough for is measured in a pilot.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from simdesign.run.backends import Backend
from simdesign.run.cost_group import CostGroups
from simdesign.run.pilot import PILOT_SECONDS, Pilot, pilot, start_seconds
from simdesign.run.plan import Plan, Task, missing_tasks
from simdesign.run.price import NOTHING, Batch, Cost, Price, known, stored_batches
from simdesign.run.sizing import sized_tasks, wall_seconds
from simdesign.run.store import Store
from simdesign.spec.study import Scenario

_ENOUGH = 8
"""Shards of a group that price it without a pilot."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PartForecast:
    """What is missing of one scenario, or of several together, and what it will cost."""

    name: str
    """Of the scenario; the role of several."""
    n_scenario: int
    n_rep: int
    n_missing: int
    n_task: int
    cost: Cost

    def plain(self) -> dict[str, Any]:
        """Return JSON values of one scenario: seconds and bytes; unknown numbers are null."""
        return {
            "scenario": self.name,
            "replications": self.n_rep,
            "missing": self.n_missing,
            "tasks": self.n_task,
            **self.cost.plain(),
            "is_measured": self.cost.is_measured,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class StartForecast:
    """What is paid beside the tasks, in seconds of one processor; NaN is unknown."""

    each: float
    """A process, until it has loaded what a worker needs."""
    n_process: int
    kernels: float
    """Once: kernels compiled, or loaded where they were compiled before."""
    first: float
    """A worker, by which its first task is longer."""
    n_worker: int
    """Processes beside the one that compiles."""

    @property
    def seconds(self) -> float:
        """Everything that is known, together."""
        parts = (self.each * self.n_process, self.kernels, self.first * self.n_worker)
        return sum(part for part in parts if not math.isnan(part))

    def plain(self) -> dict[str, Any]:
        """Return JSON values."""
        return {
            "core_seconds": round(self.seconds, 3),
            "processes": self.n_process,
            "start_core_seconds_each": known(self.each),
            "compile_core_seconds": known(self.kernels),
            "first_task_core_seconds_each": known(self.first),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class StudyForecast:
    """What is missing of a study and will be computed, whoever computes it."""

    study: str
    size: str
    scenarios: tuple[PartForecast, ...]
    groups: tuple[PartForecast, ...]
    """The same, scenarios of one role that cost alike together."""
    n_row: int
    """Rows that will be added."""
    tasks: Cost
    """All tasks together."""
    start: StartForecast
    n_shard: int
    """Shards that the price rests on; 0 for assumptions."""

    @property
    def n_missing(self) -> int:
        """Replications that are missing."""
        return sum(item.n_missing for item in self.scenarios)

    @property
    def n_task(self) -> int:
        """Tasks, and files, that will be made."""
        return sum(item.n_task for item in self.scenarios)

    @property
    def core_seconds(self) -> float:
        """Of one processor, everything counted that is known."""
        return self.tasks.seconds + self.start.seconds

    def plain_total(self) -> dict[str, Any]:
        """Return the sums as JSON values: seconds and bytes; unknown numbers are null."""
        tasks = self.tasks.plain()
        return {
            "missing": self.n_missing,
            "tasks": self.n_task,
            "rows": self.n_row,
            "core_seconds": round(self.core_seconds, 3),
            "core_seconds_error": known(self.tasks.seconds_error),
            "memory_per_worker_bytes": tasks["memory_bytes"],
            "disk_bytes": tasks["disk_bytes"],
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Forecast(StudyForecast):
    """What is missing of a study, and what it will cost on the workers that will compute it."""

    workers: int
    wall: float
    """Predicted seconds from the command to the last shard; evaluation is not in it."""
    wall_error: float
    pilot_seconds: float
    """That measuring took; 0 without a pilot."""

    def plain(self) -> dict[str, Any]:
        """Return JSON values: seconds and bytes; unknown numbers are null."""
        return {
            "study": self.study,
            "size": self.size,
            "workers": self.workers,
            "measured": {"shards": self.n_shard, "pilot_seconds": round(self.pilot_seconds, 2)},
            "scenarios": [item.plain() for item in self.scenarios],
            "start": self.start.plain(),
            "total": {
                **self.plain_total(),
                "wall_seconds": round(self.wall, 3),
                "wall_seconds_error": known(self.wall_error),
            },
        }


def forecast(
    plan: Plan,
    store: Store,
    backend: Backend,
    *,
    task_size: int | None = None,
    seconds: float = PILOT_SECONDS,
) -> Forecast:
    """Price what a store misses of a plan.

    Parameters
    ----------
    plan : Plan
    store : Store
        Its folder may be absent, and is not touched.
    backend : Backend
        Its workers measure, and share the work.
    task_size : int, optional
        Replications of a task; None sizes tasks as a run would.
    seconds : float
        Budget of a pilot, if one is needed.

    Raises
    ------
    SpecError, StoreError
        What a run would raise before it computes anything.
    """
    store.check(plan)
    whole = missing_tasks(plan, store.coverage(), max(plan.n_replication, 1))
    if not whole:
        return _forecast(plan, backend.workers, [], None, 0, None)
    batches = stored_batches(plan, store)
    lacking = _lacking(plan, whole, batches)
    measured = pilot(plan, lacking, backend, seconds) if lacking else None
    price = Price(plan, [*batches, *(measured.batches if measured else ())])
    if task_size is None:
        tasks = sized_tasks(plan, store.coverage(), price, backend.workers)
    else:
        tasks = missing_tasks(plan, store.coverage(), task_size)
    return _forecast(plan, backend.workers, tasks, price, len(batches), measured)


def _lacking(plan: Plan, whole: Sequence[Task], batches: Sequence[Batch]) -> list[Task]:
    """Return the tasks whose kind has too few shards to be priced from them."""
    groups = CostGroups(plan)
    known = [item.group for item in batches]
    return [
        task for task in whole if known.count(groups.group(task.scenario, task.cells)) < _ENOUGH
    ]


def _forecast(
    plan: Plan, workers: int, tasks: Sequence[Task], price: Price | None, n_shard: int,
    measured: Pilot | None,
) -> Forecast:  # fmt: skip
    def cost(some: Sequence[Task]) -> Cost:
        return NOTHING if price is None or not some else price.total(some)

    total = cost(tasks)
    own = workers if workers > 1 else 0  # one worker is the process that was started anyway
    start = StartForecast(
        each=start_seconds() if tasks else 0.0, n_process=(1 + own) if tasks else 0, n_worker=own,
        kernels=0.0 if not tasks else math.nan if measured is None else measured.compile_seconds,
        first=0.0 if not own else math.nan if measured is None else measured.first_seconds,
    )  # fmt: skip
    busy = 0.0 if price is None else wall_seconds(map(price.seconds, tasks), workers)
    alone = (start.each, start.kernels, start.each if own else 0.0, start.first)
    wall = sum(part for part in alone if not math.isnan(part)) + busy
    return Forecast(
        study=plan.study.name, size=plan.size, workers=workers,
        scenarios=by_scenario(plan, tasks, cost), groups=by_group(plan, tasks, cost),
        n_row=n_row(plan, tasks), tasks=total, start=start, wall=wall,
        wall_error=total.seconds_error * busy / total.seconds if total.seconds > 0.0 else 0.0,
        n_shard=n_shard,
        pilot_seconds=0.0 if measured is None else measured.seconds,
    )  # fmt: skip


def by_scenario(
    plan: Plan, tasks: Sequence[Task], cost: Callable[[Sequence[Task]], Cost]
) -> tuple[PartForecast, ...]:
    """Return what every scenario of a plan will cost."""
    mine = _tasks_of(tasks)
    return tuple(_part(plan, item.name, [item], mine, cost) for item in plan.scenarios)


def by_group(
    plan: Plan, tasks: Sequence[Task], cost: Callable[[Sequence[Task]], Cost]
) -> tuple[PartForecast, ...]:
    """Return the same for scenarios of one role that cost alike: errors that they share add up."""
    groups, mine = CostGroups(plan), _tasks_of(tasks)
    members: dict[tuple[str, str], list[Scenario]] = {}
    for item in plan.scenarios:
        key = (item.role, groups.group(item.name, plan.cells[item.name]))
        members.setdefault(key, []).append(item)
    return tuple(_part(plan, role, items, mine, cost) for (role, _), items in members.items())


def _part(
    plan: Plan, name: str, items: Sequence[Scenario], mine: Mapping[str, list[Task]],
    cost: Callable[[Sequence[Task]], Cost],
) -> PartForecast:  # fmt: skip
    tasks = [task for item in items for task in mine.get(item.name, ())]
    return PartForecast(
        name=name, n_scenario=len(items), n_rep=sum(map(plan.n_rep, items)),
        n_missing=sum(task.n_rep for task in tasks), n_task=len(tasks), cost=cost(tasks),
    )  # fmt: skip


def _tasks_of(tasks: Sequence[Task]) -> dict[str, list[Task]]:
    found: dict[str, list[Task]] = {}
    for task in tasks:
        found.setdefault(task.scenario, []).append(task)
    return found


def n_row(plan: Plan, tasks: Sequence[Task]) -> int:
    """Return the number of rows that tasks will add."""
    return len(plan.study.programme.look_days) * sum(t.n_rep * len(t.cells) for t in tasks)
