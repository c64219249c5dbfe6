"""How large a change is on the scale that steps and slopes have in common.

That scale is E(t), the contribution of a change to the national log level at the date t. The size
of a lasting change is the relative change of the load three years after the break, exp(E) - 1:
three years are the horizon of the power on which verdicts rest. docs/evaluation.md states the rule.
"""

import math

import numpy as np
from numpy.typing import NDArray

from simdesign.spec.change import (
    Change,
    LevelShift,
    NoChange,
    Pulse,
    SlopeChange,
    Substitution,
    TwoSteps,
    amount_of,
)
from simdesign.spec.quantity import Parameter, expectation
from simdesign.spec.study import Scenario

SIZE_YEARS = 3.0
"""Years after the break at which the size of a change is taken."""


def amount(change: Change, substance: str, drift: Parameter = 0.0) -> float:
    """Return size or slope of a change for one substance; the median of a distribution.

    0 for a substance that does not change; NaN without a change, and for the substance that
    replaces another one: what becomes of its load depends on the levels of both.
    """
    if isinstance(change, NoChange):
        return math.nan
    if isinstance(change.mechanism, Substitution):
        if substance == change.mechanism.to:
            return math.nan
        if substance != change.mechanism.source:
            return 0.0
    given = change.slope if isinstance(change, SlopeChange) else change.size
    if given == "plateau":
        return -expectation(drift)
    mine = amount_of(given, substance)
    return 0.0 if mine is None else expectation(mine)


def effect_after(
    change: Change, substance: str, drift: Parameter = 0.0, years: float = SIZE_YEARS
) -> float:
    """Return E, what a lasting change has added to the log level so long after the break.

    NaN for a pulse, which does not last.

    Parameters
    ----------
    change : Change
    substance : str
    drift : float or distribution
        Of the substance [1/year]: what a plateau takes away.
    years : float
        Time since the break.
    """
    found = effect_of(change, amount(change, substance, drift), np.array([years]))
    return float(found[0])


def effect_of(change: Change, amount: float, years: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return E of a lasting change of this size or slope at times since the break; 0 before it.

    NaN for a pulse, which does not last.

    Parameters
    ----------
    change : Change
    amount : float
        Size of a step, or slope on the log scale [1/year].
    years : ndarray of float64
        Time since the break.
    """
    match change:
        case LevelShift():
            return np.where(years >= 0.0, math.log1p(amount), 0.0)
        case TwoSteps():
            part = np.where(years < change.after, 1.0, change.left)
            return np.where(years >= 0.0, part * math.log1p(amount), 0.0)
        case SlopeChange():
            longest = math.inf if change.years is None else change.years
            return amount * np.clip(years, 0.0, longest)
        case _:
            return np.full(years.shape, math.nan)


def size_of(scenario: Scenario, substance: str | None = None) -> float:
    """Return the size of a scenario's change: exp(E) - 1 three years after the break.

    NaN without a lasting change. Without a substance it is the size for all of them, NaN where
    they differ.
    """
    change = scenario.change
    if substance is not None:
        if isinstance(change, LevelShift):
            return amount(change, substance)  # as it is written, to the last digit
        drift = scenario.world.substances[substance].drift
        return math.expm1(effect_after(change, substance, drift))
    sizes = {size_of(scenario, name) for name in scenario.world.substances}
    return sizes.pop() if len(sizes) == 1 else math.nan


def yearly_change(scenario: Scenario, substance: str) -> float:
    """Return what a change of slope adds to the load in a year, exp(slope) - 1; NaN for others."""
    if not isinstance(scenario.change, SlopeChange):
        return math.nan
    drift = scenario.world.substances[substance].drift
    return math.expm1(amount(scenario.change, substance, drift))


def shown_size(scenario: Scenario, substance: str) -> float:
    """Return the size that figures show: as ``size_of``, and that of a pulse while it is full."""
    if isinstance(scenario.change, Pulse):
        return amount(scenario.change, substance)
    return size_of(scenario, substance)
