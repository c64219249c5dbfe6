"""The sewers of a world: how much water they carry, and what is poured into them."""

import numpy as np

from simdesign.records import Floats
from simdesign.simulate.calendar import Calendar
from simdesign.simulate.dumping import Dumps
from simdesign.simulate.luck import site_word
from simdesign.simulate.rain import Weather
from simdesign.spec.world import World


class Sewers:
    """Rain and production waste of a world, ready to be drawn replication by replication."""

    def __init__(self, world: World, calendar: Calendar, *, seed: int, luck: str) -> None:
        sites = tuple(item.name for item in world.catchments)
        words = [site_word(name) for name in sites]
        self._litres = np.broadcast_to(world.litres, (len(sites), calendar.n_day))
        self._no_waste = np.broadcast_to(0.0, (len(world.substances), *self._litres.shape))
        self._weather: Weather | None = None
        if world.rain is not None:
            self._weather = Weather(world.rain, world.litres, calendar, words, seed, luck)
        self._dumps = {
            u: Dumps(
                item.dumping,
                f"{luck}/{name}",
                np.array([item.level * town.level_of(name) for town in world.catchments]),
                sites,
                words,
                calendar,
                seed,
            )
            for u, (name, item) in enumerate(world.substances.items())
            if item.dumping is not None and item.dumping.rate > 0.0
        }

    def litres(self, replication: int) -> Floats:
        """Return the sewage of every city and day, shape (s, t) [L/(inh d)]."""
        return self._litres if self._weather is None else self._weather.litres(replication)

    def waste(self, replication: int) -> Floats:
        """Return the production waste of every day, shape (u, s, t) [mg/(1000 inh d)]."""
        if not self._dumps:
            return self._no_waste
        waste = np.zeros(self._no_waste.shape)
        for u, dumps in self._dumps.items():
            dumps.add(replication, waste[u])
        return waste
