"""Failures are rows: like with like, where they are, how to see one again, and when it is enough.

A failed row has a status and a reason. Reasons that differ only in numbers and addresses are one
kind; each kind has the command that replays its first replication.
"""

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from simdesign.errors import SpecError, StoppedError, StoreError
from simdesign.evaluate import wilson
from simdesign.records import Status
from simdesign.run.job import Done
from simdesign.run.plan import Plan
from simdesign.run.shards import Shard
from simdesign.run.store import Store

MAX_FAILURES = 0.1
"""Share of an estimator's rows that may fail before a run stops."""
JUDGED_FROM = 10
"""Replications from which on the share is judged."""
_TRIES = 10
"""Attempts at reading shards that others are merging."""
_ADDRESS = re.compile(r"0x([0-9a-fA-F]+|\.\.\.)")
_NUMBER = re.compile(
    r"(?<![A-Za-z_0-9.])[-+]?(\d+(\.\d*)?|\.\d+)([eE][-+]?\d+)?|[-+]?\b(nan|inf)\b"
)
_SERIES = re.compile(r"#([,;\s]+#)+")
_SILENT = {
    int(Status.FAILED): "failed without a reason",
    int(Status.NOT_APPLICABLE): "not applicable: the estimator does not serve such data",
}
_KEY = ("scenario", "replication", "design", "estimator", "substance", "look")


