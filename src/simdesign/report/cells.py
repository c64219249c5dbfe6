"""The verdict rule applied to one change at one level of the shared error: the cells of a map.

A cell has the comparisons of one scenario only, so its Bonferroni share is larger than that of the
verdict over all changes: each cell is right or wrong by itself.
"""

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from simdesign import evaluate
from simdesign.evaluate import Code, Loss, Measure
from simdesign.report.folder import Folder
from simdesign.report.select import POWER_YEARS, Cell

if TYPE_CHECKING:
    import pandas as pd

DELAY_YEARS = 5.0
"""Restriction of the mean delay in the verdict rule."""
CLASSES = (0.01, 0.02, 0.05)
"""Upper ends of the classes of the Monte Carlo error of a difference in power."""
_KEY = ("measure", "design", "compared_with")


@dataclass(frozen=True, slots=True, kw_only=True)
class MapCell:
    """What the reference design loses in one scenario, at one threshold."""

    change: float  # size, see spec.effect
    yearly: float  # of a change of slope; NaN for others
    shared: float
    code: Code
    other: str  # the design with the highest power
    difference: float  # reference - other: power within three years
    mcse: float
    n_rep: int

    @property
    def error_class(self) -> float:
        """Upper end of the class of the Monte Carlo error; infinity beyond the last."""
        return next((end for end in CLASSES if self.mcse <= end), math.inf)


def map_cells(folder: Folder, substance: str, cell: Cell, threshold: str) -> list[MapCell]:
    """Return the cells of one substance by size of the change and level of the shared error.

    Parameters
    ----------
    folder : Folder
    substance : str
    cell : Cell
        A level of every other factor.
    threshold : {"operating", "oracle"}
    """
    frame = folder.measures
    keep = (frame["substance"] == substance) & (frame["estimator"] == folder.judging)
    keep &= (frame["threshold"] == threshold) & ((frame["budget"] - folder.budget).abs() < 1e-9)
    keep &= frame["shared"].notna() & frame["kind"].isin(("level_shift", "slope_change"))
    power = frame["measure"].str.startswith("power") & (frame["horizon"] == POWER_YEARS)
    delay = frame["measure"].str.startswith("restricted_mean_delay")
    keep &= power | (delay & (frame["horizon"] == DELAY_YEARS))
    for name, level in cell.items():
        keep &= frame[name].isna() | (frame[name] == level)
    found = []
    for _, rows in frame[keep].groupby("scenario", sort=False):
        losses = _losses(folder, rows)
        mine = [item for item in losses if item.measure == "power" and math.isfinite(item.loss)]
        if not mine:
            continue
        worst = max(mine, key=lambda item: item.loss)
        first = rows.iloc[0]
        found.append(
            MapCell(
                change=float(first["change"]), yearly=float(first["yearly"]),
                shared=float(first["shared"]), code=evaluate.code_of(losses), other=worst.other,
                difference=-worst.loss, mcse=worst.mcse, n_rep=worst.n_rep,
            )
        )  # fmt: skip
    return sorted(found, key=lambda item: (item.change, item.shared))


def _losses(folder: Folder, rows: "pd.DataFrame") -> list[Loss]:
    decision = folder.study.decision
    table: dict[tuple[str, ...], Any] = {
        tuple(row[name] for name in _KEY): row for row in rows.to_dict("records")
    }
    found = []
    for measure, margin, span in (
        ("power", decision.margin.power, 1.0),
        ("restricted_mean_delay", decision.margin.delay_years, DELAY_YEARS),
    ):
        mine = table.get((measure, decision.reference, ""))
        for other in folder.designs:
            theirs = table.get((measure, other, ""))
            gap = table.get((measure, other, decision.reference))
            if mine is None or theirs is None or gap is None:
                continue
            paired = _measure(gap)
            ends = [_bounds(table, measure, name) for name in (decision.reference, other)]
            has = any(end is not None for end in ends)
            values = (_measure(mine), _measure(theirs))
            known = [
                (value.value, value.value) if end is None else end
                for value, end in zip(values, ends, strict=True)
            ]
            found.append(
                evaluate.loss(
                    str(mine["scenario"]), float(mine["change"]), other, measure, values,
                    # the table has the other design minus the reference
                    Measure(value=-paired.value, mcse=paired.mcse, n_rep=paired.n_rep),
                    margin, span, (known[0], known[1]) if has else None, float(mine["yearly"]),
                )
            )  # fmt: skip
    return found


def _bounds(
    table: dict[tuple[str, ...], Any], measure: str, design: str
) -> tuple[float, float] | None:
    ends = [table.get((f"{measure}_{end}", design, "")) for end in ("at_least", "at_most")]
    if ends[0] is None or ends[1] is None:
        return None
    return float(ends[0]["value"]), float(ends[1]["value"])


def _measure(row: Any) -> Measure:
    return Measure(
        value=float(row["value"]), mcse=float(row["mcse"]), n_rep=int(row["n_rep"]),
        low=float(row["low"]), high=float(row["high"]),
    )  # fmt: skip
