"""The prior at which P(break) of one data set crosses a level: the flip point, by root finding.

The intensity h has a closed form (docs/sensitivity.md): posterior odds are (exp(h T) - 1) times a
Bayes factor without h, because given a break its date is spread evenly whatever h is.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from scipy import optimize, special

from simdesign.errors import SpecError
from simdesign.fit.priors import BreakPriors, ExactSpec, break_priors
from simdesign.fit.quick_answer import quick_answer
from simdesign.records import Looks, Observations, Status
from simdesign.spec.quantity import HalfNormal, LogNormal
from simdesign.units import DAYS_PER_YEAR

N_GRID = 9
"""Values at which a prior is tried before roots are sought between neighbours: two flips between
two of them are missed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PriorFlip:
    """What happens to P(break) when one prior goes from low to high."""

    field: str
    default: float  # as the estimator has it
    grid: tuple[float, ...]  # values tried
    prob_break: tuple[float, ...]  # at each
    level: float
    at: tuple[float, ...]  # where P(break) equals the level, increasing; empty = no flip

    @property
    def text(self) -> str:
        """The answer in words."""
        if not self.at:
            side = "above" if self.prob_break[0] > self.level else "below"
            return (
                f"{self.field}: no flip from {self.grid[0]:.3g} to {self.grid[-1]:.3g}, "
                f"P(break) stays {side} {self.level:g}"
            )
        where = ", ".join(f"{value:.3g}" for value in self.at)
        return f"{self.field}: P(break) = {self.level:g} at {where} (default {self.default:.3g})"


def _scale(name: str) -> Callable[[BreakPriors, float], BreakPriors]:
    """Return how to change a standard deviation's prior: its scale, its median, or its value."""

    def changed(priors: BreakPriors, value: float) -> BreakPriors:
        new: dict[str, Any] = {name: value}
        match getattr(priors, name):
            case HalfNormal():
                new = {name: HalfNormal(scale=value)}
            case LogNormal() as old:
                new = {name: old.model_copy(update={"median": value})}
        return replace(priors, **new)

    return changed


def _number(name: str) -> Callable[[BreakPriors, float], BreakPriors]:
    def changed(priors: BreakPriors, value: float) -> BreakPriors:
        new: dict[str, Any] = {name: value}
        return replace(priors, **new)

    return changed


FIELDS: dict[str, Callable[[BreakPriors, float], BreakPriors]] = {
    **{name: _number(name) for name in ("hazard", "step_sd", "slope_sd", "drift_sd")},
    **{name: _scale(name) for name in ("sigma_shared", "sigma_rw", "sigma_site")},
}
"""Priors that can be moved; of a standard deviation the scale or median, or the value itself."""


def prior_flip(
    spec: ExactSpec,
    observations: Observations,
    looks: Looks,
    substance: str,
    field: str,
    low: float,
    high: float,
    level: float = 0.5,
    n_grid: int = N_GRID,
) -> PriorFlip:
    """Return where P(break) of the first replication at the last look crosses a level.

    Parameters
    ----------
    spec : ExactSpec
    observations : Observations
    looks : Looks
    substance : str
    field : str
        One of ``FIELDS``.
    low, high : float
        Range of the prior, positive; tried at equal ratios.
    level : float
        In (0, 1).
    n_grid : int
        Values tried, at least 2.
    """
    if field not in FIELDS:
        raise SpecError("field", field, f"must be one of {', '.join(FIELDS)}")
    if not 0.0 < low < high:
        raise SpecError(f"{field}.low", low, f"must be in (0, {high:g})")
    if not 0.0 < level < 1.0:
        raise SpecError("level", level, "must be in (0, 1)")
    priors = break_priors(spec, substance)
    target = float(special.logit(level))

    def gap(log_value: float) -> float:
        moved = FIELDS[field](priors, math.exp(log_value))
        return quick_answer(moved, observations, looks, substance).log_odds - target

    logs = np.linspace(math.log(low), math.log(high), n_grid)
    gaps = [gap(float(x)) for x in logs]
    known = quick_answer(priors, observations, looks, substance).status != Status.NOT_APPLICABLE
    roots = [
        math.exp(float(optimize.brentq(gap, a, b, xtol=1e-6)))
        for a, b, before, after in zip(logs, logs[1:], gaps, gaps[1:], strict=False)
        if known and (before > 0.0) != (after > 0.0)
    ]
    return PriorFlip(
        field=field, default=_default(priors, field),
        grid=tuple(np.exp(logs).tolist()),
        prob_break=tuple(float(special.expit(g + target)) for g in gaps),
        level=level, at=tuple(roots),
    )  # fmt: skip


def hazard_flip(
    spec: ExactSpec,
    observations: Observations,
    looks: Looks,
    substance: str,
    low: float,
    high: float,
    level: float = 0.5,
) -> PriorFlip:
    r"""Return the same for the break intensity from one fit, in closed form.

    .. math:: \frac{P}{1 - P} = (e^{hT} - 1)\, B \quad\Rightarrow\quad
              h^* = \frac1T \log\left(1 + \frac{p}{(1 - p) B}\right)

    with T the years from the origin to the look and B the Bayes factor of a break.
    """
    priors = break_priors(spec, substance)
    answer = quick_answer(priors, observations, looks, substance)
    years = max(float(looks.day[-1]) - float(looks.origin_day), 1.0) / DAYS_PER_YEAR
    log_bayes = answer.log_odds - math.log(math.expm1(priors.hazard * years))
    at = math.log1p(math.exp(float(special.logit(level)) - log_bayes)) / years
    ends = (low, high)
    return PriorFlip(
        field="hazard", default=priors.hazard, grid=ends,
        prob_break=tuple(
            float(special.expit(log_bayes + math.log(math.expm1(h * years)))) for h in ends
        ),
        level=level, at=(at,) if low <= at <= high else (),
    )  # fmt: skip


def _default(priors: BreakPriors, field: str) -> float:
    value = getattr(priors, field)
    match value:
        case HalfNormal():
            return value.scale
        case LogNormal():
            return value.median
        case _:
            return float(value)