def kind_of(reason: str) -> str:
    """Return a reason with its numbers, addresses and lists of numbers made alike."""
    return _SERIES.sub("#, ...", _NUMBER.sub("#", _ADDRESS.sub("(address)", reason)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """Where a row is."""

    scenario: str
    replication: int
    design: str
    estimator: str
    substance: str
    look: int

    def replay(self, folder: object) -> str:
        """Return the command that computes the row again and shows it."""
        words = [
            "simdesign", "replay", str(folder), "--scenario", self.scenario,
            "--replication", str(self.replication), "--design", self.design,
            "--estimator", self.estimator, "--substance", self.substance,
        ]  # fmt: skip
        return shlex.join(words)


@dataclass(slots=True, kw_only=True)
class Kind:
    """Failures that are alike."""

    message: str
    status: int
    example: str
    """The reason of the first one, as it stands."""
    first: Address
    n_row: int = 0
    replications: dict[tuple[str, str, str], set[int]] = field(default_factory=dict)
    """(scenario, design, estimator) -> replications with such a row."""
    rows: dict[tuple[str, str, str], int] = field(default_factory=dict)
    """(scenario, design, estimator) -> number of such rows."""

    @property
    def n_replication(self) -> int:
        """Number of replications, over all scenarios, that have such a row."""
        found: dict[str, set[int]] = {}
        for (scenario, _, _), some in self.replications.items():
            found.setdefault(scenario, set()).update(some)
        return sum(map(len, found.values()))

    def plain(self, folder: object) -> dict[str, Any]:
        """Return the kind as JSON values."""
        return {
            "message": self.message,
            "status": Status(self.status).name.lower(),
            "rows": self.n_row,
            "replications": self.n_replication,
            "example": self.example,
            "cells": [
                {
                    "scenario": cell[0], "design": cell[1], "estimator": cell[2],
                    "rows": n, "replications": len(self.replications[cell]),
                }
                for cell, n in self.rows.items()
            ],
            "replay": self.first.replay(folder),
        }  # fmt: skip


def failures(store: Store, plan: Plan, *, with_reason_only: bool = False) -> list[Kind]:
    """Return the kinds of failed rows that a plan asks for, the most frequent first.

    Parameters
    ----------
    store : Store
    plan : Plan
    with_reason_only : bool
        Leave out rows whose estimator does not serve such data; much quicker where nothing failed,
        since shards say how many of their rows have a reason.
    """
    order = {item.name: place for place, item in enumerate(plan.scenarios)}
    kinds: dict[tuple[int, str], Kind] = {}
    for row in _failed_rows(store, plan, with_reason_only):
        status, reason = row["status"], row["reason"]
        message = kind_of(reason) or _SILENT[status]
        here = Address(**{name: row[name] for name in _KEY})
        kind = kinds.get((status, message))
        if kind is None:
            kind = Kind(message=message, status=status, example=reason or message, first=here)
            kinds[status, message] = kind
        elif _place(here, order) < _place(kind.first, order):
            kind.first, kind.example = here, reason or message
        cell = (here.scenario, here.design, here.estimator)
        kind.n_row += 1
        kind.rows[cell] = kind.rows.get(cell, 0) + 1
        kind.replications.setdefault(cell, set()).add(here.replication)
    for kind in kinds.values():
        kind.rows = dict(sorted(kind.rows.items(), key=lambda item: (order[item[0][0]], item[0])))
    return sorted(kinds.values(), key=lambda kind: (-kind.status, -kind.n_row, kind.message))


def _place(item: Address, order: dict[str, int]) -> tuple[Any, ...]:
    key = (item.replication, item.design, item.estimator, item.substance, item.look)
    return (order[item.scenario], *key)


def _failed_rows(store: Store, plan: Plan, with_reason_only: bool) -> list[dict[str, Any]]:
    """Return key, status and reason of every failed row that the plan asks for, each once."""
    for _ in range(_TRIES):
        try:
            return list(_listed_rows(store, plan, with_reason_only))
        except FileNotFoundError:  # merged since the listing
            continue
    rule = "changes faster than it can be read; try again"
    raise StoreError(str(store.shard_folder), rule)


def _listed_rows(store: Store, plan: Plan, with_reason_only: bool) -> Iterator[dict[str, Any]]:
    n_rep = {item.name: plan.n_rep(item) for item in plan.scenarios}
    wanted = {
        (name, c.substance, c.design, c.estimator): c.content
        for name, cells in plan.cells.items()
        for c in cells
    }
    covered: dict[tuple[str, ...], np.ndarray] = {}
    for shard in store.shards():
        if shard.scenario not in n_rep or (with_reason_only and not shard.n_failed):
            continue
        mine = {
            cell: content
            for content, cell in shard.cells.items()
            if wanted.get((shard.scenario, *cell)) == content
        }
        rows = [
            row
            for row in _read(shard, with_reason_only)
            if (row["substance"], row["design"], row["estimator"]) in mine
            and row["replication"] < n_rep[shard.scenario]
        ]
        fresh: list[dict[str, Any]] = []
        for row in rows:
            cell = (shard.scenario, row["substance"], row["design"], row["estimator"])
            if cell not in covered:
                covered[cell] = np.zeros(n_rep[shard.scenario], dtype=bool)
            if not covered[cell][row["replication"]]:
                fresh.append(row)
        for row in fresh:  # all looks of a replication are in one shard
            cell = (shard.scenario, row["substance"], row["design"], row["estimator"])
            covered[cell][row["replication"]] = True
        yield from fresh


def n_failed_rows(store: Store, plan: Plan) -> int:
    """Return how many rows that a plan asks for failed: each once, however many shards hold it."""
    return len(_failed_rows(store, plan, with_reason_only=True))


def _read(shard: Shard, with_reason_only: bool) -> list[dict[str, Any]]:
    least = Status.FAILED if with_reason_only else Status.NOT_APPLICABLE
    try:
        table = pq.read_table(
            shard.path, columns=[*_KEY, "status", "reason"],
            filters=pc.field("status") >= int(least),
        )  # fmt: skip
    except FileNotFoundError:
        raise
    except (OSError, pa.ArrowException):
        raise StoreError(str(shard.path), "must be a readable shard; move it away") from None
    found: list[dict[str, Any]] = table.to_pylist()
    return found


def first_failure(store: Store, plan: Plan, estimator: str) -> Kind | None:
    """Return the most frequent kind of an estimator's failures."""
    for kind in failures(store, plan, with_reason_only=True):
        if any(cell[2] == estimator for cell in kind.rows):
            return kind
    return None


class FailureWatch:
    """Counts failed rows per estimator, and ends a run in which too much fails.

    The share of failed rows is judged per estimator over all that is stored, from
    ``JUDGED_FROM`` replications on: it is too much when the lower end of Wilson's 95 % interval,
    with replications as the unit, lies above the share allowed, so that a few failures that come
    early end nothing. A world that failed counts for every estimator.
    """

    def __init__(self, plan: Plan, store: Store, max_failures: float = MAX_FAILURES) -> None:
        if not 0.0 <= max_failures <= 1.0:
            raise SpecError("max_failures", max_failures, "must be in [0, 1]")
        self.plan, self.store, self.max_failures = plan, store, max_failures
        self.n_failed = 0
        """Rows that failed in this run."""
        names = list(plan.study.estimators)
        self._row, self._failed = dict.fromkeys(names, 0), dict.fromkeys(names, 0)
        self._replication = dict.fromkeys(names, 0)

    def begin(self) -> None:
        """Count what is stored already, and judge it."""
        n_look = len(self.plan.study.programme.look_days)
        coverage = self.store.coverage()
        for scenario in self.plan.scenarios:
            n_rep = self.plan.n_rep(scenario)
            some = {name: np.zeros(n_rep, dtype=bool) for name in self._row}
            for cell in self.plan.cells[scenario.name]:
                done = np.zeros(n_rep, dtype=bool)
                for start, stop in coverage.get((scenario.name, cell.content), ()):
                    done[start : min(stop, n_rep)] = True
                self._row[cell.estimator] += n_look * int(done.sum())
                some[cell.estimator] |= done
            for name, done in some.items():
                self._replication[name] += int(done.sum())
        for kind in failures(self.store, self.plan, with_reason_only=True):
            for (_, _, estimator), n in kind.rows.items():
                self._failed[estimator] += n
        self._judge()

    def add(self, done: Done) -> None:
        """Count a task.

        Raises
        ------
        StoppedError
            When too much has failed.
        """
        for name, n in done.n_row.items():
            self._row[name] += n
            self._failed[name] += done.n_failed[name]
            self._replication[name] += done.task.n_rep
            self.n_failed += done.n_failed[name]
        self._judge()

    def _judge(self) -> None:
        for name, n_rep in self._replication.items():
            if n_rep < JUDGED_FROM or not self._failed[name]:
                continue
            share = self._failed[name] / self._row[name]
            if wilson(share, n_rep)[0] > self.max_failures:
                raise StoppedError(self._too_much(name, share))

    def _too_much(self, name: str, share: float) -> str:
        folder = self.store.folder
        kind = first_failure(self.store, self.plan, name)
        seen = ""
        if kind is not None:
            seen = f"; the first kind: {kind.example}; see one: `{kind.first.replay(folder)}`"
        return (
            f"stopped: {share:.0%} of the rows of estimator {name} failed "
            f"({self._failed[name]} of {self._row[name]}, --max-failures {self.max_failures:g})"
            f"{seen}; what is stored stays, go on with "
            f"`simdesign resume {shlex.quote(str(folder))} --max-failures 1`"
        )
