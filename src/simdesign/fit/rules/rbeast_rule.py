"""The package Rbeast: Bayesian model averaging of change points in a trend."""

from typing import ClassVar

import numpy as np

from simdesign.fit import isolated
from simdesign.fit.index import log_level
from simdesign.fit.rules.national import histories, judged
from simdesign.fit.rules.ruptures_rule import check_installed
from simdesign.records import Fit, Floats, Looks, Observations
from simdesign.spec.base import Spec
from simdesign.spec.rules import Rbeast


class RbeastEngine:
    """Log odds of any change point in the trend (Zhao et al. 2019)."""

    spec_type: ClassVar[type[Spec]] = Rbeast
    least: ClassVar[int] = 5

    def __init__(self, name: str, spec: Rbeast) -> None:
        check_installed(name, "Rbeast")
        self.name, self.spec = name, spec

    def fit(self, observations: Observations, looks: Looks, substance: str) -> Fit:
        """Score = log odds of a change; the effect is the fitted change over all years."""
        series = log_level(observations, looks, substance)
        prob = np.full(series.shape, np.nan)
        effect = prob.copy()
        for k, rows, x, y in histories(series, self.least):
            for r, values in zip(rows, y, strict=True):
                prob[r, k], effect[r, k] = isolated.call(
                    f"{__name__}:averaged", x, values, self.spec, seconds=self.spec.seconds
                )
        score = np.log(prob) - np.log1p(-prob)
        return judged(self.name, substance, score, prob > self.spec.above, effect, prob)


def averaged(x: Floats, y: Floats, spec: Rbeast) -> tuple[float, float]:
    """Return P(any change point) and the fitted change; runs in a process of its own.

    The share of samples with a change is kept off 0 and 1 by half a sample. Years without a value
    are missing ones.
    """
    import Rbeast

    whole = np.full(int(x[-1] - x[0]) + 1, np.nan)
    whole[(x - x[0]).astype(int)] = y
    found = Rbeast.beast(
        whole, season="none", tcp_minmax=[0, spec.most], mcmc_seed=spec.seed,
        mcmc_chains=spec.chains, mcmc_samples=spec.samples,
        quiet=True, print_param=False, print_progress=False, print_warning=False,
    )  # fmt: skip
    n = spec.chains * spec.samples
    changed = (n * (1.0 - float(found.trend.ncpPr[0])) + 0.5) / (n + 1.0)
    fitted = np.asarray(found.trend.Y, dtype=float)
    return changed, float(fitted[-1] - fitted[0])
