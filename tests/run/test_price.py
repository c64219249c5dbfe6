"""Prices of tasks against sums done by hand; what a dry run says, and that it writes nothing."""

import json
import math

import pytest

from run.tiny import write_study
from simdesign.cli import call
from simdesign.run import LocalBackend, Price, Store, forecast, make_plan, run
from simdesign.run.cost_group import CostGroups
from simdesign.run.plan import Task, missing_tasks
from simdesign.run.price import Batch
from simdesign.spec.study import Study


@pytest.fixture(scope="module")
def plan(tmp_path_factory):
    folder = tmp_path_factory.mktemp("study")
    return make_plan(Study.from_toml(write_study(folder)), "quick")


def task_of(plan, number, start, stop, n_cell=None):
    name = plan.scenarios[number].name
    return Task(scenario=name, start=start, stop=stop, cells=plan.cells[name][:n_cell])


def batch(plan, task, seconds, memory=0.0):
    group = CostGroups(plan).group(task.scenario, task.cells)
    return Batch(
        group=group, n_cell=len(task.cells), n_rep=task.n_rep, seconds=seconds,
        disk=1000.0 + 100.0 * task.n_rep, memory=memory,
    )  # fmt: skip


def test_worlds_that_differ_in_numbers_alone_cost_alike(plan):
    groups = CostGroups(plan)
    of = {s.name: groups.group(s.name, plan.cells[s.name]) for s in plan.scenarios}
    alternatives = {of[s.name] for s in plan.scenarios if s.role == "alternative"}
    nulls = {of[s.name] for s in plan.scenarios if s.role != "alternative"}
    assert len(alternatives) == len(nulls) == 1
    assert alternatives != nulls
    name = plan.scenarios[0].name
    assert groups.group(name, plan.cells[name][:1]) != of[name]


def test_another_term_of_the_world_is_another_group(plan, tmp_path):
    text = ("[world]\n", '[world]\nrealism = "full"\n')
    study = Study.from_toml(write_study(tmp_path, text))
    other = make_plan(study, "quick")
    name = plan.scenarios[1].name
    groups = [CostGroups(item).group(name, item.cells[name]) for item in (plan, other)]
    assert groups[0] != groups[1]


def test_two_groups_add_up_as_by_hand(plan):
    """Within a group errors are shared and add up; between groups they are independent."""
    null, alternative = (lambda a, b: task_of(plan, 0, a, b)), (lambda a, b: task_of(plan, 2, a, b))
    assert plan.scenarios[2].role == "alternative"
    batches = [
        batch(plan, null(0, 10), 1.0), batch(plan, null(0, 10), 1.2),
        batch(plan, alternative(0, 10), 2.0), batch(plan, alternative(0, 10), 2.4),
    ]  # fmt: skip
    price = Price(plan, batches)
    tasks = [null(0, 10), null(10, 30), alternative(0, 10)]
    cost = price.total(tasks)
    assert cost.seconds == pytest.approx(30 * 0.11 + 10 * 0.22)
    # Relative errors of 1/11 each way: spread² = 2/121, Var(each) = spread² each² / 2.
    spread = 2.0 / 121.0
    first = 30**2 * spread * 0.11**2 / 2 + spread * (1.1**2 + 2.2**2)
    second = 10**2 * spread * 0.22**2 / 2 + spread * 2.2**2
    assert cost.seconds_error == pytest.approx(math.sqrt(first + second))
    assert cost.is_measured
    assert cost.disk == pytest.approx(40 * 200.0)  # 2000 bytes for 10, through the origin


def test_memory_grows_with_the_replications_beyond_those_measured(plan):
    small, large = task_of(plan, 0, 0, 2), task_of(plan, 0, 0, 12)
    price = Price(
        plan, [batch(plan, small, 1.0, memory=300.0), batch(plan, large, 2.0, memory=400.0)]
    )
    assert price.task(task_of(plan, 0, 0, 5)).memory == pytest.approx(400.0)
    assert price.task(task_of(plan, 0, 0, 22)).memory == pytest.approx(400.0 + 10 * 10.0)


def test_what_was_not_measured_is_priced_as_others_by_its_cells(plan):
    one, all_cells = task_of(plan, 0, 0, 10, n_cell=1), task_of(plan, 0, 0, 10)
    n_cell = len(all_cells.cells)
    price = Price(plan, [batch(plan, all_cells, 2.0), batch(plan, all_cells, 2.0)])
    cost = price.task(one)
    assert cost.seconds == pytest.approx(2.0 / n_cell)
    assert not cost.is_measured
    assert math.isnan(cost.seconds_error)  # one group cannot tell how groups differ
    other = task_of(plan, 2, 0, 10)
    price = Price(plan, [batch(plan, all_cells, 2.0)] * 2 + [batch(plan, other, 3.0)] * 2)
    cost = price.task(one)
    assert cost.seconds == pytest.approx(2.5 / n_cell)
    scatter = math.sqrt(0.5) / 2.5 * math.sqrt(1.5)  # of two numbers, and one more about them
    assert cost.seconds_error == pytest.approx(cost.seconds * scatter)


