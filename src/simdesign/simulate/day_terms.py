"""The optional terms of days, together: season, events and people of one replication."""

from simdesign.records import Floats
from simdesign.simulate.calendar import Calendar
from simdesign.simulate.events import Events
from simdesign.simulate.people import Crowd
from simdesign.simulate.season import Seasons
from simdesign.spec.world import World


class DayTerms:
    """What a world adds to the log loads of days, ready to be drawn."""

    def __init__(self, world: World, calendar: Calendar, seed: int, luck: str) -> None:
        self.seasons = Seasons(world, calendar, seed, luck)
        self.events = Events(world, calendar, seed, luck)
        self.crowd = Crowd(world, calendar, seed, luck)

    def at(self, replication: int) -> "DrawnDays":
        """Return the terms of one replication; people are drawn once for all substances."""
        return DrawnDays(self, replication)


class DrawnDays:
    """The terms of one replication. ``drawn`` holds the parameters of those that were added."""

    def __init__(self, terms: DayTerms, replication: int) -> None:
        self.drawn: dict[str, float] = {}
        self._terms, self._replication = terms, replication
        self._presence = terms.crowd.at(replication, self.drawn)

    def add_people(self, walk: Floats, deviation: Floats) -> None:
        """Add who is there, in place: lasting to a city walk, passing to a deviation, (s, t)."""
        self._presence.add(walk, deviation)

    def add_use(self, substance: str, swing: Floats, deviation: Floats) -> Floats:
        """Add what moves the use of a substance to its log loads, in place.

        Parameters
        ----------
        substance : str
        swing : ndarray, shape (t,), changed
            Shared swing [1].
        deviation : ndarray, shape (s, t), changed
            City deviation [1].

        Returns
        -------
        ndarray, shape (t,)
            Day of the year as the substance's annual harmonic counts it [d].
        """
        r = self._replication
        self._terms.events.add(substance, r, swing, deviation, self.drawn)
        return self._terms.seasons.add(substance, r, swing, self.drawn)
