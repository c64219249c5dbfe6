"""A real Dask cluster: the same rows when workers are killed, one line without a scheduler."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import threading
import time
from functools import partial

import dask_jobqueue  # noqa: F401  (loaded before a test takes it away)
import distributed  # noqa: F401
import pytest

from run.tiny import write_study
from simdesign.cli import call
from simdesign.errors import SpecError, StoppedError
from simdesign.run import DaskBackend, LocalBackend, Store, load, run, run_plan
from simdesign.run.backends import LostWorkersError
from simdesign.run.backends.dask import batch_cluster
from simdesign.spec.study import Study

GIVE_UP = 240.0
REPLICATIONS = 6


def until(happens, what):
    deadline = time.monotonic() + GIVE_UP
    while not (found := happens()):
        assert time.monotonic() < deadline, what
        time.sleep(0.05)
    return found


def start(*arguments):
    return subprocess.Popen(
        [sys.executable, "-m", "distributed.cli." + arguments[0], *map(str, arguments[1:])],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True,
    )  # fmt: skip


def end(process):
    """End a program with all that it started."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


class Cluster:
    """A scheduler and two workers, each a program of its own, on a free port."""

    def __init__(self, folder):
        self.file = folder / "scheduler.json"
        self.programs = [
            start("dask_scheduler", "--host", "127.0.0.1", "--port", 0, "--no-dashboard",
                  "--scheduler-file", self.file),
        ]  # fmt: skip
        until(self.file.is_file, "no scheduler")
        for number in range(2):
            self.add_worker(folder, number)

    def add_worker(self, folder, number):
        self.programs.append(
            start("dask_worker", "--scheduler-file", self.file, "--nthreads", 1, "--nworkers", 1,
                  "--no-dashboard", "--local-directory", folder / f"worker{number}",
                  "--name", f"worker{number}", "--nanny" if number else "--no-nanny")
        )  # fmt: skip

    def stop(self):
        for program in self.programs:
            end(program)


@pytest.fixture(scope="module")
def cluster(tmp_path_factory):
    made = Cluster(tmp_path_factory.mktemp("cluster"))
    yield made
    made.stop()


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    folder = tmp_path_factory.mktemp("serial")
    study = Study.from_toml(write_study(folder))
    return run(study, folder / "out", replications=REPLICATIONS, workers=1)


@pytest.fixture
def plan(whole):
    return whole.plan


def _kill_first_worker(cluster):
    """Kill the program of the worker that has no nanny."""
    end(cluster.programs[1])


def test_a_worker_killed_in_mid_task_changes_no_row(whole, cluster, tmp_path):
    plan, store = whole.plan, Store(tmp_path / "out")
    with DaskBackend(str(cluster.file), workers=2) as backend:
        until(lambda: len(backend._threads()) == 2, "two workers did not come")

        def kill_once_it_works():
            until(lambda: list(store.folder.glob("shards/[!.]*.parquet")), "no shard")
            _kill_first_worker(cluster)

        murderer = threading.Thread(target=kill_once_it_works, daemon=True)
        murderer.start()
        results = run_plan(plan, store, backend, task_size=1)
        murderer.join()
        assert len(backend._threads()) == 1
    assert results.status()["missing"] == 0
    assert results.status()["failed_rows"] == 0
    assert results.digest() == whole.digest()


def test_the_command_runs_and_resumes_there(whole, cluster, tmp_path, capsys):
    study, out = write_study(tmp_path), tmp_path / "out"
    there = ["--backend", "dask", "--scheduler", str(cluster.file)]
    asked = ["run", str(study), "--out", str(out), "--replications", str(REPLICATIONS)]
    assert call([*asked, *there]) == 0
    assert load(out).digest() == whole.digest()
    for shard in list(out.glob("shards/*null_mixture*")):
        shard.unlink()
    assert call(["resume", str(out), *there]) == 0
    assert load(out).digest() == whole.digest()
    capsys.readouterr()


