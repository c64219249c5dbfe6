"""One package spells the names of stored files; everybody else asks it."""

import ast
from pathlib import Path

import pytest

from simdesign.run.backends import sbatch_options
from simdesign.run.backends.slurm_script import Request, Site, element_script
from simdesign.stored import ClaimPaths, JobPaths, Paths, PublishedPaths
from simdesign.studies import completion

ROOT = Path(__file__).parents[2]
SOURCE = ROOT / "src" / "simdesign"
SPELLS = SOURCE / "stored"
SHELL = SOURCE / "run" / "backends" / "slurm_script.py"
"""Bash writes some of the files: its half of the names is compared below."""
COMPLETION = SOURCE / "studies" / "completion.py"
"""Answers between two keys, without loading `stored`: its names are compared below, too."""


def _named(paths):
    """Return the names of all files and folders that a class knows."""
    kind = type(paths)
    found = [
        getattr(paths, name) for name, item in vars(kind).items() if isinstance(item, property)
    ]
    inside = [item for item in found if isinstance(item, Path) and item.parent == paths.folder]
    return {item.name for item in inside}


NAMES = (
    _named(Paths(Path("x")))
    | _named(JobPaths(Path("x")))
    | _named(PublishedPaths(Path("x")))
    | {ClaimPaths(Path("x")).manifest_name}
)
FILES = {name for name in NAMES if "." in name}
FOLDERS = NAMES - FILES


def spelled(text):
    """Return where a source file spells such a name as a path: line and string."""
    tree = ast.parse(text)
    told = {  # what explains the code may name files
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef)
        and node.body and isinstance(node.body[0], ast.Expr)
    }  # fmt: skip
    joined = {
        id(side)
        for node in ast.walk(tree)
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Div)
        for side in (node.left, node.right)
    }
    found = []
    for node in ast.walk(tree):
        if not isinstance(node, ast.Constant) or not isinstance(node.value, str):
            continue
        parts = node.value.split("/")
        is_path = len(parts) > 1 or id(node) in joined
        names = NAMES if is_path else FILES
        if id(node) not in told and names & set(parts):
            found.append((node.lineno, node.value))
    return found


def test_names_are_what_the_documents_list():
    assert {"manifest.json", "precision.json", "submission.json", "study.lock.json"} <= FILES
    assert {"shards", "damaged", "refined", "jobs", "studies", "elements", "logs"} == FOLDERS
    listed = (ROOT / "docs" / "store.md").read_text(encoding="utf-8")
    for name in _named(Paths(Path("x"))):
        assert name in listed


@pytest.mark.parametrize(
    ("text", "is_found"),
    [
        ('folder / "jobs"', True),
        ('(folder / "verdict.json").read_text()', True),
        ('folder.glob("shards/*.parquet")', True),
        ('f"{folder}/manifest.json"', True),
        ('name = "ended.json"', True),
        ('{"jobs": 3}', False),
        ('"""manifest.json  the study"""', False),
        ('raise ValueError("must be a column of measures.csv, as power is")', False),
    ],
)
def test_a_name_that_is_spelled_is_found(text, is_found):
    assert bool(spelled(text)) == is_found


def test_completion_knows_the_names():
    known = (Paths(Path("x")).manifest.name, PublishedPaths(Path("x")).lock.name)
    assert known == (completion._MANIFEST, completion._LOCK)


def test_nobody_else_spells_them():
    found = [
        f"{path.relative_to(SOURCE)}:{line}: {text.strip()[:60]}"
        for path in sorted(SOURCE.rglob("*.py"))
        if SPELLS not in path.parents and path not in (SHELL, COMPLETION)
        for line, text in spelled(path.read_text(encoding="utf-8"))
    ]
    assert found == []


def test_the_shell_spells_them_alike():
    paths = JobPaths(Path("results", "jobs", "0001"))
    script = element_script(
        Site(study="x", folder=paths.folder, python=["python"], prologue="",
             options=sbatch_options([])),
        Request(minutes=1, memory_mib=1, lead_seconds=1),
    )  # fmt: skip
    assert f"--output={paths.logs}/%j.out" in script
    assert f'"$folder/{paths.notes.name}/$name{paths.exit(0).suffix}"' in script
    assert "printf '%06d'" in script
    assert paths.exit(7).stem == "000007"
