"""Conditions and verdicts as lines of plain English, for the terminal."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from simdesign.report import verdict_text
from simdesign.run import VERDICT_YEARS, Plan, Results, duration, judging_estimator
from simdesign.spec.draws import Estimate
from simdesign.spec.study import Study
from simdesign.studies.console import Grid

_HOUR = 3600.0
_THRESHOLDS = ("operating", "oracle")


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


def condition_grid(plan: Plan) -> Grid:
    """Return the conditions as a table."""
    conditions = plain_conditions(plan)["conditions"]
    rows = tuple(
        (item["scenario"], item["design"], item["estimator"], str(item["replications"]))
        for item in conditions
    )
    heads = ("scenario", "design", "estimator", "replications")
    return Grid(f"{plan.study.name}, size {plan.size}", heads, rows, (0, 1, 2))


def plain_conditions(plan: Plan) -> dict[str, Any]:
    """Return the conditions as JSON values."""
    return {
        "study": plan.study.name,
        "size": plan.size,
        "replications": plan.n_replication,
        "rows": plan.n_row,
        "conditions": [
            {
                "scenario": scenario.name,
                "role": scenario.role,
                "design": design,
                "estimator": estimator,
                "replications": plan.n_rep(scenario),
            }
            for scenario in plan.scenarios
            for design in plan.study.designs
            for estimator in plan.study.estimators
        ],
    }


def estimate_lines(study: Study) -> list[str]:
    """Return a line for every substance whose parameters come from a table of joint draws."""
    return [
        f"{place}.substances.{name}: {item.n_draw} joint draws{_worth(item)} of"
        f" {', '.join(item.fields)} from the estimate {item.name}; columns not used:"
        f" {', '.join(item.ignored) or 'none'}"
        for place, world in (("world", study.world), ("null", study.null))
        if world is not None
        for name, substance in world.substances.items()
        if (item := substance.estimate) is not None
    ]


def pace_line(status: Mapping[str, Any]) -> str:
    """Return rate, time left and precision of a study, as its status tells them."""
    parts = [f"rate: {status['rate']:.3g} replications/s"]
    if not status["missing"]:
        parts = ["nothing is missing"]
    elif status["rate"] == 0.0:
        parts = ["rate: none, nothing was stored lately"]
    if status["missing"] and status["remaining_seconds"] is not None:
        parts.append(f"{duration(status['remaining_seconds'])} left")
    if status["missing"] and status["remaining_core_seconds"] is not None:
        parts.append(f"{status['remaining_core_seconds'] / _HOUR:.3g} core-hours left")
    if status["mcse_at_most"] is not None:
        parts.append(f"MCSE of a probability <= {status['mcse_at_most']:.3f}")
    return ", ".join(parts)


def _worth(item: Estimate) -> str:
    fewer = item.n_effective is not None and item.n_effective < item.n_draw
    return f" (worth {item.n_effective} independent ones)" if fewer else ""


def verdict_lines(results: Results, budget: float | None = None) -> list[str]:
    """Return the verdicts in words, with their Monte Carlo errors."""
    study = results.study
    used = study.decision.budget if budget is None else budget
    return [
        f"{study.name}, size {results.plan.size}: {study.title.get('en', study.aims)}",
        f"P(any false alarm in {study.programme.years} years, one drug, nationally) = {used:g}",
        "",
        *verdict_text(results.verdicts(budget), study=study, averages=results.averages(budget)),
        "",
        *precision_lines(results, budget),
    ]


def precision_lines(results: Results, budget: float | None = None) -> list[str]:
    """Return the largest Monte Carlo errors of the headline power, and the failures.

    At both thresholds that verdicts rest on, of all estimators at the operating one; "failed"
    counts refused fits too.
    """
    used = results.study.decision.budget if budget is None else budget
    rows = [
        row
        for row in results.records(budget)
        if row["measure"] == "power"
        and row["threshold"] in _THRESHOLDS
        and row["horizon"] == VERDICT_YEARS
        and abs(row["budget"] - used) < 1e-12
        and not row["compared_with"]
    ]
    judging = judging_estimator(results.plan)
    lines = []
    for label, chosen, thresholds in (
        (f"estimator {judging}", [r for r in rows if r["estimator"] == judging], _THRESHOLDS),
        ("all estimators", rows, _THRESHOLDS[:1]),
    ):
        largest = []
        for threshold in thresholds:
            mine = [row for row in chosen if row["threshold"] == threshold]
            errors = np.array([row["mcse"] for row in mine], dtype=float)
            if np.isfinite(errors).any():
                most = f"at most {np.nanmax(errors):.3f}"
                largest.append(f"{threshold} threshold {most} ({len(mine)} conditions)")
        if largest:
            lines.append(
                f"Monte Carlo error of the power within {VERDICT_YEARS:g} years, the threshold's "
                f"own error included, {label}: {', '.join(largest)}"
            )
    failed = sum(row["n_failed"] for row in rows if row["threshold"] == _THRESHOLDS[0])
    lines.append(
        "Replications with a failed or refused fit (not applicable to such data) in these "
        f"conditions: {failed}"
    )
    return lines
