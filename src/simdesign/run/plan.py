"""What a study consists of: scenarios, cells, and the tasks that are still missing.

A *cell* is one substance under one design and one estimator; a *task* is a range of replications
of one scenario with the cells to compute. The size of a task is a matter of speed only.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

from simdesign.errors import SpecError
from simdesign.fit import build
from simdesign.records import Looks, Visits
from simdesign.run.policies import check_policies
from simdesign.sample import first_day_of, schedule
from simdesign.simulate import prepare
from simdesign.spec.base import content_hash, plain
from simdesign.spec.draws import without_origins
from simdesign.spec.local import LARGEST, ExactLocal
from simdesign.spec.own import look_in, own_parts, source_hash
from simdesign.spec.study import Scenario, Study
from simdesign.stored import MOST_OF_A_SCENARIO
from simdesign.units import day_of

LARGEST_TASK = 100
"""Replications of a task: enough for the engines to share work, few enough to lose little."""
SMALLEST_TASK = 10
TASKS_PER_WORKER = 8
"""At least so many in a study that is not tiny, so that workers end together."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """One substance, design and estimator within a scenario."""

    substance: str
    design: str
    estimator: str
    content: str
    """Hash of everything that determines the cell's numbers, apart from the replication."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """Replications ``start`` to ``stop - 1`` of one scenario, for some cells."""

    scenario: str
    start: int
    stop: int
    cells: tuple[Cell, ...]

    @property
    def n_rep(self) -> int:
        """Number of replications."""
        return self.stop - self.start


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """A study at one size: what there is to compute, all of it checked."""

    study: Study
    size: str
    replications: int | Mapping[str, int] | None
    """One number of replications, or one for each scenario, instead of the size's numbers."""
    scenarios: tuple[Scenario, ...]
    cells: Mapping[str, tuple[Cell, ...]]
    """Scenario -> its cells, in order of (design, estimator, substance)."""
    folder: Path | None = None
    """Where own parts are found besides what is installed; None when there are none."""
    target: Mapping[str, Any] | None = None
    """What adaptive replications are to reach (`run.precision.Target`); None when none are."""

    def n_rep(self, scenario: Scenario) -> int:
        """Return the number of replications of a scenario."""
        if isinstance(self.replications, Mapping):
            return self.replications[scenario.name]
        return scenario.n_rep if self.replications is None else self.replications

    @property
    def n_row(self) -> int:
        """Number of rows of the finished study."""
        looks = len(self.study.programme.look_days)
        return looks * sum(self.n_rep(s) * len(self.cells[s.name]) for s in self.scenarios)

    @property
    def n_replication(self) -> int:
        """Number of worlds that are simulated."""
        return sum(self.n_rep(s) for s in self.scenarios)


def make_plan(
    study: Study,
    size: str,
    replications: int | Mapping[str, int] | None = None,
    folder: str | Path | None = None,
) -> Plan:
    """Check every scenario, design and estimator of a study, and return the plan.

    Parameters
    ----------
    study : Study
    size : str
        A size of the study.
    replications : int or mapping, optional
        The same number for every scenario, or one for each, instead of the size's numbers.
    folder : path, optional
        Of the study file: own parts may lie beside it.

    Raises
    ------
    SpecError
        For the first thing that cannot be done; nothing has been computed or written then.
    """
    scenarios = tuple(study.scenarios(size))
    names = [item.name for item in scenarios]
    _check_replications(replications, names)
    if replications is None:
        for item in scenarios:
            if item.n_rep > MOST_OF_A_SCENARIO:
                rule = f"must have at most {MOST_OF_A_SCENARIO} replications of a scenario"
                raise SpecError(f"sizes.{size}", item.n_rep, rule)
    for name in names:
        if names.count(name) > 1:
            raise SpecError("factors", name, "gives the same scenario twice")
    if folder is not None:
        look_in(folder)
    sources: dict[str, str] = {}
    cells = {item.name: cells_of(study, item, sources) for item in scenarios}
    plan = Plan(
        study=study, size=size, replications=replications, scenarios=scenarios, cells=cells,
        folder=Path(folder) if folder is not None and sources else None,
    )  # fmt: skip
    _check(plan)
    return plan


def _check_replications(given: int | Mapping[str, int] | None, names: Sequence[str]) -> None:
    numbers = given if isinstance(given, Mapping) else dict.fromkeys(names, given)
    for name in names:
        if name not in numbers:
            raise SpecError("replications", name, "has no number")
        number = numbers[name]
        if number is not None and number < 1:
            raise SpecError("replications", number, "must be >= 1")
        if number is not None and number > MOST_OF_A_SCENARIO:
            raise SpecError("replications", number, f"must be at most {MOST_OF_A_SCENARIO}")


