"""A study of two million fits: predicted, run, and compared; or the price of any number of fits.

    python benchmarks/scale.py [--share 1] [--workers 2] [--pilot 60] [--out DIR]
    python benchmarks/scale.py --fits 1e9 [--element-hours 1] [--pilot 60]

The study is scale/study.toml: 8 designs of at most twelve rounds a year, 16 scenarios, ten annual
looks; a fit is one posterior of the exact engine at one look. ``--share`` runs a part of every
scenario. The prediction is made before anything is run, by the pilot of ``run --dry-run``. Memory
is that of all processes together, sampled; it counts what they share once for each. Processor time
tells what the machine did for this study when others use it too.

``--fits`` prices so many fits of that study and runs nothing.
"""

import argparse
import contextlib
import os
import platform
import resource
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path

from simdesign.run import Forecast, LocalBackend, Plan, Store, forecast, make_plan, run_plan
from simdesign.spec.study import Study

STUDY = Path(__file__).parent / "scale" / "study.toml"
MINUTES, ERROR, GIB = 30.0, 0.20, 2**30


def scaled(study: Study, share: float) -> Plan:
    """Return the plan of a share of the study's replications."""
    whole = make_plan(study, "full")
    return make_plan(
        study, "full", {s.name: max(round(share * s.n_rep), 1) for s in whole.scenarios}
    )


class Memory:
    """The largest resident memory of this process and its children together."""

    def __init__(self) -> None:
        self.peak = 0

    @contextlib.contextmanager
    def watched(self) -> Iterator[None]:
        """Sample until the block ends."""
        stop = threading.Event()
        thread = threading.Thread(target=self._sample, args=(stop,), daemon=True)
        thread.start()
        try:
            yield
        finally:
            stop.set()
            thread.join()

    def _sample(self, stop: threading.Event) -> None:
        page = os.sysconf("SC_PAGE_SIZE")
        while not stop.wait(0.2):
            total = 0
            for pid in [os.getpid(), *_children(os.getpid())]:
                with contextlib.suppress(OSError):
                    total += int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * page
            self.peak = max(self.peak, total)


def _children(pid: int) -> list[int]:
    found = []
    for path in Path(f"/proc/{pid}/task").glob("*/children"):
        with contextlib.suppress(OSError):
            for child in map(int, path.read_text().split()):
                found += [child, *_children(child)]
    return found


def processor_seconds() -> float:
    """Return those of this process and of children that have ended."""
    mine, theirs = resource.getrusage(resource.RUSAGE_SELF), os.times()
    return mine.ru_utime + mine.ru_stime + theirs.children_user + theirs.children_system


def show_price(found: Forecast, fits: float, hours: float) -> None:
    """Print what so many fits take, without a machine to do them on."""
    core = found.tasks.seconds / 3600.0
    error = found.tasks.seconds_error / 3600.0
    print(f"{fits:.3g} fits, {found.n_missing} replications, {found.n_row} rows")
    print(f"core-hours: {core:.0f} ± {error:.0f}, {core * 3600 / fits * 1e3:.3f} ms per fit")
    print(f"memory per worker: {found.tasks.memory / 2**20:.0f} MiB")
    per_row = found.tasks.disk / found.n_row
    print(f"disk: {found.tasks.disk / GIB:.1f} GiB, {per_row:.0f} bytes per row")
    print(f"tasks, one file each until they are merged: {found.n_task}")
    print(f"array elements of {hours:g} h: {core / hours:.0f}")
    print(f"days on 1,000 cores: {core / 24000:.2f}")


def compare(plan: Plan, workers: int, seconds: float, folder: Path) -> None:
    """Predict, run and print both."""
    store, backend = Store(folder), LocalBackend(workers)
    before = forecast(plan, store, backend, seconds=seconds)
    fits = before.n_row
    print(f"predicted from a pilot of {before.pilot_seconds:.0f} s: {fits} fits", flush=True)
    memory = Memory()
    wall, busy = time.perf_counter(), processor_seconds()
    with memory.watched():
        run_plan(plan, store, backend)
    wall = time.perf_counter() - wall
    backend_end()
    busy = processor_seconds() - busy
    size = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
    shards = sum(shard.seconds for shard in store.shards())
    whole = workers * before.tasks.memory
    print(f"{'':34}{'predicted':>14}{'taken':>14}{'ratio':>8}")
    for label, predicted, taken in (
        ("processor time [s]", before.core_seconds, busy),
        ("wall time [s]", before.wall, wall),
        ("memory of the workers, all [MiB]", whole / 2**20, memory.peak / 2**20),
        ("store [MiB]", before.tasks.disk / 2**20, size / 2**20),
    ):
        print(f"{label:34}{predicted:14.1f}{taken:14.1f}{taken / predicted:8.3f}")
    print(f"standard error of the predicted processor time: {before.tasks.seconds_error:.1f} s")
    print(f"clock time in tasks, all workers: {shards:.1f} s; load {os.getloadavg()[0]:.1f}")
    print(f"{fits / busy:.0f} fits per second and core; {len(store.shards())} files")
    share = fits / 2e6
    print(
        f"bars at two million fits: {wall / share / 60:.1f} of {MINUTES:g} min, prediction off by "
        f"{abs(busy / before.core_seconds - 1):.3f} of {ERROR:g} (processor), "
        f"{abs(wall / before.wall - 1):.3f} (wall), {memory.peak / GIB:.2f} of 2 GiB, "
        f"{size / share / GIB:.3f} of 1 GiB"
    )


def backend_end() -> None:
    """End the worker processes, so that their processor time is counted."""
    from joblib.externals.loky import get_reusable_executor

    get_reusable_executor().shutdown(wait=True)


def main() -> None:
    """Predict and run, or price only."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--share", type=float, default=1.0, help="of the study's replications")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--pilot", type=float, default=60.0, help="seconds that it may measure")
    parser.add_argument("--out", type=Path, help="results folder; a temporary one without it")
    parser.add_argument("--fits", type=float, help="price so many fits, run nothing")
    parser.add_argument("--element-hours", type=float, default=1.0)
    given = parser.parse_args()
    study = Study.from_toml(STUDY)
    print(f"{platform.machine()}, {os.cpu_count()} processors, load {os.getloadavg()[0]:.1f}")
    if given.fits is not None:
        plan = scaled(study, given.fits / make_plan(study, "full").n_row)
        store = Store(Path(tempfile.gettempdir()) / "simdesign-scale-nothing")
        found = forecast(plan, store, LocalBackend(given.workers), seconds=given.pilot)
        show_price(found, given.fits, given.element_hours)
        return
    with tempfile.TemporaryDirectory() as folder:
        compare(scaled(study, given.share), given.workers, given.pilot, given.out or Path(folder))


if __name__ == "__main__":
    main()
