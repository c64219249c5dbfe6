"""A threshold in use: its value on the study and on every resample, NaN where nothing set it."""

from dataclasses import dataclass

import numpy as np

from simdesign import decide
from simdesign.records import Floats


@dataclass(frozen=True, slots=True, kw_only=True)
class Cutoff:
    """A threshold in use: its kind, its budget, and its value on the study and on resamples."""

    kind: str
    budget: float
    values: Floats  # (1 + n_draw,)


def values_of(threshold: decide.Threshold, fitted: bool) -> Floats:
    """Return the value, then those on resamples; NaN when no null programme was fitted."""
    values = np.concatenate([[threshold.value], threshold.draws])
    return values if fitted else np.full(values.size, np.nan)


def cutoff_of(kind: str, budget: float, threshold: decide.Threshold, fitted: bool) -> Cutoff:
    """Return a threshold in use; NaN when no null programme behind it was fitted."""
    return Cutoff(kind=kind, budget=budget, values=values_of(threshold, fitted))


def known_weight(weight: Floats, fitted: bool, cutoff: Cutoff) -> Floats:
    """Return weights that are NaN, and make measures so, where nothing was fitted or calibrated."""
    known = fitted and (cutoff.kind == "published" or not np.isnan(cutoff.values[0]))
    return weight if known else np.full(weight.shape, np.nan)
