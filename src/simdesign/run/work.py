"""Running a study: what is missing is computed and stored, task by task."""

from collections.abc import Iterator
from pathlib import Path

from simdesign.errors import SpecError
from simdesign.run.backends import Backend, LocalBackend
from simdesign.run.job import Done, compile_kernels, do, jobs_of
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
    store = Store(out or Path("runs") / study.name)
    return run_plan(plan, store, LocalBackend(workers), task_size=task_size, quiet=quiet)


def run_plan(
    plan: Plan,
    store: Store,
    backend: Backend | None = None,
    *,
    task_size: int | None = None,
    quiet: bool = True,
) -> Results:
    """Run what a store misses of a plan, by default with all processors of this machine."""
    backend = LocalBackend() if backend is None else backend
    if task_size is not None and task_size < 1:
        raise SpecError("task_size", task_size, "must be >= 1")
    damaged = store.mend(plan)

    def missing() -> list[Task]:
        tasks, price = next_tasks(plan, store, backend.workers, task_size)
        reporter.expect(tasks, price)
        return tasks

    def results() -> Iterator[Done]:
        if task_size is None:
            yield from tried(plan, store)
        yield from backend.map(do, jobs_of(plan, store, missing()))

    whole = missing_tasks(plan, store.coverage())
    total = sum(task.n_rep for task in whole)
    store.open(plan)
    with Reporter(total, quiet=quiet, plan=plan, tasks=whole) as reporter:
        for path in damaged:
            reporter.say(f"a shard was damaged and is computed again; it is kept as {path}")
        n_failed = 0
        if total:
            there = plan.n_replication - total
            found = f", {there} are there already" if there > 0 else ""
            reporter.say(
                f"{plan.study.name}, size {plan.size}: {total} replications to run with "
                f"{backend.workers} worker{'s' * (backend.workers > 1)}{found}"
            )
            compile_kernels(plan)
        for done in results():
            reporter.advance(done.task.n_rep, done.task, done.seconds)
            n_failed += done.n_failed
        if n_failed:
            reporter.say(f"{n_failed} rows failed; their reasons are in the table")
    return Results(store.folder, plan)
