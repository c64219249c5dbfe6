"""How the users of a town divide over the classes: drawn once per replication and town."""

import math

import numpy as np

from simdesign.records import Floats
from simdesign.seeds import Purpose
from simdesign.simulate.luck import Luck, site_word
from simdesign.simulate.mechanism import regime
from simdesign.simulate.users import WEEK, people_of
from simdesign.spec.substance import Substance
from simdesign.spec.world import World
from simdesign.units import residue_g_per_day


class Composition:
    """What the nation's loads by class and weekday are multiplied by in each town.

    A class has a finite number n of users in a town, who differ persistently in how often (P)
    and how much (V) they use, so that the load that it leaves has the relative variance
    ``[(1 + P^2) (1 + V^2) - 1] / n``; ``Substance.town_mix`` adds differences between towns
    beyond those. Factors are log-normal of mean 1. Loads over a week stay those of the town's
    level (``_kernels.change.town_tables``).
    """

    def __init__(self, name: str, substance: Substance, world: World, seed: int, group: str):
        more = substance.town_mix
        sd = more.sd if more else 0.0
        self._week_sd = more.week_sd if more else 0.0
        people = people_of(substance, regime(name, substance, weekdays=world.weekdays))
        self._sd = np.full((len(world.catchments), len(people)), sd)
        if world.counts != "off":
            for s, town in enumerate(world.catchments):
                load = substance.level * town.level_of(name)
                grams = residue_g_per_day(load, town.population)
                for k, item in enumerate(substance.classes):
                    uneven = (1.0 + item.propensity_cv**2) * (1.0 + item.user_dose_cv**2) - 1.0
                    if uneven > 0.0 and people[k] > 0.0:
                        self._sd[s, k] = math.sqrt(sd**2 + uneven / (people[k] * grams))
        self._luck = Luck(seed, Purpose.COMPOSITION, group)
        self._words = [site_word(town.name) for town in world.catchments]
        self._mix = np.ones(self._sd.shape)
        self._week = np.ones((len(self._words), WEEK))

    def draw(self, replication: int) -> tuple[Floats, Floats]:
        """Return the factors of every town by class, (s, k), and by weekday, (s, 7).

        A town consumes one normal for each class and weekday, whatever is switched off.
        """
        if not self._sd.any() and self._week_sd == 0.0:
            return self._mix, self._week
        mix, week = np.empty_like(self._mix), np.empty_like(self._week)
        n_class = mix.shape[1]
        for s, word in enumerate(self._words):
            normals = self._luck.at(replication, word).standard_normal(n_class + WEEK)
            for k in range(n_class):
                sd = float(self._sd[s, k])
                mix[s, k] = math.exp(sd * float(normals[k]) - 0.5 * sd * sd)
            for day in range(WEEK):
                week[s, day] = math.exp(self._week_sd * float(normals[n_class + day]))
        return mix, week
