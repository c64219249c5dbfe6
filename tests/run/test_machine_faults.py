"""No space, no permission, a clock that jumps: one clear line, nothing half-written, nothing lost.

A file system of its own is mounted where the tests may do so. Elsewhere the same system calls are
made to fail with the same errors, by a limit of file size and by a replaced function.
"""

import contextlib
import errno
import os
import resource
import subprocess
import sys
import tempfile
import time

import pytest

from run.small import REPLICATIONS, files_in, small_run
from run.tiny import write_study
from simdesign.cli import call
from simdesign.errors import WriteError
from simdesign.run import load, run
from simdesign.run.collect import compact

COMMAND = [sys.executable, "-c", "from simdesign.cli import main; main()"]
N_REP = "150"
"""Replications: enough that their shards do not fit."""


def succeeds(*command) -> bool:
    """Call a program; False when it fails, is not there or is not for us."""
    try:
        return subprocess.run(command, capture_output=True, check=False).returncode == 0
    except OSError:
        return False


@pytest.fixture
def small_disk(tmp_path):
    """Return a folder on a file system of half a MiB, and whether it really is one."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mounted = succeeds("mount", "-t", "tmpfs", "-o", "size=512k", "tmpfs", str(folder))
    yield folder, mounted
    if mounted:
        assert succeeds("umount", "-l", str(folder))


def test_a_full_disk_is_one_line_and_the_study_goes_on_when_there_is_space(small_disk, tmp_path):
    folder, mounted = small_disk
    study = write_study(tmp_path, ("[0.0, 0.1]", "[0.1]"), ("[0.3, -0.3]", "[0.3]"))
    arguments = ["run", str(study), "--out", str(folder / "out"), "--replications", N_REP,
                 "--task-size", "50"]  # fmt: skip
    if not mounted:
        limit = (20_000, 20_000)  # bytes of a file: as little as the manifest needs
    done = subprocess.run(
        [*COMMAND, *arguments, "--workers", "2"],
        capture_output=True, text=True, check=False,
        preexec_fn=None if mounted else lambda: resource.setrlimit(resource.RLIMIT_FSIZE, limit),
    )  # fmt: skip
    assert done.returncode == 1, done.stderr
    assert "Traceback" not in done.stderr
    # workers that were stopped may leave a warning of their own behind it
    (said,) = [line for line in done.stderr.splitlines() if line.startswith("simdesign:")]
    assert "cannot be written" in said
    assert os.strerror(errno.ENOSPC if mounted else errno.EFBIG) in said
    assert "what is stored stays" in said
    assert [p for p in folder.rglob("*") if p.name.endswith(".tmp")] == []
    kept = files_in(folder / "out" / "shards") if mounted else {}
    half = load(folder / "out")
    assert 0 < half.status(digest=False)["missing"] <= 3 * int(N_REP)
    if mounted:
        assert kept, "nothing fitted: the disk of the test is too small"
        assert succeeds("mount", "-o", "remount,size=64m", str(folder))
    assert call(["resume", str(folder / "out"), "--workers", "1"]) == 0
    assert kept.items() <= files_in(folder / "out" / "shards").items()
    direct = run(half.study, tmp_path / "direct", replications=int(N_REP), workers=1)
    assert load(folder / "out").digest() == direct.digest()


@contextlib.contextmanager
def read_only(folder, monkeypatch):
    """Let nothing be written below a folder."""
    if succeeds("mount", "--bind", str(folder), str(folder)):
        try:
            assert succeeds("mount", "-o", "remount,bind,ro", str(folder))
            yield
        finally:
            assert succeeds("umount", "-l", str(folder))
        return

    def refuse(*arguments, **options):
        raise OSError(errno.EROFS, os.strerror(errno.EROFS))

    with monkeypatch.context() as patch:
        for owner, name in ((tempfile, "mkstemp"), (tempfile, "mkdtemp"), (os, "mkdir")):
            patch.setattr(owner, name, refuse)
        yield


def test_a_folder_that_cannot_be_written_is_one_line(tmp_path, monkeypatch, capsys):
    place = tmp_path / "place"
    place.mkdir()
    results = small_run(tmp_path, place / "out")
    before, digest = files_in(place), results.digest()
    more = ["run", str(tmp_path / "study.toml"), "--replications", "9", "--workers", "1", "--out"]
    with read_only(place, monkeypatch):
        for arguments in ([*more, str(place / "out")], [*more, str(place / "other")],
                          ["evaluate", str(place / "out")], ["collect", str(place / "out")],
                          ["report", str(place / "out")]):  # fmt: skip
            assert call(arguments) == 1, arguments
            said = capsys.readouterr().err.splitlines()
            assert os.strerror(errno.EROFS) in said[-1]
            assert "cannot be written" in said[-1]
            assert sum("simdesign:" in line for line in said) == 1
        assert call(["status", str(place / "out")]) == 0
        assert digest in capsys.readouterr().out
        assert call(["verify", str(place / "out"), "--sample", "2"]) == 0
    assert files_in(place) == before
    assert call([*more, str(place / "out")]) == 0


def test_an_error_of_the_machine_survives_a_worker():
    import pickle

    error = WriteError("out/shards/x", "No space left on device")
    assert str(pickle.loads(pickle.dumps(error))) == str(error)
    assert error.exit_status == 1


def test_only_progress_depends_on_the_clock(tmp_path, monkeypatch, capfd):
    """Wall clocks go backwards and jump by years; the monotonic clock stands still."""
    whole = small_run(tmp_path, tmp_path / "whole")
    jumps = iter([1e9, 2e9, -5.0, 3e8, 0.0] * 10_000)
    monkeypatch.setattr(time, "time", lambda: next(jumps))
    monkeypatch.setattr(time, "monotonic", lambda: 0.0)
    monkeypatch.setattr(time, "perf_counter", lambda: 1e6 + next(jumps))
    study = whole.study
    half = run(study, tmp_path / "out", replications=REPLICATIONS - 2, workers=1, task_size=1)
    done = run(study, half.folder, replications=REPLICATIONS, workers=1, quiet=False)
    compact(done.store)
    again = load(half.folder)
    assert again.digest() == whole.digest()
    assert again.status(digest=False)["missing"] == 0
    again.save()
    whole.save()
    assert again.store.measures_path.read_bytes() == whole.store.measures_path.read_bytes()
