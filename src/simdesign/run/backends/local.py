"""Workers on this machine, through joblib's loky."""

import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, wait
from contextlib import contextmanager
from itertools import islice
from multiprocessing import resource_tracker
from typing import Any, Self

from joblib.externals.loky import get_reusable_executor
from joblib.externals.loky.process_executor import BrokenProcessPool, ShutdownExecutorError

from simdesign.errors import SpecError
from simdesign.run.backends.base import LostWorkersError

ONE_THREAD = dict.fromkeys(
    ("NUMBA_NUM_THREADS", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1"
)
"""Environment of a worker process: it computes with one thread."""
IN_FLIGHT = 2
"""Jobs handed out per worker: one that runs and one that waits, so that none has to wait."""
_IDLE = 300.0  # seconds after which a worker without work ends
_ORPHAN = 0.5  # seconds between two looks at the parent


def n_processors() -> int:
    """Return the number of processors that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


class LocalBackend:
    """Worker processes on this machine; one worker is this process."""

    def __init__(self, workers: int | None = None) -> None:
        self.workers = n_processors() if workers is None else workers
        if self.workers < 1:
            raise SpecError("workers", self.workers, "must be >= 1")

    @property
    def at_hand(self) -> int:
        """Number of workers that have a processor."""
        return min(self.workers, n_processors())

    def map[T, R](self, function: Callable[[T], R], jobs: Sequence[T]) -> Iterator[R]:
        """Call ``function`` on every job and yield the results as they come."""
        return run_locally(function, jobs, min(self.workers, max(len(jobs), 1)))

    def notes(self) -> list[str]:
        """Return nothing."""
        return []

    def __enter__(self) -> Self:
        """Return the backend: workers start with the first jobs."""
        return self

    def __exit__(self, *error: object) -> None:
        """Do nothing: idle workers serve the next run, or end by themselves."""


def run_locally[T, R](function: Callable[[T], R], tasks: Sequence[T], workers: int) -> Iterator[R]:
    """Call a function on every task and yield the results as they come.

    With one worker, in this process. When the caller stops early (Ctrl-C) the workers are killed;
    when the caller is killed they end within a second.

    Raises
    ------
    LostWorkersError
        When a worker died. The tasks that the others had are lost too: loky trusts none of them
        after that.
    """
    if workers == 1:
        yield from map(function, tasks)
        return
    jobs = iter(tasks)
    flying: set[Future[R]] = set()
    executor = None
    try:
        with _quiet_tracker(), without_interrupts():
            executor = get_reusable_executor(
                max_workers=workers, timeout=_IDLE, env=ONE_THREAD, initializer=end_with,
                initargs=(os.getpid(), tuple(sys.path)),  # others when modules lie elsewhere now
            )  # fmt: skip
        while True:
            with without_interrupts():  # a worker may be started here
                for job in islice(jobs, IN_FLIGHT * workers - len(flying)):
                    flying.add(executor.submit(function, job))
            if not flying:
                return
            done, flying = wait(flying, return_when=FIRST_COMPLETED)
            # what is whole comes first: a dead worker ends this
            for future in sorted(done, key=lambda item: item.exception() is not None):
                yield future.result()
    except (BrokenProcessPool, ShutdownExecutorError) as error:
        raise LostWorkersError(_cause(error)) from None
    except BaseException:
        if executor is not None:
            executor.shutdown(wait=False, kill_workers=True)
        raise


def _cause(error: Exception) -> str:
    """Return what loky knows of a death."""
    text = str(error)
    for name in ("SIGKILL", "SIGSEGV", "SIGABRT", "SIGBUS", "SIGTERM"):
        if name in text:
            usual = " (out of memory?)" if name == "SIGKILL" else ""
            return f"a worker process ended by {name}{usual}"
    return "a worker process ended by itself"


@contextmanager
def without_interrupts() -> Iterator[None]:
    """Start processes that never hear Ctrl-C: a terminal sends it to all, the parent decides.

    Blocked signals are inherited, and wait here until the block is over. Python's own tracker of
    resources lifts every block when it starts: so it starts before.
    """
    resource_tracker.ensure_running()
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


@contextmanager
def _quiet_tracker() -> Iterator[None]:
    """Start loky's tracker of semaphores so that it tidies up after a kill without a word."""
    name, rule = "PYTHONWARNINGS", "ignore:resource_tracker:UserWarning"
    before = os.environ.get(name)
    os.environ[name] = rule if before is None else f"{before},{rule}"
    try:
        yield
    finally:
        if before is None:
            del os.environ[name]
        else:
            os.environ[name] = before


def end_with(parent: int, path: tuple[str, ...] = ()) -> None:
    """End this process when its parent is gone; loky's would wait for work for minutes.

    ``path`` is where the parent finds modules: loky hands it to workers when they start, and
    keeps no worker that was started with another one.
    """

    def watch() -> Any:
        while os.getppid() == parent:
            time.sleep(_ORPHAN)
        os._exit(1)  # a file that is being written is not there yet, and stays so

    threading.Thread(target=watch, daemon=True).start()
