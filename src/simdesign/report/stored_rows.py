"""What the report needs of the rows themselves: what the run cost, what failed, intervals.

Read straight from the shards; where there are none (measures without rows), nothing is shown.
"""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from simdesign.records import Status
from simdesign.report.select import Cell
from simdesign.stored import Paths

_KEY = b"simdesign"
_HOUR = 3600.0
_MOST_REASONS = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class RunCost:
    """What the stored rows took."""

    n_file: int
    n_row: int
    n_failed: int
    hours: float
    """Core-hours in tasks, waiting included."""
    cpu_hours: float
    peak_mib: float
    """Largest of a worker."""
    machines: tuple[str, ...]
    n_byte: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Silent:
    """Rows of one estimator and design that have no score, and why."""

    estimator: str
    design: str
    status: str
    reason: str
    n: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Intervals:
    """The 95 % intervals of the effect at the last look, a replication each."""

    estimate: tuple[float, ...]
    low: tuple[float, ...]
    high: tuple[float, ...]
    truth: tuple[float, ...]


def run_cost(folder: Path) -> RunCost | None:
    """Return what a results folder's rows took; None without rows."""
    found: list[dict[str, Any]] = []
    size = 0
    for path in sorted(Paths(folder).shard_files()):
        found.append(_metadata(path))
        size += path.stat().st_size
    if not found:
        return None
    origins = [origin for item in found for origin in item.get("made_by", ())]
    return RunCost(
        n_file=len(found), n_row=sum(int(item.get("n_row", 0)) for item in found),
        n_failed=sum(int(item.get("n_failed", 0)) for item in found),
        hours=sum(float(item.get("seconds", 0.0)) for item in found) / _HOUR,
        cpu_hours=sum(float(item.get("cpu_seconds", 0.0)) for item in found) / _HOUR,
        peak_mib=max((float(item.get("peak_mib", 0.0)) for item in found), default=0.0),
        machines=tuple(sorted({str(origin.get("machine", "")) for origin in origins} - {""})),
        n_byte=size,
    )  # fmt: skip


def silent_rows(folder: Path) -> list[Silent]:
    """Return how many rows have no score, by estimator, design and reason, most first."""
    dataset = _dataset(folder)
    if dataset is None:
        return []
    import pyarrow as pa
    import pyarrow.dataset as ds

    columns = ["estimator", "design", "status", "reason"]
    rows = dataset.to_table(columns=columns, filter=ds.field("status") != int(Status.OK))
    # shards have dictionaries of their own, which differ where reasons do
    words = {name: rows[name].cast(pa.string()) for name in columns if name != "status"}
    rows = pa.table({**words, "status": rows["status"]})
    counted = rows.group_by(columns).aggregate([("status", "count")]).to_pylist()
    said = [
        Silent(
            estimator=str(row["estimator"]), design=str(row["design"]),
            status=Status(int(row["status"])).name.lower().replace("_", " "),
            reason=str(row["reason"] or ""), n=int(row["status_count"]),
        )
        for row in counted
    ]  # fmt: skip
    # too little data is the ordinary state of early looks: it comes last
    said.sort(key=lambda item: (item.status == "too little data", -item.n, item.design))
    return said


def shown_silent(rows: list[Silent]) -> list[Silent]:
    """Return the rows as a table shows them: designs together, long reasons cut, the most first."""
    merged: dict[tuple[str, str, str], int] = {}
    for item in rows:
        key = (item.estimator, item.status, item.reason[:120])
        merged[key] = merged.get(key, 0) + item.n
    return [
        Silent(estimator=estimator, design="", status=status, reason=reason, n=n)
        for (estimator, status, reason), n in list(merged.items())[:_MOST_REASONS]
    ]


def intervals(
    folder: Path, *, scenario: str, substance: str, design: str, estimator: str
) -> Intervals | None:
    """Return the intervals of the effect at the last look; None where rows have none."""
    import numpy as np
    import pyarrow as pa
    import pyarrow.compute as pc
    import pyarrow.parquet as pq

    wanted = {"substance": substance, "design": design, "estimator": estimator}
    names = ["look", "effect", "effect_low", "effect_high", "true_effect"]
    parts = []
    for path in sorted(Paths(folder).shard_files()):
        if _metadata(path).get("scenario") != scenario:
            continue
        rows = pq.read_table(path, columns=[*wanted, "status", *names])
        keep = pc.equal(rows["status"], int(Status.OK))
        for name, value in wanted.items():
            keep = pc.and_(keep, pc.equal(rows[name].cast(pa.string()), value))
        parts.append(rows.filter(keep).select(names))
    if not parts:
        return None
    table = pa.concat_tables(parts)
    columns = {name: table.column(name).to_numpy() for name in names}
    if not table.num_rows:
        return None
    kept = columns["look"] == columns["look"].max()
    for name in names[1:]:
        kept &= np.isfinite(columns[name])
    if kept.sum() < 2:
        return None
    estimate, low, high, truth = (tuple(columns[name][kept].tolist()) for name in names[1:])
    return Intervals(estimate=estimate, low=low, high=high, truth=truth)


def scenario_of(frame: Any, cell: Cell, shared: float, change: float, kind: str) -> str:
    """Return the name of the scenario with a change, at one level of every factor; may be empty."""
    keep = (frame["role"] == "alternative") & (frame["change"] == change) & (frame["kind"] == kind)
    if shared == shared:
        keep &= frame["shared"] == shared
    for name, level in cell.items():
        keep &= frame[name].isna() | (frame[name] == level)
    found = frame.loc[keep, "scenario"]
    return str(found.iloc[0]) if len(found) else ""


def _metadata(path: Path) -> dict[str, Any]:
    import pyarrow.parquet as pq

    metadata = pq.read_schema(path).metadata or {}
    found: dict[str, Any] = json.loads(metadata.get(_KEY, b"{}"))
    return found


def _dataset(folder: Path) -> Any:
    import pyarrow.dataset as ds

    files = sorted(str(path) for path in Paths(folder).shard_files())
    return ds.dataset(files) if files else None
