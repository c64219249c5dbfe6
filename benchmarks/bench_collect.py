"""Ten thousand small shards -> few large ones: seconds, memory, files before and after.

    python benchmarks/bench_collect.py [--shards 10000] [--replications 10] [--keep DIR]

The shards are made of random numbers under the names and columns of a small study: they are as
large as real ones and compress as badly. Printed are the time to write them, and then, each in a
process of its own so that its memory is its own: what ``collect`` does (every byte checked, merged,
read back), a second ``collect`` that finds nothing to do, and the digest of all rows before and
after. Memory is the growth over the same process with a tenth of the shards' rows: flat is bounded.
"""

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

STUDY = """
name = "collect"
seed = 1
aims = "Shards for a benchmark."
[programme]
start = 2026-01-01
[world]
catchments = [{ name = "here", population = 100000.0 }]
[world.substances.cocaine]
[factors]
"change.size" = [0.3, -0.3]
[designs.annual]
schedule = { kind = "fixed_weeks", weeks = [11] }
[designs.two]
schedule = { kind = "fixed_weeks", weeks = [11, 37] }
[estimators.euda]
kind = "euda_rule"
[estimators.exact]
kind = "exact_step"
[decision]
reference = "annual"
[sizes.quick]
null = 20
null_world = 20
alternative = 10
"""

STEPS = {
    "digest": "print(json.dumps(store.digest(plan)))",
    "collect": "print(json.dumps(dataclasses.asdict(compact(store))))",
}
PROGRAM = """
import dataclasses, json, resource, sys, time
from simdesign.run import Store
from simdesign.run.collect import compact
store = Store(sys.argv[1])
plan = store.plan()
base = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
start, worked = time.perf_counter(), time.process_time()
{step}
used = time.perf_counter() - start, time.process_time() - worked
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
print(json.dumps([*used, base, peak]))
"""


def write_shards(folder: Path, n_shard: int, n_rep: int) -> float:
    """Write shards of random rows; return their number of rows."""
    from simdesign.run import COLUMNS, Store, Task, make_plan
    from simdesign.run.schema import empty_rows
    from simdesign.spec.study import Study

    (folder / "study.toml").write_text(STUDY, encoding="utf-8")
    study = Study.from_toml(folder / "study.toml")
    names = 1 + 1 + 2  # mixture, null world, two changes
    each = -(-n_shard // names)
    plan = make_plan(study, "quick", each * n_rep)
    store = Store(folder / "out")
    store.open(plan)
    rng = np.random.default_rng(1)
    n_look = len(study.programme.look_days)
    n_row = 0
    for number in range(n_shard):
        scenario = plan.scenarios[number % names]
        start = number // names * n_rep
        cells = plan.cells[scenario.name]
        task = Task(scenario=scenario.name, start=start, stop=start + n_rep, cells=cells)
        rows = empty_rows(n_rep * len(cells) * n_look)
        for name, kind in COLUMNS.items():
            if kind == "float64":
                rows[name][:] = rng.normal(size=rows[name].size)
            elif kind != "str":
                rows[name][:] = 0
        shape = (len(cells), n_rep, n_look)
        rows["scenario"][:], rows["reason"][:] = scenario.name, ""
        for field in ("substance", "design", "estimator"):
            words = np.array([getattr(cell, field) for cell in cells], dtype=object)
            rows[field][:] = np.broadcast_to(words[:, None, None], shape).ravel()
        replication = np.arange(start, start + n_rep)[None, :, None]
        rows["replication"][:] = np.broadcast_to(replication, shape).ravel()
        rows["look"][:] = np.broadcast_to(np.arange(n_look), shape).ravel()
        store.write(task, rows, 0.1, study.hash(), seed=1, cpu_seconds=0.1)
        n_row += rows["look"].size
    return n_row


def step(name: str, folder: Path) -> object:
    """Do one step in a process of its own, and print what it took."""
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM.format(step=STEPS[name]), str(folder / "out")],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    result, (seconds, worked, base, peak) = map(json.loads, done.stdout.splitlines())
    print(
        f"  {name}: {seconds:.1f} s ({worked:.1f} s of the processor), peak memory {peak:.0f} MiB, "
        f"{peak - base:.0f} MiB more than before it; {result}"
    )
    return result


def bench(folder: Path, n_shard: int, n_rep: int) -> None:
    """Write, collect, collect again."""
    start = time.perf_counter()
    n_row = write_shards(folder, n_shard, n_rep)
    files = list((folder / "out" / "shards").glob("*.parquet"))
    size = sum(path.stat().st_size for path in files) / 2**20
    print(f"{len(files)} shards, {n_row} rows, {size:.0f} MiB, "
          f"written in {time.perf_counter() - start:.0f} s")  # fmt: skip
    before = step("digest", folder)
    step("collect", folder)
    step("collect", folder)
    assert step("digest", folder) == before, "merging changed a row"
    files = list((folder / "out" / "shards").glob("*.parquet"))
    print(f"  {len(files)} files, {sum(path.stat().st_size for path in files) / 2**20:.0f} MiB")


def main() -> None:
    """Print the table, for a tenth of the shards first."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--shards", type=int, default=10_000)
    parser.add_argument("--replications", type=int, default=10)
    parser.add_argument("--keep", type=Path, help="folder to work in; it is kept")
    options = parser.parse_args()
    for n_shard in (max(options.shards // 10, 1), options.shards):
        folder = options.keep / str(n_shard) if options.keep else Path(tempfile.mkdtemp())
        folder.mkdir(parents=True, exist_ok=True)
        try:
            bench(folder, n_shard, options.replications)
        finally:
            if not options.keep:
                shutil.rmtree(folder)


if __name__ == "__main__":
    main()
