"""Doubts about single days and about the shape of weeks. docs/data.md derives the rules."""

from collections.abc import Iterator

import numpy as np
from scipy import stats

from simdesign.data.doubt import Doubt
from simdesign.data.names import WEEK
from simdesign.data.table import LoadTable
from simdesign.data.weeks import (
    ENOUGH_DAYS,
    FALSE_FLAG,
    Weeks,
    log_profile,
    mad_scale,
    tail_limit,
)
from simdesign.records import Floats
from simdesign.units import date_of

SPIKE_RATIO = 3.0
"""A day is called dumping-like from this multiple of its week on: dumps are coarse."""
OWN_SCALE = 28
"""Residuals from which a site has a scale of its own; else the larger of its own and all sites'."""
STRONG_PROFILE = 0.05
"""Sum of squares of a log weekday profile from which a reversed one can be told [1]."""
REVERSED_PROB = 0.01
REPEATS = 3
"""Equal values in a row from which they are named."""
DIGITS = 100
"""Values of at least so many steps of their own rounding are expected to differ."""


def distances(weeks: Weeks, profile: Floats) -> Floats:
    """Return each day's log load, less the profile, minus the median of its week's other days.

    NaN in weeks with fewer than `ENOUGH_DAYS` days, shape (w, 7).
    """
    level = weeks.log_load - profile[weeks.weekday]
    out = np.full(level.shape, np.nan)
    use = weeks.daily & (weeks.n_day >= ENOUGH_DAYS)
    for place in range(len(WEEK)):
        others = np.delete(level[use], place, axis=1)
        out[use, place] = level[use, place] - np.nanmedian(others, axis=1)
    return out


def odd_days(table: LoadTable, substance: int, weeks: Weeks) -> Iterator[Doubt]:
    """Yield days far above (dumping-like) or far below the others of their week."""
    distance = distances(weeks, log_profile(weeks, substance))
    found = distance[~np.isnan(distance)]
    if found.size < ENOUGH_DAYS:
        return
    of_all = mad_scale(found)
    for s in np.unique(weeks.site):
        rows = np.flatnonzero(weeks.site == s)
        own = distance[rows][~np.isnan(distance[rows])]
        if own.size == 0:
            continue
        enough = own.size >= OWN_SCALE
        scale = mad_scale(own) if enough else max(mad_scale(own), of_all)
        limit = scale * tail_limit(own.size if enough else found.size, FALSE_FLAG / len(WEEK))
        limit = max(limit, float(np.log(SPIKE_RATIO)))
        for w in rows:
            for place in np.flatnonzero(np.abs(np.nan_to_num(distance[w])) > limit):
                ratio = float(np.exp(distance[w, place]))
                high = ratio > 1.0
                words = f"{ratio:.3g} times its week" if high else f"1/{1 / ratio:.3g} of its week"
                yield Doubt.of(
                    table, "dumping-like days" if high else "days far below their week",
                    int(s), substance, int(weeks.first_day[w] + place),
                    f"{np.exp(weeks.log_load[w, place]):.4g}, {words}",
                )  # fmt: skip


def reversed_profiles(table: LoadTable, substance: int, weeks: Weeks) -> Iterator[Doubt]:
    """Yield sites whose weekday profile runs against that of all sites.

    Each full week gives the slope of its log loads on the profile; weeks are independent whatever
    the correlation of days, so the mean slope has a t test against 0.
    """
    profile = log_profile(weeks, substance)
    strength = float(profile @ profile)
    if strength < STRONG_PROFILE:
        return
    full = weeks.daily & (weeks.n_day == len(WEEK))
    for s in np.unique(weeks.site[full]):
        mine = full & (weeks.site == s)
        slope = (weeks.log_load[mine] * profile[weeks.weekday[mine]]).sum(axis=1) / strength
        if slope.size < 3 or slope.std() == 0.0:
            continue
        error = slope.std(ddof=1) / np.sqrt(slope.size)
        if slope.mean() < -error * stats.t.isf(REVERSED_PROB, slope.size - 1):
            level = weeks.log_load[mine] - weeks.log_load[mine].mean(axis=1, keepdims=True)
            fits = [
                float((level * profile[(weeks.weekday[mine] - shift) % 7]).sum())
                for shift in range(7)
            ]
            shift = int(np.argmax(fits))
            yield Doubt.of(
                table, "sites with a reversed weekday profile", int(s), substance, None,
                f"slope on the usual profile {slope.mean():.2f} over {slope.size} weeks; "
                f"days fit best when taken as {shift} earlier",
            )  # fmt: skip


def repeats(table: LoadTable, substance: int, weeks: Weeks) -> Iterator[Doubt]:
    """Yield runs of equal values and weeks that repeat another week."""
    seen: dict[bytes, int] = {}
    for w in np.flatnonzero(weeks.daily):
        load = np.exp(weeks.log_load[w])
        values = load[~np.isnan(load)]
        if values.size == 0:
            continue
        step = _step(values)
        run, longest, at = 1, 1, 0
        for place in range(1, len(WEEK)):
            same = abs(load[place] - load[place - 1]) < 0.5 * step
            run = run + 1 if same and load[place] >= DIGITS * step else 1
            if run > longest:
                longest, at = run, place - run + 1
        site, first = int(weeks.site[w]), int(weeks.first_day[w])
        if longest >= REPEATS:
            text = f"{longest} days in a row of {load[at]:.4g}"
            yield Doubt.of(table, "repeated values", site, substance, first + at, text)
        if values.size >= ENOUGH_DAYS and np.median(values) >= DIGITS * step:
            key = np.round(load, 6).tobytes()
            if key in seen:
                other = seen[key]
                text = f"the same week as {table.sites[weeks.site[other]]}, "
                text += f"{date_of(int(weeks.first_day[other]))}"
                yield Doubt.of(table, "repeated values", site, substance, first, text)
            seen.setdefault(key, int(w))


def _step(values: Floats) -> float:
    """Return the unit of the last decimal in which values are given, at most six decimals."""
    for decimals in range(6):
        if np.allclose(values, np.round(values, decimals), rtol=1e-9, atol=1e-12):
            return float(10.0**-decimals)
    return 1e-6
