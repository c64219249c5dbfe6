"""Verdicts at other thresholds, from stored rows: another budget, design prior or estimator.

An option says how the threshold is set; everything behind it is that of ``assess``: the same
replications, the same resamples, the same rule. Only the measures that verdicts rest on are made.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from simdesign import decide, evaluate
from simdesign.evaluate import Measure, Verdict
from simdesign.records import Floats
from simdesign.run.asked import costs_of
from simdesign.run.cutoff import values_of
from simdesign.run.grid import Grid, load_grid
from simdesign.run.judge import (
    DELAY_YEARS,
    VERDICT_YEARS,
    Address,
    Evidence,
    in_world,
    judge,
    judged,
)
from simdesign.run.plan import Plan
from simdesign.run.resamples import N_DRAW_OTHER, Resamples
from simdesign.run.results import Results
from simdesign.spec.study import Scenario

Limit = Callable[[Grid, tuple[str, str, str], Floats], decide.Threshold | None]
"""Unchanged programmes, (design, estimator, substance) and counts (d, n) -> the threshold; None
where there is none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Option:
    """One way to set the threshold of one estimator."""

    group: str
    name: str
    estimator: str
    limit: Limit
    in_each_world: bool = False
    """Set in every fixed world on its own (oracle), not by the null mixture."""


def at_budget(budget: float) -> Limit:
    """Return the threshold that unchanged programmes pass with this probability."""

    def limit(grid: Grid, cell: tuple[str, str, str], counts: Floats) -> decide.Threshold:
        largest = decide.largest_scores(grid.cell("score", *cell))
        return decide.calibrated_threshold(largest, budget, counts)

    return limit


def guarded_at(budget: float) -> Limit:
    """Return the threshold that holds the budget in the worst cell of the null mixture."""

    def limit(grid: Grid, cell: tuple[str, str, str], counts: Floats) -> decide.Threshold | None:
        largest = decide.largest_scores(grid.cell("score", *cell))
        substance = cell[2]
        bins = decide.prior_bins(
            grid.drawn("sigma_shared", substance), grid.drawn("sigma_rw", substance)
        )
        if not bins.n_bin:
            return None
        return decide.guarded_threshold(largest, bins, budget, counts)

    return limit


def weighted_at(budget: float, weights: Mapping[str, Floats]) -> Limit:
    """Return the threshold of a null mixture with other weights.

    ``weights`` is substance -> the weight of every replication number; no negative ones, no NaN.
    """

    def limit(grid: Grid, cell: tuple[str, str, str], counts: Floats) -> decide.Threshold | None:
        mine = weights.get(cell[2])
        if mine is None:
            return None
        largest = decide.largest_scores(grid.cell("score", *cell))
        use = mine[grid.replication]
        return decide.weighted_threshold(largest, budget, use, counts)

    return limit


def verdicts_at(results: Results, options: Sequence[Option]) -> list[list[Verdict]]:
    """Return the verdicts about breaks under each option.

    The line of an option has the threshold "operating", whatever set it. Of the 500 resamples of
    the study the first 200 are used: a Monte Carlo error is itself within about 5 %.
    """
    store, plan = results.store, results.plan
    mixture = next(item for item in plan.scenarios if item.role == "null_mixture")
    resamples = Resamples(plan, N_DRAW_OTHER)
    unchanged = load_grid(store, plan, mixture)
    limits = _limits(unchanged, options, resamples, each=False)
    cost = dict.fromkeys(plan.study.designs, np.nan)  # of a policy without rows
    cost |= {name: found.total for name, found in costs_of(plan, unchanged).items()}
    found: list[list[Verdict]] = [[] for _ in options]
    for world in (item for item in plan.scenarios if item.role == "null_world"):
        grid = load_grid(store, plan, world)
        if not grid.n_rep:
            continue
        here = limits | _limits(grid, options, resamples, each=True)
        known: list[dict[Address, Measure]] = [{} for _ in options]
        bounds: list[dict[Address, tuple[float, float]]] = [{} for _ in options]
        for scenario in _wanted(plan, world):
            alternative = load_grid(store, plan, scenario)
            if not alternative.n_rep:
                continue
            for number, option in enumerate(options):
                for design in plan.study.designs:
                    for substance in alternative.substances:
                        values = here.get((number, design, substance))
                        cell = (design, option.estimator, substance)
                        if values is not None:
                            _measure(
                                plan, alternative, cell, values, resamples,
                                known[number], bounds[number],
                            )  # fmt: skip
        for number, option in enumerate(options):
            evidence = Evidence(plan=plan, known=known[number], cost=cost, bounds=bounds[number])
            lines = [("break", "operating")]
            found[number] += judge(evidence, world, lines, option.estimator)
    return found


def _wanted(plan: Plan, world: Scenario) -> list[Scenario]:
    """Return the changes in a world that are judged for some substance."""
    names = {item.name for s in world.world.substances for item in judged(plan, world, s)}
    return [item for item in plan.scenarios if item.name in names and in_world(item, world)]


def _limits(
    grid: Grid, options: Sequence[Option], resamples: Resamples, *, each: bool
) -> dict[tuple[int, str, str], Floats]:
    """Return (option, design, substance) -> thresholds set by these unchanged programmes."""
    found = {}
    for number, option in enumerate(options):
        if option.in_each_world is not each or not grid.n_rep:
            continue
        counts = resamples.counts(grid.scenario, grid.replication)
        for design in grid.designs:
            for substance in grid.substances:
                cell = (design, option.estimator, substance)
                limit = option.limit(grid, cell, counts)
                if limit is not None:
                    found[number, design, substance] = values_of(limit, grid.is_fitted(*cell))
    return found


def _measure(
    plan: Plan,
    grid: Grid,
    cell: tuple[str, str, str],
    thresholds: Floats,
    resamples: Resamples,
    known: dict[Address, Measure],
    bounds: dict[Address, tuple[float, float]],
) -> None:
    """Add power and restricted mean delay of one cell, and their ends where fits failed."""
    design, estimator, substance = cell
    weight = resamples.weight(grid.scenario, grid.replication)
    if not grid.is_fitted(*cell) or np.isnan(thresholds[0]):
        weight = np.full(weight.shape, np.nan)  # and so are the measures
    alarms = evaluate.alarms_after_break(
        decide.first_alarms(grid.cell("score", *cell), thresholds), weight, grid.look_day,
        plan.study.programme.report_lag, grid.change_day, grid.n_failed(*cell),
    )  # fmt: skip
    place = Address(
        scenario=grid.scenario.name, measure="power", horizon=f"{VERDICT_YEARS:g}",
        substance=substance, design=design, estimator=estimator, threshold="operating",
    )  # fmt: skip
    late = place._replace(measure="restricted_mean_delay", horizon=f"{DELAY_YEARS:g}")
    known[place], known[late] = _power_and_delay(alarms)
    failed = grid.failed(*cell)
    if failed.any() and grid.is_fitted(*cell):
        least, most = (
            _power_and_delay(end(alarms, failed)) for end in (evaluate.silent, evaluate.heard)
        )
        bounds[place] = (least[0].value, most[0].value)
        bounds[late] = (most[1].value, least[1].value)


def _power_and_delay(alarms: evaluate.Alarms) -> tuple[Measure, Measure]:
    power = evaluate.power_within(alarms, np.array([VERDICT_YEARS]))[0]
    return power, evaluate.noticed(alarms, np.array([]), (DELAY_YEARS,))[1][0]
