"""The one task function of every backend: compute what a task asks for, store it, say how it went.

Whatever runs a study (this process, worker processes, Dask, an array task of Slurm) calls `do` on
jobs. A job can be pickled; its result depends on nothing else.
"""

import threading
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

import numpy as np
from threadpoolctl import threadpool_limits

from simdesign.errors import StoppedError
from simdesign.run.pieces import until_stopped
from simdesign.run.plan import Plan, Task
from simdesign.run.provenance import code_hash
from simdesign.run.replicate import Bench
from simdesign.run.schema import Rows
from simdesign.run.store import Store
from simdesign.spec.own import look_in
from simdesign.spec.study import Scenario, Study


class TooLittleMemoryError(StoppedError):
    """A worker was refused memory; what helps is another matter where each has its own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """A task with all that a worker needs to do it."""

    study: Study
    scenario: Scenario
    task: Task
    folder: str
    """Results folder."""
    study_hash: str
    own_folder: Path | None
    """Where own parts are found besides what is installed."""
    code: str
    """Hash of the code that planned the job: a worker with other code refuses it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """What a worker says of a job that is stored."""

    task: Task
    n_row: Mapping[str, int]
    """Estimator -> number of its rows."""
    n_failed: Mapping[str, int]
    """Estimator -> rows with a reason: exceptions and fits that did not converge."""
    seconds: float


def jobs_of(plan: Plan, store: Store, tasks: Iterable[Task]) -> list[Job]:
    """Return the jobs of some tasks of a plan."""
    scenarios = {item.name: item for item in plan.scenarios}
    study_hash = plan.study.hash()
    # a worker may stand in another folder than this process
    folder = str(store.folder.absolute())
    own = None if plan.folder is None else plan.folder.absolute()
    return [
        Job(
            study=plan.study, scenario=scenarios[task.scenario], task=task,
            folder=folder, study_hash=study_hash, own_folder=own, code=code_hash(),
        )
        for task in tasks
    ]  # fmt: skip


def do(job: Job, stop: Callable[[], bool] | None = None) -> Done:
    """Compute and store one task, or as much of it as is finished when ``stop`` comes true.

    With one thread. Tasks in threads of one process wait for one another: benches are shared, and
    BLAS counts its threads by the process.
    """
    if job.code != code_hash():
        rule = "has another version of simdesign than the one that planned the study"
        raise StoppedError(f"a worker {rule}; what is stored stays")
    if job.own_folder is not None:
        look_in(job.own_folder)
    there = _store(job.folder).stored(job.task)
    if there is not None:  # by another run meanwhile, or by this job before it was sent again
        return Done(task=job.task, n_row={}, n_failed={}, seconds=0.0)
    task = job.task
    with _alone, threadpool_limits(1):
        started, worked = time.perf_counter(), time.process_time()
        bench = _bench(job.study_hash, job.study, job.scenario)
        found = _run(bench, task, stop)
        if found is None:
            nothing = replace(task, stop=task.start)
            return Done(task=nothing, n_row={}, n_failed={}, seconds=0.0)
        task, rows = found
        seconds = time.perf_counter() - started
        cpu_seconds = time.process_time() - worked
    _store(job.folder).write(
        task, rows, seconds, job.study_hash, seed=job.study.seed, cpu_seconds=cpu_seconds
    )
    n_row, n_failed = _counts(rows)
    return Done(task=task, n_row=n_row, n_failed=n_failed, seconds=seconds)


def _run(bench: Bench, task: Task, stop: Callable[[], bool] | None) -> tuple[Task, Rows] | None:
    try:
        return (task, bench.run(task)) if stop is None else until_stopped(bench.run, task, stop)
    except MemoryError:
        what = f"replications {task.start} to {task.stop - 1} of {task.scenario}"
        rule = "too little memory; go on with fewer --workers or a smaller --task-size"
        raise TooLittleMemoryError(f"{what}: {rule}; what is stored stays") from None


def _counts(rows: Rows) -> tuple[dict[str, int], dict[str, int]]:
    """Return per estimator how many rows there are, and how many have a reason."""
    failed = rows["reason"] != ""
    every, number = np.unique(rows["estimator"], return_inverse=True)
    names = [str(name) for name in every]
    n_row = np.bincount(number, minlength=len(names)).tolist()
    n_failed = np.bincount(number, failed, minlength=len(names)).astype(int).tolist()
    return dict(zip(names, n_row, strict=True)), dict(zip(names, n_failed, strict=True))


def run_task(study: Study, scenario: Scenario, task: Task) -> Rows:
    """Compute the rows of a task without storing them."""
    return _bench(study.hash(), study, scenario).run(task)


def compile_kernels(plan: Plan) -> None:
    """Run one replication here, so that workers find every kernel compiled."""
    scenario = plan.scenarios[0]
    cells = plan.cells[scenario.name]
    task = Task(scenario=scenario.name, start=0, stop=1, cells=cells)
    _run(Bench(plan.study, scenario), task, None)


_alone = threading.Lock()
_benches: dict[str, Bench] = {}


def _bench(study_hash: str, study: Study, scenario: Scenario) -> Bench:
    key = f"{study_hash}/{scenario.name}/{','.join(scenario.world.substances)}"
    if key not in _benches:
        _benches.clear()  # tasks come scenario by scenario: one is enough
        _benches[key] = Bench(study, scenario)
    return _benches[key]


@lru_cache(maxsize=4)
def _store(folder: str) -> Store:
    return Store(folder)