def test_a_dry_run_writes_nothing_and_prices_every_scenario(plan, tmp_path, capsys):
    study, out = write_study(tmp_path), tmp_path / "absent" / "out"
    arguments = ["run", str(study), "--dry-run", "--json", "--out", str(out), "--workers", "1"]
    before = sorted(tmp_path.rglob("*"))
    assert call([*arguments, "--pilot", "2"]) == 0
    assert sorted(tmp_path.rglob("*")) == before
    found = json.loads(capsys.readouterr().out)
    assert set(found) == {
        "study", "size", "workers", "measured", "scenarios", "start", "total", "is_upper_limit",
    }  # fmt: skip
    assert [item["scenario"] for item in found["scenarios"]] == [s.name for s in plan.scenarios]
    for item in found["scenarios"]:
        assert item["missing"] == item["replications"] > 0
        assert item["core_seconds"] > 0.0
        assert item["core_seconds_error"] > 0.0
        assert item["tasks"] >= 1
        assert item["memory_bytes"] > 2**20
        assert item["disk_bytes"] > 0
    start = found["start"]
    assert start["start_core_seconds_each"] > 0.0
    assert start["compile_core_seconds"] > 0.0
    assert start["processes"] == 1
    total = found["total"]
    assert total["missing"] == plan.n_replication
    assert total["rows"] == plan.n_row
    assert total["tasks"] == sum(item["tasks"] for item in found["scenarios"])
    assert total["core_seconds"] == pytest.approx(
        sum(item["core_seconds"] for item in found["scenarios"]) + start["core_seconds"], abs=0.01
    )
    assert total["disk_bytes"] == pytest.approx(
        sum(item["disk_bytes"] for item in found["scenarios"]), abs=len(found["scenarios"])
    )
    assert total["memory_per_worker_bytes"] == max(
        item["memory_bytes"] for item in found["scenarios"]
    )
    assert total["core_seconds_error"] > 0.0
    assert total["memory_per_worker_bytes"] > 2**20
    assert found["measured"]["pilot_seconds"] > 0.0


def test_a_partly_done_store_is_priced_for_the_rest_and_left_alone(tmp_path):
    study = Study.from_toml(write_study(tmp_path))
    out = tmp_path / "out"
    run(study, out, replications=10, workers=1, task_size=3)
    before = {path: path.read_bytes() for path in out.rglob("*") if path.is_file()}
    plan = make_plan(study, "quick", 16)
    found = forecast(plan, Store(out), LocalBackend(1), seconds=0.5)
    assert {path: path.read_bytes() for path in out.rglob("*") if path.is_file()} == before
    assert [item.n_missing for item in found.scenarios] == [6] * len(plan.scenarios)
    assert found.pilot_seconds == 0.0  # 12 and 16 shards of the two kinds say enough
    nothing = forecast(make_plan(study, "quick", 10), Store(out), LocalBackend(1))
    assert nothing.n_missing == nothing.n_task == 0
    assert nothing.core_seconds == 0.0


def test_vacancies_of_any_pattern_become_tasks_of_their_own(plan):
    """Every missing (replication, cell) is in one task, and nothing that is there."""
    scenario = plan.scenarios[0]
    cells = plan.cells[scenario.name]
    n_rep = plan.n_rep(scenario)
    coverage = {
        (scenario.name, cells[0].content): [(0, 5), (9, n_rep)],
        (scenario.name, cells[1].content): [(3, 11)],
    }
    wanted = {
        (r, cell.content)
        for r in range(n_rep)
        for cell in cells
        if not any(a <= r < b for a, b in coverage.get((scenario.name, cell.content), ()))
    }
    tasks = [t for t in missing_tasks(plan, coverage, 4) if t.scenario == scenario.name]
    asked = [(r, c.content) for t in tasks for r in range(t.start, t.stop) for c in t.cells]
    assert sorted(asked) == sorted(wanted)
    assert max(task.n_rep for task in tasks) <= 4


def test_mistaken_options_are_one_line(tmp_path, capsys):
    study = write_study(tmp_path)
    for option in ("--pilot", "--task-size"):
        assert call(["run", str(study), "--dry-run", option, "0"]) == 2
        said = capsys.readouterr().err
        assert said.count("\n") == 1
        assert option in said
