"""Scripts, options and shares without a Slurm: text that bash and sbatch read as it is meant."""

import os
import shlex
import signal
import subprocess
import sys

import numpy as np
import pytest

from run.slurm.on_cluster import RECORD, call, slow_study, until
from run.tiny import write_study
from simdesign.errors import ClusterError, SpecError
from simdesign.run import Store, make_plan, missing_tasks, run
from simdesign.run.backends import sbatch_options, slurm_commands
from simdesign.run.backends.slurm_options import minutes_of
from simdesign.run.backends.slurm_script import (
    NOT_FINISHED,
    Request,
    Site,
    collect_script,
    element_script,
)
from simdesign.run.cluster import ClusterOptions, draft, preview, submit
from simdesign.run.element import minutes_for
from simdesign.run.expected import expected_costs
from simdesign.run.share import Range, missing_ranges, shared_out, within
from simdesign.run.submission import Note, State, new_submission, submissions
from simdesign.spec.study import Study

ODD = '50% a\'b "c" $(touch here); é'
REQUEST = Request(minutes=30, memory_mib=2048, lead_seconds=60)


def site(folder, *texts, study="tiny", prologue="", python=("python3",)):
    return Site(
        study=study, folder=folder, python=python, prologue=prologue, options=sbatch_options(texts)
    )


def test_the_script_reads_as_it_was_asked_for(tmp_path):
    text = element_script(
        site(tmp_path, "account=abc,partition=long,exclude=n[1-3],n7,exclusive=", "mem=3G"),
        REQUEST,
    )
    head = [line for line in text.splitlines() if line.startswith("#SBATCH")]
    assert head == [
        "#SBATCH --job-name=simdesign-tiny",
        f"#SBATCH --output={tmp_path}/logs/%j.out",
        "#SBATCH --open-mode=append",
        "#SBATCH --nodes=1",
        "#SBATCH --ntasks=1",
        "#SBATCH --time=30",
        "#SBATCH --signal=B:USR1@60",
        "#SBATCH --account=abc",
        "#SBATCH --partition=long",
        '#SBATCH --exclude="n[1-3],n7"',
        "#SBATCH --exclusive",
        "#SBATCH --mem=3G",
    ]
    for name in ("OMP", "OPENBLAS", "MKL", "NUMBA"):
        assert f"{name}_NUM_THREADS=1" in text
    assert "#SBATCH --mem=2048M" in element_script(site(tmp_path), REQUEST)
    assert "--signal" not in collect_script(site(tmp_path), REQUEST)


@pytest.mark.parametrize("name", [ODD, "x" * 300, "a\nb", "--wrap=rm"])
def test_an_odd_study_name_stays_a_comment_and_a_job_name(tmp_path, name):
    text = element_script(site(tmp_path, study=name), REQUEST)
    plain = element_script(site(tmp_path), REQUEST)
    assert len(text.splitlines()) == len(plain.splitlines())
    (job_name,) = (x for x in text.splitlines() if x.startswith("#SBATCH --job-name"))
    assert set(job_name.removeprefix("#SBATCH --job-name=")) <= set(
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-"
    )


def _element_of(script, code, *, status, told=None):
    """Run a script whose Python is a few lines; tell its shell to stop once they are ready."""
    text = script.read_text().replace(
        '"${python[@]}" -m simdesign.cli', f"{shlex.quote(sys.executable)} -c {shlex.quote(code)}"
    )
    script.write_text(text)
    process = subprocess.Popen(
        ["bash", str(script), "4"], cwd=script.parent, start_new_session=True,
        env={**os.environ, "SLURM_ARRAY_TASK_ID": "3", "SLURM_JOB_ID": "77"},
    )  # fmt: skip
    if told is not None:
        until((script.parent / "ready").exists, "the element did not begin")
        process.send_signal(told)
    assert process.wait(timeout=60) == status


TOLD = """
import pathlib, signal, sys, time
told = []
signal.signal(signal.SIGUSR1, lambda *a: told.append(1))
assert sys.argv[1] == "element" and sys.argv[3] == "7", sys.argv
pathlib.Path("ready").touch()
for _ in range(600):
    if told:
        time.sleep(0.3)
        sys.exit(75)
    time.sleep(0.05)
"""


