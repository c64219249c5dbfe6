"""After the elements: more memory for those that were killed for it, once, or the results.

Runs as a job of its own when no element runs any more. What is missing then was not computed:
its element was killed, cancelled, or told to stop.
"""

import math
import os
import time
from dataclasses import dataclass, replace

from simdesign.errors import ClusterError
from simdesign.run.backends import slurm_commands
from simdesign.run.cluster import MEMORY_FACTOR, draft, recorded_options, submit
from simdesign.run.expected import expected_costs
from simdesign.run.plan import Plan, missing_tasks
from simdesign.run.share import missing_ranges, within
from simdesign.run.store import Store
from simdesign.run.submission import Fate, State, Submission

_DIRECTORY_PATIENCE = 60.0
"""Seconds that a network file system may take to show another node's files."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What is left to do."""

    resubmitted: Submission | None
    """With more memory; its own collection follows."""
    words: list[str]


def after(submission: Submission) -> Outcome:
    """Look at what became of a submission's elements, and resubmit those killed for memory."""
    store = Store(submission.results)
    plan = store.plan()
    _wait_for_files(submission, store, plan)
    fates = submission.fates()
    memory = _killed_for_memory(submission, fates)
    submission.end(fates, killed_for_memory=sorted(memory))
    _tidy(submission)
    if not memory:
        return Outcome(resubmitted=None, words=[])
    numbers = ", ".join(str(number) for number in sorted(memory))
    if submission.record().get("retry_of"):
        words = (
            f"elements {numbers} were killed for memory again: give them more with --sbatch mem="
        )
        return Outcome(resubmitted=None, words=[words])
    try:
        made = _again(submission, store, plan, memory)
    except ClusterError as error:  # some sites let no job submit another
        words = f"elements {numbers} were killed for memory and could not be resubmitted: {error}"
        return Outcome(resubmitted=None, words=[words])
    if made is None:
        return Outcome(resubmitted=None, words=[])
    words = f"elements {numbers} were killed for memory: resubmitted with {MEMORY_FACTOR:g} times"
    return Outcome(resubmitted=made, words=[f"{words} as much, {made.folder}"])


def _killed_for_memory(submission: Submission, fates: list[Fate]) -> set[int]:
    found = {fate.number for fate in fates if fate.is_memory}
    arrays = submission.record()["arrays"]
    if all(fate.state == State.DONE for fate in fates):
        return found
    names = slurm_commands.killed_for_memory(item["job"] for item in arrays)
    return found | {fate.number for fate in fates if submission.slurm_name(fate.number) in names}


def _again(submission: Submission, store: Store, plan: Plan, memory: set[int]) -> Submission | None:
    record = submission.record()
    options = recorded_options(submission)
    elements = list(submission.elements())
    if 0 in memory and record["has_pilot"]:  # nothing else has begun
        chosen = elements
    else:
        chosen = [item for item in elements if item.number in memory]
    more = options.sbatch.with_memory_times(MEMORY_FACTOR)
    if more is None and options.sbatch.has_memory:
        raise ClusterError("--sbatch", "does not say how much memory they had")
    found = draft(
        plan, store, options if more is None else replace(options, sbatch=more),
        slurm_commands.limits(), again=chosen,
        memory_mib=math.ceil(MEMORY_FACTOR * record["request"]["memory_mib"]),
    )  # fmt: skip
    if not found.elements:  # killed when all was stored
        return None
    return submit(found, retry_of=submission.folder.name)


def _wait_for_files(submission: Submission, store: Store, plan: Plan) -> None:
    """Wait while elements say that they are done and their shards are not to be seen."""
    deadline = time.monotonic() + _DIRECTORY_PATIENCE
    while time.monotonic() < deadline:
        if not missing_tasks(plan, store.coverage()):
            return
        done = {fate.number for fate in submission.fates() if fate.state == State.DONE}
        costs = expected_costs(plan, store)
        mine = [item for item in submission.elements() if item.number in done]
        if not within(missing_ranges(plan, store.coverage(), costs), mine):
            return
        time.sleep(5.0)


def _tidy(submission: Submission) -> None:
    """Remove empty logs: an element that went well says nothing."""
    own = os.environ.get("SLURM_JOB_ID", "")
    for path in submission.log_folder.glob("*.out"):
        if path.stem != own and path.stat().st_size == 0:
            path.unlink()
