"""Running a study: what is missing is computed and stored, task by task."""

import shlex
from collections.abc import Generator
from contextlib import closing
from pathlib import Path

from simdesign.errors import SpecError
from simdesign.run.backends import Backend, LocalBackend
from simdesign.run.failures import MAX_FAILURES, FailureWatch
from simdesign.run.job import Done, compile_kernels
from simdesign.run.persist import until_stored
from simdesign.run.plan import Plan, Task, make_plan, missing_tasks
from simdesign.run.progress import Reporter
from simdesign.run.results import Results
from simdesign.run.store import Store
from simdesign.run.waves import next_tasks, tried
from simdesign.spec.study import Study


def run(
    study: Study | str | Path,
    out: str | Path | None = None,
    *,
    size: str = "quick",
    replications: int | None = None,
    workers: int | None = None,
    task_size: int | None = None,
    quiet: bool = True,
    max_failures: float = MAX_FAILURES,
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
    max_failures : float
        Share of one estimator's rows that may fail; beyond it the run stops (see failures.py).

    Raises
    ------
    SpecError, StoreError
        Before anything is computed or written.
    StoppedError
        When workers die again and again, or too much fails; what is stored stays.
    """
    folder = None
    if not isinstance(study, Study):
        folder = Path(study).parent
        study = Study.from_toml(study)
    plan = make_plan(study, size, replications, folder)
    store = Store(out or Path("runs") / study.name)
    return run_plan(
        plan, store, LocalBackend(workers), task_size=task_size, quiet=quiet,
        max_failures=max_failures,
    )  # fmt: skip


def run_plan(
    plan: Plan,
    store: Store,
    backend: Backend | None = None,
    *,
    task_size: int | None = None,
    quiet: bool = True,
    max_failures: float = MAX_FAILURES,
) -> Results:
    """Run what a store misses of a plan, by default with all processors of this machine."""
    backend = LocalBackend() if backend is None else backend
    if task_size is not None and task_size < 1:
        raise SpecError("task_size", task_size, "must be >= 1")
    watch = FailureWatch(plan, store, max_failures)
    damaged = store.mend(plan)

    def missing() -> list[Task]:
        tasks, price = next_tasks(plan, store, backend.workers, task_size)
        reporter.expect(tasks, price)
        return tasks

    def results() -> Generator[Done]:
        if task_size is None:
            for done in tried(plan, store):
                reporter.advance(done.task.n_rep, done.task, done.seconds)
                yield done
        yield from until_stored(plan, store, backend, missing, reporter)

    whole = missing_tasks(plan, store.coverage())
    total = sum(task.n_rep for task in whole)
    store.open(plan)
    with Reporter(total, quiet=quiet, plan=plan, tasks=whole) as reporter:
        for path in damaged:
            reporter.say(f"a shard was damaged and is computed again; it is kept as {path}")
        if total:
            there = plan.n_replication - total
            found = f", {there} are there already" if there > 0 else ""
            reporter.say(
                f"{plan.study.name}, size {plan.size}: {total} replications to run with "
                f"{backend.workers} worker{'s' * (backend.workers > 1)}{found}"
            )
            for note in backend.notes():
                reporter.say(note)
            compile_kernels(plan)
        if total:
            watch.begin()
        with closing(results()) as every:
            for done in every:
                watch.add(done)
        if watch.n_failed:
            place = shlex.quote(str(store.folder))
            reporter.say(f"{watch.n_failed} rows failed: see simdesign failures {place}")
    return Results(store.folder, plan)
