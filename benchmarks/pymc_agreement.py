"""The exact engine against PyMC: P(break) of the same model on random panels.

    python benchmarks/pymc_agreement.py [--panels 50] [--limit 16000] [--seed 1]

Panels have 3 to 20 sites and 6 to 20 campaigns: annual or twice a year, half of the sites later
or not, moving through the year or not, some site-weeks missing; with a step, a change of slope,
both, a pulse or nothing, on standard deviations drawn around their priors, for all substances.

A panel counts as tested when PyMC's Monte Carlo standard error of P(break) is at most 0.005 and its
diagnostics pass; draws are doubled until then, up to ``--limit`` a chain. The engines agree on it
when they differ by at most 0.02 and by at most four of these errors. ``nodes`` is what the exact
engine's answer changes by when its nodes are doubled: an error that PyMC's does not contain.
"""

import argparse
import platform
from collections.abc import Iterator
from importlib.metadata import version

import numpy as np

from simdesign.fit import break_posterior
from simdesign.fit.pymc_fit import PymcPosterior, pymc_posterior
from simdesign.records import Looks, Observations, Status, Visits
from simdesign.spec.estimator import DEFAULT_PRIORS, ExactBreak
from simdesign.spec.pymc import Pymc, Sampling
from simdesign.units import DAYS_PER_YEAR

START = 20454
MOST_MCSE, MOST_OFF, MOST_ERRORS = 0.005, 0.02, 4.0
BREAKS = ("nothing", "step", "slope", "both", "pulse")


def random_visits(rng: np.random.Generator) -> Visits:
    """Return when which site is sampled."""
    n_site, n_campaign = int(rng.integers(3, 21)), int(rng.integers(6, 21))
    rounds = 2 if n_campaign >= 12 and rng.random() < 0.5 else 1
    year_days = DAYS_PER_YEAR if rng.random() < 0.7 else 340.0
    late = 14 if rng.random() < 0.3 else 0
    kept = 0.85 if rng.random() < 0.3 else 1.0
    rows = []
    for campaign in range(n_campaign):
        year, slot = divmod(campaign, rounds)
        for site in range(n_site):
            half = site % 2 if late else 0
            if campaign > 1 and rng.random() > kept:
                continue
            first = START + int(year_days * year) + 180 * slot + late * half
            batch = 10**6 + 100 * (2026 + year) + 2 * slot + half
            rows.append((2 * campaign + half, site, slot, batch, 2026 + year, first))
    columns = np.array(sorted(rows), dtype=np.int64).T
    campaign, site, slot, batch, year, first = (column.copy() for column in columns)
    return Visits(
        site=site, campaign=campaign, slot=slot, batch=batch, year=year,
        day=first[:, None] + np.arange(7), history=np.zeros(site.size, dtype=bool), n_slot=rounds,
    )  # fmt: skip


def random_panel(rng: np.random.Generator, substance: str) -> tuple[Observations, str]:
    """Return one replication and what happened in it."""
    visits = random_visits(rng)
    prior = DEFAULT_PRIORS[substance]
    shared = abs(rng.normal(0.0, prior["sigma_shared"].scale))  # type: ignore[union-attr]
    walk = abs(rng.normal(0.0, prior["sigma_rw"].scale))  # type: ignore[union-attr]
    between = prior["sigma_site"].median * np.exp(0.4 * rng.normal())  # type: ignore[union-attr]
    years = (visits.middle_day - START) / DAYS_PER_YEAR
    times, rank = np.unique(visits.middle_day, return_inverse=True)
    steps = np.sqrt(np.diff(times, prepend=times[0]) / DAYS_PER_YEAR)
    path = np.cumsum(walk * steps * rng.normal(size=times.size))[rank]
    path = path + shared * rng.normal(size=int(visits.campaign.max()) + 1)[visits.campaign]
    happened = str(rng.choice(BREAKS))
    start = rng.uniform(0.2, 0.9) * years.max()
    if happened in ("step", "both"):
        path = path + rng.normal(0.0, 0.3) * (years >= start)
    if happened in ("slope", "both"):
        path = path + rng.normal(0.0, 0.1) * np.maximum(years - start, 0.0)
    if happened == "pulse":
        path = path + rng.normal(0.0, 0.3) * (np.abs(years - start) < 0.5)
    week = path + between * rng.normal(size=visits.n_visit)
    load = np.exp(6.0 + week[:, None] + 0.13 * rng.normal(size=visits.day.shape))[None, None]
    n_site = int(visits.site.max()) + 1
    observations = Observations(
        substances=(substance,), sites=tuple(f"s{q}" for q in range(n_site)),
        population=np.exp(rng.normal(11.5, 0.8, n_site)),
        reference_load=np.full((1, n_site), np.exp(6.0)),
        visits=visits, load=load, censored=np.zeros(load.shape, dtype=bool),
    )  # fmt: skip
    return observations, happened


