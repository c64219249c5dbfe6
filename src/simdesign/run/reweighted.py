"""Another design prior without another simulation: thresholds and power from weighted rows."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from simdesign import decide, evaluate
from simdesign.errors import SpecError
from simdesign.evaluate import Weights
from simdesign.records import Floats, Ints
from simdesign.run.conditions import MIXTURE, Condition, Wanted, conditions
from simdesign.run.judge import VERDICT_YEARS, judging_estimator
from simdesign.run.plan import Plan
from simdesign.run.resamples import Resamples
from simdesign.run.results import Results
from simdesign.run.schema import DRAWN
from simdesign.run.store import Store
from simdesign.spec.quantity import Quantity
from simdesign.spec.study import Scenario

Prior = Mapping[str, Mapping[str, Quantity]]
"""Substance -> parameter -> its new distribution."""
Likelihood = Callable[[str, Mapping[str, Floats]], Floats]
"""Substance and drawn parameters (n,) of a scenario -> P(evidence | parameters), (n,)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReweightedMeasure:
    """One probability under the study's own design prior and under the new one."""

    scenario: str
    role: str
    design: str
    substance: str
    estimator: str
    measure: str  # false_alarm_prob, or power: assurance where parameters are drawn
    threshold: str  # "old", "new": calibrated under the old or under the new null mixture
    horizon: float
    budget: float
    threshold_value: float
    threshold_mcse: float
    before: float  # old prior, old threshold
    before_mcse: float
    value: float  # new prior, at the threshold
    mcse: float
    difference: float  # value - before, on the same replications
    difference_mcse: float
    n_rep: int
    effective: float  # effective replications of this scenario
    mean_weight: float
    mean_weight_error: float
    fixed: tuple[str, ...]  # parameters of the new prior that this scenario keeps as it has them
    warnings: tuple[str, ...]


def reweighted(
    results: Results,
    prior: Prior,
    *,
    estimator: str | None = None,
    budget: float | None = None,
    horizon: float = VERDICT_YEARS,
    likelihood: Likelihood | None = None,
) -> list[ReweightedMeasure]:
    """Return false alarms, thresholds and power under another design prior.

    Parameters that a scenario draws are weighted; those that it holds fixed stay fixed (the power
    is then conditional on them, at a threshold of the new null mixture).

    Parameters
    ----------
    results : Results
    prior : mapping
        Only parameters that the null mixture draws; what is not named keeps its distribution.
    estimator : str, optional
        The judging one without it.
    budget : float, optional
    horizon : float
        Years after the break within which an alarm counts.
    likelihood : callable, optional
        Evidence about the parameters: the null mixture is weighted by its probability, too, and so
        are scenarios that draw parameters.

    Raises
    ------
    SpecError
        Where the stored draws do not cover the new prior.
    """
    plan = results.plan
    name = judging_estimator(plan) if estimator is None else estimator
    if name not in plan.study.estimators:
        known = ", ".join(plan.study.estimators)
        raise SpecError("--estimator", name, f"must be one of {known}")
    mixture = next(item for item in plan.scenarios if item.role == MIXTURE)
    _check(mixture, prior, bare=likelihood is not None)
    luck = Resamples(plan)
    budget = plan.study.decision.budget if budget is None else budget
    found: list[ReweightedMeasure] = []
    drawn: dict[str, Mapping[str, Mapping[str, Floats]]] = {}
    limits: dict[tuple[str, str], tuple[Floats, Weights]] = {}
    for item in conditions(
        results.store, plan, _NoContent(), luck, fast=name, budget=budget, horizon=horizon,
        wanted=Wanted(substances=tuple(prior)),
    ):  # fmt: skip
        scenario = item.scenario.name
        if scenario not in drawn:
            drawn = {
                scenario: drawn_parameters(results.store, plan, item.scenario, item.design, name)
            }
        weights, fixed = _weights(item, prior[item.substance], drawn[scenario], likelihood)
        counts = luck.weight(item.scenario, item.replication)
        if item.scenario.role == MIXTURE:
            limits[item.design, item.substance] = (
                _threshold(item, weights, budget, counts), weights,
            )  # fmt: skip
            found.append(_measure(item, "old", item.thresholds, weights, fixed, counts,
                                  name, budget, horizon))  # fmt: skip
        limit, its_weights = limits[item.design, item.substance]
        measure = _measure(item, "new", limit, weights, fixed, counts, name, budget, horizon,
                           its_weights)  # fmt: skip
        found.append(measure)
    return found


class _NoContent(dict[tuple[str, str, str], str]):
    def __missing__(self, key: tuple[str, str, str]) -> str:
        return ""


def _check(mixture: Scenario, prior: Prior, *, bare: bool) -> None:
    for substance, fields in prior.items():
        if substance not in mixture.world.substances:
            known = ", ".join(mixture.world.substances)
            raise SpecError("prior", substance, f"must be a substance of the study: {known}")
        if not fields and not bare:
            raise SpecError(f"prior.{substance}", {}, "must name a parameter")
        for field, new in fields.items():
            where = f"prior.{substance}.{field}"
            if field not in DRAWN:
                raise SpecError(where, field, f"must be one of {', '.join(DRAWN)}")
            old = getattr(mixture.world.substances[substance], field)
            reason = evaluate.not_covered(old, new)
            if reason:
                raise SpecError(where, _shown(new), f"is not covered: {reason}; simulate it anew")


