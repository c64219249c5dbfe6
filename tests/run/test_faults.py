"""Kills and interruptions at random moments: nothing is lost but the tasks in flight."""

import os
import random
import signal
import subprocess
import sys
import time
from contextlib import suppress
from functools import partial
from pathlib import Path

import pytest

from run.tiny import write_study
from simdesign.errors import StoppedError
from simdesign.run import LocalBackend, load, make_plan, run, run_plan
from simdesign.run.backends import LostWorkersError, run_locally
from simdesign.run.persist import IN_VAIN
from simdesign.run.store import Store
from simdesign.spec.study import Study

COMMAND = "from simdesign.cli import main; main()"
N_KILL, N_PARENT = 20, 4
"""Kills in all, and those of them that hit the parent."""
REPLICATIONS = 30
GIVE_UP = 480.0
"""Seconds after which a test says that something hangs."""


def start(*arguments):
    """Start a command of the program in a session of its own."""
    return subprocess.Popen(
        [sys.executable, "-c", COMMAND, *map(str, arguments)],
        stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, start_new_session=True,
    )  # fmt: skip


def children(pid):
    """Return the worker processes of a run: loky's tracker of resources is none."""
    found = []
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        try:
            found += [int(word) for word in task.read_text().split()]
        except OSError:  # the thread is gone
            continue
    return sorted(one for one in found if is_worker(one))


def is_worker(pid):
    try:
        return b"popen_loky_posix" in Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return False


def has_workers_or_ended(process):
    return children(process.pid) or process.poll() is not None


def n_shard(out):
    return len(list(out.glob("shards/[!.]*.parquet")))


def has_more_or_ended(process, out, before):
    return n_shard(out) > before or process.poll() is not None


