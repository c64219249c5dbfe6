r"""Conditional power averaged over a distribution of the shared error: an assurance.

A study that crosses fixed levels of the shared error knows power at these levels. Between them it
is taken as linear, beyond the outer ones as constant, so that the average over a distribution with
values :math:`x_i` is a weighted mean of the powers at the levels,

.. math:: \sum_l w_l\, P(l), \qquad w_l = \frac1n \sum_i h_l(x_i)

with the hat functions h of linear interpolation. All else in these worlds stays as it is.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from simdesign.records import Floats


@dataclass(frozen=True, slots=True, kw_only=True)
class Average:
    """Power within three years, averaged over changes and over levels of the shared error."""

    substance: str
    world: dict[str, float | str]  # the other factor levels of the worlds
    estimator: str
    threshold: str  # "operating", "oracle"
    prior: str  # "design": of the null mixture; else the name of an estimate
    reference: str
    best: str  # the other design with the highest average
    reference_value: float
    reference_mcse: float
    best_value: float
    best_mcse: float
    difference: float  # best - reference
    mcse: float  # of the difference, on common replications
    prior_error: float  # SE of the difference by the finite number of draws; 0 for a formula
    beyond: float  # share of the distribution above the highest level studied
    levels: tuple[float, ...]
    weights: tuple[float, ...]


def hats(levels: Sequence[float], values: Floats) -> Floats:
    """Return the weight of each level for each value, shape (n_value, n_level); rows sum to 1.

    Parameters
    ----------
    levels : sequence of float
        Increasing.
    values : ndarray of float64, shape (n_value,)
    """
    knots = np.asarray(levels, dtype=float)
    unit = np.eye(knots.size)
    return np.stack([np.interp(values, knots, unit[n]) for n in range(knots.size)], axis=1)
