"""The results folder of a study: whose it is, what it holds, and rows in and out.

manifest.json          the study, its size, and the code that computes it
studies/               the same, once for every content that the study ever had here (claims.py)
shards/*.parquet       rows of one task each, or of many that were merged (shards.py, collect.py)
damaged/               shards whose bytes had changed: kept, never read
measures.csv           performance measures, derived from the shards
verdict.json           the verdicts, likewise
page.html              the page, derived from these
precision.json         decisions of adaptive replications (see precision.py)
refined/               a slow estimator's fits of some replications (see refined_rows.py)
jobs/                  what was submitted to a cluster (see submission.py)

Where each lies is said in `simdesign.stored.Paths`, and nowhere else.
"""

import contextlib
import glob
import hashlib
import json
import os
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from simdesign.errors import SpecError, StoreError
from simdesign.run.ahead import ahead
from simdesign.run.claims import claims, disagreement, read_manifest, stake
from simdesign.run.difference import sources_of
from simdesign.run.files import refused, write_atomic
from simdesign.run.plan import Plan, Task, make_plan
from simdesign.run.provenance import code_hash, provenance
from simdesign.run.schema import COLUMNS, KEY, Rows
from simdesign.run.shards import (
    CellName,
    Shard,
    damaged,
    encoded,
    is_sound,
    read_columns,
    read_shard,
    stem_of_task,
    uncovered,
)
from simdesign.run.sorted_rows import CodedRows, coded, joined, selected
from simdesign.spec.base import plain
from simdesign.spec.study import Study
from simdesign.stored import FORMAT, MODEL_CHECK, Paths, Precision, PublishedPaths, read_plain

DIGEST_NUMBERS = 2**24
"""Numbers of a scenario that are read at once for the digest, besides its key: 128 MiB."""
_TRIES = 10
"""Listings until one stands still: shards are merged while others read."""

_PUBLISHED_ONLY = (
    "holds published results (measures, verdicts, page) and no rows: evaluate, table, frontier, "
    "departures, attribution, options, explore and stability read them, reproduce computes the "
    "rows again"
)


