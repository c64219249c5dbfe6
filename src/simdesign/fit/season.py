"""The calendar in the model: whether a panel moves through the year, and where it stands in it."""

import datetime as dt
import math

import numpy as np

from simdesign.records import MISSING_DAY, Floats, Ints
from simdesign.units import DAYS_PER_YEAR, date_of

MOVES = 31.0
"""Campaigns of one site that spread over more days of the year than this move through it [d]."""
N_HARMONIC = 2
NEW_YEAR = ((12, 31), (1, 1), (1, 2))
"""Month and day of the days at New Year."""


def day_of_year(day: float) -> float:
    """Return the time since the start of the calendar year [d]."""
    whole = math.floor(day)
    date = date_of(whole)
    return (date - dt.date(date.year, 1, 1)).days + (day - whole)


def season_moves(middle: Floats, site: Ints) -> bool:
    """Say whether some site's campaigns spread over more than ``MOVES`` days of the year.

    The year is a circle: the spread is what remains without the largest gap.
    """
    place = np.array([day_of_year(day) for day in middle.tolist()])
    for q in range(int(site.max(initial=-1)) + 1):
        mine = np.sort(place[site == q])
        gaps = np.diff(np.r_[mine, mine[:1] + DAYS_PER_YEAR])
        if mine.size and DAYS_PER_YEAR - gaps.max() > MOVES:
            return True
    return False


def new_year_share(day: Ints) -> Floats:
    """Return the share of each visit's days that lie at New Year, (v,)."""
    present = day != MISSING_DAY
    days, place = np.unique(day, return_inverse=True)
    known = np.array([d != MISSING_DAY and _at_new_year(d) for d in days.tolist()], dtype=bool)
    at = known[place].reshape(day.shape)
    return np.asarray(at.sum(axis=1) / np.maximum(present.sum(axis=1), 1), dtype=np.float64)


def _at_new_year(day: int) -> bool:
    date = date_of(day)
    return (date.month, date.day) in NEW_YEAR


def harmonics(middle: Floats) -> Floats:
    """Return cosine and sine of the first two harmonics of the year, (n, 4)."""
    out = np.zeros((middle.size, 2 * N_HARMONIC))
    for i, day in enumerate(middle.tolist()):
        angle = 2.0 * math.pi * day_of_year(day) / DAYS_PER_YEAR
        for m in range(N_HARMONIC):
            out[i, 2 * m] = math.cos((m + 1) * angle)
            out[i, 2 * m + 1] = math.sin((m + 1) * angle)
    return out
