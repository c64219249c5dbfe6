"""Assertions about random results, with a tolerance that is derived instead of chosen.

A correct program fails one such assertion with probability 6e-7 (five standard errors), and seeds
are fixed, so that a test passes always or never. An error that is a few standard errors large is
found; a smaller one needs more draws, not a narrower tolerance.
"""

import math

import numpy as np
from numpy.typing import ArrayLike

Z = 5.0


def assert_mean(draws: ArrayLike, expected: float, *, z: float = Z) -> None:
    """Assert that independent draws have a known mean."""
    x = np.asarray(draws, dtype=float).ravel()
    assert x.size >= 30, f"{x.size} draws are too few for a normal approximation"
    assert np.isfinite(x).all(), f"{np.count_nonzero(~np.isfinite(x))} of {x.size} are not finite"
    mean, error = float(x.mean()), float(x.std(ddof=1)) / math.sqrt(x.size)
    # Draws that are all equal have no error of their own, only that of the arithmetic.
    allowed = z * error + 1e-12 * abs(expected)
    assert abs(mean - expected) <= allowed, (
        f"mean {mean:.6g} differs from {expected:.6g} by {abs(mean - expected):.2g}, "
        f"more than {z:g} x {error:.2g} ({x.size} draws)"
    )


def assert_proportion(successes: int, n: int, expected: float, *, z: float = Z) -> None:
    """Assert that independent trials succeed with a known probability.

    The error is that of the expected probability, not of the observed one, which would be zero when
    nothing or everything succeeds.
    """
    assert 0 <= successes <= n, f"{successes} successes in {n} trials"
    assert n > 0, "no trials"
    error = math.sqrt(expected * (1.0 - expected) / n)
    # Half a trial allows for counting in whole trials.
    allowed = z * error + 0.5 / n
    assert abs(successes / n - expected) <= allowed, (
        f"{successes} of {n} = {successes / n:.4f} differs from {expected:.4f} "
        f"by more than {z:g} x {error:.2g}"
    )