@pytest.mark.parametrize(
    ("code", "told", "status", "signal_name"),
    [
        ("import sys; sys.exit(0)", None, 0, "none"),
        ("import sys; sys.exit(2)", None, 2, "none"),
        ("import os; os.kill(os.getpid(), 9)", None, 137, "none"),
        (TOLD, signal.SIGUSR1, NOT_FINISHED, "USR1"),
        (TOLD, signal.SIGTERM, NOT_FINISHED, "TERM"),
    ],
)
def test_the_shell_says_how_its_python_ended(tmp_path, code, told, status, signal_name):
    folder = tmp_path / ODD
    (folder / "elements").mkdir(parents=True)
    script = folder / "elements.sbatch"
    script.write_text(element_script(site(folder), REQUEST))
    _element_of(script, code, status=status, told=told)
    assert (folder / "elements" / "000007.exit").read_text() == f"{status} {signal_name} 77\n"
    names = {path.name for path in (folder / "elements").iterdir()}
    assert names == {"000007.exit"}
    assert not list(tmp_path.rglob("here"))


def test_a_prologue_is_taken_word_by_word_and_may_set_python(tmp_path):
    prologue = 'module load "a b"\npython=(apptainer exec $IMAGE python3)\n'
    text = element_script(site(tmp_path, prologue=prologue, python=("/opt/a b/python",)), REQUEST)
    assert prologue in text
    assert text.index("'/opt/a b/python'") < text.index(prologue) < text.index("-m simdesign.cli")


@pytest.mark.parametrize(
    ("text", "field", "rule"),
    [
        ("account", "--sbatch", "name=value"),
        ("Account=x", "--sbatch", "name=value"),
        ("output=x", "--sbatch output", "cannot be set"),
        ("wrap=rm", "--sbatch wrap", "cannot be set"),
        ("array=0-7", "--sbatch array", "%N"),
        ("time=soon", "--sbatch time", "must be a time"),
        ("time=0", "--sbatch time", "longer than nothing"),
        ("time=", "--sbatch time", "must be a time"),
        ("time=1:2:3:4", "--sbatch time", "must be a time"),
        ("time=UNLIMITED", "--sbatch time", "must be a time"),
        ("time-min=1h", "--sbatch time-min", "must be a time"),
        ("mem=lots", "--sbatch mem", "amount of memory"),
        ("mem=", "--sbatch mem", "amount of memory"),
        ("mem=4.5G", "--sbatch mem", "amount of memory"),
        ("mem=-1", "--sbatch mem", "amount of memory"),
        ("mem=4X", "--sbatch mem", "amount of memory"),
        ("mem-per-cpu=4 G", "--sbatch mem-per-cpu", "amount of memory"),
        ("mem=4G,mem-per-cpu=4G", "--sbatch mem-per-cpu", "cannot be combined with mem"),
        ("mem=4G,mem=8G", "--sbatch mem", "given twice"),
        ("cpus-per-task=two", "--sbatch cpus-per-task", "whole number"),
        ("partition=long;rm", "--sbatch partition", "letters, digits"),
        ("account=$HOME", "--sbatch account", "letters, digits"),
        ("qos=", "--sbatch qos", "letters, digits"),
        ("p=long", "--sbatch", "name=value"),
        ("account=a\nrm", "--sbatch account", "one line"),
    ],
)
def test_an_option_that_cannot_be_is_named(text, field, rule):
    with pytest.raises(SpecError, match=rule) as error:
        sbatch_options([text])
    assert error.value.field == field


@pytest.mark.parametrize(
    "text",
    [
        "mem=4G", "mem=4000M", "mem=4000", "mem=0", "mem=512k", "mem=1T", "mem=4GB",
        "mem-per-cpu=2g", "tmp=10G", "time=10", "time=10:00", "time=1:00:00", "time=1-00",
        "time=1-00:00", "time=1-00:00:00", "time=2:00:00,time-min=30", "cpus-per-task=2",
        "partition=short,long", "account=drugs.2026", "gres=gpu:1", "constraint=[a|b]&c",
        "comment=what the site likes", "exclusive=", "container-image=docker://a/b:1", "nice=",
    ],
)  # fmt: skip
def test_what_sbatch_takes_is_taken(text):
    values = sbatch_options([text]).values
    assert dict(item.split("=") for item in text.split(",") if "=" in item).keys() == values.keys()


