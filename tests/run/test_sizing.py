"""Sizes and order of tasks: matters of speed that must not lose a replication."""

import math

import pytest

from run.tiny import write_study
from simdesign.run import LocalBackend, Price, Store, make_plan, run_plan
from simdesign.run.cost_group import CostGroups
from simdesign.run.plan import Task, missing_tasks
from simdesign.run.price import Batch
from simdesign.run.sizing import (
    MOST_REPLICATIONS,
    TASK_SECONDS,
    best_seconds,
    good_size,
    sized_tasks,
    split,
    tapered,
    wall_seconds,
)
from simdesign.run.waves import first_tasks
from simdesign.spec.study import Study


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    return Study.from_toml(write_study(tmp_path_factory.mktemp("study")))


def price_of(plan, fixed, each, memory_each=0.0):
    """Return exact prices: a task of n replications takes fixed + each n."""
    groups = CostGroups(plan)
    batches = [
        Batch(
            group=groups.group(name, cells), n_cell=len(cells), n_rep=n, disk=1.0 + n,
            seconds=fixed + each * n, memory=2.0**28 + memory_each * n,
        )
        for name, cells in plan.cells.items()
        for n in (1, 10, 100)
    ]  # fmt: skip
    return Price(plan, batches)


def covered(tasks):
    return sorted((t.scenario, r) for t in tasks for r in range(t.start, t.stop))


@pytest.mark.parametrize("workers", [1, 2, 64])
@pytest.mark.parametrize(("fixed", "each"), [(0.3, 0.03), (0.0, 0.001), (2.0, 30.0)])
def test_sized_tasks_are_what_is_missing_and_keep_to_their_bounds(study, workers, fixed, each):
    plan = make_plan(study, "quick", 500)
    price = price_of(plan, fixed, each)
    tasks = sized_tasks(plan, {}, price, workers)
    assert covered(tasks) == covered(missing_tasks(plan, {}))
    for task in tasks:
        assert 1 <= task.n_rep <= MOST_REPLICATIONS
        assert task.n_rep == 1 or each * task.n_rep <= TASK_SECONDS * (1 + 1e-9)


def test_the_length_of_a_task_is_where_cutting_and_waiting_cost_least(study):
    plan = make_plan(study, "quick", 500)
    price = price_of(plan, 0.3, 0.03)
    whole = missing_tasks(plan, {}, 500)
    best = best_seconds(price, whole, 2)
    work = 0.03 * plan.n_replication

    def lost(seconds):
        return work / seconds * 0.3 / 2 + seconds / 2

    assert best == pytest.approx(math.sqrt(2 * work * 0.3 / 2))
    assert lost(best) <= min(lost(0.8 * best), lost(1.25 * best))


def test_memory_bounds_a_task(study):
    plan = make_plan(study, "quick", 500)
    price = price_of(plan, 0.3, 0.0001, memory_each=2.0**24)
    assert good_size(price.rates(missing_tasks(plan, {})[0]), 20.0) == 32  # 512 MiB of 16 MiB


def test_pieces_are_equal_and_whole():
    task = Task(scenario="s", start=7, stop=107, cells=())
    pieces = split(task, 30)
    assert [piece.n_rep for piece in pieces] == [25, 25, 25, 25]
    assert covered(pieces) == covered([task])


def test_scenarios_advance_together(study):
    """Whenever a run is stopped, no scenario is far behind another."""
    plan = make_plan(study, "quick", 480)
    tasks = sized_tasks(plan, {}, price_of(plan, 0.05, 0.05), 2)
    done = dict.fromkeys(plan.cells, 0)
    for task in tasks[: len(tasks) // 2]:
        done[task.scenario] += task.n_rep
    largest = max(task.n_rep for task in tasks)
    assert max(done.values()) - min(done.values()) <= largest


def test_a_taper_shortens_the_wait_for_the_last_task(study):
    plan = make_plan(study, "quick", 300)
    price = price_of(plan, 0.0, 0.1)
    tasks = [piece for task in missing_tasks(plan, {}, 300) for piece in split(task, 100)]
    ends = [
        wall_seconds(map(price.seconds, some), 2) for some in (tasks, tapered(tasks, price))
    ]  # fmt: skip
    even = sum(map(price.seconds, tasks)) / 2
    assert covered(tapered(tasks, price)) == covered(tasks)
    assert even * (1 - 1e-9) <= ends[1] < ends[0]


def test_wall_time_by_hand():
    assert wall_seconds([3.0, 2.0, 2.0, 4.0], 2) == 7.0  # 3 then 4; 2 then 2
    assert wall_seconds([1.0, 2.0], 1) == 3.0
    assert wall_seconds([], 3) == 0.0


def test_a_study_that_starts_with_small_tasks_has_the_same_rows(study, tmp_path):
    plan = make_plan(study, "quick", 60)
    out = Store(tmp_path / "sized")
    ((small, large),) = first_tasks(plan, out)
    assert small.stop == large.start
    sized = run_plan(plan, out, LocalBackend(1))
    sizes = {(s.scenario, s.start, s.stop) for s in sized.store.shards()}
    assert {(t.scenario, t.start, t.stop) for t in (small, large)} <= sizes
    n_stored = sum(s.stop - s.start for s in sized.store.shards())
    assert n_stored == plan.n_replication  # nothing is computed twice
    assert first_tasks(make_plan(study, "quick", 300), out) == []  # its shards tell
    fixed = run_plan(plan, Store(tmp_path / "fixed"), LocalBackend(1), task_size=60)
    assert sized.digest() == fixed.digest()
