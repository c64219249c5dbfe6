"""Stored rows -> what every design does at several false-alarm budgets: the explorer's numbers.

Every number is the one that ``assess`` gives at that budget: same replications, same resamples.
"""

import math
from dataclasses import dataclass, replace

import numpy as np

from simdesign import decide, evaluate
from simdesign.evaluate import Measure
from simdesign.records import Floats, Ints
from simdesign.run.assess import HORIZONS
from simdesign.run.cutoff import Cutoff, cutoff_of, known_weight
from simdesign.run.grid import Grid, load_grid
from simdesign.run.judge import DELAY_YEARS, VERDICT_YEARS, in_world, judging_estimator
from simdesign.run.plan import Plan
from simdesign.run.resamples import Resamples
from simdesign.run.results import Results
from simdesign.spec.effect import shown_size
from simdesign.spec.study import Scenario

BUDGETS = (0.02, 0.05, 0.10, 0.20, 0.50)
TIMES = tuple(0.5 * half for half in range(1, 11))
"""Years after the break at which the delay curve is given."""
N_DATE = 12
"""Dates of the break that stand for all of them, equally likely."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Explored:
    """The numbers of one substance; the last axis is value and Monte Carlo error.

    Axes: cell ``c`` (a change in a world), world ``w``, design ``m``, budget ``b``, horizon ``h``,
    time ``t``.
    """

    substance: str
    worlds: tuple[Scenario, ...]
    cells: tuple[tuple[int, Scenario], ...]
    """Number of the world, and the scenario with the change; departures stand last."""
    designs: tuple[str, ...]
    budgets: tuple[float, ...]
    delay_years: float
    """At which the mean delay is cut."""
    power: Floats  # (c, m, b, h, 2)
    n_rep: Ints  # (c, m, b, h) programmes that are followed so long
    curve: Floats  # (c, m, b, t, 2)
    delay: Floats  # (c, m, b, 2) [years]
    false_alarm: Floats  # (w, m, b, 2) when nothing changes
    dates: Floats  # (c, N_DATE) days of the break


def affordable(plan: Plan, n_null: int) -> tuple[float, ...]:
    """Return the budgets that so many unchanged programmes can set, and the study's own."""
    own = plan.study.decision.budget
    asked = sorted({*BUDGETS, *plan.study.decision.budgets, own})
    return tuple(b for b in asked if b == own or n_null >= math.ceil((1.0 - b) / b - 1e-9))


def explored(results: Results) -> list[Explored]:
    """Return the numbers of every substance that has a change in some world."""
    plan = results.plan
    resamples = Resamples(plan)
    mixture = next(item for item in plan.scenarios if item.role == "null_mixture")
    quiet = load_grid(results.store, plan, mixture)
    budgets = affordable(plan, quiet.n_rep)
    found = []
    for substance in plan.scenarios[0].world.substances:
        one = _Substance(results, resamples, substance, budgets, quiet).read()
        if one is not None:
            found.append(one)
    return found


def ordinary(found: Explored) -> Explored:
    """Return the numbers of a study's own worlds: departures, which stand last, are left out."""
    n_world = sum(not item.departure for item in found.worlds)
    n_cell = sum(world < n_world for world, _ in found.cells)
    return replace(
        found, worlds=found.worlds[:n_world], cells=found.cells[:n_cell],
        power=found.power[:n_cell], n_rep=found.n_rep[:n_cell], curve=found.curve[:n_cell],
        delay=found.delay[:n_cell], false_alarm=found.false_alarm[:n_world],
        dates=found.dates[:n_cell],
    )  # fmt: skip


