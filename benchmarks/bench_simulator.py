"""City-days per second of the simulator, on one core.

    python benchmarks/bench_simulator.py [--seconds 5]

Twenty cities, ten years, every day, one substance, a break in every replication, first with the
core of the world, then with all its terms on (`realism = "full"`). The best of the repetitions
counts, in seconds of the processor: others may be using the machine. Last, by how much memory
grows with replications.
"""

import argparse
import resource
import sys
import time
from collections.abc import Callable

from simdesign.simulate import latent_parts, prepare
from simdesign.spec.change import Change, LevelShift, SlopeChange
from simdesign.spec.quantity import HalfNormal, LogNormal
from simdesign.spec.study import Programme
from simdesign.spec.totals import DayErrors
from simdesign.spec.world import World

DRAWN = {"sigma_shared": HalfNormal(scale=0.08), "sigma_site": LogNormal(median=0.07, log_sd=0.4)}
SLOPE = SlopeChange(slope=0.1)
CASES: dict[str, tuple[World, Change, float]] = {
    "core, gamma counts": (World(), LevelShift(), 5.0e6),
    "core, parameters drawn": (World(substances={"cocaine": DRAWN}), LevelShift(), 5.0e6),
    "core, change of slope": (World(), SLOPE, 5.0e6),
    "core, exact classes": (World(counts="exact"), LevelShift(), 1.5e6),
    "core, counts off": (World(counts="off"), LevelShift(), 5.0e6),
    "all terms, gamma counts": (World(realism="full"), LevelShift(), 5.0e6),
    "all terms, MDMA": (World(realism="full", substances={"MDMA": {}}), LevelShift(), 5.0e6),
    "all terms, change of slope": (World(realism="full"), SLOPE, 5.0e6),
    "all terms, exact classes": (World(realism="full", counts="exact"), LevelShift(), 1.5e6),
}


REPLICATIONS = 300
"""Of the check that memory stays."""


def best(function: Callable[[int], object], seconds: float) -> float:
    """Return the shortest processor time of a call [s]; the first, which compiles, is not timed."""
    function(0)
    shortest, end, call = float("inf"), time.process_time() + seconds, 0
    while time.process_time() < end:
        call += 1
        start = time.process_time()
        function(call)
        shortest = min(shortest, time.process_time() - start)
    return shortest


def _peak() -> float:
    """Return the largest memory of this process so far [MiB]."""
    unit = 2**20 if sys.platform == "darwin" else 2**10  # bytes there, kilobytes on Linux
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / unit


def main() -> None:
    """Print a line per case: city-days per second, and the bar."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=5.0, help="time per case")
    seconds = parser.parse_args().seconds
    for name, (world, change, bar) in CASES.items():
        prepared = prepare(world, change, Programme(), seed=1, luck="study")
        city_days = len(world.catchments) * prepared.n_day
        rate = city_days / best(prepared.truth, seconds)
        verdict = "ok" if rate >= bar else "BELOW THE BAR"
        print(f"{name:32s} {rate / 1e6:6.2f} million city-days/s (bar {bar / 1e6:.1f}) {verdict}")

    before = _peak()
    prepared = prepare(World(realism="full"), SLOPE, Programme(), seed=1, luck="study")
    for replication in range(REPLICATIONS):
        prepared.truth(replication)
    truth = prepared.truth(0)
    size = sum(getattr(getattr(truth, name), "nbytes", 0) for name in truth.__slots__) / 2**20
    print(
        f"peak memory after {REPLICATIONS} more replications of {size:.1f} MiB each:"
        f" {_peak() - before:+.1f} MiB"
    )

    def solve(_: int) -> None:
        for step in range(100):
            latent_parts(
                sd_swing=0.04, shared_weeks=4.0, sigma_site=0.05 + 0.0005 * step, site_days=10.0,
                day_sd=0.134, day_rho=0.35, errors=DayErrors(flow_sd=0.064),
            )  # fmt: skip

    print(f"{'observed-totals rule':32s} {best(solve, 0.5) * 1e4:6.1f} us per solution (bar 50)")


if __name__ == "__main__":
    main()
