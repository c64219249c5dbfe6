"""A timing pilot: some tasks of every kind are computed and thrown away, to price the rest.

Each worker measures every kind within a budget of seconds, all workers at once, so that what they
take from one another (memory, cache, clock) is in the figures. Nothing is written to a results
folder.
"""

import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import count
from pathlib import Path

from simdesign.run.backends import Backend
from simdesign.run.cost_group import CostGroups
from simdesign.run.line import Line, fit_line
from simdesign.run.measure import Meter
from simdesign.run.plan import Cell, Plan, Task
from simdesign.run.price import Batch
from simdesign.run.replicate import Bench
from simdesign.run.store import Store
from simdesign.spec.own import look_in
from simdesign.spec.study import Scenario, Study

PILOT_SECONDS = 20.0
"""Budget without another one: a default study is priced to within a few per cent in that."""
SMALL, MIDDLE, LARGEST = 1, 8, 100
"""Replications of the tasks that are measured: one tells what a task costs at least."""
_PATIENCE = 10.0
_ROUNDS = 3  # in which the time for large tasks is spent


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """A group of tasks that cost alike, and some scenarios that stand for it."""

    group: str
    cells: tuple[tuple[Cell, ...], ...]
    """Of each scenario."""
    scenarios: tuple[Scenario, ...]
    n_rep: int
    """Replications that are to be priced."""

    @property
    def weight(self) -> float:
        """Share of the cost, as far as it can be guessed."""
        return float(self.n_rep * len(self.cells[0]))


@dataclass(frozen=True, slots=True, kw_only=True)
class PilotJob:
    """What one worker measures."""

    study: Study
    study_hash: str
    kinds: tuple[Kind, ...]
    rank: int
    """Number of the worker: each takes other scenarios and replications."""
    n_worker: int
    seconds: float
    own_folder: Path | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Pilot:
    """What was measured."""

    batches: tuple[Batch, ...]
    first_seconds: float
    """Of one processor, by which a worker's first task is longer than its later ones."""
    compile_seconds: float
    """Of one processor, once: kernels compiled, or loaded where they were compiled before."""
    seconds: float
    """That the pilot took, by the clock, starting and compiling included."""


def pilot(
    plan: Plan, tasks: Sequence[Task], backend: Backend, seconds: float = PILOT_SECONDS
) -> Pilot:
    """Measure some tasks of every kind that is asked for.

    Parameters
    ----------
    plan : Plan
    tasks : sequence of Task
        To be priced, in any sizes; only their kinds matter.
    backend : Backend
        Those of its workers that are at hand measure at once: here at most one a processor.
    seconds : float
        Budget of each worker, of one processor, without starting and compiling. A kind that the
        budget does not reach is left to be priced after the others.
    """
    started = time.perf_counter()
    kinds = kinds_of(plan, tasks)
    meter = Meter()
    _timed(plan.study, kinds[0].scenarios[0], _task(kinds[0], 0, 0, SMALL), kinds[0].group)
    compile_seconds = meter.seconds()
    n_worker = backend.at_hand  # it may stand for a larger machine
    jobs = [
        PilotJob(
            study=plan.study, study_hash=plan.study.hash(), kinds=kinds, rank=rank,
            n_worker=n_worker, seconds=seconds, own_folder=plan.folder,
        )
        for rank in range(n_worker)
    ]  # fmt: skip
    found = list(backend.map(measure, jobs))
    return Pilot(
        batches=tuple(batch for _, batches in found for batch in batches),
        first_seconds=max(first for first, _ in found),
        compile_seconds=compile_seconds,
        seconds=time.perf_counter() - started,
    )


def kinds_of(plan: Plan, tasks: Sequence[Task]) -> tuple[Kind, ...]:
    """Return the kinds of some tasks, the most replications first."""
    groups = CostGroups(plan)
    scenarios = {item.name: item for item in plan.scenarios}
    members: dict[str, dict[str, tuple[Cell, ...]]] = {}
    n_rep: dict[str, int] = {}
    for task in tasks:
        group = groups.group(task.scenario, task.cells)
        members.setdefault(group, {}).setdefault(task.scenario, task.cells)
        n_rep[group] = n_rep.get(group, 0) + task.n_rep
    found = [
        Kind(
            group=group,
            cells=tuple(mine.values()),
            scenarios=tuple(scenarios[name] for name in mine),
            n_rep=n_rep[group],
        )
        for group, mine in members.items()
    ]
    return tuple(sorted(found, key=lambda kind: -kind.weight))


