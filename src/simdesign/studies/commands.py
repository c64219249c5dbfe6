"""What the commands of the command line do."""

import shlex
from pathlib import Path
from typing import NamedTuple

from simdesign.errors import SpecError
from simdesign.run import (
    LIMIT,
    MAX_FAILURES,
    Backend,
    DaskBackend,
    LocalBackend,
    Plan,
    Published,
    Results,
    Store,
    Target,
    failures,
    load,
    make_plan,
    read,
    run_plan,
    run_to_target,
    target_of_plan,
)
from simdesign.spec.study import Study
from simdesign.stored import MOST_OF_A_SCENARIO
from simdesign.studies import cluster
from simdesign.studies.console import answer_only, note, say, say_json, show
from simdesign.studies.failures import summary
from simdesign.studies.options import refuse
from simdesign.studies.words import (
    condition_grid,
    conditions,
    estimate_lines,
    pace_line,
    plain_conditions,
    verdict_lines,
)

_BACKENDS = ("local", "dask", "slurm")


class Where(NamedTuple):
    """Where tasks run, and what may fail there."""

    backend: str = "local"
    scheduler: str | None = None
    workers: int | None = None
    max_failures: float | None = None

    def check(self) -> None:
        """Refuse a backend that is not there, and options that belong to another one.

        Raises
        ------
        SpecError
            With the option.
        """
        if self.backend not in _BACKENDS:
            raise SpecError("--backend", self.backend, f"must be one of {', '.join(_BACKENDS)}")
        if self.scheduler is not None and self.backend != "dask":
            raise SpecError("--scheduler", self.scheduler, "needs --backend dask")
        if self.workers is not None and self.workers < 1:
            raise SpecError("--workers", self.workers, "must be >= 1")
        _ = self.failing  # refused here, before anything is written

    def open(self) -> Backend:
        """Return the backend."""
        if self.backend == "dask":
            return DaskBackend(self.scheduler or "local", self.workers)
        return LocalBackend(self.workers)

    @property
    def failing(self) -> float:
        """Share of failed rows at which the run stops."""
        share = MAX_FAILURES if self.max_failures is None else self.max_failures
        if not 0.0 <= share <= 1.0:
            raise SpecError("--max-failures", share, "must be in [0, 1]")
        return share


def run(
    study_file: Path,
    out: Path | None,
    size: str,
    replications: int | None,
    where: Where,
    task_size: int | None,
    list_only: bool,
    target: Target | None = None,
    *,
    as_json: bool = False,
) -> None:
    """Run a study, then evaluate it and write its page."""
    plan, store = planned(study_file, out, size, replications)
    for line in estimate_lines(plan.study):
        note(line)
    if list_only:
        if as_json:
            say_json(plain_conditions(plan))
        else:
            show([condition_grid(plan), conditions(plan)[-1]], conditions(plan))
        return
    _run(plan, store, where, task_size, target, as_json=as_json)


def _run(
    plan: Plan,
    store: Store,
    where: Where,
    task_size: int | None,
    target: Target | None,
    *,
    as_json: bool,
) -> None:
    failing = where.failing
    cluster.refuse_beside_jobs(store)
    with answer_only(), where.open() as backend:
        if target is None:
            results = run_plan(
                plan, store, backend, task_size=task_size, quiet=False, max_failures=failing
            )
        else:
            results = run_to_target(
                plan, store, target, backend, task_size=task_size, quiet=False,
                max_failures=failing,
            )  # fmt: skip
    finish(results, as_json=as_json)


def target_of(
    mcse: float | None,
    of: list[str] | None,
    paired: bool,
    settle: bool,
    limit: int | None,
    replications: int | None,
) -> Target | None:
    """Return what adaptive replications are to reach; None when none are asked for."""
    if mcse is None and not settle:
        refuse({"--of": of, "--paired": paired, "--limit": limit}, "needs --mcse or --settle")
        return None
    if settle:
        rule = "cannot be combined with --settle"
        refuse({"--mcse": mcse, "--of": of, "--paired": paired}, rule)
    if replications is not None:
        raise SpecError("--replications", replications, "cannot be combined with --mcse, --settle")
    if limit is not None and limit > MOST_OF_A_SCENARIO:
        raise SpecError("--limit", limit, f"must be at most {MOST_OF_A_SCENARIO}")
    target = Target(
        mcse=mcse, measures=tuple(of or ("power@3",)), paired=paired,
        limit=LIMIT if limit is None else limit,
    )  # fmt: skip
    target.check()
    return target


