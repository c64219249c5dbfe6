"""The rows of the table of measures that one part of the page needs."""

import math
from collections.abc import Hashable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from simdesign.report.folder import Folder
from simdesign.report.names import change_name
from simdesign.report.texts import Texts

if TYPE_CHECKING:
    import pandas as pd

type Cell = dict[str, float | str]
"""A level of every factor that figures do not show: a number, or the text of a switch."""

TYPICAL_CHANGE = 0.30
"""Size of change of sentences and figures, or the nearest one that a study judges."""
POWER_YEARS = 3.0
"""Horizon of the power in figures and sentences."""
_NO_SUBSTANCE = ("cost", "cost_per_year", "cost_p95")
_KINDS = ("level_shift", "slope_change", "pulse", "two_steps")
"""Kinds of change; figures show the first that a study has, and changes of slope beside it."""
_KEY = (
    "measure", "role", "shared", "change", "kind", "design", "estimator", "threshold", "horizon",
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Value:
    """One measure, or its absence (NaN)."""

    value: float = math.nan
    mcse: float = math.nan
    low: float = math.nan
    high: float = math.nan
    n_rep: int = 0


class Selection:
    """One substance, at one level of the factors that the figures do not show.

    Differences between designs and budgets other than the study's are left out; the null mixture
    and costs belong to every cell.
    """

    def __init__(self, folder: Folder, substance: str, cell: Cell) -> None:
        self.folder, self.substance = folder, substance
        self.frame = _selected(folder, substance, cell)
        present = set(self.frame["kind"])
        self.kind = next((kind for kind in _KINDS if kind in present), "")
        columns = [self.frame[name].tolist() for name in (*_KEY, "value", "mcse", "low", "high")]
        counts = self.frame["n_rep"].tolist()
        self._values: dict[tuple[Hashable, ...], Value] = {}
        for n_rep, *row in zip(counts, *columns, strict=True):
            key = tuple(map(_plain, row[: len(_KEY)]))
            value, mcse, low, high = row[len(_KEY) :]
            self._values[key] = Value(value=value, mcse=mcse, low=low, high=high, n_rep=int(n_rep))

    def one(
        self,
        measure: str,
        *,
        design: str,
        role: str = "alternative",
        shared: float = math.nan,
        change: float = math.nan,
        estimator: str = "",
        threshold: str = "",
        horizon: float = math.nan,
        kind: str | None = None,
    ) -> Value:
        """Return a single value; NaN where the table has none. The kind is that of figures."""
        if kind is None:
            kind = "" if math.isnan(change) else self.kind
        key = (measure, role, shared, change, kind, design, estimator, threshold, horizon)
        return self._values.get(tuple(map(_plain, key)), Value())

    def horizons(self, measure: str) -> list[float]:
        """Return the horizons at which a measure is given."""
        found = self.frame.loc[self.frame["measure"] == measure, "horizon"]
        return sorted(map(float, found.dropna().unique()))

    def followed(self, measure: str, change: float) -> float:
        """Return the last horizon that all replications of a change were followed for."""
        here = self.frame[
            (self.frame["measure"] == measure)
            & (self.frame["change"] == change)
            & (self.frame["kind"] == self.kind)
            & self.frame["estimator"].eq(self.folder.judging)
        ]
        if here.empty:
            return math.nan
        complete = here.groupby("horizon")["n_rep"].min()
        return float(complete.index[complete >= complete.max()].max())

    @property
    def levels(self) -> list[float]:
        """Levels of the shared error; one NaN when it is no factor."""
        found = self.frame.loc[self.frame["role"] != "null_mixture", "shared"]
        return sorted(map(float, found.dropna().unique())) or [math.nan]

    @property
    def changes(self) -> list[float]:
        """Sizes of the changes that figures show, falls first."""
        return self._sizes(self.kind)

    @property
    def slopes(self) -> list[float]:
        """Sizes of changes of slope beside other changes; see ``spec.effect``."""
        return [] if self.kind == "slope_change" else self._sizes("slope_change")

    def _sizes(self, kind: str) -> list[float]:
        found = self.frame.loc[self.frame["kind"] == kind, "change"]
        return sorted(map(float, found.dropna().unique()))

    def yearly(self, change: float, kind: str | None = None) -> float:
        """Return what a change of slope of this size adds in a year; NaN for other changes."""
        mine = (self.frame["kind"] == (self.kind if kind is None else kind)) & (
            self.frame["change"] == change
        )
        found = self.frame.loc[mine, "yearly"]
        return float(found.iloc[0]) if len(found) else math.nan

    def named(self, change: float, texts: Texts, kind: str | None = None) -> str:
        """Return a change in words."""
        return change_name(change, texts, self.yearly(change, kind))

    @property
    def typical_change(self) -> float:
        """Size of the change of sentences and figures: near 30 %, and one that the verdict judges.

        Where the study has none that is judged, the one nearest 30 %.
        """
        smallest = self.folder.study.decision.margin.smallest_change
        wanted = max(TYPICAL_CHANGE, smallest)
        judged = [size for size in self.changes if abs(size) >= smallest - 1e-9]
        near = min(judged, key=lambda size: abs(size - wanted), default=math.nan)
        return self.change_near(wanted) if math.isnan(near) else near

    def change_near(self, wanted: float) -> float:
        """Return the size nearest to the wanted one; NaN without any."""
        sizes = self.changes
        return min(sizes, key=lambda size: abs(size - wanted)) if sizes else math.nan


def _selected(folder: Folder, substance: str, cell: Cell) -> "pd.DataFrame":
    frame = folder.measures
    keep = frame["compared_with"] == ""
    keep &= frame["budget"].isna() | ((frame["budget"] - folder.budget).abs() < 1e-9)
    of_all = (frame["substance"] == "") & frame["measure"].isin(_NO_SUBSTANCE)
    keep &= (frame["substance"] == substance) | of_all
    for name, level in cell.items():
        keep &= frame[name].isna() | (frame[name] == level)
    return frame[keep]


def _plain(item: Hashable) -> Hashable:
    """Return None for NaN, which equals nothing, and floats without their last digits."""
    if isinstance(item, float):
        return None if math.isnan(item) else round(item, 9)
    return item


def middle_cell(folder: Folder) -> Cell:
    """Return the middle, or the first named, level of every factor that figures do not show."""
    found: Cell = {}
    for name in folder.other_factors:
        levels = folder.measures[name].dropna().unique().tolist()
        if levels and isinstance(levels[0], str):
            found[name] = levels[0]  # words have no middle: the level that a study names first
        elif levels:
            found[name] = sorted(map(float, levels))[len(levels) // 2]
    return found