def test_a_dry_run_measures_on_the_workers_that_are_there(cluster, tmp_path, capsys):
    study, out = write_study(tmp_path), tmp_path / "out"
    asked = ["run", str(study), "--out", str(out), "--dry-run", "--pilot", "1", "--json"]
    there = ["--backend", "dask", "--scheduler", str(cluster.file), "--workers", "64"]
    assert call([*asked, *there]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["workers"] == 64  # expected, although two at most are there
    assert found["measured"]["pilot_seconds"] > 0.0
    assert all(item["core_seconds_error"] > 0.0 for item in found["scenarios"])
    assert not out.exists()


def test_a_cluster_of_this_machine_gives_the_same_digest(whole, tmp_path):
    with DaskBackend("local", workers=2) as backend:
        results = run_plan(whole.plan, Store(tmp_path / "out"), backend, task_size=2)
        with pytest.raises(LostWorkersError, match="ended the Dask worker that had them"):
            _with_a_killer(backend)
    assert results.digest() == whole.digest()


def _kill(number):
    if number == 1:
        os.kill(os.getpid(), signal.SIGKILL)
    return number


def _with_a_killer(backend):
    """One job of three kills whatever worker has it; the others come back."""
    heard = []
    backend._cluster.scheduler.allowed_failures = 0
    try:
        for number in backend.map(_kill, [0, 1, 2]):
            heard.append(number)
    finally:
        assert sorted(heard) == [0, 2]


def test_a_scheduler_that_is_gone_is_one_line(tmp_path, plan, monkeypatch):
    import dask

    alone = Cluster(tmp_path)
    store = Store(tmp_path / "out")
    try:
        monkeypatch.setattr(
            "simdesign.run.persist._is_stored", partial(_kill_and_go_on, alone.programs[0])
        )
        with (
            dask.config.set({"distributed.comm.timeouts.connect": "2s"}),
            DaskBackend(str(alone.file), workers=2) as backend,
            pytest.raises(StoppedError, match=r"the Dask scheduler at .* is gone") as caught,
        ):
            run_plan(plan, store, backend, task_size=1)
        assert caught.value.exit_status == 1
        monkeypatch.undo()
        done = load(store.folder).status()["done"]
        assert 0 < done < plan.n_replication
        rest = run_plan(plan, store, LocalBackend(1))  # resumable, and anywhere
        assert rest.status()["missing"] == 0
    finally:
        alone.stop()


def _kill_and_go_on(program, store, task):
    end(program)
    return True


@pytest.mark.parametrize(
    ("scheduler", "rule"),
    [
        ("somewhere", "must be local, an address"),
        ("absent.json", "must be a file that exists"),
        ("jobqueue:slurm?cores", "must be local, an address"),
        ("jobqueue:slurm?cores=many", "cores must be a whole number"),
        ("jobqueue:abacus?cores=2", "must name one of htcondor"),
        ("jobqueue:slurm?cores=2&colour=red", "is refused by dask-jobqueue"),
    ],
)
def test_a_scheduler_that_is_none_is_wrong_input(scheduler, rule, tmp_path, capsys):
    study, out = write_study(tmp_path), tmp_path / "out"
    asked = ["run", str(study), "--out", str(out), "--backend", "dask", "--scheduler", scheduler]
    assert call(asked) == 2
    said = capsys.readouterr().err.splitlines()
    assert len(said) == 1
    assert rule in said[0]
    assert not out.exists()


def test_no_scheduler_at_an_address_is_one_line(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr("simdesign.run.backends.dask._CONNECT", 1.0)
    study, out = write_study(tmp_path), tmp_path / "out"
    nobody = "tcp://127.0.0.1:9"
    asked = ["run", str(study), "--out", str(out), "--backend", "dask", "--scheduler", nobody]
    assert call(asked) == 1
    said = capsys.readouterr().err.splitlines()
    assert len(said) == 1
    assert f"no Dask scheduler at {nobody}" in said[0]
    assert not out.exists()


def test_a_scheduler_needs_the_backend(tmp_path, capsys):
    study = write_study(tmp_path)
    assert call(["run", str(study), "--scheduler", "local"]) == 2
    assert "needs --backend dask" in capsys.readouterr().err
    with pytest.raises(SpecError, match="workers"):
        DaskBackend("local", workers=0)


def test_without_dask_the_message_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(SpecError, match=r"wbe-simdesign\[dask\]"):
        DaskBackend("local")
    monkeypatch.undo()
    monkeypatch.setitem(sys.modules, "dask_jobqueue", None)
    with pytest.raises(SpecError, match=r"wbe-simdesign\[jobqueue\]"):
        batch_cluster("jobqueue:slurm?cores=1&memory=1GB")


def test_the_job_of_a_batch_system_has_one_thread_a_worker(tmp_path):
    made = batch_cluster(
        "jobqueue:slurm?cores=4&memory=8GB&walltime=02:00:00&account=drugs&queue=short"
        "&job_extra_directives=--qos=low&job_script_prologue=module%20load%20python"
    )
    try:
        script = made.job_script()
    finally:
        made.close()
    for line in (
        "#SBATCH -A drugs", "#SBATCH -p short", "#SBATCH -t 02:00:00", "#SBATCH --qos=low",
        "#SBATCH --cpus-per-task=4", "module load python",
    ):  # fmt: skip
        assert line in script
    assert "--nthreads 1" in script
    assert "--nworkers 4" in script
    assert DaskBackend("jobqueue:slurm?cores=4&memory=8GB").workers == 4
