"""Submitting what is missing of a study to Slurm: an element a process, arrays of elements.

The first element compiles the kernels and measures; the arrays wait for it (afterok: what does not
work there would not work anywhere), and a last job comes after all of them (afterany).
"""

import math
import shlex
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from simdesign.errors import ClusterError, SpecError, StoreError
from simdesign.run.backends import slurm_commands
from simdesign.run.backends.slurm_commands import Limits
from simdesign.run.backends.slurm_options import SbatchOptions
from simdesign.run.backends.slurm_script import Request, Site, collect_script, element_script
from simdesign.run.element import SAFETY, STARTUP_MINUTES, minutes_for
from simdesign.run.expected import expected_costs
from simdesign.run.failures import MAX_FAILURES
from simdesign.run.files import write_atomic
from simdesign.run.plan import Plan
from simdesign.run.provenance import code_hash
from simdesign.run.share import Costs, Element, missing_ranges, shared_out, within
from simdesign.run.store import Store
from simdesign.run.submission import Submission, new_submission, submissions
from simdesign.stored import Paths

TASK_MINUTES = 60.0
COMPILE_MINUTES = 15
"""Added to the first element's time limit: kernels took 40 s on the machine of the tests."""
COLLECT = Request(minutes=120, memory_mib=4096, lead_seconds=0)
_LEAST_LEAD = 60
MEMORY_FACTOR = 2.0
"""An element that was killed for memory gets so much more, once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ClusterOptions:
    """How a study is submitted; recorded, so that `resume` does likewise."""

    sbatch: SbatchOptions = field(default_factory=SbatchOptions)
    prologue: str = ""
    task_minutes: float = TASK_MINUTES
    """An element is expected to take about so long."""
    python: Sequence[str] = (sys.executable,)
    max_failures: float = MAX_FAILURES
    """Share of an element's rows that may fail before it stops."""

    def plain(self) -> dict[str, Any]:
        """Return JSON values."""
        return {
            "sbatch": dict(self.sbatch.values),
            "throttle": self.sbatch.throttle,
            "prologue": self.prologue,
            "task_minutes": self.task_minutes,
            "python": list(self.python),
            "max_failures": self.max_failures,
        }

    @classmethod
    def of(cls, content: dict[str, Any]) -> "ClusterOptions":
        """Return recorded options."""
        return cls(
            sbatch=SbatchOptions(values=content["sbatch"], throttle=content["throttle"]),
            prologue=content["prologue"],
            task_minutes=content["task_minutes"],
            python=tuple(content["python"]),
            max_failures=content["max_failures"],
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A submission before anything is written or submitted."""

    plan: Plan
    store: Store
    options: ClusterOptions
    costs: Costs
    elements: list[Element]
    n_later: int
    """Elements beyond what the site holds at a time: for `resume`."""
    has_pilot: bool
    request: Request
    limits: Limits

    def pilot_minutes(self) -> int:
        """Return the time limit of the first element when it also compiles."""
        lead = self.request.lead_seconds
        return _minutes(self.elements[0].seconds, lead) + COMPILE_MINUTES

    def site(self, folder: Path) -> Site:
        """Return what is the same for the scripts of a submission in a folder."""
        return Site(
            study=self.plan.study.name, folder=folder, python=self.options.python,
            prologue=self.options.prologue, options=self.options.sbatch,
        )  # fmt: skip

    def arrays(self) -> list[tuple[int, int]]:
        """Return (number of the first element, number of elements) of every array."""
        first = 1 if self.has_pilot else 0
        n = len(self.elements)
        return [
            (start, min(self.limits.array, n - start))
            for start in range(first, n, self.limits.array)
        ]


def draft(
    plan: Plan,
    store: Store,
    options: ClusterOptions,
    limits: Limits,
    *,
    again: Sequence[Element] = (),
    memory_mib: int | None = None,
) -> Draft:
    """Share out what is missing of a plan, and say what to ask for.

    Parameters
    ----------
    plan : Plan
    store : Store
    options : ClusterOptions
    limits : Limits
    again : sequence of Element
        Elements of another submission: what is missing of each is an element again.
    memory_mib : int, optional
        Instead of what the measurements say.
    """
    if not 0.0 < options.task_minutes < math.inf:
        raise SpecError("--task-minutes", options.task_minutes, "must be > 0")
    costs = expected_costs(plan, store)
    ranges = missing_ranges(plan, store.coverage(), costs)
    parts = [found for item in again if (found := within(ranges, [item]))]
    if again:
        ranges = [item for found in parts for item in found]
    seconds = 60.0 * options.task_minutes
    granted = options.sbatch.minutes
    slowest = max((r.seconds / (r.stop - r.start) for r in ranges), default=0.0)
    lead = max(_LEAST_LEAD, math.ceil(SAFETY * slowest))
    if granted is not None:  # what fits into the time that the user asked for
        lead = min(lead, math.ceil(15.0 * granted))
        room = granted - STARTUP_MINUTES - minutes_for(0.0, lead)
        seconds = min(seconds, 60.0 * max(room / SAFETY, granted / 4.0))
    known = any(item.pilot() for item in submissions(store.folder))
    elements = [Element(number=n, ranges=tuple(found)) for n, found in enumerate(parts)]
    if not again:
        elements = shared_out(ranges, seconds, pilot=not known)
    room = max(1, limits.jobs - 1)  # the last one collects
    n_later = max(0, len(elements) - room)
    elements = elements[:room]
    longest = max((item.seconds for item in elements), default=0.0)
    minutes = _minutes(longest, lead) if granted is None else max(1, int(granted))
    request = Request(
        minutes=minutes, memory_mib=costs.peak_mib if memory_mib is None else memory_mib,
        lead_seconds=lead,
    )  # fmt: skip
    return Draft(
        plan=plan, store=store, options=options, costs=costs, elements=elements, n_later=n_later,
        has_pilot=bool(elements) and not known, request=request, limits=limits,
    )  # fmt: skip


def _minutes(seconds: float, lead_seconds: int) -> int:
    return STARTUP_MINUTES + minutes_for(SAFETY * seconds, lead_seconds)


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """What a submission would write and call."""

    elements: str
    """Script of an element."""
    collect: str
    """Script of the job that comes after all of them."""
    commands: list[str]

    @property
    def text(self) -> str:
        """Everything, to be read."""
        return "\n".join([self.elements, self.collect, *self.commands])


def preview(found: Draft) -> Preview:
    """Return scripts and commands as they would be submitted; nothing is written."""
    folder = Paths(Path.cwd() / found.store.folder).job("NNNN").folder
    site = found.site(folder)
    commands: list[str] = []

    def show(arguments: Sequence[str]) -> str:
        commands.append(shlex.join(["sbatch", *arguments]))
        return f"JOB{len(commands)}"

    _submit(found, Submission(folder), show, lambda record: None)
    return Preview(
        elements=element_script(site, found.request), collect=collect_script(site, COLLECT),
        commands=commands,
    )  # fmt: skip


def submit(found: Draft, **extra: Any) -> Submission:
    """Write a submission and hand it to the scheduler.

    Parameters
    ----------
    found : Draft
    **extra
        Recorded with it.

    Raises
    ------
    ClusterError
        When nothing was accepted; nothing is left behind then. What comes after a part was
        accepted is recorded under ``refused``.
    """
    store = found.store
    if not found.elements:
        raise ClusterError("sbatch", "was given nothing to submit")
    store.check(found.plan)
    store.open(found.plan)
    made = new_submission(Path.cwd() / store.folder)
    site = found.site(made.folder)
    write_atomic(made.script_path("elements"), element_script(site, found.request).encode())
    write_atomic(made.script_path("collect"), collect_script(site, COLLECT).encode())
    made.write_elements(found.elements)
    base = {
        "study_hash": found.plan.study.hash(),
        "code": code_hash(),
        "n_element": len(found.elements),
        "n_rep": sum(item.n_rep for item in found.elements),
        "has_pilot": found.has_pilot,
        "options": found.options.plain(),
        "request": {
            "minutes": found.request.minutes,
            "minutes_from_prediction": found.options.sbatch.minutes is None,
            "memory_mib": found.request.memory_mib,
            "lead_seconds": found.request.lead_seconds,
            "known_from": found.costs.source,
        },
        **extra,
    }

    def note(record: dict[str, Any]) -> None:
        made.write_record({**base, **record})

    try:
        _submit(found, made, slurm_commands.sbatch, note)
    except ClusterError:
        _remove(made)
        raise
    return made


def _submit(
    found: Draft,
    made: Submission,
    sbatch: Callable[[Sequence[str]], str],
    note: Callable[[dict[str, Any]], None],
) -> None:
    """Submit first element, arrays and collection; the record is written after every answer."""
    script = str(made.script_path("elements"))
    own_time = found.options.sbatch.minutes is None
    throttle = found.options.sbatch.throttle
    record: dict[str, Any] = {"is_complete": False, "arrays": [], "collect": "", "refused": ""}
    arrays: list[dict[str, Any]] = record["arrays"]
    note(record)

    def add(arguments: Sequence[str], offset: int, n: int, minutes: int, is_array: bool) -> str:
        job = sbatch(arguments)
        seconds = max(item.seconds for item in found.elements[offset : offset + n])
        arrays.append(
            {
                "job": job, "offset": offset, "n": n, "is_array": is_array, "minutes": minutes,
                "seconds": seconds,
            }
        )  # fmt: skip
        note(record)
        return job

    chain: list[str] = []
    if found.has_pilot:
        minutes = found.pilot_minutes()
        limit = [f"--time={minutes}"] if own_time else []
        first = add([*limit, script, "0"], 0, 1, minutes, False)
        chain = [f"--dependency=afterok:{first}", "--kill-on-invalid-dep=yes"]
    for offset, n in found.arrays():
        numbers = f"--array=0-{n - 1}" + (f"%{throttle}" if throttle else "")
        try:
            add([numbers, *chain, script, str(offset)], offset, n, found.request.minutes, True)
        except ClusterError as error:
            if not arrays:
                raise
            record["refused"] = str(error)
            break
    jobs = ":".join(item["job"] for item in arrays)
    try:
        after = [f"--dependency=afterany:{jobs}"]
        limit = [f"--time={COLLECT.minutes}"] if own_time else []
        record["collect"] = sbatch([*after, *limit, str(made.script_path("collect"))])
    except ClusterError as error:
        record["refused"] = record["refused"] or str(error)
    record["is_complete"] = True
    note(record)


def refuse_while_queued(store: Store) -> None:
    """Refuse while jobs of a results folder wait or run: their work would be done twice.

    Raises
    ------
    ClusterError
    """
    for item in submissions(store.folder):
        if item.has_ended:
            continue
        active = slurm_commands.in_queue(item.jobs())
        if active:
            jobs = " ".join(active)
            rule = f"still has jobs of {store.folder}: wait for them, or scancel {jobs}"
            raise ClusterError("squeue", rule)


def last_options(store: Store) -> ClusterOptions | None:
    """Return how a results folder was submitted last; None when it never was."""
    found = submissions(store.folder)
    return recorded_options(found[-1]) if found else None


def recorded_options(submission: Submission) -> ClusterOptions:
    """Return how a study was submitted.

    Raises
    ------
    StoreError
        When the record has options that sbatch would not be given.
    """
    try:
        found = ClusterOptions.of(submission.record()["options"])
        _ = found.sbatch.minutes  # an unreadable time is refused here
        return found
    except SpecError as error:
        raise StoreError(str(submission.record_path), f"options: {error}") from None


def _remove(made: Submission) -> None:
    for path in sorted(made.folder.rglob("*"), reverse=True):
        path.rmdir() if path.is_dir() else path.unlink()
    made.folder.rmdir()
