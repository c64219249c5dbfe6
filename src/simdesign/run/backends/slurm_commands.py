"""Slurm's own commands: submitting, the site's limits, what is waiting, what became of a job.

Accounting (`sacct`) is not used: many sites keep it from users.
"""

import os
import re
import subprocess
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from simdesign.errors import ClusterError

_PATIENCE = 120.0
"""Seconds that a busy controller may take to answer."""
_DEFAULT_ARRAY, _DEFAULT_JOBS = 1001, 10000  # Slurm's own


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What a site allows."""

    array: int = _DEFAULT_ARRAY
    """Elements of one array: their largest number is one less."""
    jobs: int = _DEFAULT_JOBS
    """Jobs of everybody, an element counting as one."""


def limits() -> Limits:
    """Return the limits that ``scontrol show config`` names.

    Raises
    ------
    ClusterError
        When there is no Slurm here, or it does not answer.
    """
    text = _call(["scontrol", "show", "config"])
    found = {name: int(value) for name, value in re.findall(r"^(\w+)\s*=\s*(\d+)", text, re.M)}
    array = found.get("MaxArraySize", _DEFAULT_ARRAY)
    if array < 2:
        raise ClusterError("scontrol show config", f"allows no job arrays (MaxArraySize {array})")
    return Limits(array=array, jobs=found.get("MaxJobCount", _DEFAULT_JOBS))


def sbatch(arguments: Sequence[str]) -> str:
    """Submit a script and return the job's number.

    Raises
    ------
    ClusterError
        With what sbatch says when it refuses.
    """
    return _call(["sbatch", "--parsable", *arguments]).strip().partition(";")[0]


def in_queue(jobs: Iterable[str]) -> list[str]:
    """Return those of some jobs that wait or run."""
    mine = set(jobs)
    if not mine:
        return []
    # Asked for all of the user's: a job that has long ended would make the question fail.
    text = _call(["squeue", "--noheader", f"--user={os.getuid()}", "--format=%A %F"])
    return sorted({job for line in text.splitlines() for job in line.split() if job in mine})


def lower_time_limit(job: str, minutes: int) -> bool:
    """Lower the time limit of a job that waits; return False where the site does not let us."""
    try:
        _call(["scontrol", "update", f"JobId={job}", f"TimeLimit={minutes}"])
    except ClusterError:
        return False
    return True


def killed_for_memory(jobs: Iterable[str]) -> set[str]:
    """Return jobs, and elements as ``array_index``, that ended for want of memory.

    As far as the controller still knows them (MinJobAge).
    """
    found = set()
    for job in jobs:
        try:
            text = _call(["scontrol", "--oneliner", "show", "job", job])
        except ClusterError:  # forgotten already
            continue
        for line in text.splitlines():
            if re.search(r"\bJobState=OUT_OF_MEMORY\b", line):
                index = re.search(r"\bArrayTaskId=(\d+)\b", line)
                found.add(f"{job}_{index[1]}" if index else job)
    return found


def _call(command: list[str]) -> str:
    inside = "SLURM_JOB_ID" in os.environ  # a job's own settings are not those of the next
    environment = {
        name: value
        for name, value in os.environ.items()
        if not inside or not name.startswith("SLURM_") or name == "SLURM_CONF"
    }
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, timeout=_PATIENCE, check=False,
            env={**environment, "LC_ALL": "C"}, stdin=subprocess.DEVNULL,
        )  # fmt: skip
    except FileNotFoundError:
        rule = "is not there: submit from a machine that has Slurm's commands"
        raise ClusterError(command[0], rule) from None
    except subprocess.TimeoutExpired:
        raise ClusterError(command[0], f"did not answer within {_PATIENCE:.0f} s") from None
    if done.returncode != 0:
        said = " ".join(done.stderr.split()) or f"exit status {done.returncode}"
        raise ClusterError(command[0], f"refused: {said}")
    return done.stdout
