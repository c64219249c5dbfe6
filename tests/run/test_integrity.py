"""A shard that is not what was written is found by its bytes, kept, reported, computed again."""

import errno
import json
import os

import numpy as np
import pyarrow.parquet as pq
import pytest

import simdesign
from run.small import REPLICATIONS, copied, files_in, small_run
from simdesign._kernels._jit import KERNEL_HASH
from simdesign.cli import call
from simdesign.errors import StoppedError, StoreError
from simdesign.run import load, run
from simdesign.run.provenance import code_hash
from simdesign.run.store import Store


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    folder = tmp_path_factory.mktemp("whole")
    results = small_run(folder, folder / "out")
    results.save()
    return results


def flipped(data: bytes, at: int) -> bytes:
    return data[:at] + bytes([data[at] ^ 0x10]) + data[at + 1 :]


def footer_start(data: bytes) -> int:
    return len(data) - 8 - int.from_bytes(data[-8:-4], "little")


HARM = {
    "first magic": lambda data: flipped(data, 1),
    "page header": lambda data: flipped(data, 5),
    "page data": lambda data: flipped(data, footer_start(data) // 2),
    "last page": lambda data: flipped(data, footer_start(data) - 1),
    "footer": lambda data: flipped(data, footer_start(data) + 40),
    "metadata": lambda data: flipped(data, data.index(b'"n_failed": 0') + 12),
    "length of the footer": lambda data: flipped(data, len(data) - 8),
    "last magic": lambda data: flipped(data, len(data) - 1),
    "one byte short": lambda data: data[:-1],
    "half of it": lambda data: data[: len(data) // 2],
    "empty": lambda data: b"",
    "one byte more": lambda data: data + b"\0",
    "another shard": None,
    "not Parquet at all": lambda data: b"PAR1 not really",
}


def harm(results, kind):
    victim, other = sorted(results.store.shard_folder.glob("*.parquet"))[3:5]
    data = victim.read_bytes()
    victim.write_bytes(other.read_bytes() if HARM[kind] is None else HARM[kind](data))
    assert victim.read_bytes() != data
    return victim


@pytest.mark.parametrize("kind", HARM)
def test_a_harmed_shard_is_moved_reported_and_computed_again(whole, tmp_path, kind, capfd):
    results = copied(whole, tmp_path / "out")
    victim = harm(results, kind)
    bytes_of_it = victim.read_bytes()
    others = {
        k: v for k, v in files_in(results.store.shard_folder).items() if k.name != victim.name
    }
    again = run(whole.study, results.folder, replications=REPLICATIONS, workers=1, quiet=False)
    said = [line for line in capfd.readouterr().err.splitlines() if "damaged" in line]
    kept = results.folder / "damaged" / victim.name
    assert said == [f"a shard was damaged and is computed again; it is kept as {kept}"]
    assert kept.read_bytes() == bytes_of_it
    assert again.digest() == whole.digest()
    assert others.items() <= files_in(results.store.shard_folder).items()
    assert load(results.folder).status(digest=False)["missing"] == 0


@pytest.mark.parametrize("kind", ["page data", "footer", "half of it"])
@pytest.mark.parametrize(
    "command", ["status", "evaluate", "report", "collect", "verify", "failures"]
)
def test_commands_that_read_refuse_it_in_one_line(whole, tmp_path, kind, command, capsys):
    results = copied(whole, tmp_path / "out")
    victim = harm(results, kind)
    before = files_in(results.folder)
    assert call([command, str(results.folder), *(["--sample", "99"] * (command == "verify"))]) == 2
    said = capsys.readouterr()
    (line,) = said.err.splitlines()
    assert said.out == ""
    assert str(victim) in line
    assert f"simdesign resume {results.folder}" in line
    assert files_in(results.folder) == before


def test_resume_does_what_the_message_says(whole, tmp_path, capsys):
    results = copied(whole, tmp_path / "out")
    harm(results, "page data")
    assert call(["resume", str(results.folder), "--workers", "1"]) == 0
    assert simdesign.load(results.folder).digest() == whole.digest()
    assert call(["status", str(results.folder)]) == 0


def test_damage_twice_under_one_name_overwrites_nothing(whole, tmp_path):
    results = copied(whole, tmp_path / "out")
    store, plan = results.store, results.plan
    victim = sorted(store.shard_folder.glob("*.parquet"))[0]
    for text in (b"first", b"second"):
        victim.write_bytes(text)
        assert len(store.mend(plan)) == 1
    assert sorted(files_in(store.damaged_folder).values()) == [b"first", b"second"]


def test_a_folder_of_another_study_is_not_mended(whole, tmp_path):
    results = copied(whole, tmp_path / "out")
    harm(results, "half of it")
    before = files_in(results.folder)
    other = whole.study.model_copy(update={"seed": 8})
    with pytest.raises(StoreError, match="another study"):
        run(other, results.folder, replications=REPLICATIONS, workers=1)
    assert files_in(results.folder) == before


def test_the_metadata_of_a_shard_say_where_it_comes_from(whole):
    for shard in whole.store.shards():
        meta = json.loads(pq.read_metadata(shard.path).metadata[b"simdesign"])
        assert meta["study_hash"] == whole.study.hash()
        assert meta["seed"] == 7
        assert meta["n_row"] == pq.read_metadata(shard.path).num_rows == shard.n_row
        (made,) = meta["made_by"]
        assert made["code"] == code_hash()
        assert made["kernels"] == KERNEL_HASH
        assert made["numpy"] == np.__version__
        assert made["host"]
        assert made["cpu_seconds"] > 0.0
        assert made["seconds"] > 0.0
        assert 50.0 < made["peak_mib"] < 50_000.0
        assert made["written"][0] > 1.7e9
    status = whole.status()
    assert status["files"] == 9
    assert status["environments"] == len(status["hosts"]) == 1


@pytest.mark.parametrize("number", [errno.EMFILE, errno.EACCES, errno.ESTALE, errno.EIO])
def test_what_the_machine_refuses_says_nothing_of_a_shard(tmp_path, monkeypatch, number):
    results = small_run(tmp_path, tmp_path / "out")
    before = sorted(item.name for item in (tmp_path / "out" / "shards").iterdir())

    def refused(path):
        raise OSError(number, os.strerror(number), str(path))

    monkeypatch.setattr("simdesign.run.shards.sha256_of", refused)
    store = Store(tmp_path / "out")
    if number in (errno.EMFILE, errno.EACCES):
        with pytest.raises(StoppedError, match="cannot be read"):
            store.mend(results.plan)
    else:
        moved = store.mend(results.plan)
        assert len(moved) == (len(before) if number == errno.EIO else 0)
    left = sorted(item.name for item in (tmp_path / "out" / "shards").iterdir())
    assert left == ([] if number == errno.EIO else before)
