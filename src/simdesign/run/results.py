"""What a results folder tells: progress, rows, measures, verdicts."""

import hashlib
import json
from dataclasses import asdict
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from simdesign.errors import SpecError, StoreError
from simdesign.evaluate import Average, Flip, Verdict, flips, stored_average, stored_verdict
from simdesign.plain import plain_json as plain_json
from simdesign.run.assess import Assessment, assess
from simdesign.run.failures import n_failed_rows
from simdesign.run.files import write_atomic
from simdesign.run.pace import pace
from simdesign.run.plan import Plan, missing_tasks
from simdesign.run.provenance import code_hash
from simdesign.run.store import Store
from simdesign.run.tidy import read_table
from simdesign.spec.base import content_hash
from simdesign.spec.study import Study
from simdesign.stored import VerdictFile, read_plain

if TYPE_CHECKING:
    import pandas as pd


class Results:
    """The stored results of a study."""

    def __init__(self, folder: str | Path, plan: Plan | None = None) -> None:
        self.store = Store(folder)
        self._plan = plan
        self._assessed: dict[tuple[str, float | None], Assessment] = {}

    def __repr__(self) -> str:
        """Return the folder."""
        return f"Results({str(self.store.folder)!r})"

    @property
    def folder(self) -> Path:
        """The results folder."""
        return self.store.folder

    @cached_property
    def plan(self) -> Plan:
        """The study at the size that was run, by whoever holds this object, or else last."""
        return self.store.plan() if self._plan is None else self._plan

    @property
    def study(self) -> Study:
        """The study."""
        return self.plan.study

    def status(self, *, digest: bool = True) -> dict[str, Any]:
        """Return how far the study is.

        Returns
        -------
        dict
            ``study, size, scenarios, replications, done, missing, failed_rows, rows, seconds,
            rate, remaining_core_seconds, remaining_seconds, mcse_at_most`` (see ``pace``),
            ``cpu_seconds, peak_mib, files, bytes, hosts, environments, digest``. The digest is that
            of the rows stored so far; more than one environment means that code, libraries or
            machine types differed between shards.
        """
        missing = sum(task.n_rep for task in missing_tasks(self.plan, self.store.coverage()))
        shards = self.store.shards()
        total = self.plan.n_replication
        return {
            "study": self.study.name,
            "size": self.plan.size,
            "scenarios": len(self.plan.scenarios),
            "replications": total,
            "done": total - missing,
            "missing": missing,
            "failed_rows": n_failed_rows(self.store, self.plan),
            "rows": self.plan.n_row,
            "seconds": round(sum(shard.seconds for shard in shards), 3),
            **pace(self.plan, self.store),
            "cpu_seconds": round(sum(shard.cpu_seconds or 0.0 for shard in shards), 3),
            "peak_mib": max((shard.peak_mib or 0.0 for shard in shards), default=0.0),
            "files": len(shards),
            "bytes": sum(shard.n_byte for shard in shards),
            "hosts": sorted({host for shard in shards for host in shard.hosts}),
            "environments": len({name for shard in shards for name in shard.environments}),
            "digest": self.digest() if digest else "",
        }

    def digest(self) -> str:
        """Return SHA-256 of the sorted table of rows."""
        return self.store.digest(self.plan)

    def rows(self, scenario: str | None = None) -> "pd.DataFrame":
        """Return the rows of one scenario, or of all."""
        import pandas as pd

        names = [item.name for item in self.plan.scenarios]
        if scenario is not None and scenario not in names:
            raise SpecError("scenario", scenario, "must be a scenario of the study")
        frames = [
            pd.DataFrame(self.store.rows(self.plan, name))
            for name in (names if scenario is None else [scenario])
        ]
        return pd.concat(frames, ignore_index=True)

    def assessment(self, budget: float | None = None) -> Assessment:
        """Return measures and verdicts, computed once for what is stored now."""
        key = (self.state(), budget)
        if key not in self._assessed:
            self._assessed = {key: assess(self.store, self.plan, budget)}
        return self._assessed[key]

    def records(self, budget: float | None = None) -> list[dict[str, Any]]:
        """Return the rows of the tidy table of measures; read from ``measures.csv`` if current."""
        own = budget is None or budget == self.study.decision.budget
        if own and self._is_saved():
            return read_table(self.store.measures_path.read_text(encoding="utf-8"))
        return self.assessment(None if own else budget).table.rows

    def measures(self, budget: float | None = None) -> "pd.DataFrame":
        """Return the tidy table of performance measures."""
        import pandas as pd

        return pd.DataFrame(self.records(budget))

    def verdicts(self, budget: float | None = None) -> list[Verdict]:
        """Return the verdicts per substance, world and threshold; read if current."""
        own = budget is None or budget == self.study.decision.budget
        saved = self._saved_verdicts() if own else None
        if saved is not None:
            return saved
        return self.assessment(None if own else budget).verdicts

    def averages(self, budget: float | None = None) -> list[Average]:
        """Return power averaged over distributions of the shared error; read if current."""
        own = budget is None or budget == self.study.decision.budget
        if own and self._is_saved():
            content = read_plain(self.store.verdict_path, VerdictFile)
            return [stored_average(item) for item in content.get("averages", ())]
        return self.assessment(None if own else budget).averages

    def notes(self) -> list[str]:
        """Return a line for every trigger that never asked, or always did; read if current."""
        if self._is_saved():
            return list(read_plain(self.store.verdict_path, VerdictFile).get("notes", ()))
        return self.assessment().notes

    def flips(self, verdicts: list[Verdict] | None = None) -> list[dict[str, Any]]:
        """Return where verdicts change as the shared error grows, per otherwise equal world."""
        groups: dict[tuple[Any, ...], list[Verdict]] = {}
        for item in self.verdicts() if verdicts is None else verdicts:
            rest = {k: v for k, v in item.world.items() if not k.endswith(".sigma_shared")}
            key = (item.topic, item.substance, item.threshold, tuple(sorted(rest.items())))
            groups.setdefault(key, []).append(item)
        found = []
        for (topic, substance, threshold, rest), items in groups.items():
            found += [
                {
                    "topic": topic, "substance": substance, "threshold": threshold,
                    "world": dict(rest), **_flip(flip),
                }
                for flip in flips(items)
            ]  # fmt: skip
        return found

    def plain(self, budget: float | None = None) -> dict[str, Any]:
        """Return measures, verdicts and flips as JSON values; undefined numbers are null."""
        verdicts = self.verdicts(budget)
        return {
            "study": self.study.name,
            "size": self.plan.size,
            "budget": self.study.decision.budget if budget is None else budget,
            "measures": plain_json(self.records(budget)),
            "verdicts": [plain_json(asdict(item)) for item in verdicts],
            "flips": plain_json(self.flips(verdicts)),
            "averages": [plain_json(asdict(item)) for item in self.averages(budget)],
        }

    def save(self) -> None:
        """Write ``measures.csv`` and ``verdict.json``; nothing when they are current."""
        if self._is_saved():
            return
        found = self.assessment()
        write_atomic(self.store.measures_path, found.table.csv().encode())
        content = {
            "state": self.state(),
            "study": self.study.name,
            "size": self.plan.size,
            "budget": self.study.decision.budget,
            "n_missing": found.n_missing,
            "digest": self.digest(),
            "verdicts": [plain_json(asdict(item)) for item in found.verdicts],
            "flips": plain_json(self.flips(found.verdicts)),
            "averages": [plain_json(asdict(item)) for item in found.averages],
            "notes": found.notes,
        }
        text = json.dumps(content, indent=1, ensure_ascii=False) + "\n"
        write_atomic(self.store.verdict_path, text.encode())

    def state(self) -> str:
        """Return a hash of what the measures are computed from."""
        plan = self.plan
        size = content_hash(plan.study.sizes[plan.size])
        numbers = ",".join(f"{item.name}:{plan.n_rep(item)}" for item in plan.scenarios)
        parts = [plan.study.hash(), plan.size, size, numbers, str(plan.target), code_hash()]
        parts += [shard.path.name for shard in self.store.shards()]
        return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:16]

    def _is_saved(self) -> bool:
        return self._saved_verdicts() is not None

    def _saved_verdicts(self) -> list[Verdict] | None:
        """Return the stored verdicts; None where they are not those of what is stored now.

        They are computed from rows: a file that cannot be understood is computed again.
        """
        try:
            content = read_plain(self.store.verdict_path, VerdictFile)
            found = [stored_verdict(item) for item in content.get("verdicts", ())]
            _ = [stored_average(item) for item in content.get("averages", ())]
        except (FileNotFoundError, StoreError, ValueError):
            return None
        is_current = self.store.measures_path.exists() and content.get("state") == self.state()
        return found if is_current else None


def load(folder: str | Path) -> Results:
    """Return the results in a folder.

    Raises
    ------
    StoreError
        When the folder holds none.
    """
    results = Results(folder)
    results.store.manifest()
    results.store.examine_decisions()
    return results


def _flip(flip: Flip) -> dict[str, Any]:
    return {"low": flip.low, "high": flip.high, "before": flip.before, "after": flip.after}
