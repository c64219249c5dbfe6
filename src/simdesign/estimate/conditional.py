"""The exact Gaussian conditional: levels of site-weeks to come, given those that were.

Given the scales, the log levels L of all site-weeks of one country are jointly normal
(docs/estimating.md): for two of them at times t and t',

    E L = level_s + drift t
    cov = drift_country^2 t t' + sigma_rw^2 min(t - t0, t' - t0) + [same cell] sigma_shared^2
          + [same site] ( level_sd^2 + drift_site^2 t t' + sigma_rw_site^2 min(t - t0_s, t' - t0_s)
                          + [same week] sigma_site^2 )

with t0 the first time of the country and t0_s that of the site. PyMC has no part in it.
"""

from dataclasses import dataclass

import numpy as np
from scipy.linalg import cho_factor, cho_solve

from simdesign.estimate.posterior import CITY_WALK, SHARED, SITE, WALK, Posterior
from simdesign.estimate.priors import LEVEL_SD
from simdesign.records import Floats, Ints


@dataclass(frozen=True, slots=True, kw_only=True)
class Panel:
    """Site-weeks of one country, old ones first or not; ``w`` is one of them."""

    site: Ints  # (w,)
    cell: Ints  # (w,) equal numbers share an error
    time: Floats  # (w,) years
    noisy: Floats  # (w,) 1 in an era with errors of its own
    centre: Floats  # (w,) mean of the site's level beforehand


@dataclass(frozen=True, slots=True, kw_only=True)
class Scales:
    """One draw of what the covariance is made of."""

    shared: float
    walk: float
    city_walk: float
    site: float
    drift: float
    drift_country: float
    drift_site: float
    era_shared: float
    era_site: float

    @classmethod
    def of(cls, posterior: Posterior, draw: int, country: int) -> "Scales":
        """Return those of a country in one draw of a posterior."""
        row = posterior.scales[draw, country]
        names = ("drift", "drift_country", "drift_site", "era_shared", "era_site")
        others = {name: float(posterior.hyper[name][draw]) for name in names}
        return cls(
            shared=float(row[SHARED]), walk=float(row[WALK]), city_walk=float(row[CITY_WALK]),
            site=float(row[SITE]), **others,
        )  # fmt: skip


def mean_and_covariance(panel: Panel, s: Scales) -> tuple[Floats, Floats]:
    """Return mean (w,) and covariance (w, w) of the log levels before anything is measured."""
    time = panel.time
    same_site = panel.site[:, None] == panel.site
    same_cell = panel.cell[:, None] == panel.cell
    product = np.outer(time, time)
    start = time.min()
    walk = np.minimum.outer(time, time) - start
    site_start = np.array([time[panel.site == site].min() for site in panel.site])
    city = np.minimum.outer(time, time) - site_start[:, None]
    era = np.sqrt(np.outer(panel.noisy, panel.noisy))
    shared = s.shared**2 + s.era_shared**2 * era
    own = LEVEL_SD**2 + s.drift_site**2 * product + s.city_walk**2 * city
    covariance = s.drift_country**2 * product + s.walk**2 * walk
    covariance = covariance + same_cell * shared + same_site * own
    covariance[np.diag_indices_from(covariance)] += s.site**2 + s.era_site**2 * panel.noisy
    return panel.centre + s.drift * time, covariance


def condition(
    mean: Floats, covariance: Floats, known: Floats, n_known: int
) -> tuple[Floats, Floats]:
    """Return mean and variance of each later entry given the first ``n_known``."""
    old, new = slice(0, n_known), slice(n_known, None)
    factor = cho_factor(covariance[old, old], lower=True)
    cross = covariance[old, new]
    gain = cho_solve(factor, cross)
    expected = mean[new] + gain.T @ (known - mean[old])
    variance = np.diag(covariance)[new] - (cross * gain).sum(axis=0)
    return expected, variance


def mean_noise_factor(day: Ints, rho: float) -> float:
    """Return the variance of a mean over some days of a week for a day variance of 1.

    Parameters
    ----------
    day : ndarray of int, shape (n,)
        Places of the measured days in their week.
    rho : float
        Lag-1 correlation.
    """
    apart = np.abs(day[:, None] - day)
    return float((rho**apart).mean())
