"""`simdesign run --backend slurm` and what its jobs call."""

import shlex
import sys
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from simdesign.errors import ClusterError, SpecError
from simdesign.studies.console import note, say

if TYPE_CHECKING:
    from simdesign.run import Plan, Results, Store, Target
    from simdesign.run.backends.slurm_commands import Limits
    from simdesign.run.cluster import ClusterOptions, Draft
    from simdesign.run.submission import Submission

_MOST_NAMED = 8

Sbatch = Annotated[
    list[str] | None,
    typer.Option("--sbatch", help="Options of sbatch: account=...,partition=...,time=...,mem=..."),
]
Prologue = Annotated[
    Path | None,
    typer.Option("--prologue", help="Lines for the scripts: modules, a container."),
]
TaskMinutes = Annotated[
    float | None,
    typer.Option("--task-minutes", help="What an element of an array should take; default: 60."),
]


def register(app: typer.Typer) -> None:
    """Add the commands that batch scripts call."""

    @app.command(hidden=True)
    def element(folder: str, number: int) -> int:
        """Compute one element of a submission."""
        from simdesign.run.element import run_element

        return run_element(folder, number)

    @app.command(hidden=True)
    def after(folder: str) -> None:
        """Come after the elements of a submission."""
        _after(folder)


def options_of(
    sbatch: Sequence[str] | None,
    prologue: Path | None,
    task_minutes: float | None,
    before: "ClusterOptions | None" = None,
    max_failures: float | None = None,
) -> "ClusterOptions":
    """Return how to submit: as before, where nothing else is said."""
    from simdesign.run.backends import sbatch_options
    from simdesign.run.cluster import ClusterOptions

    found = ClusterOptions() if before is None else before
    found = replace(found, python=(sys.executable,))
    if sbatch:
        found = replace(found, sbatch=sbatch_options(sbatch))
    if prologue is not None:
        try:
            found = replace(found, prologue=prologue.read_text(encoding="utf-8"))
        except (OSError, UnicodeDecodeError):
            raise SpecError("--prologue", str(prologue), "must be a readable text file") from None
    if task_minutes is not None:
        found = replace(found, task_minutes=task_minutes)
    if max_failures is not None:
        found = replace(found, max_failures=max_failures)
    return found


def run(
    plan: "Plan", store: "Store", options: "ClusterOptions", *, dry_run: bool, as_json: bool = False
) -> None:
    """Submit what is missing of a study, show what was submitted, and return at once."""
    from simdesign.run.backends import slurm_commands
    from simdesign.run.cluster import draft, refuse_while_queued, submit

    try:
        if dry_run:
            store.check(plan)
        else:
            refuse_while_queued(store)
            for path in store.mend(plan):
                say(f"a shard was damaged and is computed again; it is kept as {path}")
        limits = slurm_commands.limits()
    except ClusterError as error:
        if not dry_run:
            raise
        limits = slurm_commands.Limits()
        note(f"{error}; shown with the limits that Slurm has by default")
    if dry_run:
        from simdesign.studies.cluster_dry_run import show

        show(draft(plan, store, options, limits), as_json)
        return
    if plan.target is None:
        found = draft(plan, store, options, limits)
    else:
        found = _up_to_work(plan, store, options, limits)
    if not found.elements:
        say("nothing is missing: simdesign evaluate has the verdict")
        return
    made = submit(found)
    say(made.script_path("elements").read_text(encoding="utf-8"))
    say(sizes(found))
    say(_submitted(made))


def resume(
    folder: Path,
    sbatch: Sequence[str] | None,
    prologue: Path | None,
    task_minutes: float | None,
    max_failures: float | None,
    *,
    dry_run: bool,
    as_json: bool = False,
) -> None:
    """Submit what is missing of the study that a folder holds, as it was submitted before."""
    from simdesign.run import load
    from simdesign.run.cluster import last_options

    results = load(folder)
    before = last_options(results.store)
    options = options_of(sbatch, prologue, task_minutes, before, max_failures)
    run(results.plan, results.store, options, dry_run=dry_run, as_json=as_json)


def aimed(plan: "Plan", store: "Store", target: "Target") -> "Plan":
    """Return the plan up to the first border, or to the last one that was decided on.

    The job that comes after the elements decides at each border, and submits the next.
    """
    from simdesign.run import begin

    return begin(plan, target, store)


def refuse_beside_jobs(store: "Store") -> None:
    """Refuse to compute here what jobs of the same folder compute, where Slurm can be asked."""
    import shutil

    from simdesign.run.cluster import refuse_while_queued

    if was_submitted(store.folder) and shutil.which("squeue") is not None:
        refuse_while_queued(store)


def was_submitted(folder: Path) -> bool:
    """Whether a results folder was computed on a cluster before."""
    from simdesign.run.submission import submissions

    return bool(submissions(folder))


