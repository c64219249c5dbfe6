"""Some replications computed again, here and now, and compared with what is stored.

Three answers (docs/store.md): *identical*; *equal within 1e-9 with the same alarms*; *different*.
"""

import shlex
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum

import numpy as np

from simdesign.errors import StoreError
from simdesign.run.plan import Cell, Plan, Task
from simdesign.run.replicate import Bench
from simdesign.run.results import Results
from simdesign.run.schema import COLUMNS, KEY, Rows
from simdesign.seeds import Purpose, stream

TOLERANCE = 1e-9
"""Of a number, relative to its size or to 1, whichever is larger."""
OUTSIDE = ("pymc", "pymc_robust", "rbeast")
"""Kinds of estimators whose rows are not the same bit for bit from process to process."""


class Answer(StrEnum):
    """What computing again says of stored rows."""

    IDENTICAL = "identical"
    EQUAL = f"equal within {TOLERANCE:g} with the same alarms"
    DIFFERENT = "different"


@dataclass(slots=True, kw_only=True)
class Comparison:
    """Stored rows against the same rows computed again."""

    n_row: int = 0
    largest: dict[str, float] = field(default_factory=dict)
    """Column -> largest difference between two numbers; infinite where one is none. Only columns
    with a difference. Of texts and whole numbers the number of rows that differ."""
    is_close: bool = True
    """No number differs by more than the tolerance, no text, status or date at all."""
    n_alarm_changed: int = 0
    """Rows whose alarm differs, as published or at the operating threshold."""
    first: str = ""
    """Address of the first row that differs by more than the tolerance, or in its alarm."""

    @property
    def answer(self) -> Answer:
        """Return the answer."""
        if not self.largest:
            return Answer.IDENTICAL
        return Answer.EQUAL if self.is_close and not self.n_alarm_changed else Answer.DIFFERENT


@dataclass(frozen=True, slots=True, kw_only=True)
class Verification:
    """What a sample of a study's replications said."""

    comparison: Comparison
    n_sampled: int
    n_stored: int
    """Replications that could have been sampled: complete in all cells that are compared."""
    seed: int
    excluded: tuple[str, ...]
    """Estimators that are not compared, since nobody promises them bit for bit."""
    same_code: bool
    """The results were made by the code that computes now."""


Thresholds = dict[tuple[str, str, str], float]
"""(substance, design, estimator) -> operating threshold at the study's budget."""


def verify(results: Results, sample: int, seed: int, code: str) -> Verification:
    """Compute a random sample of stored replications again and compare all their rows.

    Parameters
    ----------
    results : Results
    sample : int
        Replications of scenarios, of all that are stored; all of them if there are fewer.
    seed : int
        Of the sample.
    code : str
        Hash of the code that computes now.

    Raises
    ------
    StoreError
        When nothing is stored that could be compared, or a shard is damaged.
    """
    plan = results.plan
    kinds = {name: spec.kind for name, spec in plan.study.estimators.items()}
    excluded = tuple(name for name, kind in kinds.items() if kind in OUTSIDE)
    cells = {
        name: tuple(cell for cell in every if cell.estimator not in excluded)
        for name, every in plan.cells.items()
    }
    there = stored_replications(results, cells)
    n_stored = sum(found.size for found in there.values())
    if not n_stored:
        raise StoreError(str(results.folder), "holds no complete replication to compute again")
    rng = stream(seed, Purpose.BOOTSTRAP, "verify")
    picked = np.sort(rng.choice(n_stored, size=min(sample, n_stored), replace=False))
    comparison = Comparison()
    pairs: list[tuple[Rows, Rows]] = []
    first = 0
    for scenario, found in there.items():
        mine = picked[(picked >= first) & (picked < first + found.size)] - first
        first += found.size
        if mine.size:
            replications = found[mine].tolist()
            stored = results.store.rows(plan, scenario, replications=replications)
            stored = _only(stored, excluded)
            fresh = computed(plan, scenario, cells[scenario], replications)
            compare(comparison, stored, fresh)
            pairs.append((stored, fresh))
    if comparison.largest:
        limits = operating_thresholds(results)
        for stored, fresh in pairs:
            compare_alarms(comparison, stored, fresh, limits)
    return Verification(
        comparison=comparison, n_sampled=int(picked.size), n_stored=n_stored, seed=seed,
        excluded=excluded, same_code=results.store.manifest()["code"] == code,
    )  # fmt: skip


