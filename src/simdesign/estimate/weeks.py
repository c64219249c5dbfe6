"""A table of measured days -> the site-weeks that the world model reads."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from simdesign.data import SUBSTANCES, LoadTable, laid_out_days, to_observations
from simdesign.errors import DataError
from simdesign.records import MISSING_DAY, Bools, Floats, Ints
from simdesign.units import DAYS_PER_YEAR, residue_g_per_day, weekday_of

NOISY_BEFORE = {"NL": 2017}
"""Country -> first year whose measurements are like the later ones. Dutch days before it carry
errors of flow and sampling of another order, on the same days for all substances."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteWeeks:
    """Site-weeks of one substance, sorted by site and time.

    Axes: ``k`` country (0 is the one that is estimated), ``s`` site, ``y`` cell (a campaign of a
    country, sorted by country and time), ``w`` site-week, ``d`` day within it.
    """

    substance: str
    countries: tuple[str, ...]  # (k,)
    sites: tuple[str, ...]  # (s,)
    site_country: Ints  # (s,)
    population: Floats  # (s,) inhabitants
    typical_load: Floats  # (s,) median quantified load [mg/(1000 inh d)]
    cell_country: Ints  # (y,)
    cell_time: Floats  # (y,) years since `epoch`
    cell_year: Ints  # (y,) calendar year
    site: Ints  # (w,)
    cell: Ints  # (w,)
    log_load: Floats  # (w, d) NaN = no sample; the log of the limit where censored
    censored: Bools  # (w, d) below the limit
    weekday: Ints  # (w, d) Monday = 0; 0 where there is no sample
    laid_out: Bools  # (w, d) from a mean over several days: their mean counts, their scatter not
    noisy: Bools  # (w,) of an era with measurement errors of another order
    epoch: float  # calendar time of time 0 [years]
    left_out: Mapping[str, int]  # reason -> number of site-weeks or sites

    @property
    def n_week(self) -> int:
        """Number of site-weeks."""
        return int(self.site.size)

    @property
    def time(self) -> Floats:
        """Years since the epoch, shape (w,)."""
        return np.asarray(self.cell_time[self.cell])

    @property
    def year(self) -> Ints:
        """Calendar year, shape (w,)."""
        return np.asarray(self.cell_year[self.cell])

    @property
    def country(self) -> Ints:
        """Country, shape (w,)."""
        return np.asarray(self.site_country[self.site])

    @property
    def grams(self) -> Floats:
        """Typical residue of the site, shape (w,) [g/d]."""
        return np.asarray(residue_g_per_day(self.typical_load, self.population)[self.site])

    @property
    def by_day(self) -> Bools:
        """Weeks whose samples are all of single days, shape (w,)."""
        return np.asarray(~self.laid_out.any(axis=1))

    def part(self, keep: Bools) -> "SiteWeeks":
        """Return some of the site-weeks; sites, cells and countries stay as they are numbered."""
        rows = np.flatnonzero(keep)
        cut = {
            name: getattr(self, name)[rows]
            for name in ("site", "cell", "log_load", "censored", "weekday", "laid_out", "noisy")
        }
        return replace(self, **cut)


