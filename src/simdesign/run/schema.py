"""The table of rows: one row per replication, design, estimator, substance and look."""

import numpy as np

from simdesign.simulate import DRAWN_FIELDS

DRAWN = DRAWN_FIELDS
"""Parameters of the world as used in a replication, drawn or fixed."""

EXTRA = (
    "prob_step", "prob_slope", "prob_both", "prob_pulse", "prob_three_year_change",
    "effect_after_one_year", "effect_after_three_years",
    "prob_more_users", "prob_heavier_use", "prob_dose_or_purity",
)  # fmt: skip
"""What some estimators say beside the score; NaN for the others. Names of fields of ``Fit``."""

COLUMNS: dict[str, str] = {
    "scenario": "str",
    "replication": "int32",
    "design": "str",
    "estimator": "str",
    "substance": "str",
    "look": "int16",
    "look_day": "int32",
    "score": "float64",
    "published_alarm": "bool",
    "prob_break": "float64",
    "effect": "float64",
    "effect_low": "float64",
    "effect_high": "float64",
    "fitted_break_day": "float64",
    "log_evidence": "float64",
    **dict.fromkeys(EXTRA, "float64"),
    "status": "int8",
    "reason": "str",
    "level": "float64",
    "true_level": "float64",
    "true_trend_level": "float64",
    "true_effect": "float64",
    "change_day": "int32",
    **dict.fromkeys(DRAWN, "float64"),
}
"""Name -> type, in the order in which rows are stored and digested."""
KEY = ("scenario", "replication", "design", "estimator", "substance", "look")
"""Columns that identify a row, and the order of the sorted table."""

Rows = dict[str, np.ndarray]
"""Column -> values; text columns hold Python strings."""


def empty_rows(n: int) -> Rows:
    """Return columns of the right types for ``n`` rows."""
    return {
        name: np.empty(n, dtype=object if kind == "str" else kind) for name, kind in COLUMNS.items()
    }
