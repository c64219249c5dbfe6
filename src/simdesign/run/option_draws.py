"""Stored rows -> what every design does in every scenario, on the study and on its resamples.

All numbers rest on the same resamples, thresholds and replications as the measures of the study, so
that whatever is derived from several of them (a front, a regret, a value) has a joint error.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from simdesign import decide, evaluate
from simdesign.records import Floats
from simdesign.run.cutoff import Cutoff, cutoff_of, known_weight
from simdesign.run.grid import Grid, load_grid
from simdesign.run.judge import DELAY_YEARS, VERDICT_YEARS, judged, judging_estimator
from simdesign.run.plan import Plan
from simdesign.run.resamples import N_DRAW_OTHER, Resamples
from simdesign.run.results import Results
from simdesign.spec.quantity import expectation
from simdesign.spec.study import Scenario

KINDS = ("batch", "year", "week", "mixed")
"""What most of the shared error is made of: a laboratory's batch or year, a week, or none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OptionDraws:
    """One substance. Axes: draw ``d`` (study first), scenario ``s``, design ``m``, budget ``b``."""

    substance: str
    designs: tuple[str, ...]
    scenarios: tuple[Scenario, ...]
    worlds: tuple[Scenario, ...]
    """World without change of every scenario."""
    years: float
    """At which the delay is cut."""
    n_rep: int
    """Replications of a scenario."""
    power: Floats  # (d, s, m) at the decision's budget
    delay: Floats  # (d, s, m) restricted mean [years]
    false_alarm: Floats  # (d, s, m) in the scenario's world, when nothing changes
    budgets: tuple[float, ...]
    """Thresholds that losses choose from; empty when there are none."""
    delay_at: Floats  # (d', s, m, b) the same at each budget, on the first resamples only
    premature_at: Floats  # (d', s, m, b)
    false_alarm_at: Floats  # (d', s, m, b)

    def kind_of(self, number: int) -> str:
        """Return what most of the shared error is made of in a scenario: one of ``KINDS``."""
        return kind_of(self.scenarios[number], self.substance)


def kind_of(scenario: Scenario, substance: str) -> str:
    """Return which part of the shared error of a world is more than half of its variance."""
    given = scenario.world.substances[substance]
    lab, year = expectation(given.lab_share), expectation(given.r_lab)
    parts = {"year": lab * year, "batch": lab * (1.0 - year), "week": 1.0 - lab}
    largest = max(parts, key=lambda name: parts[name])
    return largest if parts[largest] > 0.5 else "mixed"


def null_mixture(results: Results) -> Grid:
    """Return the stored rows of the null mixture."""
    plan = results.plan
    mixture = next(item for item in plan.scenarios if item.role == "null_mixture")
    return load_grid(results.store, plan, mixture)


def judged_changes(results: Results) -> Iterator[Grid]:
    """Yield the stored rows of every change that is judged for some substance."""
    plan = results.plan
    names = {
        item.name
        for world in plan.scenarios
        if world.role == "null_world"
        for substance in world.world.substances
        for item in judged(plan, world, substance)
    }
    for scenario in plan.scenarios:
        if scenario.name in names:
            grid = load_grid(results.store, plan, scenario)
            if grid.n_rep:
                yield grid


def option_draws(results: Results, budgets: Sequence[float] = ()) -> list[OptionDraws]:
    """Return what the judging estimator does with every design, substance by substance.

    Parameters
    ----------
    results : Results
    budgets : sequence of float
        False-alarm probabilities whose thresholds losses choose from.
    """
    plan = results.plan
    resamples = Resamples(plan)
    grids = {item.name: load_grid(results.store, plan, item) for item in plan.scenarios}
    found = []
    for substance in sorted(plan.scenarios[0].world.substances):
        one = _Substance(plan, grids, resamples, substance, tuple(sorted(set(budgets)))).read()
        if one is not None:
            found.append(one)
    return found


