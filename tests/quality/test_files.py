"""Files stay small, numba stays in its place, and no file knows the machine it was written on."""

import ast
import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SOURCE = ROOT / "src" / "simdesign"
CEILING = 600
LONGER: set[str] = set()  # files allowed above the ceiling, each with a reason


def modules() -> list[Path]:
    found = sorted(SOURCE.rglob("*.py"))
    assert len(found) > 10
    return found


def test_no_file_grows_beyond_review():
    long = {
        path.relative_to(SOURCE).as_posix()
        for path in modules()
        if len(path.read_text().splitlines()) >= CEILING
    }
    assert long == LONGER


def test_one_file_imports_numba():
    importers = {
        path.relative_to(SOURCE).as_posix() for path in modules() if "numba" in imported(path)
    }
    assert importers == {"_kernels/_jit.py"}


def imported(path: Path) -> set[str]:
    """Return the top-level packages a file imports, inside functions too."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            names.add(node.module or "")
    return {name.partition(".")[0] for name in names}


def test_no_machine_path_in_a_tracked_file():
    # Spelt in parts, or this file would name them itself.
    places = ("work" + r"\b", "root" + r"\b", "tmp" + "/", "home" + "/[a-z]")
    pattern = re.compile(r"(?<![\w.~$})*-])/(" + "|".join(places) + ")")
    # A checkout that belongs to another user, as in many a container, is read all the same.
    listed = subprocess.run(
        ["git", "-c", "safe.directory=*", "ls-files", "-z"],
        cwd=ROOT,
        capture_output=True,
        check=False,
        text=True,
    )
    if listed.returncode != 0:
        pytest.skip("not a git checkout")
    hits = []
    for name in filter(None, listed.stdout.split("\0")):
        path = ROOT / name
        content = path.read_bytes() if path.is_file() else b""
        if b"\0" in content:
            continue
        for number, line in enumerate(content.decode(errors="replace").splitlines(), start=1):
            if pattern.search(line):
                hits.append(f"{name}:{number}: {line.strip()[:100]}")
    assert hits == []
