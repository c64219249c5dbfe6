"""Merging changes files, never rows: interrupted, repeated, beside a reader, or beside a rival."""

import json
import os
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import bench_collect
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from run.small import REPLICATIONS, copied, files_in, small_run
from simdesign.cli import call
from simdesign.errors import StoreError
from simdesign.run import Store, Task, load, run, run_task
from simdesign.run import collect as collecting
from simdesign.run.collect import batches, compact
from simdesign.run.shards import Shard, is_sound, uncovered


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    folder = tmp_path_factory.mktemp("whole")
    return small_run(folder, folder / "out")


def test_merged_files_hold_the_same_rows_and_say_who_made_them(whole, tmp_path):
    results = copied(whole, tmp_path / "out")
    found = compact(results.store)
    assert (found.files_before, found.files_after, found.merged) == (9, 3, 3)
    merged = load(results.folder)
    assert merged.digest() == whole.digest()
    assert merged.status(digest=False)["missing"] == 0
    before, after = whole.status(digest=False), merged.status(digest=False)
    for name in ("seconds", "cpu_seconds", "failed_rows"):
        assert after[name] == pytest.approx(before[name])
    for shard in merged.store.shards():
        assert is_sound(shard.path)
        meta = json.loads(pq.read_metadata(shard.path).metadata[b"simdesign"])
        assert meta["n_row"] == pq.read_metadata(shard.path).num_rows
        (made,) = meta["made_by"]
        assert (made["ranges"], made["files"]) == ([[0, REPLICATIONS]], 3)
    names = files_in(results.folder)
    assert compact(merged.store).merged == 0  # nothing left to do, and nothing touched
    assert files_in(results.folder) == names


