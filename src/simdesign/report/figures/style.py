"""How figures look: colours, dashes and shapes that stay apart without colour, and SVG text."""

import re
import textwrap
from typing import Any

import altair as alt
import vl_convert

COLOURS = ("#000000", "#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9")
"""Okabe and Ito's colours that show on white; the judged design is black."""
DASHES: tuple[list[int], ...] = ([1, 0], [6, 2], [2, 2], [8, 2, 2, 2], [4, 4], [1, 3], [10, 3])
SHAPES = ("circle", "square", "triangle-up", "diamond", "cross", "triangle-down", "triangle-right")
FONT = "system-ui, 'Segoe UI', Helvetica, Arial, sans-serif"
INK = "#222222"
_LOCALE: dict[str, Any] = {"en": "en-GB", "nl": "nl-NL"}
_SHORTER = (
    (re.compile(r">\s+<"), "><"),
    (re.compile(r"(\d+\.\d)\d+(?=[^<>]*>)"), r"\1"),  # a tenth of a pixel; no number that is read
    (re.compile(r' (class|role|aria-[a-z]+|pointer-events|xmlns:xlink|version)="[^"]*"'), ""),
    (re.compile(r' (opacity|stroke-width)="1"'), ""),
    (re.compile(rf' (font-size="12px"|fill="{INK}"|font-family="[^"]*")'), ""),  # page.css has them
    (
        re.compile(
            r' (transform="translate\(0,0\)"|font-weight="normal"|text-anchor="start"|[xy]2="0")'
        ),
        "",
    ),
    (re.compile(r"<path(?![^>]* (fill|stroke)=)[^>]*/>"), ""),  # without colour there is no line
    (re.compile(r'(<path(?![^>]* stroke=)[^>]*?) stroke-width="[^"]*"'), r"\1"),
    (re.compile(r"<g></g>"), ""),
    (re.compile(r'"#(.)\1(.)\2(.)\3"'), r'"#\1\2\3"'),
)
"""What Vega writes and a page does not need: two thirds of the text."""


def themed(chart: Any, title: str, wrap: int | None = None) -> dict[str, Any]:
    """Return the specification of a chart with the fonts and lines of the page.

    A title has a line every ``wrap`` characters, so that it does not leave its figure.
    """
    # a dictionary: every method of a chart copies all of its data
    spec: dict[str, Any] = chart.to_dict(validate=False)
    axis = {
        "labelFontSize": 12, "titleFontSize": 12, "titleFontWeight": "normal", "labelColor": INK,
        "titleColor": INK, "gridColor": "#dddddd", "domainColor": "#888888",
        "tickColor": "#888888", "aria": False,
    }  # fmt: skip
    config = {
        "font": FONT, "background": "transparent",
        # a reader's font may be wider
        "padding": {"left": 4, "right": 26, "top": 4, "bottom": 4},
        "view": {"stroke": None}, "axis": axis, "mark": {"aria": False},
        "title": {"fontSize": 14, "fontWeight": "bold", "anchor": "start", "color": INK,
                  "offset": 8},
    }  # fmt: skip
    lines = title if wrap is None else textwrap.wrap(title, wrap)
    return {**spec, "title": lines, "config": config}


def svg_of(spec: dict[str, Any], lang: str) -> str:
    """Return a chart of ``themed`` as short SVG text, silent for screen readers.

    The element around it carries the text alternative.
    """
    text = vl_convert.vegalite_to_svg(
        spec, vl_version=alt.SCHEMA_VERSION.removeprefix("v").rpartition(".")[0],
        format_locale=_LOCALE[lang],
    )  # fmt: skip
    text = text[text.index("<svg") :]
    for pattern, shorter in _SHORTER:
        text = pattern.sub(shorter, text)
    return text.replace("<svg", '<svg aria-hidden="true" focusable="false"', 1)
