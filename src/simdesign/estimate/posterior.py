"""What is known of a world after its measurements: posterior draws, and their summary."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from simdesign.estimate import pymc_model
from simdesign.estimate.arrays import model_arrays, n_normal
from simdesign.estimate.priors import NAMES, POOLED, PRIORS, Prior
from simdesign.estimate.pymc_model import Sampler, Samples
from simdesign.estimate.weeks import SiteWeeks
from simdesign.records import Floats
from simdesign.seeds import Purpose, stream

DAY_NAMES = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
SHARED, WALK, CITY_WALK, SITE, DAY = range(len(POOLED))
"""Columns of ``Posterior.scales``."""
MAX_R_HAT = 1.05
MIN_ESS = 100.0
"""What the reported parameters must reach for the draws to be called settled."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Posterior:
    """Draws of the world model, chains one after the other.

    Axes: ``n`` draw, ``h`` hyperparameter, ``k`` country (0 is the one that is estimated),
    ``s`` site, ``w`` site-week, ``y`` cell.
    """

    weeks: SiteWeeks
    hyper: Mapping[str, Floats]  # name -> (n,)
    scales: Floats  # (n, k, 5) as named in POOLED
    drift: Floats  # (n, k) [1/year]
    odd_share: Floats  # (n, k) [1]
    weekday: Floats  # (n, k, 7) log effects that sum to zero, Monday to Sunday [1]
    profile: Floats  # (n, s, 7) the same of every site
    day_factor: Floats  # (n, s) day scale of a site over its country's [1]
    week_level: Floats  # (n, w) log load of a site-week without day noise
    shared: Floats  # (n, y) shared error of a cell [1]
    n_chain: int
    n_divergent: int

    @property
    def n_draw(self) -> int:
        """Number of draws."""
        return int(self.scales.shape[0])

    def tail_factor(self) -> Floats:
        """Return the variance of a day over that of an ordinary day, shape (n, k)."""
        ratio = 1.0 + self.hyper["odd_excess"][:, None]
        return np.asarray(1.0 + self.odd_share * (ratio**2 - 1.0))

    def day_variance(self, site: int, *, noisy: bool = False) -> Floats:
        """Return the variance of a day of a site, tails and counts included, shape (n,)."""
        weeks = self.weeks
        k = weeks.site_country[site]
        ordinary = self.scales[:, k, DAY] * self.day_factor[:, site]
        if noisy:
            ordinary = ordinary * self.hyper["era_day"]
        grams = weeks.typical_load[site] * weeks.population[site] * 1e-6
        return np.asarray((ordinary**2 + self.hyper["count"] / grams) * self.tail_factor()[:, k])

    def thinned(self, n: int) -> np.ndarray:
        """Return the numbers of at most ``n`` draws, evenly spread over the chains."""
        return np.unique(np.linspace(0, self.n_draw - 1, min(n, self.n_draw)).round().astype(int))


def estimate(
    weeks: SiteWeeks,
    how: Sampler,
    *,
    seed: int,
    priors: tuple[Prior, ...] = PRIORS,
    what: str = "world",
) -> Posterior:
    """Sample the world model of some site-weeks.

    Parameters
    ----------
    weeks : SiteWeeks
    how : Sampler
    seed : int
        With ``what``, the address of everything random.
    priors : tuple of Prior
    what : str
        Name of the fit.
    """
    luck = stream(seed, Purpose.FIT, f"estimate/{weeks.substance}/{what}")
    samples = pymc_model.sample(model_arrays(weeks, priors), n_normal(weeks), how, luck)
    return posterior_of(weeks, samples)


def posterior_of(weeks: SiteWeeks, samples: Samples) -> Posterior:
    """Return samples in the shape that is worked with."""
    k, s = len(weeks.countries), len(weeks.sites)
    terms = {
        name: np.asarray(value).reshape(-1, value.shape[-1])
        for name, value in samples.terms.items()
    }
    return Posterior(
        weeks=weeks,
        hyper={name: terms["hyper"][:, i] for i, name in enumerate(NAMES)},
        scales=terms["scales"].reshape(-1, k, len(POOLED)),
        drift=terms["drift_of"],
        odd_share=terms["odd_of"],
        weekday=terms["weekday_of"].reshape(-1, k, 7),
        profile=terms["site_profile"].reshape(-1, s, 7),
        day_factor=terms["site_day_factor"],
        week_level=terms["week_level"],
        shared=terms["shared_of"],
        n_chain=samples.divergent.shape[0],
        n_divergent=int(samples.divergent.sum()),
    )


def world_columns(posterior: Posterior) -> dict[str, Floats]:
    r"""Return the parameters of a world of the estimated country, one value a draw.

    Names are those of ``spec.substance.Substance`` where it has the field. The day noise is that
    of the country's own sites, root mean square, without the count part, which a world makes of
    its users: with ordinary SD s, share :math:`\pi` and ratio k of odd days,
    :math:`day\_sd^2 = s^2(1+\pi(k^2-1))` and :math:`odd\_sd^2 = s^2(k^2-1)`.
    """
    weeks = posterior.weeks
    own = np.flatnonzero(weeks.site_country == 0)
    told = ~weeks.noisy & weeks.by_day  # a mean says nothing about its days
    clean = np.bincount(weeks.site[told], minlength=len(weeks.sites))[own]
    weight = clean if clean.sum() else np.ones(own.size)
    square = (posterior.day_factor[:, own] ** 2) @ (weight / weight.sum())
    ordinary = posterior.scales[:, 0, DAY] * np.sqrt(square)
    excess = (1.0 + posterior.hyper["odd_excess"]) ** 2 - 1.0
    found = {
        "sigma_shared": posterior.scales[:, 0, SHARED],
        "sigma_rw": posterior.scales[:, 0, WALK],
        "sigma_site": posterior.scales[:, 0, SITE],
        "sigma_rw_site": posterior.scales[:, 0, CITY_WALK],
        "drift": posterior.drift[:, 0],
        "day_sd": ordinary * np.sqrt(posterior.tail_factor()[:, 0]),
        "day_rho": posterior.hyper["day_rho"],
        "odd_share": posterior.odd_share[:, 0],
        "odd_sd": ordinary * np.sqrt(excess),
        "day_count": posterior.hyper["count"],
        "drift_site": posterior.hyper["drift_site"],
    }
    factor = np.exp(posterior.weekday[:, 0])
    factor = factor / factor.mean(axis=1, keepdims=True)
    return found | {f"weekday_{name}": factor[:, i] for i, name in enumerate(DAY_NAMES)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """Posterior summary of one parameter."""

    name: str
    median: float
    low: float  # 2.5 %
    high: float  # 97.5 %
    r_hat: float
    ess: float

    @property
    def settled(self) -> bool:
        """The chains agree, and hold enough independent draws."""
        return bool(self.r_hat <= MAX_R_HAT and self.ess >= MIN_ESS)


def summary(columns: Mapping[str, Floats], n_chain: int) -> list[Row]:
    """Return median, 95 % interval and diagnostics of every parameter."""
    table = np.stack(list(columns.values()), axis=1).reshape(n_chain, -1, len(columns))
    r_hat, ess = pymc_model.diagnostics(table)
    rows = []
    for i, (name, values) in enumerate(columns.items()):
        low, median, high = np.quantile(values, (0.025, 0.5, 0.975))
        rows.append(
            Row(name=name, median=float(median), low=float(low), high=float(high),
                r_hat=float(r_hat[i]), ess=float(ess[i]))
        )  # fmt: skip
    return rows
