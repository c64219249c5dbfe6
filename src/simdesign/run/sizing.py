"""Tasks of a good size, in a good order: a matter of speed only.

A long task shares what its replications have in common; a short one loses little when it is
killed, needs less memory, and lets workers end together. docs/price.md weighs them.
"""

import heapq
import math
from collections.abc import Iterable, Sequence
from itertools import pairwise

from simdesign.run.plan import Coverage, Plan, Task, missing_tasks
from simdesign.run.price import Price, Rates

TASK_SECONDS = 20.0
"""A task is planned to be no longer, so that a kill loses no more than this per worker."""
TASK_MEMORY = 512 * 2**20
"""Bytes by which the replications of a task may raise a worker's memory."""
MOST_REPLICATIONS = 1000
"""Of a task, whatever it costs."""
_FILE_SECONDS = 0.05  # that a task costs beside its replications, at least: its file, its way
_TAPER = 0.1  # of the work, done last, in halves


def sized_tasks(plan: Plan, coverage: Coverage, price: Price, workers: int) -> list[Task]:
    """Return what a study still needs as tasks of about equal time, in the order to do them.

    Parameters
    ----------
    plan : Plan
    coverage : Coverage
        What is stored.
    price : Price
        Of tasks of this plan.
    workers : int
        Processes that share the work.
    """
    whole = missing_tasks(plan, coverage, max(plan.n_replication, 1))
    seconds = best_seconds(price, whole, workers)
    tasks = [
        piece for task in whole for piece in split(task, good_size(price.rates(task), seconds))
    ]
    n_rep = {item.name: plan.n_rep(item) for item in plan.scenarios}
    tasks.sort(key=lambda task: task.start / n_rep[task.scenario])
    return tapered(tasks, price)


def best_seconds(price: Price, whole: Sequence[Task], workers: int) -> float:
    r"""Return the length of a task that ends the work soonest, at most ``TASK_SECONDS``.

    Work S shared by w workers in tasks of length :math:`\tau`, each of which costs c beside its
    replications: :math:`S c / (w \tau)` is paid for cutting and about :math:`\tau / 2` for
    waiting at the end, least for :math:`\tau = \sqrt{2 S c / w}`.
    """
    if not whole:
        return TASK_SECONDS
    lines = [(price.rates(task).seconds, task.n_rep) for task in whole]
    work = sum(line.each * n_rep for line, n_rep in lines)
    n_rep = sum(n for _, n in lines)
    beside = sum(max(line.fixed, _FILE_SECONDS) * n for line, n in lines) / n_rep
    return min(math.sqrt(2.0 * work * beside / workers), TASK_SECONDS)


def good_size(rates: Rates, seconds: float) -> int:
    """Return how many replications fit into a task's time and memory; at least one."""
    n_rep = seconds / max(rates.seconds.each, 1e-12)
    if rates.memory_each > 0.0:
        n_rep = min(n_rep, TASK_MEMORY / rates.memory_each)
    return int(min(max(n_rep, 1), MOST_REPLICATIONS))


def split(task: Task, size: int) -> list[Task]:
    """Return a task in pieces of at most ``size`` replications, as equal as can be."""
    n_piece = math.ceil(task.n_rep / size)
    bounds = [task.start + task.n_rep * i // n_piece for i in range(n_piece + 1)]
    return [
        Task(scenario=task.scenario, start=start, stop=stop, cells=task.cells)
        for start, stop in pairwise(bounds)
    ]


def tapered(tasks: Sequence[Task], price: Price) -> list[Task]:
    """Return the tasks with the last tenth of the work cut in halves, the longest first.

    Nobody then waits long for the last one.
    """
    seconds = [price.seconds(task) for task in tasks]
    left, keep = _TAPER * sum(seconds), len(tasks)
    while keep > 0 and left > 0.0:
        keep -= 1
        left -= seconds[keep]
    halves = [
        piece for task in tasks[keep:] for piece in split(task, max(math.ceil(task.n_rep / 2), 1))
    ]
    return [*tasks[:keep], *sorted(halves, key=lambda task: -price.seconds(task))]


def wall_seconds(seconds: Iterable[float], workers: int) -> float:
    """Return when the last worker is done if each takes the next task as soon as it is free."""
    free = [0.0] * workers
    for value in seconds:
        heapq.heapreplace(free, free[0] + value)
    return max(free)
