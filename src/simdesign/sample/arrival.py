"""What arrives at the plant: residue less what the sewer takes, and waste; what is withheld."""

import math
from dataclasses import dataclass
from typing import Self

import numpy as np

from simdesign._kernels.arrive import arriving, withhold
from simdesign.records import Bools, Floats, Truth, Visits
from simdesign.sample.address import YEAR_START, keys_of
from simdesign.seeds import Purpose
from simdesign.spec.sewer import STANDARD_DUMP, Dumping, SewerLoss
from simdesign.spec.world import World
from simdesign.units import DAYS_PER_YEAR


def survival(loss: SewerLoss | None) -> Floats:
    """Return the share of a residue that is not lost, by the day of the year, shape (366,)."""
    if loss is None:
        return np.ones(366)
    turn = 2.0 * math.pi / DAYS_PER_YEAR
    season = [math.cos(turn * (day - loss.season_peak)) for day in range(1, 367)]
    return np.array([1.0 - loss.share - loss.season * value for value in season])


def _log_missed(dumping: Dumping | None) -> float:
    if dumping is None:
        return 0.0
    return math.log1p(-dumping.recognised) if dumping.recognised < 1.0 else -math.inf


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """From the truth of a day to what arrives at the plant, for every substance of a world."""

    survival: Floats  # (u, 366) share that is not lost, by the day of the year
    capacity: float  # [L/(inh d)]
    dump: Floats  # (u, s) waste of a day of which the next line speaks [mg/(1000 inh d)]
    log_missed: Floats  # (u,) log probability that it is not recognised
    keys: np.ndarray  # (u, 10, 2) uint64
    site_number: np.ndarray  # (s,) uint64

    @classmethod
    def of(cls, world: World, site_number: np.ndarray, *, seed: int, luck: str) -> Self:
        """Prepare the sewers of a world under one study seed and luck group."""
        substances = world.substances.values()
        return cls(
            survival=np.stack([survival(item.sewer_loss) for item in substances]),
            capacity=world.rain.capacity if world.rain is not None else math.inf,
            dump=np.array(
                [
                    [STANDARD_DUMP * item.level * town.level_of(name) for town in world.catchments]
                    for name, item in world.substances.items()
                ]
            ),
            log_missed=np.array([_log_missed(item.dumping) for item in substances]),
            keys=np.stack(
                [
                    keys_of(seed, Purpose.WASTE, f"{luck}/{name}/recognised")
                    for name in world.substances
                ]
            ),
            site_number=site_number,
        )

    def write(self, truth: Truth, visits: Visits, u: int, load: Floats) -> None:
        """Write what arrives of substance ``u`` on every sampled day, shape (v, d)."""
        arriving(
            truth.residue_load[u], truth.waste_load[u], truth.litres, truth.first_day,
            visits.site, visits.day, YEAR_START, self.survival[u], self.capacity, load,
        )  # fmt: skip

    def withhold(
        self, truth: Truth, visits: Visits, u: int, replication: int, load: Floats, censored: Bools
    ) -> None:
        """Remove the visits of substance ``u`` in which production waste is recognised."""
        if self.log_missed[u] < 0.0:
            withhold(
                self.keys[u], np.uint64(replication), truth.waste_load[u], self.dump[u],
                truth.first_day, visits.site, visits.day, self.site_number, self.log_missed[u],
                load, censored,
            )  # fmt: skip