def measure(job: PilotJob) -> tuple[float, list[Batch]]:
    """Measure what one worker has time for; also return what its first task took more."""
    if job.own_folder is not None:
        look_in(job.own_folder)
    budget = _Budget(job.seconds)
    first = _timed_task(job, job.kinds[0], 0, SMALL).seconds
    batches: list[Batch] = []
    for batch in _rounds(job, budget):
        batches.append(batch)
    again = [b.seconds for b in batches if b.group == job.kinds[0].group and b.n_rep == SMALL]
    return max(first - min(again, default=first), 0.0), batches


def _rounds(job: PilotJob, budget: "_Budget") -> Iterator[Batch]:
    """Yield a small and a middling task of each kind, then large ones until the budget is spent.

    Large tasks tell what a further replication costs, which nearly all of the price is; kinds
    have time in proportion to the replications that they are to price.
    """
    seen: dict[str, list[Batch]] = {kind.group: [] for kind in job.kinds}

    def measured(kind: Kind, number: int, n_rep: int) -> Batch:
        batch = _timed_task(job, kind, number, n_rep)
        seen[kind.group].append(batch)
        return batch

    for kind in job.kinds:
        for n_rep in (SMALL, MIDDLE):
            if any(seen.values()) and budget.left() <= 0.0:
                return
            yield measured(kind, 0, n_rep)
    room = max(budget.left(), 0.0) / _ROUNDS
    weight = sum(kind.weight for kind in job.kinds)
    for number in count(1):
        for kind in job.kinds:
            n_rep = _large(seen[kind.group], room * kind.weight / weight)
            seconds = _line(seen[kind.group]).at(n_rep)
            if budget.left() <= 0.5 * seconds:  # half of it would be too late
                return
            yield measured(kind, number, n_rep)


class _Budget:
    """Processor seconds that may be spent, on a busy machine in at most ten times as long."""

    def __init__(self, seconds: float) -> None:
        self._seconds, self._meter = seconds, Meter()
        self._started = time.perf_counter()

    def left(self) -> float:
        """Return the seconds that are left."""
        spent = max(self._meter.seconds(), (time.perf_counter() - self._started) / _PATIENCE)
        return self._seconds - spent


def _line(seen: Sequence[Batch]) -> Line:
    return fit_line([b.n_rep for b in seen], [b.seconds for b in seen])


def _large(seen: Sequence[Batch], seconds: float) -> int:
    """Return the size of a task that takes so many seconds, as far as can be told by now."""
    line = _line(seen)
    room = (seconds - line.fixed) / max(line.each, 1e-9)
    return int(min(max(room, MIDDLE), LARGEST))


def _timed_task(job: PilotJob, kind: Kind, number: int, n_rep: int) -> Batch:
    """Measure a task; scenarios take turns, so that the scatter includes theirs."""
    turn = number * job.n_worker + job.rank
    which = turn % len(kind.scenarios)
    task = _task(kind, which, turn // len(kind.scenarios), n_rep)
    return _timed(job.study, kind.scenarios[which], task, kind.group, job.study_hash)


def _task(kind: Kind, which: int, block: int, n_rep: int) -> Task:
    start = block * LARGEST
    name = kind.scenarios[which].name
    return Task(scenario=name, start=start, stop=start + n_rep, cells=kind.cells[which])


def _timed(study: Study, scenario: Scenario, task: Task, group: str, study_hash: str = "") -> Batch:
    meter = Meter()
    rows = Bench(study, scenario).run(task)
    with tempfile.TemporaryDirectory() as folder:
        store = Store(folder)
        store.write(task, rows, meter.seconds(), study_hash)
        disk = sum(path.stat().st_size for path in store.shard_folder.iterdir())
    return Batch(
        group=group, n_cell=len(task.cells), n_rep=task.n_rep, seconds=meter.seconds(),
        disk=float(disk), memory=meter.peak(),
    )  # fmt: skip


def start_seconds() -> float:
    """Return the processor seconds that a new process takes to load what a worker needs."""
    meter = Meter()
    path = f"import sys; sys.path[:] = {sys.path!r}; import simdesign.run"
    subprocess.run([sys.executable, "-c", path], check=True, stdin=subprocess.DEVNULL)
    return meter.seconds()
