"""Events: which days of a simulation they fall on, and what they do to the log loads of a day."""

from typing import NamedTuple

import numpy as np

from simdesign._kernels.calendar import add_event
from simdesign.records import Bools, Floats, Ints
from simdesign.seeds import Purpose
from simdesign.simulate.calendar import Calendar
from simdesign.simulate.luck import Luck
from simdesign.simulate.parameters import Source, source
from simdesign.spec.events import Event
from simdesign.spec.world import World
from simdesign.units import day_of


class _Days(NamedTuple):
    day: Ints  # (n,) index into the simulation's days
    weight: Floats  # (n,) of the profile, mean 1 [1]
    year: Ints  # (n,) calendar year, counted from the first


class _Plan(NamedTuple):
    event: Event
    days: _Days
    sites: tuple[int, ...] | None  # None is the whole country
    factors: dict[str, Source]
    luck: Luck


class Events:
    """The events of a world, laid on a calendar."""

    def __init__(self, world: World, calendar: Calendar, seed: int, luck: str) -> None:
        # An event may begin in the year before and end in the simulation.
        self._years = range(calendar.dates[0].year - 1, calendar.dates[-1].year + 2)
        self._plans = {
            name: _Plan(
                event,
                _days(event, calendar, self._years),
                _sites(event, world),
                {
                    substance: source(factor, seed, f"{luck}/events.{name}.factor.{substance}")
                    for substance, factor in event.factor.items()
                },
                Luck(seed, Purpose.EVENTS, f"{luck}/{name}"),
            )
            for name, event in (world.events or {}).items()
        }

    def add(
        self,
        substance: str,
        replication: int,
        swing: Floats,
        deviation: Floats,
        drawn: dict[str, float],
    ) -> None:
        """Add the events of one replication to log loads, in place.

        Parameters
        ----------
        substance : str
        replication : int
        swing : ndarray, shape (t,), changed
            Gets national events [1].
        deviation : ndarray, shape (s, t), changed
            Gets events in named catchments [1].
        drawn : dict, changed
            Gets the factor of every event that has one.
        """
        for name, plan in self._plans.items():
            if substance not in plan.factors and not plan.event.visitors:
                continue
            factor = 1.0
            if substance in plan.factors:
                factor = plan.factors[substance].at(replication)
                drawn[f"{substance}.events.{name}"] = factor
            happens = self._happens(plan, replication)
            for logs in [swing] if plan.sites is None else [deviation[s] for s in plan.sites]:
                add_event(*plan.days, happens, factor, plan.event.visitors, logs)

    def _happens(self, plan: _Plan, replication: int) -> Bools:
        share = plan.event.share_of_years
        return np.array(
            [share == 1.0 or plan.luck.at(replication, 0, y).random() < share for y in self._years]
        )


def _days(event: Event, calendar: Calendar, years: range) -> _Days:
    found = [
        (day, weight, number)
        for number, year in enumerate(years)
        for date in event.date.dates(year)
        for day, weight in enumerate(event.weights, day_of(date) + event.first - calendar.first_day)
        if 0 <= day < calendar.n_day
    ]
    day, weight, number = zip(*found, strict=True) if found else ((), (), ())
    return _Days(
        np.array(day, dtype=np.int64),
        np.array(weight, dtype=np.float64),
        np.array(number, dtype=np.int64),
    )


def _sites(event: Event, world: World) -> tuple[int, ...] | None:
    if event.where == "national":
        return None
    if event.where == "largest":
        return (int(np.argmax([item.population for item in world.catchments])),)
    names = [item.name for item in world.catchments]
    return tuple(names.index(name) for name in event.where)
