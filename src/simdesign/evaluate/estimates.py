"""How good the estimated effect of a break is, at the final look over all replications."""

import numpy as np

from simdesign.evaluate.measure import Measure, mean_measure, root_mean_square
from simdesign.records import Floats
from simdesign.units import DAYS_PER_YEAR


def bias(estimate: Floats, truth: Floats, n_failed: int = 0) -> Measure:
    """Return the mean of ``estimate - truth``, both (r,); the MCSE comes from the errors."""
    error = estimate - truth
    return mean_measure(error, np.isfinite(error), n_failed)


def rmse(estimate: Floats, truth: Floats, n_failed: int = 0) -> Measure:
    """Return the root mean squared error."""
    error = estimate - truth
    return root_mean_square(error, np.isfinite(error), n_failed)


def coverage(low: Floats, high: Floats, truth: Floats, n_failed: int = 0) -> Measure:
    """Return P(low <= truth <= high)."""
    known = np.isfinite(low) & np.isfinite(high) & np.isfinite(truth)
    hit = (low <= truth) & (truth <= high)
    return mean_measure(hit.astype(float), known, n_failed, share=True)


def dating_error(fitted_day: Floats, change_day: Floats, n_failed: int = 0) -> Measure:
    """Return the mean absolute error of the date of the break [years]."""
    error = np.abs(fitted_day - change_day) / DAYS_PER_YEAR
    return mean_measure(error, np.isfinite(error), n_failed)
