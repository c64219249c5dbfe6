"""Everything doubtful about a table: days, jumps between campaigns, laboratories, coverage."""

import datetime as dt
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from simdesign.data.day_doubts import odd_days, repeats, reversed_profiles
from simdesign.data.doubt import Doubt
from simdesign.data.names import SUBSTANCES
from simdesign.data.table import LoadTable
from simdesign.data.weeks import FALSE_FLAG, Weeks, log_profile, mad_scale, tail_limit, weeks_of
from simdesign.records import Floats, Ints
from simdesign.units import DAYS_PER_YEAR, date_of, day_of

JUMP_RATIO = 3.0
"""Least ratio of two campaigns' levels that is called impossible."""
UNIT_POWERS = (1, 2, 3)
UNIT_TOLERANCE = 0.08
"""Of the decimal logarithm of a jump from 1, 2 or 3: a factor within 20 % of 10, 100, 1000."""
SHARED_RATIO = 1.5
"""Least median ratio of a jump that a site's substances share."""
SHARED_SUBSTANCES = 3
ENOUGH_JUMPS = 10
"""Pairs of campaigns in a file from which the usual size of a jump is known."""


class Jumps(NamedTuple):
    """Changes of level from one campaign of a site to its next, one substance."""

    site: Ints  # (j,)
    day: Ints  # (j,) first day of the later campaign
    change: Floats  # (j,) of the mean log load less the weekday profile [1]
    score: Floats  # (j,) change around its median over the root of the years between, in scales [1]


def doubts(table: LoadTable, today: dt.date | None = None) -> list[Doubt]:
    """Return everything doubtful, ordered by kind, site and day.

    Parameters
    ----------
    table : LoadTable
    today : date, optional
        Later days are doubtful; the clock's date when absent.
    """
    found: list[Doubt] = []
    jumps: dict[int, Jumps] = {}
    for u in np.unique(table.substance[table.measured]).tolist():
        weeks = weeks_of(table, u)
        found += odd_days(table, u, weeks)
        found += reversed_profiles(table, u, weeks)
        found += repeats(table, u, weeks)
        found += _laboratories(table, u, weeks)
        jumps[u] = jumps_of(weeks, log_profile(weeks, u))
        found += _jumps(table, u, jumps[u])
    if not table.labs:
        found += _shared_jumps(table, jumps)
    found += _coverage(table)
    limit = day_of(today or dt.date.today()) + 1
    for s in np.unique(table.site[table.measured & (table.day >= limit)]).tolist():
        late = table.day[(table.site == s) & table.measured]
        text = f"up to {date_of(int(late.max()))}"
        found.append(Doubt.of(table, "days in the future", s, None, int(late.max()), text))
    unique = dict.fromkeys(found)
    return sorted(unique, key=lambda d: (d.kind, d.country, d.site, d.substance, d.day or 0))


def jumps_of(weeks: Weeks, profile: Floats) -> Jumps:
    """Return the changes between consecutive campaigns of each site."""
    level = weeks.log_load - profile[weeks.weekday]
    has = weeks.n_day > 0
    site, day = weeks.site[has], weeks.first_day[has]
    mean = np.nanmean(level[has], axis=1) if has.any() else np.zeros(0)
    same = site[1:] == site[:-1]
    change = np.diff(mean)[same]
    years = np.diff(day)[same] / DAYS_PER_YEAR
    scaled = change / np.sqrt(np.maximum(years, 1.0))
    score = np.zeros(change.size)
    if change.size >= ENOUGH_JUMPS and mad_scale(scaled) > 0.0:
        score = (scaled - np.median(scaled)) / mad_scale(scaled)
    return Jumps(site[1:][same], day[1:][same], change, score)


def _jumps(table: LoadTable, u: int, jumps: Jumps) -> Iterator[Doubt]:
    limit = tail_limit(jumps.change.size, FALSE_FLAG / 2.0)
    for site, day, change, score in zip(*jumps, strict=True):
        ratio = float(np.exp(abs(change)))
        words = f"{ratio:.3g} times {'higher' if change > 0 else 'lower'} than the campaign before"
        power = abs(float(change)) / np.log(10.0)
        if any(abs(power - k) < UNIT_TOLERANCE for k in UNIT_POWERS):
            text = f"{words}: a unit or a decimal mark?"
            yield Doubt.of(table, "factors of 10, 100 or 1000", int(site), u, int(day), text)
        if abs(score) > limit and ratio >= JUMP_RATIO:
            yield Doubt.of(table, "impossible jumps", int(site), u, int(day), words)