class Store:
    """A results folder."""

    def __init__(self, folder: str | Path) -> None:
        self.folder = Path(folder)
        self.paths = Paths(self.folder)
        # shards never change: each is opened once, and its bytes are checked once
        self._known: dict[Path, Shard] = {}
        self._cells: dict[str, Mapping[str, CellName]] = {}
        self._sound: set[Path] = set()

    @property
    def manifest_path(self) -> Path:
        """Path of the manifest."""
        return self.paths.manifest

    @property
    def shard_folder(self) -> Path:
        """Folder of the shards."""
        return self.paths.shards

    @property
    def studies_folder(self) -> Path:
        """Folder of the claims."""
        return self.paths.studies

    @property
    def damaged_folder(self) -> Path:
        """Folder of shards whose bytes had changed."""
        return self.paths.damaged

    @property
    def measures_path(self) -> Path:
        """Path of the table of performance measures."""
        return self.paths.measures

    @property
    def verdict_path(self) -> Path:
        """Path of the verdicts."""
        return self.paths.verdict

    @property
    def refined_folder(self) -> Path:
        """Folder of the fits of slow estimators."""
        return self.paths.refined

    @property
    def precision_path(self) -> Path:
        """Path of the decisions of adaptive replications."""
        return self.paths.precision

    def manifest(self) -> dict[str, Any]:
        """Return the manifest.

        Raises
        ------
        StoreError
            When the folder is no results folder.
        """
        try:
            return read_manifest(self.manifest_path)
        except FileNotFoundError:
            *_, (_, last) = ((None, None), *claims(self.studies_folder))
            if last is None:
                rule = f"holds no {self.manifest_path.name} of a study"
                if PublishedPaths(self.folder).lock.is_file():
                    rule = _PUBLISHED_ONLY
                raise StoreError(str(self.folder), rule) from None
            return last  # claimed, and killed before the manifest was written

    def examine_decisions(self) -> None:
        """Look at what was decided about adaptive replications, if anything was.

        Raises
        ------
        StoreError
            When it cannot be understood: going on would decide, and write, anew.
        """
        with contextlib.suppress(FileNotFoundError):
            read_plain(self.precision_path, Precision)

    def plan(self) -> Plan:
        """Return the plan that the manifest describes."""
        manifest = self.manifest()
        try:
            study = Study.from_dict(manifest["study"], str(self.manifest_path))
            own = manifest.get("own_parts")
            folder = None if own is None else self.folder / own
            plan = make_plan(study, manifest["size"], manifest["replications"], folder)
            return replace(plan, target=manifest.get("target"))
        except SpecError as error:
            raise StoreError(
                str(self.manifest_path), f"holds a study that fails: {error}"
            ) from None

    def check(self, plan: Plan) -> None:
        """Accept a folder that is absent, empty or this study's own.

        The same study has the same name, seed and code, and gives no condition other numbers than
        it has, or was promised, here; it may have more conditions.

        Raises
        ------
        StoreError
            For anything else, damaged shards too; the folder is left as it is.
        """
        self._identify(plan)
        self._agree(plan)

    def mend(self, plan: Plan) -> list[Path]:
        """Check as ``check`` does, but move damaged shards out of the way: what a run does first.

        Every byte of every shard is read (about a second per GiB). Nothing is deleted.

        Returns
        -------
        list of Path
            Where damaged shards are now; what they held is missing and will be computed again.

        Raises
        ------
        StoreError
            For a folder that is not this study's own; it is left as it is.
        WriteError
            When a damaged shard cannot be moved.
        """
        self._identify(plan)
        moved = []
        paths = [path for path in self._listed() if path not in self._sound]
        for path, sound in zip(paths, ahead(_state_of, paths), strict=True):
            if sound:
                self._sound.add(path)
            elif sound is not None:
                with contextlib.suppress(FileNotFoundError):  # moved by somebody else meanwhile
                    moved.append(self._set_aside(path))
        self._agree(plan)
        return moved

    def _set_aside(self, path: Path) -> Path:
        place = self.damaged_folder / path.name
        number = 0
        while place.exists():
            number += 1
            place = self.damaged_folder / f"{path.name}.{number}"
        try:
            self.damaged_folder.mkdir(exist_ok=True)
            return path.rename(place)
        except FileNotFoundError:
            raise
        except OSError as error:
            raise refused(place, error) from None

    def _identify(self, plan: Plan) -> None:
        """Refuse a folder that was not made by this study."""
        if not self.folder.exists():
            return
        if not self.folder.is_dir():
            raise StoreError(str(self.folder), "must be a folder")
        try:
            names = [item.name for item in self.folder.iterdir()]
        except OSError as error:
            raise StoreError(str(self.folder), f"must be readable ({error.strerror})") from None
        known = dict(claims(self.studies_folder))
        half_made = {self.studies_folder.name} if not known else set()  # killed in its first claim
        if all(_is_no_result(name) for name in names if name not in half_made):
            return
        if self.manifest_path.exists() or not known:
            known[self.manifest_path] = self.manifest()
        for there in known.values():
            why = disagreement(there, plan, code_hash())
            if why:
                raise StoreError(str(self.folder), f"{why}; choose another --out")
        self.examine_decisions()

    def _agree(self, plan: Plan) -> None:
        """Refuse shards that hold other numbers of this study's conditions."""
        known = {
            (name, c.substance, c.design, c.estimator): c.content
            for name, cells in plan.cells.items()
            for c in cells
        }
        seen: set[tuple[str, str]] = set()
        for shard in self.shards():
            if (shard.scenario, shard.mark) in seen:
                continue
            seen.add((shard.scenario, shard.mark))
            for content, cell in shard.cells.items():
                if known.get((shard.scenario, *cell), content) != content:
                    where = ", ".join((shard.scenario, *cell))
                    why = self._changed_source(plan)
                    rule = f"holds other results under the same names ({where}{why})"
                    raise StoreError(str(self.folder), f"{rule}; choose another --out")

    def _changed_source(self, plan: Plan) -> str:
        """Return which own part has another source than when its rows were made."""
        here = sources_of(plan.study)
        for _, there in claims(self.studies_folder):
            for uses, source in there.get("own_sources", {}).items():
                if here.get(uses, source) != source:
                    return f"; the source of {uses} is {source} there and {here[uses]} here"
        return ""

    def open(self, plan: Plan) -> None:
        """Claim the folder for a plan and write its manifest; ``check`` must have passed.

        Raises
        ------
        StoreError
            When another study came first, at this very moment.
        WriteError
            When the folder cannot be written.
        """
        manifest = {
            "simdesign": FORMAT,
            "study": plain(plan.study),
            "study_hash": plan.study.hash(),
            "size": plan.size,
            "replications": _plain_numbers(plan.replications),
            "code": code_hash(),
            "own_sources": sources_of(plan.study),
            "provenance": provenance(),
        }
        if plan.target is not None:
            manifest["target"] = dict(plan.target)
        if plan.folder is not None:  # where to find them again, seen from here
            place = os.path.relpath(plan.folder.resolve(), self.folder.resolve())
            manifest["own_parts"] = Path(place).as_posix()
        text = json.dumps(manifest, indent=1, ensure_ascii=False) + "\n"
        try:
            self._claim(plan, text)
        except OSError as error:
            raise refused(self.folder, error) from None
        if self.manifest_path.exists() and self.manifest_path.read_text("utf-8") == text:
            return
        write_atomic(self.manifest_path, text.encode())

    def _claim(self, plan: Plan, text: str) -> None:
        while True:
            known = list(claims(self.studies_folder))
            if plan.study.hash() in [there["study_hash"] for _, there in known]:
                return
            self._identify(plan)  # all that are known agree, or somebody came first
            last = max((int(path.parent.name) for path, _ in known), default=0)
            if stake(self.studies_folder, last + 1, text):
                return

    def write(
        self, task: Task, rows: Rows, seconds: float, study_hash: str, *,
        seed: int | None = None, cpu_seconds: float | None = None,
    ) -> None:  # fmt: skip
        """Store the rows of a task."""
        name, data = encoded(task, rows, seconds, study_hash, seed, cpu_seconds)
        write_atomic(self.shard_folder / name, data)

    def stored(self, task: Task) -> Shard | None:
        """Return the shard of this very task if it is there, looked up by its name alone."""
        pattern = f"{glob.escape(stem_of_task(task))}.*.parquet"
        for path in self.shard_folder.glob(pattern):
            with contextlib.suppress(StoreError, FileNotFoundError):
                return self._shard(path)
        return None

    def shards(self) -> list[Shard]:
        """Return what every shard says it holds, in order of file name.

        Without shards whose rows another one holds too: two runs at once, or an interrupted merge,
        leave such twins.

        Raises
        ------
        StoreError
            When a file among the shards is not one.
        """
        return uncovered(self.every_shard())

    def every_shard(self) -> list[Shard]:
        """Return the same with the shards whose rows another one holds too."""
        for _ in range(_TRIES):
            try:
                return list(ahead(self._shard, self._listed()))
            except FileNotFoundError:  # merged since the listing
                continue
        raise StoreError(str(self.shard_folder), "changes faster than it can be read; try again")

    def _shard(self, path: Path) -> Shard:
        if path not in self._known:
            self._known[path] = read_shard(path, self._cells)
        return self._known[path]

    def _listed(self) -> list[Path]:
        """Return the paths of all shards.

        Listing takes time: while shards are merged, neither a merged one nor its parts may be
        seen. Two listings that agree are of a folder that stood still.
        """
        before = None
        for _ in range(_TRIES):
            now = sorted(self.paths.shard_files())
            if now == before:
                break
            before = now
        return now

    def examine(self) -> int:
        """Read every byte of every shard, and return the number of shards.

        Raises
        ------
        StoreError
            Naming the first shard whose bytes are not those that were written.
        """
        paths = [path for path in self._listed() if path not in self._sound]
        for path, sound in zip(paths, ahead(_state_of, paths), strict=True):
            if sound is False:
                raise damaged(path)
            if sound:
                self._sound.add(path)
        return len(self._listed())

    def ensure_sound(self, path: Path) -> None:
        """Read every byte of one shard, once; see ``examine``."""
        if path in self._sound:
            return
        if not is_sound(path):
            raise damaged(path)
        self._sound.add(path)

    def coverage(self) -> dict[tuple[str, str], list[tuple[int, int]]]:
        """Return the stored ranges of replications per scenario and content of a cell."""
        found: dict[tuple[str, str], list[tuple[int, int]]] = {}
        for shard in self.shards():
            for content in shard.cells:
                found.setdefault((shard.scenario, content), []).append((shard.start, shard.stop))
        return found

    def rows(
        self, plan: Plan, scenario: str, columns: Sequence[str] | None = None,
        replications: Collection[int] | None = None,
    ) -> Rows:  # fmt: skip
        """Return the stored rows of one scenario of a plan, sorted, each once.

        Rows are those that the plan asks for: shards may hold more.

        Parameters
        ----------
        plan : Plan
        scenario : str
        columns : sequence of str, optional
            Besides the key; all without it.
        replications : collection of int, optional
            Only these.

        Raises
        ------
        StoreError
            When a shard is damaged.
        """
        return self._coded(plan, scenario, columns, replications).plain()

    def _coded(
        self, plan: Plan, scenario: str, columns: Sequence[str] | None,
        replications: Collection[int] | None = None,
    ) -> CodedRows:  # fmt: skip
        names = list(COLUMNS) if columns is None else [*KEY, *columns]
        for _ in range(_TRIES):
            try:
                return joined(list(self._parts(plan, scenario, names, replications)), names)
            except FileNotFoundError:  # merged since the listing
                continue
        raise StoreError(str(self.shard_folder), "changes faster than it can be read; try again")

    def _parts(
        self, plan: Plan, scenario: str, names: list[str], only: Collection[int] | None
    ) -> Iterator[CodedRows]:
        n_rep = next(plan.n_rep(item) for item in plan.scenarios if item.name == scenario)
        wanted = {(c.substance, c.design, c.estimator): c.content for c in plan.cells[scenario]}
        for shard in self.shards():
            if shard.scenario != scenario or shard.start >= n_rep:
                continue
            if only is not None and not any(shard.start <= r < shard.stop for r in only):
                continue
            keep = [cell for content, cell in shard.cells.items() if wanted.get(cell) == content]
            if keep:
                everything = len(keep) == len(shard.cells)
                self.ensure_sound(shard.path)
                rows = coded(read_columns(shard.path, names, only))
                yield selected(rows, n_rep, None if everything else keep, only)

    def digest(self, plan: Plan) -> str:
        """Return SHA-256 over the column bytes of the sorted table.

        Scenario by scenario in order of name, column by column in the order of the schema.
        Neither tasks nor workers nor the number of interruptions have a say in it. Of a scenario
        with many rows, a few columns are read at a time.
        """
        digest = hashlib.sha256()
        n_row: dict[str, int] = {}
        for shard in self.shards():
            n_row[shard.scenario] = n_row.get(shard.scenario, 0) + shard.n_row
        for scenario in sorted(plan.cells):
            width = max(1, DIGEST_NUMBERS // max(n_row.get(scenario, 0), 1))
            for first in range(0, len(COLUMNS), width):
                names = list(COLUMNS)[first : first + width]
                beside = [name for name in names if name not in KEY]
                self._coded(plan, scenario, beside).update(digest, names)
        return digest.hexdigest()


def _plain_numbers(replications: int | Mapping[str, int] | None) -> int | dict[str, int] | None:
    return dict(replications) if isinstance(replications, Mapping) else replications


def _state_of(path: Path) -> bool | None:
    """Return whether the bytes of a shard are sound; None when it is not there any more."""
    try:
        return is_sound(path)
    except FileNotFoundError:
        return None


def _is_no_result(name: str) -> bool:
    """Return whether a name in a folder says nothing of a study: of check-model, or half made."""
    return name.startswith(MODEL_CHECK) or (name.startswith(".") and name.endswith(".tmp"))
