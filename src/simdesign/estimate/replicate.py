"""The world model run forwards: new measurements at the places and times of the old ones."""

from dataclasses import replace

import numpy as np

from simdesign.estimate.arrays import weekday_basis
from simdesign.estimate.priors import LEVEL_SD, POOLED, WEEKDAY_SD
from simdesign.estimate.weeks import SiteWeeks
from simdesign.records import Floats


def simulate_weeks(
    weeks: SiteWeeks, hyper: dict[str, float], rng: np.random.Generator
) -> tuple[SiteWeeks, dict[str, Floats]]:
    """Draw everything below the hyperparameters and then the days.

    Days that were missing are missing; a day is censored where it falls below the limit of a
    censored day of the original.

    Parameters
    ----------
    weeks : SiteWeeks
        Places, times, populations and typical loads.
    hyper : dict
        A value of every hyperparameter.
    rng : Generator

    Returns
    -------
    weeks : SiteWeeks
    truth : dict
        ``scales`` (k, 5), ``drift`` (k,), ``week_level`` (w,).
    """
    k, s, y = len(weeks.countries), len(weeks.sites), weeks.cell_time.size
    basis = weekday_basis()
    spread = np.array([hyper[f"spread_{name}"] for name in POOLED])
    names = ("sigma_shared", "sigma_rw", "sigma_rw_site", "sigma_site", "day_scale")
    base = np.array([hyper[name] for name in names])
    scales = base * np.exp(spread * rng.standard_normal((k, len(POOLED))))
    drift = hyper["drift"] + hyper["drift_country"] * rng.standard_normal(k)
    logit = np.log(hyper["odd_share"] / (1.0 - hyper["odd_share"]))
    odd = 1.0 / (1.0 + np.exp(-logit - hyper["odd_country"] * rng.standard_normal(k)))
    week = WEEKDAY_SD * rng.standard_normal(6)
    country_week = week + hyper["weekday_country"] * rng.standard_normal((k, 6))
    site_week = country_week[weeks.site_country]
    site_week = site_week + hyper["weekday_site"] * rng.standard_normal((s, 6))
    level = np.log(weeks.typical_load) + LEVEL_SD * rng.standard_normal(s)
    site_drift = hyper["drift_site"] * rng.standard_normal(s)
    day_site = np.exp(hyper["day_site"] * rng.standard_normal(s))

    noisy_cell = np.zeros(y)
    noisy_cell[weeks.cell[weeks.noisy]] = 1.0
    own = scales[weeks.cell_country]
    path = _walk(weeks.cell_country, weeks.cell_time, own[:, 1], rng)
    shared_sd = np.sqrt(own[:, 0] ** 2 + noisy_cell * hyper["era_shared"] ** 2)
    common = path + shared_sd * rng.standard_normal(y)
    of = weeks.country
    city = _walk(weeks.site, weeks.time, scales[of, 2], rng)
    week_sd = np.sqrt(scales[of, 3] ** 2 + weeks.noisy * hyper["era_site"] ** 2)
    week_level = (
        level[weeks.site]
        + (drift[of] + site_drift[weeks.site]) * weeks.time
        + common[weeks.cell]
        + city
        + week_sd * rng.standard_normal(weeks.n_week)
    )
    ordinary = scales[of, 4] * day_site[weeks.site]
    ordinary = ordinary * np.where(weeks.noisy, hyper["era_day"], 1.0)
    day_sd = np.sqrt(ordinary**2 + hyper["count"] / weeks.grams)
    noise = draw_days(weeks, day_sd, hyper["day_rho"], odd[of], 1.0 + hyper["odd_excess"], rng)
    profile = (site_week @ basis.T)[weeks.site[:, None], weeks.weekday]
    value = week_level[:, None] + profile + noise
    limit = np.where(weeks.censored, weeks.log_load, -np.inf)
    below = value < limit
    found = replace(weeks, log_load=np.where(below, limit, value), censored=below)
    return found, {"scales": scales, "drift": drift, "week_level": week_level}


def draw_days(
    weeks: SiteWeeks,
    day_sd: Floats,
    rho: float,
    odd: Floats,
    ratio: float,
    rng: np.random.Generator,
) -> Floats:
    """Return day noise of every site-week, NaN where there was no sample, shape (w, d).

    Parameters
    ----------
    weeks : SiteWeeks
    day_sd, odd : ndarray, shape (w,)
        SD of an ordinary day, and share of odd ones.
    rho, ratio : float
        Lag-1 correlation; SD of an odd day over an ordinary one.
    rng : Generator
    """
    n, width = weeks.log_load.shape
    shock = rng.standard_normal((n, width))
    shock = np.where(rng.random((n, width)) < odd[:, None], ratio, 1.0) * shock * day_sd[:, None]
    noise = np.empty((n, width))
    noise[:, 0] = shock[:, 0]
    for d in range(1, width):
        noise[:, d] = rho * noise[:, d - 1] + np.sqrt(1.0 - rho**2) * shock[:, d]
    noise[np.isnan(weeks.log_load)] = np.nan
    return noise


def _walk(group: np.ndarray, time: Floats, sd: Floats, rng: np.random.Generator) -> Floats:
    """Return a walk that is 0 at the first row of every group; rows are sorted by group, time."""
    step = rng.standard_normal(time.size)
    found = np.zeros(time.size)
    for i in range(1, time.size):
        if group[i] == group[i - 1]:
            found[i] = found[i - 1] + sd[i] * np.sqrt(time[i] - time[i - 1]) * step[i]
    return found
