"""What a dry run prints: a line for each scenario or group, what is unknown, and which options."""

import json
import math
import re

import pytest

from run.tiny import write_study
from simdesign.cli import call
from simdesign.errors import StoppedError
from simdesign.run import LocalBackend, Price, forecast, load, make_plan, run
from simdesign.run.backends import slurm_commands
from simdesign.run.cost_group import CostGroups
from simdesign.run.forecast import StartForecast, by_group, by_scenario
from simdesign.run.plan import missing_tasks
from simdesign.run.price import Batch
from simdesign.spec.study import Study
from simdesign.studies.dry_run import forecast_lines, table_lines

MANY = ("[0.3, -0.3]", str([round(0.05 + 0.01 * k, 2) for k in range(15)]))
HOURS = r"\d+\.\d+ ± \d+\.\d+"
SIZE = r"\d[\d.]* [KMG]iB"


@pytest.fixture(autouse=True)
def no_scheduler(monkeypatch):
    """Limits as Slurm has them, and nobody who could be asked."""
    monkeypatch.setattr(slurm_commands, "limits", slurm_commands.Limits)


@pytest.fixture(scope="module")
def done(tmp_path_factory):
    """Return a study of which some replications are stored, in shards enough to price the rest."""
    folder = tmp_path_factory.mktemp("done")
    study = write_study(folder)
    return study, run(study, folder / "out", replications=8, workers=1, task_size=2)


def cells_of(line):
    return re.split(r" {2,}", line.strip())


def test_every_scenario_has_a_line_with_all_of_it(done):
    study, results = done
    plan = make_plan(Study.from_toml(study), "quick", 20)
    found = forecast(plan, results.store, LocalBackend(2))
    header, *lines = forecast_lines(found)
    assert cells_of(header) == ["scenario", "tasks", "missing", "core-hours", "memory", "disk"]
    named = dict(zip([s.name for s in plan.scenarios], lines, strict=False))
    for item in found.scenarios:
        name, tasks, missing, hours, memory, disk = cells_of(named[item.name])
        assert (name, int(tasks), int(missing)) == (item.name, item.n_task, 12)
        assert re.fullmatch(HOURS, hours)
        assert re.fullmatch(SIZE, memory)  # of this process too, which had other work before
        assert re.fullmatch(SIZE, disk)
    beside, total, words, *_ = lines[len(plan.scenarios) :]
    assert cells_of(beside)[0] == "start, compile"
    assert float(cells_of(beside)[1]) > 0.0
    assert cells_of(total)[:3] == ["all", str(found.n_task), str(12 * len(plan.scenarios))]
    assert re.fullmatch(HOURS, cells_of(total)[3])
    assert "3 processes, kernels were not timed, since no pilot ran" in words
    assert f"measured: {len(results.store.shards())} shards of this study;" in lines[-1]


def test_many_scenarios_are_put_together_by_what_they_cost(tmp_path):
    """A group costs what its tasks cost together: errors that they share add up."""
    plan = make_plan(Study.from_toml(write_study(tmp_path, MANY)), "quick")
    tasks = missing_tasks(plan, {}, 6)
    groups = CostGroups(plan)
    batches = [
        Batch(
            group=groups.group(task.scenario, task.cells), n_cell=len(task.cells),
            n_rep=task.n_rep, seconds=seconds * task.n_rep, disk=1e6, memory=3e8,
        )
        for task in tasks[:1] + tasks[-1:]
        for seconds in (90.0, 110.0)
    ]  # fmt: skip
    price = Price(plan, batches)
    parts = by_group(plan, tasks, price.total)
    assert [(item.name, item.n_scenario) for item in parts] == [
        ("null_mixture", 1), ("null_world", 2), ("alternative", 30),
    ]  # fmt: skip
    alternatives = {item.name for item in plan.scenarios if item.role == "alternative"}
    mine = [task for task in tasks if task.scenario in alternatives]
    assert parts[2].cost == price.total(mine)
    assert parts[2].cost.seconds == pytest.approx(100.0 * 30 * 12)
    alone = by_scenario(plan, tasks, price.total)
    apart = math.sqrt(sum(s.cost.seconds_error**2 for s in alone if s.name in alternatives))
    assert parts[2].cost.seconds_error > 1.5 * apart
    start = StartForecast(each=2.0, n_process=1, kernels=1.0, first=0.0, n_worker=0)
    lines = table_lines(alone, parts, price.total(tasks), start)
    assert [cells_of(line)[0] for line in lines[1:4]] == [
        "null_mixture: 1", "null_world: 2", "alternative: 30",
    ]  # fmt: skip
    assert cells_of(lines[3])[1:3] == [str(len(mine)), str(30 * 12)]
    assert lines[-1].startswith("a line is for scenarios of one role that cost alike")


