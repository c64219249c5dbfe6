"""People who are there: the de facto population of every city and day, relative to inhabitants."""

import math
from typing import NamedTuple

import numpy as np

from simdesign._kernels.calendar import log_remaining
from simdesign.records import Floats
from simdesign.seeds import Purpose
from simdesign.simulate.calendar import Calendar
from simdesign.simulate.luck import Luck, site_word
from simdesign.simulate.parameters import Source, source
from simdesign.spec.dates import public_holidays
from simdesign.spec.people import People, SummerAbsence
from simdesign.spec.world import Catchment, World
from simdesign.units import DAYS_PER_YEAR

WORKING_SHARE = 5.0 / 7.0
_FORWARD, _BACKWARD, _RATE = 0, 1, 2  # address words: programme, history, growth
_GROUPS = (-1.0, 0.0, 1.0)  # early, on time and late, in units of the stagger


class Presence(NamedTuple):
    """People of one replication."""

    present: Floats | None  # (s, t) log of people present over inhabitants [1]; None: all
    growth: Floats | None  # (s, t) log of inhabitants over registered ones [1]; None: equal

    def add(self, walk: Floats, deviation: Floats) -> None:
        """Add what lasts to a city walk and what passes to a city deviation, both (s, t)."""
        if self.growth is not None:
            walk += self.growth
        if self.present is not None:
            deviation += self.present


class Crowd:
    """The people of a world, ready to be drawn replication by replication."""

    def __init__(self, world: World, calendar: Calendar, seed: int, luck: str) -> None:
        people = world.people or People()
        self._calendar = calendar
        self._words = [site_word(item.name) for item in world.catchments]
        self._luck = Luck(seed, Purpose.PEOPLE, luck)
        self._daily_sd = people.daily_sd or 0.0
        self._drift_sd = people.register_drift_sd or 0.0
        self._years = np.arange(-calendar.start, calendar.n_day - calendar.start) / DAYS_PER_YEAR
        self._commuting = _commuting(world, people, calendar)
        self._share: Source | None = None
        if people.summer is not None:
            self._share = source(people.summer.share, seed, f"{luck}/people.summer.share")
            self._extent = np.array([_extent(people.summer, calendar, group) for group in _GROUPS])

    def at(self, replication: int, drawn: dict[str, float]) -> Presence:
        """Draw who is there in one replication; ``drawn`` gets its parameters."""
        growth = None
        if self._drift_sd:
            rate = [self._luck.at(replication, w, _RATE).standard_normal() for w in self._words]
            growth = self._drift_sd * np.array(rate)[:, None] * self._years
        if self._commuting is None and self._share is None and not self._daily_sd:
            return Presence(None, growth)
        shape = (len(self._words), self._calendar.n_day)
        present = np.zeros(shape) if self._commuting is None else self._commuting.copy()
        if self._share is not None:
            share = self._share.at(replication)
            drawn["people.summer.share"] = share
            rows = np.empty(self._extent.shape)
            log_remaining(share, self._extent, rows)
            for s, word in enumerate(self._words):
                present[s] += rows[word % len(_GROUPS)]
        if self._daily_sd:
            for s, word in enumerate(self._words):
                self._add_fluctuation(replication, word, present[s])
        return Presence(present, growth)

    def _add_fluctuation(self, replication: int, word: int, row: Floats) -> None:
        start = self._calendar.start
        ahead, back = row[start:], row[:start][::-1]
        for direction, part in ((_FORWARD, ahead), (_BACKWARD, back)):
            if part.size:
                rng = self._luck.at(replication, word, direction)
                part += self._daily_sd * rng.standard_normal(part.size)


def _extent(summer: SummerAbsence, calendar: Calendar, group: float) -> Floats:
    """Return how far summer has come on every day, in [0, 1], shape (t,)."""
    shift, found = group * summer.stagger, np.zeros(calendar.n_day)
    for t, date in enumerate(calendar.dates):
        since = (date - summer.first.dates(date.year)[0]).days - shift
        until = (summer.last.dates(date.year)[0] - date).days + shift
        found[t] = min(_smooth_step(since, summer.shoulder), _smooth_step(until, summer.shoulder))
    return found


def _smooth_step(days: float, width: float) -> float:
    """Rise from 0 at day 0 to 1 at ``width`` days: 3x^2 - 2x^3."""
    if days <= 0.0:
        return 0.0
    x = min(days / width, 1.0) if width > 0.0 else 1.0
    return x * x * (3.0 - 2.0 * x)


def _commuting(world: World, people: People, calendar: Calendar) -> Floats | None:
    """Return the log of people present on working days and others, shape (s, t)."""
    inflow = [net_inflow(item, people) for item in world.catchments]
    if not any(inflow):
        return None
    holidays = {year: public_holidays(year) for year in {date.year for date in calendar.dates}}
    working = np.array(
        [date.weekday() < 5 and date not in holidays[date.year] for date in calendar.dates]
    )
    rest = [1.0 / (1.0 + WORKING_SHARE * c) for c in inflow]
    return np.array(
        [
            np.where(working, math.log((1.0 + c) * r), math.log(r))
            for c, r in zip(inflow, rest, strict=True)
        ]
    )


def net_inflow(item: Catchment, people: People) -> float:
    """Return the net inflow of a catchment on working days, relative to inhabitants [1]."""
    if item.commuters is not None:
        return item.commuters
    if people.commuters is None:
        return 0.0
    return people.commuters.inflow(item.population)
