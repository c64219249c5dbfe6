"""What one process of a cluster does, called as its script calls it, without a scheduler."""

import json
import os
import signal
import subprocess
import sys

import pytest

from run.slurm.on_cluster import COMMAND, call, until
from run.tiny import write_study
from simdesign.run import LocalBackend, Store, Target, load, make_plan, run_plan
from simdesign.run.backends import slurm_commands
from simdesign.run.backends.slurm_script import NOT_FINISHED
from simdesign.run.cluster import ClusterOptions, draft, submit
from simdesign.run.submission import Note, State, submissions
from simdesign.spec.study import Study
from simdesign.studies import cluster


@pytest.fixture
def made(tmp_path, monkeypatch):
    """Submit a study to a scheduler that takes everything and does nothing."""
    monkeypatch.setattr(slurm_commands, "sbatch", lambda arguments: "1")
    study = Study.from_toml(write_study(tmp_path, ("[0.0, 0.1]", "[0.1]")))
    plan, out = make_plan(study, "quick", 4), tmp_path / "out"
    found = draft(plan, Store(out), ClusterOptions(task_minutes=0.03), slurm_commands.Limits())
    assert len(found.elements) > 2
    return submit(found)


def test_the_first_element_measures_and_its_replications_count(made, tmp_path):
    call("element", made.folder, 0)
    results = load(tmp_path / "out")
    assert made.fates()[0].state == State.DONE
    assert {fate.state for fate in made.fates()[1:]} == {State.WAITING}
    pilot = made.pilot()
    assert pilot["compile_seconds"] > 0.0
    assert set(pilot["seconds_per_replication"]) == set(results.plan.cells)
    assert results.status(digest=False)["done"] == made.note(0).n_done > 0


def test_an_element_that_is_started_again_goes_on_where_it_was(made, tmp_path):
    element = max(made.elements(), key=lambda item: item.ranges[0].stop - item.ranges[0].start)
    first, n = element.ranges[0], element.n_rep
    made.write_note(
        element.number,
        Note(state=State.RUNNING, job="1", host="n", n_done=1, n_rep=n, at=(0, first.start + 1)),
    )
    made.exit_path(element.number).write_text("137 none 1\n")
    call("element", made.folder, element.number)
    note = made.note(element.number)
    assert (note.state, note.n_done) == (State.DONE, n)
    stored = [(s.scenario, s.start) for s in load(tmp_path / "out").store.shards()]
    assert (first.scenario, first.start + 1) in stored
    assert (first.scenario, first.start) not in stored
    assert not made.exit_path(element.number).exists()


def test_an_element_refuses_results_of_other_code(made, tmp_path):
    path = tmp_path / "out" / "manifest.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "code": "0" * 16}))
    said = call("element", made.folder, 1, status=2)
    assert "another version of the code" in said.stderr
    assert made.note(1).state == State.FAILED
    assert "another version" in made.note(1).reason
    assert not list(tmp_path.rglob("*.parquet"))


def test_an_element_of_another_study_is_refused(made):
    first = made.elements_path.read_text().splitlines()[0]
    made.elements_path.write_text(first.replace("null_mixture", "elsewhere") + "\n")
    said = call("element", made.folder, 0, status=2)
    assert "elements.jsonl: element 0: must be of scenarios that the study has" in said.stderr
    assert len(said.stderr.splitlines()) == 1
    assert made.note(0).state == State.FAILED


