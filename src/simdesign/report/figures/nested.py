"""Nested-loop plot: power over all combinations of the factors, one step line a design.

Rücker and Schwarzer (2014), BMC Medical Research Methodology 14:129: combinations stand side by
side in nested order, and the levels of every factor are drawn as steps below.
"""

import math
from collections.abc import Sequence
from typing import Any

import altair as alt

from simdesign.report.figures.chosen import shown_designs
from simdesign.report.figures.lines import Panel, placed, style_of
from simdesign.report.figures.style import INK, svg_of, themed
from simdesign.report.folder import Folder
from simdesign.report.names import design_names, short_names
from simdesign.report.numbers import general
from simdesign.report.select import POWER_YEARS
from simdesign.report.tables import Table
from simdesign.report.texts import Texts

WIDTH, HEIGHT = 760, 420
_BAND, _STEP = 16.0, 8.0
"""Room for a factor below the curves and the height of its steps, in units of the axis."""
_LABEL_X = WIDTH + 14
_MOST_SAID = 110
"""Characters beside the steps of a factor that are as wide as the figure."""


def nested_loop_figure(folder: Folder, substance: str) -> tuple[list[Panel], Table] | None:
    """Return one panel and its numbers; None with fewer than four combinations."""
    frame = folder.measures
    keep = (frame["measure"] == "power") & (frame["horizon"] == POWER_YEARS)
    keep &= (frame["substance"] == substance) & (frame["compared_with"] == "")
    keep &= (frame["estimator"] == folder.judging) & (frame["threshold"] == "operating")
    keep &= (frame["budget"] - folder.budget).abs() < 1e-9
    keep &= frame["change"].notna() & (frame["role"] == "alternative")
    frame = frame[keep]
    names = [*folder.other_factors, "shared", "change"]
    factors = [name for name in names if frame[name].nunique() > 1]
    if not factors:
        return None
    keys = sorted({tuple(row) for row in frame[factors].itertuples(index=False)}, key=_order)
    if len(keys) < 4:
        return None
    place = {key: number for number, key in enumerate(keys)}
    columns = (*(frame[name].tolist() for name in factors), frame["design"].tolist())
    index = [place[tuple(row[:-1])] for row in zip(*columns, strict=True)]
    values = dict(zip(zip(frame["design"], index, strict=True), frame["value"], strict=True))
    errors = dict(zip(zip(frame["design"], index, strict=True), frame["mcse"], strict=True))
    texts = Texts("en")
    return (
        [_panel(folder, keys, factors, values, errors, substance, texts)],
        _table(folder, keys, factors, values, errors, texts),
    )


def _order(key: Sequence[Any]) -> tuple[Any, ...]:
    """Return words as they are and numbers by size: words have no other order."""
    return tuple((1, 0.0, item) if isinstance(item, str) else (0, float(item), "") for item in key)


def _named(name: str) -> str:
    return {"shared": "shared error", "change": "change of the load"}.get(name, name)


def _panel(
    folder: Folder, keys: Sequence[tuple[Any, ...]], factors: Sequence[str],
    values: dict[tuple[str, int], float], errors: dict[tuple[str, int], float], substance: str,
    texts: Texts,
) -> Panel:  # fmt: skip
    n = len(keys)
    low = -_BAND * len(factors) - 4.0
    x = alt.X("x:Q", axis=None, scale=alt.Scale(domain=[0, n], nice=False))
    y = alt.Y(
        "y:Q", title="Noticed within 3 years (of 100)",
        scale=alt.Scale(domain=[low, 100], nice=False),
        axis=alt.Axis(values=[0, 20, 40, 60, 80, 100], titleAnchor="end"),
    )  # fmt: skip
    layers: list[Any] = []
    ends, short = [], short_names(folder.study, texts)
    chosen = shown_designs(folder, substance)
    for design, number in chosen.items():
        colour, dash, _ = style_of(number)
        found = [values.get((design, i), math.nan) for i in range(n)]
        error = [errors.get((design, i), math.nan) for i in range(n)]
        rows = [
            {
                "x": i, "y": _hundred(v), "low": _hundred(v - 1.96 * e),
                "high": _hundred(min(v + 1.96 * e, 1.0)),
            }
            for i, (v, e) in enumerate(zip(found, error, strict=True))
        ]  # fmt: skip
        rows.append({**rows[-1], "x": n})
        base = alt.Chart(alt.Data(values=rows))
        layers.append(
            base.mark_area(interpolate="step-after", opacity=0.12, color=colour).encode(
                x=x, y=alt.Y("low:Q"), y2="high:Q"
            )
        )
        layers.append(
            base.mark_line(
                interpolate="step-after", color=colour, strokeDash=dash, strokeWidth=1.6
            ).encode(x=x, y=y)
        )
        ends.append((short[design], colour, _hundred(found[-1]) or 0.0))
    layers += _labels(ends, low)
    layers += _steps(keys, factors, n)
    title = f"{texts.substance(substance)}: power over all combinations of the factors"
    chart = themed(alt.layer(*layers).properties(width=WIDTH, height=HEIGHT), title)
    return Panel(
        title=title, svg=svg_of(chart, "en"),
        alternative=_alternative(folder, tuple(chosen), keys, factors, values, title, texts),
    )  # fmt: skip