def _laboratories(table: LoadTable, u: int, weeks: Weeks) -> Iterator[Doubt]:
    """Yield named laboratories that change from one campaign of a site to its next."""
    for w in range(1, weeks.site.size):
        before, after = int(weeks.lab[w - 1]), int(weeks.lab[w])
        if weeks.site[w] == weeks.site[w - 1] and before != after:
            names = [table.labs[k] if k >= 0 else "(not named)" for k in (before, after)]
            site, day = int(weeks.site[w]), int(weeks.first_day[w])
            text = f"{names[0]} to {names[1]}"
            yield Doubt.of(table, "sites that change laboratory", site, u, day, text)


def _shared_jumps(table: LoadTable, jumps: dict[int, Jumps]) -> Iterator[Doubt]:
    """Yield campaigns at which three substances of a site or more jump together."""
    at: dict[tuple[int, int], list[tuple[float, float]]] = {}
    for found in jumps.values():
        for site, day, change, score in zip(*found, strict=True):
            at.setdefault((int(site), int(day)), []).append((float(change), float(score)))
    shared = {key: np.array(x) for key, x in at.items() if len(x) >= SHARED_SUBSTANCES}
    if len(shared) < ENOUGH_JUMPS:
        return
    total = {key: x[:, 1].sum() / np.sqrt(len(x)) for key, x in shared.items()}
    values = np.array(list(total.values()))
    limit = tail_limit(values.size, FALSE_FLAG / 2.0) * mad_scale(values)
    middle = float(np.median(values))
    for (site, day), x in shared.items():
        together = bool((np.sign(x[:, 0]) == np.sign(x[0, 0])).all())
        ratio = float(np.exp(np.median(np.abs(x[:, 0]))))
        if together and ratio >= SHARED_RATIO and abs(total[site, day] - middle) > limit > 0.0:
            word = "up" if x[0, 0] > 0 else "down"
            text = f"{len(x)} substances {word} together, median ratio {ratio:.2g}: laboratory, "
            text += "flow or population?"
            yield Doubt.of(table, "jumps shared by substances", site, None, day, text)


def _coverage(table: LoadTable) -> Iterator[Doubt]:
    """Yield series that say little, and names that stand in two countries."""
    for u in np.unique(table.substance).tolist():
        for s in np.unique(table.site[table.substance == u]).tolist():
            mine = (table.substance == u) & (table.site == s) & table.measured
            if not mine.any():
                yield Doubt.of(table, "series without any sample", s, u, None, "every row is blank")
                continue
            if table.censored[mine].all():
                text = f"all {int(mine.sum())} days"
                yield Doubt.of(table, "series wholly below the LOQ", s, u, None, text)
            years = sorted({date_of(int(day)).year for day in table.day[mine]})
            if len(years) == 1:
                text = f"{years[0]} only: nothing about change from year to year"
                yield Doubt.of(table, "series of a single year", s, u, None, text)
            gaps = sorted(set(range(years[0], years[-1])) - set(years))
            if gaps:
                text = "none in " + ", ".join(str(year) for year in gaps)
                yield Doubt.of(table, "series with years missing", s, u, None, text)
    names: dict[str, list[int]] = {}
    for s, name in enumerate(table.sites):
        names.setdefault(name.casefold(), []).append(s)
    for places in names.values():
        countries = [table.countries[s] for s in places]
        if len(places) > 1:
            text = f"stands in {' and '.join(countries)}: kept apart"
            kind = "one name in two countries"
            yield Doubt.of(table, kind, places[0], None, None, text)
    for u in np.unique(table.substance).tolist():
        mine = (table.substance == u) & table.measured & ~table.censored
        if mine.any() and float(np.median(table.load[mine])) < LEAST_USUAL_LOAD:
            s = int(table.site[mine][0])
            text = (
                f"{SUBSTANCES[u]}: half of all days below {LEAST_USUAL_LOAD} mg: are these grams?"
            )
            yield Doubt.of(table, "implausibly small loads", s, u, None, text)


LEAST_USUAL_LOAD = 0.05
"""mg/(1000 inh d); medians of substances in the 2025 release lie between 8 and 180."""
