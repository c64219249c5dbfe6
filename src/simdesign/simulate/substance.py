"""One substance of a scenario: what is known of it before anything is drawn."""

import math
from dataclasses import dataclass

import numpy as np

from simdesign._kernels.change import town_tables
from simdesign.records import Floats
from simdesign.seeds import Purpose
from simdesign.simulate.composition import Composition
from simdesign.simulate.luck import Luck
from simdesign.simulate.mechanism import regime, substituted
from simdesign.simulate.parameters import SubstanceParameters
from simdesign.simulate.users import WEEK, Regime, people_of
from simdesign.spec.change import Change, NoChange, Substitution
from simdesign.spec.substance import Substance
from simdesign.spec.world import World


@dataclass(frozen=True, slots=True)
class Tables:
    """The users of a country at every stage of a change, stacked for the kernels."""

    load: Floats  # (i, 7, k) load of each class relative to that of all before the change
    prob: Floats  # (i, 7, k) as in Regime
    residue: Floats  # (i, k) [g]
    dose_cv: Floats  # (i, 7, k)
    purity: Floats  # (i,) relative to the start
    users: Floats  # (i,) number of users relative to the start


@dataclass(frozen=True, slots=True)
class TownTables:
    """What differs between towns, whose users divide differently over the classes."""

    factor: Floats  # (s, i, 7)
    noise: Floats  # (s, i, 7)
    use_days: Floats  # (s, i, 7)
    mass: Floats  # (s, i, 7, k)


def _stack(substance: Substance, regimes: list[Regime]) -> Tables:
    people = np.array([math.fsum(people_of(substance, item)) for item in regimes])
    return Tables(
        load=np.stack([item.factor[:, None] * item.mass for item in regimes]),
        prob=np.stack([item.prob for item in regimes]),
        residue=np.stack([item.residue for item in regimes]),
        dose_cv=np.stack([item.dose_cv for item in regimes]),
        purity=np.array([item.purity for item in regimes]),
        users=people / people[0],
    )


class SubstancePlan:
    """What is known of one substance before anything is drawn."""

    def __init__(
        self, name: str, substance: Substance, world: World, change: Change, seed: int, luck: str
    ) -> None:
        self.name, self.substance = name, substance
        self._world = world
        self._mechanism = None if isinstance(change, NoChange) else change.mechanism
        self.level = np.array([substance.level * item.level_of(name) for item in world.catchments])
        self.parameters = SubstanceParameters(name, substance, world, seed, luck)
        group = f"{luck}/{name}"
        self.nation = Luck(seed, Purpose.NATION, group)
        self.city = Luck(seed, Purpose.CITY, group)
        self.counts = Luck(seed, Purpose.COUNTS, group)
        self._composition = Composition(name, substance, world, seed, group)
        self._tables: tuple[tuple[float, ...], Tables] | None = None

    def tables(self, nodes: tuple[float, ...]) -> Tables:
        """Return the users at every stage of a change; the last answer is kept."""
        if self._tables is None or self._tables[0] != nodes:
            self._tables = (nodes, _stack(self.substance, [self._regime(x) for x in nodes]))
        return self._tables[1]

    def _regime(self, x: float) -> Regime:
        weekdays, how = self._world.weekdays, self._mechanism
        if x == 0.0:
            return regime(self.name, self.substance, weekdays=weekdays)
        if isinstance(how, Substitution):
            return substituted(self.name, self._world.substances, how, -x, weekdays).regime()
        return regime(self.name, self.substance, weekdays=weekdays, mechanism=how, size=x)

    def towns(self, tables: Tables, replication: int) -> TownTables:
        """Return the tables of every town, whose users divide over the classes as drawn."""
        mix, week = self._composition.draw(replication)
        n_site, n_class = mix.shape
        n_stage = tables.load.shape[0]
        shape = (n_site, n_stage, WEEK)
        found = TownTables(
            np.empty(shape), np.empty(shape), np.empty(shape), np.empty((*shape, n_class))
        )
        town_tables(
            mix, week, tables.load, tables.residue, tables.prob, tables.dose_cv,
            found.factor, found.mass, found.noise, found.use_days,
        )  # fmt: skip
        return found
