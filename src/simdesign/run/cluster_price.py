"""What a submission will take, before it is made: told by shards, or said to be unknown.

No pilot runs on a login node. What earlier shards tell has an error; without any there are
assumptions on the safe side, of which neither error nor disk nor memory is known.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from simdesign.run.cluster import COMPILE_MINUTES, Draft
from simdesign.run.element import STARTUP_MINUTES
from simdesign.run.expected import expected_costs
from simdesign.run.forecast import StartForecast, StudyForecast, by_group, by_scenario, n_row
from simdesign.run.plan import Plan, Task
from simdesign.run.price import NOTHING, Cost, price_of_store
from simdesign.run.share import Costs, Element, missing_ranges
from simdesign.run.store import Store
from simdesign.run.submission import submissions


@dataclass(frozen=True, slots=True, kw_only=True)
class ClusterForecast(StudyForecast):
    """What the elements of a submission will compute, and what that will cost."""

    n_element: int
    hosts: tuple[str, ...]
    """Machines that made the shards that the price rests on."""
    at_most: Cost | None
    """Up to the limit of replications; None when their number is fixed."""

    def plain(self) -> dict[str, Any]:
        """Return JSON values: seconds and bytes; unknown numbers are null."""
        return {
            "study": self.study,
            "size": self.size,
            "measured": {"shards": self.n_shard, "hosts": list(self.hosts), "pilot_seconds": 0.0},
            "scenarios": [item.plain() for item in self.scenarios],
            "start": {
                **self.start.plain(),
                "allowed_minutes_each": STARTUP_MINUTES,
                "allowed_compile_minutes": COMPILE_MINUTES,
            },
            "total": {**self.plain_total(), "elements": self.n_element},
            "at_most": None if self.at_most is None else self.at_most.plain(),
        }


def cluster_forecast(found: Draft) -> ClusterForecast:
    """Price a submission before it is made; nothing is computed or written."""
    plan, store = found.plan, found.store
    cost, n_shard = _pricing(plan, store, found.costs)
    tasks = [task for element in found.elements for _, task in element.tasks(plan)]
    shards = [item for item in store.shards() if item.scenario in plan.cells]
    return ClusterForecast(
        study=plan.study.name, size=plan.size,
        scenarios=by_scenario(plan, tasks, cost), groups=by_group(plan, tasks, cost),
        n_row=n_row(plan, tasks), n_element=len(found.elements), tasks=cost(tasks),
        start=_start(store, len(found.elements)), n_shard=n_shard,
        hosts=tuple(sorted({host for item in shards for host in item.hosts})),
        at_most=_at_most(plan, store),
    )  # fmt: skip


def _pricing(
    plan: Plan, store: Store, costs: Costs
) -> tuple[Callable[[Sequence[Task]], Cost], int]:
    """Return how tasks are priced, and the number of shards that it rests on."""
    price = price_of_store(plan, store)
    if price is not None:
        total = price.total
        n_shard = sum(item.scenario in plan.cells for item in store.shards())
        return (lambda tasks: total(tasks) if tasks else NOTHING), n_shard

    def assumed(tasks: Sequence[Task]) -> Cost:
        if not tasks:
            return NOTHING
        seconds = sum(
            task.n_rep * costs.seconds[task.scenario] * len(task.cells)
            / len(plan.cells[task.scenario])
            for task in tasks
        )  # fmt: skip
        return Cost(
            seconds=seconds, seconds_error=math.nan, disk=math.nan, memory=0.0, is_measured=False
        )

    return assumed, 0


def _start(store: Store, n_element: int) -> StartForecast:
    """Return what starting takes, as the first element of an earlier submission found it to be.

    That one has compiled the kernels, too.
    """
    for item in reversed(submissions(store.folder)):
        seconds = (item.pilot() or {}).get("startup_seconds")
        if isinstance(seconds, int | float):
            return StartForecast(
                each=float(seconds), n_process=n_element, kernels=0.0, first=0.0,
                n_worker=n_element,
            )  # fmt: skip
    return StartForecast(
        each=math.nan, n_process=n_element, kernels=math.nan, first=math.nan, n_worker=n_element
    )


def _at_most(plan: Plan, store: Store) -> Cost | None:
    """Return what an adaptive study takes when it goes on to its limit."""
    if plan.target is None:
        return None
    whole = replace(
        plan, target=None, replications={s.name: plan.target["limit"] for s in plan.scenarios}
    )
    costs = expected_costs(whole, store)
    cost, _ = _pricing(whole, store, costs)
    ranges = tuple(missing_ranges(whole, store.coverage(), costs))
    return cost([task for _, task in Element(number=0, ranges=ranges).tasks(whole)])
