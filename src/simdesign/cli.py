"""The command line. Commands are declared here; what they do is imported when they are called.

Exit status: 0 done, 1 failed, 2 wrong input with one line on standard error.
"""

import os
import signal
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from simdesign.errors import SimDesignError, SpecError
from simdesign.studies import cluster

app = typer.Typer(
    name="simdesign",
    help="Simulation studies of sampling designs for wastewater drug monitoring.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)

_SIGINT_STATUS = 130

_Folder = Annotated[Path, typer.Argument(metavar="DIR", help="Results folder.")]
_Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
_Workers = Annotated[
    int | None, typer.Option("--workers", help="Worker processes; default: all processors.")
]
_Backend = Annotated[
    str, typer.Option("--backend", help="Where tasks run: local, dask or slurm.", metavar="NAME")
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


@app.command()
def run(
    study: Annotated[Path, typer.Argument(metavar="STUDY", help="Study file (TOML).")],
    out: Annotated[
        Path | None, typer.Option("--out", help="Results folder; default: runs/NAME.")
    ] = None,
    size: Annotated[str, typer.Option("--size", help="Size of the study.")] = "quick",
    replications: Annotated[
        int | None, typer.Option("--replications", help="The same number for every scenario.")
    ] = None,
    workers: _Workers = None,
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
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON, with --dry-run.")] = False,
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
    commands.run(study, out, size, replications, where, task_size, list_only, target)


@app.command()
def status(folder: _Folder, as_json: _Json = False) -> None:
    """Print how far a study is: done, missing, failed, digest."""
    from simdesign.studies import commands

    commands.status(folder, as_json)


@app.command()
def resume(
    folder: _Folder,
    workers: _Workers = None,
    backend: Annotated[
        str | None,
        typer.Option(
            "--backend",
            help="Where tasks run: local, dask or slurm; default: slurm where it was submitted.",
            metavar="NAME",
        ),
    ] = None,
    scheduler: _Scheduler = None,
    max_failures: _MaxFailures = None,
    sbatch: cluster.Sbatch = None,
    prologue: cluster.Prologue = None,
    task_minutes: cluster.TaskMinutes = None,
    dry_run: _DryRun = False,
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
        cluster.resume(folder, sbatch, prologue, task_minutes, max_failures, dry_run=dry_run)
        return
    options.check_no_submission(sbatch, prologue, task_minutes)
    options.refuse({"--dry-run": dry_run}, "needs --backend slurm: see simdesign run --dry-run")
    commands.resume(folder, where)


@app.command()
def evaluate(folder: _Folder, as_json: _Json = False, budget: _Budget = None) -> None:
    """Compute measures and verdict from stored rows; nothing is simulated."""
    from simdesign.studies import commands

    commands.evaluate(folder, as_json, budget)


@app.command()
def report(
    folder: _Folder,
    lang: Annotated[str, typer.Option("--lang", help="Language shown first: en or nl.")] = "en",
) -> None:
    """Write the page of a study from its results."""
    from simdesign.studies import commands

    commands.report(folder, lang)


@app.command()
def schema() -> None:
    """Print the JSON schema of a study file."""
    from simdesign.studies import commands

    commands.schema()


def _register() -> None:
    from simdesign.studies import (
        analyse,
        attribution,
        check_model,
        cluster,
        collect,
        constancy,
        data_check,
        departures,
        estimate_world,
        failures,
        frontier,
        option_command,
        predict_next,
        preregister,
        publish,
        refine,
        replay,
        reweight,
        sensitivity,
        solve,
        stability,
        table,
        two_weeks,
        validate_world,
        verify,
    )

    analyse.register(app)
    attribution.register(app)
    check_model.register(app)
    cluster.register(app)
    data_check.register(app)
    departures.register(app)
    failures.register(app)
    frontier.register(app)
    table.register(app)
    option_command.register(app)
    validate_world.register(app)
    estimate_world.register(app)
    predict_next.register(app)
    refine.register(app)
    reweight.register(app)
    sensitivity.register(app)
    solve.register(app)
    stability.register(app)
    preregister.register(app)
    constancy.register(app)
    publish.register(app)
    two_weeks.register(app)
    collect.register(app)
    verify.register(app)
    replay.register(app)


_register()


def main() -> None:
    """Run the command line; wrong input is one line and exit status 2, never a traceback."""
    signal.signal(signal.SIGINT, _first_interrupt)
    status = call()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # nothing is left to end, and it would change it
    sys.exit(status)


def _first_interrupt(number: int, frame: object) -> None:
    """Ask the command to end; while it does, another Ctrl-C no longer asks."""
    signal.signal(signal.SIGINT, _second_interrupt)
    raise KeyboardInterrupt


def _second_interrupt(number: int, frame: object) -> None:
    """End at once: files are whole or absent, and workers end when their parent is gone."""
    has_bar = sys.stderr.isatty() and os.environ.get("TERM") not in ("dumb", "unknown")
    cursor = "\x1b[?25h\n" if has_bar else ""  # it may be hidden, and at the end of the bar
    os.write(2, f"{cursor}simdesign: ended at once; what is stored stays\n".encode())
    os._exit(1)


def call(arguments: list[str] | None = None) -> int:
    """Run one command and return its exit status."""
    try:
        found: Any = app(arguments, standalone_mode=False)
    except SimDesignError as error:
        typer.echo(f"simdesign: {' '.join(str(error).split())}", err=True)
        return error.exit_status
    except typer.Abort:
        return _interrupted()
    except KeyboardInterrupt:
        return _interrupted()
    except Exception as error:
        # the library's usage errors know their exit status and message
        message = getattr(error, "format_message", None)
        if message is None:
            raise
        typer.echo(f"simdesign: {' '.join(message().split())}", err=True)
        return int(getattr(error, "exit_code", 2))
    if found == _SIGINT_STATUS:  # the library turns Ctrl-C into this
        return _interrupted()
    return int(found) if isinstance(found, int) else 0


def _interrupted() -> int:
    typer.echo("simdesign: stopped; what is stored stays, run again to go on", err=True)
    return 1


if __name__ == "__main__":
    main()