def cells_of(study: Study, scenario: Scenario, sources: dict[str, str]) -> tuple[Cell, ...]:
    """Return the cells of a scenario; ``sources`` remembers hashes of own parts by name."""
    found = []
    for substance in sorted(scenario.world.substances):
        world = scenario.world.model_copy(
            update={"substances": {substance: scenario.world.substances[substance]}}
        )
        base = {
            "seed": study.seed,
            "programme": plain(study.programme),
            "world": without_origins(plain(world)),
            "change": plain(scenario.change),
            "luck": scenario.luck,
        }
        for design in sorted(study.designs):
            sampled = plain(study.designs[design])
            sampled.pop("cost", None)  # prices change no number of a row
            for estimator in sorted(study.estimators):
                content = {
                    **base,
                    "design": sampled,
                    "estimator": plain(study.estimators[estimator]),
                    "names": [design, estimator],  # rows are found by name: twins are two cells
                }
                parts = {
                    "change": content["change"],
                    "designs": {design: sampled},
                    "estimators": {estimator: content["estimator"]},
                }
                content["source"] = _sources(parts, sources)
                found.append(
                    Cell(
                        substance=substance,
                        design=design,
                        estimator=estimator,
                        content=content_hash(content),
                    )
                )
    return tuple(sorted(found, key=lambda c: (c.design, c.estimator, c.substance)))


def _sources(content: Mapping[str, Any], known: dict[str, str]) -> dict[str, str]:
    """Return the source hash of every own part of a cell; ``known`` remembers them."""
    found = {}
    for field, uses in own_parts(content, ""):
        if uses not in known:
            known[uses] = source_hash(field.removeprefix("."), uses)
        found[uses] = known[uses]
    return found


def _check(plan: Plan) -> None:
    """Build everything once, so that the last condition fails before the first is run."""
    study = plan.study
    for name, spec in study.estimators.items():
        build(name, spec)
    panels: dict[tuple[Any, ...], int] = {}
    for scenario in plan.scenarios:
        sites = tuple((item.name, item.population) for item in scenario.world.catchments)
        if sites not in panels:
            check_policies(study, scenario)
            _check_cities(study, scenario)
            panels[sites] = history_years(study, visits_of(study, scenario).values())
        prepare(
            scenario.world, scenario.change, study.programme,
            seed=study.seed, luck=scenario.luck, history_years=panels[sites],
        )  # fmt: skip


def _check_cities(study: Study, scenario: Scenario) -> None:
    """Refuse an estimator of a city that is not there."""
    known = {item.name for item in scenario.world.catchments}
    for name, spec in study.estimators.items():
        if isinstance(spec, ExactLocal) and spec.site not in {LARGEST, *known}:
            rule = f"must be {LARGEST} or a catchment of the world"
            raise SpecError(f"estimators.{name}.site", spec.site, rule)


def visits_of(study: Study, scenario: Scenario) -> dict[str, Visits]:
    """Lay every design of a study on the calendar of a scenario's sites."""
    sites = [item.name for item in scenario.world.catchments]
    people = [item.population for item in scenario.world.catchments]
    return {
        name: schedule(
            design, study.programme, sites, people, seed=study.seed, field=f"designs.{name}"
        )
        for name, design in study.designs.items()
    }


def history_years(study: Study, visits: Iterable[Visits]) -> int:
    """Return the whole years before the programme that the designs look back."""
    start = study.programme.start
    first = first_day_of(*visits)
    years = 0
    while _anniversary(start, years) > first:
        years += 1
    return years


def seen_from(study: Study, visits: Visits) -> int:
    """Return the first day that a design looks at, in whole years before the programme."""
    return _anniversary(study.programme.start, history_years(study, [visits]))


def _anniversary(start: Any, years: int) -> int:
    return day_of(start.replace(year=start.year - years))


def looks_of(study: Study, visits: Visits) -> Looks:
    """Return the annual looks of the programme; a break is thinkable from the first sample on."""
    programme = study.programme
    return Looks(
        day=np.array(programme.look_days, dtype=np.int64),
        report_lag=programme.report_lag,
        origin_day=min(programme.start_day, first_day_of(visits)),
        start_day=programme.start_day,
    )


Coverage = Mapping[tuple[str, str], list[tuple[int, int]]]
"""(scenario, content of a cell) -> ranges of replications that are stored."""


def good_task_size(plan: Plan, workers: int) -> int:
    """Return a task size that keeps some workers busy."""
    share = plan.n_replication // (TASKS_PER_WORKER * workers)
    return min(max(share, SMALLEST_TASK), LARGEST_TASK)


def missing_tasks(plan: Plan, coverage: Coverage, task_size: int = LARGEST_TASK) -> list[Task]:
    """Return what the study still needs, given what its shards hold, scenario by scenario."""
    tasks = []
    for scenario in plan.scenarios:
        n_rep, cells = plan.n_rep(scenario), plan.cells[scenario.name]
        done = np.zeros((len(cells), n_rep), dtype=bool)
        for row, cell in enumerate(cells):
            for start, stop in coverage.get((scenario.name, cell.content), ()):
                done[row, start : min(stop, n_rep)] = True
        wanted = ~done
        changes = np.flatnonzero((wanted[:, 1:] != wanted[:, :-1]).any(axis=0)) + 1
        for first, last in pairwise([0, *changes.tolist(), n_rep]):
            chosen = tuple(c for c, w in zip(cells, wanted[:, first], strict=True) if w)
            if chosen:
                tasks += [
                    Task(
                        scenario=scenario.name, start=start, stop=min(start + task_size, last),
                        cells=chosen,
                    )
                    for start in range(first, last, task_size)
                ]  # fmt: skip
    return tasks
