"""Workers that Dask has: a scheduler that runs already, one made here, or jobs of a batch system.

Dask is an optional extra and imported when such a backend is used. It only carries jobs: shards are
written by the workers, so the results folder must lie on a file system that all of them share.
"""

import logging
import math
import re
import time
from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from types import ModuleType
from typing import Any, Self
from urllib.parse import parse_qsl

from simdesign.errors import SpecError, StoppedError
from simdesign.run.backends.base import LostWorkersError
from simdesign.run.backends.local import ONE_THREAD, n_processors, without_interrupts

TRIES = 3
"""Times that a job is handed to the scheduler, which itself tries as often as it is set to."""
IN_FLIGHT = 3
"""Jobs handed out per worker: one runs, the others wait beside it, since the way may be long."""
_CONNECT = 30.0  # seconds to find a scheduler
_COUNT_EVERY = 2.0  # seconds between two looks at how many workers there are
_RULE = (
    "must be local, an address such as tcp://host:8786, a scheduler file (.json), "
    "or jobqueue:slurm?cores=4&memory=8GB"
)
_BATCH = {
    "htcondor": "HTCondorCluster", "lsf": "LSFCluster", "moab": "MoabCluster",
    "oar": "OARCluster", "pbs": "PBSCluster", "sge": "SGECluster", "slurm": "SLURMCluster",
}  # fmt: skip
"""Batch systems of dask-jobqueue, and its classes for them."""
_EXTRA = "needs packages that are not installed: pip install 'wbe-simdesign[{}]'"
_WHOLE = ("cores", "processes")


class DaskBackend:
    """Workers of a Dask scheduler; as a context it lets go of what it started.

    Parameters
    ----------
    scheduler : str
        ``local`` (a cluster on this machine), an address, a scheduler file, or
        ``jobqueue:SYSTEM?option=value&...`` with options of dask-jobqueue's class.
    workers : int, optional
        Worker processes to start (``local``, ``jobqueue``) or to expect (an address); all
        processors, one job, and those that are there, without it.
    """

    def __init__(self, scheduler: str = "local", workers: int | None = None) -> None:
        if workers is not None and workers < 1:
            raise SpecError("workers", workers, "must be >= 1")
        self.scheduler, self._workers = scheduler, workers
        self._system, self._options = _batch_system(scheduler)
        if not (
            self._system or scheduler == "local" or re.match(r"[a-z]+://\S+$", scheduler)
            or scheduler.endswith(".json")
        ):  # fmt: skip
            raise SpecError("--scheduler", scheduler, _RULE)
        if scheduler.endswith(".json") and not Path(scheduler).is_file():
            raise SpecError("--scheduler", scheduler, "must be a file that exists")
        self._distributed = _distributed()
        self._client: Any = None
        self._cluster: Any = None

    @property
    def workers(self) -> int:
        """Worker processes that can be expected."""
        if self._workers is not None:
            return self._workers
        if self.scheduler == "local":
            return n_processors()
        if self._system:
            return int(self._options.get("processes", self._options.get("cores", 1)))
        return max(1, len(self._threads()))

    @property
    def at_hand(self) -> int:
        """Number of those expected that are there."""
        return max(1, min(self.workers, len(self._threads())))

    def map[T, R](self, function: Callable[[T], R], jobs: Sequence[T]) -> Iterator[R]:
        """Call ``function`` on every job and yield the results as they come.

        Raises
        ------
        LostWorkersError
            When jobs killed their workers ``TRIES`` times; all others are done then.
        StoppedError
            When there is no scheduler, or no longer one.
        """
        waiting = iter([(job, 1) for job in jobs])
        again: list[tuple[T, int]] = []
        lost: list[str] = []
        room, alone = _Room(self._threads), False
        flying: dict[Any, tuple[T, int]] = {}
        self._open()
        arriving = self._distributed.as_completed(loop=self._client.loop)
        try:
            while True:
                free = int(not flying) if alone else room.free(len(flying))
                for job, tried in islice(waiting, free):
                    future = self._client.submit(function, job, pure=False)
                    flying[future] = (job, tried)
                    arriving.add(future)
                if not flying and again:  # after all others, one by one: only some of them kill
                    waiting, again, alone = iter(again), [], True
                    continue
                if not flying:
                    break
                future = next(arriving)
                job, tried = flying.pop(future)
                if future.status == "finished":
                    yield future.result()
                elif future.status == "error" and not _is_killed(future):
                    raise future.exception()
                elif future.status == "error" and tried < TRIES:
                    again.append((job, tried + 1))
                elif future.status == "error":
                    lost.append(str(future.exception().last_worker.address))
                else:  # cancelled: its scheduler has forgotten it
                    raise StoppedError(_gone(self.scheduler))
        except self._ended as error:
            raise StoppedError(_gone(self.scheduler)) from error
        except StoppedError:  # there may be nobody to take jobs back from
            raise
        except BaseException:
            self._forget(list(flying))
            raise
        if lost:
            each = f"{len(lost)} task{'s' * (len(lost) > 1)} ended the Dask worker that had them"
            raise LostWorkersError(f"{each}, every time of {TRIES}, the last one at {lost[-1]}")

    @property
    def _ended(self) -> tuple[type[BaseException], ...]:
        """What Dask raises when there is no scheduler any more."""
        from concurrent.futures import CancelledError

        return (CancelledError, self._distributed.comm.CommClosedError, TimeoutError)

    def _threads(self) -> dict[str, int]:
        """Return the number of threads of every worker there is."""
        self._open()
        try:
            return dict(self._client.nthreads())
        except (OSError, TimeoutError, RuntimeError) as error:
            raise StoppedError(_gone(self.scheduler)) from error

    def _open(self) -> None:
        if self._client is not None:
            return
        logging.getLogger("distributed").setLevel(logging.CRITICAL)  # errors are ours to say
        with without_interrupts():  # neither Dask's threads nor its workers hear Ctrl-C
            try:
                self._client = self._connected()
            except SpecError:
                self.close()
                raise
            except (OSError, TimeoutError, ValueError, RuntimeError) as error:
                self.close()
                why = " ".join(str(error).split())[:200]
                raise StoppedError(f"no Dask scheduler at {self.scheduler}: {why}") from None

    def _connected(self) -> Any:
        client = self._distributed.Client
        if self.scheduler == "local":
            self._cluster = self._distributed.LocalCluster(
                n_workers=self.workers, threads_per_worker=1, dashboard_address=None,
                env=ONE_THREAD, silence_logs=logging.CRITICAL,
            )  # fmt: skip
            return client(self._cluster, timeout=_CONNECT, set_as_default=False)
        if self._system:
            self._cluster = batch_cluster(self.scheduler)
            self._cluster.scale(self.workers)
            return client(self._cluster, timeout=_CONNECT, set_as_default=False)
        if self.scheduler.endswith(".json"):
            return client(scheduler_file=self.scheduler, timeout=_CONNECT, set_as_default=False)
        return client(self.scheduler, timeout=_CONNECT, set_as_default=False)

    def _forget(self, futures: list[Any]) -> None:
        """Take back what nobody waits for."""
        try:
            self._client.cancel(futures, force=True)
        except Exception:  # the scheduler may be what has failed
            return

    def close(self) -> None:
        """Leave the scheduler, and end what was started for it."""
        client, self._client = self._client, None
        cluster, self._cluster = self._cluster, None
        if client is not None:
            client.close(timeout=2)
        if cluster is not None:
            cluster.close(timeout=10)

    def notes(self) -> list[str]:
        """Return what a user should know of these workers, one line each."""
        threads = self._threads()
        if any(n > 1 for n in threads.values()):
            return [
                "Dask workers here have several threads, of which simdesign uses one: "
                "start them with --nthreads 1 and more --nworkers"
            ]
        if not threads:
            return [f"no Dask worker at {self.scheduler} yet: tasks wait for the first one"]
        return []

    def __enter__(self) -> Self:
        """Connect, so that a wrong address is known before anything is written."""
        self._open()
        return self

    def __exit__(self, *error: object) -> None:
        """Let go of scheduler and workers."""
        self.close()


