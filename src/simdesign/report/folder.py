"""Results folder -> what the page needs; nothing is simulated or evaluated here."""

import datetime as dt
import io
import json
import math
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from simdesign.errors import StoreError
from simdesign.evaluate import Code, Loss, Verdict
from simdesign.spec.estimator import judging
from simdesign.spec.study import Study

if TYPE_CHECKING:
    import pandas as pd

_AFTER_FACTORS = "substance"
_BEFORE_FACTORS = ("scenario", "role")
_WORDS = ("scenario", "role", "substance", "design", "estimator", "threshold", "measure",
          "compared_with")  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Folder:
    """A results folder as the page sees it."""

    path: Path
    study: Study
    size: str
    manifest: dict[str, Any]
    measures: "pd.DataFrame"
    """The tidy table; columns ``shared`` and ``change`` are added, see ``read_folder``."""
    factors: tuple[str, ...]
    """Factor columns."""
    other_factors: tuple[str, ...]
    """Factor columns besides the shared error and the size of the change."""
    verdicts: tuple[Verdict, ...]
    n_missing: int
    digest: str
    written: str
    protocol: str | None = None
    """Text of the protocol that was registered for the study, where the caller has it."""
    precision: dict[str, Any] | None = None
    """Decisions of adaptive replications, as they are stored; None when there were none."""

    @property
    def designs(self) -> tuple[str, ...]:
        """Designs in the order of the study."""
        return tuple(self.study.designs)

    @property
    def substances(self) -> tuple[str, ...]:
        """Substances with measures, in the order of the study."""
        present = set(self.measures["substance"])
        return tuple(name for name in self.study.world.substances if name in present)

    @property
    def judging(self) -> str:
        """Estimator that the verdicts rest on."""
        named = [item.estimator for item in self.verdicts if item.estimator]
        if named:
            return named[0]
        return judging(self.study.estimators)

    @property
    def budget(self) -> float:
        """Default false-alarm probability."""
        return self.study.decision.budget


def read_folder(path: str | Path, digest: str = "") -> Folder:
    """Read manifest, measures and verdicts.

    The column ``shared`` is the level of the shared error of a fixed world and ``change`` the
    size of its change, whatever the study calls these factors; NaN where there is none.

    Raises
    ------
    StoreError
        When a file is missing or no results folder's own.
    """
    import pandas as pd

    path = Path(path)
    manifest = _json(path / "manifest.json")
    for key in ("study", "size"):
        if key not in manifest:
            raise StoreError(str(path / "manifest.json"), f"must have the key {key!r}")
    study = Study.from_dict(manifest["study"], str(path / "manifest.json"))
    text = _text(path / "measures.csv")
    # everything as text first: no name of a design is mistaken for "not available"
    frame = pd.read_csv(io.StringIO(text), keep_default_na=False, dtype=str)
    columns = list(frame.columns)
    absent = [name for name in (*_WORDS, "value", "mcse", "n_rep") if name not in columns]
    if absent:
        raise StoreError(str(path / "measures.csv"), f"must have the column {absent[0]!r}")
    factors = columns[len(_BEFORE_FACTORS) : columns.index(_AFTER_FACTORS)]
    for name in columns:
        if name not in _WORDS:
            numbers = pd.to_numeric(frame[name], errors="coerce")
            words = name in factors and bool((numbers.isna() & (frame[name] != "")).any())
            # levels that are switches or names stay words, or all of them would be one cell
            frame[name] = frame[name].replace("", math.nan) if words else numbers
    shared = [name for name in factors if name.split(".")[-1] == "sigma_shared"]
    change = [name for name in factors if name.split(".")[-1] == "size"]
    frame["shared"] = frame[shared[0]] if shared else math.nan
    size = getattr(study.change, "size", None)
    frame["change"] = frame[change[0]] if change else math.nan
    if not change and isinstance(size, int | float):
        frame.loc[frame["role"] == "alternative", "change"] = float(size)
    content = _json(path / "verdict.json")
    return Folder(
        path=path, study=study, size=str(manifest["size"]), manifest=manifest, measures=frame,
        factors=tuple(factors),
        other_factors=tuple(n for n in factors if n not in shared[:1] + change[:1]),
        verdicts=tuple(_verdict(item) for item in content.get("verdicts", ())),
        n_missing=int(content.get("n_missing", 0)), digest=digest or str(content.get("digest", "")),
        written=_written(path),
        precision=_json(path / "precision.json") if manifest.get("target") else None,
    )  # fmt: skip


def _written(path: Path) -> str:
    times = [shard.stat().st_mtime for shard in (path / "shards").glob("*.parquet")]
    if not times:
        times = [(path / "measures.csv").stat().st_mtime]
    return dt.datetime.fromtimestamp(max(times), tz=dt.UTC).date().isoformat()


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise StoreError(str(path.parent), f"holds no {path.name}; run or evaluate first") from None
    except (OSError, UnicodeDecodeError):
        raise StoreError(str(path), "must be a readable text file") from None


def _json(path: Path) -> dict[str, Any]:
    try:
        found = json.loads(_text(path))
    except ValueError:
        raise StoreError(str(path), "must be JSON") from None
    if not isinstance(found, dict):
        raise StoreError(str(path), "must be a JSON object")
    return found


def _verdict(content: dict[str, Any]) -> Verdict:
    fields = _numbers(content)
    fields["code"] = Code(content["code"])
    equal = content.get("at_equal_cost")
    fields["at_equal_cost"] = None if equal is None else Code(equal)
    fields["losses"] = tuple(Loss(**_numbers(item)) for item in content["losses"])
    return Verdict(**fields)


def _numbers(item: dict[str, Any]) -> dict[str, Any]:
    return {key: math.nan if value is None else value for key, value in item.items()}
