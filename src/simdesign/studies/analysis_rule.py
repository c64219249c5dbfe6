"""EUDA's rule of practice on a real series: more than ten per cent from one year to the next."""

import itertools
from dataclasses import dataclass

import numpy as np

from simdesign.records import Observations


@dataclass(frozen=True, slots=True, kw_only=True)
class YearOnYear:
    """The rule on two neighbouring years with campaigns."""

    before: int  # year
    after: int  # year
    change: float  # relative change of the mean load [1]
    verdict: str  # "increase", "decrease" or "stable"


def year_on_year(observations: Observations, threshold: float) -> YearOnYear | None:
    """Return the change of the mean load between the last two years with campaigns.

    A panel's change is that of the unweighted mean over the sites measured in both. Days below
    the LOQ count with half their limit, as is common practice. Two years without any quantified
    day are not compared: a change of nothing but limits is none of the load, nor is its absence.
    """
    years = np.unique(observations.visits.year).tolist()
    if len(years) < 2:
        return None
    return _compared(observations, years[-2], years[-1], threshold)


def every_year(observations: Observations, threshold: float) -> tuple[YearOnYear, ...]:
    """Return the rule on all neighbouring years that share a site, oldest first."""
    years = np.unique(observations.visits.year).tolist()
    found = (
        _compared(observations, before, after, threshold)
        for before, after in itertools.pairwise(years)
    )
    return tuple(item for item in found if item is not None)


def _compared(
    observations: Observations, before: int, after: int, threshold: float
) -> YearOnYear | None:
    old, new = _site_means(observations, before), _site_means(observations, after)
    both = sorted(old.keys() & new.keys())
    if not both or not _any_quantified(observations, both, (before, after)):
        return None
    change = sum(new[s] for s in both) / sum(old[s] for s in both) - 1.0
    verdict = "stable"
    if abs(change) > threshold:
        verdict = "increase" if change > 0 else "decrease"
    return YearOnYear(before=before, after=after, change=change, verdict=verdict)


def _any_quantified(observations: Observations, sites: list[int], years: tuple[int, int]) -> bool:
    visits = observations.visits
    here = np.isin(visits.year, years) & np.isin(visits.site, sites)
    quantified = ~observations.censored[0, 0] & np.isfinite(observations.load[0, 0])
    return bool(quantified[here].any())


def _site_means(observations: Observations, year: int) -> dict[int, float]:
    """Return the mean load of every site with a sample in a year."""
    visits = observations.visits
    load = np.where(observations.censored[0, 0], 0.5, 1.0) * observations.load[0, 0]
    here = visits.year == year
    return {
        int(s): float(np.nanmean(load[here & (visits.site == s)]))
        for s in np.unique(visits.site[here])
    }
