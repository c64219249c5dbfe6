"""One process of a cluster: its element's tasks, until all are stored or it is told to end.

A signal (USR1 before the time limit, TERM from the scheduler) is heeded between pieces of
replications: the shard is closed at the last finished one, and the exit status says that there is
more to do. An element that is started again goes on where its note says it was.
"""

import math
import os
import platform
import resource
import signal
import sys
import time
import traceback
from dataclasses import dataclass, replace

from simdesign.errors import SimDesignError, StoreError
from simdesign.run.backends.slurm_commands import lower_time_limit
from simdesign.run.backends.slurm_script import NOT_FINISHED
from simdesign.run.failures import FailureWatch
from simdesign.run.job import TooLittleMemoryError, compile_kernels, do, jobs_of, run_task
from simdesign.run.plan import Plan, Task
from simdesign.run.provenance import code_hash
from simdesign.run.share import Element
from simdesign.run.store import Store
from simdesign.run.submission import Note, State, Submission

SAFETY = 2.0
"""Time limits are so many times what is expected."""
STARTUP_MINUTES = 5
"""Added for imports from a busy file system, before anything was measured."""
_LEAST_MINUTES = 3
_STORM = 3.0  # times the first element's start-up: a thousand others start at once
_RECORD_PATIENCE = 30.0  # s; submission takes a second or two


def minutes_for(seconds: float, lead_seconds: int) -> int:
    """Return a time limit for so many seconds of work before an element is told to stop.

    Slurm may send a signal up to a minute earlier than it was asked to.
    """
    return math.ceil((seconds + lead_seconds + 60.0) / 60.0)


class Stop:
    """Whether this process was told to end."""

    def __init__(self) -> None:
        self.told = ""
        for number in (signal.SIGUSR1, signal.SIGTERM):
            signal.signal(number, self._hear)

    def _hear(self, number: int, frame: object) -> None:
        self.told = signal.Signals(number).name

    def __call__(self) -> bool:
        """Return True once it was told."""
        return bool(self.told)


@dataclass(slots=True)
class _Progress:
    submission: Submission
    element: Element
    n_done: int
    at: tuple[int, int]
    watch: FailureWatch | None = None
    """Ends the element when too much of it fails; none before the plan is known."""

    def write(self, state: State, reason: str = "", *, wants_memory: bool = False) -> None:
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        note = Note(
            state=state, job=_job(),
            host=os.environ.get("SLURMD_NODENAME") or platform.node(),
            n_done=self.n_done, n_rep=self.element.n_rep,
            peak_mib=math.ceil(peak / (1024**2 if sys.platform == "darwin" else 1024)),
            reason=reason, at=self.at, wants_memory=wants_memory,
        )  # fmt: skip
        self.submission.write_note(self.element.number, note)


def _job() -> str:
    """Return the scheduler's name of this process's job."""
    array, index = (os.environ.get(f"SLURM_ARRAY_{name}", "") for name in ("JOB_ID", "TASK_ID"))
    return f"{array}_{index}" if array else os.environ.get("SLURM_JOB_ID", "")


def run_element(folder: str, number: int) -> int:
    """Compute one element of a submission and return the exit status of its process."""
    stop = Stop()
    submission = Submission(folder)
    submission.exit_path(number).unlink(missing_ok=True)
    element = next((item for item in submission.elements() if item.number == number), None)
    if element is None:
        raise StoreError(str(submission.elements_path), f"must have an element {number}")
    before = submission.note(number)
    progress = _Progress(submission, element, 0, (0, 0))
    if before is not None:  # started once more, by the scheduler or by hand
        progress.n_done, progress.at = before.n_done, before.at
    progress.write(State.RUNNING)
    try:
        store = Store(submission.results)
        if store.manifest().get("code") != code_hash():
            rule = "is of another version of the code than this node has"
            raise StoreError(str(store.manifest_path), rule)
        plan = store.plan()
        _check_scenarios(submission, element, plan)
        allowed = submission.record()["options"]["max_failures"]
        progress.watch = FailureWatch(plan, store, allowed)
        if number == 0 and submission.record()["has_pilot"]:
            _pilot(submission, plan, store, progress, stop)
        else:
            _go_on(plan, store, progress, stop)
    except (TooLittleMemoryError, MemoryError):
        # Nobody shares its memory, so fewer workers would not help: what comes after the elements
        # resubmits it with more, as one that the kernel killed.
        words = f"it was refused memory after {progress.n_done} of {element.n_rep} replications"
        progress.write(State.KILLED, words, wants_memory=True)
        print(f"element {number}: {words}", file=sys.stderr)
        return 1
    except SimDesignError as error:
        progress.write(State.FAILED, " ".join(str(error).split()))
        raise
    except Exception as error:
        progress.write(State.FAILED, " ".join(f"{type(error).__name__}: {error}".split())[:300])
        traceback.print_exc()
        return 1
    if not stop() or progress.n_done >= element.n_rep:
        progress.write(State.DONE)
        return 0
    progress.write(State.STOPPED, f"told to stop by {stop.told}")
    print(f"element {number} was told to stop: {progress.n_done} of {element.n_rep} replications "
          "are stored", file=sys.stderr)  # fmt: skip
    return 0 if number == 0 and submission.pilot() is not None else NOT_FINISHED


