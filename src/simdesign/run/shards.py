"""One shard: its name, what its metadata say, and its bytes, which its name vouches for.

A name is ``SCENARIO.START-STOP.MARK.SHA.parquet``: the scenario in safe letters, the range of
replications, a mark of scenario and cells, and the first 16 hex digits of SHA-256 of the bytes.
Whoever has the file can tell whether a bit of it has changed, without another file and without us.
"""

import errno
import hashlib
import json
import re
import resource
import shlex
import sys
import time
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from simdesign.errors import StoppedError, StoreError
from simdesign.run.files import sha256_of
from simdesign.run.plan import Task
from simdesign.run.provenance import provenance
from simdesign.run.schema import COLUMNS, Rows
from simdesign.stored import Paths

META = b"simdesign"
"""Key of the metadata in the footer; its value is JSON."""
SHA_DIGITS = 16
COMPRESSION = "zstd"
_NAME = re.compile(
    r"(?P<slug>.+)\.(?P<start>\d+)-(?P<stop>\d+)\.(?P<mark>[0-9a-f]{10})"
    rf"\.(?P<sha>[0-9a-f]{{{SHA_DIGITS}}})\.parquet"
)

CellName = tuple[str, str, str]
"""Substance, design, estimator."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shard:
    """What one shard says it holds."""

    path: Path
    scenario: str
    start: int
    stop: int
    cells: Mapping[str, CellName]
    """Content of a cell -> (substance, design, estimator)."""
    n_byte: int
    n_row: int
    n_failed: int
    """Rows with a reason."""
    seconds: float
    """Time that its tasks took, added up [s]."""
    cpu_seconds: float | None
    peak_mib: float | None
    """Largest memory of a process that wrote a part of it [MiB]."""
    mark: str
    """Of scenario and cells: shards with one mark have the same columns of the same conditions."""
    hosts: tuple[str, ...]
    n_part: int
    """Files that were merged into it; 1 where none were."""
    environments: tuple[str, ...]
    """Hashes of code, library versions and machine, one for each that made a part."""


def uncovered(shards: Iterable[Shard]) -> list[Shard]:
    """Return shards in order of name without those whose rows another one holds too.

    Of twins the first in order of name stays. Whatever order two processes find the shards in, both
    keep the same ones: a shard is only ever dropped for one with a larger range or an earlier name.
    """
    kept: list[Shard] = []
    furthest: dict[str, int] = {}
    for shard in sorted(shards, key=lambda s: (s.mark, s.start, -s.stop, s.path.name)):
        if shard.stop > furthest.get(shard.mark, -1):
            furthest[shard.mark] = shard.stop
            kept.append(shard)
    return sorted(kept, key=lambda shard: shard.path.name)


def mark_of(scenario: str, contents: Sequence[str]) -> str:
    """Return the mark of a scenario and the contents of its cells."""
    return hashlib.sha256(f"{scenario}{''.join(sorted(contents))}".encode()).hexdigest()[:10]


def stem_of(scenario: str, start: int, stop: int, mark: str) -> str:
    """Return a shard's name without the hash of its bytes."""
    slug = re.sub(r"[^A-Za-z0-9.+-]+", "_", scenario)[:60].lstrip(".")
    return f"{slug or 'scenario'}.{start:06d}-{stop:06d}.{mark}"


def stem_of_task(task: Task) -> str:
    """Return the same of the shard that a task writes."""
    mark = mark_of(task.scenario, [cell.content for cell in task.cells])
    return stem_of(task.scenario, task.start, task.stop, mark)


def is_sound(path: Path) -> bool:
    """Return whether the bytes are those that the name vouches for.

    Raises
    ------
    FileNotFoundError
        When there is no such file (any more).
    StoppedError
        When the machine does not let us read it: that says nothing of the file.
    """
    named = _NAME.fullmatch(path.name)
    try:
        return named is not None and sha256_of(path)[:SHA_DIGITS] == named["sha"]
    except FileNotFoundError:
        raise
    except OSError as error:
        if error.errno == errno.EIO:  # a disk that cannot read its own blocks
            return False
        if error.errno == errno.ESTALE:  # removed or replaced on another node
            raise FileNotFoundError(str(path)) from None
        raise StoppedError(f"{path}: cannot be read ({error.strerror}); nothing moved") from None


def table_of(rows: Rows) -> pa.Table:
    """Return rows as an Arrow table; text is stored as a list of words and positions in it."""
    return pa.table(
        {
            name: pa.array(rows[name]).dictionary_encode()
            if kind == "str"
            else pa.array(rows[name])
            for name, kind in COLUMNS.items()
        }
    )


