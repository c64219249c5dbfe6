"""What the catalogue's sewer and sample terms do: the numbers of docs/measuring.md.

    python benchmarks/measuring_numbers.py [--replications 40]

Exact where a formula is known (tails of day noise), simulated otherwise (wet days, days below the
LOQ, dumps, gaps), with all terms of the catalogue on.
"""

import argparse
import math
from statistics import NormalDist

import numpy as np

from simdesign.sample import MeasuringChain, schedule
from simdesign.simulate import prepare
from simdesign.spec.catalogue import SUBSTANCES
from simdesign.spec.change import NoChange
from simdesign.spec.design import Design
from simdesign.spec.study import Programme
from simdesign.spec.world import World

NORMAL = NormalDist()


def tails(world: World) -> None:
    """Print how far the tails of a large town's day noise reach, odd days included."""
    odd = world.odd_days
    print("day noise:    robust/classical SD   beyond 3 robust SDs   beyond 4")
    for name, item in world.substances.items():
        core = math.sqrt(item.day_sd**2 - odd.share * odd.sd**2)
        tail = math.hypot(core, odd.sd)

        def inside(x: float, core: float = core, tail: float = tail) -> float:
            normal, wide = (2.0 * NORMAL.cdf(x / sd) - 1.0 for sd in (core, tail))
            return (1.0 - odd.share) * normal + odd.share * wide

        low, high = 0.0, item.day_sd
        for _ in range(60):
            middle = 0.5 * (low + high)
            low, high = (middle, high) if inside(middle) < 0.5 else (low, middle)
        robust = low / NORMAL.inv_cdf(0.75)
        beyond = [f"{100 * (1.0 - inside(k * robust)):17.2f} %" for k in (3, 4)]
        print(f"{name:16s} {robust / item.day_sd:12.3f} {beyond[0]} {beyond[1]}")


def measured(world: World, n_rep: int) -> None:
    """Print shares of days with rain, censoring, waste and gaps, by substance."""
    programme = Programme(years=5)
    prepared = prepare(world, NoChange(), programme, seed=1, luck="study")
    chain = MeasuringChain.of(world, seed=1, luck="study")
    dry = MeasuringChain.of(world.model_copy(update={"rain": None}), seed=1, luck="study")
    design = Design.model_validate({"schedule": {"kind": "rounds", "per_year": 12}})
    names = [item.name for item in world.catchments]
    visits = schedule(design, programme, names, [item.population for item in world.catchments])
    shape = (len(SUBSTANCES), *visits.day.shape)
    litres, below, without, waste, withheld, gaps = [], [], [], [], [], []
    for replication in range(n_rep):
        truth = prepared.truth(replication)
        seen = {}
        for label, one in (("rain", chain), ("dry", dry)):
            if label == "dry":
                flat = np.broadcast_to(world.litres, truth.litres.shape)
                fields = {name: getattr(truth, name) for name in truth.__dataclass_fields__}
                truth = type(truth)(**(fields | {"litres": flat}))
            else:
                litres.append(truth.litres)
            load, censored = np.empty(shape), np.empty(shape, dtype=bool)
            one.observe_into(
                truth, visits, replication=replication, laboratory=design.laboratory,
                load=load, censored=censored,
            )  # fmt: skip
            seen[label] = load, censored
        days = visits.day - truth.first_day
        here = truth.waste_load[:, visits.site[:, None], days] > 0
        gone = np.isnan(seen["rain"][0])
        lost = gone[0]  # cocaine is never withheld
        below.append(seen["rain"][1].mean(axis=(1, 2)))
        without.append(seen["dry"][1].mean(axis=(1, 2)))
        waste.append((here & ~gone).mean(axis=(1, 2)))
        withheld.append((gone.all(axis=2) & ~lost.all(axis=1)).mean(axis=1))
        gaps.append(lost.mean())
    wet = np.stack(litres)
    print(f"\nsewage: mean {wet.mean():.0f} L, CV {wet.std() / wet.mean():.2f},", end=" ")
    print(f"days beyond capacity {100 * (wet > world.rain.capacity).mean():.2f} %")
    print(f"missing samples {100 * np.mean(gaps):.1f} %")
    print("share of days:    below LOQ   without rain   with unnoticed waste   visits withheld")
    for u, name in enumerate(world.substances):
        row = [100 * np.mean([item[u] for item in table]) for table in (below, without, waste)]
        visits_gone = 100 * np.mean([item[u] for item in withheld])
        print(f"{name:16s} {row[0]:9.2f} % {row[1]:12.2f} % {row[2]:20.2f} % {visits_gone:15.2f} %")


def main() -> None:
    """Print both tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--replications", type=int, default=40)
    world = World(realism="full", substances={name: {} for name in SUBSTANCES})
    tails(world)
    measured(world, parser.parse_args().replications)


if __name__ == "__main__":
    main()
