"""A task in pieces, so that it can be closed at the last finished replication."""

import dataclasses
import time
from collections.abc import Callable

import numpy as np

from simdesign.run.plan import Task
from simdesign.run.schema import COLUMNS, Rows

PIECE_SECONDS = 5.0
"""A piece takes about so long, or one replication where that takes longer."""


def until_stopped(
    compute: Callable[[Task], Rows], task: Task, stop: Callable[[], bool]
) -> tuple[Task, Rows] | None:
    """Compute a task piece by piece and return what was finished when ``stop`` came true.

    The rows are those of the task computed at once, in another order: a replication's numbers do
    not depend on what is computed with it.

    Returns
    -------
    (Task, Rows), or None
        The task up to its last finished replication; None when there is none.
    """
    parts: list[Rows] = []
    at, n = task.start, 1
    while at < task.stop and not stop():
        upto = min(at + n, task.stop)
        started = time.perf_counter()
        parts.append(compute(dataclasses.replace(task, start=at, stop=upto)))
        each = (time.perf_counter() - started) / (upto - at)
        # The first piece prepares much that the others share: sizes grow step by step.
        n = max(1, min(int(PIECE_SECONDS / max(each, 1e-9)), 4 * n))
        at = upto
    if not parts:
        return None
    rows = {name: np.concatenate([part[name] for part in parts]) for name in COLUMNS}
    return dataclasses.replace(task, stop=at), rows