def _check_scenarios(submission: Submission, element: Element, plan: Plan) -> None:
    """Refuse an element of another study, or of another size of it."""
    for item in element.ranges:
        if item.scenario not in plan.cells:
            rule = f"must be of scenarios that the study has, got {item.scenario!r}"
            raise StoreError(f"{submission.elements_path}: element {element.number}", rule)


def _go_on(plan: Plan, store: Store, progress: _Progress, stop: Stop) -> None:
    for place, task in progress.element.tasks(plan, progress.at):
        if _do(plan, store, progress, stop, place, task) is None:
            return


def _do(
    plan: Plan, store: Store, progress: _Progress, stop: Stop, place: int, task: Task
) -> float | None:
    """Do one task and return its seconds; None when there was no time to finish it."""
    (job,) = jobs_of(plan, store, [task])
    done = do(job, stop)
    progress.n_done += done.task.n_rep
    progress.at = (place, done.task.stop)
    progress.write(State.RUNNING)
    if progress.watch is not None:
        progress.watch.add(done)
    return done.seconds if done.task.stop == task.stop else None


def _pilot(
    submission: Submission, plan: Plan, store: Store, progress: _Progress, stop: Stop
) -> None:
    """Compile the kernels, do the tasks, and tell what replications really take here."""
    startup = _startup_seconds()
    started = time.perf_counter()
    compile_kernels(plan)
    compiled = time.perf_counter() - started
    scenarios = {item.name: item for item in plan.scenarios}
    expected = progress.element.ranges
    measured: dict[str, float] = {}
    ratios = []
    for place, task in progress.element.tasks(plan, progress.at):
        if stop():
            break
        if task.scenario not in measured:  # prepares what its replications share
            run_task(plan.study, scenarios[task.scenario], replace(task, stop=task.start + 1))
        seconds = _do(plan, store, progress, stop, place, task)
        if seconds is None:
            break
        if seconds > 0.0:
            share = len(task.cells) / len(plan.cells[task.scenario])
            measured[task.scenario] = seconds / task.n_rep / share
            item = expected[place]
            ratios.append(seconds / task.n_rep * (item.stop - item.start) / item.seconds)
    if not ratios:
        return
    ratio = max(ratios)
    found = {
        "host": platform.node(),
        "startup_seconds": startup,
        "compile_seconds": compiled,
        "seconds_per_replication": measured,
        "measured_to_expected": ratio,
        "time_limits": _lowered(submission, ratio, startup),
    }
    submission.write_pilot(found)


def _startup_seconds() -> float:
    """Return the time from the start of the script; prologue and imports are in it."""
    try:
        return max(0.0, time.time() - float(os.environ["SIMDESIGN_STARTED"]))
    except (KeyError, ValueError):
        return 60.0 * STARTUP_MINUTES / _STORM


def _lowered(submission: Submission, ratio: float, startup: float) -> list[dict[str, object]]:
    """Lower the time limits of arrays that wait: users may lower them, and only lower them."""
    deadline = time.monotonic() + _RECORD_PATIENCE
    while not (record := submission.record())["is_complete"]:
        if time.monotonic() > deadline:
            return []
        time.sleep(0.2)
    found: list[dict[str, object]] = []
    if not record["request"]["minutes_from_prediction"] or "SLURM_JOB_ID" not in os.environ:
        return found
    for item in record["arrays"][1:]:
        seconds = _STORM * startup + SAFETY * ratio * item["seconds"]
        minutes = max(_LEAST_MINUTES, minutes_for(seconds, record["request"]["lead_seconds"]))
        if minutes < item["minutes"]:
            is_lowered = lower_time_limit(item["job"], minutes)
            found.append({"job": item["job"], "minutes": minutes, "is_lowered": is_lowered})
    return found
