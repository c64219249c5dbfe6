"""One task: worlds are simulated, measured by every design and fitted by every estimator."""

import re
from collections.abc import Sequence
from typing import Any

import numpy as np

from simdesign.fit import EstimatorEngine, build, log_index
from simdesign.records import Bools, Fit, Floats, Looks, Observations, ReasonedFit, Status, Truth
from simdesign.run.follow import follow
from simdesign.run.plan import Cell, Task, history_years, looks_of, seen_from, visits_of
from simdesign.run.policies import policies_of
from simdesign.run.schema import COLUMNS, DRAWN, EXTRA, Rows, empty_rows
from simdesign.sample import BoughtStreams, MeasuringChain, keep, watched
from simdesign.simulate import Prepared, prepare
from simdesign.spec.study import Scenario, Study
from simdesign.units import day_of


class Bench:
    """Everything that the replications of one scenario share, prepared once."""

    def __init__(self, study: Study, scenario: Scenario) -> None:
        self.study, self.scenario = study, scenario
        self.visits = visits_of(study, scenario)
        self.policies = policies_of(study, scenario)
        self.looks = {name: looks_of(study, visits) for name, visits in self.visits.items()}
        self.prepared: Prepared = prepare(
            scenario.world, scenario.change, study.programme, seed=study.seed,
            luck=scenario.luck, history_years=history_years(study, self.visits.values()),
        )  # fmt: skip
        self.chain = MeasuringChain.of(scenario.world, seed=study.seed, luck=scenario.luck)
        self.streams = {
            name: BoughtStreams(
                scenario.world, study.programme, study.designs[name].streams,
                since=seen_from(study, visits), seed=study.seed, luck=scenario.luck,
            )
            for name, visits in self.visits.items()
        }  # fmt: skip
        self.engines = {name: build(name, spec) for name, spec in study.estimators.items()}
        start = study.programme.start
        self.year_start = [
            day_of(start.replace(year=start.year + year))
            for year in range(study.programme.years + 1)
        ]

    def run(self, task: Task) -> Rows:
        """Return the rows of a task, in order of (cell, replication, look)."""
        designs = sorted({cell.design for cell in task.cells})
        n_rep, n_look = task.n_rep, len(self.study.programme.look_days)
        measured = {name: self._arrays(name, n_rep) for name in designs}
        bought = {name: [self.streams[name].unknown()] * n_rep for name in designs}
        facts, reasons = _Facts(self, n_rep, n_look), [""] * n_rep
        population = np.array([item.population for item in self.scenario.world.catchments])
        for r in range(n_rep):
            replication = task.start + r
            try:
                truth = self.prepared.truth(replication)
                facts.add(r, truth)
                for name in designs:
                    load, censored = measured[name]
                    self.chain.observe_into(
                        truth, self.visits[name], replication=replication,
                        laboratory=self.study.designs[name].laboratory,
                        load=load[r], censored=censored[r],
                    )  # fmt: skip
                    bought[name][r] = self.streams[name].draw(truth, replication)
            except MemoryError:  # says nothing of the world
                raise
            except Exception as error:  # a failed world is a row with its reason
                reasons[r] = _reason(error)
                for load, censored in measured.values():
                    load[r], censored[r] = np.nan, False
        parts = []
        for name in designs:
            seen = self.chain.gather(self.visits[name], population, *measured[name], bought[name])
            cells = [item for item in task.cells if item.design == name]
            levels = {
                substance: log_index(seen, self.looks[name], substance)
                for substance in {item.substance for item in cells}
            }
            lost = np.array(reasons, dtype=object)[:, None]
            for cell in cells:
                level = levels[cell.substance]
                values, failures, taken = self.fitted(cell, seen, lost[:, 0] != "")
                if taken is not None:
                    level = log_index(keep(seen, taken), self.looks[name], cell.substance)
                why = np.where(lost == "", failures, lost)
                parts.append(facts.rows(task, cell, self.looks[name].day, values, level, why))
        return {name: np.concatenate([part[name] for part in parts]) for name in COLUMNS}

    def fitted(
        self, cell: Cell, seen: Observations, lost: Bools
    ) -> tuple[Sequence[np.ndarray], np.ndarray, Bools | None]:
        """Return columns and reasons of a cell, and the visits taken where a policy chose them."""
        engine, looks = self.engines[cell.estimator], self.looks[cell.design]
        if cell.design not in self.policies:
            return *_fitted(engine, seen, looks, cell.substance), None
        policy = self.policies[cell.design]
        found = follow(
            policy, seen, lambda part: _fitted(engine, part, looks, cell.substance),
            n_look=looks.day.size, watched=_FIT_FIELDS.index(watched(policy)), lost=lost,
        )  # fmt: skip
        return found.columns, found.reasons, found.taken

    def _arrays(self, design: str, n_rep: int) -> tuple[Floats, np.ndarray]:
        shape = (n_rep, len(self.chain.substances), *self.visits[design].day.shape)
        return np.empty(shape), np.zeros(shape, dtype=bool)


_FIT_FIELDS = (
    "score", "published_alarm", "prob_break", "effect", "effect_low", "effect_high",
    "fitted_break_day", "log_evidence", "status", *EXTRA,
)  # fmt: skip
_RENAMED = {"fitted_break_day": "break_day"}
"""Columns that have another name in a fit; the truth has a break day too."""


def _columns(fit: Fit) -> tuple[np.ndarray, ...]:
    return tuple(getattr(fit, _RENAMED.get(name, name)) for name in _FIT_FIELDS)


