"""Conditions and verdicts as lines of plain English, for the terminal."""

import math
from collections.abc import Iterator

import numpy as np

from simdesign.evaluate import Code, Verdict
from simdesign.run import VERDICT_YEARS, Plan, Results

WORDS = {
    Code.AS_GOOD: "as good",
    Code.NOT_AS_GOOD: "not as good",
    Code.CANNOT_TELL: "cannot be told with these replications",
}


def conditions(plan: Plan) -> list[str]:
    """Return one line per condition: scenario, design, estimator, replications."""
    lines = [f"{'scenario':44} {'design':16} {'estimator':12} replications"]
    lines += [
        f"{scenario.name:44} {design:16} {estimator:12} {plan.n_rep(scenario):>12}"
        for scenario in plan.scenarios
        for design in plan.study.designs
        for estimator in plan.study.estimators
    ]
    n = len(lines) - 1
    lines.append(f"{n} conditions, {plan.n_replication} replications, {plan.n_row} rows")
    return lines


def verdict_lines(results: Results, budget: float | None = None) -> list[str]:
    """Return the verdicts in words, with their Monte Carlo errors."""
    verdicts = results.verdicts(budget)
    study = results.study
    used = study.decision.budget if budget is None else budget
    margin = study.decision.margin
    lines = [
        f"{study.name}: {study.title.get('en', study.aims)}",
        f"Judged: {study.decision.reference}, against every other design on the same replications; "
        f"P(false alarm in {study.programme.years} years, one drug) = {used:g}.",
        f"Margin: power within {VERDICT_YEARS:g} years lower by at most {margin.power:g} and mean "
        f"delay longer by at most {margin.delay_years:g} year for every change of "
        f"{margin.smallest_change:.0%} and more; P(three-year change > 10 % wrong) higher by at "
        f"most {margin.picture:g}.",
    ]
    for substance in sorted({item.substance for item in verdicts}):
        lines.append("")
        lines.append(f"{substance}")
        for topic, threshold, title in (
            ("picture", "", "Picture"),
            ("break", "operating", "Break"),
            ("break", "oracle", "Break, if the shared error were known"),
        ):
            chosen = [
                item
                for item in verdicts
                if (item.substance, item.topic, item.threshold) == (substance, topic, threshold)
            ]
            lines += _topic_lines(title, chosen)
        lines += list(_flip_lines(results, verdicts, substance))
        lines.append("  Which level of shared error is real, the data do not settle.")
    lines += ["", _precision_line(results, used)]
    return lines


def _topic_lines(title: str, verdicts: list[Verdict]) -> list[str]:
    lines = [f"  {title}:"] if verdicts else []
    for item in verdicts:
        what = "P(3-year change > 10 % wrong)" if item.topic == "picture" else "power"
        error = "" if math.isnan(item.mcse) else f" (MCSE of the difference {item.mcse:.3f})"
        equal = ""
        if item.at_equal_cost is not None and item.at_equal_cost != item.code:
            equal = f"; at equal cost: {WORDS[item.at_equal_cost]}"
        lines.append(
            f"    {_world(item):24} {WORDS[item.code]}: mean {what} {item.reference_value:.2f} "
            f"against {item.best_value:.2f} with {item.best}{error}{equal}"
        )
    return lines


def _world(item: Verdict) -> str:
    words = [f"{path.split('.')[-1]} {level:g}" for path, level in item.world.items()]
    return ", ".join(words) or "the world"


def _flip_lines(results: Results, verdicts: list[Verdict], substance: str) -> Iterator[str]:
    for flip in results.flips(verdicts):
        if flip["substance"] != substance:
            continue
        name = flip["topic"] + (" (shared error known)" if flip["threshold"] == "oracle" else "")
        where = ", ".join(f"{k.split('.')[-1]} {v:g}" for k, v in flip["world"].items())
        yield (
            f"  Flips: {name}{', ' + where if where else ''}: from {WORDS[flip['before']]} to "
            f"{WORDS[flip['after']]} between sigma_shared {flip['low']:g} and {flip['high']:g}."
        )


def _precision_line(results: Results, budget: float) -> str:
    """Return the largest Monte Carlo error of a headline power, the threshold's error included."""
    rows = [
        row
        for row in results.records(budget)
        if row["measure"] == "power"
        and row["threshold"] == "operating"
        and row["horizon"] == VERDICT_YEARS
        and abs(row["budget"] - budget) < 1e-12
        and not row["compared_with"]
    ]
    if not rows:
        return "No power has been estimated yet."
    errors = np.array([row["mcse"] for row in rows], dtype=float)
    failed = sum(row["n_failed"] for row in rows)
    return (
        f"Monte Carlo error of power within {VERDICT_YEARS:g} years (operating threshold, its own "
        f"error included): at most {np.nanmax(errors):.3f} over {len(rows)} conditions; "
        f"failed replications: {failed}."
    )
