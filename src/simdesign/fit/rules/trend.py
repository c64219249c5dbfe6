"""Tests for a trend: a straight line, and Mann and Kendall's."""

import math
from functools import cache
from itertools import combinations
from typing import ClassVar

import numpy as np
from scipy import stats

from simdesign.fit.index import log_level
from simdesign.fit.rules.national import (
    Verdict,
    constant,
    judge_series,
    judged,
    normal_score,
    straight_line,
)
from simdesign.records import Fit, Floats, Ints, Looks, Observations
from simdesign.spec.base import Spec
from simdesign.spec.rules import LinearTrend, MannKendall


class LinearTrendEngine:
    """t-test of the slope of a straight line through the yearly national log means."""

    spec_type: ClassVar[type[Spec]] = LinearTrend
    least: ClassVar[int] = 3

    def __init__(self, name: str, spec: LinearTrend) -> None:
        self.name, self.spec = name, spec

    def fit(self, observations: Observations, looks: Looks, substance: str) -> Fit:
        """Score = the two-sided p value as a standard normal."""
        return judge_series(self.name, observations, looks, substance, self.least, self._judge)

    def _judge(self, x: Floats, y: Floats) -> Verdict:
        slope, residual = straight_line(x, y)
        free = x.size - 2
        run = x - x.sum() / x.size
        with np.errstate(divide="ignore", invalid="ignore"):
            variance = (residual * residual).sum(axis=1) / free / (run * run).sum()
            p = 2.0 * stats.t.sf(np.abs(slope) / np.sqrt(variance), free)
        p = np.where(constant(y), 1.0, p)
        return normal_score(p), p < self.spec.level, slope * (x[-1] - x[0])


class MannKendallEngine:
    """Mann-Kendall test; with several calendar slots a year, seasonal Kendall over them.

    One slot: the exact distribution of Kendall's S. Several: the normal one of their sum with the
    correction for continuity, slots taken as independent (Hirsch, Slack and Smith 1982). Ties
    count as neither up nor down and leave the variance as it is, which is on the safe side. The
    change is the median of the slopes within slots (Sen) times the years.
    """

    spec_type: ClassVar[type[Spec]] = MannKendall
    least: ClassVar[int] = 4

    def __init__(self, name: str, spec: MannKendall) -> None:
        self.name, self.spec = name, spec

    def fit(self, observations: Observations, looks: Looks, substance: str) -> Fit:
        """Score = the two-sided p value as a standard normal."""
        slots: list[int | None] = [None]
        if observations.visits.n_slot > 1:
            slots = list(range(observations.visits.n_slot))
        level = np.stack([log_level(observations, looks, substance, slot) for slot in slots])
        shape = level.shape[1:]
        score, effect = np.full(shape, np.nan), np.full(shape, np.nan)
        for k in range(shape[1]):
            known = np.isfinite(level[:, :, : k + 1])
            enough = known.sum(axis=2).max(axis=0) >= self.least
            if enough.any():
                seen = level[:, enough, : k + 1]
                score[enough, k] = _kendall_score(seen)
                effect[enough, k] = _median_slope(seen) * _span(known[:, enough])
        critical = stats.norm.isf(0.5 * self.spec.level)
        return judged(self.name, substance, score, score > critical, effect)


def _kendall_score(level: Floats) -> Floats:
    """Return the standard normal of the two-sided p value, for levels (slot, r, year)."""
    n_year = level.shape[2]
    concordance = np.zeros(level.shape[:2])
    for i, j in combinations(range(n_year), 2):
        concordance += np.nan_to_num(np.sign(level[:, :, j] - level[:, :, i]))
    n = np.isfinite(level).sum(axis=2)
    if level.shape[0] == 1:
        p = [exact_p(int(m), abs(int(s))) for m, s in zip(n[0], concordance[0], strict=True)]
        return normal_score(np.array(p))
    variance = (n * (n - 1) * (2 * n + 5)).sum(axis=0) / 18.0
    total = np.abs(concordance.sum(axis=0))
    return np.asarray(np.maximum(total - 1.0, 0.0) / np.sqrt(variance))


@cache
def exact_p(n: int, concordance: int) -> float:
    """Return the two-sided exact p value of Kendall's S = ``concordance`` >= 0 of ``n`` values.

    SciPy's, for a permutation with so many pairs upwards more than downwards; with ties S may lie
    between two attainable values, and the smaller one is taken.
    """
    inversions = math.ceil((n * (n - 1) // 2 - concordance) / 2)
    ranks, order = list(range(n)), []
    for left in range(n - 1, -1, -1):
        taken = min(inversions, left)
        order.append(ranks.pop(taken))
        inversions -= taken
    return float(stats.kendalltau(range(n), order, method="exact").pvalue)


def _median_slope(level: Floats) -> Floats:
    """Return the median over slots and pairs of years of the slopes, (r,)."""
    slopes = [
        (level[:, :, j] - level[:, :, i]) / (j - i)
        for i, j in combinations(range(level.shape[2]), 2)
    ]
    return np.asarray(np.nanmedian(np.concatenate(slopes), axis=0))


def _span(known: np.ndarray) -> Ints:
    """Return the years from the first known value to the last, for (slot, r, year)."""
    present = known.any(axis=0)
    last = present.shape[1] - 1 - present[:, ::-1].argmax(axis=1)
    return np.asarray(last - present.argmax(axis=1))