def _fitted(
    engine: EstimatorEngine, observations: Observations, looks: Looks, substance: str
) -> tuple[list[np.ndarray], np.ndarray]:
    """Compute a batch; where that fails, one replication at a time; note who failed why, (r, k).

    A fit that failed at some looks says so itself.
    """
    n_rep = observations.n_rep
    try:
        whole = engine.fit(observations, looks, substance)
        return list(_columns(whole)), _reasons(whole)
    except Exception:  # found again below, in the replication that causes it
        values = [np.full((n_rep, looks.day.size), np.nan) for _ in _FIT_FIELDS]
        reasons = np.full((n_rep, looks.day.size), "", dtype=object)
        for r in range(n_rep):
            try:
                fit = engine.fit(_single(observations, r), looks, substance)
                for target, value in zip(values, _columns(fit), strict=True):
                    target[r] = value[0]
                reasons[r] = _reasons(fit)[0]
            except MemoryError:  # the machine failed, not the estimator
                raise
            except Exception as error:
                reasons[r] = _reason(error)
        return values, reasons


def _single(observations: Observations, r: int) -> Observations:
    return Observations(
        substances=observations.substances,
        sites=observations.sites,
        population=observations.population,
        reference_load=observations.reference_load,
        visits=observations.visits,
        load=observations.load[r : r + 1].copy(),
        censored=observations.censored[r : r + 1].copy(),
        streams={name: item[r : r + 1] for name, item in observations.streams.items()},
    )


def _reasons(fit: Fit) -> np.ndarray:
    """Return why a fit failed, (r, k); empty where it did not."""
    out = np.full(fit.score.shape, "", dtype=object)
    if isinstance(fit, ReasonedFit):
        for r, k in np.argwhere(fit.status == Status.FAILED).tolist():
            out[r, k] = _one_line(fit.reason[r][k])
    return out


def _reason(error: Exception) -> str:
    return _one_line(f"{type(error).__name__}: {error}")


_ADDRESS = re.compile(r"0x[0-9a-fA-F]+")
"""Where an object lies differs between processes, and rows must not."""


def _one_line(text: str) -> str:
    return " ".join(_ADDRESS.sub("0x...", text).split())[:200]


class _Facts:
    """What is true of every replication of a task: levels, effect, drawn parameters."""

    def __init__(self, bench: Bench, n_rep: int, n_look: int) -> None:
        self.bench = bench
        self.substances = bench.chain.substances
        shape = (n_rep, len(self.substances), n_look)
        self.level, self.trend = np.full(shape, np.nan), np.full(shape, np.nan)
        self.effect = np.full(shape, np.nan)
        self.change_day = np.full(n_rep, -1, dtype=np.int64)
        self.drawn = np.full((n_rep, len(self.substances), len(DRAWN)), np.nan)

    def add(self, r: int, truth: Truth) -> None:
        """Note the facts of one replication."""
        weight = truth.population / truth.population.sum()
        for target, load in (
            (self.level, truth.expected_load), (self.trend, truth.trend_load),
        ):  # fmt: skip
            nation = (load * weight[None, :, None]).sum(axis=1)
            years = [
                nation[:, first - truth.first_day : last - truth.first_day].mean(axis=1)
                for first, last in zip(
                    self.bench.year_start, self.bench.year_start[1:], strict=False
                )
            ]
            target[r] = np.log(np.stack(years, axis=1) / years[0][:, None])
        look_day = np.array(self.bench.study.programme.look_days)
        # A look after the programme's end sees the effect of its last day.
        index = np.minimum(look_day - truth.first_day, truth.n_day - 1)
        self.effect[r] = truth.change_effect[:, index]
        self.change_day[r] = truth.change_day
        for u, name in enumerate(self.substances):
            self.drawn[r, u] = [truth.drawn[f"{name}.{field}"] for field in DRAWN]

    def rows(
        self,
        task: Task,
        cell: Any,
        look_day: np.ndarray,
        values: Sequence[np.ndarray],
        level: Floats,
        reasons: np.ndarray,
    ) -> Rows:
        """Return the rows of one cell."""
        n_rep, n_look = level.shape
        u = self.substances.index(cell.substance)
        rows = empty_rows(n_rep * n_look)
        rows["scenario"][:] = task.scenario
        rows["design"][:], rows["estimator"][:] = cell.design, cell.estimator
        rows["substance"][:] = cell.substance
        rows["replication"][:] = np.repeat(np.arange(task.start, task.stop), n_look)
        rows["look"][:] = np.tile(np.arange(n_look), n_rep)
        rows["look_day"][:] = np.tile(look_day, n_rep)
        failed = reasons != ""
        for name, value in zip(_FIT_FIELDS, values, strict=True):
            blank: Any = {"published_alarm": False, "status": int(Status.FAILED)}.get(name, np.nan)
            rows[name][:] = np.where(failed, blank, value).ravel()
        rows["reason"][:] = reasons.ravel()
        rows["level"][:] = level.ravel()
        rows["true_level"][:] = self.level[:, u].ravel()
        rows["true_trend_level"][:] = self.trend[:, u].ravel()
        rows["true_effect"][:] = self.effect[:, u].ravel()
        rows["change_day"][:] = np.repeat(self.change_day, n_look)
        for number, name in enumerate(DRAWN):
            rows[name][:] = np.repeat(self.drawn[:, u, number], n_look)
        return rows
