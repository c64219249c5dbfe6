"""Everything that `two-weeks` says about one city, computed; words are in two_weeks_words.py."""

import itertools
import math
from dataclasses import dataclass, replace

import numpy as np

from simdesign.fit import (
    COMMON_NODES,
    NODES,
    NOTABLE,
    NOTABLE_FALL,
    BreakOdds,
    CityModel,
    Estimate,
    Mixture,
    MoreWeeks,
    NoiseDraws,
    Reached,
    TwoWeeks,
    break_odds,
    largest_posterior,
    more_weeks,
    naive_prob,
    prior_change,
    prob_reached,
    season_differences,
    two_week_posterior,
)
from simdesign.studies.two_weeks_noise import Noise

AMPLITUDES = (0.05, 0.10, 0.20)
"""Season amplitudes that are tried: the catalogue's, and two and four times it [1, log]."""
EVERY_MONTH = tuple(range(12))
APART = ((1,), (2,), (3,), (6,), EVERY_MONTH)
"""Months between the weeks' places in the year; the last stands for two unknown months."""
FURTHER = (1, 2, 4, 8, 12, 26, math.inf)
CHECKED_DRAWS = 400
"""Draws on which the quadrature is repeated with twice the points."""
COMBINED_DRAWS = 1000
"""Draws on which other priors are tried: their error is twice that of the answer itself."""
SETTLED_WITH = 0.8
"""The weeks asked for are those that settle the question with this probability."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Chance:
    """The answer for one way in which the city came into view."""

    n_cities: int  # 1: named beforehand
    prob_rise: Estimate
    prob_fall: Estimate  # of more than 10 %
    prob_break: Estimate
    change: tuple[float, float, float]  # real change: median, 2.5 and 97.5 % [1, log]
    reached: Reached  # P(the largest rise is at least as large)


@dataclass(frozen=True, slots=True, kw_only=True)
class SeasonRow:
    """The answer where the weeks stand in other months."""

    amplitude: float
    months: tuple[int, ...]
    prob_rise: Estimate


@dataclass(frozen=True, slots=True, kw_only=True)
class PriorRow:
    """The answer under another prior."""

    what: str  # a key of the texts
    value: float
    prob_rise: Estimate
    prob_break: Estimate
    largest_rise: Estimate  # P(real rise) as the largest of the last number of cities


@dataclass(frozen=True, slots=True, kw_only=True)
class TwoWeekAnswer:
    """Everything that is printed."""

    weeks: TwoWeeks
    labels: tuple[str, str]  # of the weeks: years, or years and months
    months_apart: int | None  # places in the year, where months were given
    substance: str
    noise: Noise
    chances: tuple[Chance, ...]  # the first is that of a city named beforehand
    naive: Estimate
    prior_rise: Estimate  # P(real rise > 10 %) before the two weeks
    odds: BreakOdds
    prior_break: float
    season: tuple[SeasonRow, ...]
    further: tuple[MoreWeeks, ...]
    priors: tuple[PriorRow, ...]
    break_range: tuple[float, float]  # of P(break) over all combinations of priors
    rise_range: tuple[float, float]
    n_combined: int
    quadrature_error: float

    @property
    def enough_weeks(self) -> float | None:
        """The smallest number of further weeks that settles it well enough; None if none does."""
        served = (f.n_weeks for f in self.further if f.settled.value >= SETTLED_WITH)
        return next(served, None)


def two_week_answer(
    weeks: TwoWeeks, labels: tuple[str, str], substance: str, noise: Noise, *,
    cities: tuple[int, ...], months_apart: int | None = None,
) -> TwoWeekAnswer:  # fmt: skip
    """Compute everything that `two-weeks` prints."""
    draws, model = noise.draws, noise.model
    apart = tuple(sorted({*APART, (months_apart,)} if months_apart else APART, key=_order))
    few = draws.first(COMBINED_DRAWS)
    low_high = prior_extremes(weeks, few, model)
    return TwoWeekAnswer(
        weeks=weeks,
        labels=labels,
        months_apart=months_apart,
        substance=substance,
        noise=noise,
        chances=tuple(_chance(weeks, draws, model, n) for n in (1, *cities)),
        naive=naive_prob(weeks, draws, model),
        prior_rise=prior_change(weeks, draws, model).prob_above(NOTABLE),
        odds=break_odds(weeks, draws, model),
        prior_break=-math.expm1(-model.hazard * weeks.years),
        season=tuple(
            SeasonRow(
                amplitude=a, months=m,
                prob_rise=two_week_posterior(
                    weeks, draws, model, season=season_differences(a, m)
                ).prob_above(NOTABLE),
            )
            for a in AMPLITUDES
            for m in apart
        ),
        further=tuple(more_weeks(weeks, draws, model, n) for n in FURTHER),
        priors=prior_rows(weeks, few, model, max(cities, default=1)),
        break_range=low_high[0],
        rise_range=low_high[1],
        n_combined=low_high[2],
        quadrature_error=quadrature_error(weeks, draws, model, (1, *cities)),
    )  # fmt: skip


def _order(months: tuple[int, ...]) -> tuple[int, int]:
    return len(months), months[0]


def _chance(weeks: TwoWeeks, draws: NoiseDraws, model: CityModel, n: int) -> Chance:
    found = _posterior(weeks, draws, model, n)
    return Chance(
        n_cities=n,
        prob_rise=found.prob_above(NOTABLE),
        prob_fall=found.prob_below(NOTABLE_FALL),
        prob_break=found.prob_break(),
        change=(found.quantile(0.5), found.quantile(0.025), found.quantile(0.975)),
        reached=prob_reached(weeks, draws, model, n),
    )


def _posterior(weeks: TwoWeeks, draws: NoiseDraws, model: CityModel, n: int) -> Mixture:
    if n == 1:
        return two_week_posterior(weeks, draws, model)
    return largest_posterior(weeks, draws, model, n)


def quadrature_error(
    weeks: TwoWeeks, draws: NoiseDraws, model: CityModel, cities: tuple[int, ...]
) -> float:
    """Return the largest change of a main probability when all points are doubled."""
    few = draws.first(CHECKED_DRAWS)
    worst = 0.0
    for n in cities:
        once = largest_posterior(weeks, few, model, n)
        twice = largest_posterior(
            weeks, few, model, n, nodes=2 * NODES, common_nodes=2 * COMMON_NODES
        )
        for a, b in (
            (once.prob_above(NOTABLE), twice.prob_above(NOTABLE)),
            (once.prob_break(), twice.prob_break()),
        ):
            worst = max(worst, abs(a.value - b.value))
    return worst


def other_priors(
    draws: NoiseDraws, model: CityModel
) -> list[tuple[str, float, NoiseDraws, CityModel]]:
    """Return other priors, one at a time: what, its value or factor, draws, model."""
    found: list[tuple[str, float, NoiseDraws, CityModel]] = []
    for hazard in (0.01, 0.20):
        found.append(("hazard", hazard, draws, replace(model, hazard=hazard)))
    for step in (0.10, 0.60):
        found.append(("step_sd", step, draws, replace(model, step_sd=step)))
    for sd in (0.0, 0.05, 0.20):
        found.append(("drift_site", sd, with_city_drift(draws, sd), model))
    for factor in (0.0, 2.0):
        found.append(("drift", factor, draws.scaled(drift=factor), model))
    for factor in (0.0, 0.5, 2.0):
        walks = draws.scaled(sigma_rw=factor, sigma_rw_site=factor)
        found.append(("walks", factor, walks, model))
    for name in ("sigma_shared", "sigma_site"):
        for factor in (0.5, 2.0):
            found.append((name, factor, draws.scaled(**{name: factor}), model))
    still = draws.scaled(sigma_rw=0.0, sigma_rw_site=0.0, drift=0.0, drift_site=0.0)
    found.append(("still", 0.0, still, model))
    return found


def with_city_drift(draws: NoiseDraws, sd: float) -> NoiseDraws:
    """Return the draws with one SD of the city's own drift [1/year]."""
    return replace(draws, drift_site=np.full(draws.n, sd))


