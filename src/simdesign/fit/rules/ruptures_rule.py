"""The package ruptures: whether one change point is worth its penalty."""

import importlib.util
import math
from typing import Any, ClassVar

import numpy as np

from simdesign.errors import SpecError
from simdesign.fit import isolated
from simdesign.fit.index import log_level
from simdesign.fit.rules.national import Verdict, constant, histories, judged
from simdesign.records import Fit, Floats, Looks, Observations
from simdesign.spec.base import Spec
from simdesign.spec.rules import Ruptures


def check_installed(name: str, package: str) -> None:
    """Refuse an estimator whose package is not there.

    Raises
    ------
    SpecError
    """
    if importlib.util.find_spec(package) is None:
        rule = "needs a package that is not installed: the extra `peers` of wbe-simdesign has it"
        raise SpecError(f"estimators.{name}", package, rule)


class RupturesEngine:
    """Gain of the best single change point, in variances of the noise.

    The noise variance comes from the differences of consecutive years. As published, the package
    looks for any number of changes, each of which must gain the penalty (Killick, Fearnhead and
    Eckley 2012).
    """

    spec_type: ClassVar[type[Spec]] = Ruptures

    def __init__(self, name: str, spec: Ruptures) -> None:
        check_installed(name, "ruptures")
        self.name, self.spec = name, spec
        self.least = max(2 * SHORTEST[spec.cost], 5)

    def fit(self, observations: Observations, looks: Looks, substance: str) -> Fit:
        """Score = gain of one change point; the effect is the change of the fitted level."""
        series = log_level(observations, looks, substance)
        parts = list(histories(series, self.least))
        jobs = [(y, self.spec.penalty or math.log(x.size)) for _, _, x, y in parts]
        found: list[Verdict] = []
        if jobs:
            found = isolated.call(
                f"{__name__}:segment", jobs, self.spec.cost, seconds=self.spec.seconds
            )
        score, effect = np.full(series.shape, np.nan), np.full(series.shape, np.nan)
        alarm = np.zeros(series.shape, dtype=bool)
        for (k, rows, _, _), verdict in zip(parts, found, strict=True):
            score[rows, k], alarm[rows, k], effect[rows, k] = verdict
        return judged(self.name, substance, score, alarm, effect)


SHORTEST = {"l2": 2, "clinear": 3}
"""Years of a segment; for a continuous line the package's own limit."""
LEAST_VARIANCE = 1e-20
"""Of a series without noise, whose gain would be infinite."""


def segment(jobs: list[tuple[Floats, float]], cost: str) -> list[Verdict]:
    """Judge series (n, m) with a penalty each; runs in a process of its own."""
    import ruptures

    return [_verdict(ruptures, y, penalty, cost) for y, penalty in jobs]


def _verdict(ruptures: Any, y: Floats, penalty: float, cost: str) -> Verdict:
    score, effect = np.zeros(y.shape[0]), np.zeros(y.shape[0])
    alarm = np.zeros(y.shape[0], dtype=bool)
    m = y.shape[1]
    for r in np.flatnonzero(~constant(y)):
        step = np.diff(y[r])
        spread = ((step - step.mean()) ** 2).sum() / (2.0 * (m - 2))
        variance = max(spread, LEAST_VARIANCE)
        options = {"model": cost, "min_size": SHORTEST[cost], "jump": 1}
        search = ruptures.Dynp(**options).fit(y[r])
        at, end = search.predict(n_bkps=1)
        gain = search.cost.sum_of_costs([end]) - search.cost.sum_of_costs([at, end])
        score[r] = gain / variance
        changes = ruptures.Pelt(**options).fit(y[r]).predict(pen=penalty * variance)
        alarm[r] = len(changes) > 1
        effect[r] = y[r, at:].mean() - y[r, :at].mean()
    return score, alarm, effect
