r"""Days of one look of one replication, for the robust PyMC model: plain NumPy.

Days of one visit are correlated. The robust model takes them as independent given the site-week's
level and puts the correlation there: with :math:`v` the variance of the generalised-least-squares
mean of ``n`` correlated days of variance :math:`\sigma^2`, a part

.. math:: v_c = \max\Big(0, \frac{n v - \sigma^2}{n - 1}\Big)

is common to the visit and :math:`\sigma^2 - v_c` is a day's own, so that a day has its variance
and the mean of the visit the variance :math:`v` (docs/pymc.md).
"""

from dataclasses import dataclass

import numpy as np
from scipy.linalg import helmert

from simdesign.fit.site_weeks import DayNoise, SiteWeeks
from simdesign.records import MISSING_DAY, Bools, Floats, Ints, Observations
from simdesign.units import residue_g_per_day

WEEKDAY_BASIS = np.sqrt(7.0 / 6.0) * helmert(7).T
"""(7, 6): weekday effects with unit variance that add up to nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Days:
    """Daily log loads of one replication around the plugged-in weekday profile."""

    value: Floats  # (v, d) log load, or log LOQ where below; 0 where absent
    present: Bools  # (v, d)
    below: Bools  # (v, d) below the LOQ
    weekday: Ints  # (v, d) 0 = Monday
    variance: Floats  # (v,) of one day
    common: Floats  # (v,) the part of it that all days of the visit share


def days_of(observations: Observations, substance: str, replication: int, noise: DayNoise) -> Days:
    """Return the days of one replication."""
    u, visits = observations.substances.index(substance), observations.visits
    load = observations.load[replication, u]
    present = (visits.day != MISSING_DAY) & (np.nan_to_num(load) > 0.0)
    weekday = np.where(present, (visits.day + 3) % 7, 0)
    value = np.log(np.where(present, load, 1.0)) - np.where(present, noise.log_weekday[weekday], 0)
    residue = residue_g_per_day(observations.reference_load[u], observations.population)
    variance = noise.variance + noise.count_noise / residue[visits.site]
    common = np.array([
        _common(visits.day[v, present[v]], variance[v], noise.rho) for v in range(visits.n_visit)
    ])  # fmt: skip
    return Days(
        value=value,
        present=present,
        below=observations.censored[replication, u] & present,
        weekday=weekday.astype(np.int64),
        variance=variance,
        common=common,
    )


def _common(day: Ints, variance: float, rho: float) -> float:
    """Return the variance that the days of a visit share."""
    if day.size < 2:
        return 0.0
    phi = rho ** np.diff(day)
    information = 1.0 + ((1.0 - phi) / (1.0 + phi)).sum()
    return float(max(0.0, (day.size * variance / information - variance) / (day.size - 1)))


def as_weeks(days: Days, site: Ints) -> SiteWeeks:
    """Return the visits that can be used, with their common noise: levels come from the model.

    A site without a single day above the LOQ says nothing about its level and is left out.
    """
    clear = (days.present & ~days.below).any(axis=1)
    has_level = np.isin(site, site[clear])
    usable = days.present.any(axis=1) & has_level
    return SiteWeeks(
        mean=np.zeros((1, site.size)),
        variance=np.where(usable, days.common, 1.0)[None],
        usable=usable[None],
        left_out=np.zeros((1, site.size), dtype=bool),
    )


def day_data(
    days: Days, used: Ints, cell: Ints, site: Ints, weekday_sd: float, site_sd: float
) -> dict[str, np.ndarray]:
    """Return what the robust model is given about days.

    Parameters
    ----------
    days : Days
    used : ndarray of int64, shape (v,)
        Visits that are known at the look, on sites that have some clear day among them.
    cell, site : ndarray of int64, shape (v,)
        Their places in the table.
    weekday_sd : float
        Prior SD of a weekday's effect [1].
    site_sd : float
        A typical site-week SD, for the scale on which levels are sampled [1].
    """
    own_sd = np.sqrt(np.maximum(days.variance - days.common, 1e-12))[used]
    present, below, value = days.present[used], days.below[used], days.value[used]
    clear = present & ~below
    n_clear = clear.sum(axis=1)
    mean = np.where(clear, value, 0.0).sum(axis=1) / np.maximum(n_clear, 1)
    lowest = np.where(below, value, np.inf).min(axis=1)
    data: dict[str, np.ndarray] = {
        "level_centre": np.where(n_clear > 0, mean, np.where(n_clear > 0, 0.0, lowest)),
        "level_spread": 1.0 / np.sqrt(n_clear / own_sd**2 + 1.0 / site_sd**2),
        "level_cell": cell,
        "level_site": site,
        "weekday_basis": weekday_sd * WEEKDAY_BASIS,
    }
    for name, chosen in (("clear", clear), ("below", below)):
        v, d = np.nonzero(chosen)
        data[f"{name}_value"] = value[v, d]
        data[f"{name}_level"] = v.astype(np.int64)
        data[f"{name}_weekday"] = days.weekday[used][v, d]
        data[f"{name}_sd"] = own_sd[v]
    return data
