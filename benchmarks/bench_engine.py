"""Fits per second and core of the exact engine, on programmes and on single looks.

    python benchmarks/bench_engine.py [--seconds 3] [--replications 50]

Twenty sites, ten years, cocaine. A *programme* is ten annual looks at one replication in one pass,
ten fits; a *single look* is one fit at the end. Replications share their design, as in a study.
The best of the repetitions counts: others may be using the machine.
"""

import argparse
import platform
import time
from collections.abc import Callable
from importlib.metadata import version

import numpy as np

from simdesign.fit import build
from simdesign.records import Looks, Observations, Visits
from simdesign.sample import MeasuringChain, schedule
from simdesign.simulate import prepare
from simdesign.spec.change import LevelShift
from simdesign.spec.design import Design
from simdesign.spec.estimator import ExactStep
from simdesign.spec.study import Programme
from simdesign.spec.world import World

DESIGNS = {
    "annual, 10 campaigns": {"kind": "fixed_weeks", "weeks": (11,)},
    "two rounds, 20 campaigns": {"kind": "fixed_weeks", "weeks": (11, 37)},
    "four rounds, 40 campaigns": {"kind": "fixed_weeks", "weeks": (6, 19, 32, 45)},
    "six rounds, 60 campaigns": {"kind": "fixed_weeks", "weeks": (3, 11, 20, 29, 37, 46)},
    "twelve rounds, 120 campaigns": {"kind": "fixed_weeks", "weeks": tuple(range(2, 50, 4))},
    "staggered over four weeks, 10 rounds": {"kind": "staggered", "weeks": (8, 10, 12, 14)},
}


def observations_of(programme: Programme, shape: dict[str, object], n_rep: int) -> Observations:
    """Simulate and measure ``n_rep`` replications of the default world with a break of 20 %."""
    world = World()
    names = [item.name for item in world.catchments]
    population = np.array([item.population for item in world.catchments])
    design = Design(schedule=shape)
    visits: Visits = schedule(design, programme, names, population)
    prepared = prepare(world, LevelShift(size=0.2), programme, seed=1, luck="study")
    chain = MeasuringChain.of(world, seed=1, luck="study")
    load = np.empty((n_rep, 1, *visits.day.shape))
    censored = np.zeros(load.shape, dtype=bool)
    for r in range(n_rep):
        chain.observe_into(
            prepared.truth(r), visits, replication=r, laboratory=design.laboratory,
            load=load[r], censored=censored[r],
        )  # fmt: skip
    return chain.gather(visits, population, load, censored)


def best(function: Callable[[], object], seconds: float) -> float:
    """Return the shortest time of one call [s]; the first call, which compiles, is not timed."""
    function()
    shortest, end = np.inf, time.perf_counter() + seconds
    while time.perf_counter() < end:
        start = time.perf_counter()
        function()
        shortest = min(shortest, time.perf_counter() - start)
    return float(shortest)


def main() -> None:
    """Print a line per design."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, default=3.0)
    parser.add_argument("--replications", type=int, default=50)
    options = parser.parse_args()
    programme, n_rep = Programme(), options.replications
    start, days = programme.start_day, np.array(programme.look_days)
    engine = build("exact", ExactStep())
    print(f"{platform.machine()}, Python {platform.python_version()}, numba {version('numba')}")
    print(f"{'design':38s} {'programme':>12s} {'single look':>12s}   [fits/s/core]")
    for name, shape in DESIGNS.items():
        observations = observations_of(programme, shape, n_rep)
        rates = []
        for look_days in (days, days[-1:].copy()):
            looks = Looks(
                day=look_days, report_lag=programme.report_lag, origin_day=start, start_day=start
            )
            seconds = best(
                lambda o=observations, k=looks: engine.fit(o, k, "cocaine"), options.seconds
            )
            rates.append(n_rep * look_days.size / seconds)
        print(f"{name:38s} {rates[0]:12,.0f} {rates[1]:12,.0f}")


if __name__ == "__main__":
    main()
