"""Compiled kernels: numba must not run old code, and must do what the Python source says."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from simdesign._kernels import _jit
from simdesign._kernels.state_space import filter_gains, whiten
from simdesign._kernels.visit_mean import visit_means

IMPORT = "from simdesign._kernels._jit import njit\n"
INNER = IMPORT + "@njit\ndef inner(x):\n    return x + {step}\n"
OUTER = (
    "from simdesign._kernels.inner import inner\n"
    + IMPORT
    + "@njit\ndef outer(x):\n    return 10.0 * inner(x)\n"
)
RUN = "from simdesign._kernels.outer import outer; print(outer(1.0))"


@pytest.mark.parametrize("writable", [True, False])
def test_an_edited_inner_kernel_is_compiled_anew_in_its_callers(tmp_path, writable):
    kernels = tmp_path / "simdesign" / "_kernels"
    kernels.mkdir(parents=True)
    (tmp_path / "simdesign" / "__init__.py").touch()
    (kernels / "__init__.py").touch()
    (kernels / "_jit.py").write_text(Path(_jit.__file__).read_text())
    (kernels / "outer.py").write_text(OUTER)
    blocked = tmp_path / "file"
    blocked.write_text("not a folder")
    home = tmp_path if writable else blocked
    env = {
        "PYTHONPATH": str(tmp_path),
        "SIMDESIGN_CACHE": str(tmp_path / "cache") if writable else str(blocked),
        "HOME": str(home),
        "TMPDIR": str(home),
        "PATH": "",
        "PYTHONDONTWRITEBYTECODE": "1",  # two edits within a second would share their .pyc
    }
    got = []
    for step in (1.0, 2.0):
        (kernels / "inner.py").write_text(INNER.format(step=step))
        done = subprocess.run(
            [sys.executable, "-c", RUN], env=env, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
        got.append(float(done.stdout))
    assert got == [20.0, 30.0]


def _python(kernel):
    return getattr(kernel, "py_func", kernel)


def test_the_filter_equals_its_python_source_bit_for_bit():
    rng = np.random.default_rng(1)
    n = 12
    time = np.cumsum(rng.random(n))
    fresh = rng.random(n) > 0.4
    fresh[0] = True
    batch, year = rng.integers(1, 3, n), np.full(n, 3)
    new_year = np.arange(n) % 5 == 0
    args = (time, batch, fresh, year, new_year, 4, rng.random(n) + 0.1, 0.02, 0.01, 0.03)
    compiled, plain = filter_gains(*args), _python(filter_gains)(*args)
    for a, b in zip(compiled, plain, strict=True):
        np.testing.assert_array_equal(a, b)
    one, two = np.zeros((n, 3)), np.zeros((n, 3))
    x = rng.random((n, 3))
    places = (compiled[0], compiled[1], batch, fresh, year, new_year)
    whiten(x, *places, one)
    _python(whiten)(x, *places, two)
    np.testing.assert_array_equal(one, two)


def test_visit_means_equal_their_python_source_bit_for_bit():
    rng = np.random.default_rng(2)
    load = np.exp(rng.normal(6, 1, (2, 3, 7)))
    load[0, 0, 3] = np.nan
    day = np.arange(21).reshape(3, 7)
    args = (load, rng.random(load.shape) < 0.1, day, rng.normal(size=(3, 7)), rng.random(3), 0.3)
    for a, b in zip(visit_means(*args), _python(visit_means)(*args), strict=True):
        np.testing.assert_array_equal(a, b)