def test_an_element_that_is_refused_memory_is_given_twice_as_much_once(made, monkeypatch):
    """Nobody shares its memory: fewer workers would not help there."""
    from simdesign.run import aftermath
    from simdesign.run.element import run_element
    from simdesign.run.replicate import Bench

    def refused(self, task):
        raise MemoryError

    monkeypatch.setattr(Bench, "run", refused)
    monkeypatch.setattr(slurm_commands, "limits", slurm_commands.Limits)
    monkeypatch.setattr(slurm_commands, "killed_for_memory", lambda jobs: set())
    monkeypatch.setattr(aftermath, "_DIRECTORY_PATIENCE", 0.0)
    monkeypatch.setattr("simdesign.run.element.Stop", lambda: lambda: False)
    assert run_element(str(made.folder), 1) == 1
    made.exit_path(1).write_text("1 none 1\n")  # as the shell beside it writes
    fate = made.fates()[1]
    assert (fate.state, fate.is_memory) == (State.KILLED, True)
    assert fate.words == f"it was refused memory after 0 of {fate.note.n_rep} replications"
    outcome = aftermath.after(made)
    again = outcome.resubmitted
    assert "elements 1 were killed for memory: resubmitted with 2 times" in outcome.words[0]
    assert "workers" not in outcome.words[0]
    wanted = 2 * made.record()["request"]["memory_mib"]
    assert again.record()["request"]["memory_mib"] == wanted
    assert f"--mem={wanted}M" in again.script_path("elements").read_text()
    assert run_element(str(again.folder), 0) == 1
    again.exit_path(0).write_text("1 none 1\n")
    outcome = aftermath.after(again)
    assert outcome.resubmitted is None
    assert "killed for memory again: give them more with --sbatch mem=" in outcome.words[0]


def test_told_to_stop_before_its_first_replication_is_not_finished(made):
    process = subprocess.Popen(
        [sys.executable, "-c", COMMAND, "element", str(made.folder), "1"],
        stderr=subprocess.DEVNULL,
    )
    until(lambda: made.note(1) is not None, "the element does not begin")
    os.kill(process.pid, signal.SIGUSR1)
    assert process.wait(timeout=60) == NOT_FINISHED
    assert made.note(1).state == State.STOPPED


def test_an_element_in_which_all_fails_stops_and_says_so(tmp_path, monkeypatch):
    monkeypatch.setattr(slurm_commands, "sbatch", lambda arguments: "1")
    (tmp_path / "never.py").write_text(
        "class Never:\n    def __init__(self, name, spec):\n        pass\n"
        "    def fit(self, *given):\n        raise ArithmeticError('no')\n"
    )
    changes = ("[0.0, 0.1]", "[0.1]"), ('kind = "euda_rule"', 'kind = "own"\nuses = "never:Never"')
    study = Study.from_toml(write_study(tmp_path, *changes))
    plan = make_plan(study, "quick", 60, tmp_path)
    found = draft(plan, Store(tmp_path / "out"), ClusterOptions(), slurm_commands.Limits())
    made = submit(found)
    said = call("element", made.folder, 0, status=1)
    assert "of the rows of estimator euda failed" in said.stderr
    assert made.note(0).state == State.FAILED
    stored = load(tmp_path / "out").status(digest=False)
    assert 0 < stored["done"] < stored["replications"]
    allowed = submit(
        draft(plan, Store(tmp_path / "out"), ClusterOptions(max_failures=1.0),
              slurm_commands.Limits())
    )  # fmt: skip
    call("element", allowed.folder, 0)
    assert load(tmp_path / "out").status(digest=False)["missing"] == 0


def test_borders_that_are_stored_already_are_decided_on_the_way(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(slurm_commands, "sbatch", lambda arguments: "1")
    monkeypatch.setattr(slurm_commands, "limits", slurm_commands.Limits)
    study = write_study(tmp_path, ("[0.0, 0.1]", "[0.05]"), ("low = 2.0, high = 3.0",
                        "low = 2.0, high = 2.5"))  # fmt: skip
    out = tmp_path / "out"
    plan = make_plan(Study.from_toml(study), "quick", 420)
    run_plan(plan, Store(out), LocalBackend(1))
    target = Target(mcse=0.02, limit=570)
    cluster.run(
        cluster.aimed(make_plan(plan.study, "quick"), Store(out), target), Store(out),
        ClusterOptions(), dry_run=False,
    )  # fmt: skip
    (made,) = submissions(out)
    assert "border 1" in capsys.readouterr().out
    assert load(out).plan.target is not None
    assert set(load(out).plan.replications.values()) & {570}
    assert sum(item.n_rep for item in made.elements()) == load(out).status(digest=False)["missing"]
