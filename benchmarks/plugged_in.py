"""Print what P(break) of simulated panels owes to each value that the exact engine plugs in.

Twenty towns, ten annual campaigns of the catalogue's world, with and without a change of 20 % in
year six: the table of the first panel, then over many panels the mean and the largest move of
P(break).
"""

import argparse

import numpy as np

from simdesign.fit import plugged_sensitivity
from simdesign.records import Looks, Observations
from simdesign.run import make_plan
from simdesign.run.replay import Replay
from simdesign.spec.estimator import ExactBreak
from simdesign.spec.study import Study


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--panels", type=int, default=40)
    arguments.add_argument("--substances", default="cocaine,MDMA,amphetamine,methamphetamine")
    chosen = arguments.parse_args()
    for substance in chosen.substances.split(","):
        plan = make_plan(study(substance), "all", None)
        for scenario in plan.scenarios[1:]:
            show(Replay(plan.study, scenario, "annual"), scenario.name, substance, chosen.panels)


def show(replay: Replay, scenario: str, substance: str, n: int) -> None:
    seen = replay.observations(range(n))
    tables = [
        plugged_sensitivity(ExactBreak(), single(seen, r), end(replay.looks), substance)
        for r in range(n)
    ]
    first = tables[0]
    print(f"{substance}, {scenario}: P(break) of the first panel {first.plugged.prob_break:.3f}")
    print(f"  {'plugged in':12} {'end':6} {'value':>7} {'P(break)':>9} {'E':>7}"
          f" {'mean move':>10} {'largest of ' + str(n):>14}")  # fmt: skip
    for i, row in enumerate(first.rows):
        moves = np.array([table.shift(table.rows[i]) for table in tables])
        largest = moves[np.argmax(np.abs(moves))]
        value = "" if np.isnan(row.value) else f"{row.value:.3f}"
        print(f"  {row.name:12} {row.end:6} {value:>7} {row.answer.prob_break:9.3f}"
              f" {row.answer.effect:+7.3f} {moves.mean():+10.3f} {largest:+14.3f}")  # fmt: skip
    widths = np.array([np.ptp(table.prob_range) for table in tables])
    print(f"  width of the range of P(break): mean {widths.mean():.3f}, largest {widths.max():.3f}")


def single(seen: Observations, r: int) -> Observations:
    return Observations(
        substances=seen.substances, sites=seen.sites, population=seen.population,
        reference_load=seen.reference_load, visits=seen.visits,
        load=seen.load[r : r + 1].copy(), censored=seen.censored[r : r + 1].copy(),
    )  # fmt: skip


def end(looks: Looks) -> Looks:
    return Looks(
        day=looks.day[-1:].copy(), report_lag=looks.report_lag, origin_day=looks.origin_day,
        start_day=looks.start_day,
    )  # fmt: skip


def study(substance: str) -> Study:
    return Study.from_dict(
        {
            "name": "plugged_in",
            "seed": 20,
            "aims": "what P(break) owes to what is plugged in",
            "world": {"substances": {substance: {}}},
            "change": {"kind": "level_shift", "size": 0.2, "at": 5.3},
            "designs": {"annual": {"schedule": {"kind": "fixed_weeks", "weeks": [11]}}},
            "estimators": {"exact": {"kind": "exact"}},
            "decision": {"reference": "annual"},
            "sizes": {"all": {"null": 20, "null_world": 20, "alternative": 10}},
        }
    )


if __name__ == "__main__":
    main()
