"""Results folder -> what the page needs; nothing is simulated or evaluated here."""

import datetime as dt
import io
import math
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from simdesign.errors import StoreError
from simdesign.evaluate import Average, Verdict, stored_average, stored_verdict
from simdesign.report.attribution import asks
from simdesign.spec.effect import shown_size, yearly_change
from simdesign.spec.estimator import judging
from simdesign.spec.study import Study
from simdesign.stored import (
    ExploreFile,
    Manifest,
    OptionsFile,
    Paths,
    Precision,
    Record,
    StabilityFile,
    VerdictFile,
    read_of_state,
    read_plain,
    short,
)

if TYPE_CHECKING:
    import pandas as pd

_AFTER_FACTORS = "substance"
_BEFORE_FACTORS = ("scenario", "role")
WORDS = ("scenario", "role", "substance", "design", "estimator", "threshold", "measure",
          "compared_with")  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Folder:
    """A results folder as the page sees it."""

    path: Path
    study: Study
    size: str
    manifest: dict[str, Any]
    measures: "pd.DataFrame"
    """The tidy table; ``read_folder`` adds ``shared``, ``change``, ``kind`` and ``yearly``."""
    factors: tuple[str, ...]
    """Factor columns."""
    other_factors: tuple[str, ...]
    """Factor columns besides the shared error and those of the change."""
    verdicts: tuple[Verdict, ...]
    n_missing: int
    digest: str
    written: str
    protocol: str | None = None
    """Text of the protocol that was registered for the study, where the caller has it."""
    precision: dict[str, Any] | None = None
    """Decisions of adaptive replications, as they are stored; None when there were none."""
    averages: tuple[Average, ...] = ()
    """Power averaged over distributions of the shared error."""
    stability: dict[str, Any] | None = None
    """What would change the verdicts (``simdesign stability``), of these very rows."""
    mechanism: str = ""
    """Where the mechanism of the change is a factor: the one whose rows ``measures`` has."""
    attribution: tuple[dict[str, Any], ...] = ()
    """Rows on which mechanism is named, of all mechanisms."""
    options: dict[str, Any] | None = None
    """Which design to choose (``simdesign options``), of these very rows."""
    explore: dict[str, Any] | None = None
    """Numbers of the what-if explorer (``simdesign explore``), of these very rows."""

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

    The column ``shared`` is the level of the shared error of a fixed world, ``change`` the size of
    its change (``spec.effect``), ``kind`` the kind of change and ``yearly`` what a change of slope
    adds in a year, whatever the study calls these factors; NaN or empty where there is none.

    Raises
    ------
    StoreError
        When a file is missing or no results folder's own.
    """
    import pandas as pd

    paths = Paths(Path(path))
    manifest = _json(paths.manifest, Manifest)
    study = Study.from_dict(manifest["study"], str(paths.manifest))
    text = _text(paths.measures)
    # everything as text first: no name of a design is mistaken for "not available"
    frame = pd.read_csv(io.StringIO(text), keep_default_na=False, dtype=str)
    columns = list(frame.columns)
    absent = [name for name in (*WORDS, "value", "mcse", "n_rep") if name not in columns]
    if absent:
        raise StoreError(str(paths.measures), f"must have the column {absent[0]!r}")
    factors = columns[len(_BEFORE_FACTORS) : columns.index(_AFTER_FACTORS)]
    for name in columns:
        if name not in WORDS:
            numbers = pd.to_numeric(frame[name], errors="coerce")
            words = name in factors and bool((numbers.isna() & (frame[name] != "")).any())
            # levels that are switches or names stay words, or all of them would be one cell
            frame[name] = frame[name].replace("", math.nan) if words else numbers
    shared = [name for name in factors if name.split(".")[-1] == "sigma_shared"]
    frame["shared"] = frame[shared[0]] if shared else math.nan
    change = _add_changes(frame, study, str(manifest["size"]))
    attribution = _attribution(frame, study)
    mechanism, frame = _one_mechanism(frame)
    content = _json(paths.verdict, VerdictFile)
    return Folder(
        path=paths.folder, study=study, size=str(manifest["size"]), manifest=manifest,
        measures=frame, factors=tuple(factors),
        other_factors=tuple(n for n in factors if n not in {*shared[:1], *change}),
        verdicts=_stored(content, paths.verdict, "verdicts", "a verdict", stored_verdict),
        n_missing=int(content.get("n_missing", 0)), digest=digest or str(content.get("digest", "")),
        written=_written(paths),
        precision=_decisions(paths) if manifest.get("target") else None,
        averages=_stored(content, paths.verdict, "averages", "an average", stored_average),
        mechanism=mechanism, attribution=attribution,
        stability=read_of_state(paths.stability, StabilityFile, str(content.get("state", ""))),
        options=read_of_state(paths.options, OptionsFile, str(content.get("state", ""))),
        explore=read_of_state(paths.explore, ExploreFile, str(content.get("state", ""))),
    )  # fmt: skip


def _attribution(frame: "pd.DataFrame", study: Study) -> tuple[dict[str, Any], ...]:
    """Return the rows on which mechanism is named; none where no estimator asks."""
    if not asks(study):
        return ()
    mine = frame["measure"].str.startswith(("named_", "attribution_", "true_class_prob"))
    rows = frame[mine].to_dict("records")
    return tuple({str(name): value for name, value in row.items()} for row in rows)


def _one_mechanism(frame: "pd.DataFrame") -> tuple[str, "pd.DataFrame"]:
    """Return the mechanism that a study names first and the rows without the other ones.

    All of them change the load alike: figures, sentences and tables show one.
    """
    if "mechanism" not in frame or not frame["mechanism"].notna().any():
        return "", frame
    first = str(frame["mechanism"].dropna().iloc[0])
    changed = frame["role"] == "alternative"
    return first, frame[~changed | (frame["mechanism"] == first)].reset_index(drop=True)


def _add_changes(frame: "pd.DataFrame", study: Study, size: str) -> set[str]:
    """Add size, kind and yearly change of every row; return the names of a change's factors."""
    sizes: dict[tuple[str, str], tuple[float, str, float]] = {}
    paths: set[str] = set()
    for item in study.scenarios(size):
        paths |= {path for path in item.factors if path.split(".")[0] == "change"}
        for name in item.world.substances if item.role == "alternative" else ():
            found = shown_size(item, name)
            if found != 0.0 and math.isfinite(found):  # else nothing changes for this substance
                sizes[item.name, name] = found, str(item.change.kind), yearly_change(item, name)
    keys = list(zip(frame["scenario"], frame["substance"], strict=True))
    rows = [sizes.get(key, (math.nan, "", math.nan)) for key in keys]
    for place, column in enumerate(("change", "kind", "yearly")):
        frame[column] = [row[place] for row in rows]
    return paths | {path.split(".")[-1] for path in paths}


