"""Power at the levels of the shared error -> its average over a distribution of that error."""

import math
from collections.abc import Mapping, Sequence

import numpy as np

from simdesign import evaluate
from simdesign.evaluate import Average, Measure
from simdesign.records import Floats
from simdesign.run.judge import Evidence, judged, judging_estimator, levels, power_at, shared_level
from simdesign.spec.quantity import Parameter
from simdesign.spec.shipped import shipped_draws
from simdesign.spec.study import FactorValue, Scenario

THRESHOLDS = ("operating", "oracle")


def averages(evidence: Evidence) -> list[Average]:
    """Return the averages of every substance in worlds that differ in the shared error only.

    Over the design prior of the null mixture, and over every shipped estimate that has the
    substance; nothing where the shared error is no factor.
    """
    plan = evidence.plan
    worlds: dict[tuple[tuple[str, str], ...], list[Scenario]] = {}
    for item in plan.scenarios:
        if item.role == "null_world" and math.isfinite(shared_level(item.factors)):
            rest = {k: v for k, v in item.factors.items() if not k.endswith(".sigma_shared")}
            worlds.setdefault(tuple((k, str(v)) for k, v in sorted(rest.items())), []).append(item)
    found = []
    for members in worlds.values():
        ordered = sorted(members, key=lambda item: shared_level(item.factors))
        if len(ordered) < 2:
            continue
        for substance in sorted(ordered[0].world.substances):
            for prior, (values, worth) in _priors(evidence, substance).items():
                for kind in THRESHOLDS:
                    one = _average(evidence, ordered, substance, kind, prior, values, worth)
                    if one is not None:
                        found.append(one)
    return found


def _priors(evidence: Evidence, substance: str) -> dict[str, tuple[Floats, float]]:
    """Return name -> equally likely values of the shared error, and independent draws (or inf)."""
    found = {}
    mixture = next(item for item in evidence.plan.scenarios if item.role == "null_mixture")
    drawn: Parameter = mixture.world.substances[substance].sigma_shared
    if not isinstance(drawn, int | float):
        found["design"] = (evaluate.prior_values(drawn), math.inf)
    for table in shipped_draws(substance):
        values = table.fields.get("sigma_shared", ())
        if values:
            found[table.name] = (np.array(values), table.n_effective)
    return found


def _average(
    evidence: Evidence,
    worlds: Sequence[Scenario],
    substance: str,
    kind: str,
    prior: str,
    values: Floats,
    worth: float,
) -> Average | None:
    plan = evidence.plan
    name, reference = judging_estimator(plan), plan.study.decision.reference
    at = [shared_level(item.factors) for item in worlds]
    hat = evaluate.hats(at, values)
    weights = hat.mean(axis=0)
    power: dict[str, list[Measure]] = {}
    for design in sorted(plan.study.designs):
        row = [
            _mean_power(evidence, judged(plan, world, substance), substance, design, name, kind)
            for world in worlds
        ]
        known = [item for item in row if item is not None]
        if len(known) == len(row):
            power[design] = known
    others = [design for design in power if design != reference]
    if reference not in power or not others:
        return None
    average = {design: evaluate.mean_of(row, weights.tolist()) for design, row in power.items()}
    best = max(others, key=lambda design: average[design].value)
    gained = evaluate.difference(average[best], average[reference])
    gap = [b.value - r.value for b, r in zip(power[best], power[reference], strict=True)]
    error = float((hat @ np.array(gap)).std() / math.sqrt(worth)) if math.isfinite(worth) else 0.0
    return Average(
        substance=substance, world=_rest(worlds[0].factors), estimator=name, threshold=kind,
        prior=prior, reference=reference, best=best, reference_value=average[reference].value,
        reference_mcse=average[reference].mcse, best_value=average[best].value,
        best_mcse=average[best].mcse, difference=gained.value, mcse=gained.mcse,
        prior_error=error, beyond=float((values > at[-1] + 1e-12).mean()), levels=tuple(at),
        weights=tuple(weights.tolist()),
    )  # fmt: skip


def _rest(factors: Mapping[str, FactorValue]) -> dict[str, float | str]:
    return {k: v for k, v in levels(factors).items() if not k.endswith(".sigma_shared")}


def _mean_power(
    evidence: Evidence,
    changes: Sequence[Scenario],
    substance: str,
    design: str,
    estimator: str,
    kind: str,
) -> Measure | None:
    """Return the mean power over the judged changes of one world; None where one is not known."""
    places = [power_at(item.name, substance, design, estimator, kind) for item in changes]
    if not places or not all(place in evidence.known for place in places):
        return None
    return evaluate.mean_of([evidence.known[place] for place in places])