def encoded(
    task: Task, rows: Rows, seconds: float, study_hash: str, seed: int | None = None,
    cpu_seconds: float | None = None,
) -> tuple[str, bytes]:  # fmt: skip
    """Return name and bytes of the shard of a task."""
    now = round(time.time(), 3)
    n_failed = int((rows["reason"] != "").sum())
    peak = round(_peak_mib(), 1)
    meta = {
        "study_hash": study_hash,
        "seed": seed,
        "scenario": task.scenario,
        "start": task.start,
        "stop": task.stop,
        "cells": {c.content: (c.substance, c.design, c.estimator) for c in task.cells},
        "n_row": len(rows["reason"]),
        "n_failed": n_failed,
        "seconds": seconds,
        "cpu_seconds": cpu_seconds,
        "peak_mib": peak,
        "made_by": [
            {
                **provenance(), "ranges": [[task.start, task.stop]], "files": 1,
                "seconds": seconds, "cpu_seconds": cpu_seconds, "peak_mib": peak,
                "written": [now, now],
            }
        ],
    }  # fmt: skip
    table = table_of(rows).replace_schema_metadata({META: json.dumps(meta).encode()})
    sink = pa.BufferOutputStream()
    pq.write_table(table, sink, compression=COMPRESSION)
    data = sink.getvalue().to_pybytes()
    return f"{stem_of_task(task)}.{hashlib.sha256(data).hexdigest()[:SHA_DIGITS]}.parquet", data


def _peak_mib() -> float:
    """Return the largest memory of this process so far [MiB]."""
    unit = 2**20 if sys.platform == "darwin" else 2**10  # bytes there, kilobytes elsewhere
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / unit


def meta_of(file: pq.FileMetaData) -> dict[str, Any]:
    """Return what a shard's footer says."""
    found: dict[str, Any] = json.loads(file.metadata[META])
    return found


_NOT_AN_ENVIRONMENT = {"host", "ranges", "files", "seconds", "cpu_seconds", "peak_mib", "written"}
"""Of an entry of ``made_by``; all else determines numbers, or may."""


def read_shard(path: Path, known: dict[str, Mapping[str, CellName]]) -> Shard:
    """Read what a shard says it holds; ``known`` shares the cells of shards with one mark.

    Raises
    ------
    FileNotFoundError
        When there is no such file (any more).
    StoreError
        When it is no sound shard.
    """
    try:
        meta = meta_of(pq.read_metadata(path))
        cells = {content: tuple(cell) for content, cell in meta["cells"].items()}
        named = _NAME.fullmatch(path.name)
        mark = mark_of(meta["scenario"], list(cells))
        stem = stem_of(meta["scenario"], meta["start"], meta["stop"], mark)
        if named is None or not path.name.startswith(f"{stem}.{named['sha']}."):
            raise ValueError("a name that is not its own")
        made = meta["made_by"]
        return Shard(
            path=path, scenario=meta["scenario"], start=meta["start"], stop=meta["stop"],
            cells=known.setdefault(mark, cells), n_byte=path.stat().st_size,
            n_row=meta["n_row"], n_failed=meta["n_failed"],
            seconds=meta["seconds"], cpu_seconds=meta["cpu_seconds"], peak_mib=meta["peak_mib"],
            mark=mark, hosts=tuple(sorted({sys.intern(item["host"]) for item in made})),
            n_part=sum(item["files"] for item in made),
            environments=tuple(sorted({_environment(item) for item in made})),
        )  # fmt: skip
    except FileNotFoundError:
        raise
    except (OSError, pa.ArrowException, KeyError, TypeError, ValueError):
        raise damaged(path) from None


def _environment(made: Mapping[str, Any]) -> str:
    told = {name: value for name, value in made.items() if name not in _NOT_AN_ENVIRONMENT}
    text = json.dumps(told, sort_keys=True)
    return sys.intern(hashlib.sha256(text.encode()).hexdigest()[:8])


def read_columns(
    path: Path, names: Sequence[str], replications: Collection[int] | None = None
) -> pa.Table:
    """Read columns of a shard; only the parts that may hold some replications, if given.

    Raises
    ------
    FileNotFoundError
        When there is no such file (any more).
    StoreError
        When it cannot be read.
    """
    try:
        with pq.ParquetFile(path) as file:
            groups = list(range(file.num_row_groups))
            if replications is not None:
                groups = [g for g in groups if _may_hold(file.metadata.row_group(g), replications)]
            return file.read_row_groups(groups, columns=list(names), use_threads=False)
    except FileNotFoundError:
        raise
    except (OSError, pa.ArrowException):
        raise damaged(path) from None


def _may_hold(group: pq.RowGroupMetaData, replications: Collection[int]) -> bool:
    column = next(
        group.column(k) for k in range(group.num_columns)
        if group.column(k).path_in_schema == "replication"
    )  # fmt: skip
    known = column.statistics
    if known is None or not known.has_min_max:
        return True
    return any(known.min <= replication <= known.max for replication in replications)


def damaged(path: Path) -> StoreError:
    """Return the one line that is said of a shard that is not what was written."""
    rule = "is damaged: its bytes are not those that were written"
    folder = shlex.quote(str(Paths.of_shard(path).folder))
    return StoreError(str(path), f"{rule}; simdesign resume {folder} computes it again")