def prior_rows(
    weeks: TwoWeeks, draws: NoiseDraws, model: CityModel, n_cities: int
) -> tuple[PriorRow, ...]:
    """Return the answer under other priors, one at a time."""
    rows = []
    for what, value, other, changed in other_priors(draws, model):
        found = two_week_posterior(weeks, other, changed)
        rows.append(
            PriorRow(
                what=what, value=value, prob_rise=found.prob_above(NOTABLE),
                prob_break=found.prob_break(),
                largest_rise=_posterior(weeks, other, changed, n_cities).prob_above(NOTABLE),
            )
        )  # fmt: skip
    return tuple(rows)


def prior_extremes(
    weeks: TwoWeeks, draws: NoiseDraws, model: CityModel
) -> tuple[tuple[float, float], tuple[float, float], int]:
    """Return the ranges of P(break) and P(real rise) over combined priors, and their number."""
    breaks, rises = [], []
    for hazard, step, sd, walk, drift in itertools.product(
        (0.01, model.hazard, 0.20), (0.10, model.step_sd, 0.60), (0.0, None, 0.20),
        (0.0, 1.0, 2.0), (0.0, 1.0),
    ):  # fmt: skip
        changed = replace(model, hazard=hazard, step_sd=step)
        other = draws.scaled(sigma_rw=walk, sigma_rw_site=walk, drift=drift)
        other = other if sd is None else with_city_drift(other, sd)
        found = two_week_posterior(weeks, other, changed)
        breaks.append(found.prob_break().value)
        rises.append(found.prob_above(NOTABLE).value)
    return (min(breaks), max(breaks)), (min(rises), max(rises)), len(breaks)