def _shown(quantity: Quantity) -> object:
    return quantity if isinstance(quantity, int | float) else quantity.model_dump()


def drawn_parameters(
    store: Store, plan: Plan, scenario: Scenario, design: str, estimator: str
) -> dict[str, dict[str, Floats]]:
    """Return substance -> parameter -> its value by replication number; NaN where not stored."""
    rows = store.rows(plan, scenario.name, DRAWN)
    first = (rows["design"] == design) & (rows["estimator"] == estimator) & (rows["look"] == 0)
    found: dict[str, dict[str, Floats]] = {}
    for substance in scenario.world.substances:
        mine = first & (rows["substance"] == substance)
        number: Ints = rows["replication"][mine].astype(np.int64)
        found[substance] = {}
        for field in DRAWN:
            values = np.full(plan.n_rep(scenario), np.nan)
            values[number] = rows[field][mine]
            found[substance][field] = values
    return found


def _weights(
    item: Condition,
    fields: Mapping[str, Quantity],
    drawn: Mapping[str, Mapping[str, Floats]],
    likelihood: Likelihood | None,
) -> tuple[Weights, tuple[str, ...]]:
    """Return the weights of a scenario's replications, and the parameters that it holds fixed."""
    world = item.scenario.world.substances[item.substance]
    old = {field: getattr(world, field) for field in fields}
    covered = {
        field: new
        for field, new in fields.items()
        if not isinstance(old[field], int | float) and not evaluate.not_covered(old[field], new)
    }
    values = {field: drawn[item.substance][field][item.replication] for field in DRAWN}
    fixed = tuple(field for field in fields if field not in covered)
    if covered:
        new = {field: values[field] for field in covered}
        weights = evaluate.importance_weights(new, old, covered)
    else:
        weights = evaluate.unit_weights(~np.isnan(values[DRAWN[0]]))
    varies = any(np.unique(x[np.isfinite(x)]).size > 1 for x in values.values())
    if likelihood is not None and varies:
        weights = evaluate.times(weights, likelihood(item.substance, values))
    return weights, fixed


def _threshold(item: Condition, weights: Weights, budget: float, counts: Floats) -> Floats:
    if weights.is_refused:
        return np.full(counts.shape[0], np.nan)
    limit = decide.weighted_threshold(item.fast.during, budget, weights.weight, counts[1:])
    return np.concatenate([[limit.value], limit.draws])


def _measure(
    item: Condition, kind: str, thresholds: Floats, weights: Weights, fixed: tuple[str, ...],
    counts: Floats, estimator: str, budget: float, horizon: float, null: Weights | None = None,
) -> ReweightedMeasure:  # fmt: skip
    before = _shares(item, item.thresholds, counts)
    refused = weights.is_refused or bool(np.isnan(thresholds[0]))
    after = _shares(item, thresholds, counts * weights.weight)
    value, mcse = float(after[0]), _spread(after)
    if item.scenario.role == MIXTURE:
        # at a threshold as it is given: its own resamples would fix the share at the budget
        alarm = item.fast.alarm(thresholds[:1])[0].astype(float)
        found = evaluate.weighted_mean(alarm, weights, item.n_failed, share=True)
        value, mcse = found.value, found.mcse
        plain = float(before[0])
        before_mcse = float(np.sqrt(plain * (1.0 - plain) / max(item.replication.size - 1, 1)))
    else:
        before_mcse = _spread(before)
    warnings = tuple(weights.warnings)
    if null is not None and null is not weights:
        warnings += tuple(f"threshold: {text}" for text in null.warnings)
    if refused:
        warnings = ("refused", *warnings)
        value, mcse = np.nan, np.nan
    return ReweightedMeasure(
        scenario=item.scenario.name, role=item.scenario.role, design=item.design,
        substance=item.substance, estimator=estimator,
        measure="false_alarm_prob" if item.is_null else "power", threshold=kind,
        horizon=np.nan if item.is_null else horizon, budget=budget,
        threshold_value=float(thresholds[0]), threshold_mcse=_spread(thresholds),
        before=float(before[0]), before_mcse=before_mcse, value=value, mcse=mcse,
        difference=value - float(before[0]),
        difference_mcse=np.nan if refused else _spread(after - before),
        n_rep=int(item.replication.size), effective=weights.effective,
        mean_weight=weights.mean, mean_weight_error=weights.mean_error, fixed=fixed,
        warnings=warnings,
    )  # fmt: skip


def _shares(item: Condition, thresholds: Floats, weight: Floats) -> Floats:
    """Return the weighted share of alarms at each threshold, shape (1 + d,)."""
    alarm = item.fast.alarm(thresholds).astype(float)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(np.einsum("dn,dn->d", weight, alarm) / weight.sum(axis=1))


def _spread(draws: Floats) -> float:
    known = draws[1:][np.isfinite(draws[1:])]
    return float(known.std(ddof=1)) if known.size > 1 else np.nan
