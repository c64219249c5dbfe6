"""The points of a search, read from a store: run what is missing, set thresholds, measure.

Nothing is kept between calls but rows and the answer: a solve that was stopped asks for the same
points again and finds what is stored. Derivations: docs/solving.md.
"""

import json
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from simdesign import decide, evaluate
from simdesign.errors import SpecError
from simdesign.evaluate import Measure
from simdesign.records import Floats
from simdesign.run.asked import costs_of
from simdesign.run.backends import Backend, LocalBackend
from simdesign.run.cutoff import values_of
from simdesign.run.files import write_atomic
from simdesign.run.grid import Grid, load_grid
from simdesign.run.plan import Plan, make_plan
from simdesign.run.question import SIZE, SPARE, Question
from simdesign.run.resamples import Resamples
from simdesign.run.results import plain_json
from simdesign.run.search import FIRST, LIMIT, WITHIN, Found, Point, search
from simdesign.run.store import Store
from simdesign.run.work import run_plan
from simdesign.spec.study import Scenario

NULLS = 3
"""Unchanged programmes for every one with a change (docs/solving.md, section 4)."""
FORMAT = 1


@dataclass(slots=True, kw_only=True)
class Answer:
    """What a search found, with what it read."""

    question: Question
    found: Found
    folder: Path
    cost: Mapping[Point, float]
    """Point -> expected cost of one year of its design."""
    within: float
    limit: int

    @property
    def n_fit(self) -> int:
        """Fits that the readings rest on: replications x designs x looks."""
        ask, looks = self.question, len(self.question.study.programme.look_days)
        own: dict[tuple[str, float | None], int] = {}
        null: dict[str, int] = {}
        for point, n in self.found.n_rep.items():
            name, _ = ask.design(point)
            place = (name, ask.level(point))
            own[place] = max(n, own.get(place, 0))
            null[name] = max(NULLS * n + SPARE, null.get(name, 0))
        return looks * (sum(own.values()) + sum(null.values()))


def solve(
    question: Question,
    out: Path | None = None,
    *,
    limit: int = LIMIT,
    within: float = WITHIN,
    backend: Backend | None = None,
    quiet: bool = True,
    say: Callable[[str], None] = lambda text: None,
) -> Answer:
    """Find the smallest value of a knob, or of two, that reaches a target.

    Parameters
    ----------
    question : Question
    out : path, optional
        Results folder; below ``runs`` without it.
    limit : int
        Replications with a change at most, of every point.
    within : float
        Half-width of the interval at which a size of change is good enough.
    backend : Backend, optional
    quiet : bool
        False shows progress on standard error.
    say : callable
        Told about every rung.

    Raises
    ------
    SpecError
        When no value reaches the target, or the smallest one surely does.
    """
    least = 1.0 / (NULLS * min(FIRST, limit) + 1)
    if question.budget < least:  # no alarm would be affordable, whatever the scores
        rule = (
            f"must be {least:.2g} or more: {NULLS * min(FIRST, limit)} programmes set a threshold"
        )
        raise SpecError("--budget", question.budget, rule)
    store = Store(Path("runs") / question.folder_name() if out is None else out)
    desk = _Desk(question, store, LocalBackend(1) if backend is None else backend, quiet)
    found = search(
        desk.ask, question.space, question.target.goal, limit=limit, within=within, say=say
    )
    answer = Answer(
        question=question, found=found, folder=store.folder, cost=desk.cost, within=within,
        limit=limit,
    )  # fmt: skip
    text = json.dumps(plain_json(plain_answer(answer)), indent=1, ensure_ascii=False) + "\n"
    write_atomic(store.paths.solve, text.encode())
    check(answer)
    return answer


