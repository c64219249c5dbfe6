"""What is heavy is loaded when it is used: `import simdesign` and `--help` stay quick."""

import subprocess
import sys

import pytest

HEAVY = ("altair", "arviz", "joblib", "numba", "pandas", "pyarrow", "pymc", "scipy", "vl_convert")
IMPORT = "import simdesign"
HELP = """
import contextlib, io, sys
from simdesign.cli import main
sys.argv = ["simdesign", "--help"]
with contextlib.redirect_stdout(io.StringIO()) as out, contextlib.suppress(SystemExit):
    main()
assert "analyse" in out.getvalue(), out.getvalue()
"""


@pytest.mark.parametrize("code", [IMPORT, HELP], ids=["import", "help"])
def test_nothing_heavy_is_loaded(code):
    # A process of its own: here everything has been loaded by other tests.
    report = f"import sys; print('loaded:', *sorted(set({HEAVY!r}) & set(sys.modules)))"
    done = subprocess.run(
        [sys.executable, "-c", f"{code}\n{report}"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1] == "loaded:"
