"""The model check in two figures: reliability of P(break), and all its tests at once."""

import csv
import math
from collections.abc import Collection, Iterable, Sequence
from pathlib import Path
from typing import Any

import altair as alt
import numpy as np
from scipy.stats import beta

from simdesign.report.figures.lines import Panel, style_of
from simdesign.report.figures.style import INK, svg_of, themed
from simdesign.report.model_check import Cells
from simdesign.report.tables import Table

WIDTH, HEIGHT = 330, 300
OWN = "own"
"""Draws from the model itself; other variants are worlds that it does not have."""


def read_table(path: Path, cells: Cells) -> list[dict[str, str]]:
    """Return the rows of a table of the check that belong to some cells; nothing without it."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return []
    keys = ("estimator", "design", "substance", "look")
    rows = csv.DictReader(text.splitlines())
    return [
        row
        for row in rows
        if row.get("variant") == OWN and tuple(row.get(key, "") for key in keys) in cells
    ]


def reliability_figure(
    rows: Sequence[dict[str, str]], estimators: Collection[str]
) -> tuple[list[Panel], Table] | None:
    """Return a panel per substance: how often a break was there against what was said of it.

    ``estimators`` are names in the check: a study may call the same description otherwise.
    """
    mine = [row for row in rows if row["quantity"] == "broken" and row["estimator"] in estimators]
    if not mine:
        return None
    panels = [
        _reliability(substance, [row for row in mine if row["substance"] == substance])
        for substance in dict.fromkeys(row["substance"] for row in mine)
    ]
    cells = tuple(
        (
            row["substance"], row["design"], row["look"], f"{row['low']}\N{EN DASH}{row['high']}",
            row["n"], f"{float(row['mean_prob']):.3f}",
            f"{float(row['frequency']):.3f} ({float(row['mcse']):.3f})",
        )
        for row in mine
    )  # fmt: skip
    table = Table(
        caption="Breaks that were there, against the probability given",
        columns=("Drug", "Design", "Look", "P(break)", "n", "Mean P", "Share with a break (MCSE)"),
        rows=cells, n_head=4,
    )  # fmt: skip
    return panels, table


def _reliability(substance: str, rows: Sequence[dict[str, str]]) -> Panel:
    groups = list(dict.fromkeys((row["design"], row["look"]) for row in rows))
    scale = alt.Scale(domain=[0, 1], nice=False)
    axis = alt.Axis(tickCount=5)
    x = alt.X("x:Q", title="Probability of a break, as given", scale=scale, axis=axis)
    y = alt.Y("y:Q", title="Share that had a break", scale=scale)
    diagonal = [{"x": 0.0, "y": 0.0}, {"x": 1.0, "y": 1.0}]
    layers: list[Any] = [
        alt.Chart(alt.Data(values=diagonal))
        .mark_line(color="#888888", strokeDash=[4, 3], strokeWidth=1)
        .encode(x=x, y=y)
    ]
    worst = 0.0
    for number, key in enumerate(groups):
        colour, _, shape = style_of(number)
        data = []
        for row in rows:
            if (row["design"], row["look"]) != key:
                continue
            said, seen, error = (float(row[n]) for n in ("mean_prob", "frequency", "mcse"))
            low, high = max(seen - 1.96 * error, 0.0), min(seen + 1.96 * error, 1.0)
            data.append({"x": said, "y": seen, "low": low, "high": high})
            worst = max(worst, abs(seen - said))
        base = alt.Chart(alt.Data(values=data))
        layers.append(
            base.mark_rule(color=colour, strokeWidth=1).encode(x=x, y=alt.Y("low:Q"), y2="high:Q")
        )
        layers.append(
            base.mark_point(filled=True, size=26, opacity=1, color=colour, shape=shape).encode(
                x=x, y=y
            )
        )
    layers += _names([f"{design}, look {look}" for design, look in groups])
    chart = themed(alt.layer(*layers).properties(width=WIDTH, height=HEIGHT), substance)
    n = sum(int(row["n"]) for row in rows)
    return Panel(
        title=substance, svg=svg_of(chart, "en"),
        alternative=f"{substance}: {len(rows)} groups of {n} draws lie at most {worst:.3f} from the"
        " diagonal on which probabilities are frequencies.",
    )  # fmt: skip


def _names(names: Iterable[str]) -> list[Any]:
    """Return the names of the symbols, in the corner that a calibrated model leaves empty."""
    rows = [{"text": name, "y": 16.0 * n + 12.0} for n, name in enumerate(names)]
    layers: list[Any] = []
    for n, row in enumerate(rows):
        colour, _, shape = style_of(n)
        base = alt.Chart(alt.Data(values=[row]))
        layers.append(
            base.mark_point(filled=True, size=40, opacity=1, color=colour, shape=shape).encode(
                x=alt.value(14), y=alt.value(row["y"])
            )
        )
        layers.append(
            base.mark_text(align="left", baseline="middle", fontSize=11, color=INK).encode(
                x=alt.value(24), y=alt.value(row["y"]), text="text:N"
            )
        )
    return layers


def tests_figure(rows: Sequence[dict[str, str]], level: float) -> tuple[list[Panel], Table] | None:
    """Return all tests of the check at once: sorted p-values against what calibration predicts.

    The k-th smallest of n independent uniform p-values is Beta(k, n + 1 - k); the band holds 95 %
    of each. Tests of one set of draws are not independent, so the band is a guide.
    """
    p = np.sort([value for row in rows if math.isfinite(value := float(row["p"] or "nan"))])
    if p.size < 5:
        return None
    n = p.size
    k = np.arange(1, n + 1)
    low, high = (np.asarray(beta.ppf(q, k, n + 1 - k)) for q in (0.025, 0.975))
    expected = k / (n + 1)
    data = [
        {"x": round(float(a), 4), "y": round(float(b), 4), "low": round(float(c), 4),
         "high": round(float(d), 4)}
        for a, b, c, d in zip(expected, p, low, high, strict=True)
    ]  # fmt: skip
    base = alt.Chart(alt.Data(values=data))
    scale, axis = alt.Scale(domain=[0, 1], nice=False), alt.Axis(tickCount=5)
    x = alt.X("x:Q", title="Expected p-value, if calibrated", scale=scale, axis=axis)
    layers = (
        base.mark_area(color="#C8C8C8", opacity=0.6).encode(x=x, y=alt.Y("low:Q"), y2="high:Q"),
        base.mark_line(color="#000000", strokeWidth=1.6).encode(
            x=x, y=alt.Y("y:Q", title="Sorted p-values of the tests", scale=scale)
        ),
    )
    title = f"{n} tests, and what chance would give"
    chart = themed(alt.layer(*layers).properties(width=WIDTH, height=HEIGHT), title)
    smallest = min(float(row["adjusted_p"]) for row in rows if row["adjusted_p"])
    panel = Panel(
        title=title, svg=svg_of(chart, "en"),
        alternative=f"{title}: the smallest p-value is {p[0]:.2g}, adjusted for their number"
        f" {smallest:.2g} (rejected below {level:g}); {int((p < 0.05).sum())} of {n} are below"
        " 0.05.",
    )  # fmt: skip
    kinds = dict.fromkeys(row["test"] for row in rows)
    table = Table(
        caption="Tests by kind",
        columns=("Test", "n", "Smallest p", "Smallest adjusted p", "Below 0.05"),
        rows=tuple(_kind(kind, rows) for kind in kinds),
    )
    return [panel], table


def _kind(kind: str, rows: Sequence[dict[str, str]]) -> tuple[str, ...]:
    mine = [row for row in rows if row["test"] == kind and row["p"]]
    p = [float(row["p"]) for row in mine]
    adjusted = [float(row["adjusted_p"]) for row in mine if row["adjusted_p"]]
    below = sum(value < 0.05 for value in p)
    smallest = min(adjusted, default=math.nan)
    return kind, str(len(p)), f"{min(p):.2g}", f"{smallest:.2g}", str(below)
