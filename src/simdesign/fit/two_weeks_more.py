"""Further weeks beside the second one: would they settle it (docs/leeuwarden.md, section 7)."""

import math
from dataclasses import dataclass

import numpy as np
from scipy.special import ndtr, ndtri

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

GRID, REACH = 81, 5.0
"""Values of the further weeks' mean on which the coming probability is computed, over so many
standard deviations to each side."""
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
    prob, density, below = _coming(weeks, draws, model, p, day, n_weeks, grid)
    value = _settled(prob, density, below)
    n = min(BATCHES, draws.n)
    if n < 2:
        return _as_answer(n_weeks, value, np.full(3, math.nan))
    batches = np.stack(
        [_settled(prob[b], density[b], below[b]) for b in np.array_split(np.arange(draws.n), n)]
    )
    return _as_answer(n_weeks, value, batches.std(axis=0, ddof=1) / math.sqrt(n))


def _as_answer(n_weeks: float, value: Floats, error: Floats) -> MoreWeeks:
    sure, refuted, settled = (Estimate(*map(float, x)) for x in zip(value, error, strict=True))
    return MoreWeeks(n_weeks=n_weeks, prob_sure=sure, prob_refuted=refuted, settled=settled)


def _with_seven(weeks: TwoWeeks) -> TwoWeeks:
    return TwoWeeks(
        before=weeks.before, after=weeks.after, years=weeks.years, days=(weeks.days[0], 7),
        population=weeks.population,
    )  # fmt: skip


def _coming(
    weeks: TwoWeeks, draws: NoiseDraws, model: CityModel, p: Parts, full_week: Floats,
    n_weeks: float, grid: int,
) -> tuple[Floats, Floats, Floats]:  # fmt: skip
    """Return what each draw says at values of the further weeks' mean, (15) and (16).

    Returns
    -------
    prob : ndarray, shape (s, x)
        Of a real rise, jointly with the mean; its ratio to ``density`` is the coming probability.
    density : ndarray, shape (s, x)
    below : ndarray, shape (s, x + 1)
        P(a smaller mean), jointly; the last stands for all means.
    """
    shared = draws.sigma_shared**2
    first = shared + p.week[:, 0]
    c11 = first + shared + p.week[:, 1]
    c12 = first + model.r_lab * shared
    c22 = c12 + ((1.0 - model.r_lab) * shared + full_week) / n_weeks
    real = p.nation[:, None] + p.own  # (s, c)
    gap = (weeks.log_ratio - p.drift)[:, None]
    weight = p.weight * normal_density(gap, real + c11[:, None])
    # the further weeks' change against the first week, given the second
    slope = (real + c12[:, None]) / (real + c11[:, None])
    mean = p.drift[:, None] + slope * gap
    sd = np.sqrt(real + c22[:, None] - slope * (real + c12[:, None]))
    centre = float((weight * mean).sum() / weight.sum())
    wide = math.sqrt(float((weight * (sd**2 + (mean - centre) ** 2)).sum() / weight.sum()))
    x = np.linspace(centre - REACH * wide, centre + REACH * wide, grid)
    det = c11 * c22 - c12**2
    on_first = ((c22 - c12) / det)[:, None]  # of the precision times a vector of ones
    on_more = ((c11 - c12) / det)[:, None]
    variance = real / (1.0 + real * (on_first + on_more))
    start = p.drift[:, None] + variance * (on_first * gap - on_more * p.drift[:, None])
    pull, spread = variance * on_more, np.sqrt(variance)
    prob, density = np.empty((draws.n, grid)), np.empty((draws.n, grid))
    below = np.empty((draws.n, grid + 1))
    below[:, grid] = weight.sum(axis=1)
    for i, value in enumerate(x):
        z = (value - mean) / sd
        joint = weight * np.exp(-0.5 * z * z) / sd
        density[:, i] = joint.sum(axis=1)
        with np.errstate(divide="ignore"):  # nothing can change: a step function
            rise = ndtr((start + pull * value - NOTABLE) / spread)
        prob[:, i] = (joint * rise).sum(axis=1)
        below[:, i] = (weight * ndtr(z)).sum(axis=1)
    return prob, density, below


def _settled(prob: Floats, density: Floats, below: Floats) -> Floats:
    """Return P(sure), P(refuted) and their sum from some of the draws, (17)."""
    total = density.sum(axis=0)
    coming = ndtri(np.clip(prob.sum(axis=0) / total, 1e-12, 1.0 - 1e-12))
    cumulative = below.sum(axis=0) / below[:, -1].sum()
    sure = _share_above(coming - ndtri(SURE), cumulative)
    refuted = _share_above(ndtri(UNSURE) - coming, cumulative)
    return np.array([sure, refuted, sure + refuted])


def _share_above(height: Floats, cumulative: Floats) -> float:
    """Return the probability of the part of the line on which a curve is above zero.

    Between two points the curve is straight (probits are nearly so) and the density constant;
    beyond the last ones the curve keeps its sign.
    """
    left, right = height[:-1], height[1:]
    with np.errstate(divide="ignore", invalid="ignore"):
        cut = np.clip(np.where(left != right, left / (left - right), 0.0), 0.0, 1.0)
    inside = np.where(left > 0, np.where(right > 0, 1.0, cut), np.where(right > 0, 1.0 - cut, 0.0))
    ends = cumulative[0] * (height[0] > 0) + (cumulative[-1] - cumulative[-2]) * (height[-1] > 0)
    return float((inside * np.diff(cumulative[:-1])).sum() + ends)
