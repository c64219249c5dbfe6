"""Measures of estimators that ask by which mechanism a break came (docs/mechanisms.md).

Decisions are made here, from stored posteriors: another limit never fits again.
"""

from dataclasses import replace
from typing import Any

import numpy as np

from simdesign import evaluate
from simdesign.evaluate import Alarms, Attribution, Measure
from simdesign.fit import decided
from simdesign.records import Bools, Floats, Ints
from simdesign.run.grid import PROBS, Grid
from simdesign.run.tidy import Table
from simdesign.spec.attribution import class_of, used_streams
from simdesign.spec.mechanism import MECHANISM_CLASSES, ExactMechanism
from simdesign.spec.study import Study

N_CLASS = len(MECHANISM_CLASSES)


class Attributions:
    """Adds what is said about mechanisms to a study's table."""

    def __init__(self, study: Study, table: Table) -> None:
        self.table, self.study = table, study
        self.asking = {
            name: spec
            for name, spec in study.estimators.items()
            if isinstance(spec, ExactMechanism)
        }

    def costs(self, design: str, per_year: Measure) -> None:
        """Add what a design costs a year when it buys only the series that an analysis uses."""
        spec = self.study.designs[design]
        for name, estimator in self.asking.items():
            unused = len(spec.streams) - len(used_streams(estimator, spec.streams))
            less = spec.cost.per_stream * unused
            cost = replace(
                per_year, value=per_year.value - less, low=per_year.low - less,
                high=per_year.high - less,
            )  # fmt: skip
            self.table.add("attribution_cost", cost, design=design, estimator=name)

    def last_look(self, grid: Grid, substance: str, design: str, estimator: str) -> None:
        """Add what is said at the last look after a break, over all programmes."""
        if estimator not in self.asking:
            return
        decision, known, prob = self._decisions(grid, substance, design, estimator)
        n_failed = grid.n_failed(design, estimator, substance)
        place: dict[str, Any] = {
            "scenario": grid.scenario, "substance": substance, "design": design,
            "estimator": estimator,
        }  # fmt: skip
        right = _right(grid)
        found = evaluate.attribution(decision[:, -1], known[:, -1], N_CLASS, right, n_failed)
        self._add(found, place)
        if right is not None:
            posterior = evaluate.true_class_prob(prob[:, -1], right, n_failed)
            self.table.add("true_class_prob", posterior, **place)

    def alarmed(self, grid: Grid, alarms: Alarms, place: dict[str, Any]) -> None:
        """Add what is said at the first alarm after a break."""
        if place["estimator"] not in self.asking or place["threshold"] != "operating":
            return
        decision, known, _ = self._decisions(
            grid, place["substance"], place["design"], place["estimator"]
        )
        self._add(
            evaluate.attribution_at_alarm(alarms, decision, known, N_CLASS, _right(grid)), place
        )

    def quiet(self, grid: Grid, look: Ints, weight: Floats, place: dict[str, Any]) -> None:
        """Add what is said at a false alarm, when any name is wrong."""
        if place["estimator"] not in self.asking or place["threshold"] != "operating":
            return
        cell = (place["substance"], place["design"], place["estimator"])
        decision, known, _ = self._decisions(grid, *cell)
        n_failed = grid.n_failed(place["design"], place["estimator"], place["substance"])
        always = np.full(grid.n_rep, grid.look_day[0])  # so that no alarm is premature
        alarms = evaluate.alarms_after_break(look, weight, grid.look_day, 0, always, n_failed)
        self._add(evaluate.attribution_at_alarm(alarms, decision, known, N_CLASS, None), place)

    def _decisions(
        self, grid: Grid, substance: str, design: str, estimator: str
    ) -> tuple[Ints, Bools, Floats]:
        """Return decisions and where there is one, (r, k), and posteriors, (r, k, class)."""
        prob = np.stack([grid.cell(name, design, estimator, substance) for name in PROBS], axis=-1)
        known = np.isfinite(prob).all(axis=-1)
        return decided(prob, self.asking[estimator].limit), known, prob

    def _add(self, found: Attribution, place: dict[str, Any]) -> None:
        for name, share in zip(MECHANISM_CLASSES, found.named, strict=True):
            self.table.add(f"named_{name}", share, **place)
        self.table.add("attribution_abstained", found.abstained, **place)
        self.table.add("attribution_wrong", found.wrong, **place)
        if found.correct is not None:
            self.table.add("attribution_correct", found.correct, **place)


def _right(grid: Grid) -> int | None:
    name = class_of(grid.scenario.change)
    return None if name is None else MECHANISM_CLASSES.index(name)