@dataclass(slots=True)
class _Desk:
    """Gives readings: runs a study whose conditions are the points asked for."""

    question: Question
    store: Store
    backend: Backend
    quiet: bool
    cost: dict[Point, float] = field(default_factory=dict)

    def ask(self, points: Sequence[Point], n: int) -> dict[Point, Measure]:
        """Return a reading of every point from n replications with a change."""
        question = self.question
        study = question.study_of(points)
        by_mixture = question.threshold == "operating"
        numbers = {
            item.name: n
            if item.role == "alternative"
            else NULLS * n
            if (item.role == "null_mixture") is by_mixture
            else SPARE
            for item in study.scenarios(SIZE)
        }
        plan = make_plan(study, SIZE, numbers, question.folder)
        run_plan(plan, self.store, self.backend, quiet=self.quiet)
        return self._read(plan, points)

    def _read(self, plan: Plan, points: Sequence[Point]) -> dict[Point, Measure]:
        question, resamples = self.question, Resamples(plan)
        role = "null_mixture" if question.threshold == "operating" else "null_world"
        quiet = next(item for item in plan.scenarios if item.role == role)
        null = load_grid(self.store, plan, quiet)
        counts = resamples.counts(quiet, null.replication)
        limits: dict[str, Floats] = {}
        grids: dict[float | None, Grid] = {}
        mixture = next(item for item in plan.scenarios if item.role == "null_mixture")
        costs = costs_of(plan, null if quiet is mixture else load_grid(self.store, plan, mixture))
        found = {}
        for point in points:
            self.cost[point] = costs[question.design(point)[0]].per_year
            design, size = question.design(point)[0], question.level(point)
            if size not in grids:
                grids[size] = load_grid(self.store, plan, _changed(plan, size))
            if design not in limits:
                cell = (design, question.estimator, question.substance)
                largest = decide.largest_scores(null.cell("score", *cell))
                limit = decide.calibrated_threshold(largest, question.budget, counts)
                limits[design] = values_of(limit, null.is_fitted(*cell))
            found[point] = self._measure(
                plan, grids[size], point, design, limits[design], resamples
            )
        return found

    def _measure(
        self, plan: Plan, grid: Grid, point: Point, design: str, limit: Floats,
        resamples: Resamples,
    ) -> Measure:  # fmt: skip
        question, target = self.question, self.question.target
        cell = (design, question.estimator, question.substance)
        weight = resamples.weight(grid.scenario, grid.replication)
        if target.measure == "large_error_prob":
            level, truth = grid.cell("level", *cell), grid.cell("true_level", *cell)
            picture = evaluate.large_error_prob(level, truth, grid.n_lost(*cell))
            return self._followed(evaluate.with_draws(picture, weight[1:]), target.horizon)
        if not grid.is_fitted(*cell) or np.isnan(limit[0]):
            rule = "cannot be judged: no fit succeeded"
            raise SpecError("--estimator", question.estimator, rule)
        alarms = evaluate.alarms_after_break(
            decide.first_alarms(grid.cell("score", *cell), limit), weight, grid.look_day,
            plan.study.programme.report_lag, grid.change_day, grid.n_failed(*cell),
        )  # fmt: skip
        years = question.horizon(point)
        if target.measure == "restricted_mean_delay":
            reading = evaluate.restricted_mean_delay(alarms, years)
        elif "years" in question.at(point):
            # the curve over all breaks: it never falls, whatever ends first
            reading = evaluate.cumulative_incidence(alarms, np.array([years]))[0]
        else:
            reading = evaluate.power(alarms, years)
        return self._followed(reading, years)

    def _followed(self, reading: Measure, years: float) -> Measure:
        if not reading.n_rep:
            rule = "cannot be seen: no programme is followed for so many years"
            raise SpecError("--target", f"{self.question.target.measure}@{years:g}", rule)
        return reading


def _changed(plan: Plan, size: float | None) -> Scenario:
    """Return the scenario with a change of some size."""
    for item in plan.scenarios:
        if item.role == "alternative" and item.factors.get("change.size") == size:
            return item
    raise KeyError(size)


def check(answer: Answer) -> None:
    """Refuse a target that no value reaches, and one that the smallest value surely reaches.

    Raises
    ------
    SpecError
        When that is so in every row.
    """
    found, question = answer.found, answer.question
    values, rows = question.space.values, range(question.space.n_row)
    ends = {row: (found.side((row, values[0])), found.side((row, values[-1]))) for row in rows}
    at = "" if "years" in question.at((0, values[0])) else f"@{question.target.horizon:g}"
    text = f"{question.target.measure}{at}={question.target.level:g}"
    if all(top is evaluate.Side.BELOW for _, top in ends.values()):
        point = (rows[-1] if question.across is not None else _best(answer, values[-1]), values[-1])
        rule = (
            f"is reached by no value: the largest tried, {words(question, point)}, gives "
            f"{read(answer, point)}; a target of {feasible(answer, point):g} is reached there"
        )
        raise SpecError("--target", text, rule)
    if all(bottom is evaluate.Side.REACHED for bottom, _ in ends.values()):
        point = (0, values[0])
        rule = (
            f"is reached by the smallest value already: {words(question, point)} gives "
            f"{read(answer, point)}; ask for more, or for smaller values"
        )
        raise SpecError("--target", text, rule)


