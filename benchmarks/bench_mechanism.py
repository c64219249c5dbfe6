"""Mechanisms told apart: decisions by true mechanism, and fits per second.

    python benchmarks/bench_mechanism.py [--replications 100] [--size 0.3] [--substance cocaine]

Twenty towns, ten years, a level shift in years 3 to 7 whose start purity of 0.6 leaves room for
purity; designs of one and six rounds a year, with and without a purity series and a survey. The
look is the last one. ``right`` and ``wrong`` are shares of the replications in which the engine
names a class of mechanisms, with Monte Carlo standard errors; the rest cannot be told. Below the
decisions: mean posterior probability of the true class. The weekday noise between campaigns of
null worlds is compared with what the engine plugs in: a ratio of 1 is agreement.
"""

import argparse
import math
import platform
import time
from dataclasses import replace
from importlib.metadata import version

import numpy as np

from simdesign._kernels.weekday_change import weekday_design
from simdesign._kernels.weekday_terms import WEEK, weekday_terms
from simdesign.fit import build, decided, mechanism_probs
from simdesign.fit.priors import break_priors
from simdesign.records import Looks, Observations
from simdesign.sample import BoughtStreams, MeasuringChain, schedule
from simdesign.simulate import prepare
from simdesign.spec.change import LevelShift, NoChange
from simdesign.spec.design import Design
from simdesign.spec.estimator import ExactBreak, ExactMechanism
from simdesign.spec.mechanism import MECHANISM_CLASSES, WEEK_SD
from simdesign.spec.study import Programme
from simdesign.spec.world import World
from simdesign.units import residue_g_per_day

DESIGNS = {
    "annual": {"kind": "fixed_weeks", "weeks": (11,)},
    "six rounds": {"kind": "fixed_weeks", "weeks": (3, 11, 20, 29, 37, 46)},
}
STREAMS: dict[str, tuple[str, ...]] = {
    "loads alone": (),
    "and purity": ("purity",),
    "and survey": ("survey",),
    "and both": ("purity", "survey"),
}
TRUTHS = {
    "more_users": "more_users",
    "new_light_users": "more_users",
    "heavier_use": "heavier_use",
    "more_often": "heavier_use",
    "more_per_occasion": "dose_or_purity",
    "higher_purity": "dose_or_purity",
}
"""Mechanism of the world -> class that the engine asks about."""
PURITY = 0.6


def measured(
    world: World, shape: dict[str, object], change: LevelShift | NoChange, n_rep: int
) -> tuple[Observations, Looks]:
    """Simulate and measure replications, with both series, and the last look."""
    programme = Programme()
    names = [item.name for item in world.catchments]
    population = np.array([item.population for item in world.catchments])
    design = Design(schedule=shape)
    visits = schedule(design, programme, names, population)
    prepared = prepare(world, change, programme, seed=1, luck="study")
    chain = MeasuringChain.of(world, seed=1, luck="study")
    series = BoughtStreams(
        world, programme, ("purity", "survey"), since=programme.start_day, seed=1, luck="study"
    )
    load = np.empty((n_rep, 1, *visits.day.shape))
    censored = np.zeros(load.shape, dtype=bool)
    bought = []
    for r in range(n_rep):
        truth = prepared.truth(r)
        chain.observe_into(
            truth, visits, replication=r, laboratory=design.laboratory,
            load=load[r], censored=censored[r],
        )  # fmt: skip
        bought.append(series.draw(truth, r))
    looks = Looks(
        day=np.array(programme.look_days[-1:]), report_lag=programme.report_lag,
        origin_day=programme.start_day, start_day=programme.start_day,
    )  # fmt: skip
    return chain.gather(visits, population, load, censored, bought), looks


def only(observations: Observations, kinds: tuple[str, ...]) -> Observations:
    """Return observations with the series of these kinds alone."""
    streams = {n: s for n, s in observations.streams.items() if n.split("/")[0] in kinds}
    return replace(observations, streams=streams)


def share(hit: np.ndarray) -> str:
    """Return a proportion and its Monte Carlo standard error."""
    p = float(hit.mean())
    return f"{p:.2f} ({math.sqrt(p * (1 - p) / hit.size):.2f})"


