"""Local breaks: what the neglected covariance costs, and whether a search cries wolf.

    python benchmarks/local_breaks.py [--panels 100] [--replications 500]

First table: P(a break of the city) by the engine less that of a joint dense model of all cities
(tests/reference/local_oracle.py), by number of cities, with and without a fifth of the visits
missing; at known standard deviations, and with all four integrated, which includes what a city's
own series cannot know of standard deviations that all cities share.

Second table: share of unchanged ten-year series, 20 cities, with P > 0.9 at the last look, at any
of ten yearly looks, and in any of the cities; with the city's own walk in the model and without.

Third table: the same of a city that did rise.
"""

import argparse
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from fit import cities, panels
from simdesign.fit.local import local_breaks, searched
from simdesign.spec.estimator import ExactLocal

SITES = (2, 3, 4, 6, 9, 13, 20)
LIMIT = 0.9


def covariance_table(n_panel: int) -> None:
    """Print differences of P from the joint model."""
    print("cities gaps  SDs         panels  mean dP  mean |dP|  90 % of |dP|  max |dP|  max |dE|")
    for known, n in ((cities.KNOWN, n_panel), (None, max(n_panel // 5, 4))):
        for n_site in SITES if known else SITES[:-2]:
            for gaps in (0.0, 0.2):
                rng = np.random.default_rng(5)
                off = []
                for _ in range(n):
                    where, reduced = cities.weeks(rng, n_site, int(rng.integers(6, 11)), gaps=gaps)
                    off.append(cities.against_joint(where, reduced, known=known))
                prob, effect, _ = np.array(off).T
                size = np.abs(prob)
                print(
                    f"{n_site:6d} {gaps:4.1f}  {'known' if known else 'integrated':10s}  {n:6d}"
                    f"  {prob.mean():+7.3f}  {size.mean():9.3f}  {np.quantile(size, 0.9):12.3f}"
                    f"  {size.max():8.3f}  {np.abs(effect).max():8.3f}",
                    flush=True,
                )


def false_alarm_table(n_rep: int) -> None:
    """Print how often unchanged cities are called broken."""
    n_site, n_year = 20, 10
    looks = panels.looks(n_year)
    print(f"\nunchanged cities with P > {LIMIT}, {n_rep} panels of {n_site} cities, {n_year} years")
    print(
        "world's city walk  model's walk  last look     any look      any city, any look  searched"
    )
    for world in (0.0, 0.05, 0.10):
        seen = cities.unchanged(np.random.default_rng(33), n_rep, n_site, n_year, walk=world)
        for label, spec in (("prior", ExactLocal()), ("none", ExactLocal(sigma_rw=0.0))):
            found = local_breaks(spec, seen, looks, "cocaine")
            high = found.prob_break > LIMIT
            prior = 1.0 - np.exp(-spec.hazard * (looks.day - looks.origin_day) / 365.25)
            one_of = [searched(found.score[:, :, k], float(prior[k]))[1] for k in range(n_year)]
            cells = (
                high[:, :, -1].mean(axis=0),
                high.any(axis=2).mean(axis=0),
                high.any(axis=(0, 2)),
                (np.array(one_of) > LIMIT).any(axis=(0, 1)),
            )
            text = "  ".join(_share(cell) for cell in cells)
            print(f"HalfN({world:4.2f})        {label:12s}  {text}", flush=True)


def power_table(n_rep: int) -> None:
    """Print how often the one city that broke is called, at the tenth look."""
    looks = panels.looks(10)
    last = replace(looks, day=looks.day[-1:].copy())
    print(f"\none of 20 cities rises in the middle, P > {LIMIT} at the last look, {n_rep} panels")
    print("world's city walk   rise  that city       another city    searched, that city")
    prior = 1.0 - np.exp(-ExactLocal().hazard * (last.day[0] - looks.origin_day) / 365.25)
    for world in (0.0, 0.05, 0.10):
        for rise in (0.3, 0.6, 1.0, 1.5):
            seen = cities.unchanged(np.random.default_rng(34), n_rep, 20, 10, walk=world)
            load = seen.load[:, 0].copy()
            late = seen.visits.middle_day > panels.START + 1826
            load[:, (seen.visits.site == 0) & late] *= 1.0 + rise
            seen = panels.observe(seen.visits, load)
            found = local_breaks(ExactLocal(), seen, last, "cocaine")
            high = found.prob_break[:, :, 0] > LIMIT
            one_of = searched(found.score[:, :, 0], float(prior))[1] > LIMIT
            cells = (high[0].astype(float), high[1:].any(axis=0), one_of[0].astype(float))
            text = "  ".join(_share(cell) for cell in cells)
            print(f"HalfN({world:4.2f})        {100 * rise:+4.0f} %  {text}", flush=True)


def _share(values: np.ndarray) -> str:
    """Return a mean over panels with its Monte Carlo standard error, in per cent."""
    error = values.std(ddof=1) / np.sqrt(values.size)
    return f"{100 * values.mean():5.2f} ± {100 * error:4.2f} %"


def main() -> None:
    """Print both tables."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--panels", type=int, default=100)
    parser.add_argument("--replications", type=int, default=500)
    options = parser.parse_args()
    covariance_table(options.panels)
    false_alarm_table(options.replications)
    power_table(options.replications)


if __name__ == "__main__":
    main()
