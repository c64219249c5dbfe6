"""docs/ARCHITECTURE.md names every package and top-level module, and nothing that is not there."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
SOURCE = ROOT / "src" / "simdesign"
DOCUMENT = ROOT / "docs" / "ARCHITECTURE.md"

# Folders and modules are written in backticks: `fit/`, `run/backends/`, `records.py`,
# `fit/exact.py`, with or without `src/simdesign/` in front.
NAMED = re.compile(r"`([\w./]+(?:/|\.py))`")
WRITTEN_BY_STUDIES = ("results/", "runs/")


def in_the_tree() -> set[str]:
    packages = {path.parent.relative_to(SOURCE).as_posix() + "/" for path in SOURCE.rglob("*.py")}
    modules = {path.name for path in SOURCE.glob("*.py") if not path.name.startswith("__")}
    return (packages | modules) - {"./"}


def in_the_document() -> set[str]:
    assert DOCUMENT.is_file(), "docs/ARCHITECTURE.md is missing"
    names = NAMED.findall(DOCUMENT.read_text())
    return {name.removeprefix("src/").removeprefix("simdesign/") for name in names}


def test_everything_is_described():
    missing = in_the_tree() - in_the_document()
    assert missing == set(), "describe these in docs/ARCHITECTURE.md, in backticks"


def test_nothing_described_is_gone():
    gone = {
        name
        for name in in_the_document()
        if not (SOURCE / name).exists()
        and not (ROOT / name).exists()
        and not name.startswith(WRITTEN_BY_STUDIES)
    }
    assert gone == set(), "docs/ARCHITECTURE.md names these, but they do not exist"
