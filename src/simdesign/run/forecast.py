"""The price of what a study still needs, before any of it is paid for.

Nothing is written to the results folder. Where its shards are enough they tell what their like
will cost; what they are not enough for is measured in a pilot.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from simdesign.run.backends import Backend
from simdesign.run.cost_group import CostGroups
from simdesign.run.pilot import PILOT_SECONDS, Pilot, pilot, start_seconds
from simdesign.run.plan import Plan, Task, missing_tasks
from simdesign.run.price import Batch, Cost, Price, stored_batches
from simdesign.run.sizing import sized_tasks, wall_seconds
from simdesign.run.store import Store

_ENOUGH = 8
"""Shards of a group that price it without a pilot."""
_NOTHING = Cost(seconds=0.0, seconds_error=0.0, disk=0.0, memory=0.0, is_measured=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class ScenarioForecast:
    """What is missing of one scenario, and what it will cost."""

    name: str
    n_rep: int
    n_missing: int
    n_task: int
    cost: Cost


@dataclass(frozen=True, slots=True, kw_only=True)
class Forecast:
    """What is missing of a study, and what it will cost."""

    study: str
    size: str
    workers: int
    scenarios: tuple[ScenarioForecast, ...]
    n_row: int
    """Rows that will be added."""
    tasks: Cost
    """All tasks together."""
    beside_seconds: float
    """Of one processor: starting processes, loading and compiling kernels."""
    wall: float
    """Predicted seconds from the command to the last shard; evaluation is not in it."""
    wall_error: float
    n_shard: int
    """Shards that the price rests on."""
    pilot_seconds: float
    """That measuring took; 0 without a pilot."""

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
        """Of one processor, everything counted."""
        return self.tasks.seconds + self.beside_seconds

    def plain(self) -> dict[str, Any]:
        """Return JSON values: seconds and bytes; unknown numbers are null."""
        return {
            "study": self.study,
            "size": self.size,
            "workers": self.workers,
            "measured": {"shards": self.n_shard, "pilot_seconds": round(self.pilot_seconds, 2)},
            "scenarios": [
                {
                    "scenario": item.name,
                    "replications": item.n_rep,
                    "missing": item.n_missing,
                    "tasks": item.n_task,
                    "core_seconds": round(item.cost.seconds, 3),
                    "core_seconds_error": _number(item.cost.seconds_error),
                    "disk_bytes": round(item.cost.disk),
                    "is_measured": item.cost.is_measured,
                }
                for item in self.scenarios
            ],
            "total": {
                "missing": self.n_missing,
                "tasks": self.n_task,
                "rows": self.n_row,
                "core_seconds": round(self.core_seconds, 3),
                "core_seconds_error": _number(self.tasks.seconds_error),
                "wall_seconds": round(self.wall, 3),
                "wall_seconds_error": _number(self.wall_error),
                "memory_per_worker_bytes": round(self.tasks.memory) or None,
                "disk_bytes": round(self.tasks.disk),
            },
        }


def _number(value: float) -> float | None:
    return round(value, 3) if value == value else None


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
        return _NOTHING if price is None or not some else price.total(some)

    scenarios = []
    for item in plan.scenarios:
        mine = [task for task in tasks if task.scenario == item.name]
        scenarios.append(
            ScenarioForecast(
                name=item.name, n_rep=plan.n_rep(item), n_missing=sum(task.n_rep for task in mine),
                n_task=len(mine), cost=cost(mine),
            )
        )  # fmt: skip
    total = cost(tasks)
    start, once, first = start_seconds() if tasks else 0.0, 0.0, 0.0
    if measured is not None:
        once, first = measured.compile_seconds, measured.first_seconds
    own = workers if workers > 1 else 0  # one worker is the process that was started anyway
    busy = 0.0 if price is None else wall_seconds(map(price.seconds, tasks), workers)
    wall = start + once + (start + first if own else 0.0) + busy
    look = len(plan.study.programme.look_days)
    return Forecast(
        study=plan.study.name, size=plan.size, workers=workers, scenarios=tuple(scenarios),
        n_row=look * sum(task.n_rep * len(task.cells) for task in tasks),
        tasks=total,
        beside_seconds=start + once + own * (start + first),
        wall=wall,
        wall_error=total.seconds_error * busy / total.seconds if total.seconds > 0.0 else 0.0,
        n_shard=n_shard,
        pilot_seconds=0.0 if measured is None else measured.seconds,
    )  # fmt: skip
