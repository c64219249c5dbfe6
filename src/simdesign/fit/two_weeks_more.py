"""Further weeks beside the second one: would they settle it (docs/leeuwarden.md, section 7)."""

import math
from dataclasses import dataclass

import numpy as np
from scipy.special import ndtr

from simdesign.fit.two_weeks import (
    NOTABLE,
    CityModel,
    Estimate,
    NoiseDraws,
    Parts,
    TwoWeeks,
    normal_density,
    parts,
)
from simdesign.records import Floats

GRID = 121
"""Values of the further weeks' mean on which the coming probability is computed."""
BATCHES = 10
"""Parts of the draws on which everything is computed anew, for the Monte Carlo error."""
SURE, UNSURE = 0.95, 0.05
"""The question is settled when the probability of a real rise leaves this range."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MoreWeeks:
    """What some further weeks at the second date would do."""

    n_weeks: float  # infinity: the limit
    prob_sure: Estimate  # P(the probability of a real rise > 10 % will be above 0.95)
    prob_refuted: Estimate  # P(it will be below 0.05)
    settled: Estimate  # either


def more_weeks(
    weeks: TwoWeeks, draws: NoiseDraws, model: CityModel, n_weeks: float, *, grid: int = GRID,
) -> MoreWeeks:  # fmt: skip
    """Return what ``n_weeks`` weeks beside the second one, each with all seven days, would bring.

    Each has its own batch and city-week error; the laboratory's year is that of the second week.
    """
    p = parts(weeks, draws, model)
    day = p.week[:, 1]
    if weeks.days[1] != 7:
        full = parts(_with_seven(weeks), draws, model)
        day = full.week[:, 1]
    everything = _settled(weeks, draws, model, p, day, n_weeks, np.arange(draws.n), grid)
    n = min(BATCHES, draws.n)
    if n < 2:
        return _as_answer(n_weeks, everything, np.full(3, math.nan))
    batches = np.stack(
        [
            _settled(weeks, draws, model, p, day, n_weeks, rows, grid)
            for rows in np.array_split(np.arange(draws.n), n)
        ]
    )
    return _as_answer(n_weeks, everything, batches.std(axis=0, ddof=1) / math.sqrt(n))


def _as_answer(n_weeks: float, value: Floats, error: Floats) -> MoreWeeks:
    sure, refuted, settled = (Estimate(*map(float, x)) for x in zip(value, error, strict=True))
    return MoreWeeks(n_weeks=n_weeks, prob_sure=sure, prob_refuted=refuted, settled=settled)


def _with_seven(weeks: TwoWeeks) -> TwoWeeks:
    return TwoWeeks(
        before=weeks.before, after=weeks.after, years=weeks.years, days=(weeks.days[0], 7),
        population=weeks.population,
    )  # fmt: skip


def _settled(
    weeks: TwoWeeks, draws: NoiseDraws, model: CityModel, p: Parts, full_week: Floats,
    n_weeks: float, rows: np.ndarray, grid: int,
) -> Floats:  # fmt: skip
    """Return P(sure), P(refuted) and their sum from some of the draws, (15) to (17)."""
    shared = draws.sigma_shared[rows] ** 2
    first = shared + p.week[rows, 0]
    c11 = first + shared + p.week[rows, 1]
    c12 = first + model.r_lab * shared
    c22 = c12 + ((1.0 - model.r_lab) * shared + full_week[rows]) / n_weeks
    real = p.nation[rows, None] + p.own[rows]  # (s, c)
    drift = p.drift[rows]
    gap = (weeks.log_ratio - drift)[:, None]
    weight = p.weight * normal_density(gap, real + c11[:, None])
    weight = weight / weight.sum()
    # the further weeks' change against the first week, given the second
    slope = (real + c12[:, None]) / (real + c11[:, None])
    mean = drift[:, None] + slope * gap
    sd = np.sqrt(real + c22[:, None] - slope * (real + c12[:, None]))
    x = np.linspace(float((mean - 6.0 * sd).min()), float((mean + 6.0 * sd).max()), grid)
    det = c11 * c22 - c12**2
    on_first = ((c22 - c12) / det)[:, None]  # of the precision times a vector of ones
    on_more = ((c11 - c12) / det)[:, None]
    variance = real / (1.0 + real * (on_first + on_more))
    prob, density = np.zeros(grid), np.zeros(grid)
    for i, value in enumerate(x):
        new = (value - drift)[:, None]
        centre = drift[:, None] + variance * (on_first * gap + on_more * new)
        joint = weight * normal_density(value - mean, sd**2)
        density[i] = joint.sum()
        with np.errstate(divide="ignore"):  # nothing can change: a step function
            prob[i] = (joint * ndtr((centre - NOTABLE) / np.sqrt(variance))).sum()
    prob = np.divide(prob, density, out=np.full(grid, math.nan), where=density > 0.0)
    edge = _cumulative(x, weight, mean, sd)
    sure = _share_above(prob, edge, SURE)
    refuted = _share_above(1.0 - prob, edge, 1.0 - UNSURE)
    return np.array([sure, refuted, sure + refuted])


def _cumulative(x: Floats, weight: Floats, mean: Floats, sd: Floats) -> Floats:
    """Return the distribution function of the further weeks' mean."""
    return np.array([float((weight * ndtr((value - mean) / sd)).sum()) for value in x])


def _share_above(prob: Floats, cumulative: Floats, level: float) -> float:
    """Return the probability of the part of the line on which ``prob`` lies above a level.

    Between points of the grid the probability is taken as straight.
    """
    left, right = prob[:-1] - level, prob[1:] - level
    with np.errstate(divide="ignore", invalid="ignore"):
        cut = np.clip(np.where(left != right, left / (left - right), 0.0), 0.0, 1.0)
    inside = np.where(left > 0, np.where(right > 0, 1.0, cut), np.where(right > 0, 1.0 - cut, 0.0))
    return float((inside * np.diff(cumulative)).sum())
