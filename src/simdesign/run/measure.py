"""Time and memory of this process, for pricing tasks."""

import contextlib
import os
import resource
import sys
import time
from pathlib import Path

_PROC = Path("/proc/self")
_RESET_PEAK = "5"  # what the kernel calls it: see proc(5), clear_refs
_KILOBYTE = 1024


class Meter:
    """Processor seconds and peak memory of this process since the meter was made.

    Linux can forget an earlier peak of memory; elsewhere the peak is that of the whole process.
    """

    def __init__(self) -> None:
        with contextlib.suppress(OSError):
            (_PROC / "clear_refs").write_text(_RESET_PEAK)
        self._started = _processor_seconds()

    def seconds(self) -> float:
        """Return processor seconds of this process and of children that have ended."""
        return _processor_seconds() - self._started

    def peak(self) -> float:
        """Return the largest resident memory, bytes."""
        with contextlib.suppress(OSError):
            for line in (_PROC / "status").read_text().splitlines():
                if line.startswith("VmHWM:"):
                    return float(line.split()[1]) * _KILOBYTE
        found = float(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
        return found if sys.platform == "darwin" else found * _KILOBYTE


def _processor_seconds() -> float:
    times = os.times()
    return time.process_time() + times.children_user + times.children_system
