"""One substance of a scenario: what is known of it before anything is drawn."""

from dataclasses import dataclass

import numpy as np

from simdesign.records import Floats
from simdesign.seeds import Purpose
from simdesign.simulate.luck import Luck
from simdesign.simulate.mechanism import Regime, regime
from simdesign.simulate.parameters import SubstanceParameters
from simdesign.spec.change import Change, LevelShift
from simdesign.spec.substance import Substance
from simdesign.spec.world import World


@dataclass(frozen=True, slots=True)
class Tables:
    """Both regimes of a substance, before and after, stacked for the kernels."""

    factor: Floats  # (2, 7)
    noise: Floats  # (2, 7)
    use_days: Floats  # (2, 7)
    mass: Floats  # (2, 7, k)
    prob: Floats  # (2, 7, k)
    residue: Floats  # (2, k)
    dose_cv: Floats  # (k,)


def _stack(before: Regime, after: Regime) -> Tables:
    return Tables(
        factor=np.stack((before.factor, after.factor)),
        noise=np.stack((before.noise, after.noise)),
        use_days=np.stack((before.use_days, after.use_days)),
        mass=np.stack((before.mass, after.mass)),
        prob=np.stack((before.prob, after.prob)),
        residue=np.stack((before.residue, after.residue)),
        dose_cv=before.dose_cv,
    )


class SubstancePlan:
    """What is known of one substance before anything is drawn."""

    def __init__(
        self, name: str, substance: Substance, world: World, change: Change, seed: int, luck: str
    ) -> None:
        self.name, self.substance = name, substance
        self.weekdays = world.weekdays
        self.mechanism = change.mechanism if isinstance(change, LevelShift) else None
        self.before = regime(name, substance, weekdays=world.weekdays)
        self.level = np.array([substance.level * item.level for item in world.catchments])
        self.parameters = SubstanceParameters(name, substance, world, seed, luck)
        group = f"{luck}/{name}"
        self.nation = Luck(seed, Purpose.NATION, group)
        self.city = Luck(seed, Purpose.CITY, group)
        self.counts = Luck(seed, Purpose.COUNTS, group)
        self._tables: tuple[float, Tables] | None = None

    def tables(self, size: float) -> Tables:
        """Return the regimes before and after a change of a size; the last answer is kept."""
        if self._tables is None or self._tables[0] != size:
            after = self.before
            if self.mechanism is not None:
                after = regime(
                    self.name,
                    self.substance,
                    weekdays=self.weekdays,
                    mechanism=self.mechanism,
                    size=size,
                )
            self._tables = (size, _stack(self.before, after))
        return self._tables[1]
