"""Running a study: what is missing is computed and stored, task by task."""

import time
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from simdesign.errors import SpecError
from simdesign.run.backends import run_locally
from simdesign.run.backends.local import n_processors
from simdesign.run.plan import Plan, Task, good_task_size, make_plan, missing_tasks
from simdesign.run.progress import Reporter
from simdesign.run.replicate import Bench
from simdesign.run.results import Results
from simdesign.run.schema import Rows
from simdesign.run.store import Store
from simdesign.spec.own import look_in
from simdesign.spec.study import Scenario, Study


@dataclass(frozen=True, slots=True)
class _Job:
    """A task with all that a worker needs to do it."""

    study: Study
    scenario: Scenario
    task: Task
    folder: str
    study_hash: str
    own_folder: Path | None


_benches: dict[str, Bench] = {}


def run_task(study: Study, scenario: Scenario, task: Task) -> Rows:
    """Compute the rows of a task; the result depends on nothing else."""
    return _bench(study.hash(), study, scenario).run(task)


def _bench(study_hash: str, study: Study, scenario: Scenario) -> Bench:
    key = f"{study_hash}/{scenario.name}/{','.join(scenario.world.substances)}"
    if key not in _benches:
        _benches.clear()  # tasks come scenario by scenario: one is enough
        _benches[key] = Bench(study, scenario)
    return _benches[key]


def _work(job: _Job) -> tuple[int, int]:
    """Compute and store one task; return its replications and its failed rows."""
    if job.own_folder is not None:
        look_in(job.own_folder)
    started = time.perf_counter()
    rows = _bench(job.study_hash, job.study, job.scenario).run(job.task)
    seconds = time.perf_counter() - started
    _store(job.folder).write(job.task, rows, seconds, job.study_hash)
    return job.task.n_rep, int((rows["reason"] != "").sum())


@lru_cache(maxsize=4)
def _store(folder: str) -> Store:
    return Store(folder)


def run(
    study: Study | str | Path,
    out: str | Path | None = None,
    *,
    size: str = "quick",
    replications: int | None = None,
    workers: int | None = None,
    task_size: int | None = None,
    quiet: bool = True,
) -> Results:
    """Run what is missing of a study and return its results.

    Parameters
    ----------
    study : Study, or path of a study file
    out : path, optional
        Results folder; ``runs/NAME`` without it.
    size : str
        A size of the study.
    replications : int, optional
        The same number for every scenario, instead of the size's numbers.
    workers : int, optional
        Processes; as many as there are processors without it.
    task_size : int, optional
        Replications of a task; a matter of speed only.
    quiet : bool
        False shows progress on standard error.

    Raises
    ------
    SpecError, StoreError
        Before anything is computed or written.
    """
    folder = None
    if not isinstance(study, Study):
        folder = Path(study).parent
        study = Study.from_toml(study)
    plan = make_plan(study, size, replications, folder)
    return run_plan(
        plan, Store(out or Path("runs") / study.name), workers, task_size=task_size, quiet=quiet
    )


def run_plan(
    plan: Plan,
    store: Store,
    workers: int | None = None,
    *,
    task_size: int | None = None,
    quiet: bool = True,
) -> Results:
    """Run what a store misses of a plan."""
    workers = n_processors() if workers is None else workers
    if workers < 1:
        raise SpecError("workers", workers, "must be >= 1")
    task_size = good_task_size(plan, workers) if task_size is None else task_size
    if task_size < 1:
        raise SpecError("task_size", task_size, "must be >= 1")
    store.check(plan)
    tasks = missing_tasks(plan, store.coverage(), task_size)
    store.open(plan)
    scenarios = {item.name: item for item in plan.scenarios}
    study_hash = plan.study.hash()
    jobs = [
        _Job(plan.study, scenarios[task.scenario], task, str(store.folder), study_hash, plan.folder)
        for task in tasks
    ]
    total = sum(task.n_rep for task in tasks)
    with Reporter(total, quiet=quiet) as reporter:
        if jobs:
            there = plan.n_replication - total
            found = f", {there} are there already" if there > 0 else ""
            reporter.say(
                f"{plan.study.name}, size {plan.size}: {total} replications to run with "
                f"{workers} worker{'s' * (workers > 1)}{found}"
            )
            compile_kernels(plan)
        n_failed = 0
        for n_rep, failed in run_locally(_work, jobs, min(workers, max(len(jobs), 1))):
            reporter.advance(n_rep)
            n_failed += failed
        if n_failed:
            reporter.say(f"{n_failed} rows failed; their reasons are in the table")
    return Results(store.folder)


def compile_kernels(plan: Plan) -> None:
    """Run one replication here, so that workers find every kernel compiled."""
    scenario = plan.scenarios[0]
    cells = plan.cells[scenario.name]
    task = Task(scenario=scenario.name, start=0, stop=1, cells=cells)
    Bench(plan.study, scenario).run(task)