@pytest.mark.parametrize(
    ("text", "minutes"),
    [("10", 10), ("10:00", 10), ("1-00:00:00", 1440),
     ("90", 90), ("90:30", 90.5), ("1:30:00", 90), ("2-12", 3600), ("2-12:30", 3630),
     ("1-0:0:30", 1440.5)],
)  # fmt: skip
def test_times_are_read_as_sbatch_reads_them(text, minutes):
    assert minutes_of(text) == minutes


def test_more_memory_is_asked_for_in_the_words_of_the_user():
    assert sbatch_options(["mem=1500M"]).with_memory_times(2.0).values == {"mem": "3000M"}
    assert sbatch_options(["mem-per-cpu=2G"]).with_memory_times(2.0).values == {
        "mem-per-cpu": "4096M"
    }
    assert sbatch_options(["account=x"]).with_memory_times(2.0) is None
    assert sbatch_options(["mem=0"]).with_memory_times(2.0) is None  # all of a node


def ranges(*items):
    return [
        Range(scenario=name, start=start, stop=stop, seconds=(stop - start) * each)
        for name, start, stop, each in items
    ]


@pytest.mark.parametrize("pilot", [True, False])
@pytest.mark.parametrize("seconds", [3.0, 10.0, 100.0, 1e9])
def test_elements_share_out_every_replication_once_and_evenly(pilot, seconds):
    wanted = ranges(("a", 0, 1000, 0.1), ("b", 7, 57, 2.0), ("c", 0, 3, 30.0), ("d", 5, 6, 0.01))
    elements = shared_out(wanted, seconds, pilot=pilot)
    found = {(r.scenario, k) for e in elements for r in e.ranges for k in range(r.start, r.stop)}
    assert found == {(r.scenario, k) for r in wanted for k in range(r.start, r.stop)}
    assert sum(e.n_rep for e in elements) == len(found)
    assert [e.number for e in elements] == list(range(len(elements)))
    # a replication cannot be split: an element is at most one of them too long
    slowest = 30.0
    assert max(e.seconds for e in elements) <= max(seconds, 1e-9) + slowest
    total = sum(r.seconds for r in wanted)
    assert sum(e.seconds for e in elements) == pytest.approx(total)
    if seconds < total:
        assert len(elements) <= total / seconds + 2
        if pilot:
            assert {r.scenario for r in elements[0].ranges} == {"a", "b", "c", "d"}
            assert all(r.stop - r.start <= 20 for r in elements[0].ranges)
    else:
        assert len(elements) == 1


def test_what_was_killed_is_found_among_what_is_missing():
    missing = ranges(("a", 10, 20, 1.0), ("b", 0, 5, 1.0))
    (one, *_) = shared_out(ranges(("a", 0, 15, 1.0)), 100.0, pilot=False)
    found = within(missing, [one])
    assert [(r.scenario, r.start, r.stop) for r in found] == [("a", 10, 15)]


@pytest.fixture(scope="module")
def plan(tmp_path_factory):
    return make_plan(Study.from_toml(write_study(tmp_path_factory.mktemp("plan"))), "quick")


def test_tasks_of_elements_are_those_that_are_missing(plan, tmp_path):
    store = Store(tmp_path / "out")
    costs = expected_costs(plan, store)
    elements = shared_out(missing_ranges(plan, {}, costs), 2.0, pilot=True)
    covered = {}
    for element in elements:
        for _, task in element.tasks(plan):
            for cell in task.cells:
                key = (task.scenario, cell.content)
                covered.setdefault(key, []).append((task.start, task.stop))
    assert missing_tasks(plan, covered) == []
    element = max(elements, key=lambda item: item.n_rep)
    place, task = next(element.tasks(plan, (0, element.ranges[0].start + 1)))
    assert (place, task.start) == (0, element.ranges[0].start + 1)


def test_arrays_are_split_to_the_sites_limit(plan, tmp_path):
    options = ClusterOptions(task_minutes=0.02)
    limits = slurm_commands.Limits(array=4)
    found = draft(plan, Store(tmp_path / "out"), options, limits)
    n = len(found.elements)
    assert found.arrays() == [(k, min(4, n - k)) for k in range(1, n, 4)]
    assert len(found.arrays()) > 2
    commands = preview(found).commands
    assert not (tmp_path / "out").exists()
    assert len(commands) == len(found.arrays()) + 2
    assert all("--dependency=afterok:JOB1" in line for line in commands[1:-1])
    assert "--dependency=afterany:JOB1:JOB2" in commands[-1]


