"""Real values with their intervals over bands of simulated ones: one panel for any list."""

import math
from collections.abc import Sequence
from typing import Any

import altair as alt

from simdesign.report.figures.lines import HEIGHT, WIDTH, Panel, style_of
from simdesign.report.figures.style import INK, svg_of, themed
from simdesign.report.numbers import number
from simdesign.report.validation import Curve, Span


def panel_of_curve(curve: Curve) -> Panel:
    """Return points with bars for what is real, a line in a band for every simulation."""
    x = alt.X(
        "place:N", title=curve.x_title, scale=alt.Scale(domain=list(curve.places)),
        axis=alt.Axis(labelAngle=0, labelOverlap=True),
    )  # fmt: skip
    y = alt.Y("value:Q", title=curve.y_title, scale=alt.Scale(zero=False))
    names = [curve.real.name, *(span.name for span in curve.simulated)]
    styles = [style_of(index) for index in range(len(names))]
    colour = alt.Color(
        "name:N", scale=alt.Scale(domain=names, range=[style[0] for style in styles]),
        legend=alt.Legend(
            orient="top", direction="vertical", title=None, symbolOpacity=1, labelFontSize=12,
            labelLimit=WIDTH,
        ),
    )  # fmt: skip
    layers: list[Any] = []
    for index, span in enumerate(curve.simulated, start=1):
        base = alt.Chart(alt.Data(values=_rows(span, curve.places)))
        band = base.mark_area(opacity=0.2)
        layers.append(band.encode(x=x, y=alt.Y("low:Q"), y2="high:Q", color=colour))
        line = base.mark_line(strokeWidth=2, strokeDash=styles[index][1])
        layers.append(line.encode(x=x, y=y, color=colour))
    base = alt.Chart(alt.Data(values=_rows(curve.real, curve.places)))
    bar = base.mark_rule(strokeWidth=1.5, color=INK)
    layers.append(bar.encode(x=x, y=alt.Y("low:Q"), y2="high:Q"))
    point = base.mark_point(filled=True, size=45, opacity=1)
    layers.append(point.encode(x=x, y=y, color=colour))
    chart = themed(alt.layer(*layers).properties(width=WIDTH, height=HEIGHT), curve.title)
    return Panel(title=curve.title, svg=svg_of(chart, "en"), alternative=alternative(curve))


def _rows(span: Span, places: Sequence[str]) -> list[dict[str, Any]]:
    columns = zip(places, span.value, span.low, span.high, strict=True)
    return [
        {"name": span.name, "place": place, "value": value, "low": low, "high": high}
        for place, value, low, high in columns
        if math.isfinite(value) and math.isfinite(low) and math.isfinite(high)
    ]


def alternative(curve: Curve) -> str:
    """Return the numbers of a curve in words, for those who cannot see it."""
    said = [f"{curve.title}. {curve.y_title} at {curve.x_title}"]
    for n, place in enumerate(curve.places):
        value, low, high = curve.real.value[n], curve.real.low[n], curve.real.high[n]
        text = f"{place}: {curve.real.name} {number(value, 'en')}"
        if math.isfinite(low):
            text += f" ({number(low, 'en')} to {number(high, 'en')})"
        for span in curve.simulated:
            text += f", {span.name} {number(span.value[n], 'en')}"
            text += f" ({number(span.low[n], 'en')} to {number(span.high[n], 'en')})"
        said.append(text)
    return "; ".join(said)
