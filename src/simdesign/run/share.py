"""What is missing of a study, shared out over the elements of a cluster's job arrays.

An element is what one process of a cluster computes: ranges of replications that take about as
long, as far as can be told beforehand. Within an element the usual tasks are computed and stored.
"""

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated

import pydantic

from simdesign.run.plan import Coverage, Plan, Task, missing_tasks
from simdesign.stored import MOST_OF_A_SCENARIO

SECONDS_PER_ROW = 0.01
"""What a look at one cell takes when nothing was measured yet: six times the exact engine's
share in a small study, simulation included [s]."""
SECONDS_PER_SAMPLED_ROW = 20.0
"""The same for an estimator that samples its posterior."""
DEFAULT_MIB = 2048
"""Memory of an element when nothing was measured yet."""
TASK_SECONDS = 300.0
"""A task within an element takes about so long at most: what a kill may lose. Longer than on one
machine, since a signal closes a task early, and a cluster must not drown in files [s]."""
MOST_REPLICATIONS = 1000
"""Of a task; they are computed in pieces, so memory does not grow with them."""
_PILOT_SCENARIOS = 8
_PILOT_SECONDS = 240.0
_PILOT_MOST = 20  # replications of a scenario
_WHOLE = 2**62


@dataclass(frozen=True, slots=True, kw_only=True)
class Costs:
    """What a replication is expected to take."""

    seconds: Mapping[str, float]
    """Scenario -> seconds of one replication with all cells."""
    peak_mib: int
    """Memory of one process [MiB]."""
    source: str
    """Where this is known from, in words."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Range:
    """Replications of one scenario."""

    scenario: str
    start: Annotated[int, pydantic.Field(ge=0, le=MOST_OF_A_SCENARIO)]
    stop: Annotated[int, pydantic.Field(ge=1, le=MOST_OF_A_SCENARIO)]
    cells: tuple[str, ...] | None = None
    """Contents of the cells to compute; None for all of the scenario."""
    seconds: Annotated[float, pydantic.Field(ge=0, allow_inf_nan=False)]
    """Expected."""

    def __post_init__(self) -> None:
        if self.stop <= self.start:
            raise ValueError("must stop after its start")


@dataclass(frozen=True, slots=True, kw_only=True)
class Element:
    """What one process of a cluster computes."""

    number: int
    ranges: tuple[Range, ...]

    @property
    def seconds(self) -> float:
        """How long it is expected to take."""
        return sum(item.seconds for item in self.ranges)

    @property
    def n_rep(self) -> int:
        """Number of replications."""
        return sum(item.stop - item.start for item in self.ranges)

    def tasks(self, plan: Plan, at: tuple[int, int] = (0, 0)) -> Iterator[tuple[int, Task]]:
        """Yield (number of the range, task) from a place in the list on."""
        first, replication = at
        for number, item in enumerate(self.ranges[first:], start=first):
            cells = plan.cells[item.scenario]
            if item.cells is not None:
                cells = tuple(cell for cell in cells if cell.content in item.cells)
            begin = max(item.start, replication) if number == first else item.start
            each = max(item.seconds / (item.stop - item.start), 1e-9)
            size = max(1, min(int(TASK_SECONDS / each), MOST_REPLICATIONS))
            for start in range(begin, item.stop, size):
                stop = min(start + size, item.stop)
                yield number, Task(scenario=item.scenario, start=start, stop=stop, cells=cells)


def assumed_seconds(plan: Plan) -> dict[str, float]:
    """Return seconds of a replication per scenario when nothing was measured yet: too many."""
    looks = len(plan.study.programme.look_days)
    row = {
        name: SECONDS_PER_SAMPLED_ROW if spec.kind.startswith("pymc") else SECONDS_PER_ROW
        for name, spec in plan.study.estimators.items()
    }
    return {
        name: looks * sum(row[cell.estimator] for cell in cells)
        for name, cells in plan.cells.items()
    }


def missing_ranges(plan: Plan, coverage: Coverage, costs: Costs) -> list[Range]:
    """Return what a study still needs, in ranges as long as possible."""
    found = []
    for task in missing_tasks(plan, coverage, _WHOLE):
        n_cell = len(plan.cells[task.scenario])
        share = len(task.cells) / n_cell
        found.append(
            Range(
                scenario=task.scenario, start=task.start, stop=task.stop,
                cells=None if share == 1.0 else tuple(cell.content for cell in task.cells),
                seconds=task.n_rep * share * costs.seconds[task.scenario],
            )
        )  # fmt: skip
    return found


def within(ranges: Sequence[Range], elements: Iterable[Element]) -> list[Range]:
    """Return the parts of some ranges that some elements were to compute."""
    found = []
    for element in elements:
        for mine in element.ranges:
            for item in ranges:
                start, stop = max(item.start, mine.start), min(item.stop, mine.stop)
                if item.scenario == mine.scenario and start < stop:
                    found.append(_cut(item, start, stop))
    return found


def shared_out(ranges: Sequence[Range], seconds: float, *, pilot: bool) -> list[Element]:
    """Cut ranges into elements that take about so many seconds.

    With ``pilot`` the first element is a short one with replications of several scenarios, from
    the cheapest to the dearest: what is measured there bounds the others.
    """
    total = sum(item.seconds for item in ranges)
    if total <= seconds:
        return [Element(number=0, ranges=tuple(ranges))] if ranges else []
    lists: list[list[Range]] = []
    if pilot:
        first, ranges = _pilot(ranges, min(seconds, _PILOT_SECONDS))
        lists.append(first)
        total = sum(item.seconds for item in ranges)
    n_element = max(1, math.ceil(total / seconds))
    size = total / n_element  # equal shares: no short one at the end
    room = 0.0
    for item in ranges:
        each = item.seconds / (item.stop - item.start)
        start = item.start
        while start < item.stop:
            if room < 0.5 * each:
                lists.append([])
                room += size
            n = min(max(1, round(room / each)), item.stop - start)
            lists[-1].append(_cut(item, start, start + n))
            room -= n * each
            start += n
    return [Element(number=n, ranges=tuple(found)) for n, found in enumerate(lists)]


def _pilot(ranges: Sequence[Range], seconds: float) -> tuple[list[Range], list[Range]]:
    order = sorted(range(len(ranges)), key=lambda k: ranges[k].seconds / _n(ranges[k]))
    n = min(_PILOT_SCENARIOS, len(order))
    chosen = {order[round(k * (len(order) - 1) / max(n - 1, 1))] for k in range(n)}
    first, rest = [], []
    for k, item in enumerate(ranges):
        if k not in chosen:
            rest.append(item)
            continue
        each = item.seconds / _n(item)
        n_rep = min(max(1, int(seconds / len(chosen) / each)), _PILOT_MOST, _n(item))
        first.append(_cut(item, item.start, item.start + n_rep))
        if item.start + n_rep < item.stop:
            rest.append(_cut(item, item.start + n_rep, item.stop))
    return first, rest


def _n(item: Range) -> int:
    return item.stop - item.start


def _cut(item: Range, start: int, stop: int) -> Range:
    return Range(
        scenario=item.scenario, start=start, stop=stop, cells=item.cells,
        seconds=item.seconds * (stop - start) / _n(item),
    )  # fmt: skip
