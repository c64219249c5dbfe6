"""The national picture: how far the plain index is from what really happened.

The index of a look is against the first programme year. Arrays have shape (r, k), annual looks.
"""

import numpy as np

from simdesign.evaluate.measure import Measure, mean_measure, root_mean_square
from simdesign.records import Floats

SPAN = 3
"""Years over which a change is judged."""
TOLERANCE = float(np.log(1.10))
"""A change within 10 % either way (on the log scale) is called stable."""


def level_bias(level: Floats, truth: Floats, n_failed: int = 0) -> Measure:
    """Return the mean error of the log index in the final year."""
    error = level[:, -1] - truth[:, -1]
    return mean_measure(error, np.isfinite(error), n_failed)


def level_rmse(level: Floats, truth: Floats, n_failed: int = 0) -> Measure:
    """Return the root mean squared error of the log index in the final year."""
    error = level[:, -1] - truth[:, -1]
    return root_mean_square(error, np.isfinite(error), n_failed)


def _changes(level: Floats) -> Floats:
    return level[:, SPAN:] - level[:, :-SPAN]


def _mean_over_windows(flag: np.ndarray, known: np.ndarray, n_failed: int) -> Measure:
    n_window = known.sum(axis=1)
    values = (flag & known).sum(axis=1) / np.maximum(n_window, 1)
    return mean_measure(values, n_window > 0, n_failed, share=True)


def large_error_prob(level: Floats, truth: Floats, n_failed: int = 0) -> Measure:
    """Return P(|error of a three-year change| > log 1.10).

    Averaged over all three-year windows of a programme, then over programmes: the replication
    stays the unit of resampling.
    """
    error = _changes(level) - _changes(truth)
    return _mean_over_windows(np.abs(error) > TOLERANCE, np.isfinite(error), n_failed)


def right_verdict_prob(level: Floats, truth: Floats, n_failed: int = 0) -> Measure:
    """Return P(rise, stable or fall over three years is called rightly), at 10 % either way."""
    seen, real = _changes(level), _changes(truth)
    known = np.isfinite(seen) & np.isfinite(real)
    return _mean_over_windows(_verdict(seen) == _verdict(real), known, n_failed)


def _verdict(change: Floats) -> Floats:
    return np.where(np.abs(change) <= TOLERANCE, 0.0, np.sign(change))
