"""The days of a simulation: the programme's years and the history before them."""

import datetime as dt
from dataclasses import dataclass
from functools import cached_property
from typing import Self

import numpy as np

from simdesign.errors import SpecError
from simdesign.records import Floats
from simdesign.spec.study import Programme
from simdesign.units import date_of, day_of, weekday_of

_YEAR_ZERO = 2**32  # the address word of programme year 0: history counts down from it


@dataclass(frozen=True)
class Calendar:
    """Consecutive days from the start of the history to the end of the programme."""

    first_day: int
    """Day of index 0."""
    start: int
    """Index of the programme's first day."""
    n_day: int
    years: tuple[tuple[int, int, int], ...]
    """Address word, first index and number of days of every programme year."""

    @classmethod
    def of(cls, programme: Programme, history_years: int = 0) -> Self:
        """Lay out a programme with whole years of history before it.

        Raises
        ------
        SpecError
            When ``history_years`` is negative.
        """
        if history_years < 0:
            raise SpecError("history_years", history_years, "must be >= 0")
        years = range(-history_years, programme.years + 1)
        borders = [_anniversary(programme.start, year) for year in years]
        return cls(
            first_day=borders[0],
            start=programme.start_day - borders[0],
            n_day=borders[-1] - borders[0],
            years=tuple(
                (_YEAR_ZERO + year, border - borders[0], following - border)
                for year, border, following in zip(years, borders, borders[1:], strict=False)
            ),
        )

    @property
    def weekday(self) -> int:
        """Weekday of index 0, Monday = 0."""
        return weekday_of(self.first_day)

    @cached_property
    def dates(self) -> tuple[dt.date, ...]:
        """Calendar date of every index."""
        return tuple(date_of(day) for day in range(self.first_day, self.first_day + self.n_day))

    @cached_property
    def day_of_year(self) -> Floats:
        """Day of the year of every index, 1 on 1 January, shape (n_day,)."""
        return np.array([float(date.timetuple().tm_yday) for date in self.dates])


def _anniversary(start: dt.date, year: int) -> int:
    return day_of(start.replace(year=start.year + year))
