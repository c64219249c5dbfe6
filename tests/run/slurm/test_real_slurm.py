"""Through a real Slurm: killed, cancelled, told to stop, resumed; one digest in the end."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from run.slurm.conftest import MAX_ARRAY, said
from run.slurm.on_cluster import REPLICATIONS, call, python_of, slow_study, until
from simdesign.errors import SpecError
from simdesign.run import (
    LocalBackend,
    Store,
    Target,
    decisions,
    load,
    make_plan,
    run,
    run_to_target,
)
from simdesign.run.backends import sbatch_options
from simdesign.run.submission import State, submissions
from simdesign.spec.study import Study

TASK_MINUTES = "0.033"  # makes four elements: a first one and more than one array
FORMS = (
    "mem=lots", "mem=4X", "mem=4.5G", "mem=", "mem=-1", "mem=4 G", "time=soon", "time=1:2:3:4",
    "time=", "time-min=1h", "cpus-per-task=two", "mem=4G", "mem=4GB", "mem=4000M", "mem=4000",
    "mem=0", "mem=512k", "tmp=10G", "time=10", "time=10:00", "time=1:00:00", "time=1-00",
    "time=1-00:00", "time=1-0:0:30", "time-min=30", "cpus-per-task=2",
)  # fmt: skip
"""Times, memory and counts: eleven that sbatch cannot read, and others that it can."""
PROLOGUE = 'true  # "module load $NOTHING"\n'


def _queue_is_empty():
    return said("squeue", "--noheader") == ""


def _fates(submission):
    return {fate.number: fate for fate in submission.fates()}


def _status(out, *, status=0):
    """Return the status as JSON where no Slurm can be reached."""
    found = call("status", out, "--json", SLURM_CONF="/nowhere/slurm.conf", status=status)
    return json.loads(found.stdout)


@pytest.mark.usefixtures("slurm")
def test_a_target_is_reached_border_by_border_as_on_one_machine(tmp_path):
    study = slow_study(tmp_path / "study", ("low = 2.0, high = 3.0", "low = 2.0, high = 2.5"))
    target = Target(mcse=0.02, limit=570)
    plan = make_plan(Study.from_toml(study), "quick", folder=study.parent)
    whole = run_to_target(plan, Store(tmp_path / "whole"), target, LocalBackend(1))
    out = tmp_path / "out"
    call("run", study, "--backend", "slurm", "--out", out, "--mcse", 0.02, "--limit", 570)
    until(_queue_is_empty, "jobs do not end")
    assert len(submissions(out)) == len(decisions(whole.store)) > 1
    assert decisions(Store(out)) == decisions(whole.store)
    assert load(out).status()["missing"] == 0
    assert load(out).digest() == whole.digest()
    assert (out / "measures.csv").exists()


@pytest.mark.usefixtures("slurm")
def test_killed_cancelled_and_stopped_elements_end_in_the_digest_of_a_local_run(tmp_path):
    study = slow_study(tmp_path / "a study's")
    out = tmp_path / 'out put 50%"'
    prologue = tmp_path / "prologue.sh"
    prologue.write_text(PROLOGUE)
    whole = run(study, tmp_path / "whole", replications=REPLICATIONS, workers=1)
    beside, hold = study.parent, study.parent / "hold"
    hold.touch()
    said_ = call(
        "run", study, "--backend", "slurm", "--out", out, "--replications", REPLICATIONS,
        "--task-minutes", TASK_MINUTES, "--prologue", prologue, "--sbatch", "partition=test,nice=1",
    )  # fmt: skip
    assert "#SBATCH --partition=test" in said_.stdout
    assert PROLOGUE in said_.stdout
    (first,) = submissions(out)
    record = first.record()
    assert [item["n"] for item in record["arrays"]] == [1, MAX_ARRAY, 1]
    assert all(str(job) in said_.stdout for job in first.jobs())

    # While they wait or run, nobody submits the same work once more.
    again = call("resume", out, "--backend", "slurm", status=2)
    assert "still has jobs of" in again.stderr
    assert len(again.stderr.splitlines()) == 1

    # One element is killed in the middle, as by a kernel without memory; another is cancelled.
    for index in (0, 1):
        mark = beside / f"{record['arrays'][1]['job']}_{index}.mark"
        until(mark.exists, f"element {index + 1} did not begin")
    assert _status(out)["submissions"][0]["running"] == [1, 2]
    os.kill(python_of(first.folder, 1), signal.SIGKILL)
    subprocess.run(["scancel", first.slurm_name(2)], check=True)
    hold.unlink()
    until(_queue_is_empty, "jobs do not end")

    # The killed one got twice the memory, by itself and once.
    fates = _fates(first)
    assert fates[1].state == State.KILLED
    assert fates[1].is_memory
    assert fates[2].state == State.STOPPED
    assert fates[2].note.n_done == 1
    assert {fates[n].state for n in (0, 3)} == {State.DONE}
    assert {"n1", "n2"} == {fate.note.host for fate in fates.values()}
    _, second = submissions(out)
    assert second.record()["retry_of"] == first.folder.name
    assert second.record()["request"]["memory_mib"] == 2 * record["request"]["memory_mib"]
    assert not second.record()["has_pilot"]
    assert "#SBATCH --mem=4096M" in second.script_path("elements").read_text()
    assert {fate.state for fate in second.fates()} == {State.DONE}

    # What was cancelled is said in one line, with the command, and evaluated without.
    half = _status(out)
    log = (second.log_folder / f"{second.record()['collect']}.out").read_text()
    lines = [line for line in log.splitlines() if "are missing" in line]
    wanted = f"{half['missing']} of {half['replications']} replications are missing: "
    assert [line.partition("simdesign resume")[0] for line in lines] == [f"simdesign: {wanted}"]
    assert half["missing"] == fates[2].note.n_rep - 1
    assert (out / "measures.csv").exists()

    # The first element measured, and the arrays that waited for it got less time.
    pilot = first.pilot()
    assert set(pilot["seconds_per_replication"]) == {item.name for item in load(out).plan.scenarios}
    assert [item["is_lowered"] for item in pilot["time_limits"]] == [True, True]
    for item in pilot["time_limits"]:
        shown = said("scontrol", "--oneliner", "show", "job", item["job"])
        assert f"TimeLimit=00:{item['minutes']:02d}:00" in shown

    # Resumed, and told to stop: closed at the last finished replication.
    hold.touch()
    call("resume", out, "--task-minutes", "9")
    third = submissions(out)[-1]
    (array,) = third.record()["arrays"]
    until((beside / f"{array['job']}_0.mark").exists, "the resumed element did not begin")
    subprocess.run(["scancel", "--signal=USR1", "--batch", f"{array['job']}_0"], check=True)
    until(_queue_is_empty, "jobs do not end")
    (fate,) = third.fates()
    assert fate.state == State.STOPPED
    assert (fate.note.n_done, fate.note.n_rep) == (1, half["missing"])
    assert _status(out)["missing"] == half["missing"] - 1

    # The rest on this machine, and the same numbers as from one process.
    call("resume", out, "--backend", "local", "--workers", 1)
    assert load(out).status()["missing"] == 0
    assert load(out).digest() == whole.digest()


@pytest.mark.usefixtures("slurm")
def test_submission_compiles_nothing_and_what_waits_is_known_without_slurm(tmp_path):
    study, out = slow_study(tmp_path / "study"), tmp_path / "out"
    cache = tmp_path / "cache"
    said_ = call(
        "run", study, "--backend", "slurm", "--out", out, "--task-minutes", "0.1",
        "--sbatch", "begin=now+1hour", SIMDESIGN_CACHE=str(cache),
    )  # fmt: skip
    assert list(cache.rglob("*.nbi")) == []
    assert said_.seconds < 20.0  # compiling takes longer than that by itself
    (made,) = submissions(out)
    found = _status(out)["submissions"][0]
    assert len(found["waiting"]) == found["elements"] == made.record()["n_element"] > 1
    subprocess.run(["scancel", *made.jobs()], check=True)
    until(_queue_is_empty, "jobs do not end")


@pytest.mark.usefixtures("slurm")
def test_a_refusal_is_one_line_and_leaves_no_submission(tmp_path):
    study, out = slow_study(tmp_path / "study"), tmp_path / "out"
    said_ = call(
        "run", study, "--backend", "slurm", "--out", out, "--sbatch", "partition=nowhere", status=2
    )
    assert len(said_.stderr.splitlines()) == 1
    assert "sbatch: refused: " in said_.stderr
    assert "nvalid partition" in said_.stderr
    assert list((out / "jobs").iterdir()) == []


@pytest.mark.usefixtures("slurm")
def test_sbatch_itself_refuses_what_is_refused_here_and_nothing_else(tmp_path):
    """It reads its options before it asks a controller, and here there is none to ask."""
    nowhere, script = tmp_path / "slurm.conf", tmp_path / "job.sh"
    nowhere.write_text(
        "ClusterName=x\nSlurmctldHost=localhost(127.0.0.1)\nSlurmctldPort=9\nMessageTimeout=2\n"
    )
    script.write_text("#!/bin/bash\n")
    started = {
        option: subprocess.Popen(
            ["sbatch", f"--{option}", str(script)], stderr=subprocess.PIPE, text=True,
            env={**os.environ, "SLURM_CONF": str(nowhere)},
        )
        for option in FORMS
    }  # fmt: skip
    said_ = {option: process.communicate(timeout=200)[1] for option, process in started.items()}
    theirs = {option for option, text in said_.items() if "Invalid" in text}
    assert all("Unable to contact" in said_[option] for option in FORMS if option not in theirs)
    assert {option for option in FORMS if _is_refused(option)} == theirs
    assert 10 < len(theirs) < len(FORMS) - 10


def _is_refused(option):
    try:
        sbatch_options([option])
    except SpecError:
        return True
    return False


@pytest.mark.usefixtures("slurm")
def test_what_does_not_work_in_the_first_element_is_not_tried_by_the_others(tmp_path):
    study, out = slow_study(tmp_path / "study"), tmp_path / "out"
    prologue = tmp_path / "prologue.sh"
    prologue.write_text("[[ $1 == 0 ]] && python=(no-such-python)\n")
    call(
        "run", study, "--backend", "slurm", "--out", out, "--replications", 2,
        "--task-minutes", "0.005", "--prologue", prologue,
    )  # fmt: skip
    until(_queue_is_empty, "jobs do not end")
    (made,) = submissions(out)
    fates = _fates(made)
    assert fates[0].state == State.FAILED
    assert {fate.words for number, fate in fates.items() if number > 0} == {"never started"}
    log = (made.log_folder / f"{made.record()['collect']}.out").read_text()
    assert "6 of 6 replications are missing: simdesign resume" in log
    lines = call("status", out).stdout
    assert "element 0: exit status 127" in lines


def test_no_daemon_of_these_tests_outlives_a_killed_test_run():
    """The daemons are children that die with their parent: seen with one that only sleeps."""
    code = (
        "import os, time\n"
        "from run.slurm.conftest import _daemon\n"
        "with _daemon('sleep', '100') as process:\n"
        "    print(process.pid, flush=True)\n"
        "    time.sleep(100)\n"
    )
    tests = Path(__file__).parents[2]
    parent = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, cwd=tests)
    child = int(parent.stdout.readline())
    until(lambda: "sleep" in said("ps", "-o", "comm=", "-p", str(child)), "no child")
    parent.kill()
    parent.wait()
    parent.stdout.close()
    until(lambda: said("ps", "-o", "stat=", "-p", str(child)) in ("", "Z"), "it lives on", 5.0)
