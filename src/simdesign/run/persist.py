"""Tasks -> stored shards although workers die: what is missing is planned again and goes on."""

import shlex
import time
from collections.abc import Callable, Generator, Sequence
from contextlib import closing
from functools import partial

from simdesign.errors import StoppedError
from simdesign.run.backends import Backend, LostWorkersError
from simdesign.run.failures import Address
from simdesign.run.job import Done, do, jobs_of
from simdesign.run.plan import Plan, Task
from simdesign.run.progress import Reporter
from simdesign.run.store import Store

IN_VAIN = 3
"""Deaths in a row without a new shard that end a run."""
_VISIBLE = 60.0
"""Seconds that a shared file system may take to show here what a worker wrote elsewhere."""


def until_stored(
    plan: Plan,
    store: Store,
    backend: Backend,
    missing: Callable[[], list[Task]],
    reporter: Reporter,
) -> Generator[Done]:
    """Run tasks until none is missing; tell the reporter, and yield what the workers say.

    Parameters
    ----------
    plan : Plan
    store : Store
    backend : Backend
    missing : callable
        Returns the tasks that are still to be done, given what the shards hold now.
    reporter : Reporter

    Raises
    ------
    StoppedError
        When workers died time and again and nothing was stored in between, or when what they
        say they stored cannot be seen here.
    """
    tasks = missing()
    in_vain, seen = 0, False
    while tasks:
        heard = 0
        try:
            with closing(_results(plan, store, backend, tasks)) as results:
                for done in results:
                    if not seen:  # once is enough, and early: not after a week of work
                        seen = _wait_for(partial(_is_stored, store, done.task))
                        if not seen:
                            raise StoppedError(_unseen(store))
                    heard += done.task.n_rep
                    reporter.advance(done.task.n_rep, done.task, done.seconds)
                    yield done
        except LostWorkersError as lost:
            left = missing()
            reporter.advance(_n_rep(tasks) - _n_rep(left) - heard)  # stored, but not heard of
            in_vain = in_vain + 1 if _size(left) >= _size(tasks) else 0
            if in_vain >= IN_VAIN:
                raise StoppedError(_gave_up(plan, store, left, lost)) from None
            reporter.say(f"{lost}; {_n_rep(left)} replications are missing and go on")
            if in_vain:  # those that were in the workers' hands go last: others need not wait
                first = 2 * backend.workers
                left = left[first:] + left[:first]
            tasks = left
        else:
            if not _wait_for(lambda: not missing()):
                raise StoppedError(_unseen(store))
            return


def _results(
    plan: Plan, store: Store, backend: Backend, tasks: Sequence[Task]
) -> Generator[Done]:  # a generator, so that it can be closed
    yield from backend.map(do, jobs_of(plan, store, tasks))


def _n_rep(tasks: Sequence[Task]) -> int:
    return sum(task.n_rep for task in tasks)


def _size(tasks: Sequence[Task]) -> int:
    return sum(task.n_rep * len(task.cells) for task in tasks)


def _is_stored(store: Store, task: Task) -> bool:
    ranges = store.coverage().get((task.scenario, task.cells[0].content), ())
    return any(start <= task.start and task.stop <= stop for start, stop in ranges)


def _wait_for(happens: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + _VISIBLE
    while not happens():
        if time.monotonic() > deadline:
            return False
        time.sleep(1.0)
    return True


def _unseen(store: Store) -> str:
    return (
        f"{store.folder}: workers say that they stored shards, but they cannot be seen here; "
        "the results folder must lie on a file system that all of them share"
    )


def _gave_up(plan: Plan, store: Store, left: Sequence[Task], lost: LostWorkersError) -> str:
    n_left, folder = _n_rep(left), shlex.quote(str(store.folder))
    cell = left[0].cells[0]
    first = Address(
        scenario=left[0].scenario, replication=left[0].start, design=cell.design,
        estimator=cell.estimator, substance=cell.substance, look=0,
    )  # fmt: skip
    return (
        f"stopped after {IN_VAIN} deaths of workers in a row without a new shard: {lost}; "
        f"{n_left} of {plan.n_replication} replications are missing, what is stored stays; "
        f"too little memory is the usual cause: go on with "
        f"`simdesign resume {folder} --workers 1`, or look at one replication with "
        f"`{first.replay(store.folder)}`"
    )
