r"""What the split between shared error and walk owes to its priors.

Draws under one half-normal prior serve for another by weights: with the scale b of a common
:math:`\sigma` multiplied by f,

.. math:: w \propto \exp\left(\frac{\sigma^2}{2b^2}\left(1 - \frac1{f^2}\right)\right)
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from simdesign.estimate.posterior import Posterior, world_columns
from simdesign.estimate.priors import PRIORS
from simdesign.records import Floats

SPLIT = ("sigma_shared", "sigma_rw")
FACTORS = {"halved": 0.5, "doubled": 2.0}
_SCALE = {item.name: item.scale for item in PRIORS}


@dataclass(frozen=True, slots=True, kw_only=True)
class OtherPrior:
    """Estimates of the two when the prior of one has another width."""

    median: Mapping[str, float]
    low: Mapping[str, float]  # 2.5 %
    high: Mapping[str, float]  # 97.5 %
    effective_draws: float


def prior_weights(common: Floats, scale: float, factor: float) -> Floats:
    """Return weights that sum to one, shape (n,).

    Parameters
    ----------
    common : ndarray, shape (n,)
        The parameter of all countries together.
    scale, factor : float
        Scale of its half-normal prior, and what it is multiplied by.
    """
    log_weight = common**2 / (2.0 * scale**2) * (1.0 - 1.0 / factor**2)
    weight = np.exp(log_weight - log_weight.max())
    return np.asarray(weight / weight.sum())


def weighted_quantile(values: Floats, weight: Floats, probability: float) -> float:
    """Return the least value that at least this share of the weight does not exceed."""
    order = np.argsort(values)
    total = np.cumsum(weight[order])
    place = int(np.searchsorted(total, probability * total[-1]))
    return float(values[order][min(place, values.size - 1)])


def other_priors(posterior: Posterior) -> dict[str, OtherPrior]:
    """Return the estimates under priors half and twice as wide, one prior at a time."""
    columns = world_columns(posterior)
    found = {}
    for name in SPLIT:
        for word, factor in FACTORS.items():
            weight = prior_weights(posterior.hyper[name], _SCALE[name], factor)
            quantiles = [
                {key: weighted_quantile(columns[key], weight, p) for key in SPLIT}
                for p in (0.5, 0.025, 0.975)
            ]
            found[f"{name} {word}"] = OtherPrior(
                median=quantiles[0], low=quantiles[1], high=quantiles[2],
                effective_draws=float(1.0 / (weight**2).sum()),
            )  # fmt: skip
    return found


def split_correlation(posterior: Posterior) -> float:
    """Return the rank correlation of shared error and walk of the country in the draws."""
    columns = world_columns(posterior)
    ranks = np.array([np.argsort(np.argsort(columns[name])) for name in SPLIT], dtype=float)
    return float(np.corrcoef(ranks)[0, 1])
