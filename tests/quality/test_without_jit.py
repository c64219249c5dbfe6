"""Kernels do what their Python source says: same tests, same bits without compilation."""

import os
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
FILES = [
    "tests/kernels",
    "tests/simulate/test_kernels.py",
    "tests/fit/test_site_weeks.py",
    "tests/fit/test_quadrature.py",
]
FIT = """
import numpy as np
from fit import panels
from simdesign.fit import build
from simdesign.spec.estimator import ExactStep
where = panels.visits(3, 5, rounds=2)
observations = panels.draw(np.random.default_rng(1), where, 2, step=0.2, step_day=21200)
spec = ExactStep(sigma_shared=0.05, sigma_rw=0.03, sigma_site=0.07)
fit = build("e", spec).fit(observations, panels.looks(5), "cocaine")
print([float(x).hex() for x in np.r_[fit.score.ravel(), fit.effect_low.ravel()]])
"""


def _python(arguments, *, jit):
    env = {**os.environ, "NUMBA_DISABLE_JIT": "0" if jit else "1", "PYTHONPATH": "tests"}
    env.pop("CI", None)  # the outer run looks after skipped tests
    return subprocess.run(
        [sys.executable, *arguments], cwd=ROOT, env=env, capture_output=True, text=True, check=False
    )


def test_kernel_tests_pass_without_compilation():
    done = _python(["-m", "pytest", "-q", "-p", "no:cacheprovider", *FILES], jit=False)
    assert done.returncode == 0, done.stdout[-3000:]
    passed = re.search(r"(\d+) passed", done.stdout)
    assert passed is not None
    assert int(passed.group(1)) >= 30


def test_a_whole_fit_has_the_same_bits_without_compilation():
    compiled, plain = (_python(["-c", FIT], jit=jit) for jit in (True, False))
    assert compiled.returncode == plain.returncode == 0, compiled.stderr + plain.stderr
    assert compiled.stdout == plain.stdout
    assert "0x" in compiled.stdout
