"""Site-weeks -> the arrays of the world model: which day follows which, what stands where."""

from collections.abc import Mapping

import numpy as np

from simdesign.estimate.priors import POOLED, Prior
from simdesign.estimate.weeks import SiteWeeks
from simdesign.records import Floats, Ints

WEEKDAYS = 7


def weekday_basis() -> Floats:
    r"""Return seven effects that sum to zero from six coordinates, shape (7, 6).

    With independent standard normal coordinates every effect has variance 1: Helmert's columns,
    of unit length, times :math:`\sqrt{7/6}`.
    """
    columns = np.zeros((WEEKDAYS, WEEKDAYS - 1))
    for j in range(WEEKDAYS - 1):
        columns[: j + 1, j] = 1.0
        columns[j + 1, j] = -(j + 1.0)
    columns /= np.sqrt((columns**2).sum(axis=0))
    return np.asarray(columns * np.sqrt(WEEKDAYS / (WEEKDAYS - 1.0)))


def n_normal(weeks: SiteWeeks) -> int:
    """Return how many standard normal coordinates the model of these weeks has.

    Six of the mean week; per country its scales, its drift, its odd days and a week; per site
    level, drift, day scale and a week; per cell a step of the walk and a shared error; per
    site-week a step of the city's walk.
    """
    k, s, y = len(weeks.countries), len(weeks.sites), weeks.cell_time.size
    six = WEEKDAYS - 1
    return six + k * (len(POOLED) + 2 + six) + s * (3 + six) + 2 * y + weeks.n_week


def model_arrays(weeks: SiteWeeks, priors: tuple[Prior, ...]) -> dict[str, np.ndarray]:
    """Return the data of the model by name.

    A day is *clear* (quantified) or *below* the limit. Its predecessor is the last clear day of
    its week, ``gap`` days before; gap 0 means that there is none. Days that were laid out from a
    mean are no days here: of every week they are one *mean*, which is clear or below.
    """
    clear, below = _linked_days(weeks)
    first, root_gap = _steps(weeks.site, weeks.time)
    cell_first, cell_gap = _steps(weeks.cell_country, weeks.cell_time)
    site_centre = np.log(weeks.typical_load)
    return {
        "prior_family": np.array([float(item.family) for item in priors]),
        "prior_scale": np.array([item.scale for item in priors]),
        "prior_spread": np.array([item.spread for item in priors]),
        "basis": weekday_basis(),
        "country_axis": np.zeros(len(weeks.countries)),
        "site_country": weeks.site_country,
        "site_centre": site_centre,
        "cell_country": weeks.cell_country,
        "cell_first": cell_first,
        "cell_root_gap": cell_gap,
        "cell_noisy": _cell_noisy(weeks),
        "week_site": weeks.site,
        "week_cell": weeks.cell,
        "week_time": weeks.time,
        "week_first": first,
        "week_root_gap": root_gap,
        "week_noisy": weeks.noisy.astype(float),
        "week_grams": weeks.grams,
        **{f"clear_{name}": value for name, value in clear.items()},
        **{f"below_{name}": value for name, value in below.items()},
        **{f"mean_{name}": value for name, value in _means(weeks).items()},
    }


def _cell_noisy(weeks: SiteWeeks) -> Floats:
    noisy = np.zeros(weeks.cell_time.size)
    noisy[weeks.cell[weeks.noisy]] = 1.0
    return noisy


def _steps(group: Ints, time: Floats) -> tuple[Ints, Floats]:
    """Return the first row of each row's group, and the root of the time since the row before.

    Rows are sorted by group and time; the first of a group has no step.
    """
    starts = np.r_[True, group[1:] != group[:-1]]
    first = np.maximum.accumulate(np.where(starts, np.arange(group.size), 0))
    gap = np.where(starts, 0.0, np.diff(time, prepend=time[:1]))
    return first, np.sqrt(gap)


def _linked_days(weeks: SiteWeeks) -> tuple[Mapping[str, np.ndarray], Mapping[str, np.ndarray]]:
    rows: dict[bool, list[tuple[float, int, int, int, int]]] = {False: [], True: []}
    for w in range(weeks.n_week):
        last, last_row = -1, 0
        for d in np.flatnonzero(~np.isnan(weeks.log_load[w]) & ~weeks.laid_out[w]):
            under = bool(weeks.censored[w, d])
            gap = int(d) - last if last >= 0 else 0
            rows[under].append((weeks.log_load[w, d], w, int(weeks.weekday[w, d]), last_row, gap))
            if not under:
                last, last_row = int(d), len(rows[False]) - 1
    found = []
    for under in (False, True):
        table = np.array(rows[under], dtype=float).reshape(-1, 5)
        found.append(
            {
                "value": table[:, 0],
                "week": table[:, 1].astype(np.int64),
                "weekday": table[:, 2].astype(np.int64),
                "before": table[:, 3].astype(np.int64),
                "gap": table[:, 4],
            }
        )
    return found[0], found[1]


def _means(weeks: SiteWeeks) -> dict[str, np.ndarray]:
    """Return the means that days were laid out from, at most a clear one and one below a week.

    ``days`` is the share of each weekday in the mean, (m, 7); ``apart`` the share of its pairs of
    days that lie g = 0 ... 6 days apart, (m, 7), so that the mean of days with variance 1 and
    correlation rho^g has the variance ``apart @ rho**g``.
    """
    value, week, below, days, apart = [], [], [], [], []
    for w in np.flatnonzero(weeks.laid_out.any(axis=1)):
        for under in (False, True):
            place = np.flatnonzero(weeks.laid_out[w] & (weeks.censored[w] == under))
            if not place.size:
                continue
            between = np.abs(place[:, None] - place).ravel()
            value.append(weeks.log_load[w, place].mean())
            week.append(w)
            below.append(float(under))
            days.append(np.bincount(weeks.weekday[w, place], minlength=WEEKDAYS) / place.size)
            apart.append(np.bincount(between, minlength=WEEKDAYS) / between.size)
    return {
        "value": np.array(value, dtype=float),
        "week": np.array(week, dtype=np.int64),
        "below": np.array(below, dtype=float),
        "days": np.array(days, dtype=float).reshape(-1, WEEKDAYS),
        "apart": np.array(apart, dtype=float).reshape(-1, WEEKDAYS),
    }
