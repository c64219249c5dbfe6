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
_UTIME = 11  # field of proc(5), stat, counted after the name: utime, stime, cutime, cstime


class Meter:
    """Processor seconds and peak memory of this process since the meter was made.

    Linux can forget an earlier peak of memory; elsewhere the peak is that of the whole process.
    """

    def __init__(self) -> None:
        with contextlib.suppress(OSError):
            (_PROC / "clear_refs").write_text(_RESET_PEAK)
        self._started = _processor_seconds()

    def seconds(self) -> float:
        """Return processor seconds of this process and of its children."""
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
    ended = times.children_user + times.children_system
    return time.process_time() + ended + sum(map(_seconds_of, _children()))


def _children() -> list[int]:
    """Return the children that run now; some estimators compute in one."""
    with contextlib.suppress(OSError):
        return [
            int(pid)
            for path in (_PROC / "task").glob("*/children")
            for pid in path.read_text().split()
        ]
    return []


def _seconds_of(pid: int) -> float:
    """Return processor seconds of another process and of its children that have ended."""
    with contextlib.suppress(OSError):
        after_name = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        return sum(map(int, after_name[_UTIME : _UTIME + 4])) / os.sysconf("SC_CLK_TCK")
    return 0.0
