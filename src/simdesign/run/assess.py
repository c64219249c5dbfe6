"""Stored rows -> thresholds, alarms, measures and verdicts: here the last stages meet.

Nothing is simulated: another budget or margin needs this step alone.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from simdesign import decide, evaluate
from simdesign.evaluate import Measure
from simdesign.records import Bools, Floats, Ints
from simdesign.run.asked import Asked, costs_of, design_measures
from simdesign.run.averaged import averages
from simdesign.run.cutoff import Cutoff, cutoff_of, known_weight
from simdesign.run.departed import differences
from simdesign.run.extras import Extras
from simdesign.run.grid import Grid, load_grid
from simdesign.run.judge import (
    DELAY_YEARS,
    VERDICT_YEARS,
    Address,
    Evidence,
    in_world,
    judge,
    judging_estimator,
)
from simdesign.run.plan import Plan, missing_tasks
from simdesign.run.resamples import N_DRAW, N_DRAW_OTHER, Resamples
from simdesign.run.store import Store
from simdesign.run.tidy import Table
from simdesign.spec.breaks import BreakModel
from simdesign.spec.local import ExactLocal
from simdesign.spec.study import Scenario

HORIZONS = (1.0, 2.0, 3.0, 5.0)
"""Years after the break within which an alarm counts."""
DELAYS = (3.0, DELAY_YEARS)
"""Restrictions of the mean delay."""
CURVE = tuple(0.25 * quarter for quarter in range(1, 21))
"""Years after the break at which the delay curve is given."""
N_BIN = 5
"""Equally filled bins of a drawn parameter, for false alarms as its function."""

Key = tuple[str, str, str, str]
"""Substance, design, estimator, kind of threshold."""


@dataclass(slots=True)
class Assessment:
    """Measures and verdicts of a study."""

    table: Table
    verdicts: list[evaluate.Verdict] = field(default_factory=list)
    averages: list[evaluate.Average] = field(default_factory=list)
    n_missing: int = 0
    """Replications that the plan asks for and that are not complete yet."""
    notes: list[str] = field(default_factory=list)
    """Triggers that never asked for more, or always did."""


class _Assessor:
    def __init__(self, store: Store, plan: Plan, budget: float | None, frozen: bool) -> None:
        self.store, self.plan = store, plan
        decision = plan.study.decision
        self.budget = decision.budget if budget is None else budget
        self.budgets = tuple(sorted({*decision.budgets, self.budget}))
        self.reference, self.margin = decision.reference, decision.margin
        self.designs = sorted(plan.study.designs)
        self.estimators = sorted(plan.study.estimators)
        missing = sum(task.n_rep for task in missing_tasks(plan, store.coverage()))
        self.result = Assessment(Table(plan), n_missing=missing)
        self.extras = Extras(plan.study, self.result.table)
        self.asked = Asked(plan)
        self.operating: dict[Key, list[Cutoff]] = {}
        self.known: dict[Address, Measure] = {}
        self.bounds: dict[Address, tuple[float, float]] = {}
        self.replications: dict[str, Ints] = {}
        self.cost: dict[str, float] = {}
        self.resamples = Resamples(plan, frozen_null=frozen)

    def weight(self, grid: Grid) -> Floats:
        """Return how often each replication is in the study (once) and in its resamples."""
        return self.resamples.weight(grid.scenario, grid.replication)

    def load(self, name: str) -> Grid:
        scenario = next(item for item in self.plan.scenarios if item.name == name)
        grid = load_grid(self.store, self.plan, scenario)
        self.replications[name] = grid.replication
        return grid

    def run(self) -> Assessment:
        worlds = [item for item in self.plan.scenarios if item.role == "null_world"]
        for scenario in self.plan.scenarios:
            if scenario.role == "null_mixture":
                mixture = self.load(scenario.name)
                self._costs(mixture)
                if mixture.n_rep:
                    self._null_mixture(mixture)
        for world in worlds:
            grid = self.load(world.name)
            if not grid.n_rep:
                continue
            oracle = self._null_world(grid)
            for scenario in self.plan.scenarios:
                if scenario.role == "alternative" and in_world(scenario, world):
                    alternative = self.load(scenario.name)
                    if alternative.n_rep:
                        self._alternative(alternative, oracle)
            self.result.verdicts += judge(self._evidence(), world)
        for scenario, address, less in differences(self.plan, self.known, self.replications):
            self._add_difference(scenario, address, less, evaluate.DEFAULT_WORLD)
        if worlds:
            self.result.averages = averages(self._evidence())
        self.result.notes = self.asked.notes()
        return self.result

    def _evidence(self) -> Evidence:
        return Evidence(plan=self.plan, known=self.known, cost=self.cost, bounds=self.bounds)

    def _cells(self, grid: Grid) -> Iterator[tuple[str, str, str]]:
        for substance in grid.substances:
            for design in self.designs:
                for estimator in self.estimators:
                    yield substance, design, estimator

    def _costs(self, mixture: Grid) -> None:
        self.cost = dict.fromkeys(self.plan.study.designs, np.nan)  # of a policy without rows
        weight = self.weight(mixture)[: 1 + N_DRAW_OTHER]
        for name, found in costs_of(self.plan, mixture).items():
            self.cost[name] = found.total
            costs = design_measures(found, weight)
            for measure, value in costs.items():
                self.result.table.add(measure, value, design=name)
            self.extras.attributions.costs(name, costs["cost_per_year"])

    def _null_mixture(self, grid: Grid) -> None:
        """Set operating and guarded thresholds, and show what they do across the mixture."""
        weight = self.weight(grid)
        for substance, design, estimator in self._cells(grid):
            score = grid.cell("score", design, estimator, substance)
            largest = decide.largest_scores(score)
            shared, walk = grid.drawn("sigma_shared", substance), grid.drawn("sigma_rw", substance)
            bins = decide.prior_bins(shared, walk)
            cutoffs = []
            fitted = grid.is_fitted(design, estimator, substance)
            found = decide.calibrated_thresholds(largest, self.budgets, weight[1:])
            for budget, threshold in zip(self.budgets, found, strict=True):
                cutoffs.append(cutoff_of("operating", budget, threshold, fitted))
            if bins.n_bin:  # none when no world could be made: then there is nothing to guard
                guarded = decide.guarded_threshold(largest, bins, self.budget, weight[1:])
                cutoffs.append(cutoff_of("guarded", self.budget, guarded, fitted))
            published = decide.published_alarms(
                grid.cell("published_alarm", design, estimator, substance)
            )
            self.operating[substance, design, estimator, ""] = cutoffs
            n_failed = grid.n_failed(design, estimator, substance)
            for cutoff in (*cutoffs, *self._as_published(estimator)):
                place = self._place(grid, substance, design, estimator, cutoff)
                if cutoff.kind == "published":
                    hit = np.broadcast_to(published < score.shape[1], weight.shape)
                else:
                    hit = largest > cutoff.values[:, None]
                    self._add_threshold(cutoff, grid.n_rep, **place)
                # on the programmes that set the threshold the share is the budget in every
                # resample: what another run would differ by is the binomial error
                rate = _share(hit[0], fitted, n_failed)
                self.result.table.add("false_alarm_prob", rate, **place)
                if not fitted:
                    continue
                self._bound_alarms(grid, hit[:1], weight[:1], place)
                if cutoff.budget == self.budget or cutoff.kind == "published":
                    self._binned(hit, weight, bins, shared, walk, place)
                if cutoff.kind == "operating" and cutoff.budget == self.budget:
                    self.extras.quiet(grid, weight, cutoff.values, rate, place)
        self._any_substance(grid)
        self.extras.rounds(grid)
        self._common(grid)

    def _binned(
        self,
        hit: Bools,
        weight: Floats,
        bins: decide.Bins,
        shared: Floats,
        walk: Floats,
        place: dict[str, Any],
    ) -> None:
        """Add false alarms as a function of the drawn parameters, and the worst cell."""
        for name, values in (("sigma_shared", shared), ("sigma_rw", walk)):
            known = np.flatnonzero(np.isfinite(values))  # a world that failed has no parameters
            if np.unique(values[known]).size < 2:
                continue
            order = known[np.argsort(values[known], kind="stable")]
            for part in np.array_split(order, N_BIN):
                if part.size:
                    rate = evaluate.alarm_share(hit[:, part], weight[:, part])
                    self.result.table.add(
                        f"false_alarm_by_{name}", rate, horizon=float(values[part].mean()), **place
                    )
        cells = [np.flatnonzero(bins.label == number) for number in range(bins.n_bin)]
        if cells:
            worst = max(cells, key=lambda part: float(hit[0, part].mean()))
            rate = evaluate.alarm_share(hit[:, worst], weight[:, worst])
            self.result.table.add("false_alarm_worst_cell", rate, **place)

    def _any_substance(self, grid: Grid) -> None:
        if len(grid.substances) < 2:
            return
        weight = self.weight(grid)
        for design in self.designs:
            for estimator in self.estimators:
                hit, fitted = np.zeros(weight.shape, dtype=bool), True
                for substance in grid.substances:
                    cutoff = self._operating(substance, design, estimator)
                    fitted &= grid.is_fitted(design, estimator, substance)
                    score = grid.cell("score", design, estimator, substance)
                    hit |= decide.largest_scores(score) > cutoff.values[:, None]
                known = weight if fitted else np.full(weight.shape, np.nan)
                self.result.table.add(
                    "false_alarm_any_substance", evaluate.alarm_share(hit, known),
                    scenario=grid.scenario, design=design, estimator=estimator,
                    threshold="operating", budget=self.budget,
                )  # fmt: skip

    def _operating(self, substance: str, design: str, estimator: str) -> Cutoff:
        found = self.operating[substance, design, estimator, ""]
        return next(c for c in found if c.kind == "operating" and c.budget == self.budget)

    def _null_world(self, grid: Grid) -> dict[tuple[str, str, str], Cutoff]:
        """Set the oracle thresholds of one world, and count false alarms at the others."""
        weight = self.weight(grid)
        oracle = {}
        for substance, design, estimator in self._cells(grid):
            score = grid.cell("score", design, estimator, substance)
            n_failed = grid.n_failed(design, estimator, substance)
            largest = decide.largest_scores(score)
            threshold = decide.calibrated_threshold(largest, self.budget, weight[1:])
            fitted = grid.is_fitted(design, estimator, substance)
            cutoff = cutoff_of("oracle", self.budget, threshold, fitted)
            oracle[substance, design, estimator] = cutoff
            place = self._place(grid, substance, design, estimator, cutoff)
            self._add_threshold(cutoff, grid.n_rep, **place)
            rate = _share(largest > cutoff.values[0], fitted, n_failed)
            self._keep("false_alarm_prob", rate, np.nan, place)
            if fitted:
                hit = largest > cutoff.values[:1, None]
                self._bound_alarms(grid, hit, weight[:1], place)
                self.extras.quiet(grid, weight, cutoff.values, rate, place)
            for other in (
                *self.operating.get((substance, design, estimator, ""), ()),
                *self._as_published(estimator),
            ):
                look = self._first_looks(grid, substance, design, estimator, other, weight)
                known = known_weight(weight, fitted, other)
                rate = evaluate.false_alarm_prob(look, known, score.shape[1], n_failed)
                place = self._place(grid, substance, design, estimator, other)
                self._keep("false_alarm_prob", rate, np.nan, place)
                if fitted:
                    self._bound_alarms(grid, look < score.shape[1], known, place)
                    if other.kind == "operating" and other.budget == self.budget:
                        self.extras.quiet(grid, known, other.values, rate, place)
        self.extras.rounds(grid)
        self._common(grid)
        return oracle

    def _add_threshold(self, cutoff: Cutoff, n_rep: int, **place: Any) -> None:
        spread = cutoff.values[1:]
        known = spread[np.isfinite(spread)]
        mcse = float(known.std(ddof=1)) if known.size > 1 else np.nan
        value = Measure(value=float(cutoff.values[0]), mcse=mcse, n_rep=n_rep)
        self.result.table.add("threshold", value, **place)

    def _as_published(self, estimator: str) -> list[Cutoff]:
        if isinstance(self.plan.study.estimators[estimator], BreakModel):
            return []
        return [Cutoff(kind="published", budget=np.nan, values=np.full(1 + N_DRAW, np.nan))]

    def _first_looks(
        self,
        grid: Grid,
        substance: str,
        design: str,
        estimator: str,
        cutoff: Cutoff,
        weight: Floats,
    ) -> Ints:
        """Return the look of the first alarm, shape (1 + n_draw, r)."""
        if cutoff.kind == "published":
            alarm = grid.cell("published_alarm", design, estimator, substance)
            return np.broadcast_to(decide.published_alarms(alarm), weight.shape)
        score = grid.cell("score", design, estimator, substance)
        return decide.first_alarms(score, cutoff.values[: weight.shape[0]])

    def _alternative(self, grid: Grid, oracle: dict[tuple[str, str, str], Cutoff]) -> None:
        """Add every measure of a scenario with a change."""
        weight = self.weight(grid)
        for substance, design, estimator in self._cells(grid):
            cell = (design, estimator, substance)
            n_failed = grid.n_failed(*cell)
            true_effect = grid.cell("true_effect", *cell)
            effect = grid.cell("effect", *cell)
            fitted = grid.is_fitted(*cell)
            drawn_parameters = grid.scenario.averaged_over(substance)
            self._effect_measures(grid, substance, design, estimator, n_failed)
            self.extras.attributions.last_look(grid, substance, design, estimator)
            for cutoff in (
                *self.operating.get((substance, design, estimator, ""), ()),
                oracle[substance, design, estimator],
                *self._as_published(estimator),
            ):
                in_full = cutoff.kind == "published" or cutoff.budget == self.budget
                drawn = weight if in_full else weight[: 1 + N_DRAW_OTHER]
                look = self._first_looks(grid, substance, design, estimator, cutoff, drawn)
                alarms = evaluate.alarms_after_break(
                    look, known_weight(drawn, fitted, cutoff), grid.look_day,
                    self.plan.study.programme.report_lag, grid.change_day, n_failed,
                )  # fmt: skip
                place = self._place(grid, substance, design, estimator, cutoff)
                noticed = evaluate.power_within(alarms, np.array(HORIZONS))
                for years, share in zip(HORIZONS, noticed, strict=True):
                    self._keep("power", share, years, place)
                    if drawn_parameters:  # then it is an average over the design prior
                        self._keep("assurance", share, years, place)
                if not in_full:
                    continue
                shown = CURVE if cutoff.kind in ("operating", "oracle") else ()
                curve, delays = evaluate.noticed(alarms, np.array(shown), DELAYS)
                for years, share in zip(shown, curve, strict=True):
                    self.result.table.add("delay_curve", share, horizon=years, **place)
                for years, delay in zip(DELAYS, delays, strict=True):
                    self._keep("restricted_mean_delay", delay, years, place)
                if n_failed and fitted:
                    self._bound_detection(alarms, grid.failed(*cell), place)
                quiet = evaluate.power_given_quiet(alarms, VERDICT_YEARS)
                add = self.result.table.add
                add("power_given_quiet", quiet, horizon=VERDICT_YEARS, **place)
                add("premature_prob", evaluate.premature_prob(alarms), **place)
                self.extras.attributions.alarmed(grid, alarms, place)
                full = true_effect[:, -1]
                if isinstance(self.plan.study.estimators[estimator], ExactLocal):
                    self.extras.changed(grid, alarms, place)
                elif np.isfinite(effect).any() and np.any(full != 0.0):
                    add("type_s", evaluate.type_s(alarms, effect, full), **place)
                    add("type_m", evaluate.type_m(alarms, effect, full), **place)
        self._common(grid)
        self._paired(grid)

    def _bound_alarms(self, grid: Grid, hit: Bools, weight: Floats, place: dict[str, Any]) -> None:
        """Add what P(any alarm) is when failed programmes are silent, and when they alarm."""
        failed = grid.failed(place["design"], place["estimator"], place["substance"])
        n_failed = int(failed.sum())
        if not n_failed or (place["threshold"] != "published" and place["budget"] != self.budget):
            return
        for name, found in (("at_least", hit & ~failed), ("at_most", hit | failed)):
            rate = (
                evaluate.alarm_share(found, weight, n_failed)
                if hit.shape[0] > 1
                else _share(found[0], n_failed=n_failed)
            )
            self.result.table.add(f"false_alarm_prob_{name}", rate, **place)

    def _bound_detection(
        self, alarms: evaluate.Alarms, failed: Bools, place: dict[str, Any]
    ) -> None:
        """Add power and mean delay with failed replications silent, and heard."""
        ends = evaluate.silent(alarms, failed), evaluate.heard(alarms, failed)
        power = [evaluate.power_within(end, np.array(HORIZONS)) for end in ends]
        delay = [evaluate.noticed(end, np.array([]), DELAYS)[1] for end in reversed(ends)]
        for measure, horizons, (low, high) in (
            ("power", HORIZONS, power), ("restricted_mean_delay", DELAYS, delay),
        ):  # fmt: skip
            for years, least, most in zip(horizons, low, high, strict=True):
                add = self.result.table.add
                add(f"{measure}_at_least", least, horizon=years, **place)
                add(f"{measure}_at_most", most, horizon=years, **place)
                self.bounds[self._address(measure, years, place)] = (least.value, most.value)

    def _effect_measures(
        self, grid: Grid, substance: str, design: str, estimator: str, n_failed: int
    ) -> None:
        """Add bias, RMSE, coverage and dating error at the final look, where they exist."""
        cell = (design, estimator, substance)
        last = {
            name: grid.cell(name, *cell)[:, -1]
            for name in ("effect", "effect_low", "effect_high", "true_effect", "fitted_break_day")
        }
        place = {
            "scenario": grid.scenario, "substance": substance, "design": design,
            "estimator": estimator,
        }  # fmt: skip
        truth = last["true_effect"]
        # a rule's "effect" is the year-on-year change that it tests, not the E of these measures
        # and that of a local break is on the city's own level, not on the nation's
        spec = self.plan.study.estimators[estimator]
        engine = isinstance(spec, BreakModel) and not isinstance(spec, ExactLocal)
        local = self.extras.truth(grid, substance, estimator)
        if local is not None:
            engine, truth = True, local
        if engine and np.isfinite(last["effect"]).any():
            self._keep("effect_bias", evaluate.bias(last["effect"], truth, n_failed), np.nan, place)
            self._keep("effect_rmse", evaluate.rmse(last["effect"], truth, n_failed), np.nan, place)
        if engine and np.isfinite(last["effect_low"]).any():
            covered = evaluate.coverage(last["effect_low"], last["effect_high"], truth, n_failed)
            self._keep("effect_coverage", covered, np.nan, place)
        if np.isfinite(last["fitted_break_day"]).any():
            day = grid.change_day.astype(float)
            dated = evaluate.dating_error(last["fitted_break_day"], day, n_failed)
            self._keep("dating_error", dated, np.nan, place)

    def _common(self, grid: Grid) -> None:
        """Add what no threshold is needed for: what policies asked for, and the picture."""
        if self.asked.designs:
            self.asked.add(grid, self.weight(grid)[: 1 + N_DRAW_OTHER], self.result.table)
        self._picture(grid)

    def _picture(self, grid: Grid) -> None:
        """Add the measures of the national picture: they need no estimator.

        Unless it decides what is sampled: a policy's picture is that of the judging one.
        """
        policies = self.asked.designs
        for substance in grid.substances:
            for design in self.designs:
                own = judging_estimator(self.plan) if design in policies else self.estimators[0]
                cell = (design, own, substance)
                level, truth = grid.cell("level", *cell), grid.cell("true_level", *cell)
                n_failed = grid.n_lost(*cell)  # a level needs no fit
                place = {"scenario": grid.scenario, "substance": substance, "design": design}
                for name, measure, horizon in (
                    ("level_bias", evaluate.level_bias, np.nan),
                    ("level_rmse", evaluate.level_rmse, np.nan),
                    ("large_error_prob", evaluate.large_error_prob, 3.0),
                    ("right_verdict_prob", evaluate.right_verdict_prob, 3.0),
                ):
                    found = measure(level, truth, n_failed)
                    self._keep(name, found, horizon, place)
                    n_unknown = min(n_failed, grid.n_rep - found.n_rep)
                    if n_unknown and name == "large_error_prob":  # the one that is judged
                        ends = evaluate.share_bounds(found, n_unknown)
                        self.bounds[self._address(name, horizon, place)] = ends
        if grid.scenario.role != "alternative":
            self._paired(grid)

    def _keep(self, measure: str, value: Measure, horizon: float, place: dict[str, Any]) -> None:
        """Add a measure and remember it for comparisons of designs."""
        self.result.table.add(measure, value, horizon=horizon, **place)
        budget = place.get("budget", np.nan)
        if budget == self.budget or place.get("threshold", "") in ("", "published"):
            self.known[self._address(measure, horizon, place)] = value

    def _address(self, measure: str, horizon: float, place: dict[str, Any]) -> Address:
        return Address(
            scenario=place["scenario"].name, measure=measure, horizon=f"{horizon:g}",
            substance=place["substance"], design=place["design"],
            estimator=place.get("estimator", ""), threshold=place.get("threshold", ""),
        )  # fmt: skip

    def _paired(self, grid: Grid) -> None:
        """Add every design's difference from the reference, on the same replications."""
        for address, value in list(self.known.items()):
            if address.scenario != grid.scenario.name or address.design == self.reference:
                continue
            mine = self.known.get(address._replace(design=self.reference))
            if mine is None:  # the reference has no such measure: no fit of it succeeded
                continue
            paired = evaluate.difference(value, mine)
            self._add_difference(grid.scenario, address, paired, self.reference)

    def _add_difference(
        self, scenario: Scenario, address: Address, paired: Measure, compared_with: str
    ) -> None:
        self.result.table.add(
            address.measure, paired, scenario=scenario, substance=address.substance,
            design=address.design, estimator=address.estimator, threshold=address.threshold,
            horizon=float(address.horizon),
            budget=np.nan if address.threshold in ("", "published") else self.budget,
            compared_with=compared_with,
        )  # fmt: skip

    def _place(
        self, grid: Grid, substance: str, design: str, estimator: str, cutoff: Cutoff
    ) -> dict[str, Any]:
        return {
            "scenario": grid.scenario, "substance": substance, "design": design,
            "estimator": estimator, "threshold": cutoff.kind, "budget": cutoff.budget,
        }  # fmt: skip


def assess(
    store: Store, plan: Plan, budget: float | None = None, *, frozen: bool = False
) -> Assessment:
    """Evaluate a study's stored rows.

    Parameters
    ----------
    store : Store
    plan : Plan
    budget : float, optional
        False-alarm budget for the verdicts, instead of the study's.
    frozen : bool
        Take thresholds as known, so that the errors of the scenarios with a change are those of
        their own replications alone; other errors mean nothing then.
    """
    return _Assessor(store, plan, budget, frozen).run()


def _share(hit: Bools, fitted: bool = True, n_failed: int = 0) -> Measure:
    used = np.full(hit.size, fitted)
    return evaluate.mean_measure(hit.astype(float), used, n_failed, share=True)
