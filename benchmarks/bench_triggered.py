"""How much longer a triggered cell takes than its base, on one core.

    python benchmarks/bench_triggered.py [--seconds 3] [--replications 100] [--estimators NAME]

Twenty sites, ten years, cocaine, the pilot as history: an annual week, the same with two weeks
more after a look with 0.7 < P(break) < 0.9 (or 0.5, or 0.3), and all three weeks every year. Fits
of one task in unchanged programmes of the design prior and in programmes with a rise of 30 %;
simulation is not counted. Processor time, the best of the repetitions: others may be using the
machine.
"""

import argparse
import platform
from functools import partial

import numpy as np
from bench_simulator import best

from simdesign.records import Observations
from simdesign.run.plan import Cell, Plan, make_plan
from simdesign.run.replay import Replay
from simdesign.run.replicate import Bench
from simdesign.spec.study import Scenario, Study

BASE = {"kind": "fixed_weeks", "weeks": [11]}
EXTRA = [37, 46]
LOWS = (0.7, 0.5, 0.3)
DENSE = {"kind": "fixed_weeks", "weeks": [11, *EXTRA]}
PROB_BREAK = 2
"""Its place among the columns of a fit."""
SHARED = {"dist": "halfnormal", "scale": 0.08}


def triggered(low: float) -> dict[str, object]:
    """Return the schedule with a lower bound."""
    return {"kind": "triggered", "base": BASE, "extra_weeks": EXTRA, "low": low, "high": 0.9}


def study(estimator: str) -> Study:
    """Return the study of one estimator."""
    designs = {
        "annual": BASE,
        **{f"low_{x:g}".replace(".", "_"): triggered(x) for x in LOWS},
        "all_weeks": DENSE,
    }
    return Study.model_validate(
        {
            "name": "triggered", "aims": "A benchmark.", "seed": 1,
            "null": {"substances": {"cocaine": {"sigma_shared": SHARED}}},
            "change": {"kind": "level_shift", "size": 0.3},
            "designs": {
                name: {"schedule": item, "history": "pilot"}
                for name, item in designs.items()
            },
            "estimators": {estimator: {"kind": estimator}},
            "decision": {"reference": "annual"},
            "sizes": {"quick": {"null": 20, "null_world": 20, "alternative": 20}},
        }
    )  # fmt: skip


def main() -> None:
    """Print seconds of a task and the ratio to the base, per estimator, scenario and design."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=3.0, help="time per case")
    parser.add_argument("--replications", type=int, default=100)
    parser.add_argument("--estimators", nargs="+", default=["exact_step", "exact"])
    given = parser.parse_args()
    print(f"{platform.machine()}, Python {platform.python_version()}")
    for kind in given.estimators:
        of = study(kind)
        plan = make_plan(of, "quick")
        for scenario in plan.scenarios:
            if scenario.role != "null_world":
                compare(of, plan, scenario, given.replications, given.seconds)


def compare(of: Study, plan: Plan, scenario: Scenario, n_rep: int, seconds: float) -> None:
    """Print a line per design, the base first."""
    bench, base = Bench(of, scenario), 0.0
    cells = {cell.design: cell for cell in plan.cells[scenario.name]}
    for name in of.designs:
        seen = Replay(of, scenario, name).observations(range(n_rep))
        lost = np.zeros(n_rep, dtype=bool)
        columns, _, taken = bench.fitted(cells[name], seen, lost)
        time = best(partial(once, bench, cells[name], seen, lost), seconds)
        base = base or time
        asked = ""
        if taken is not None:
            more = taken.sum(axis=1) - bench.visits["annual"].n_visit
            years = more / (len(EXTRA) * len(seen.sites))
            asked = f"; {np.mean(years > 0):.0%} asked, for {years.mean():.2f} years on average"
        print(
            f"{cells[name].estimator:10s} {scenario.role:12s} {name:10s} {time:6.3f} s,"
            f" {time / base:4.1f} times the base{asked}"
        )
        if name == "annual":
            median = np.median(columns[PROB_BREAK], axis=0)
            print(f"  median of P(break) by look: {' '.join(f'{p:.2f}' for p in median)}")


def once(bench: Bench, cell: Cell, seen: Observations, lost: np.ndarray, _: int) -> None:
    """Fit the replications of one cell."""
    bench.fitted(cell, seen, lost)


if __name__ == "__main__":
    main()
