"""What a table with finitely many draws costs an assurance: the numbers of docs/design_prior.md.

A table of K draws is itself a sample. Over all tables, an assurance has the variance
``Var(P) / K`` on top of its Monte Carlo error, with P the power of one draw's world. Var(P) is
estimated from replications that share a draw (one-way analysis of variance).
"""

import argparse
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from simdesign.run import Results, run
from simdesign.spec.estimator import DEFAULT_PRIORS, DRIFT_PRIOR
from simdesign.spec.study import Study
from simdesign.units import DAYS_PER_YEAR

YEARS = 3.0


def default_prior_as_table(n_draw: int, substance: str) -> dict[str, Any]:
    """Return columns of independent draws of the default design prior."""
    rng = np.random.default_rng(1)
    priors = {**DEFAULT_PRIORS[substance], "drift": DRIFT_PRIOR[substance]}
    return {
        name: {"dist": "draws", "values": [prior.draw(rng) for _ in range(n_draw)]}
        for name, prior in priors.items()
    }


def study(drawn: dict[str, Any], substance: str, n_rep: int, size: float) -> Study:
    """Return a study of one annual round whose worlds are all drawn."""
    return Study.from_dict(
        {
            "name": "design_prior",
            "seed": 1,
            "aims": "What a finite table costs.",
            "world": {"substances": {substance: drawn}},
            "change": {"kind": "level_shift", "size": size},
            "designs": {"annual": {"schedule": {"kind": "fixed_weeks", "weeks": [11]}}},
            "estimators": {"exact": {"kind": "exact_step"}},
            "decision": {"reference": "annual", "budgets": [0.1]},
            "sizes": {"quick": {"null": 2000, "null_world": 20, "alternative": n_rep}},
        }
    )


def between(noticed: np.ndarray, group: np.ndarray) -> tuple[float, float]:
    """Return the standard deviation of the groups' means, their noise removed, and its error.

    The error is the spread over halves of the groups, drawn 200 times.
    """
    names, label = np.unique(group, return_inverse=True)
    n = np.bincount(label).astype(float)
    total = np.bincount(label, weights=noticed)

    def estimate(use: np.ndarray) -> float:
        some, sums = n[use], total[use]
        every, mean = some.sum(), sums.sum() / some.sum()
        within = (sums - sums**2 / some).sum() / (every - some.size)
        among = (some * (sums / some - mean) ** 2).sum() / (some.size - 1)
        typical = (every - (some**2).sum() / every) / (some.size - 1)
        return float(np.sqrt(max(0.0, (among - within) / typical)))

    rng = np.random.default_rng(2)
    halves = [estimate(rng.permutation(names.size)[: names.size // 2]) for _ in range(200)]
    return estimate(np.arange(names.size)), float(np.std(halves, ddof=1))


def noticed_in_time(results: Results, limit: float) -> tuple[np.ndarray, np.ndarray]:
    """Return which breaks were noticed within the horizon, and the number of each one's draw.

    Breaks that are not followed so long are left out. This is the definition of
    docs/evaluation.md, written again.
    """
    rows = results.rows("change").sort_values(["replication", "look"])
    score = rows.pivot(index="replication", columns="look", values="score").to_numpy()
    first = rows.drop_duplicates("replication")
    day, since = np.sort(rows["look_day"].unique()), first["change_day"].to_numpy()[:, None]
    delay = (day[None, :] - since) / DAYS_PER_YEAR
    premature = day[None, :] - results.study.programme.report_lag < since
    above = score > limit
    alarm = above & (np.cumsum(above, axis=1) == 1)
    noticed = (alarm & ~premature & (delay <= YEARS)).any(axis=1)
    columns = first[["sigma_shared", "sigma_rw", "sigma_site", "drift"]].to_numpy()
    _, draw = np.unique(columns, axis=0, return_inverse=True)
    followed = delay[:, -1] >= YEARS
    return noticed[followed].astype(float), draw.ravel()[followed]


def value_of(results: Results, measure: str, role: str) -> dict[str, Any]:
    """Return the row of a measure at the operating threshold."""
    return next(
        row
        for row in results.records()
        if (row["measure"], row["role"], row["threshold"]) == (measure, role, "operating")
        and (np.isnan(row["horizon"]) or row["horizon"] == YEARS)
    )


def main() -> None:
    """Print one line."""
    parser = argparse.ArgumentParser(description="What a finite table costs an assurance.")
    parser.add_argument("--substance", default="cocaine")
    parser.add_argument("--estimate", help="shipped, or a file; else the default design prior")
    parser.add_argument("--draws", type=int, default=400, help="of the default design prior")
    parser.add_argument("--replications", type=int, default=4000)
    parser.add_argument("--size", type=float, default=0.3)
    given = parser.parse_args()
    if given.estimate:
        named = Path(given.estimate)
        drawn: dict[str, Any] = {"estimate": str(named.resolve()) if named.suffix else str(named)}
    else:
        drawn = default_prior_as_table(given.draws, given.substance)
    made = study(drawn, given.substance, given.replications, given.size)
    columns = made.world.substances[given.substance].drawn_jointly
    n_draw = len(next(iter(columns.values())).values)
    with tempfile.TemporaryDirectory() as folder:
        results = run(made, Path(folder) / "out", workers=1)
        found = value_of(results, "assurance", "alternative")
        limit = value_of(results, "threshold", "null_mixture")["value"]
        noticed, draw = noticed_in_time(results, limit)
    spread, error = between(noticed, draw)
    print(
        f"{given.substance}, {n_draw} draws, change {given.size:+.0%}: assurance within {YEARS:g}"
        f" years {found['value']:.3f}, MCSE {found['mcse']:.3f} from {found['n_rep']} replications"
        f" (counted again: {noticed.mean():.3f}); SD of power between draws {spread:.2f}"
        f" ({error:.2f}); error of the table {spread / np.sqrt(n_draw):.3f}, at most"
        f" {0.5 / np.sqrt(n_draw):.3f}"
    )


if __name__ == "__main__":
    main()
