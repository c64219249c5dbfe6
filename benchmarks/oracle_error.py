"""Error of P(break) against brute force, on random panels with edges included.

    python benchmarks/oracle_error.py [--panels 1000] [--seed 1]

Brute force is ``tests/reference/break_oracle.py``: dense covariances of all site-weeks, breaks on
single days, plain product quadrature over the same three standard deviations. One panel takes some
seconds. Every tenth panel is an edge: one site, two or three campaigns, variances a thousand times
smaller or larger, all information in one site.
"""

import argparse
import sys
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from fit import panels
from fit.test_break_oracle import compare, random_panel, reduced
from simdesign.fit.site_weeks import SiteWeeks
from simdesign.records import Visits
from simdesign.spec.estimator import ExactBreak

EDGES = ("one site", "two campaigns", "three campaigns", "tiny noise", "huge noise", "one informs")


def edge(rng: np.random.Generator, name: str) -> tuple[Visits, SiteWeeks]:
    """Return a panel at an edge."""
    if name == "one site":
        where = panels.visits(1, 8)
    elif name.endswith("campaigns"):
        where = panels.visits(4, 2 if name.startswith("two") else 3)
    else:
        where = panels.visits(4, 6)
    weeks = reduced(rng, where)
    factor = {"tiny noise": 1e-3, "huge noise": 1e3}.get(name, 1.0)
    variance = weeks.variance * factor
    if name == "one informs":
        variance = np.where(where.site == 0, weeks.variance, 100.0)
    return where, SiteWeeks(
        mean=weeks.mean, variance=variance, usable=weeks.usable, left_out=weeks.left_out
    )


def main() -> None:
    """Print quantiles of the absolute error, for common panels and for every edge."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--panels", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    rng = np.random.default_rng(options.seed)
    found: dict[str, list[float]] = {}
    for number in range(options.panels):
        if number % 10 == 9:
            name = EDGES[number // 10 % len(EDGES)]
            where, weeks = edge(rng, name)
        else:
            name, where = "random", random_panel(rng)
            weeks = reduced(rng, where)
        found.setdefault(name, []).append(abs(compare(ExactBreak(), where, weeks)["break"]))
    every = np.concatenate([np.array(values) for values in found.values()])
    for name, values in [*found.items(), ("all", every)]:
        error = np.array(values)
        print(
            f"{name:16s} {error.size:5d} panels: median {np.median(error):.5f}"
            f"  99 % {np.quantile(error, 0.99):.5f}  max {error.max():.5f}"
            f"  within 0.005: {np.mean(error <= 0.005):.1%}",
            flush=True,
        )


if __name__ == "__main__":
    main()