def in_session(session):
    """Return every process of a session that lives."""
    found = []
    for entry in Path("/proc").iterdir():
        try:
            state = (entry / "stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if entry.name.isdigit() and int(state[3]) == session and state[0] != "Z":
            found.append(int(entry.name))
    return found


def until(happens, what):
    deadline = time.monotonic() + GIVE_UP
    while not (found := happens()):
        assert time.monotonic() < deadline, what
        time.sleep(0.01)
    return found


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """Run without any disturbance, with one worker."""
    folder = tmp_path_factory.mktemp("undisturbed")
    study = Study.from_toml(write_study(folder))
    return run(study, folder / "out", replications=REPLICATIONS, workers=1)


def is_complete(out):
    store = Store(out)
    return store.manifest_path.exists() and not load(out).status(digest=False)["missing"]


def test_twenty_kills_of_workers_and_parents_change_nothing(whole, tmp_path):
    luck = random.Random(20260107)
    study, n_folder = write_study(tmp_path), 1
    whom = ["parent"] * N_PARENT + ["worker"] * (N_KILL - N_PARENT)
    luck.shuffle(whom)
    process, started, n_stored = None, [], 0
    while whom:
        out = tmp_path / f"out{n_folder}"
        if process is None or process.poll() is not None:
            if is_complete(out):  # faster than its killers: the next ones have a folder to harm
                assert load(out).digest() == whole.digest()
                n_stored += n_shard(out)
                n_folder += 1
                out = tmp_path / f"out{n_folder}"
            elif process is not None:
                # ends by itself only when three deaths in a row had nothing to show
                assert process.returncode in (1, -signal.SIGKILL), process.communicate()[1]
            process = start(
                "run", study, "--out", out, "--replications", REPLICATIONS,
                "--workers", 2, "--task-size", 1,
            )  # fmt: skip
            started.append(process)
        until(partial(has_workers_or_ended, process), "no workers")
        if luck.random() < 0.5:  # else nothing would ever be stored: starting takes seconds
            until(partial(has_more_or_ended, process, out, n_shard(out)), "no more shards")
        time.sleep(luck.uniform(0.0, 1.0))  # while they start, compute or write
        workers = children(process.pid)
        victim = process.pid if whom[-1] == "parent" else luck.choice(workers or [0])
        if process.poll() is None and victim:
            with suppress(ProcessLookupError):  # it ended just now
                os.kill(victim, signal.SIGKILL)
                if whom.pop() == "parent":
                    process.communicate(timeout=GIVE_UP)
    if process.poll() is None:
        process.kill()
    process.communicate(timeout=GIVE_UP)
    until(lambda: not any(in_session(one.pid) for one in started), "workers outlive their parent")
    assert n_stored + n_shard(out) > 0
    done = run(Study.from_toml(study), out, replications=REPLICATIONS, workers=1, task_size=13)
    assert done.status()["missing"] == 0
    assert done.digest() == whole.digest()


def test_a_killed_worker_does_not_end_the_run(whole, tmp_path):
    study, out = write_study(tmp_path), tmp_path / "out"
    process = start(
        "run", study, "--out", out, "--replications", REPLICATIONS, "--workers", 2,
        "--task-size", 10,
    )  # fmt: skip
    until(lambda: list(out.glob("shards/[!.]*.parquet")), "no shards")
    os.kill(children(process.pid)[0], signal.SIGKILL)
    _, said = process.communicate(timeout=GIVE_UP)
    assert process.returncode == 0, said
    assert "a worker process ended by SIGKILL" in said
    assert "are missing and go on" in said
    assert f"{whole.plan.n_replication} of {whole.plan.n_replication} replications" in said
    assert load(out).digest() == whole.digest()
    assert in_session(process.pid) == []


@pytest.mark.parametrize("pause", [0.0, 0.15])
def test_two_interrupts_end_everything_at_once(tmp_path, pause):
    study, out = write_study(tmp_path), tmp_path / "out"
    process = start(
        "run", study, "--out", out, "--replications", REPLICATIONS, "--workers", 2,
        "--task-size", 1,
    )  # fmt: skip
    until(lambda: list(out.glob("shards/[!.]*.parquet")), "no shards")
    os.killpg(process.pid, signal.SIGINT)
    time.sleep(pause)
    os.killpg(process.pid, signal.SIGINT)
    _, said = process.communicate(timeout=GIVE_UP)
    assert process.returncode == 130
    assert "Traceback" not in said
    assert said.splitlines()[-1] in (
        "simdesign: ended at once; what is stored stays",
        "simdesign: stopped; what is stored stays, run again to go on",
    )
    until(lambda: not in_session(process.pid), "workers outlive their parent")
    assert load(out).status(digest=False)["done"] > 0  # every shard there is can be read


def _die_on_two(number):
    if number == 2:
        os.kill(os.getpid(), signal.SIGKILL)
    return number


def test_a_job_whose_worker_dies_is_missing_and_said_so():
    with pytest.raises(LostWorkersError, match="SIGKILL"):
        list(run_locally(_die_on_two, [2, 2, 2], 2))
    assert sorted(run_locally(_die_on_two, [0, 1, 3], 2)) == [0, 1, 3]  # the next run is whole


class _Dying(LocalBackend):
    """Does one job in a call, or none, and then loses its workers."""

    def __init__(self, one_of):
        super().__init__(1)
        self.one_of, self.calls = one_of, 0

    def map(self, function, jobs):
        self.calls += 1
        if self.calls % self.one_of == 0:
            function(jobs[0])  # stored, and never heard of
        raise LostWorkersError("a worker process ended by SIGKILL (out of memory?)")


def _plan(tmp_path):
    return make_plan(Study.from_toml(write_study(tmp_path)), "quick", 2)


def test_deaths_with_something_stored_in_between_are_survived(tmp_path):
    plan, backend = _plan(tmp_path), _Dying(IN_VAIN)
    results = run_plan(plan, Store(tmp_path / "out"), backend, task_size=1)
    assert results.status()["missing"] == 0
    assert backend.calls == IN_VAIN * plan.n_replication


def test_three_deaths_in_vain_end_the_run_with_what_to_do(tmp_path):
    plan, backend = _plan(tmp_path), _Dying(IN_VAIN + 1)
    with pytest.raises(StoppedError) as caught:
        run_plan(plan, Store(tmp_path / "out"), backend, task_size=1)
    said = str(caught.value)
    assert backend.calls == IN_VAIN
    for part in ("3 deaths", "memory", f"simdesign resume {tmp_path / 'out'} --workers 1"):
        assert part in said
    assert caught.value.exit_status == 1
    assert load(tmp_path / "out").status()["done"] == 0


def test_what_workers_stored_must_be_seen_here(tmp_path, monkeypatch):
    class Elsewhere(LocalBackend):
        """Stores in a folder that only its workers see."""

        def map(self, function, jobs):
            from dataclasses import replace

            for job in jobs:
                yield function(replace(job, folder=str(tmp_path / "theirs")))

    monkeypatch.setattr("simdesign.run.persist._VISIBLE", 0.5)
    with pytest.raises(StoppedError, match="a file system that all of them share"):
        run_plan(_plan(tmp_path), Store(tmp_path / "out"), Elsewhere(1), task_size=1)


def test_a_worker_with_other_code_refuses(tmp_path):
    from dataclasses import replace

    from simdesign.run.job import do, jobs_of
    from simdesign.run.plan import missing_tasks

    plan = _plan(tmp_path)
    store = Store(tmp_path / "out")
    job = jobs_of(plan, store, missing_tasks(plan, {}, 1))[0]
    with pytest.raises(StoppedError, match="another version"):
        do(replace(job, code="0" * 16))
    assert not store.folder.exists()


def test_every_task_is_computed_with_one_thread(tmp_path, monkeypatch):
    import threadpoolctl

    from simdesign.run.job import do, jobs_of
    from simdesign.run.plan import missing_tasks
    from simdesign.run.replicate import Bench

    seen = []
    before = Bench.run

    def spy(self, task):
        seen.append([pool["num_threads"] for pool in threadpoolctl.threadpool_info()])
        return before(self, task)

    monkeypatch.setattr(Bench, "run", spy)
    plan = _plan(tmp_path)
    with threadpoolctl.threadpool_limits(2):
        do(jobs_of(plan, Store(tmp_path / "out"), missing_tasks(plan, {}, 1))[0])
    assert seen
    assert {n for pools in seen for n in pools} == {1}
