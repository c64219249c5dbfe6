"""One substance from its site-weeks to everything that is printed of it."""

import time
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from simdesign.estimate.checks import Check, predictive_checks
from simdesign.estimate.posterior import Posterior, Row, estimate, summary, world_columns
from simdesign.estimate.pymc_model import Sampler
from simdesign.estimate.split import OtherPrior, other_priors, split_correlation
from simdesign.estimate.weeks import SiteWeeks
from simdesign.records import Floats


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """What is known and printed of one substance."""

    posterior: Posterior
    rows: tuple[Row, ...]  # parameters of the country's world
    pooling: tuple[Row, ...]  # hyperparameters, the spread between countries among them
    checks: tuple[Check, ...]
    keep: int
    seconds: float
    splits: Mapping[str, OtherPrior]  # name of a prior and how it was changed -> estimates
    correlation: float  # of shared error and national walk, by ranks

    def kept(self) -> dict[str, Floats]:
        """Return the columns of the draws that are written."""
        at = self.posterior.thinned(self.keep)
        return {name: values[at] for name, values in world_columns(self.posterior).items()}

    def selection(self) -> dict[str, object]:
        """Return what was used and left out, as plain data."""
        weeks = self.posterior.weeks
        return {
            "countries": list(weeks.countries),
            "site_weeks": {
                c: int((weeks.country == k).sum()) for k, c in enumerate(weeks.countries)
            },
            "years": [int(weeks.year.min()), int(weeks.year.max())],
            "days": int((~np.isnan(weeks.log_load)).sum()),
            "days_below_limit": int(weeks.censored.sum()),
            "days_from_means": int(weeks.laid_out.sum()),
            "noisy_site_weeks": int(weeks.noisy.sum()),
            "left_out": dict(weeks.left_out),
        }


def full_estimate(weeks: SiteWeeks, how: Sampler, *, seed: int, keep: int = 400) -> Estimate:
    """Sample, summarise and check."""
    start = time.perf_counter()
    posterior = estimate(weeks, how, seed=seed)
    return Estimate(
        posterior=posterior,
        rows=tuple(summary(world_columns(posterior), posterior.n_chain)),
        pooling=tuple(summary(posterior.hyper, posterior.n_chain)),
        checks=tuple(predictive_checks(posterior, seed=seed)),
        keep=keep,
        seconds=time.perf_counter() - start,
        splits=other_priors(posterior),
        correlation=split_correlation(posterior),
    )
