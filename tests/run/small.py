"""A study of three scenarios and a handful of shards, to be copied and then harmed."""

import shutil
from pathlib import Path

from run.tiny import write_study
from simdesign.run import Results, load, run
from simdesign.spec.study import Study

ONE_WORLD = (("[0.0, 0.1]", "[0.1]"), ("[0.3, -0.3]", "[0.3]"))
REPLICATIONS, TASK = 6, 2


def small_study(folder: Path, *changes: tuple[str, str]) -> Study:
    """Write and read the study with one world and one change."""
    return Study.from_toml(write_study(folder, *ONE_WORLD, *changes))


def small_run(folder: Path, out: Path, *changes: tuple[str, str]) -> Results:
    """Run it: three scenarios, three shards each."""
    study = small_study(folder, *changes)
    return run(study, out, replications=REPLICATIONS, workers=1, task_size=TASK)


def copied(results: Results, to: Path) -> Results:
    """Return the results in a folder of their own."""
    shutil.copytree(results.folder, to)
    return load(to)


def files_in(folder: Path) -> dict[Path, bytes]:
    """Return every file below a folder with its bytes."""
    return {p.relative_to(folder): p.read_bytes() for p in folder.rglob("*") if p.is_file()}
