"""A table of days -> Observations: which days form a campaign, and what is known beforehand."""

from collections.abc import Sequence

import numpy as np

from simdesign.data.names import SUBSTANCES, WEEK, assumed_week
from simdesign.data.table import LoadTable
from simdesign.errors import DataError
from simdesign.records import LAB_STEP, MISSING_DAY, Bools, Floats, Ints, Observations, Visits
from simdesign.units import date_of

LONGEST_GAP = 3
"""Days without a sample anywhere within one campaign, at most."""
LONGEST_CAMPAIGN = 7
"""Days of one campaign, at most; continuous sampling is cut into such pieces."""


def to_observations(table: LoadTable, substances: Sequence[str] | None = None) -> Observations:
    """Lay the days of a table out as visits, one replication.

    In a file without dates a campaign is the one week of a year. Else it is a run of days in the
    table, over all sites, without a gap of more than `LONGEST_GAP` days and of at most
    `LONGEST_CAMPAIGN` days. A visit covers all days of its campaign, with NaN where its site has
    no sample. The reference load of a site is its median.

    The limit of quantification of a release is not known. A censored day whose LOQ is unknown
    carries the smallest load quantified at its site for that substance as stand-in (the smallest
    of the table where the site has none); the flag says that the truth lies below it.

    Parameters
    ----------
    table : LoadTable
    substances : sequence of str, optional
        All that the table holds when absent.
    """
    if substances is None:
        substances = [SUBSTANCES[u] for u in np.unique(table.substance)]
    number = {SUBSTANCES.index(name): u for u, name in enumerate(substances)}
    wanted = np.isin(table.substance, list(number))
    chosen = wanted & table.measured
    if not chosen.any():
        raise DataError(table.report.file, "rows", 0, "must hold loads of the chosen substances")
    u = np.array([number.get(int(k), -1) for k in table.substance])[chosen]
    site, day, load = table.site[chosen], table.day[chosen], table.load[chosen]
    censored = table.censored[chosen]
    # days without a sample belong to a campaign too
    find = undated_campaigns if table.assumed_dates else campaigns
    first_day, length = find(table.day[wanted])
    held = np.unique(np.searchsorted(first_day, day, side="right") - 1)
    first_day, length = first_day[held], length[held]
    campaign = np.searchsorted(first_day, day, side="right") - 1
    key, visit = np.unique(np.column_stack([campaign, site]), axis=0, return_inverse=True)
    lab = np.full(key.shape[0], -1, dtype=np.int64)
    np.maximum.at(lab, visit.ravel(), table.lab[chosen])
    visits = _visits(table, key, first_day, length, lab)
    shape = (1, len(substances), key.shape[0], int(length.max()))
    loads, flags = np.full(shape, np.nan), np.zeros(shape, dtype=bool)
    place = day - first_day[campaign]
    stand_in = _stand_in(u, site, load, censored, (len(substances), len(table.sites)))
    unknown = censored & ~table.loq_known[chosen]
    loads[0, u, visit.ravel(), place] = np.where(unknown, stand_in[u, site], load)
    flags[0, u, visit.ravel(), place] = censored
    return Observations(
        substances=tuple(substances),
        sites=table.sites,
        population=table.population.copy(),
        reference_load=_reference(u, site, load, censored, stand_in),
        visits=visits,
        load=loads,
        censored=flags,
    )


def laid_out_days(table: LoadTable, visits: Visits) -> Bools:
    """Return which days of visits were laid out from a mean over several days, shape (v, d).

    Such days keep their mean and have no scatter of their own (docs/data.md).

    Parameters
    ----------
    table : LoadTable
        Of one substance.
    visits : Visits
        Of the same table.
    """
    laid = table.measured & (table.n_days > 1)
    known = set(zip(table.site[laid].tolist(), table.day[laid].tolist(), strict=True))
    rows = zip(visits.site.tolist(), visits.day.tolist(), strict=True)
    found = [[(site, day) in known for day in days] for site, days in rows]
    return np.array(found, dtype=bool).reshape(visits.day.shape)


def campaigns(day: Ints) -> tuple[Ints, Ints]:
    """Return first day and length in days of every campaign, given their days."""
    first: list[int] = []
    last: list[int] = []
    for today in np.unique(day).tolist():
        if first and today - last[-1] <= LONGEST_GAP + 1 and today - first[-1] < LONGEST_CAMPAIGN:
            last[-1] = today
        else:
            first.append(today)
            last.append(today)
    starts = np.array(first, dtype=np.int64)
    return starts, np.array(last, dtype=np.int64) - starts + 1


def undated_campaigns(day: Ints) -> tuple[Ints, Ints]:
    """Return the same where dates are assumed: the one assumed week of every year."""
    years = {date_of(int(d)).year for d in np.unique(day)}
    starts = np.array(sorted(assumed_week(year) for year in years), dtype=np.int64)
    return starts, np.full(starts.size, len(WEEK), dtype=np.int64)


def _visits(table: LoadTable, key: Ints, first_day: Ints, length: Ints, lab: Ints) -> Visits:
    """Return the visits of (campaign, site) pairs, sorted as `Visits` wants them."""
    campaign, site = key[:, 0].astype(np.int64), key[:, 1].astype(np.int64)
    offset = np.arange(int(length.max()), dtype=np.int64)
    inside = offset[None, :] < length[campaign][:, None]
    days = np.where(inside, first_day[campaign][:, None] + offset, MISSING_DAY)
    middle = [date_of(int(d)) for d in first_day + length // 2]
    year = np.array([date.year for date in middle], dtype=np.int64)
    country = np.unique(np.array(table.countries), return_inverse=True)[1].astype(np.int64)
    n_country = int(country.max()) + 1
    slot = np.zeros(year.size, dtype=np.int64)
    n_slot = 1
    if np.unique(year).size < year.size:  # several campaigns in a year: a slot is a month
        months, slot = np.unique([date.month for date in middle], return_inverse=True)
        slot, n_slot = slot.astype(np.int64), int(months.size)
    return Visits(
        site=site,
        campaign=campaign,
        slot=slot[campaign],
        # one laboratory measures a country where none is named, and analyses all sites of a
        # campaign together
        batch=np.where(lab >= 0, n_country + lab, country[site]) * LAB_STEP + campaign,
        year=year[campaign],
        day=days,
        history=np.zeros(site.size, dtype=bool),
        n_slot=n_slot,
    )


def _stand_in(
    u: Ints, site: Ints, load: Floats, censored: np.ndarray, shape: tuple[int, int]
) -> Floats:
    """Return the smallest quantified load of each (substance, site), shape (u, s)."""
    least = np.full(shape, np.inf)
    np.minimum.at(least, (u[~censored], site[~censored]), load[~censored])
    of_all = least.min(axis=1, keepdims=True)
    of_all = np.where(np.isfinite(of_all), of_all, 1.0)  # nothing quantified: the engine declines
    return np.asarray(np.where(np.isfinite(least), least, of_all))


def _reference(u: Ints, site: Ints, load: Floats, censored: np.ndarray, stand_in: Floats) -> Floats:
    """Return the median quantified load of each (substance, site); the stand-in where none is."""
    reference = stand_in.copy()
    for k, s in np.unique(np.column_stack([u, site]), axis=0):
        mine = load[(u == k) & (site == s) & ~censored]
        if mine.size:
            reference[k, s] = np.median(mine)
    return reference
