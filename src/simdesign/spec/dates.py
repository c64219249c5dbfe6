"""Rules that give a date in every year: fixed ones, moving feasts, weekdays of a month, lists."""

import calendar
import datetime as dt
from itertools import pairwise
from typing import Annotated, Literal

from pydantic import Field, model_validator

from simdesign.spec.base import Spec

Month = Annotated[int, Field(ge=1, le=12)]

_COMMON_YEAR = 2026


def easter(year: int) -> dt.date:
    """Return Easter Sunday of a Gregorian year.

    The anonymous Gregorian algorithm (Nature, 20 April 1876; also in Meeus 1991, Astronomical
    Algorithms, chapter 8), valid for every year of the Gregorian calendar.
    """
    a = year % 19
    b, c = divmod(year, 100)
    d, e = divmod(b, 4)
    f = (b + 8) // 25
    g = (b - f + 1) // 3
    h = (19 * a + b - d - g + 15) % 30
    i, k = divmod(c, 4)
    m = (32 + 2 * e + 2 * i - h - k) % 7
    n = (a + 11 * h + 22 * m) // 451
    month, day = divmod(h + m - 7 * n + 114, 31)
    return dt.date(year, month, day + 1)


def kings_day(year: int) -> dt.date:
    """Return King's Day: 27 April, or 26 April when the 27th is a Sunday."""
    day = dt.date(year, 4, 27)
    return day - dt.timedelta(days=1) if day.weekday() == calendar.SUNDAY else day


_AFTER_EASTER = {"carnival": -49, "easter": 0, "ascension": 39, "whitsun": 49}


def public_holidays(year: int) -> frozenset[dt.date]:
    """Return the days off of the Netherlands, Sundays among them.

    New Year's Day, Easter Sunday and Monday, King's Day, Ascension Day, Whit Sunday and Monday,
    Christmas Day and the day after. Liberation Day is for most people a day off once in five
    years and is left out.
    """
    after_easter = (0, 1, 39, 49, 50)
    return frozenset(
        {
            dt.date(year, 1, 1),
            kings_day(year),
            dt.date(year, 12, 25),
            dt.date(year, 12, 26),
            *(easter(year) + dt.timedelta(days=days) for days in after_easter),
        }
    )


class FixedDate(Spec):
    """The same date every year."""

    kind: Literal["fixed"] = "fixed"
    month: Month
    day: Annotated[int, Field(ge=1, le=31)]

    @model_validator(mode="after")
    def _exists(self) -> "FixedDate":
        last = calendar.monthrange(_COMMON_YEAR, self.month)[1]
        if self.day > last:
            raise ValueError(
                f"day must exist in every year: month {self.month} has {last} days,"
                f" it is {self.day}"
            )
        return self

    def dates(self, year: int) -> tuple[dt.date, ...]:
        """Return the date in a year."""
        return (dt.date(year, self.month, self.day),)


class Feast(Spec):
    """A moving feast; carnival and Whitsun are their Sundays."""

    kind: Literal["feast"] = "feast"
    name: Literal["carnival", "easter", "kings_day", "ascension", "whitsun"]

    def dates(self, year: int) -> tuple[dt.date, ...]:
        """Return the date in a year."""
        if self.name == "kings_day":
            return (kings_day(year),)
        return (easter(year) + dt.timedelta(days=_AFTER_EASTER[self.name]),)


class WeekdayOfMonth(Spec):
    """For example the third Saturday of July."""

    kind: Literal["weekday"] = "weekday"
    month: Month
    weekday: Annotated[int, Field(ge=0, le=6)]
    """Monday = 0."""
    number: Literal[1, 2, 3, 4, -1]
    """Which one within the month; -1 is the last."""

    def dates(self, year: int) -> tuple[dt.date, ...]:
        """Return the date in a year."""
        first, length = calendar.monthrange(year, self.month)
        day = 1 + (self.weekday - first) % 7 + 7 * (self.number - 1)
        if self.number == -1:
            last = (first + length - 1) % 7
            day = length - (last - self.weekday) % 7
        return (dt.date(year, self.month, day),)


class DateList(Spec):
    """Dates that somebody wrote down; other years have none."""

    kind: Literal["list"] = "list"
    days: Annotated[tuple[dt.date, ...], Field(min_length=1)]

    @model_validator(mode="after")
    def _ordered(self) -> "DateList":
        if any(a >= b for a, b in pairwise(self.days)):
            raise ValueError("days must be in order, each once")
        return self

    def dates(self, year: int) -> tuple[dt.date, ...]:
        """Return the dates in a year."""
        return tuple(day for day in self.days if day.year == year)


DateRule = Annotated[FixedDate | Feast | WeekdayOfMonth | DateList, Field(discriminator="kind")]
"""When something happens: ``dates(year)`` gives the dates in a year."""
