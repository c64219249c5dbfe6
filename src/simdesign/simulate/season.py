"""The optional part of the season: a second harmonic, and a peak that wanders over the years."""

from typing import NamedTuple

import numpy as np

from simdesign._kernels.calendar import wandering_season
from simdesign.records import Floats, Ints
from simdesign.seeds import Purpose
from simdesign.simulate.calendar import Calendar
from simdesign.simulate.luck import Luck
from simdesign.simulate.parameters import Source, source
from simdesign.spec.world import World

FIELDS = ("half_year_amplitude", "half_year_peak", "drift")


class _Plan(NamedTuple):
    sources: dict[str, Source]
    luck: Luck


class Seasons:
    """The seasons of a world's substances, ready to be drawn replication by replication.

    The season is late by a random walk over programme years, zero at the programme's start:
    one normal per year, at an address of its own, forwards and backwards from there.
    """

    def __init__(self, world: World, calendar: Calendar, seed: int, luck: str) -> None:
        self._calendar = calendar
        self._border: Ints = np.array(
            [first for _, first, _ in calendar.years] + [calendar.n_day], dtype=np.int64
        )
        self._plans = {
            name: _Plan(
                {
                    field: source(
                        getattr(item.season, field), seed, f"{luck}/{name}.season.{field}"
                    )
                    for field in FIELDS
                },
                Luck(seed, Purpose.NATION, f"{luck}/{name}.season"),
            )
            for name, item in world.substances.items()
            if item.season is not None
        }

    def add(
        self, substance: str, replication: int, swing: Floats, drawn: dict[str, float]
    ) -> Floats:
        """Add the second harmonic to a swing; return the day of the year as the season counts.

        Parameters
        ----------
        substance : str
        replication : int
        swing : ndarray, shape (t,), changed
            [1]
        drawn : dict, changed
            Gets the parameters of this replication.

        Returns
        -------
        ndarray, shape (t,)
            For the annual harmonic [d]; the calendar's own when the term is off.
        """
        plan = self._plans.get(substance)
        if plan is None:
            return self._calendar.day_of_year
        values = {field: item.at(replication) for field, item in plan.sources.items()}
        drawn |= {f"{substance}.season.{field}": value for field, value in values.items()}
        shifted = np.empty(swing.shape)
        wandering_season(
            self._calendar.day_of_year,
            self._border,
            self._late(plan.luck, replication, values["drift"]),
            values["half_year_amplitude"],
            values["half_year_peak"],
            shifted,
            swing,
        )
        return shifted

    def _late(self, luck: Luck, replication: int, drift: float) -> Floats:
        step = [
            drift * float(luck.at(replication, 0, word).standard_normal())
            for word, _, _ in self._calendar.years
        ]
        late = np.cumsum([0.0, *step])
        start = int(np.searchsorted(self._border, self._calendar.start))
        return np.asarray(late - late[start])
