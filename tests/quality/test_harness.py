"""The rules of the test run hold themselves: skips in CI, and the statistical assertions."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from mc import assert_mean, assert_proportion

CONFTEST = Path(__file__).parents[1] / "conftest.py"
SKIPS = """
import pytest

def test_skipped():
    pytest.skip("no browser")

@pytest.mark.xfail(strict=True)
def test_known_failure():
    assert False
"""
MODULE_SKIP = "import pytest\npytest.importorskip('a_package_that_is_not_there')\n"


@pytest.mark.parametrize(("ci", "status"), [("", 0), ("true", 1)])
@pytest.mark.parametrize("code", [SKIPS, MODULE_SKIP], ids=["test", "module"])
def test_a_skip_is_a_failure_in_ci(tmp_path, ci, status, code):
    shutil.copy(CONFTEST, tmp_path)
    # With a test that passes beside it: a run without any test is an error of its own.
    (tmp_path / "test_passes.py").write_text("def test_passes(): pass\n")
    (tmp_path / "test_skips.py").write_text(code)
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--rootdir=."],
        cwd=tmp_path,
        env=os.environ | {"CI": ci},
        capture_output=True,
        text=True,
        check=False,
    )
    assert min(done.returncode, 1) == status, done.stdout + done.stderr
    assert ("CI=true makes that a failure" in done.stdout) == (ci == "true")


def test_mean_is_told_from_a_wrong_one():
    draws = np.random.default_rng(1).normal(2.0, 3.0, 10_000)
    assert_mean(draws, 2.0)
    for wrong in (1.8, 2.2, np.nan):
        with pytest.raises(AssertionError):
            assert_mean(draws, wrong)


def test_proportion_is_told_from_a_wrong_one():
    assert_proportion(0, 100, 0.01)
    assert_proportion(5_100, 10_000, 0.5)
    for successes, expected in ((5_300, 0.5), (0, 0.5), (10_001, 1.0)):
        with pytest.raises(AssertionError):
            assert_proportion(successes, 10_000, expected)