def test_the_command_merges_evaluates_and_writes_the_page(whole, tmp_path, capsys):
    results = copied(whole, tmp_path / "out")
    assert call(["collect", str(results.folder), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["files_before"], found["files_after"], found["missing"]) == (9, 3, 0)
    assert found["digest"] == whole.digest()
    assert (results.folder / "page.html").exists()
    assert (results.folder / "measures.csv").exists()
    assert call(["collect", str(results.folder)]) == 0
    assert "3 shards checked, 3 after merging" in capsys.readouterr().out


def test_an_unfinished_study_is_merged_up_to_its_gaps(whole, tmp_path, capsys):
    results = copied(whole, tmp_path / "out")
    for shard in results.store.shards():
        if (shard.scenario, shard.start) in (("null_mixture", 2), ("none,sigma_shared=0.1", 0)):
            shard.path.unlink()
    assert call(["collect", str(results.folder)]) == 0
    said = f"4 replications are missing: simdesign resume {results.folder}"
    assert said in capsys.readouterr().err
    ranges = [(s.scenario, s.start, s.stop) for s in load(results.folder).store.shards()]
    assert [item for item in ranges if item[0] == "null_mixture"] == [
        ("null_mixture", 0, 2), ("null_mixture", 4, 6),
    ]  # fmt: skip
    done = run(whole.study, results.folder, replications=REPLICATIONS, workers=1)
    compact(done.store)
    assert len(done.store.shards()) == 3
    assert done.digest() == whole.digest()


@pytest.mark.parametrize(
    "where", ["in the file", "before the name", "before parts go", "among them"]
)
def test_killed_at_any_point_it_leaves_twins_that_the_next_call_removes(
    whole, tmp_path, where, monkeypatch
):
    results = copied(whole, tmp_path / "out")
    killed = {"in the file": "_digest", "before the name": "sha256_of"}.get(where, "_remove")
    calls = []

    def kill(*arguments):
        calls.append(arguments)
        if where == "before parts go" and len(calls) == 1:
            return  # the first call removes the twins of an earlier one: there are none
        if where == "among them":
            if len(calls) == 1:
                return
            arguments[0][0].path.unlink()
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(collecting, killed, kill)
        with pytest.raises(KeyboardInterrupt):
            compact(results.store)
    half = load(results.folder)
    assert half.digest() == whole.digest()
    assert half.status(digest=False)["missing"] == 0
    assert half.status(digest=False)["failed_rows"] == 0
    compact(half.store)
    assert len(list(half.store.shard_folder.iterdir())) == 3
    assert load(results.folder).digest() == whole.digest()


def test_parts_stay_when_the_merged_file_does_not_give_their_rows(whole, tmp_path, monkeypatch):
    results = copied(whole, tmp_path / "out")
    before = files_in(results.folder)
    writer = pq.ParquetWriter.write_table

    def lossy(self, table, **options):
        score = table.column("score").to_numpy().copy()
        score[7] += 1e-12
        place = table.schema.get_field_index("score")
        writer(self, table.set_column(place, table.schema.field(place), [score]), **options)

    monkeypatch.setattr(pq.ParquetWriter, "write_table", lossy)
    with pytest.raises(StoreError, match="does not hold what was written"):
        compact(results.store)
    assert files_in(results.folder) == before


def test_overlapping_ranges_and_twins_count_once(whole, tmp_path):
    """Two runs at once with other task sizes, and one task done twice."""
    results = copied(whole, tmp_path / "out")
    store, plan = results.store, results.plan
    scenario = plan.scenarios[0]
    for start, stop in ((1, 5), (0, 2)):
        task = Task(scenario=scenario.name, start=start, stop=stop, cells=plan.cells[scenario.name])
        store.write(task, run_task(plan.study, scenario, task), 0.5, plan.study.hash())
    assert len(store.every_shard()) == 11
    assert load(results.folder).digest() == whole.digest()
    found = compact(Store(results.folder))
    assert (found.files_before, found.files_after) == (11, 3)
    merged = load(results.folder)
    assert merged.digest() == whole.digest()
    assert sum(s.n_row for s in merged.store.shards()) == plan.n_row


def test_a_reader_beside_a_merger_misses_nothing(whole, tmp_path):
    """Shards are merged and copied back while another thread reads: the digest never moves."""
    results = copied(whole, tmp_path / "out")
    parts = {p.name: p.read_bytes() for p in results.store.shard_folder.iterdir()}
    over = threading.Event()
    wrong, n_read = [], 0

    def merge_again_and_again():
        for _ in range(8):
            compact(Store(results.folder))
            for name, data in parts.items():
                path = results.store.shard_folder / f".{name}"
                path.write_bytes(data)
                path.rename(results.store.shard_folder / name)
        over.set()

    other = threading.Thread(target=merge_again_and_again)
    other.start()
    while not over.is_set() or n_read < 3:
        if load(results.folder).digest() != whole.digest():
            wrong.append(n_read)
        n_read += 1
    other.join()
    assert wrong == []


def test_those_who_merge_at_once_lose_nothing(whole, tmp_path):
    for turn in range(5):
        results = copied(whole, tmp_path / str(turn))
        together = threading.Barrier(3)

        def merge(folder=results.folder, together=together):
            together.wait()
            return compact(Store(folder))

        with ThreadPoolExecutor(3) as pool:
            for found in [pool.submit(merge) for _ in range(3)]:
                found.result()
        assert load(results.folder).digest() == whole.digest()
        compact(Store(results.folder))
        assert len(list(results.store.shard_folder.iterdir())) == 3


def test_left_over_files_are_swept_when_they_are_old(whole, tmp_path):
    results = copied(whole, tmp_path / "out")
    old, new = results.store.shard_folder / ".a.x.tmp", results.store.shard_folder / ".b.x.tmp"
    for path in (old, new):
        path.write_bytes(b"half")
    hour = new.stat().st_mtime - 3700.0
    os.utime(old, (hour, hour))
    assert compact(results.store).swept == 1
    assert new.exists()
    assert not old.exists()


def test_a_file_swept_away_while_it_is_written_is_written_again(tmp_path, monkeypatch):
    """Should a clock have jumped, sweeping does no harm."""
    from simdesign.run import files

    fsync, swept = os.fsync, []

    def sweep_first(descriptor):
        fsync(descriptor)
        if len(swept) < 2:
            swept.extend(path.unlink() for path in tmp_path.glob(".*.tmp"))

    monkeypatch.setattr(files.os, "fsync", sweep_first)
    files.write_atomic(tmp_path / "x", b"whole")
    assert len(swept) == 2
    assert [(p.name, p.read_bytes()) for p in tmp_path.iterdir()] == [("x", b"whole")]


def test_a_damaged_shard_stops_it_before_anything_is_merged(whole, tmp_path):
    results = copied(whole, tmp_path / "out")
    victim = sorted(results.store.shard_folder.iterdir())[-1]
    victim.write_bytes(victim.read_bytes()[:-9])
    before = files_in(results.folder)
    with pytest.raises(StoreError, match="is damaged"):
        compact(results.store)
    assert files_in(results.folder) == before


def shard(k, start, stop, n_row, mark="m"):
    return Shard(
        path=Path(f"s.{start:06d}-{stop:06d}.{mark}.{k:016x}.parquet"), scenario="s", start=start,
        stop=stop, cells={}, n_byte=1, n_row=n_row, n_failed=0, seconds=0.0, cpu_seconds=None,
        peak_mib=None, mark=mark, hosts=(), n_part=1, environments=(),
    )  # fmt: skip


def n_files(shards):
    grouped = list(batches(shards))
    return len(shards) - sum(map(len, grouped)) + len(grouped)


@pytest.mark.parametrize(
    ("rows_of_replication", "n"), [(10, 60), (240, 240), (2_000, 540), (20_000, 540)]
)
def test_a_million_replications_stay_below_two_thousand_files(rows_of_replication, n):
    """60 scenarios, tasks of 10 replications: 100,000 files before. docs/store.md says these n."""
    shards = [
        shard(k, 10 * (k // 60), 10 * (k // 60) + 10, 10 * rows_of_replication, f"m{k % 60:02d}")
        for k in range(100_000)
    ]
    assert sum(s.stop - s.start for s in shards) == 1_000_000
    assert n_files(shards) == n < 2_000


def test_shards_that_hold_nothing_of_their_own_are_left_out():
    a, b, c, d = (shard(k, *r, 1) for k, r in enumerate([(0, 10), (0, 10), (2, 8), (8, 12)]))
    other = shard(9, 0, 4, 1, "n")
    assert uncovered([d, c, b, a, other]) == uncovered([a, b, c, d, other])
    assert {s.path for s in uncovered([a, b, c, d, other])} == {a.path, d.path, other.path}


def test_memory_is_that_of_a_row_group_however_many_shards_there_are(tmp_path, monkeypatch):
    digest, used = collecting._digest, []

    def watched(table):  # called for every row group, with that group in memory
        used.append(pa.total_allocated_bytes())
        return digest(table)

    monkeypatch.setattr(collecting, "ROWS_OF_GROUP", 500)
    monkeypatch.setattr(collecting, "_digest", watched)
    peaks = []
    for n_shard in (120, 360):
        folder = tmp_path / str(n_shard)
        folder.mkdir()
        n_row = bench_collect.write_shards(folder, n_shard, 2)
        store = Store(folder / "out")
        before = store.digest(store.plan())
        used.clear()
        base = pa.total_allocated_bytes()
        found = compact(Store(folder / "out"))
        peaks.append(max(used) - base)
        assert (found.files_before, found.files_after) == (n_shard, 4)
        merged = Store(folder / "out")
        assert sum(shard.n_row for shard in merged.shards()) == n_row
        assert merged.digest(merged.plan()) == before
    assert len(used) > 20
    assert peaks[1] < 1.5 * peaks[0]
