"""The one record that statistics of weeks are computed from, whether real or simulated."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Self

import numpy as np

from simdesign.records import Bools, Floats, Ints, Observations

DAYS = ("Wed", "Thu", "Fri", "Sat", "Sun", "Mon", "Tue")
"""Order of the d axis: campaign weeks of the release run from Wednesday to Tuesday."""
WEEK = len(DAYS)


@dataclass(frozen=True, kw_only=True)
class Weeks:
    """Site-weeks of one substance, one a site and year; ``w`` is such a week.

    A week without any sample of the substance stays as a row, so that the weeks of two
    substances have the same rows.
    """

    country: Ints  # (w,) number of the country: what may be shared is shared within it
    site: Ints  # (w,) number of the site, unique over countries
    origin: Ints  # (w,) the site before resampling: equal numbers are copies of one site
    year: Ints  # (w,)
    population: Floats  # (w,) inhabitants of the site
    load: Floats  # (w, 7) mg/(1000 inh d); NaN = no sample; without meaning where censored
    censored: Bools  # (w, 7) below the limit of quantification

    @classmethod
    def of(cls, parts: Sequence[Observations], substance: int, replication: int = 0) -> Self:
        """Join the weeks of some countries, each with visits from Wednesday to Tuesday."""
        first_site = np.cumsum([0, *(len(part.sites) for part in parts)])
        site = [part.visits.site + first for part, first in zip(parts, first_site, strict=False)]
        load = np.concatenate([part.load[replication, substance] for part in parts])
        censored = np.concatenate([part.censored[replication, substance] for part in parts])
        return cls(
            country=np.concatenate(
                [np.full(part.visits.n_visit, c, dtype=np.int64) for c, part in enumerate(parts)]
            ),
            site=np.concatenate(site),
            origin=np.concatenate(site),
            year=np.concatenate([part.visits.year for part in parts]),
            population=np.concatenate([part.population[part.visits.site] for part in parts]),
            load=load,
            censored=censored,
        )

    def resampled(self, rows: Ints, site: Ints) -> Self:
        """Return some rows, again and again if need be, under new site numbers."""
        return type(self)(
            country=self.country[rows],
            site=site,
            origin=self.origin[rows],
            year=self.year[rows],
            population=self.population[rows],
            load=self.load[rows],
            censored=self.censored[rows],
        )

    @cached_property
    def measured(self) -> Bools:
        """Days with a sample, shape (w, 7)."""
        return np.asarray(~np.isnan(self.load))

    @cached_property
    def complete(self) -> Bools:
        """Weeks with seven quantified days, shape (w,)."""
        return np.asarray((self.measured & ~self.censored).all(axis=1))

    @cached_property
    def centred(self) -> Floats:
        """Log loads of complete weeks around the week's mean, shape (complete, 7) [1]."""
        logs = np.log(self.load[self.complete])
        return np.asarray(logs - logs.mean(axis=1, keepdims=True))

    @cached_property
    def profile(self) -> Floats:
        """Mean of ``centred`` on every weekday, shape (7,) [1]; NaN without complete weeks."""
        if not self.complete.any():
            return np.full(WEEK, np.nan)
        return np.asarray(self.centred.mean(axis=0))

    @cached_property
    def residual(self) -> Floats:
        """Log loads of complete weeks around week mean and profile, shape (complete, 7) [1]."""
        return np.asarray(self.centred - self.profile)


def site_bootstrap(weeks: Weeks, rng: np.random.Generator) -> tuple[Ints, Ints]:
    """Draw the sites of every country with replacement; return rows and new site numbers.

    Consumes one uniform a site.
    """
    sites, first = np.unique(weeks.site, return_index=True)
    country = weeks.country[first]
    chosen = np.empty(sites.size, dtype=np.int64)
    for c in np.unique(country):
        members = np.flatnonzero(country == c)
        drawn = (rng.random(members.size) * members.size).astype(np.int64)
        chosen[members] = sites[members[drawn]]
    rows_of = {int(s): np.flatnonzero(weeks.site == s) for s in sites}
    rows = [rows_of[int(s)] for s in chosen]
    number = [np.full(part.size, n, dtype=np.int64) for n, part in enumerate(rows)]
    return np.concatenate(rows), np.concatenate(number)