def test_what_slurm_would_get_has_no_price_before_anything_is_measured(tmp_path, capsys):
    study, out = write_study(tmp_path), tmp_path / "out"
    asked = ["run", str(study), "--backend", "slurm", "--dry-run", "--out", str(out)]
    assert call(asked) == 0
    said = capsys.readouterr().out
    for part in (
        "no pilot runs on a login node", "± unknown", "(assumed)",
        "start, compile: unknown before the first element has measured them", "#SBATCH --ntasks=1",
    ):  # fmt: skip
        assert part in said
    assert call([*asked, "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    plan = make_plan(Study.from_toml(study), "quick")
    assert [item["scenario"] for item in found["scenarios"]] == [s.name for s in plan.scenarios]
    for item in [*found["scenarios"], found["total"]]:
        assert item["core_seconds"] > 0.0
        assert item["core_seconds_error"] is item["disk_bytes"] is None
    assert {item["memory_bytes"] for item in found["scenarios"]} == {None}
    assert not any(item["is_measured"] for item in found["scenarios"])
    assert found["measured"] == {"shards": 0, "hosts": [], "pilot_seconds": 0.0}
    assert found["start"]["start_core_seconds_each"] is None
    assert sum(item["missing"] for item in found["scenarios"]) == plan.n_replication
    assert found["submission"]["commands"][0].startswith("sbatch --time=")
    assert "#SBATCH" in found["submission"]["scripts"]["elements"]
    assert not out.exists()


def test_earlier_shards_price_what_slurm_would_get(done, capsys):
    study, results = done
    asked = ["run", str(study), "--backend", "slurm", "--dry-run", "--out", str(results.folder)]
    before = {path: path.read_bytes() for path in results.folder.rglob("*") if path.is_file()}
    assert call([*asked, "--replications", "20", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["measured"]["shards"] == len(results.store.shards())
    assert found["measured"]["hosts"] == results.status()["hosts"]
    for item in found["scenarios"]:
        assert item["missing"] == 12
        assert item["core_seconds_error"] > 0.0
        assert item["memory_bytes"] > 2**20
        assert item["disk_bytes"] > 0
        assert item["is_measured"]
    plan = make_plan(load(results.folder).study, "quick", 20)
    here = forecast(plan, results.store, LocalBackend(1), task_size=1000)
    assert found["total"]["core_seconds"] == pytest.approx(here.tasks.seconds, rel=0.02)
    assert call([*asked, "--replications", "20"]) == 0
    said = capsys.readouterr().out
    (line,) = [text for text in said.splitlines() if text.startswith("all ")]
    assert re.search(HOURS, line)
    assert f"measured: {len(results.store.shards())} shards of this folder, made on " in said
    assert call([*asked, "--replications", "8", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["submission"]["commands"] == []
    assert {p: p.read_bytes() for p in results.folder.rglob("*") if p.is_file()} == before


def test_a_target_is_priced_up_to_its_limit(tmp_path, capsys):
    asked = ["run", str(write_study(tmp_path)), "--out", str(tmp_path / "out"), "--dry-run",
             "--settle", "--limit", "500"]  # fmt: skip
    assert call([*asked, "--backend", "slurm"]) == 0
    assert "up to the limit of replications takes" in capsys.readouterr().out
    assert call([*asked, "--backend", "slurm", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["at_most"]["core_seconds"] > found["total"]["core_seconds"]
    assert call([*asked, "--workers", "1", "--pilot", "0.5"]) == 0
    assert "3500 replications" in (said := capsys.readouterr().out)
    assert "at the limit of replications; fewer may do" in said
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ("--backend slurm --workers 2", "--workers: cannot be combined with --backend slurm"),
        ("--backend slurm --task-size 5", "--task-size: cannot be combined with --backend slurm"),
        ("--backend slurm --pilot 5", "--pilot: cannot be combined with --backend slurm"),
        ("--backend slurm --dry-run --pilot 5", "--pilot: cannot be combined with --backend"),
        ("--backend slurm --json", "--json: needs --dry-run"),
        ("--backend slurm --scheduler local", "--scheduler: needs --backend dask"),
        ("--backend slurm --dry-run --sbatch mem=lots", "--sbatch mem: must be an amount"),
        ("--backend slurm --dry-run --sbatch time=soon", "--sbatch time: must be a time"),
        ("--backend slurm --dry-run --sbatch qos=a;b", "--sbatch qos: must be a name"),
        ("--backend slurm --dry-run --task-minutes inf", "--task-minutes: must be > 0"),
        ("--pilot 5", "--pilot: needs --dry-run"),
        ("--list --dry-run", "--dry-run: cannot be combined with --list"),
        ("--list --backend slurm --sbatch mem=lots", "--sbatch mem: must be an amount"),
        ("--dry-run --sbatch mem=4G", "--sbatch: needs --backend slurm"),
        ("--backend dask --sbatch mem=4G", "--sbatch: needs --backend slurm"),
        ("--task-minutes 0", "--task-minutes: needs --backend slurm"),
        ("--prologue absent.sh", "--prologue: needs --backend slurm"),
        ("--dry-run --scheduler local", "--scheduler: needs --backend dask"),
        ("--dry-run --backend dask --scheduler jobqueue:slurm?cores=2", "which submits no job"),
        ("--workers 0", "--workers: must be >= 1"),
        ("--list --workers 0", "--workers: must be >= 1"),
        ("--task-size 0", "--task-size: must be >= 1"),
        ("--limit 0", "--limit: needs --mcse or --settle"),
    ],
)
def test_an_option_has_an_effect_or_is_refused(tmp_path, capsys, arguments, words):
    study, out = write_study(tmp_path), tmp_path / "out"
    assert call(["run", str(study), "--out", str(out), *arguments.split()]) == 2
    said = capsys.readouterr()
    (line,) = said.err.splitlines()
    assert words in line
    assert said.out == ""
    assert not out.exists()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ("--backend slurm --workers 2", "--workers: cannot be combined with --backend slurm"),
        ("--backend slurm --scheduler local", "--scheduler: needs --backend dask"),
        ("--dry-run", "--dry-run: needs --backend slurm: see simdesign run --dry-run"),
        ("--task-minutes 0", "--task-minutes: needs --backend slurm"),
        ("--backend slurm --dry-run --sbatch mem=lots", "--sbatch mem: must be an amount"),
    ],
)
def test_the_same_when_a_study_is_resumed(done, capsys, arguments, words):
    assert call(["resume", str(done[1].folder), *arguments.split()]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert words in line


def test_the_size_of_tasks_counts_with_a_target_too(tmp_path, capsys, monkeypatch):
    sizes = []

    def run_plan(plan, store, backend, *, task_size, **rest):
        sizes.append(task_size)
        raise StoppedError("seen")

    monkeypatch.setattr("simdesign.run.adaptive.run_plan", run_plan)
    asked = ["run", str(write_study(tmp_path)), "--out", str(tmp_path / "out"), "--workers", "1"]
    assert call([*asked, "--mcse", "0.4", "--task-size", "100"]) == 1
    assert capsys.readouterr().err == "simdesign: seen\n"
    assert sizes == [100]
