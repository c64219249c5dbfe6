"""Paired differences from the judged design: the same replications, with the same luck."""

import math
from typing import TYPE_CHECKING

from simdesign.report.folder import Folder
from simdesign.report.names import design_names, level
from simdesign.report.numbers import with_error
from simdesign.report.select import POWER_YEARS, Cell, Selection
from simdesign.report.tables import Table
from simdesign.report.texts import Texts

if TYPE_CHECKING:
    import pandas as pd

_SHOWN = (
    ("power", POWER_YEARS, "noticed within 3 years"),
    ("restricted_mean_delay", 5.0, "mean delay up to 5 years [years]"),
    ("large_error_prob", 3.0, "three-year change 10 % off"),
)
"""Measures that the margins of a verdict are about, their horizon and their words."""


def paired_table(folder: Folder, cell: Cell, texts: Texts) -> Table | None:
    """Return every difference from the judged design in the figures' world; None without any.

    For the change nearest the margin's smallest, at every level of the shared error.
    """
    names = design_names(folder.study, texts)
    rows = []
    for substance in folder.substances:
        selection = Selection(folder, substance, cell)
        change = selection.change_near(folder.study.decision.margin.smallest_change)
        frame = _differences(folder, substance, cell)
        for measure, horizon, words in _SHOWN:
            mine = frame[(frame["measure"] == measure) & (frame["horizon"] == horizon)]
            mine = mine[(mine["change"] == change) & (mine["kind"] == selection.kind)]
            for _, part in mine.groupby(["design", "shared"], dropna=False):
                row = part.iloc[0]
                if not math.isfinite(row["value"]):
                    continue
                where = level(float(row["shared"]), texts)
                said = with_error(float(row["value"]), float(row["mcse"]), "en")
                counts = (str(int(row["n_rep"])), str(int(row["n_failed"])))
                label = names.get(str(row["design"]), str(row["design"]))
                rows.append((texts.substance(substance), words, label, where, said, *counts))
    if not rows:
        return None
    reference = names[folder.study.decision.reference]
    return Table(
        caption=f"Difference from {reference}, same replications",
        columns=("Drug", "Measure", "Design", "Shared error", "Difference (MCSE)", "n", "failed"),
        rows=tuple(rows), n_head=4,
    )  # fmt: skip


def _differences(folder: Folder, substance: str, cell: Cell) -> "pd.DataFrame":
    frame = folder.measures
    keep = (frame["compared_with"] == folder.study.decision.reference) & (
        frame["substance"] == substance
    )
    keep &= frame["threshold"].isin(("", "operating"))
    keep &= frame["estimator"].isin(("", folder.judging)) & (frame["role"] == "alternative")
    keep &= frame["budget"].isna() | ((frame["budget"] - folder.budget).abs() < 1e-9)
    for name, wanted in cell.items():
        keep &= frame[name].isna() | (frame[name] == wanted)
    return frame[keep]
