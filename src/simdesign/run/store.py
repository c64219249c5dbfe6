"""The results folder of a study: one class owns every path in it.

manifest.json          the study, its size, and the code that computes it
shards/*.parquet       rows of one task each, with metadata that says what they hold
measures.csv           performance measures, derived from the shards
page.html              the page, derived from both
precision.json         decisions of adaptive replications (see precision.py)
refined/               a slow estimator's fits of some replications (see refined_rows.py)
"""

import hashlib
import json
import os
import re
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from simdesign.errors import SpecError, StoreError
from simdesign.run.files import write_atomic
from simdesign.run.plan import Plan, Task, make_plan
from simdesign.run.provenance import code_hash, provenance
from simdesign.run.schema import COLUMNS, KEY, Rows
from simdesign.run.sorted_rows import CodedRows, coded, joined, selected
from simdesign.spec.base import plain
from simdesign.spec.study import Study

FORMAT = 1
_META = b"simdesign"


@dataclass(frozen=True, slots=True, kw_only=True)
class Shard:
    """What one shard says it holds."""

    path: Path
    scenario: str
    start: int
    stop: int
    cells: dict[str, tuple[str, str, str]]
    """Content of a cell -> (substance, design, estimator)."""
    n_failed: int
    seconds: float


class Store:
    """A results folder."""

    def __init__(self, folder: str | Path) -> None:
        self.folder = Path(folder)
        self._known: dict[Path, Shard] = {}  # shards never change: each is opened once

    @property
    def manifest_path(self) -> Path:
        """Path of the manifest."""
        return self.folder / "manifest.json"

    @property
    def shard_folder(self) -> Path:
        """Folder of the shards."""
        return self.folder / "shards"

    @property
    def measures_path(self) -> Path:
        """Path of the table of performance measures."""
        return self.folder / "measures.csv"

    @property
    def verdict_path(self) -> Path:
        """Path of the verdicts."""
        return self.folder / "verdict.json"

    @property
    def refined_folder(self) -> Path:
        """Folder of the fits of slow estimators."""
        return self.folder / "refined"

    @property
    def precision_path(self) -> Path:
        """Path of the decisions of adaptive replications."""
        return self.folder / "precision.json"

    @property
    def page_path(self) -> Path:
        """Path of the page."""
        return self.folder / "page.html"

    def manifest(self) -> dict[str, Any]:
        """Return the manifest.

        Raises
        ------
        StoreError
            When the folder is no results folder.
        """
        try:
            found = json.loads(self.manifest_path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            raise StoreError(str(self.folder), "holds no manifest.json of a study") from None
        except (OSError, UnicodeDecodeError, ValueError):
            raise StoreError(str(self.manifest_path), "must be a readable manifest") from None
        if not isinstance(found, dict) or found.get("simdesign") != FORMAT:
            raise StoreError(str(self.manifest_path), f"must be a manifest of format {FORMAT}")
        return found

    def plan(self) -> Plan:
        """Return the plan that the manifest describes."""
        manifest = self.manifest()
        try:
            study = Study.from_dict(manifest["study"], str(self.manifest_path))
            own = manifest.get("own_parts")
            folder = None if own is None else self.folder / own
            plan = make_plan(study, manifest["size"], manifest["replications"], folder)
            return replace(plan, target=manifest.get("target"))
        except KeyError as error:
            raise StoreError(str(self.manifest_path), f"must have the key {error}") from None
        except SpecError as error:
            raise StoreError(
                str(self.manifest_path), f"holds a study that fails: {error}"
            ) from None

    def check(self, plan: Plan) -> None:
        """Accept a folder that is absent, empty or this study's own.

        The same study has the same name, seed and code, and gives no scenario, design or
        estimator another content than the shards have; it may have more of them.

        Raises
        ------
        StoreError
            For anything else; the folder is left as it is.
        """
        if not self.folder.exists():
            return
        if not self.folder.is_dir():
            raise StoreError(str(self.folder), "must be a folder")
        try:
            names = (item.name for item in self.folder.iterdir())
            empty = all(name.startswith("model_check") for name in names)  # of check-model
        except OSError as error:
            raise StoreError(str(self.folder), f"must be readable ({error.strerror})") from None
        if empty:
            return
        manifest = self.manifest()
        place = str(self.folder)
        study = manifest.get("study", {})
        for key, mine in (("name", plan.study.name), ("seed", plan.study.seed)):
            if study.get(key) != mine:
                rule = f"holds another study ({key} {study.get(key)!r}, not {mine!r})"
                raise StoreError(place, f"{rule}; choose another --out")
        if manifest.get("code") != code_hash():
            rule = "holds results of another version of the code; move it away"
            raise StoreError(place, f"{rule} or choose another --out")
        known = {
            (name, c.substance, c.design, c.estimator): c.content
            for name, cells in plan.cells.items()
            for c in cells
        }
        for shard in self.shards():
            for content, cell in shard.cells.items():
                if known.get((shard.scenario, *cell), content) != content:
                    where = ", ".join((shard.scenario, *cell))
                    rule = f"holds other results under the same names ({where})"
                    raise StoreError(place, f"{rule}; choose another --out")

    def open(self, plan: Plan) -> None:
        """Write the manifest of a plan; ``check`` must have passed."""
        manifest = {
            "simdesign": FORMAT,
            "study": plain(plan.study),
            "study_hash": plan.study.hash(),
            "size": plan.size,
            "replications": _plain_numbers(plan.replications),
            "code": code_hash(),
            "provenance": provenance(),
        }
        if plan.target is not None:
            manifest["target"] = dict(plan.target)
        if plan.folder is not None:  # where to find them again, seen from here
            place = os.path.relpath(plan.folder.resolve(), self.folder.resolve())
            manifest["own_parts"] = Path(place).as_posix()
        text = json.dumps(manifest, indent=1, ensure_ascii=False) + "\n"
        if self.manifest_path.exists() and self.manifest_path.read_text("utf-8") == text:
            return
        write_atomic(self.manifest_path, text.encode())

    def write(self, task: Task, rows: Rows, seconds: float, study_hash: str) -> None:
        """Store the rows of a task."""
        meta = {
            "scenario": task.scenario,
            "start": task.start,
            "stop": task.stop,
            "cells": {c.content: (c.substance, c.design, c.estimator) for c in task.cells},
            "n_failed": int((rows["reason"] != "").sum()),
            "seconds": seconds,
            "written": time.time(),
            "study_hash": study_hash,
            **provenance(),
        }
        table = pa.table(
            {
                name: pa.array(values).dictionary_encode() if kind == "str" else pa.array(values)
                for (name, kind), values in zip(COLUMNS.items(), rows.values(), strict=True)
            }
        ).replace_schema_metadata({_META: json.dumps(meta).encode()})
        sink = pa.BufferOutputStream()
        pq.write_table(table, sink, compression="zstd")
        contents = "".join(sorted(c.content for c in task.cells))
        mark = hashlib.sha256(f"{task.scenario}{contents}".encode()).hexdigest()[:10]
        slug = re.sub(r"[^A-Za-z0-9.+-]+", "_", task.scenario)[:60]
        name = f"{slug}.{task.start:06d}-{task.stop:06d}.{mark}.parquet"
        write_atomic(self.shard_folder / name, sink.getvalue().to_pybytes())

    def shards(self) -> list[Shard]:
        """Return what every shard says it holds, in order of file name.

        Raises
        ------
        StoreError
            When a file among the shards is not one.
        """
        paths = sorted(self.shard_folder.glob("[!.]*.parquet"))
        for path in paths:
            if path not in self._known:
                self._known[path] = self._shard(path)
        return [self._known[path] for path in paths]

    def _shard(self, path: Path) -> Shard:
        try:
            meta = json.loads(pq.read_metadata(path).metadata[_META])
            return Shard(
                path=path,
                scenario=meta["scenario"],
                start=meta["start"],
                stop=meta["stop"],
                cells={content: tuple(cell) for content, cell in meta["cells"].items()},
                n_failed=meta["n_failed"],
                seconds=meta["seconds"],
            )
        except (OSError, pa.ArrowException, KeyError, TypeError, ValueError):
            raise StoreError(str(path), "must be a shard of results; move it away") from None

    def coverage(self) -> dict[tuple[str, str], list[tuple[int, int]]]:
        """Return the stored ranges of replications per scenario and content of a cell."""
        found: dict[tuple[str, str], list[tuple[int, int]]] = {}
        for shard in self.shards():
            for content in shard.cells:
                found.setdefault((shard.scenario, content), []).append((shard.start, shard.stop))
        return found

    def rows(self, plan: Plan, scenario: str, columns: Sequence[str] | None = None) -> Rows:
        """Return the stored rows of one scenario of a plan, sorted, each once.

        Rows are those that the plan asks for: shards may hold more.

        Parameters
        ----------
        plan : Plan
        scenario : str
        columns : sequence of str, optional
            Besides the key; all without it.
        """
        return self._coded(plan, scenario, columns).plain()

    def _coded(self, plan: Plan, scenario: str, columns: Sequence[str] | None) -> CodedRows:
        n_rep = next(plan.n_rep(item) for item in plan.scenarios if item.name == scenario)
        wanted = {(c.substance, c.design, c.estimator): c.content for c in plan.cells[scenario]}
        names = list(COLUMNS) if columns is None else [*KEY, *columns]
        parts = []
        for shard in self.shards():
            if shard.scenario != scenario or shard.start >= n_rep:
                continue
            keep = [cell for content, cell in shard.cells.items() if wanted.get(cell) == content]
            if keep:
                everything = len(keep) == len(shard.cells)
                rows = coded(self._table(shard, names))
                parts.append(selected(rows, n_rep, None if everything else keep))
        return joined(parts, names)

    def _table(self, shard: Shard, names: list[str]) -> pa.Table:
        try:
            return pq.read_table(shard.path, columns=names)
        except (OSError, pa.ArrowException):
            raise StoreError(str(shard.path), "must be a readable shard; move it away") from None

    def digest(self, plan: Plan) -> str:
        """Return SHA-256 over the column bytes of the sorted table.

        Scenario by scenario in order of name, column by column in the order of the schema.
        Neither tasks nor workers nor the number of interruptions have a say in it.
        """
        digest = hashlib.sha256()
        for scenario in sorted(plan.cells):
            self._coded(plan, scenario, None).update(digest)
        return digest.hexdigest()


def _plain_numbers(replications: int | Mapping[str, int] | None) -> int | dict[str, int] | None:
    return dict(replications) if isinstance(replications, Mapping) else replications