def planned(
    study_file: Path, out: Path | None, size: str, replications: int | None
) -> tuple[Plan, Store]:
    """Return the plan of a study file, and the folder that its results are for."""
    study = Study.from_toml(study_file)
    try:
        plan = make_plan(study, size, replications, study_file.parent)
    except SpecError as error:
        raise _with_source(error, str(study_file)) from None
    return plan, Store(out if out is not None else Path("runs") / study.name)


def _with_source(error: SpecError, source: str) -> SpecError:
    return SpecError(error.field, error.value, error.rule, error.source or source)


def finish(results: Results, *, as_json: bool = False) -> None:
    """Evaluate, write the page and print the verdict; as JSON what ``evaluate --json`` prints."""
    results.save()
    page = _write_page(results, "en")
    if as_json:
        say_json(results.plain())
        _say_notes(results.notes())
        return
    say(verdict_lines(results))
    _say_notes(results.notes())
    say(f"measures: {results.store.measures_path}")
    say(f"page: {page}")


def _write_page(results: Results, lang: str) -> Path:
    from simdesign.report import write_page

    return write_page(results.folder, lang)


def resume(folder: Path, where: Where, *, as_json: bool = False) -> None:
    """Run what is missing of the study that a folder holds."""
    results = load(folder)
    target = None if results.plan.target is None else target_of_plan(results.plan)
    _run(results.plan, results.store, where, None, target, as_json=as_json)


def status(folder: Path, as_json: bool) -> None:
    """Print how far a study is."""
    results = load(folder)
    found = results.status()
    kinds = failures(results.store, results.plan, with_reason_only=True)
    if as_json:
        found["failures"] = [kind.plain(folder) for kind in kinds]
        if cluster.was_submitted(folder):
            found["submissions"] = cluster.status(folder)
        say_json(found)
        return
    submitted = cluster.status_lines(folder)  # refused, if need be, before a line is said
    lines = [
        f"{found['study']}, size {found['size']}, {found['scenarios']} scenarios",
        f"replications: {found['done']} done, {found['missing']} missing of "
        f"{found['replications']}; failed rows: {found['failed_rows']}",
        *summary(kinds, folder),
        *submitted,
        pace_line(found),
        f"shards: {found['files']} files, {found['bytes'] / 2**20:.1f} MiB; tasks took "
        f"{found['seconds']:.0f} s on {', '.join(found['hosts']) or 'no machine'}",
    ]
    if found["environments"] > 1:
        lines.append(f"made by {found['environments']} environments that differ in more than name")
    say([*lines, f"digest: {found['digest']}"])


def evaluate(folder: Path, as_json: bool, budget: float | None) -> None:
    """Compute and print measures and verdict; with the study's own budget, store them too."""
    if budget is not None and not 0.0 < budget < 1.0:
        raise SpecError("--budget", budget, "must be in (0, 1)")
    results = read(folder)
    n_missing, notes = 0, []
    if not isinstance(results, Published):
        found = results.assessment(budget)
        n_missing, notes = found.n_missing, found.notes
    if budget is None:
        results.save()
    if as_json:
        say_json(results.plain(budget))
    else:
        say(verdict_lines(results, budget))
    _say_notes(notes)
    if n_missing:
        say_missing(n_missing, folder)


def _say_notes(notes: list[str]) -> None:
    for line in notes:
        note(f"warning: {line}")


def say_missing(n: int, folder: Path) -> None:
    """Say on standard error that replications are missing, with the command that computes them."""
    note(f"{n} replications are missing: simdesign resume {shlex.quote(str(folder))}")


def report(folder: Path, lang: str, *, as_json: bool = False) -> None:
    """Write the page and say where it is."""
    if lang not in ("en", "nl"):
        raise SpecError("--lang", lang, "must be en or nl")
    results = load(folder)
    results.store.examine()  # measures that are current would be read without a look at the rows
    results.save()
    page = str(_write_page(results, lang))
    if as_json:
        say_json({"study": results.study.name, "page": page, "lang": lang})
    else:
        say(page)


def schema() -> None:
    """Print the JSON schema of a study file."""
    say_json(Study.model_json_schema())