def site_weeks(
    table: LoadTable,
    substance: str,
    country: str,
    *,
    neighbours: Sequence[str] | None = (),
    from_year: int | None = None,
    until_year: int | None = None,
    noisy_before: Mapping[str, int] = NOISY_BEFORE,
) -> SiteWeeks:
    """Collect the site-weeks of a country and of those that lend it strength.

    Where a censored day has no limit in the file, the smallest load quantified at its site stands
    in for it. A site without any quantified day has no such stand-in: it is left out and counted.

    Parameters
    ----------
    table : LoadTable
    substance, country : str
    neighbours : sequence of str, optional
        Codes of other countries; None takes all of the table.
    from_year, until_year : int, optional
        First and last calendar year that is used.
    noisy_before : mapping
        Country -> year before which its weeks have noise of their own.

    Raises
    ------
    DataError
        No site of the country, a single year, or nothing quantified.
    """
    file = table.report.file
    # unknown names of substance and country are refused here, in the reader's words
    of_country = table.select(country=country, substance=substance, from_year=from_year)
    code = of_country.countries[0]
    name = substance_of(of_country)
    part = table.select(substance=substance, from_year=from_year)
    found = sorted(set(part.countries))
    wanted = [c for c in (found if neighbours is None else neighbours) if c != code]
    countries = (code, *(c for c in wanted if c in found))
    observed = to_observations(part, [name])
    visits = observed.visits
    load, below = observed.load[0, 0], observed.censored[0, 0]
    seen = ~np.isnan(load)
    clear = seen & ~below
    own = np.array([countries.index(c) if c in countries else -1 for c in part.countries])
    keep = (own[visits.site] >= 0) & seen.any(axis=1)
    if until_year is not None:
        keep &= visits.year <= until_year
    quantified = np.zeros(len(part.sites), dtype=np.int64)
    np.add.at(quantified, visits.site[keep], clear[keep].sum(axis=1))
    never = keep & (quantified[visits.site] == 0)
    left_out = {
        "sites without any quantified day": int(np.unique(visits.site[never]).size),
        "site-weeks of such sites": int(never.sum()),
    }
    keep &= ~never
    _check_enough(file, code, name, keep & (own[visits.site] == 0), visits.site, visits.year)
    rows = np.flatnonzero(keep)
    order = rows[np.lexsort((visits.campaign[rows], visits.site[rows], own[visits.site[rows]]))]
    used, site = _numbered(visits.site[order])
    pairs = np.column_stack([own[visits.site[order]], visits.campaign[order]])
    cells, cell = np.unique(pairs, axis=0, return_inverse=True)
    cell = cell.ravel()
    first = np.array([order[cell == y][0] for y in range(len(cells))])
    middle = 1970.0 + visits.middle_day[first] / DAYS_PER_YEAR
    epoch = float(np.round(middle.mean()))
    load = load[order]
    days = visits.day[order]
    weekday = np.where(days == MISSING_DAY, 0, [[weekday_of(day) for day in week] for week in days])
    typical = [np.median(load[site == s][clear[order][site == s]]) for s in range(used.size)]
    limit = np.array([noisy_before.get(c, 0) for c in countries])
    year = visits.year[first]
    return SiteWeeks(
        substance=name,
        countries=countries,
        sites=tuple(part.sites[s] for s in used),
        site_country=own[used],
        population=part.population[used].copy(),
        typical_load=np.array(typical),
        cell_country=cells[:, 0].astype(np.int64),
        cell_time=middle - epoch,
        cell_year=year,
        site=site,
        cell=cell,
        log_load=np.log(load),
        censored=below[order] & seen[order],
        weekday=weekday.astype(np.int64),
        laid_out=laid_out_days(part, visits)[order] & seen[order],
        noisy=year[cell] < limit[cells[:, 0][cell]],
        epoch=epoch,
        left_out={reason: n for reason, n in left_out.items() if n},
    )


def substance_of(table: LoadTable) -> str:
    """Return the name of the only substance of a table."""
    return str(SUBSTANCES[int(table.substance[0])])


def _numbered(values: Ints) -> tuple[Ints, Ints]:
    """Return the distinct values in order of appearance, and the place of every value in them."""
    distinct, first, place = np.unique(values, return_index=True, return_inverse=True)
    order = np.argsort(first)
    rank = np.empty_like(order)
    rank[order] = np.arange(order.size)
    return distinct[order], rank[place.ravel()]


def _check_enough(file: str, country: str, name: str, mine: Bools, site: Ints, year: Ints) -> None:
    """Refuse what cannot tell the parts of the variance apart."""
    if not mine.any():
        raise DataError(file, f"country {country}", name, "must have a quantified day")
    sites, years = np.unique(site[mine]).size, np.unique(year[mine]).size
    if sites < 2:
        rule = "must have at least two sites: one cannot tell shared error from its own"
        raise DataError(file, f"{name}: sites of {country}", int(sites), rule)
    if years < 2:
        rule = "must have at least two years: one cannot tell levels from errors"
        raise DataError(file, f"{name}: years of {country}", int(years), rule)