def _hundred(value: float) -> float | None:
    return round(100.0 * max(value, 0.0), 2) if math.isfinite(value) else None


def _labels(ends: Sequence[tuple[str, str, float]], low: float) -> list[Any]:
    per_pixel = (100.0 - low) / HEIGHT
    places = placed([end[2] for end in ends], 14 * per_pixel, 0.0, 100.0)
    rows = [
        {"label": name, "y": y, "at": at, "colour": colour}
        for (name, colour, y), at in zip(ends, places, strict=True)
    ]
    base = alt.Chart(alt.Data(values=rows))
    colour = alt.Color("colour:N", scale=None)
    return [
        base.mark_rule(strokeWidth=1).encode(
            x=alt.value(WIDTH), x2=alt.value(_LABEL_X - 3), y=alt.Y("y:Q"), y2="at:Q", color=colour
        ),
        base.mark_text(align="left", baseline="middle", fontSize=12, color=INK).encode(
            x=alt.value(_LABEL_X), y=alt.Y("at:Q"), text="label:N"
        ),
    ]


def _steps(keys: Sequence[tuple[Any, ...]], factors: Sequence[str], n: int) -> list[Any]:
    layers: list[Any] = []
    for place, name in enumerate(factors):
        levels = sorted({key[place] for key in keys}, key=lambda level: _order((level,)))
        floor = -_BAND * (place + 1)
        rows = [
            {"x": i, "y": floor + _STEP * levels.index(key[place]) / (len(levels) - 1)}
            for i, key in enumerate(keys)
        ]
        rows.append({**rows[-1], "x": n})
        label = [{"y": floor + _STEP + 1.0, "text": _loop([_level(x, name) for x in levels], name)}]
        layers.append(
            alt.Chart(alt.Data(values=rows))
            .mark_line(interpolate="step-after", color="#444444", strokeWidth=1)
            .encode(x=alt.X("x:Q"), y=alt.Y("y:Q"))
        )
        layers.append(
            alt.Chart(alt.Data(values=label))
            .mark_text(align="left", baseline="bottom", fontSize=11, color="#444444")
            .encode(x=alt.value(2), y=alt.Y("y:Q"), text="text:N")
        )
    return layers


def _loop(levels: Sequence[str], name: str) -> str:
    """Return what stands beside the steps of a factor: its levels, the ends where they are many."""
    said = f"{_named(name)}: {', '.join(levels)}"
    if len(said) <= _MOST_SAID:
        return said
    return f"{_named(name)}: {levels[0]} to {levels[-1]} ({len(levels)}, as in the table)"


def _level(level: Any, name: str) -> str:
    if isinstance(level, str):
        return level
    if name in ("shared", "change"):
        sign = "+" if name == "change" and level > 0 else ""
        return f"{sign}{general(round(100.0 * float(level), 1), 'en')} %"
    return general(float(level), "en")


def _table(
    folder: Folder, keys: Sequence[tuple[Any, ...]], factors: Sequence[str],
    values: dict[tuple[str, int], float], errors: dict[tuple[str, int], float], texts: Texts,
) -> Table:  # fmt: skip
    names = design_names(folder.study, texts)
    rows = []
    for i, key in enumerate(keys):
        cells = [_level(level, name) for level, name in zip(key, factors, strict=True)]
        for design in folder.designs:
            value = values.get((design, i), math.nan)
            said = f"{100 * value:.0f} ({100 * errors.get((design, i), math.nan):.1f})"
            cells.append(said if math.isfinite(value) else "\N{EN DASH}")
        rows.append(tuple(cells))
    return Table(
        caption="Noticed within 3 years, of 100 (Monte Carlo error)",
        columns=(*map(_named, factors), *(names[design] for design in folder.designs)),
        rows=tuple(rows), n_head=len(factors),
    )  # fmt: skip


def _alternative(
    folder: Folder, chosen: Sequence[str], keys: Sequence[tuple[Any, ...]],
    factors: Sequence[str], values: dict[tuple[str, int], float], title: str, texts: Texts,
) -> str:  # fmt: skip
    names, said = design_names(folder.study, texts), []
    for design in chosen:
        found = [values.get((design, i), math.nan) for i in range(len(keys))]
        known = [value for value in found if math.isfinite(value)]
        if known:
            said.append(f"{names[design]} from {100 * min(known):.0f} to {100 * max(known):.0f}")
    loops = ", ".join(map(_named, factors))
    return f"{title}, {len(keys)} combinations of {loops}. Of 100 noticed: {'; '.join(said)}."
