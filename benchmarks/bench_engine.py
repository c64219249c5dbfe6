"""Fits per second and core of the exact engine, on programmes and on single looks.

    python benchmarks/bench_engine.py [--seconds 3] [--replications 50] [--steps]

Twenty sites, ten years, cocaine, breaks of every kind with full output (``--steps``: steps only).
A *programme* is ten annual looks at one replication in one pass, ten fits; a *single look* is one
fit at the end. Replications share their design, as in a study. Processor time is counted, and the
best of the repetitions: others may be using the machine.

Separable panels: all sites are visited each time. The general path: sites staggered over four
weeks, a panel that rotates, and a tenth of the site-weeks missing.
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
from simdesign.spec.estimator import ExactBreak, ExactStep
from simdesign.spec.study import Programme
from simdesign.spec.world import World

START = 20454  # 2026-01-01
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


def panel(n_site: int, n_campaign: int, years: float, pattern: str, n_rep: int) -> Observations:
    """Draw a panel without a simulator: every site, a fifth in turn, or nine of ten at random."""
    rng = np.random.default_rng(1)
    campaign, site = (a.ravel() for a in np.indices((n_campaign, n_site)))
    if pattern == "rotating":
        keep = (site + campaign) % 4 == 0
    else:
        keep = rng.random(site.size) < (0.9 if pattern == "gappy" else 1.1)
    campaign, site = campaign[keep], site[keep]
    first = START + np.floor(365.25 * years * campaign / n_campaign).astype(np.int64)
    year = 2026 + np.floor(years * campaign / n_campaign).astype(np.int64)
    visits = Visits(
        site=site, campaign=campaign, slot=np.zeros_like(site), batch=10**6 + campaign, year=year,
        day=first[:, None] + np.arange(7), history=np.zeros(site.size, dtype=bool), n_slot=1,
    )  # fmt: skip
    path = np.cumsum(rng.normal(0, 0.05 * np.sqrt(years / n_campaign), (n_rep, n_campaign)), axis=1)
    path += rng.normal(0, 0.05, path.shape)
    weeks = path[:, campaign] + rng.normal(0, 0.07, (n_rep, site.size))
    load = 900.0 * np.exp(weeks[:, :, None] + rng.normal(0, 0.13, (*weeks.shape, 7)))[:, None]
    return Observations(
        substances=("cocaine",), sites=tuple(f"s{i}" for i in range(n_site)),
        population=np.full(n_site, 2e5), reference_load=np.full((1, n_site), 900.0),
        visits=visits, load=load, censored=np.zeros(load.shape, dtype=bool),
    )  # fmt: skip


PANELS = (
    ("separable, 20 sites x 10", 20, 10, 10.0, "all"),
    ("separable, 20 sites x 120", 20, 120, 10.0, "all"),
    ("separable, 20 sites x 520", 20, 520, 10.0, "all"),
    ("separable, 130 sites x 14", 130, 14, 14.0, "all"),
    ("rotating, 20 sites x 10", 20, 10, 10.0, "rotating"),
    ("rotating, 20 sites x 120", 20, 120, 10.0, "rotating"),
    ("rotating, 20 sites x 520", 20, 520, 10.0, "rotating"),
    ("gappy, 20 sites x 10", 20, 10, 10.0, "gappy"),
    ("gappy, 20 sites x 120", 20, 120, 10.0, "gappy"),
    ("gappy, 20 sites x 520", 20, 520, 10.0, "gappy"),
    ("gappy, 130 sites x 14", 130, 14, 14.0, "gappy"),
)


def best(function: Callable[[], object], seconds: float) -> float:
    """Return the shortest processor time of one call [s]; the first call is not timed."""
    function()
    shortest, end = np.inf, time.perf_counter() + seconds
    while time.perf_counter() < end:
        start = time.process_time()
        function()
        shortest = min(shortest, time.process_time() - start)
    return float(shortest)


def main() -> None:
    """Print a line per design."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, default=3.0)
    parser.add_argument("--replications", type=int, default=50)
    parser.add_argument("--steps", action="store_true")
    options = parser.parse_args()
    programme, n_rep = Programme(), options.replications
    days = np.array(programme.look_days)
    engine = build("exact", ExactStep() if options.steps else ExactBreak())
    print(f"{platform.machine()}, Python {platform.python_version()}, numba {version('numba')}")
    print(f"{engine.spec.kind}, {n_rep} replications a call")
    print(f"{'design':38s} {'programme':>12s} {'single look':>12s}   [fits/s/core]")

    def line(name: str, observations: Observations, ten: np.ndarray) -> None:
        rates = []
        for look_days in (ten, ten[-1:].copy()):
            looks = Looks(day=look_days, report_lag=90, origin_day=START, start_day=START)
            call = lambda k=looks: engine.fit(observations, k, "cocaine")  # noqa: E731
            rates.append(n_rep * look_days.size / best(call, options.seconds))
        print(f"{name:38s} {rates[0]:12,.0f} {rates[1]:12,.0f}", flush=True)

    for name, shape in DESIGNS.items():
        line(name, observations_of(programme, shape, n_rep), days)
    for name, n_site, n_campaign, years, pattern in PANELS:
        ten = START + np.round(365.25 * years / 10 * np.arange(1, 11)).astype(np.int64) + 97
        line(name, panel(n_site, n_campaign, years, pattern, n_rep), ten)


if __name__ == "__main__":
    main()
