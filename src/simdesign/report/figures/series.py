"""One real series: its weeks and trend level, and the probability of a break through time."""

import math
from collections.abc import Sequence
from typing import Any

import altair as alt

from simdesign.report.figures.style import svg_of, themed
from simdesign.report.series_page import SeriesCurves
from simdesign.report.texts import Texts

WIDTH = 400
HEIGHT = 230
BAND, LINE = "#9ecae1", "#0072B2"
RULES = {
    "increase": ("triangle-up", "#D55E00"),
    "decrease": ("triangle-down", "#009E73"),
    "stable": ("circle", "#000000"),
    "none": ("cross", "#777777"),
    "city": ("square", "#888888"),
}
"""Verdict of the rule of practice -> shape and colour of its week: told apart without colour."""
BAR, POINT = "#cfcfcf", "#CC79A7"
MOST_TICKS = 8
MOST = 1.6
"""The axis ends at most at so many times the largest weekly mean."""


def panels_of_series(curves: SeriesCurves, texts: Texts) -> list[str]:
    """Return the pictures of one series as SVG: the second one where there is a probability."""
    told = any(math.isfinite(value) for value in (*curves.interval, *curves.known))
    return [_level(curves, texts), *([_breaks(curves, texts)] if told else [])]


def _x(curves: SeriesCurves, field: str = "x") -> Any:
    first, last = math.floor(min(curves.x)), math.ceil(max(curves.x))
    step = max(1, math.ceil((last - first) / MOST_TICKS))
    return alt.X(
        f"{field}:Q", title=None, scale=alt.Scale(domain=[first, last], nice=False),
        axis=alt.Axis(values=list(range(first, last + 1, step)), format="d", grid=False),
    )  # fmt: skip


def _legend(orient: Any = "top", **more: Any) -> Any:
    return alt.Legend(
        orient=orient, direction="vertical", title=None, labelFontSize=12, labelLimit=WIDTH,
        symbolOpacity=1, **more,
    )  # fmt: skip


def _rows(columns: dict[str, Sequence[Any]]) -> list[dict[str, Any]]:
    """Return rows without a missing number."""
    rows = [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]
    return [
        row for row in rows if all(math.isfinite(v) for v in row.values() if isinstance(v, float))
    ]


def _level(curves: SeriesCurves, texts: Texts) -> str:
    x = _x(curves)
    axis = texts("figure.load_axis")
    if curves.is_index:
        fitted = any(math.isfinite(value) for value in curves.level)
        axis = texts("figure.index_axis" if fitted else "figure.own_axis")
    y = alt.Y("y:Q", title=axis, scale=alt.Scale(zero=True, domain=[0, _top(curves)], clamp=True))
    layers: list[Any] = []
    path = _rows({"x": curves.x, "y": curves.level, "low": curves.low, "high": curves.high})
    name = texts("figure.path")
    for row in path:
        row["what"] = name
    # legends on one side would overlap
    key = _legend("bottom", symbolType="square")
    fill = alt.Fill("what:N", scale=alt.Scale(domain=[name], range=[BAND]), legend=key)
    if path:
        base = alt.Chart(alt.Data(values=path))
        layers += [
            base.mark_area(opacity=0.55, clip=True).encode(
                x=x, y=alt.Y("low:Q"), y2="high:Q", fill=fill
            ),
            base.mark_line(strokeWidth=2, color=LINE, clip=True).encode(x=x, y=y),
        ]
    weeks = _rows({"x": curves.x, "y": curves.mean, "rule": curves.rule})
    cities = _rows({"x": [c[0] for c in curves.cities], "y": [c[1] for c in curves.cities]})
    for row in cities:
        row["rule"] = "city"
    there = [key for key in RULES if any(row["rule"] == key for row in (*weeks, *cities))]
    words = {key: texts(f"figure.week_{key}") for key in there}
    for row in (*weeks, *cities):
        row["label"] = words[row["rule"]]
    shape, colour = (
        kind(
            "label:N", legend=_legend(),
            scale=alt.Scale(domain=list(words.values()), range=[RULES[k][place] for k in there]),
        )
        for kind, place in ((alt.Shape, 0), (alt.Color, 1))
    )  # fmt: skip
    for rows, size in ((cities, 18), (weeks, 75)):
        if rows:
            points = alt.Chart(alt.Data(values=rows)).mark_point(filled=True, size=size, opacity=1)
            layers.append(points.encode(x=x, y=y, shape=shape, color=colour))
    return _drawn(layers, texts("figure.level_title"), texts)


def _drawn(layers: list[Any], title: str, texts: Texts) -> str:
    chart = themed(alt.layer(*layers).properties(width=WIDTH, height=HEIGHT), title)
    return svg_of(chart, texts.lang)


def _top(curves: SeriesCurves) -> float:
    """Return the end of the axis: beyond it single cities and the band stop at the edge."""
    weeks = max(v for v in curves.mean if math.isfinite(v))
    band = max((v for v in curves.high if math.isfinite(v)), default=0.0)
    single = max((v for _, v in curves.cities if math.isfinite(v)), default=0.0)
    return 1.05 * max(weeks, min(max(band, single), MOST * weeks))


def _breaks(curves: SeriesCurves, texts: Texts) -> str:
    x = _x(curves)
    title, scale = texts("figure.prob_axis"), alt.Scale(domain=[0, 1], nice=False)
    y = alt.Y("y:Q", title=title, scale=scale)
    names = [texts("figure.placed"), texts("figure.known")]
    colour = alt.Color(
        "what:N", scale=alt.Scale(domain=names, range=[BAR, POINT]), legend=_legend()
    )
    before = (math.nan, *curves.x[:-1])
    bars = _rows({"from": before, "to": curves.x, "p": curves.interval})
    for row in bars:
        row["what"] = names[0]
    known = _rows({"x": curves.x, "y": curves.known})
    for row in known:
        row["what"] = names[1]
    layers: list[Any] = []
    if bars:
        layers.append(
            alt.Chart(alt.Data(values=bars))
            .mark_rect(stroke="#666666", strokeWidth=0.6)
            .encode(
                x=_x(curves, "from"),
                x2="to:Q",
                y=alt.Y("p:Q", title=title, scale=scale),
                y2=alt.datum(0),
                color=colour,
            )
        )
    base = alt.Chart(alt.Data(values=known))
    layers += [
        base.mark_line(strokeWidth=1.5, color=POINT, strokeDash=[4, 3]).encode(x=x, y=y),
        base.mark_point(filled=True, size=55, opacity=1).encode(x=x, y=y, color=colour),
    ]
    return _drawn(layers, texts("figure.break_title"), texts)
