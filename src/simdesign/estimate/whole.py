"""One substance from its site-weeks to everything that is printed of it."""

import time
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from simdesign.estimate.checks import Check, predictive_checks
from simdesign.estimate.posterior import Posterior, Row, estimate, summary, world_columns
from simdesign.estimate.priors import scaled
from simdesign.estimate.pymc_model import Sampler
from simdesign.estimate.weeks import SiteWeeks
from simdesign.records import Floats

SPLITS: Mapping[str, Mapping[str, float]] = {
    "shared error halved": {"sigma_shared": 0.5},
    "shared error doubled": {"sigma_shared": 2.0},
    "walk halved": {"sigma_rw": 0.5},
    "walk doubled": {"sigma_rw": 2.0},
}
"""Other priors -> factors on the scales of two half-normals."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """What is known and printed of one substance."""

    posterior: Posterior
    rows: tuple[Row, ...]  # parameters of the country's world
    pooling: tuple[Row, ...]  # hyperparameters, the spread between countries among them
    checks: tuple[Check, ...]
    keep: int
    seconds: float
    splits: Mapping[str, tuple[Row, ...]] = field(default_factory=dict)

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
            "noisy_site_weeks": int(weeks.noisy.sum()),
            "left_out": dict(weeks.left_out),
        }


def full_estimate(
    weeks: SiteWeeks, how: Sampler, *, seed: int, keep: int = 400, sensitivity: bool = False
) -> Estimate:
    """Sample, summarise and check; fit again under other priors if that is asked."""
    start = time.perf_counter()
    posterior = estimate(weeks, how, seed=seed)
    seconds = time.perf_counter() - start
    splits = {}
    for name, factors in SPLITS.items() if sensitivity else ():
        other = estimate(weeks, how, seed=seed, priors=scaled(**factors), what=name)
        splits[name] = tuple(summary(world_columns(other), other.n_chain))
    return Estimate(
        posterior=posterior,
        rows=tuple(summary(world_columns(posterior), posterior.n_chain)),
        pooling=tuple(summary(posterior.hyper, posterior.n_chain)),
        checks=tuple(predictive_checks(posterior, seed=seed)),
        keep=keep,
        seconds=seconds,
        splits=splits,
    )
