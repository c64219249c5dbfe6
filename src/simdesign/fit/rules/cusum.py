"""Cumulative sums of least-squares residuals, as statsmodels computes them."""

from typing import ClassVar

import numpy as np

from simdesign.fit.rules.national import Verdict, centred, constant, judge_series, straight_line
from simdesign.records import Fit, Floats, Looks, Observations
from simdesign.spec.base import Spec
from simdesign.spec.rules import Cusum


class CusumEngine:
    """Ploberger and Kraemer's test of whether residuals of one sign come together.

    Its limiting distribution, that of the largest excursion of a Brownian bridge, holds for long
    series; with ten years the rule as published alarms too seldom.
    """

    spec_type: ClassVar[type[Spec]] = Cusum
    least: ClassVar[int] = 5

    def __init__(self, name: str, spec: Cusum) -> None:
        self.name, self.spec = name, spec

    def fit(self, observations: Observations, looks: Looks, substance: str) -> Fit:
        """Score = the largest scaled cumulative sum; the effect is the step at its year."""
        return judge_series(self.name, observations, looks, substance, self.least, self._judge)

    def _judge(self, x: Floats, y: Floats) -> Verdict:
        # Imported here: the import takes seconds, which a study without this rule need not wait.
        from statsmodels.stats.diagnostic import breaks_cusumolsresid

        around_mean = self.spec.around == "mean"
        residual = centred(y) if around_mean else straight_line(x, y)[1]
        found = np.zeros((2, y.shape[0]))
        found[1] = 1.0
        for r in np.flatnonzero(~constant(residual)):
            found[:, r] = breaks_cusumolsresid(residual[r], ddof=1 if around_mean else 2)[:2]
        last_before = np.abs(residual.cumsum(axis=1))[:, :-1].argmax(axis=1)
        after = np.arange(x.size)[None, :] > last_before[:, None]
        n_after = after.sum(axis=1)
        total = np.where(after, residual, 0.0).sum(axis=1)
        # residuals sum to zero, so those before the step sum to minus those after it
        effect = total / n_after + total / (x.size - n_after)
        return found[0], found[1] < self.spec.level, effect
