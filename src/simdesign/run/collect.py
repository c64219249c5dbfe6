"""Many small shards -> few large ones with the same rows.

Shards of the same scenario and cells whose ranges touch are merged, part by part, so that memory
stays that of one row group. The parts go only after the merged file was read back from disk and
gave the rows that went in. Killed in between, both are there: twins, which no reader counts twice
and which the next call removes.
"""

import contextlib
import hashlib
import json
import os
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from simdesign.errors import StoreError
from simdesign.run.ahead import ahead
from simdesign.run.files import flush_folder, refused, sha256_of, sweep
from simdesign.run.schema import COLUMNS
from simdesign.run.shards import (
    COMPRESSION,
    META,
    SHA_DIGITS,
    Shard,
    damaged,
    meta_of,
    stem_of,
    uncovered,
)
from simdesign.run.sorted_rows import coded
from simdesign.run.store import Store

ROWS_OF_FILE = 2**20
"""Rows of a merged file, at most, unless that made too many files."""
ROWS_OF_GROUP = 2**16
"""Rows that are in memory at once, about."""
MANY_FILES = 500
"""Above so many files' worth of rows, files are longer instead."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Compaction:
    """What a compaction did."""

    files_before: int
    files_after: int
    merged: int
    """New files."""
    swept: int
    """Left-over temporary files that were removed."""


def compact(store: Store) -> Compaction:
    """Check the bytes of all shards, then merge what can be merged.

    Raises
    ------
    StoreError
        When a shard is damaged; nothing has been changed then.
    WriteError
        When the folder cannot be written; what was merged by then stays merged.
    """
    before = store.examine()
    merged = 0
    try:
        swept = sweep(store.shard_folder) + sweep(store.folder)
        every = store.every_shard()
        kept = uncovered(every)
        for shard in kept:
            store.ensure_sound(shard.path)
        stays = {shard.path for shard in kept}
        _remove([shard for shard in every if shard.path not in stays])
        for parts in batches(kept):
            merged += _merge(store, parts)
    except OSError as error:
        raise refused(store.shard_folder, error) from None
    return Compaction(
        files_before=before, files_after=len(store.every_shard()), merged=merged, swept=swept
    )


def batches(shards: Sequence[Shard]) -> Iterator[list[Shard]]:
    """Yield the groups of shards that become one file each; at least two in each.

    Files are filled up to ``ROWS_OF_FILE`` rows, or to a ``MANY_FILES``-th of all rows where that
    is more. Two neighbouring files hold more than that together, so that there are at most
    2 MANY_FILES files and one for each scenario, set of cells and gap in its replications.
    """
    most = max(ROWS_OF_FILE, -(-sum(shard.n_row for shard in shards) // MANY_FILES))
    batch: list[Shard] = []
    rows = 0
    for shard in sorted(shards, key=lambda s: (s.mark, s.start, s.stop)):
        touches = bool(batch) and batch[-1].mark == shard.mark and shard.start <= batch[-1].stop
        if not touches or rows + shard.n_row > most:
            if len(batch) > 1:
                yield batch
            batch, rows = [], 0
        batch.append(shard)
        rows += shard.n_row
    if len(batch) > 1:
        yield batch


def _merge(store: Store, parts: list[Shard]) -> int:
    """Merge some shards; return 0 when somebody else did so meanwhile, else 1."""
    descriptor, name = tempfile.mkstemp(dir=store.shard_folder, prefix=".merged.", suffix=".tmp")
    os.close(descriptor)
    made = Path(name)
    try:
        digests = _write(made, parts)
        with made.open("rb") as file:
            os.fsync(file.fileno())
        made.chmod(0o644)
        latest = max(part.path.stat().st_mtime for part in parts)
        os.utime(made, (latest, latest))  # merging makes results no younger
        if list(_digests(made)) != digests:
            raise StoreError(str(made), "does not hold what was written to it; its parts stay")
        sha = sha256_of(made)[:SHA_DIGITS]
        first = parts[0]
        stem = stem_of(first.scenario, first.start, parts[-1].stop, first.mark)
        made.replace(store.shard_folder / f"{stem}.{sha}.parquet")
    except FileNotFoundError:  # parts or temporary file are gone: others merge or sweep here too
        return 0
    finally:
        made.unlink(missing_ok=True)
    flush_folder(store.shard_folder)
    _remove(parts)
    return 1


def _remove(shards: Sequence[Shard]) -> None:
    for shard in shards:
        shard.path.unlink(missing_ok=True)


def _write(path: Path, parts: list[Shard]) -> list[str]:
    """Write the rows of parts, each replication once, and return a digest of every row group."""
    digests: list[str] = []
    metas: list[dict[str, Any]] = []
    waiting: list[pa.Table] = []
    done, n_row, n_failed = parts[0].start, 0, 0
    writer = None
    try:
        for number, (part, (table, meta)) in enumerate(
            zip(parts, ahead(_part, parts), strict=True)
        ):
            metas.append(meta)
            if part.start < done:  # overlapping ranges: two runs with other task sizes
                late = np.asarray(table.column("replication")) >= done
                table = table.filter(pa.array(late))
            done = part.stop
            n_row += table.num_rows
            n_failed += table.num_rows - _count_blank(table.column("reason"))
            waiting.append(table)
            last = number == len(parts) - 1
            if last or sum(item.num_rows for item in waiting) >= ROWS_OF_GROUP:
                group = _joined(waiting)
                waiting = []
                if writer is None:
                    schema = group.schema
                    writer = pq.ParquetWriter(path, schema, compression=COMPRESSION)
                writer.write_table(group, row_group_size=max(group.num_rows, 1))
                digests.append(_digest(group))
        assert writer is not None
        told = _merged_meta(parts, metas, n_row, n_failed)
        writer.add_key_value_metadata({META: json.dumps(told).encode()})
    finally:
        if writer is not None:
            writer.close()
    return digests


def _part(shard: Shard) -> tuple[pa.Table, dict[str, Any]]:
    try:
        with pq.ParquetFile(shard.path) as file:
            meta = meta_of(file.metadata)
            table = file.read(use_threads=False).replace_schema_metadata(None)
            return table.select(list(COLUMNS)), meta
    except FileNotFoundError:
        raise
    except (OSError, pa.ArrowException, KeyError, ValueError):
        raise damaged(shard.path) from None


def _joined(tables: list[pa.Table]) -> pa.Table:
    return pa.concat_tables(tables).unify_dictionaries().combine_chunks()


def _count_blank(column: pa.ChunkedArray) -> int:
    """Return how many texts of a column are empty."""
    count = 0
    for chunk in column.chunks:
        words = chunk.dictionary.to_pylist()
        if "" in words:
            codes = np.asarray(chunk.indices)
            count += int((codes == words.index("")).sum())
    return count


def _digest(table: pa.Table) -> str:
    """Return a hash of the values of a table, however its text is coded."""
    rows = coded(table)
    digest = hashlib.sha256()
    for name, values in rows.values.items():
        if name in rows.words:
            used, values = np.unique(values, return_inverse=True)
            digest.update("\0".join(rows.words[name][code] for code in used).encode())
        digest.update(np.ascontiguousarray(values).tobytes())
    return digest.hexdigest()


def _digests(path: Path) -> Iterator[str]:
    """Yield the same of every row group of a file, read from disk."""
    with contextlib.closing(pq.ParquetFile(path)) as file:
        for group in range(file.num_row_groups):
            yield _digest(file.read_row_group(group, use_threads=False))


def _merged_meta(
    parts: list[Shard], metas: list[dict[str, Any]], n_row: int, n_failed: int
) -> dict[str, Any]:
    """Return what a merged shard says: of its parts what they share, and who made which."""
    first = metas[0]
    made: dict[str, dict[str, Any]] = {}
    for item in (item for meta in metas for item in meta["made_by"]):
        counted = ("ranges", "files", "seconds", "cpu_seconds", "peak_mib", "written")
        key = json.dumps({k: v for k, v in item.items() if k not in counted}, sort_keys=True)
        if key not in made:
            made[key] = json.loads(json.dumps(item))
            continue
        known = made[key]
        known["ranges"] = _united([*known["ranges"], *item["ranges"]])
        known["files"] += item["files"]
        for name in ("seconds", "cpu_seconds"):
            known[name] = _added([known[name], item[name]])
        known["peak_mib"] = max(known["peak_mib"], item["peak_mib"])
        known["written"] = [
            min(known["written"][0], item["written"][0]),
            max(known["written"][1], item["written"][1]),
        ]
    return {
        **{name: first[name] for name in ("study_hash", "seed", "scenario")},
        "start": parts[0].start,
        "stop": max(part.stop for part in parts),
        "cells": first["cells"],
        "n_row": n_row,
        "n_failed": n_failed,
        "seconds": sum(meta["seconds"] for meta in metas),
        "cpu_seconds": _added([meta["cpu_seconds"] for meta in metas]),
        "peak_mib": max(meta["peak_mib"] for meta in metas),
        "made_by": list(made.values()),
    }


def _added(values: list[float | None]) -> float | None:
    """Return a sum; None when a part of it is not known."""
    known = [value for value in values if value is not None]
    return sum(known) if len(known) == len(values) else None


def _united(ranges: list[list[int]]) -> list[list[int]]:
    """Return ranges of replications with those that touch put together."""
    out: list[list[int]] = []
    for start, stop in sorted(ranges):
        if out and start <= out[-1][1]:
            out[-1][1] = max(out[-1][1], stop)
        else:
            out.append([start, stop])
    return out