def test_no_more_elements_than_a_site_holds_are_submitted(plan, tmp_path):
    options, store = ClusterOptions(task_minutes=0.02), Store(tmp_path / "out")
    whole = draft(plan, store, options, slurm_commands.Limits())
    found = draft(plan, store, options, slurm_commands.Limits(jobs=5))
    assert len(found.elements) == 4
    assert len(whole.elements) == 4 + found.n_later


def test_a_time_that_is_asked_for_decides_how_much_an_element_does(plan, tmp_path):
    store, limits = Store(tmp_path / "out"), slurm_commands.Limits()
    free = draft(plan, store, ClusterOptions(task_minutes=60.0), limits)
    assert len(free.elements) == 1
    assert free.request.minutes > minutes_for(2.0 * free.elements[0].seconds, 60)
    short = ClusterOptions(sbatch=sbatch_options(["time=0:30"]), task_minutes=60.0)
    assert len(draft(plan, store, short, limits).elements) > 1


def test_what_was_measured_replaces_what_was_assumed(plan, tmp_path):
    out = tmp_path / "out"
    before = expected_costs(plan, Store(out))
    assert before.source.startswith("assumptions")
    results = run(plan.study, out, replications=2, workers=1)
    after = expected_costs(results.plan, Store(out))
    spent = sum(shard.seconds for shard in results.store.shards())
    # a line through tasks of two replications: what they share is paid once in a larger task
    assert 0.0 < sum(2 * seconds for seconds in after.seconds.values()) < 1.5 * spent
    assert after.source == f"{len(results.store.shards())} measured tasks"
    made = new_submission(out)
    made.write_record(RECORD)
    made.write_note(0, Note(state=State.DONE, job="1", host="n", n_done=1, n_rep=1, peak_mib=51200))
    # half as much again as the largest: far more than this process has, which is in the shards
    assert expected_costs(results.plan, Store(out)).peak_mib == 76800


def test_a_refusal_halfway_keeps_what_was_accepted_and_says_what_was_not(
    plan, tmp_path, monkeypatch
):
    asked = []

    def sbatch(arguments):
        asked.append(arguments)
        if len(asked) == 3:
            raise ClusterError("sbatch", "refused: QOSMaxSubmitJobPerUserLimit")
        return str(100 + len(asked))

    monkeypatch.setattr(slurm_commands, "sbatch", sbatch)
    limits = slurm_commands.Limits(array=4)
    out = Store(tmp_path / "out")
    made = submit(draft(plan, out, ClusterOptions(task_minutes=0.02), limits))
    record = made.record()
    assert [item["job"] for item in record["arrays"]] == ["101", "102"]
    assert record["collect"] == "104"
    assert "QOSMaxSubmit" in record["refused"]
    assert record["n_element"] > sum(item["n"] for item in record["arrays"])
    assert asked[3][0] == "--dependency=afterany:101:102"


