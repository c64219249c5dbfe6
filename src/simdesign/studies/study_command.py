"""The commands that run a study, go on with it and tell its results: their options."""

from pathlib import Path
from typing import Annotated

import typer

from simdesign.errors import SpecError
from simdesign.studies import cluster, completion
from simdesign.studies.arguments import (
    AsJson,
    PageLanguage,
    ReadableFolder,
    ResultsFolder,
    StudyFile,
    Workers,
)

_BACKENDS = completion.one_of(*completion.BACKENDS)
_Backend = Annotated[
    str,
    typer.Option(
        "--backend",
        help="Where tasks run: local, dask or slurm.",
        metavar="NAME",
        autocompletion=_BACKENDS,
    ),
]
_Scheduler = Annotated[
    str | None,
    typer.Option(
        "--scheduler",
        help="Of Dask: an address, a scheduler file, local, or jobqueue:SYSTEM?option=value.",
    ),
]
_MaxFailures = Annotated[
    float | None,
    typer.Option(
        "--max-failures", help="Stop when more of an estimator's rows fail; default: 0.1."
    ),
]
_DryRun = Annotated[
    bool,
    typer.Option(
        "--dry-run", help="Show what is missing and what it will cost, or what is submitted; stop."
    ),
]
_Pilot = Annotated[
    float | None,
    typer.Option("--pilot", help="Seconds that --dry-run may measure; default: 20."),
]
_Budget = Annotated[
    float | None,
    typer.Option("--budget", help="False-alarm probability per programme, instead of the study's."),
]


def register(app: typer.Typer) -> None:
    """Add the commands to an application."""
    app.command("run")(run_command)
    app.command("status")(status_command)
    app.command("resume")(resume_command)
    app.command("evaluate")(evaluate_command)
    app.command("report")(report_command)
    app.command("schema")(schema_command)


def run_command(
    study: StudyFile,
    out: Annotated[
        Path | None, typer.Option("--out", help="Results folder; default: runs/NAME.")
    ] = None,
    size: Annotated[
        str,
        typer.Option("--size", help="Size of the study.", autocompletion=completion.sizes),
    ] = "quick",
    replications: Annotated[
        int | None, typer.Option("--replications", help="The same number for every scenario.")
    ] = None,
    workers: Workers = None,
    task_size: Annotated[
        int | None,
        typer.Option("--task-size", help="Replications of a task: a matter of speed only."),
    ] = None,
    mcse: Annotated[
        float | None,
        typer.Option("--mcse", help="Run until this Monte Carlo standard error is reached."),
    ] = None,
    of: Annotated[
        list[str] | None,
        typer.Option(
            "--of", metavar="MEASURE@YEARS", help="What --mcse is about; default: power@3."
        ),
    ] = None,
    paired: Annotated[
        bool, typer.Option("--paired", help="--mcse is about differences from the judged design.")
    ] = False,
    settle: Annotated[
        bool,
        typer.Option(
            "--settle", help="Run until it is settled which designs pass 80 % and which are better."
        ),
    ] = False,
    limit: Annotated[
        int | None,
        typer.Option("--limit", help="Replications of a scenario at most, with --mcse, --settle."),
    ] = None,
    list_only: Annotated[
        bool, typer.Option("--list", help="Print the conditions and stop.")
    ] = False,
    backend: _Backend = "local",
    scheduler: _Scheduler = None,
    max_failures: _MaxFailures = None,
    sbatch: cluster.Sbatch = None,
    prologue: cluster.Prologue = None,
    task_minutes: cluster.TaskMinutes = None,
    dry_run: _DryRun = False,
    pilot: _Pilot = None,
    as_json: AsJson = False,
) -> None:
    """Run what is missing of a study; print the verdict; write measures and page."""
    from simdesign.studies import commands, options

    target = commands.target_of(mcse, of, paired, settle, limit, replications)
    where = commands.Where(backend, scheduler, workers, max_failures)
    where.check()
    options.check_run(
        backend, workers=workers, task_size=task_size, pilot=pilot, as_json=as_json,
        dry_run=dry_run, list_only=list_only,
    )  # fmt: skip
    if backend == "slurm":
        submitted = cluster.options_of(sbatch, prologue, task_minutes, max_failures=max_failures)
        if not list_only:
            plan, store = commands.planned(study, out, size, replications)
            if target is not None:
                plan = cluster.aimed(plan, store, target)
            cluster.run(plan, store, submitted, dry_run=dry_run, as_json=as_json)
            return
    else:
        options.check_no_submission(sbatch, prologue, task_minutes)
    if dry_run:
        from simdesign.studies.dry_run import dry_run as price

        most = replications if target is None else target.limit
        plan, store = commands.planned(study, out, size, most)
        price(plan, store, where, task_size, pilot, as_json, target is not None)
        return
    commands.run(
        study, out, size, replications, where, task_size, list_only, target, as_json=as_json
    )


def status_command(folder: ResultsFolder, as_json: AsJson = False) -> None:
    """Print how far a study is: done, missing, failed, digest."""
    from simdesign.studies import commands

    commands.status(folder, as_json)


def resume_command(
    folder: ResultsFolder,
    workers: Workers = None,
    backend: Annotated[
        str | None,
        typer.Option(
            "--backend",
            help="Where tasks run: local, dask or slurm; default: slurm where it was submitted.",
            metavar="NAME",
            autocompletion=_BACKENDS,
        ),
    ] = None,
    scheduler: _Scheduler = None,
    max_failures: _MaxFailures = None,
    sbatch: cluster.Sbatch = None,
    prologue: cluster.Prologue = None,
    task_minutes: cluster.TaskMinutes = None,
    dry_run: _DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Go on with the study of a results folder: here, or by Slurm where it was submitted."""
    from simdesign.studies import commands, options

    if backend is None and cluster.was_submitted(folder):
        if workers is not None or scheduler is not None:
            rule = "needs --backend local or dask: this folder was computed by Slurm"
            raise SpecError("--workers" if workers is not None else "--scheduler",
                            workers if workers is not None else scheduler, rule)  # fmt: skip
        backend = "slurm"
    where = commands.Where(backend or "local", scheduler, workers, max_failures)
    where.check()
    if backend == "slurm":
        options.check_submission(workers=workers)
        if not dry_run:
            options.refuse({"--json": as_json}, options.FOLLOWED)
        cluster.resume(
            folder, sbatch, prologue, task_minutes, max_failures, dry_run=dry_run, as_json=as_json
        )
        return
    options.check_no_submission(sbatch, prologue, task_minutes)
    options.refuse({"--dry-run": dry_run}, "needs --backend slurm: see simdesign run --dry-run")
    commands.resume(folder, where, as_json=as_json)


def evaluate_command(
    folder: ReadableFolder, as_json: AsJson = False, budget: _Budget = None
) -> None:
    """Compute measures and verdict from stored rows; nothing is simulated."""
    from simdesign.studies import commands

    commands.evaluate(folder, as_json, budget)


def report_command(
    folder: ResultsFolder,
    lang: PageLanguage = "en",
    as_json: AsJson = False,
) -> None:
    """Write the page of a study from its results."""
    from simdesign.studies import commands

    commands.report(folder, lang, as_json=as_json)


def schema_command() -> None:
    """Print the JSON schema of a study file."""
    from simdesign.studies import commands

    commands.schema()
