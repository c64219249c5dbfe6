"""The programme's calendar: which days a campaign has, for every kind of schedule."""

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from simdesign.records import Floats
from simdesign.seeds import Purpose, stream
from simdesign.spec.schedule import WEEKDAYS, Weekday
from simdesign.units import date_of, day_of, weekday_of

_SEASON = {12: 0, 1: 0, 2: 0, 3: 1, 4: 1, 5: 1, 6: 2, 7: 2, 8: 2, 9: 3, 10: 3, 11: 3}
DAYS_PER_WEEK = 7


@dataclass(frozen=True, slots=True, kw_only=True)
class Campaign:
    """Sites that are sampled on the same days."""

    days: tuple[int, ...]
    """Calendar days, increasing."""
    sites: tuple[int, ...]
    """Indices into the sites, increasing."""
    slot: str | None = None
    """Place in the year, the same every year, for example ``week 11``; None when moving."""
    history: bool = False
    """Before the programme: it informs and raises no alarm."""


def week_opens(year: int, week: int, start_weekday: Weekday = "Wed") -> int:
    """Return the first day of a week of a calendar year.

    The first start weekday on or after 1 January + 7 (week - 1) days; a week earlier where the
    seven days would end in the next year, which can happen to week 52 only.
    """
    earliest = day_of(dt.date(year, 1, 1)) + DAYS_PER_WEEK * (week - 1)
    opens = earliest + (WEEKDAYS.index(start_weekday) - weekday_of(earliest)) % DAYS_PER_WEEK
    spills = opens + DAYS_PER_WEEK > day_of(dt.date(year + 1, 1, 1))
    return opens - DAYS_PER_WEEK if spills else opens


def week_of(day: int, start_weekday: Weekday = "Wed") -> tuple[int, int]:
    """Return calendar year and number, 1 to 53, of the week that holds a day.

    It is the week of ``week_opens``; a 53rd one can open on the last days of a year.
    """
    opens = day - (weekday_of(day) - WEEKDAYS.index(start_weekday)) % DAYS_PER_WEEK
    year = date_of(opens).year
    return year, (opens - day_of(dt.date(year, 1, 1))) // DAYS_PER_WEEK + 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Calendar:
    """What a schedule needs to know of the programme and its sites."""

    start_day: int
    end_day: int
    """First day after the programme."""
    look_days: tuple[int, ...]
    sites: tuple[str, ...]
    population: Floats  # (s,)
    start_weekday: Weekday
    weekdays: tuple[Weekday, ...]
    """Sampled weekdays of a campaign week."""
    seed: int
    """Study seed, for schedules that draw."""

    @property
    def years(self) -> range:
        """Calendar years that the programme touches."""
        return range(date_of(self.start_day).year, date_of(self.end_day - 1).year + 1)

    def holds(self, days: Sequence[int]) -> bool:
        """Return whether all days lie in the programme."""
        return self.start_day <= min(days) and max(days) < self.end_day

    def window(self, opens: int) -> tuple[int, ...]:
        """Return all seven days of the week that opens on a day."""
        return tuple(range(opens, opens + DAYS_PER_WEEK))

    def sampled(self, window: Sequence[int]) -> tuple[int, ...]:
        """Return the sampled days of a week."""
        wanted = {WEEKDAYS.index(name) for name in self.weekdays}
        return tuple(day for day in window if weekday_of(day) in wanted)

    def week(self, year: int, week: int) -> tuple[int, ...]:
        """Return all seven days of a week of a calendar year."""
        return self.window(week_opens(year, week, self.start_weekday))

    def random(self, what: str, year: int) -> np.random.Generator:
        """Return the stream of one calendar year of a schedule that draws."""
        return stream(self.seed, Purpose.SCHEDULE, what, year=year)

    def fixed_weeks(self, weeks: Sequence[int]) -> Iterator[tuple[tuple[int, ...], str]]:
        """Yield sampled days and slot of the same weeks of every year."""
        for year in self.years:
            for week in weeks:
                window = self.week(year, week)
                if self.holds(window):
                    yield self.sampled(window), f"week {week:02d}"

    def months(self, months: Sequence[int], from_day: int) -> Iterator[tuple[tuple[int, ...], str]]:
        """Yield sampled days and slot of one week in each of some months."""
        for year in self.years:
            for month in months:
                earliest = day_of(dt.date(year, month, from_day))
                shift = WEEKDAYS.index(self.start_weekday) - weekday_of(earliest)
                window = self.window(earliest + shift % DAYS_PER_WEEK)
                if self.holds(window):
                    yield self.sampled(window), f"month {month:02d}"

    def random_weeks(
        self, per_year: int, first_week: int, last_week: int, draw: int
    ) -> Iterator[tuple[int, ...]]:
        """Yield sampled days of weeks drawn anew each year; fewer weeks are among more."""
        weeks = range(first_week, last_week + 1)
        for year in self.years:
            key = self.random(f"random_weeks/{draw}", year).random(52)
            order = sorted(weeks, key=lambda week: key[week - 1])
            for week in sorted(order[:per_year]):
                window = self.week(year, week)
                if self.holds(window):
                    yield self.sampled(window)

    def every_days(self, interval: int, offset: int) -> Iterator[tuple[int, ...]]:
        """Yield single days at equal distances."""
        for day in range(self.start_day + offset, self.end_day, interval):
            yield (day,)

    def stratified_days(self, per_year: int, draw: int) -> Iterator[tuple[int, ...]]:
        """Yield single days drawn each calendar year within weekday x season."""
        base, rest = divmod(per_year, 4 * DAYS_PER_WEEK)
        for year in self.years:
            rng = self.random(f"stratified_days/{draw}", year)
            day_key, cell_key = rng.random(366), rng.random(4 * DAYS_PER_WEEK)
            more = set(np.argsort(cell_key, kind="stable")[:rest].tolist())
            first = day_of(dt.date(year, 1, 1))
            cells: list[list[tuple[float, int]]] = [[] for _ in range(4 * DAYS_PER_WEEK)]
            for day in range(first, day_of(dt.date(year + 1, 1, 1))):
                season = _SEASON[date_of(day).month]
                cells[DAYS_PER_WEEK * season + weekday_of(day)].append((day_key[day - first], day))
            chosen: list[int] = []
            for number, cell in enumerate(cells):
                chosen += [day for _, day in sorted(cell)[: base + (number in more)]]
            for day in sorted(chosen):
                if self.holds((day,)):
                    yield (day,)

    def continuous(self) -> Iterator[tuple[int, ...]]:
        """Yield the sampled days of every week, also of the cut weeks at both ends."""
        shift = weekday_of(self.start_day) - WEEKDAYS.index(self.start_weekday)
        for opens in range(self.start_day - shift % DAYS_PER_WEEK, self.end_day, DAYS_PER_WEEK):
            days = [day for day in self.sampled(self.window(opens)) if self.holds((day,))]
            if days:
                yield tuple(days)