def weekday_noise(observations: Observations, substance: str, week_sd: float) -> float:
    """Return the chi-square of weekdays between campaigns per degree of freedom, null worlds."""
    priors, u = break_priors(ExactBreak(), substance), 0
    visits, noise = observations.visits, priors.day_noise
    residue = residue_g_per_day(observations.reference_load[u], observations.population)
    day = np.ascontiguousarray(visits.day)
    score, information, _ = weekday_terms(
        np.ascontiguousarray(observations.load[:, u]),
        np.ascontiguousarray(observations.censored[:, u]),
        day, (day + 3) % WEEK, noise.log_weekday,
        np.ascontiguousarray((noise.variance + noise.count_noise / residue)[visits.site]),
        noise.rho,
    )  # fmt: skip
    campaigns, at = np.unique(visits.campaign, return_inverse=True)
    n = campaigns.size
    design = weekday_design(
        information, at, np.array([at.size]), np.arange(float(n)), np.zeros(0, dtype=np.int64),
        week_sd**2, 0.25,
    )  # fmt: skip
    pooled, total = np.zeros((observations.n_rep, n, WEEK)), np.zeros((n, WEEK, WEEK))
    for v, j in enumerate(at.tolist()):
        pooled[:, j] += score[:, v]
        total[j] += information[v]
    pooled = np.einsum("jab,rjb->rja", design.shrink[0], pooled)
    total = np.einsum("jab,jbc->jac", design.shrink[0], total)
    inverse = np.linalg.pinv(total)
    centre = np.einsum("ab,rb->ra", np.linalg.pinv(total.sum(axis=0)), pooled.sum(axis=1))
    square = np.einsum("rja,jab,rjb->r", pooled, inverse, pooled)
    square -= np.einsum("ra,ab,rb->r", centre, total.sum(axis=0), centre)
    return float(square.mean() / ((n - 1) * (WEEK - 1)))


def table(substance: str, size: float, n_rep: int) -> None:
    """Print the decisions for every design, set of series and true mechanism."""
    world = World(substances={substance: {"purity": PURITY}})
    spec = ExactMechanism()
    engine = build("mechanism", spec)
    heads = " | ".join(f"named {name}" for name in MECHANISM_CLASSES)
    for design, shape in DESIGNS.items():
        print(f"\n{design}, {substance} {100 * size:+.0f} %, {n_rep} replications\n")
        print(f"| series | true mechanism | {heads} | cannot be told | P(true class) |")
        print("|---|---|---|---|---|---|---|")
        seen = {}
        for truth in TRUTHS:
            seen[truth] = measured(world, shape, LevelShift(size=size, mechanism=truth), n_rep)
        for label, kinds in STREAMS.items():
            for truth, right in TRUTHS.items():
                observations, looks = seen[truth]
                fit = engine.fit(only(observations, kinds), looks, substance)
                prob = mechanism_probs(fit)[:, 0]
                named = decided(prob, spec.limit)
                cells = " | ".join(share(named == m) for m in (0, 1, 2, -1))
                mine = prob[:, MECHANISM_CLASSES.index(right)]
                error = mine.std(ddof=1) / math.sqrt(n_rep)
                print(f"| {label} | `{truth}` | {cells} | {mine.mean():.2f} ({error:.2f}) |")


def speed(substance: str, n_rep: int, seconds: float) -> None:
    """Print fits per second of processor time of both engines at the last look."""
    world = World(substances={substance: {"purity": PURITY}})
    print("\n| design | series | fits/s/core | general engine |")
    print("|---|---|---|---|")
    for design, shape in DESIGNS.items():
        observations, looks = measured(world, shape, LevelShift(size=0.2), n_rep)
        for label, kinds in STREAMS.items():
            data = only(observations, kinds)
            engines = [build("mine", spec) for spec in (ExactMechanism(), ExactBreak())]
            for engine in engines:
                engine.fit(data, looks, substance)  # compiles
            shortest, end = [math.inf, math.inf], time.perf_counter() + seconds
            while time.perf_counter() < end:  # side by side: others may be using the machine
                for i, engine in enumerate(engines):
                    start = time.process_time()
                    engine.fit(data, looks, substance)
                    shortest[i] = min(shortest[i], time.process_time() - start)
            rates = [n_rep / x for x in shortest]
            print(f"| {design} | {label} | {rates[0]:.0f} | {rates[1]:.0f} |")


def main() -> None:
    """Print the tables of docs/mechanisms.md."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--replications", type=int, default=100)
    parser.add_argument("--size", type=float, default=0.3)
    parser.add_argument("--substance", default="cocaine")
    parser.add_argument("--seconds", type=float, default=2.0)
    options = parser.parse_args()
    print(f"{platform.machine()}, Python {platform.python_version()}, numba {version('numba')}")
    speed(options.substance, 50, options.seconds)
    table(options.substance, options.size, options.replications)
    week_sd = WEEK_SD[options.substance]
    print(f"\n| weekdays of null worlds | chi-square over degrees, `week_sd` {week_sd} | 0 |")
    print("|---|---|---|")
    for design, shape in DESIGNS.items():
        world = World(substances={options.substance: {}})
        observations, _ = measured(world, shape, NoChange(), options.replications)
        found = [weekday_noise(observations, options.substance, sd) for sd in (week_sd, 0.0)]
        print(f"| {design} | {found[0]:.2f} | {found[1]:.2f} |")


if __name__ == "__main__":
    main()