def _decisions(paths: Paths) -> dict[str, Any] | None:
    """Return what was decided; None before the first border."""
    try:
        return read_plain(paths.precision, Precision)
    except FileNotFoundError:
        return None


def _written(paths: Paths) -> str:
    times = [shard.stat().st_mtime for shard in paths.shard_files()]
    if not times:
        times = [paths.measures.stat().st_mtime]
    return dt.datetime.fromtimestamp(max(times), tz=dt.UTC).date().isoformat()


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise _absent(path) from None
    except (OSError, UnicodeDecodeError):
        raise StoreError(str(path), "must be a readable text file") from None


def _json(path: Path, form: type[Record]) -> dict[str, Any]:
    try:
        return read_plain(path, form)
    except FileNotFoundError:
        raise _absent(path) from None


def _absent(path: Path) -> StoreError:
    return StoreError(str(path.parent), f"holds no {path.name}; run or evaluate first")


def _stored[T](
    content: dict[str, Any], path: Path, key: str, kind: str, read: Callable[[Any], T]
) -> tuple[T, ...]:
    """Return the records of a list of ``verdict.json``."""
    found = []
    for number, item in enumerate(content.get(key, ())):
        try:
            found.append(read(item))
        except ValueError:
            rule = f"{key}.{number}: must be {kind} as evaluate writes it, got {short(item)}"
            raise StoreError(str(path), rule) from None
    return tuple(found)
