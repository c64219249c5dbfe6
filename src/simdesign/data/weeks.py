"""A table of days -> weeks of log loads, and the robust scales that doubts are measured with."""

from dataclasses import dataclass

import numpy as np
from scipy import stats

from simdesign.data.names import SUBSTANCES, WEEK
from simdesign.data.panel import campaigns, undated_campaigns
from simdesign.data.table import LoadTable
from simdesign.records import Bools, Floats, Ints
from simdesign.spec.catalogue import SUBSTANCES as IN_CATALOGUE
from simdesign.spec.plugged import plugged_noise

FALSE_FLAG = 0.001
"""Probability of a doubt about a clean week (or pair of weeks), by the rules of `tail_limit`."""
MAD_EFFICIENCY = 0.3675
"""Of the median absolute deviation against the standard deviation, for normal values."""
NORMAL_MAD = 1.4826
ENOUGH_DAYS = 5
"""Quantified days with which a week tells something about its days."""
ENOUGH_WEEKS = 10
"""Weeks from which a file's own weekday profile is used instead of the catalogue's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Weeks:
    """Quantified daily log loads of one substance; ``w`` is one campaign of one site."""

    site: Ints  # (w,)
    first_day: Ints  # (w,) of the campaign
    log_load: Floats  # (w, 7); NaN = none, or below the LOQ
    weekday: Ints  # (w, 7) Monday = 0
    daily: Bools  # (w,) days were measured, not laid out from a mean
    lab: Ints  # (w,) index into labs; -1 = not stated

    @property
    def n_day(self) -> Ints:
        """Quantified days, shape (w,)."""
        return np.asarray((~np.isnan(self.log_load)).sum(axis=1))


def weeks_of(table: LoadTable, substance: int) -> Weeks:
    """Return the weeks of a substance, sorted by site and day."""
    find = undated_campaigns if table.assumed_dates else campaigns
    starts, _ = find(table.day[table.measured])
    keep = (table.substance == substance) & table.measured
    day, site = table.day[keep], table.site[keep]
    first = starts[np.searchsorted(starts, day, side="right") - 1]
    key, week = np.unique(np.column_stack([site, first]), axis=0, return_inverse=True)
    week = week.ravel()
    n_week = key.shape[0]
    log_load = np.full((n_week, len(WEEK)), np.nan)
    quantified = ~table.censored[keep]
    log_load[week[quantified], (day - first)[quantified]] = np.log(table.load[keep][quantified])
    daily, lab = np.ones(n_week, dtype=bool), np.full(n_week, -1, dtype=np.int64)
    np.logical_and.at(daily, week, table.n_days[keep] == 1)
    np.maximum.at(lab, week, table.lab[keep])
    return Weeks(
        site=key[:, 0].astype(np.int64),
        first_day=key[:, 1].astype(np.int64),
        log_load=log_load,
        weekday=(key[:, 1:2] + np.arange(len(WEEK)) + 3) % 7,
        daily=daily,
        lab=lab,
    )


def log_profile(weeks: Weeks, substance: int) -> Floats:
    """Return the log weekday profile from Monday on, with mean 0, shape (7,).

    Medians over the file's full weeks; with fewer than `ENOUGH_WEEKS` the catalogue's, or flat.
    """
    full = weeks.daily & (weeks.n_day == len(WEEK))
    if full.sum() >= ENOUGH_WEEKS:
        log_load = weeks.log_load[full]
        around = log_load - log_load.mean(axis=1, keepdims=True)
        weekday = weeks.weekday[full]
        profile = np.array([np.median(around[weekday == day]) for day in range(7)])
    elif SUBSTANCES[substance] in IN_CATALOGUE:
        profile = np.log(plugged_noise(SUBSTANCES[substance]).weekday)
    else:
        profile = np.zeros(7)
    return np.asarray(profile - profile.mean())


def mad_scale(values: Floats) -> float:
    """Return the standard deviation that normal values with this median deviation have."""
    return float(NORMAL_MAD * np.median(np.abs(values - np.median(values))))


def tail_limit(n: int, prob: float) -> float:
    """Return the multiple of `mad_scale` that a normal value exceeds with probability ``prob``.

    The scale of ``n`` values has the variance of a standard deviation on 0.3675 n degrees of
    freedom, so the multiple is Student's quantile with those.
    """
    return float(stats.t.isf(prob, max(MAD_EFFICIENCY * n, 1.0)))
