"""Scores of a slow estimator for some replications, stored beside a study's rows.

refined/LABEL/*.parquet     one file a batch of fits; a row per replication and look
refined/LABEL/measures.csv  what follows from them

Nothing here touches the shards of the study.
"""

import hashlib
import io
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from simdesign.errors import StoreError
from simdesign.records import Floats, Ints
from simdesign.run.files import write_atomic
from simdesign.stored import Paths

COLUMNS: dict[str, str] = {
    "scenario": "str",
    "design": "str",
    "substance": "str",
    "replication": "int32",
    "look": "int16",
    "look_day": "int32",
    "score": "float64",
    "prob_break": "float64",
    "status": "int8",
    "reason": "str",
    "seconds": "float64",
    "content": "str",
}
"""Name -> type. ``seconds`` is that of the whole fit, in each of its rows; ``content`` is the hash
of everything that determines the scores apart from the replication."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SlowFit:
    """One fit of the slow estimator: one replication of one condition at its first looks."""

    scenario: str
    design: str
    substance: str
    replication: int
    look_day: Ints  # (k,) of the looks that were fitted
    score: Floats  # (k,) NaN = none
    prob_break: Floats  # (k,)
    status: Ints  # (k,) Status
    reason: str
    seconds: float
    content: str

    @property
    def condition(self) -> tuple[str, str, str]:
        """Scenario, design, substance."""
        return self.scenario, self.design, self.substance


class RefinedStore:
    """The stored fits of one slow estimator."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @property
    def measures_path(self) -> Path:
        """Path of the table of measures."""
        return Paths(self.folder).measures

    def write(self, fits: Iterable[SlowFit]) -> None:
        """Store a batch of fits."""
        batch = list(fits)
        columns: dict[str, list[object]] = {name: [] for name in COLUMNS}
        for item in batch:
            for k in range(item.look_day.size):
                values = (
                    *item.condition, item.replication, k, int(item.look_day[k]),
                    float(item.score[k]), float(item.prob_break[k]), int(item.status[k]),
                    item.reason, item.seconds, item.content,
                )  # fmt: skip
                for name, value in zip(COLUMNS, values, strict=True):
                    columns[name].append(value)
        types = {"str": pa.string(), "int8": pa.int8(), "int16": pa.int16(), "int32": pa.int32(),
                 "float64": pa.float64()}  # fmt: skip
        table = pa.table({n: pa.array(columns[n], type=types[kind]) for n, kind in COLUMNS.items()})
        sink = io.BytesIO()
        pq.write_table(table, sink, compression="zstd")
        who = "\0".join(f"{item.condition}{item.replication}{item.content}" for item in batch)
        name = hashlib.sha256(who.encode()).hexdigest()[:16]
        write_atomic(self.folder / f"{name}.parquet", sink.getvalue())

    def read(self) -> list[SlowFit]:
        """Return every stored fit once.

        Raises
        ------
        StoreError
            When a file among them is not readable.
        """
        found: dict[tuple[object, ...], SlowFit] = {}
        for path in sorted(self.folder.glob("[!.]*.parquet")):
            for item in self._fits(path):
                found[(*item.condition, item.replication, item.content)] = item
        return list(found.values())

    def _fits(self, path: Path) -> list[SlowFit]:
        try:
            table = pq.read_table(path)
            rows = {name: table.column(name).to_numpy(zero_copy_only=False) for name in COLUMNS}
        except (OSError, pa.ArrowException, KeyError):
            raise StoreError(str(path), "must be a readable file of fits; move it away") from None
        first = np.flatnonzero(rows["look"] == 0)
        out = []
        for start, stop in zip(first, [*first[1:], rows["look"].size], strict=True):
            part = {name: values[start:stop] for name, values in rows.items()}
            out.append(
                SlowFit(
                    scenario=str(part["scenario"][0]),
                    design=str(part["design"][0]),
                    substance=str(part["substance"][0]),
                    replication=int(part["replication"][0]),
                    look_day=part["look_day"].astype(np.int64),
                    score=part["score"].astype(np.float64),
                    prob_break=part["prob_break"].astype(np.float64),
                    status=part["status"].astype(np.int64),
                    reason=str(part["reason"][0]),
                    seconds=float(part["seconds"][0]),
                    content=str(part["content"][0]),
                )
            )
        return out