class _Substance:
    def __init__(
        self,
        plan: Plan,
        grids: dict[str, Grid],
        resamples: Resamples,
        substance: str,
        budgets: tuple[float, ...],
    ) -> None:
        self.plan, self.grids, self.resamples = plan, grids, resamples
        self.substance, self.budgets = substance, budgets
        self.estimator = judging_estimator(plan)
        self.designs = tuple(plan.study.designs)
        self.cutoffs = {name: self._cutoffs(name) for name in self.designs}

    def _cutoffs(self, design: str) -> list[Cutoff]:
        """Return the threshold at the decision's budget, then those that losses choose from."""
        mixture = next(item for item in self.plan.scenarios if item.role == "null_mixture")
        grid = self.grids[mixture.name]
        cell = (design, self.estimator, self.substance)
        all_budgets = (self.plan.study.decision.budget, *self.budgets)
        largest = decide.largest_scores(grid.cell("score", *cell))
        counts = self.resamples.counts(grid.scenario, grid.replication)
        set_here = decide.calibrated_thresholds(largest, all_budgets, counts)
        fitted = grid.is_fitted(*cell) and grid.n_rep > 0
        found = [
            cutoff_of("operating", budget, threshold, fitted)
            for budget, threshold in zip(all_budgets, set_here, strict=True)
        ]
        few = 1 + N_DRAW_OTHER
        return [found[0], *(replace(item, values=item.values[:few]) for item in found[1:])]

    def read(self) -> OptionDraws | None:
        """Return all numbers; None when no scenario of the substance is judged and stored."""
        pairs = [
            (item, world)
            for world in self.plan.scenarios
            if world.role == "null_world" and self.grids[world.name].n_rep
            for item in judged(self.plan, world, self.substance)
            if self.grids[item.name].n_rep
        ]
        if not pairs:
            return None
        quiet = {world.name: self._false_alarms(self.grids[world.name]) for _, world in pairs}
        rows = [self._alarms(self.grids[item.name]) for item, _ in pairs]
        power, late, later, early, early_at = (
            np.stack([row[place] for row in rows], axis=1) for place in range(5)
        )
        years = DELAY_YEARS if np.isfinite(late[0]).any() else VERDICT_YEARS
        is_late = years == DELAY_YEARS
        return OptionDraws(
            substance=self.substance, designs=self.designs,
            scenarios=tuple(item for item, _ in pairs), worlds=tuple(world for _, world in pairs),
            years=years, n_rep=min(self.grids[item.name].n_rep for item, _ in pairs),
            power=power, delay=late if is_late else early, budgets=self.budgets,
            false_alarm=np.stack([quiet[world.name][0] for _, world in pairs], axis=1),
            delay_at=later[..., 0] if is_late else early_at,
            premature_at=later[..., 1],
            false_alarm_at=np.stack([quiet[world.name][1] for _, world in pairs], axis=1),
        )  # fmt: skip

    def _alarms(self, grid: Grid) -> tuple[Floats, ...]:
        """Return power, mean delays of a scenario, and delay and premature alarms by budget."""
        weight = self.resamples.weight(grid.scenario, grid.replication)
        few = 1 + N_DRAW_OTHER
        n, m, b = weight.shape[0], len(self.designs), len(self.budgets)
        power, late, early = (np.full((n, m), math.nan) for _ in range(3))
        later, early_at = np.full((few, m, b, 2), math.nan), np.full((few, m, b), math.nan)
        for number, design in enumerate(self.designs):
            for place, cutoff in enumerate(self.cutoffs[design]):
                alarms = self._alarms_at(grid, design, cutoff, weight[: cutoff.values.size])
                delays = evaluate.noticed(alarms, np.array([]), (DELAY_YEARS, VERDICT_YEARS))[1]
                if place == 0:
                    shares = evaluate.power_within(alarms, np.array([VERDICT_YEARS]))
                    power[:, number] = all_values(shares[0])
                    late[:, number], early[:, number] = map(all_values, delays)
                else:
                    later[:, number, place - 1, 0] = all_values(delays[0])
                    early_at[:, number, place - 1] = all_values(delays[1])
                    first = evaluate.premature_prob(alarms)
                    later[:, number, place - 1, 1] = all_values(first)
        return power, late, later, early, early_at

    def _alarms_at(
        self, grid: Grid, design: str, cutoff: Cutoff, weight: Floats
    ) -> evaluate.Alarms:
        cell = (design, self.estimator, self.substance)
        look = decide.first_alarms(grid.cell("score", *cell), cutoff.values)
        return evaluate.alarms_after_break(
            look, known_weight(weight, grid.is_fitted(*cell), cutoff), grid.look_day,
            self.plan.study.programme.report_lag, grid.change_day, grid.n_failed(*cell),
        )  # fmt: skip

    def _false_alarms(self, grid: Grid) -> tuple[Floats, Floats]:
        """Return P(any alarm) in a world without change, (d, m) and (d', m, b)."""
        weight = self.resamples.weight(grid.scenario, grid.replication)
        shape = (len(self.designs), len(self.budgets))
        at_budget = np.full((weight.shape[0], shape[0]), math.nan)
        others = np.full((1 + N_DRAW_OTHER, *shape), math.nan)
        for number, design in enumerate(self.designs):
            cell = (design, self.estimator, self.substance)
            score = grid.cell("score", *cell)
            for place, cutoff in enumerate(self.cutoffs[design]):
                use = known_weight(weight[: cutoff.values.size], grid.is_fitted(*cell), cutoff)
                look = decide.first_alarms(score, cutoff.values)
                rate = evaluate.false_alarm_prob(
                    look, use, score.shape[1], grid.n_failed(*cell)
                )  # fmt: skip
                if place == 0:
                    at_budget[:, number] = all_values(rate)
                else:
                    others[:, number, place - 1] = all_values(rate)
        return at_budget, others


def all_values(measure: evaluate.Measure) -> Floats:
    """Return a measure on the study and on every resample, (1 + n_draw,)."""
    draws = measure.draws if measure.draws is not None else np.array([])
    return np.concatenate([[measure.value], draws])
