"""Paired losses of the reference design -> the verdicts of one world.

The size of a change is that of ``spec.effect``: what it makes of the load in three years, so that
steps and changes of slope are judged by one rule. A pulse has no size and no verdict.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from simdesign import evaluate
from simdesign.evaluate import Loss, Measure, Verdict
from simdesign.run.plan import Plan
from simdesign.spec.effect import size_of as size_of
from simdesign.spec.effect import yearly_change
from simdesign.spec.estimator import judging
from simdesign.spec.study import FactorValue, Scenario

VERDICT_YEARS = 3.0
"""Horizon of the power in the verdict."""
DELAY_YEARS = 5.0
"""Restriction of the mean delay in the verdict."""
PICTURE_YEARS = 3.0
"""Span of the change that the picture must get right."""
LINES = (("picture", ""), ("break", "operating"), ("break", "oracle"))
"""Topic and threshold of the verdicts of one substance in one world."""


class Address(NamedTuple):
    """Which measure of which condition; empty words where it does not depend on something."""

    scenario: str
    measure: str
    horizon: str
    substance: str
    design: str
    estimator: str
    threshold: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """What verdicts rest on."""

    plan: Plan
    known: Mapping[Address, Measure]
    """Measures at the decision's budget."""
    cost: dict[str, float]
    """Design -> expected cost."""
    bounds: Mapping[Address, tuple[float, float]]
    """Ends of the measures that rest on failed replications too."""


def judge(
    evidence: Evidence,
    world: Scenario,
    lines: Sequence[tuple[str, str]] = LINES,
    estimator: str | None = None,
) -> list[Verdict]:
    """Judge the reference design in one world: per substance the picture and the break.

    The break is judged at the operating and at the oracle threshold, over every change of the
    margin's smallest size or more; the picture over these and the world without change.

    Parameters
    ----------
    evidence : Evidence
    world : Scenario
        A fixed world without a change.
    lines : sequence of (topic, threshold), optional
    estimator : str, optional
        The judging one without it.
    """
    plan = evidence.plan
    name = judging_estimator(plan) if estimator is None else estimator
    found = []
    for substance in sorted(world.world.substances):
        changed = judged(plan, world, substance)
        for topic, kind in lines:
            scenarios = changed if topic == "break" else [world, *changed]
            losses = _losses(evidence, scenarios, substance, name if kind else "", kind)
            if losses:
                worth = _worth(evidence, changed, substance, name, kind)
                found.append(
                    evaluate.verdict_of(
                        topic,
                        losses,
                        substance=substance,
                        estimator=name if kind else "",
                        threshold=kind,
                        world=levels(world.factors),
                        sigma_shared=shared_level(world.factors),
                        reference=plan.study.decision.reference,
                        cost=evidence.cost,
                        false_alarm=_false_alarm(evidence, world, substance, name, kind),
                        worth=worth,
                        averaged_over=", ".join(scenarios[-1].averaged_over(substance)),
                    )
                )
    return found


def judged(plan: Plan, world: Scenario, substance: str) -> list[Scenario]:
    """Return the changes in a world that count for a substance: of the margin's smallest size."""
    least = plan.study.decision.margin.smallest_change - 1e-9
    return [
        item
        for item in plan.scenarios
        if item.role == "alternative"
        and in_world(item, world)
        and abs(size_of(item, substance)) >= least
    ]


def _worth(
    evidence: Evidence, changed: Sequence[Scenario], substance: str, estimator: str, kind: str
) -> Measure | None:
    """Return what the reference would gain by knowing its world: mean power, oracle - operating."""
    if kind != "operating":
        return None
    reference = evidence.plan.study.decision.reference
    gains = []
    for item in changed:
        mine = power_at(item.name, substance, reference, estimator, "operating")
        known = mine._replace(threshold="oracle")
        if not {mine, known} <= evidence.known.keys():
            return None
        gains.append(evaluate.difference(evidence.known[known], evidence.known[mine]))
    return evaluate.mean_of(gains) if gains else None


def power_at(scenario: str, substance: str, design: str, estimator: str, kind: str) -> Address:
    """Return where the power within three years of one condition is kept."""
    return Address(
        scenario=scenario, measure="power", horizon=f"{VERDICT_YEARS:g}", substance=substance,
        design=design, estimator=estimator, threshold=kind,
    )  # fmt: skip


def _false_alarm(
    evidence: Evidence, world: Scenario, substance: str, estimator: str, kind: str
) -> dict[str, float]:
    """Return every design's P(any alarm) in the world without change, at one threshold."""
    found = {}
    for design in evidence.plan.study.designs:
        address = Address(
            scenario=world.name, measure="false_alarm_prob", horizon=f"{math.nan:g}",
            substance=substance, design=design, estimator=estimator, threshold=kind,
        )  # fmt: skip
        if kind and address in evidence.known:
            found[design] = evidence.known[address].value
    return found


def _losses(
    evidence: Evidence, scenarios: Sequence[Scenario], substance: str, estimator: str, kind: str
) -> list[Loss]:
    """Return what the reference loses: scenarios x measures x other designs."""
    decision = evidence.plan.study.decision
    margin = decision.margin
    measures = (
        [
            ("power", VERDICT_YEARS, margin.power, 1.0),
            ("restricted_mean_delay", DELAY_YEARS, margin.delay_years, DELAY_YEARS),
        ]
        if kind
        else [("large_error_prob", PICTURE_YEARS, margin.picture, 1.0)]
    )
    found = []
    for scenario in scenarios:
        for measure, horizon, allowed, span in measures:
            mine = Address(
                scenario=scenario.name, measure=measure, horizon=f"{horizon:g}",
                substance=substance, design=decision.reference, estimator=estimator,
                threshold=kind,
            )  # fmt: skip
            for other in sorted(evidence.plan.study.designs):
                theirs = mine._replace(design=other)
                if other == decision.reference or not {mine, theirs} <= evidence.known.keys():
                    continue
                values = (evidence.known[mine], evidence.known[theirs])
                paired = evaluate.difference(*values)
                bounds = None
                if mine in evidence.bounds or theirs in evidence.bounds:
                    bounds = (
                        evidence.bounds.get(mine, (values[0].value, values[0].value)),
                        evidence.bounds.get(theirs, (values[1].value, values[1].value)),
                    )
                found.append(
                    evaluate.loss(
                        scenario.name,
                        size_of(scenario, substance),
                        other,
                        measure,
                        values,
                        paired,
                        allowed,
                        span,
                        bounds,
                        yearly_change(scenario, substance),
                    )
                )
    return found


def judging_estimator(plan: Plan) -> str:
    """Return the estimator that verdicts rest on."""
    return judging(plan.study.estimators)


def in_world(scenario: Scenario, world: Scenario) -> bool:
    """Say whether a scenario is a change in the given fixed world."""
    levels = {k: v for k, v in scenario.factors.items() if k.startswith("world.")}
    return levels == world.factors


def shared_level(factors: Mapping[str, FactorValue]) -> float:
    """Return the level of the shared error of a world; NaN when it is no factor."""
    for path, level in factors.items():
        if path.endswith(".sigma_shared") and isinstance(level, int | float):
            return float(level)
    return math.nan


def levels(factors: Mapping[str, FactorValue]) -> dict[str, float | str]:
    """Return levels as the table of measures has them: numbers, and all else as text.

    Left out, or taken for a number, a level that is a switch or a name would make two worlds one.
    """
    return {
        k: float(v) if isinstance(v, int | float) and not isinstance(v, bool) else str(v)
        for k, v in factors.items()
    }