def test_without_slurm_a_dry_run_shows_all_and_a_run_is_one_line(tmp_path):
    study, out = slow_study(tmp_path / "study"), tmp_path / "out"
    nowhere = {"PATH": "/nowhere"}
    shown = call(
        "run", study, "--backend", "slurm", "--dry-run", "--out", out, "--sbatch", "array=%5",
        "--task-minutes", "0.05", **nowhere,
    )  # fmt: skip
    assert "#SBATCH --signal=B:USR1@60" in shown.stdout
    assert "%5 --dependency=afterok:JOB1" in shown.stdout
    refused = call("run", study, "--backend", "slurm", "--out", out, status=2, **nowhere)
    assert refused.stderr.splitlines() == [
        "simdesign: scontrol: is not there: submit from a machine that has Slurm's commands"
    ]
    assert not out.exists()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--sbatch", "mem=1G"), "--sbatch: needs --backend slurm"),
        (("--backend", "pbs"), "--backend: must be one of local, dask, slurm"),
        (("--backend", "slurm", "--task-minutes", "0"), "--task-minutes: must be > 0"),
        (("--backend", "slurm", "--prologue", "absent.sh"), "must be a readable text file"),
    ],
)
def test_what_does_not_go_together_is_one_line(tmp_path, monkeypatch, capsys, arguments, words):
    from simdesign.cli import call as here

    monkeypatch.setattr(slurm_commands, "limits", slurm_commands.Limits)
    monkeypatch.setattr(slurm_commands, "in_queue", lambda jobs: [])
    out = tmp_path / "out"
    assert here(["run", str(write_study(tmp_path)), "--out", str(out), *arguments]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert words in line
    assert not out.exists()


def test_two_that_submit_at_once_get_two_folders(tmp_path):
    made = [new_submission(tmp_path) for _ in range(3)]
    assert [item.folder.name for item in made] == ["0001", "0002", "0003"]
    assert submissions(tmp_path) == []  # nothing is recorded yet


@pytest.mark.parametrize(
    ("note", "gone", "ended", "state", "is_memory"),
    [
        (None, None, False, State.WAITING, False),
        (State.RUNNING, None, False, State.RUNNING, False),
        (State.RUNNING, None, True, State.KILLED, False),  # with its shell: no word of it
        (State.RUNNING, "137 none 5", False, State.KILLED, True),
        (State.RUNNING, "137 TERM 5", False, State.STOPPED, False),  # cancelled, then killed
        (State.STOPPED, "75 USR1 5", False, State.STOPPED, False),
        (State.DONE, "0 none 5", False, State.DONE, False),
        (State.DONE, "143 TERM 5", False, State.DONE, False),  # told while it ended
        (State.FAILED, "1 none 5", False, State.FAILED, False),
        (None, "127 none 5", False, State.FAILED, False),  # there was no Python
        (State.RUNNING, "139 none 5", False, State.KILLED, False),
        (State.RUNNING, "137 none 5", True, State.KILLED, True),
        (None, None, True, State.WAITING, False),
    ],
)
def test_files_tell_what_became_of_an_element(tmp_path, note, gone, ended, state, is_memory):
    made = new_submission(tmp_path)
    made.write_record(RECORD)
    if note is not None:
        made.write_note(0, Note(state=note, job="5", host="n", n_done=1, n_rep=2))
    if gone is not None:
        made.exit_path(0).write_text(f"{gone}\n")
    if ended:
        made.end(made.fates())
        assert list((made.folder / "elements").iterdir()) == []  # one file says it all now
    (fate,) = made.fates()
    assert (fate.state, fate.is_memory) == (state, is_memory)
    assert (fate.note is None) == (note is None)


def test_a_task_in_pieces_has_the_rows_of_the_whole(plan):
    from simdesign.run import Task, run_task
    from simdesign.run.pieces import until_stopped

    scenario = plan.scenarios[-1]
    task = Task(scenario=scenario.name, start=2, stop=9, cells=plan.cells[scenario.name])
    calls = []

    def compute(part):
        calls.append(part)
        return run_task(plan.study, scenario, part)

    upto, rows = until_stopped(compute, task, lambda: len(calls) == 2)
    assert [(part.start, part.stop) for part in calls] == [(2, 3), (3, 7)]
    assert upto.stop == 7
    whole = run_task(plan.study, scenario, task)
    key = ("design", "estimator", "substance", "replication", "look")
    inside = whole["replication"] < 7
    orders = [np.lexsort([r[name].astype(str) for name in key]) for r in (rows, whole)]
    for name, values in rows.items():
        theirs = whole[name][orders[1]][inside[orders[1]]]
        np.testing.assert_array_equal(values[orders[0]], theirs)
    assert until_stopped(compute, task, lambda: True) is None


def test_limits_are_read_from_what_the_site_says(tmp_path, monkeypatch):
    fake = tmp_path / "scontrol"
    fake.write_text("#!/bin/sh\necho 'MaxArraySize            = 751'\necho 'MaxJobCount = 99'\n")
    fake.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    assert slurm_commands.limits() == slurm_commands.Limits(array=751, jobs=99)
    fake.write_text("#!/bin/sh\necho 'MaxArraySize = 0'\n")
    with pytest.raises(ClusterError, match="no job arrays"):
        slurm_commands.limits()
