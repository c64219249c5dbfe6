"""The tidy table of performance measures: one row per measure of a condition."""

import csv
import io
import math
from typing import Any

import numpy as np

from simdesign.evaluate import Measure
from simdesign.run.plan import Plan

_AFTER = (
    "substance", "design", "estimator", "threshold", "budget", "measure", "horizon", "value",
    "mcse", "low", "high", "n_rep", "n_failed", "compared_with",
)  # fmt: skip


class Table:
    """Rows of measures; the columns after ``scenario`` and ``role`` start with the factors."""

    def __init__(self, plan: Plan) -> None:
        self.factors = factor_columns(plan)
        self.columns = ("scenario", "role", *self.factors.values(), *_AFTER)
        self.rows: list[dict[str, Any]] = []

    def add(
        self,
        measure: str,
        value: Measure,
        *,
        scenario: Any = None,
        substance: str = "",
        design: str = "",
        estimator: str = "",
        threshold: str = "",
        budget: float = math.nan,
        horizon: float = math.nan,
        compared_with: str = "",
    ) -> None:
        """Add one measure; ``horizon`` is its argument: years, or the middle of a bin."""
        factors = scenario.factors if scenario is not None else {}
        self.rows.append(
            {
                "scenario": scenario.name if scenario is not None else "",
                "role": scenario.role if scenario is not None else "",
                **{name: factors.get(path, math.nan) for path, name in self.factors.items()},
                "substance": substance,
                "design": design,
                "estimator": estimator,
                "threshold": threshold,
                "budget": budget,
                "measure": measure,
                "horizon": horizon,
                "value": value.value,
                "mcse": value.mcse,
                "low": value.low,
                "high": value.high,
                "n_rep": value.n_rep,
                "n_failed": value.n_failed,
                "compared_with": compared_with,
            }
        )

    def csv(self) -> str:
        """Return the table as CSV: an empty field where a number is not defined."""
        out = io.StringIO()
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow(self.columns)
        for row in self.rows:
            writer.writerow([_text(row[name]) for name in self.columns])
        return out.getvalue()


_WORDS = (
    "scenario", "role", "substance", "design", "estimator", "threshold", "measure",
    "compared_with",
)  # fmt: skip
_COUNTS = ("n_rep", "n_failed")


def read_table(text: str) -> list[dict[str, Any]]:
    """Return the rows of a table that ``Table.csv`` wrote."""
    return [
        {name: _value(name, item) for name, item in row.items()}
        for row in csv.DictReader(io.StringIO(text))
    ]


def _value(name: str, text: str) -> Any:
    if name in _WORDS:
        return text
    if name in _COUNTS:
        return int(text)
    try:
        return float(text) if text else math.nan
    except ValueError:  # a factor whose levels are words
        return text


def factor_columns(plan: Plan) -> dict[str, str]:
    """Return factor path -> column name: its last word, or all of it where that is taken."""
    paths = sorted({path for item in plan.scenarios for path in item.factors})
    short = [path.split(".")[-1] for path in paths]
    taken = {"scenario", "role", *_AFTER}
    return {
        path: word if short.count(word) == 1 and word not in taken else path
        for path, word in zip(paths, short, strict=True)
    }


def _text(value: Any) -> str:
    if isinstance(value, float | np.floating):
        return "" if math.isnan(value) else f"{float(value):.10g}"
    return str(value)