def _best(answer: Answer, value: float) -> int:
    """Return the row that comes nearest to the goal at a value."""
    found = answer.found
    rows = [row for row, v in found.readings if v == value]
    return max(
        rows, key=lambda r: float(found.goal.margin(np.array(found.readings[r, value].value)))
    )


def feasible(answer: Answer, point: Point) -> float:
    """Return a target that a point surely reaches: the end of its 95 % interval, two digits."""
    reading = answer.found.readings[point]
    if answer.found.goal.at_least:
        return max(0.0, math.floor(100.0 * reading.low) / 100.0)
    return math.ceil(100.0 * reading.high) / 100.0


def read(answer: Answer, point: Point) -> str:
    """Return a reading with its error."""
    reading = answer.found.readings[point]
    return f"{reading.value:.3f} ± {reading.mcse:.3f}"


def words(question: Question, point: Point) -> str:
    """Return a point in words: the design where there are several, and every knob."""
    found = [question.base(point)] if len(question.designs) > 1 else []
    for name, value in question.at(point).items():
        if name == "size":
            size = question.size(point)
            found.append(f"{100.0 * (value if size is None else size):+.4g} %")
        else:
            found.append(f"{name} {value:g}")
    return ", ".join(found)


def smallest_points(answer: Answer) -> list[Point]:
    """Return the points that reach the target and of which no smaller ones do, by estimate.

    One in every row with a root; where rows are values of a second knob, those that an earlier row
    does not make needless. Of a real knob the point is the value read at or above the root.
    """
    found, question = answer.found, answer.question
    best, points = math.inf, []
    for row in range(question.space.n_row):
        root = found.root(row)
        read_at = [value for value in found.values(row) if value >= root.value]
        if not math.isfinite(root.value) or not read_at:
            continue
        if question.across is None or root.value < best:
            points.append((row, read_at[0]))
        best = min(best, root.value)
    return points


def cheapest(answer: Answer) -> dict[Point, float]:
    """Return for every point read how often it is the cheapest that reaches the target."""
    found = answer.found
    order = sorted(found.readings, key=lambda p: (answer.cost[p], p[0], p[1]))
    shares = evaluate.first_to_reach([found.readings[p] for p in order], found.goal)
    return dict(zip(order, shares, strict=True))


def plain_answer(answer: Answer) -> dict[str, Any]:
    """Return the answer as plain data: question, rows, curve, rungs, fits."""
    question, found, target = answer.question, answer.found, answer.question.target
    rows = []
    for row in range(question.space.n_row):
        root = found.root(row)
        values = found.values(row)
        falls = evaluate.falls([found.readings[row, v] for v in values], found.goal)
        rows.append(
            {
                "design": question.base((row, values[0])),
                **({question.across.name: question.across.values[row]} if question.across else {}),
                "smallest": root.value, "low": root.low, "high": root.high,
                "settled": found.is_done(row, answer.within),
                "probability": [[value, share] for value, share in root.prob.items()],
                "falls_after": [values[i] for i in falls],
            }
        )  # fmt: skip
    likely = cheapest(answer) if question.across is not None else {}
    return {
        "solve": FORMAT, "study": question.study.name, "scenario": question.scenario.name,
        "substance": question.substance, "estimator": question.estimator,
        "knobs": {knob.name: list(knob.values) for knob in question.knobs},
        "target": {
            "measure": target.measure, "level": target.level,
            "horizon": None if "years" in question.at((0, question.space.values[0]))
            else target.horizon,
        },
        "budget": question.budget, "threshold": question.threshold,
        "column": question.column.name, "rows": rows,
        "smallest": [_plain_point(answer, point) for point in smallest_points(answer)],
        "curve": [
            _plain_point(answer, point)
            | ({"cheapest_prob": likely[point]} if point in likely else {})
            for point in sorted(found.readings)
        ],
        "rungs": [
            {"replications": rung.n_rep, "points": len(rung.points)} for rung in found.rungs
        ],
        "fits": answer.n_fit,
    }  # fmt: skip


def _plain_point(answer: Answer, point: Point) -> dict[str, Any]:
    question, reading = answer.question, answer.found.readings[point]
    size = question.size(point)
    return {
        "design": question.base(point), **question.at(point),
        **({} if size is None else {"size": size}),
        "value": reading.value, "mcse": reading.mcse, "replications": answer.found.n_rep[point],
        "unchanged": NULLS * answer.found.n_rep[point], "failed": reading.n_failed,
        "reach_prob": evaluate.reach_prob(reading, answer.found.goal),
        "side": str(answer.found.side(point)), "cost_per_year": answer.cost[point],
    }  # fmt: skip
