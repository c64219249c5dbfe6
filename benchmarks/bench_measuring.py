"""Visits per second of the measuring chain, on one core.

    python benchmarks/bench_measuring.py [--seconds 3]

Twenty cities, ten years, one substance, for an annual week, twelve rounds and every week, with the
core chain and with all terms on; one truth is measured again and again. The best of the
repetitions counts: others may be using the machine.
"""

import argparse
from functools import partial

import numpy as np
from bench_simulator import best

from simdesign.sample import MeasuringChain, schedule
from simdesign.simulate import prepare
from simdesign.spec.change import NoChange
from simdesign.spec.design import Design
from simdesign.spec.study import Programme
from simdesign.spec.world import World

WORLDS = {"core": World(), "all terms": World(realism="full")}
SCHEDULES = {
    "annual week": {"kind": "fixed_weeks", "weeks": [11]},
    "12 rounds": {"kind": "rounds", "per_year": 12},
    "every week": {"kind": "continuous"},
}


def once(chain, truth, visits, laboratory, arrays, replication):
    """Measure one replication."""
    chain.observe_into(truth, visits, replication=replication, laboratory=laboratory, **arrays)


def main() -> None:
    """Print a line per world and schedule: visits per second, and time per measured day."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=3.0, help="time per case")
    seconds = parser.parse_args().seconds
    programme = Programme()
    for label, world in WORLDS.items():
        truth = prepare(world, NoChange(), programme, seed=1, luck="study").truth(0)
        chain = MeasuringChain.of(world, seed=1, luck="study")
        population = truth.population.tolist()
        for name, kind in SCHEDULES.items():
            design = Design.model_validate({"schedule": kind})
            visits = schedule(design, programme, truth.sites, population)
            load = np.empty((len(truth.substances), *visits.day.shape))
            censored = np.empty(load.shape, dtype=bool)

            arrays = {"load": load, "censored": censored}
            measure = partial(once, chain, truth, visits, design.laboratory, arrays)
            time = best(measure, seconds)
            n_day = int((visits.day >= 0).sum())
            print(
                f"{label:10s} {name:12s} {visits.n_visit / time / 1e3:8.1f} thousand visits/s,"
                f" {time / n_day * 1e9:6.1f} ns per measured day"
            )


if __name__ == "__main__":
    main()
