"""Format, style, types and import contracts, each with the tool's own output on failure."""

import shutil
import subprocess
import sysconfig
from pathlib import Path

ROOT = Path(__file__).parents[2]
CODE = [
    name for name in ("src", "tests", "benchmarks", "notebooks", "docs") if (ROOT / name).is_dir()
]


def run(tool: str, *arguments: str) -> None:
    # Beside the running interpreter, so that the locked version is used.
    program = shutil.which(tool, path=sysconfig.get_path("scripts"))
    assert program, f"{tool} is not installed: run `make env`"
    done = subprocess.run(
        [program, *arguments],
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    assert done.returncode == 0, f"{tool} {' '.join(arguments)}\n{done.stdout}"


def test_style():
    run("ruff", "check", *CODE)


def test_format():
    run("ruff", "format", "--check", "--output-format", "concise", *CODE)


def test_types():
    run("mypy", "--no-error-summary")


def test_import_contracts():
    run("lint-imports")