def sizes(found: "Draft") -> str:
    """Return how many elements there are, and what each of them asks for."""
    from simdesign.run.cluster_price import cluster_forecast
    from simdesign.studies.dry_run import core_hours

    request, n = found.request, len(found.elements)
    price = cluster_forecast(found)
    hours = core_hours(price.tasks.seconds, price.tasks.seconds_error)
    first = ", the first to compile and to measure" if found.has_pilot and n > 1 else ""
    return (
        f"{sum(item.n_rep for item in found.elements)} replications in {n} "
        f"element{'s' * (n > 1)}{first}; expected {hours} core-hours ({found.costs.source}), "
        f"at most {request.minutes} min and {request.memory_mib} MiB each"
        + (f"; arrays of at most {found.limits.array}" if len(found.arrays()) > 1 else "")
        + (f"; {found.n_later} more elements than the site holds: for resume" * (found.n_later > 0))
    )


def _submitted(made: "Submission") -> list[str]:
    record = made.record()
    jobs = [
        f"{item['job']} ({item['n']} element{'s' * (item['n'] > 1)})" for item in record["arrays"]
    ]
    out = [f"submitted: {', '.join(jobs)}; afterwards {record['collect'] or 'nothing'} collects"]
    if record["refused"]:
        missing = record["n_element"] - sum(item["n"] for item in record["arrays"])
        what = f"{missing} elements are not submitted" if missing else "no job collects"
        out.append(
            f"simdesign: {what} ({record['refused']}); when these have run: "
            f"simdesign resume {shlex.quote(str(made.results))}"
        )
    place = shlex.quote(str(made.results))
    out.append(f"follow: simdesign status {place}, or squeue --me; scripts: {made.folder}")
    return out


def _after(folder: str) -> None:
    from simdesign.run import load
    from simdesign.run.aftermath import after
    from simdesign.run.collect import compact
    from simdesign.run.submission import Submission
    from simdesign.studies import commands

    outcome = after(Submission(folder))
    for line in outcome.words:
        say(f"simdesign: {line}")
    if outcome.resubmitted is not None:
        return
    results = load(Submission(folder).results)
    found = results.status(digest=False)
    if found["missing"]:
        say(
            f"simdesign: {found['missing']} of {found['replications']} replications are missing: "
            f"simdesign resume {shlex.quote(str(results.folder))}"
        )
    elif results.plan.target is not None and _went_on(results, Submission(folder)):
        return
    if found["done"]:
        compact(results.store)
        commands.finish(results)


def _up_to_work(
    plan: "Plan", store: "Store", options: "ClusterOptions", limits: "Limits"
) -> "Draft":
    """Decide at every border that is complete; draft the first that is not, or nothing."""
    from simdesign.run import next_plan, said
    from simdesign.run.cluster import draft

    while True:
        store.open(plan)  # resume goes on from here, whatever becomes of the jobs
        found = draft(plan, store, options, limits)
        if found.elements:
            return found
        following, decision = next_plan(plan, store)
        say(f"simdesign: {said(decision)}")
        if following is None:
            return found
        plan = following


def _went_on(results: "Results", submission: "Submission") -> bool:
    """Submit what the next border of an adaptive study needs; False when there is none."""
    from simdesign.run.backends import slurm_commands
    from simdesign.run.cluster import recorded_options, submit

    options = recorded_options(submission)
    try:
        limits = slurm_commands.limits()
        found = _up_to_work(results.plan, results.store, options, limits)
        if not found.elements:
            return False
        made = submit(found)
    except ClusterError as error:  # some sites let no job submit another
        place = shlex.quote(str(results.folder))
        say(f"simdesign: could not be submitted ({error}): simdesign resume {place}")
        return False
    say(_submitted(made))
    return True


def status(folder: Path) -> list[dict[str, Any]]:
    """Return how the elements of every submission are, from files alone."""
    from simdesign.run.submission import State, submissions

    out = []
    for item in submissions(folder):
        fates, record = item.fates(), item.record()
        out.append(
            {
                "submission": item.folder.name,
                "jobs": item.jobs(),
                "elements": record["n_element"],
                "ended": item.has_ended,
                "retry_of": record.get("retry_of"),
                **{state.value: [f.number for f in fates if f.state == state] for state in State},
                "words": {
                    str(f.number): f.words
                    for f in fates
                    if f.words and f.state in (State.KILLED, State.FAILED)
                },
                "running_done": [
                    [f.note.n_done, f.note.n_rep, f.note.host, str(item.note_path(f.number))]
                    for f in fates
                    if f.state == State.RUNNING and f.note is not None
                ],
            }
        )
    return out


def status_lines(folder: Path) -> list[str]:
    """Return the same in words."""
    from simdesign.stored import JOBS

    out = []
    for item in status(folder):
        counts = [
            f"{len(item[state])} {state}"
            for state in ("waiting", "running", "done", "stopped", "killed", "failed")
            if item[state]
        ]
        again = f", more memory for {item['retry_of']}" if item["retry_of"] else ""
        end = "ended" if item["ended"] else f"jobs {' '.join(item['jobs'])}"
        out.append(
            f"{JOBS}/{item['submission']} ({end}{again}): {item['elements']} "
            f"element{'s' * (item['elements'] > 1)}: {', '.join(counts)}"
        )
        for done, n, host, path in item["running_done"][:_MOST_NAMED]:
            ago = max(time.time() - Path(path).stat().st_mtime, 0.0)
            out.append(f"  on {host}: {done} of {n} replications, last heard of {ago:.0f} s ago")
        for number, words in list(item["words"].items())[:_MOST_NAMED]:
            out.append(f"  element {number}: {words}")
    return out