def random_panels(n: int, seed: int) -> Iterator[tuple[Observations, str, str]]:
    """Yield panels, the substance, and what happened."""
    rng = np.random.default_rng(seed)
    for number in range(n):
        substance = list(DEFAULT_PRIORS)[number % len(DEFAULT_PRIORS)]
        yield *random_panel(rng, substance), substance


def look_at_end(visits: Visits) -> Looks:
    """Return one look, after everything has been reported."""
    day = np.array([int(visits.day.max()) + 91])
    return Looks(day=day, report_lag=90, origin_day=START, start_day=START)


def sampled(
    observations: Observations, looks: Looks, substance: str, limit: int
) -> tuple[PymcPosterior, int]:
    """Return PyMC's answer with as many draws as it takes, and their number a chain."""
    draws = 2000
    while True:
        how = Sampling(draws=draws, tune=500, chains=2, seed=1)
        found = pymc_posterior(Pymc(sampling=how), observations, looks, substance)
        assert found.diagnostics is not None, "every panel is long enough"
        good = found.diagnostics.mcse_prob <= MOST_MCSE and found.status == Status.OK
        if good or 2 * draws > limit:
            return found, draws
        draws *= 2


def main() -> None:
    """Print a line a panel, and the verdict."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--panels", type=int, default=50)
    parser.add_argument("--limit", type=int, default=16_000)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    print(
        f"{platform.machine()}, Python {platform.python_version()}, PyMC {version('pymc')}, "
        f"nutpie {version('nutpie')}"
    )
    print(f"{'substance':16s}{'happened':9s}{'sites':>6s}{'visits':>7s}{'draws':>7s}"
          f"{'exact':>9s}{'PyMC':>9s}{'delta':>9s}{'MCSE':>8s}{'in SE':>7s}{'nodes':>8s}"
          f"{'d effect':>9s}")  # fmt: skip
    off, errors, nodes, untested = [], [], [], 0
    for observations, happened, substance in random_panels(options.panels, options.seed):
        visits = observations.visits
        looks = look_at_end(visits)
        exact = break_posterior(ExactBreak(), observations, looks, substance)
        found, draws = sampled(observations, looks, substance, options.limit)
        assert found.diagnostics is not None
        mcse = found.diagnostics.mcse_prob
        delta = exact.prob_break - found.summary.prob_break
        tested = mcse <= MOST_MCSE and found.status == Status.OK
        print(
            f"{substance:16s}{happened:9s}{visits.site.max() + 1:6d}{visits.n_visit:7d}{draws:7d}"
            f"{exact.prob_break:9.4f}{found.summary.prob_break:9.4f}{delta:+9.4f}{mcse:8.4f}"
            f"{delta / mcse:+7.1f}{exact.quadrature_error:8.4f}"
            f"{exact.effect.mean - found.summary.effect:+9.4f}"
            f"{'' if tested else '  untested: ' + (found.reason or 'MCSE')}",
            flush=True,
        )  # fmt: skip
        untested += not tested
        if tested:
            off.append(abs(delta))
            errors.append(abs(delta) / mcse)
            nodes.append(exact.quadrature_error)
    worst_off, worst_errors = np.array(off), np.array(errors)
    agree = (worst_off <= MOST_OFF) & (worst_errors <= MOST_ERRORS)
    print(f"{len(off)} panels tested, {untested} untested")
    print(f"|delta|: median {np.median(off):.4f}, largest {max(off):.4f} (bar {MOST_OFF})")
    print(
        f"in standard errors: root mean square {np.sqrt(np.mean(worst_errors**2)):.2f}, "
        f"largest {max(errors):.1f} (bar {MOST_ERRORS:g})"
    )
    print(f"doubling the exact engine's nodes: largest change {max(nodes):.4f}")
    print(f"{agree.sum()} of {len(off)} agree: {'PASS' if agree.all() else 'FAIL'}")


if __name__ == "__main__":
    main()
