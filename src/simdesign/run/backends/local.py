"""Workers on this machine, through joblib."""

import os
from collections.abc import Callable, Iterator, Sequence

import joblib
from joblib.externals.loky import get_reusable_executor

from simdesign.errors import SpecError

_ONE_THREAD = ("NUMBA_NUM_THREADS", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")


def n_processors() -> int:
    """Return the number of processors that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


class LocalBackend:
    """Worker processes on this machine; one worker is this process."""

    def __init__(self, workers: int | None = None) -> None:
        self.workers = n_processors() if workers is None else workers
        if self.workers < 1:
            raise SpecError("workers", self.workers, "must be >= 1")

    def map[T, R](self, function: Callable[[T], R], jobs: Sequence[T]) -> Iterator[R]:
        """Call ``function`` on every job and yield the results as they come."""
        return run_locally(function, jobs, min(self.workers, max(len(jobs), 1)))


def run_locally[T, R](function: Callable[[T], R], tasks: Sequence[T], workers: int) -> Iterator[R]:
    """Call a function on every task and yield the results as they come.

    With one worker, in this process. Otherwise each worker process computes with one thread; when
    the caller stops early (Ctrl-C), the workers end with it.
    """
    if workers == 1:
        yield from map(function, tasks)
        return
    before = {name: os.environ.get(name) for name in _ONE_THREAD}
    os.environ.update(dict.fromkeys(_ONE_THREAD, "1"))  # inherited by the workers
    try:
        parallel = joblib.Parallel(
            n_jobs=workers, backend="loky", return_as="generator_unordered", batch_size=1,
            pre_dispatch="2*n_jobs",
        )  # fmt: skip
        yield from parallel(joblib.delayed(function)(task) for task in tasks)
    except BaseException:
        get_reusable_executor().shutdown(wait=False, kill_workers=True)
        raise
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
