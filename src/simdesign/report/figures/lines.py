"""Panels of lines with intervals, each labelled where it ends."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import altair as alt

from simdesign.report.figures.style import COLOURS, DASHES, INK, SHAPES, svg_of, themed
from simdesign.report.numbers import localised
from simdesign.report.texts import Texts, capital

WIDTH = 330
HEIGHT = 250
_LABEL_GAP = 15
_LABEL_X = WIDTH + 16
"""Labels stand right of the plot, joined to their lines."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """One value of a line, in the units of the axes."""

    x: float
    y: float
    low: float
    high: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One design."""

    index: int
    """Position of the design in the study: its colour, dash and shape everywhere."""
    name: str
    label: str
    points: tuple[Point, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Panel:
    """A picture, what it says in words, and where its numbers come from."""

    title: str
    svg: str
    alternative: str


def style_of(index: int) -> tuple[str, list[int], str]:
    """Return colour, dash and shape of the design at this position."""
    return (
        COLOURS[index % len(COLOURS)], DASHES[index % len(DASHES)], SHAPES[index % len(SHAPES)]
    )  # fmt: skip


def placed(wanted: Sequence[float], gap: float, low: float, high: float) -> list[float]:
    """Return positions near the wanted ones, in their order, at least ``gap`` apart.

    Overlapping neighbours are pooled and centred on the mean of what they want; the whole column
    is then moved inside [low, high].
    """
    order = sorted(range(len(wanted)), key=lambda i: wanted[i])
    blocks: list[list[int]] = []
    middle: list[float] = []
    for i in order:
        blocks.append([i])
        middle.append(wanted[i])
        while len(blocks) > 1:
            room = gap * (len(blocks[-1]) + len(blocks[-2])) / 2.0
            if middle[-1] - middle[-2] >= room:
                break
            last = blocks.pop()
            middle.pop()
            blocks[-1] += last
            middle[-1] = sum(wanted[j] for j in blocks[-1]) / len(blocks[-1])
    found = [0.0] * len(wanted)
    for block, centre in zip(blocks, middle, strict=True):
        for rank, i in enumerate(block):
            found[i] = centre + gap * (rank - (len(block) - 1) / 2.0)
    if found:
        shift = max(0.0, low - min(found)) or min(0.0, high - max(found))
        found = [value + shift for value in found]
    return found


def panel_of_lines(
    lines: Sequence[Line],
    *,
    title: str,
    x_title: str,
    y_title: str,
    x_values: Sequence[float],
    x_labels: str,
    texts: Texts,
    x_end: float | None = None,
    bars: bool = True,
    y_top: float = 100.0,
    rule: tuple[float, str] | None = None,
) -> Panel:
    """Return a panel.

    Parameters
    ----------
    lines : sequence of Line
        Values of ``y`` are numbers of 100.
    title, x_title, y_title : str
    x_values : sequence of float
        Ticks.
    x_labels : str
        Vega expression of a tick's label.
    texts : Texts
    x_end : float, optional
        Where the axis ends, when it is beyond the last tick.
    bars : bool
        Intervals as bars at the points; else as bands.
    y_top : float
        Upper end of the axis.
    rule : tuple of float and str, optional
        A horizontal dashed line and its label.
    """
    span = max(x_values) - min(x_values) or 1.0
    low_x = min(x_values) - 0.05 * span
    high_x = max(max(x_values) + 0.05 * span, x_end or -math.inf)
    x = alt.X(
        "x:Q", title=x_title, scale=alt.Scale(domain=[low_x, high_x], nice=False),
        axis=alt.Axis(values=list(x_values), labelExpr=x_labels, grid=False),
    )  # fmt: skip
    y = alt.Y(
        "y:Q", title=y_title, scale=alt.Scale(domain=[0, y_top], nice=False),
        axis=alt.Axis(tickCount=5),
    )  # fmt: skip
    layers = [*_data_layers(lines, span, x, y, bars=bars), *_label_layers(lines, y_top)]
    if rule is not None:
        layers += _rule(*rule)
    chart = themed(alt.layer(*layers).properties(width=WIDTH, height=HEIGHT), title)
    return Panel(title=title, svg=svg_of(chart, texts.lang), alternative="")


def _scales(lines: Sequence[Line]) -> tuple[Any, Any, Any]:
    """Return the encodings of colour, dash and shape: the same for a design on every page."""
    names = [line.label for line in lines]
    ranges = zip(*(style_of(line.index) for line in lines), strict=True)
    colours, dashes, shapes = (alt.Scale(domain=names, range=list(values)) for values in ranges)
    return (
        alt.Color("label:N", scale=colours, legend=None),
        alt.StrokeDash("label:N", scale=dashes, legend=None),
        alt.Shape("label:N", scale=shapes, legend=None),
    )


def _data_layers(lines: Sequence[Line], span: float, x: Any, y: Any, *, bars: bool) -> list[Any]:
    colour, dash, shape = _scales(lines)
    rows: list[dict[str, Any]] = []
    for line in lines:
        # Designs stand a little beside one another, so that their bars can be told apart.
        beside = (line.index - (len(lines) - 1) / 2.0) * 0.006 * span if bars else 0.0
        rows += [
            {
                "label": line.label, "x": p.x + beside, "y": p.y, "low": p.low, "high": p.high,
                "side": "fall" if p.x < 0 else "rise",  # never a line through "no change"
            }
            for p in line.points
            if math.isfinite(p.y)
        ]  # fmt: skip
    known = [row for row in rows if math.isfinite(row["low"]) and math.isfinite(row["high"])]
    base = alt.Chart(alt.Data(values=rows))
    ends = alt.Chart(alt.Data(values=known))
    interval = (
        ends.mark_rule(strokeWidth=1, opacity=1).encode(
            x=x, y=alt.Y("low:Q"), y2="high:Q", color=colour
        )
        if bars
        else ends.mark_area(opacity=0.10).encode(x=x, y=alt.Y("low:Q"), y2="high:Q", color=colour)
    )
    path = base.mark_line(strokeWidth=2).encode(
        x=x, y=y, color=colour, strokeDash=dash, detail="side:N"
    )
    if not bars:
        return [interval, path]
    points = base.mark_point(filled=True, size=40, opacity=1)
    return [interval, path, points.encode(x=x, y=y, color=colour, shape=shape)]


def _label_layers(lines: Sequence[Line], y_top: float) -> list[Any]:
    """Return the name of every line right of the plot, joined to where the line ends."""
    colour, _, shape = _scales(lines)
    ending = [line for line in lines if any(math.isfinite(p.y) for p in line.points)]
    last = [[p for p in line.points if math.isfinite(p.y)][-1] for line in ending]
    per_pixel = y_top / HEIGHT
    places = placed([p.y for p in last], _LABEL_GAP * per_pixel, 0.0, y_top)
    rows = [
        {"label": line.label, "x": p.x, "y": p.y, "at": at}
        for line, p, at in zip(ending, last, places, strict=True)
    ]
    base = alt.Chart(alt.Data(values=rows))
    at = alt.Y("at:Q")
    return [
        base.mark_rule(color="#bbbbbb", strokeWidth=1).encode(
            x=alt.X("x:Q"), x2=alt.value(_LABEL_X - 5), y=alt.Y("y:Q"), y2="at:Q"
        ),
        base.mark_point(filled=True, size=40, opacity=1).encode(
            x=alt.value(_LABEL_X), y=at, color=colour, shape=shape
        ),
        base.mark_text(align="left", baseline="middle", fontSize=12, color=INK).encode(
            x=alt.value(_LABEL_X + 8), y=at, text="label:N"
        ),
    ]


def _rule(value: float, label: str) -> list[Any]:
    base = alt.Chart(alt.Data(values=[{"y": value, "label": label}]))
    y = alt.Y("y:Q")
    return [
        base.mark_rule(color="#555555", strokeDash=[4, 3]).encode(y=y),
        base.mark_text(
            align="left", baseline="bottom", dx=4, dy=-2, fontSize=11, color="#444444"
        ).encode(x=alt.value(0), y=y, text="label:N"),
    ]


def alternative_text(
    lines: Sequence[Line],
    title: str,
    x_words: dict[float, str],
    texts: Texts,
    *,
    over_years: bool = False,
) -> str:
    """Return what the lines do, for those who cannot see them.

    Lines ``over_years`` all begin at year 0, which need not be said.
    """
    said, ends = [], {}
    last = ""
    for line in lines:
        points = [p for p in line.points if math.isfinite(p.y)]
        points = [p for p in points if p.x >= 0] or points  # a fall is no start of a rise
        if not points:
            continue
        said.append(
            texts(
                "figures.aria_years" if over_years else "figures.aria_line", design=line.name,
                first=_whole(points[0].y, texts), last=_whole(points[-1].y, texts),
                **{"from": x_words[points[0].x], "to": x_words[points[-1].x]},
            )
        )  # fmt: skip
        ends[line.name] = points[-1].y
        last = x_words[points[-1].x]
    found = [f"{title}.", *([capital("; ".join(said)) + "."] if said else [])]
    if len(ends) > 1:
        best, worst = max(ends, key=lambda n: ends[n]), min(ends, key=lambda n: ends[n])
        found.append(texts("figures.aria_rank", to=last, best=best, worst=worst))
    return " ".join(found)


def _whole(value: float, texts: Texts) -> str:
    return localised(str(round(value)), texts.lang)
