"""What a run does first, and how that sizes the rest.

A study about which nothing is known yet begins with two small tasks of each set of cells. They are
stored like all others, so that finding a good size costs no replication twice; in a store that
holds shards, those tell.
"""

from collections.abc import Iterator
from itertools import pairwise

from simdesign.run.cost_group import CostGroups
from simdesign.run.job import Done, do, jobs_of
from simdesign.run.plan import Plan, Task, good_task_size, missing_tasks
from simdesign.run.price import Price, price_of_store
from simdesign.run.sizing import sized_tasks
from simdesign.run.store import Store

_PROBES = (2, 16)
"""Replications of the first tasks: two sizes tell what a task and what a replication costs."""
_SLOW = 10.0
"""Seconds of a first task after which no second one is tried: it would keep the others waiting.

Without a second one all of a task's time counts as its replications', and where they share much
(a mechanism's grids, hundreds of campaigns) every later task would be far too small.
"""
_MOST_SETS = 3  # of cells that are tried; others are priced after them
_WORTH_IT = 200  # replications that are missing of a set of cells


def next_tasks(
    plan: Plan, store: Store, workers: int, task_size: int | None = None
) -> tuple[list[Task], Price | None]:
    """Return what a store misses of a plan, in the order to do it, and what it will cost.

    Tasks are sized by what the shards say that they took, unless a size is given; without any
    shard their number of replications is a guess, and there is no price.
    """
    price = price_of_store(plan, store)
    if task_size is None and price is not None:
        return sized_tasks(plan, store.coverage(), price, workers), price
    size = good_task_size(plan, workers) if task_size is None else task_size
    return missing_tasks(plan, store.coverage(), size), price


def first_tasks(plan: Plan, store: Store) -> list[tuple[Task, Task]]:
    """Return two small tasks of each set of cells that is large and of which nothing is stored."""
    known = price_of_store(plan, store)
    groups = CostGroups(plan)
    found: dict[str, Task] = {}
    n_rep: dict[str, int] = {}
    for task in missing_tasks(plan, store.coverage(), max(plan.n_replication, 1)):
        cells = groups.cells(task.cells)
        if known is None or not known.knows_cells(cells):
            n_rep[cells] = n_rep.get(cells, 0) + task.n_rep
            if task.n_rep >= sum(_PROBES):
                found.setdefault(cells, task)
    chosen = [task for cells, task in found.items() if n_rep[cells] >= _WORTH_IT]
    return [_probes(task) for task in chosen[:_MOST_SETS]]


def _probes(task: Task) -> tuple[Task, Task]:
    small, large = _PROBES
    at = (task.start, task.start + small, task.start + small + large)
    first, second = (
        Task(scenario=task.scenario, start=start, stop=stop, cells=task.cells)
        for start, stop in pairwise(at)
    )
    return first, second


def tried(plan: Plan, store: Store) -> Iterator[Done]:
    """Do the first tasks in this process, which has compiled what they need."""
    for small, large in first_tasks(plan, store):
        done = do(jobs_of(plan, store, [small])[0])
        yield done
        if done.seconds < _SLOW:
            yield do(jobs_of(plan, store, [large])[0])
