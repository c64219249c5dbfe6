"""Segmented regression: a line that bends once against a straight one."""

from functools import cache
from typing import ClassVar

import numpy as np
from scipy import stats

from simdesign.fit.rules.national import (
    Verdict,
    centred,
    constant,
    judge_series,
    normal_score,
    straight_line,
)
from simdesign.records import Fit, Floats, Looks, Observations
from simdesign.seeds import Purpose, stream
from simdesign.spec.base import Spec
from simdesign.spec.rules import Segmented

EDGE = 2
"""Years that a bend leaves on either side, at least."""
N_NULL = 20_000
"""Series without a bend behind a critical value."""


class SegmentedEngine:
    """Largest F of one bend over all years at which it could be.

    Since the best year is looked for, the largest F has no F distribution: the published alarm
    compares it with simulated straight lines of independent normal noise with the same years.
    """

    spec_type: ClassVar[type[Spec]] = Segmented
    least: ClassVar[int] = 2 * EDGE + 1

    def __init__(self, name: str, spec: Segmented) -> None:
        self.name, self.spec = name, spec

    def fit(self, observations: Observations, looks: Looks, substance: str) -> Fit:
        """Score = the p value of the largest F, were its year known, as a standard normal."""
        return judge_series(self.name, observations, looks, substance, self.least, self._judge)

    def _judge(self, x: Floats, y: Floats) -> Verdict:
        score, effect = best_bend(x, y)
        return score, score > critical(tuple(x), self.spec.level), effect


def best_bend(x: Floats, y: Floats) -> tuple[Floats, Floats]:
    """Return score and effect of the best bend in every row of ``y`` (n, m) at years ``x`` (m,).

    The effect is what the bend adds up to the last year: change of slope times years since.
    """
    _, residual = straight_line(x, y)
    best, effect = np.zeros(y.shape[0]), np.zeros(y.shape[0])
    free = x.size - 3
    for bend in x[EDGE:-EDGE]:
        _, hinge = straight_line(x, np.maximum(x - bend, 0.0)[None, :])
        size = (hinge * hinge).sum()
        slope = (residual * hinge).sum(axis=1) / size
        left = residual - slope[:, None] * hinge
        with np.errstate(divide="ignore", invalid="ignore"):
            f = slope * slope * size / ((left * left).sum(axis=1) / free)
        score = normal_score(stats.f.sf(f, 1, free))
        better = score > best
        best = np.where(better, score, best)
        effect = np.where(better, slope * (x[-1] - bend), effect)
    flat = constant(residual)
    return np.where(flat, 0.0, best), np.where(flat, 0.0, effect)


@cache
def critical(x: tuple[float, ...], level: float) -> float:
    """Return the score that a straight line with noise exceeds with probability ``level``."""
    years = np.array(x)
    word = int(sum(2 ** int(year) for year in years - years[0]))
    rng = stream(0, Purpose.FIT, "segmented", site=word)
    score, _ = best_bend(years, centred(rng.standard_normal((N_NULL, years.size))))
    return float(np.quantile(score, 1.0 - level, method="higher"))
