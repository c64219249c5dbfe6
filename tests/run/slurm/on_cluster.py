"""A study whose elements can be caught in the middle, and the command line as a user calls it."""

import os
import subprocess
import sys
import time
from pathlib import Path

from run.tiny import SCORE_ONLY, write_study

OWN = (
    '''
"""An estimator that can be held in an array's elements until they are told to stop."""

import os
import signal
import time
from pathlib import Path

import numpy as np
from simdesign.records import Fit

HERE = Path(__file__).parent


class Slow:
    def __init__(self, name, spec):
        self.name = name

    def fit(self, observations, looks, substance):
        if "SLURM_ARRAY_JOB_ID" in os.environ and (HERE / "hold").exists():
            mark = os.environ["SLURM_ARRAY_JOB_ID"] + "_" + os.environ["SLURM_ARRAY_TASK_ID"]
            (HERE / f"{mark}.mark").touch()
            was_told = signal.getsignal(signal.SIGUSR1).__self__
            while (HERE / "hold").exists() and not was_told():
                time.sleep(0.05)
        score = np.nanmean(observations.load, axis=(1, 2, 3))[:, None]
'''
    + SCORE_ONLY
)
REPLICATIONS = 8
COMMAND = "from simdesign.cli import main; main()"
RECORD = {
    "n_element": 1, "has_pilot": False, "is_complete": True, "arrays": [], "collect": "",
    "refused": "",
    "options": {
        "sbatch": {}, "throttle": None, "prologue": "", "task_minutes": 60.0, "python": ["python"],
        "max_failures": 0.1,
    },
    "request": {
        "minutes": 60, "minutes_from_prediction": True, "memory_mib": 2048, "lead_seconds": 60,
    },
}  # fmt: skip
"""Of a submission of one element, of which nothing was accepted yet."""


def slow_study(folder, *changes):
    """Write a study of three scenarios with an own part beside it, under a blank in its path."""
    folder.mkdir()
    (folder / "held_on_cluster.py").write_text(OWN, encoding="utf-8")
    return write_study(
        folder,
        ('kind = "euda_rule"', 'kind = "own"\nuses = "held_on_cluster:Slow"'),
        ("[0.0, 0.1]", "[0.1]"),
        ("[0.3, -0.3]", "[0.3]"),
        *changes,
    )


def call(*arguments, status=0, **environment):
    """Call the command line in a process of its own; return what it said and how long it took."""
    started = time.monotonic()
    done = subprocess.run(
        [sys.executable, "-c", COMMAND, *map(str, arguments)],
        capture_output=True, text=True, check=False, env={**os.environ, **environment},
    )  # fmt: skip
    done.seconds = time.monotonic() - started
    assert done.returncode == status, done.stdout + done.stderr
    return done


def until(question, what, seconds=200.0):
    """Wait for something true and return it."""
    deadline = time.monotonic() + seconds
    while not (found := question()):
        assert time.monotonic() < deadline, what
        time.sleep(0.05)
    return found


def python_of(folder, number):
    """Return the process id of an element's Python, or None."""
    wanted = [str(folder).encode(), str(number).encode()]
    for place in Path("/proc").iterdir():
        if place.name.isdecimal():
            try:
                words = (place / "cmdline").read_bytes().split(b"\0")
            except OSError:
                continue
            if words[-3:-1] == wanted and b"element" in words and b"bash" not in words[0]:
                return int(place.name)
    return None