class _Substance:
    def __init__(
        self,
        results: Results,
        resamples: Resamples,
        substance: str,
        budgets: tuple[float, ...],
        quiet: Grid,
    ) -> None:
        self.store, self.plan = results.store, results.plan
        self.resamples, self.substance, self.budgets = resamples, substance, budgets
        self.estimator = judging_estimator(self.plan)
        self.designs = tuple(self.plan.study.designs)
        self.cutoffs = {name: self._cutoffs(quiet, name) for name in self.designs}

    def _cutoffs(self, grid: Grid, design: str) -> list[Cutoff]:
        cell = (design, self.estimator, self.substance)
        largest = decide.largest_scores(grid.cell("score", *cell))
        counts = self.resamples.counts(grid.scenario, grid.replication)
        set_here = decide.calibrated_thresholds(largest, self.budgets, counts)
        fitted = grid.is_fitted(*cell) and grid.n_rep > 0
        return [
            cutoff_of("operating", budget, threshold, fitted)
            for budget, threshold in zip(self.budgets, set_here, strict=True)
        ]

    def read(self) -> Explored | None:
        worlds: list[Scenario] = []
        cells: list[tuple[int, Scenario]] = []
        quiet, rows, dates = [], [], []
        late = False
        for world in self.plan.scenarios:
            if world.role != "null_world":
                continue
            changed = [item for item in self.plan.scenarios if self._is_asked(item, world)]
            grids = [load_grid(self.store, self.plan, item) for item in changed]
            unchanged = load_grid(self.store, self.plan, world)
            if not unchanged.n_rep or not any(grid.n_rep for grid in grids):
                continue
            quiet.append(self._false_alarms(unchanged))
            for grid in grids:
                if grid.n_rep:
                    rows.append(self._alarms(grid))
                    late |= bool(np.isfinite(rows[-1][3][..., 0]).any())
                    dates.append(np.quantile(grid.change_day, (np.arange(N_DATE) + 0.5) / N_DATE))
                    cells.append((len(worlds), grid.scenario))
            worlds.append(world)
        if not rows:
            return None
        power, n_rep, curve, at_five, at_three = (
            np.stack([row[place] for row in rows]) for place in range(5)
        )
        return Explored(
            substance=self.substance, worlds=tuple(worlds), cells=tuple(cells),
            designs=self.designs, budgets=self.budgets,
            delay_years=DELAY_YEARS if late else VERDICT_YEARS,
            power=power, n_rep=n_rep.astype(np.int64), curve=curve,
            delay=at_five if late else at_three,
            false_alarm=np.stack(quiet), dates=np.stack(dates),
        )  # fmt: skip

    def _is_asked(self, item: Scenario, world: Scenario) -> bool:
        size = shown_size(item, self.substance) if item.role == "alternative" else math.nan
        return in_world(item, world) and math.isfinite(size) and size != 0.0

    def _alarms(self, grid: Grid) -> tuple[Floats, ...]:
        weight = self.resamples.weight(grid.scenario, grid.replication)
        shape = (len(self.designs), len(self.budgets))
        power = np.full((*shape, len(HORIZONS), 2), math.nan)
        n_rep = np.zeros((*shape, len(HORIZONS)))
        curve = np.full((*shape, len(TIMES), 2), math.nan)
        five, three = np.full((*shape, 2), math.nan), np.full((*shape, 2), math.nan)
        for m, design in enumerate(self.designs):
            cell = (design, self.estimator, self.substance)
            score, fitted = grid.cell("score", *cell), grid.is_fitted(*cell)
            for b, cutoff in enumerate(self.cutoffs[design]):
                alarms = evaluate.alarms_after_break(
                    decide.first_alarms(score, cutoff.values), known_weight(weight, fitted, cutoff),
                    grid.look_day, self.plan.study.programme.report_lag, grid.change_day,
                    grid.n_failed(*cell),
                )  # fmt: skip
                noticed = evaluate.power_within(alarms, np.array(HORIZONS))
                power[m, b] = _pairs(noticed)
                n_rep[m, b] = [item.n_rep for item in noticed]
                shares, delays = evaluate.noticed(
                    alarms, np.array(TIMES), (DELAY_YEARS, VERDICT_YEARS)
                )
                curve[m, b] = _pairs(shares)
                five[m, b], three[m, b] = _pairs(delays)
        return power, n_rep, curve, five, three

    def _false_alarms(self, grid: Grid) -> Floats:
        weight = self.resamples.weight(grid.scenario, grid.replication)
        found = np.full((len(self.designs), len(self.budgets), 2), math.nan)
        for m, design in enumerate(self.designs):
            cell = (design, self.estimator, self.substance)
            score = grid.cell("score", *cell)
            for b, cutoff in enumerate(self.cutoffs[design]):
                rate = evaluate.false_alarm_prob(
                    decide.first_alarms(score, cutoff.values),
                    known_weight(weight, grid.is_fitted(*cell), cutoff),
                    score.shape[1], grid.n_failed(*cell),
                )  # fmt: skip
                found[m, b] = rate.value, rate.mcse
        return found


def _pairs(measures: list[Measure]) -> Floats:
    return np.array([(item.value, item.mcse) for item in measures])
