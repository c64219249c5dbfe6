"""Which options of the command line go together: what would have no effect is refused.

Everything is said before anything is read or written, in one line with the option.
"""

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from simdesign.errors import FlagError, SpecError

_TO_SLURM = {
    "--workers": "its elements run as the cluster has room (--sbatch array=%N limits them)",
    "--task-size": "--task-minutes says how long its elements are",
    "--pilot": "nothing is measured on a login node, the first element measures",
}
"""Options that mean nothing where jobs are submitted, and what is there instead."""
FOLLOWED = "needs --dry-run with --backend slurm: simdesign status --json follows its jobs"


def refuse(options: Mapping[str, Any], rule: str) -> None:
    """Refuse the first of some options that is given; None and False are not.

    Raises
    ------
    SpecError
    """
    for name, given in options.items():
        if given is True:
            raise FlagError(name, rule)
        if given is not None and given is not False:
            raise SpecError(name, given, rule)


def check_run(
    backend: str,
    *,
    workers: int | None,
    task_size: int | None,
    pilot: float | None,
    as_json: bool,
    dry_run: bool,
    list_only: bool,
) -> None:
    """Refuse options of ``run`` that have no effect beside the others, and values that cannot be.

    Raises
    ------
    SpecError
    """
    if backend == "slurm":
        check_submission(workers=workers, task_size=task_size, pilot=pilot)
    if list_only:
        refuse({"--dry-run": dry_run}, "cannot be combined with --list")
    if not dry_run:
        refuse({"--pilot": pilot}, "needs --dry-run")
    if backend == "slurm" and not (dry_run or list_only):
        refuse({"--json": as_json}, FOLLOWED)
    if task_size is not None and task_size < 1:
        raise SpecError("--task-size", task_size, "must be >= 1")
    if pilot is not None and not 0.0 < pilot < math.inf:
        raise SpecError("--pilot", pilot, "must be > 0")


def check_submission(
    *, workers: int | None, task_size: int | None = None, pilot: float | None = None
) -> None:
    """Refuse what means nothing where jobs are submitted to Slurm."""
    given = {"--workers": workers, "--task-size": task_size, "--pilot": pilot}
    for name, why in _TO_SLURM.items():
        refuse({name: given[name]}, f"cannot be combined with --backend slurm: {why}")


def check_no_submission(
    sbatch: Sequence[str] | None, prologue: Path | None, task_minutes: float | None
) -> None:
    """Refuse what is said of a submission where nothing is submitted."""
    given = {"--sbatch": sbatch or None, "--prologue": prologue, "--task-minutes": task_minutes}
    refuse(given, "needs --backend slurm")
