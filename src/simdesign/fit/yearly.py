"""Yearly means of the reported loads: what the rules of practice and the plain index look at."""

from dataclasses import dataclass

import numpy as np

from simdesign._kernels.yearly import yearly_mean_loads
from simdesign.records import Bools, Floats, Looks, Observations
from simdesign.units import date_of, day_of


@dataclass(frozen=True, slots=True, kw_only=True)
class YearlyMeans:
    """Mean loads per look, programme year and site."""

    load: Floats  # (r, k, year, s) mg/(1000 inh d); NaN = nothing reported
    reported: Bools  # (k, year) some visit of that year is reported at that look


def programme_years(looks: Looks) -> np.ndarray:
    """Return the first day of every programme year up to the last look, and one beyond."""
    start = date_of(looks.start_day)
    last = int(looks.day.max(initial=looks.start_day))
    n_year = date_of(last).year - start.year + 1
    return np.array([day_of(start.replace(year=start.year + y)) for y in range(n_year + 1)])


def yearly_means(observations: Observations, looks: Looks, substance: str) -> YearlyMeans:
    """Return arithmetic mean loads per site and programme year, as known at each look.

    A day below LOQ counts with half its LOQ, as is common practice; a missing day is left out.
    Visits before the programme do not count.
    """
    visits = observations.visits
    u = observations.substances.index(substance)
    years = programme_years(looks)
    year = np.searchsorted(years, visits.middle_day, side="right") - 1
    year = np.where(visits.history, -1, year).astype(np.int64)
    first_look = np.searchsorted(looks.day, visits.last_day + looks.report_lag).astype(np.int64)
    n_look, n_year = looks.day.size, years.size - 1
    reported = np.zeros((n_look, n_year), dtype=bool)
    for k in range(n_look):
        known = year[(first_look <= k) & (year >= 0) & (year < n_year)]
        reported[k, known] = True
    load = yearly_mean_loads(
        np.ascontiguousarray(observations.load[:, u]),
        np.ascontiguousarray(observations.censored[:, u]),
        visits.day, visits.site, year, first_look, n_look, n_year, len(observations.sites),
    )  # fmt: skip
    return YearlyMeans(load=load, reported=reported)