def stored_replications(
    results: Results, cells: dict[str, tuple[Cell, ...]]
) -> dict[str, np.ndarray]:
    """Return the replications of every scenario that are stored for all of some cells."""
    coverage = results.store.coverage()
    found = {}
    for scenario in results.plan.scenarios:
        wanted = cells[scenario.name]
        done = np.zeros((len(wanted), results.plan.n_rep(scenario)), dtype=bool)
        for row, cell in enumerate(wanted):
            for start, stop in coverage.get((scenario.name, cell.content), ()):
                done[row, start:stop] = True
        found[scenario.name] = np.flatnonzero(done.all(axis=0)) if wanted else np.zeros(0, int)
    return found


def computed(plan: Plan, scenario: str, cells: tuple[Cell, ...], replications: list[int]) -> Rows:
    """Return the rows of some replications computed here, in the order in which rows are stored."""
    names = {cell.estimator for cell in cells}
    estimators = {name: spec for name, spec in plan.study.estimators.items() if name in names}
    study = plan.study.model_copy(update={"estimators": estimators})
    bench = Bench(study, next(item for item in plan.scenarios if item.name == scenario))
    parts = [
        bench.run(Task(scenario=scenario, start=r, stop=r + 1, cells=cells)) for r in replications
    ]
    rows = {
        name: np.concatenate([part[name] for part in parts]).astype(str if kind == "str" else kind)
        for name, kind in COLUMNS.items()
    }
    order = np.lexsort([rows[name] for name in reversed(KEY[1:])])
    return {name: values[order] for name, values in rows.items()}


def _only(rows: Rows, excluded: tuple[str, ...]) -> Rows:
    use = ~np.isin(rows["estimator"], excluded)
    return rows if use.all() else {name: values[use] for name, values in rows.items()}


def compare(comparison: Comparison, stored: Rows, fresh: Rows) -> None:
    """Add what differs between rows of the same addresses to a comparison."""
    comparison.n_row += fresh["look"].size
    if stored["look"].size != fresh["look"].size:
        comparison.is_close = False
        comparison.largest["rows"] = abs(stored["look"].size - fresh["look"].size)
        comparison.first = comparison.first or f"scenario {fresh['scenario'][0]}"
        return
    for name, kind in COLUMNS.items():
        one, other = stored[name], fresh[name]
        if kind != "float64":
            differs = one != other
            beyond, size = differs, float(differs.sum())
        else:
            differs = ~((one == other) | (np.isnan(one) & np.isnan(other)))
            finite = np.isfinite(one) & np.isfinite(other)
            gap = np.full(one.shape, np.inf)
            np.subtract(one, other, out=gap, where=finite)
            gap = np.where(differs, np.abs(gap), 0.0)
            beyond = gap > TOLERANCE * np.maximum(1.0, np.where(finite, np.abs(one), 1.0))
            size = float(gap.max(initial=0.0))
        if differs.any():
            comparison.largest[name] = max(comparison.largest.get(name, 0.0), size)
        if beyond.any():
            comparison.is_close = False
            comparison.first = comparison.first or address_of(stored, int(np.argmax(beyond)))


def compare_alarms(comparison: Comparison, stored: Rows, fresh: Rows, limits: Thresholds) -> None:
    """Add the rows whose alarm differs to a comparison; nothing where rows are missing."""
    if stored["look"].size != fresh["look"].size:
        return
    limit = np.array(
        [
            limits.get(place, np.nan)
            for place in zip(
                stored["substance"].tolist(), stored["design"].tolist(),
                stored["estimator"].tolist(), strict=True,
            )
        ]
    )  # fmt: skip
    changed = (stored["score"] > limit) != (fresh["score"] > limit)
    changed |= stored["published_alarm"] != fresh["published_alarm"]
    comparison.n_alarm_changed += int(changed.sum())
    if changed.any():
        comparison.first = comparison.first or address_of(stored, int(np.argmax(changed)))


def operating_thresholds(results: Results) -> Thresholds:
    """Return the operating thresholds; none where the null mixture is not there yet."""
    budget = results.study.decision.budget
    return {
        (row["substance"], row["design"], row["estimator"]): float(row["value"])
        for row in results.records()
        if row["measure"] == "threshold"
        and row["threshold"] == "operating"
        and row["budget"] == budget
    }


def address_of(rows: Rows, number: int) -> str:
    """Return the options of ``simdesign replay`` that show a row."""
    return " ".join(_options(rows, number))


def _options(rows: Rows, number: int) -> Iterator[str]:
    for name in ("scenario", "replication", "design", "estimator", "substance"):
        yield f"--{name} {shlex.quote(str(rows[name][number]))}"