class _Room:
    """How many jobs may be in flight: workers come and go."""

    def __init__(self, threads: Callable[[], dict[str, int]]) -> None:
        self._threads, self._counted, self._workers = threads, -math.inf, 0

    def free(self, flying: int) -> int:
        """Return how many more jobs may be handed out."""
        now = time.monotonic()
        if now - self._counted > _COUNT_EVERY:
            self._workers, self._counted = len(self._threads()), now
        return max(IN_FLIGHT * max(self._workers, 1) - flying, 0)


def batch_cluster(scheduler: str) -> Any:
    """Return dask-jobqueue's cluster for ``jobqueue:SYSTEM?option=value&...``; no job is sent yet.

    Every worker has one thread: without ``processes`` there are as many workers in a job as
    it has cores. An option that is named several times is a list (``job_extra_directives``).
    """
    system, options = _batch_system(scheduler)
    if system not in _BATCH:
        raise SpecError("--scheduler", scheduler, f"must name one of {', '.join(sorted(_BATCH))}")
    made = getattr(_jobqueue(scheduler), _BATCH[system])
    if "cores" in options:
        options.setdefault("processes", options["cores"])
    try:
        return made(**options)
    except (TypeError, ValueError) as error:
        why = " ".join(str(error).split())
        raise SpecError("--scheduler", scheduler, f"is refused by dask-jobqueue ({why})") from None


def _batch_system(scheduler: str) -> tuple[str, dict[str, Any]]:
    """Return batch system and options of a ``jobqueue:`` text; nothing for any other."""
    if not scheduler.startswith("jobqueue:"):
        return "", {}
    system, _, rest = scheduler.removeprefix("jobqueue:").partition("?")
    options: dict[str, Any] = {}
    try:
        pairs = parse_qsl(rest, strict_parsing=bool(rest))
    except ValueError:
        raise SpecError("--scheduler", scheduler, _RULE) from None
    for name, value in pairs:
        if name in _WHOLE:
            if not re.fullmatch(r"[1-9]\d*", value):
                raise SpecError("--scheduler", scheduler, f"{name} must be a whole number")
            options[name] = int(value)
        elif name.startswith("job_") or name in options:
            options.setdefault(name, []).append(value)
        else:
            options[name] = value
    return system, options


def _distributed() -> ModuleType:
    try:
        import distributed
    except ModuleNotFoundError:
        raise SpecError("--backend", "dask", _EXTRA.format("dask")) from None
    return distributed


def _jobqueue(scheduler: str) -> ModuleType:
    try:
        import dask_jobqueue
    except ModuleNotFoundError:
        raise SpecError("--scheduler", scheduler, _EXTRA.format("jobqueue")) from None
    return dask_jobqueue


def _is_killed(future: Any) -> bool:
    """Say whether a worker died, rather than the job having raised something."""
    return type(future.exception()).__name__ == "KilledWorker"


def _gone(scheduler: str) -> str:
    return (
        f"the Dask scheduler at {scheduler} is gone; what is stored stays, "
        "run again or resume to go on"
    )
