"""Observations -> site-week means: one generalised-least-squares mean of log loads per visit.

Within a visit the log loads around weekday profile and site-week level follow an AR(1) in
calendar days with known correlation ``rho`` and variance ``a + c / residue``, where the residue
[g/d] comes from the reference load that is known beforehand; so the noise of a visit is known
before its data are, and is the same in every replication.
"""

from dataclasses import dataclass

import numpy as np

from simdesign._kernels.visit_mean import visit_means
from simdesign.records import MISSING_DAY, Bools, Floats, Observations
from simdesign.units import residue_g_per_day

CENSORED_PER_SEVEN = 2
"""Most days below LOQ, of seven, with which a visit still counts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DayNoise:
    """Plugged-in noise of one substance's daily log loads."""

    variance: float  # a: variance of a large town's day [1]
    count_noise: float  # c: variance times residue [g/d]
    rho: float  # lag-1 correlation of consecutive days [1]
    log_weekday: Floats  # (7,) log weekday profile from Monday to Sunday [1]


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteWeeks:
    """Reduced data of one substance."""

    mean: Floats  # (r, v) GLS mean log load; 0 where not usable
    variance: Floats  # (r, v) its known noise variance, without site-week and shared parts
    usable: Bools  # (r, v)
    left_out: Bools  # (r, v) has data, but too many days below LOQ


def site_weeks(observations: Observations, substance: str, noise: DayNoise) -> SiteWeeks:
    """Reduce the daily loads of one substance to site-week means.

    Up to two of seven days below the LOQ enter by their expected logarithm given that they lie
    below it, with the visit's variance inflated by the share of such days; visits with more are
    left out and counted.
    """
    u = observations.substances.index(substance)
    visits = observations.visits
    residue = residue_g_per_day(observations.reference_load[u], observations.population)
    day_variance = noise.variance + noise.count_noise / residue[visits.site]
    weekday = np.where(visits.day == MISSING_DAY, 0, (visits.day + 3) % 7)
    mean, variance, n_days, n_censored = visit_means(
        np.ascontiguousarray(observations.load[:, u]),
        np.ascontiguousarray(observations.censored[:, u]),
        np.ascontiguousarray(visits.day),
        np.ascontiguousarray(noise.log_weekday[weekday]),
        np.ascontiguousarray(day_variance),
        noise.rho,
    )
    too_many = 7 * n_censored > CENSORED_PER_SEVEN * n_days
    usable = (n_days > 0) & ~too_many
    return SiteWeeks(
        mean=np.where(usable, mean, 0.0),
        variance=np.where(usable, variance, 1.0),
        usable=usable,
        left_out=too_many & (n_days > 0),
    )
