"""What the runner adds to the time in which replications are computed, and what two workers gain.

    python benchmarks/bench_runner.py [--replications 100] [--study FILE]

The default study with so many replications of each scenario, on one worker and on two, in one go.
*Bench time* is the time within ``Bench.run``, where every kernel is called, as each shard notes it.
Overhead is workers x wall time without the bench time, as a share of it: planning, starting and
feeding workers, files, and waiting for the last one; once from the first task on, once with the
start of this process, imports and the loading of compiled kernels. What the processors did is
printed beside what the clock says, since others may be using the machine: the overhead in
processor time, and the speed-up if each worker had a processor of its own.
"""

import argparse
import os
import platform
import tempfile
import time

BEGUN = time.perf_counter() - time.process_time()  # about when this process started

from pathlib import Path  # noqa: E402

from scale import backend_end, processor_seconds  # noqa: E402

from simdesign.run import LocalBackend, Plan, Results, Store, make_plan, run_plan  # noqa: E402
from simdesign.run.job import compile_kernels  # noqa: E402
from simdesign.spec.study import Study  # noqa: E402

STUDY = Path(__file__).parents[1] / "experiments" / "annual_claim" / "study.toml"


def timed(plan: Plan, workers: int, folder: str) -> tuple[float, float, float, Results]:
    """Return wall seconds, processor seconds, seconds in benches, and the results."""
    wall, busy = time.perf_counter(), processor_seconds()
    results = run_plan(plan, Store(folder), LocalBackend(workers))
    wall = time.perf_counter() - wall
    backend_end()
    bench = sum(shard.seconds for shard in results.store.shards())
    return wall, processor_seconds() - busy, bench, results


def main() -> None:
    """Print both ratios."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--replications", type=int, default=100, help="of each scenario")
    parser.add_argument("--study", type=Path, default=STUDY)
    given = parser.parse_args()
    plan = make_plan(Study.from_toml(given.study), "quick", given.replications)
    compile_kernels(plan)
    start = time.perf_counter() - BEGUN
    print(f"{platform.machine()}, {os.cpu_count()} processors, load {os.getloadavg()[0]:.1f}")
    print(f"{plan.n_replication} replications, {plan.n_row} rows; start and compile {start:.1f} s")
    digests, walls, loads = set(), {}, {}
    for workers in (1, 2):
        with tempfile.TemporaryDirectory() as folder:
            wall, busy, bench, results = timed(plan, workers, folder)
            digests.add(results.digest())
            n_file = len(results.store.shards())
        walls[workers], loads[workers] = wall, busy
        over, whole = workers * wall / bench - 1.0, (workers * wall + start) / bench - 1.0
        print(
            f"{workers} worker{'s' * (workers > 1)}: wall {wall:.1f} s, processor {busy:.1f} s, "
            f"bench {bench:.1f} s, {n_file} files; overhead {over:.3f}, with start {whole:.3f}"
        )
    print(f"speed-up at two workers: {walls[1] / walls[2]:.2f}; digests equal: {len(digests) == 1}")
    extra = loads[2] / loads[1] - 1.0
    print(f"processor time of two workers over that of one: {extra:+.3f}")
    print(f"load {os.getloadavg()[0]:.1f}")


if __name__ == "__main__":
    main()
