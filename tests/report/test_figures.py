"""What stands in a figure is what was drawn: its numbers are not cut with the coordinates."""

import re

import numpy as np

from simdesign.report.figures.compared import panel_of_curve
from simdesign.report.validation import Curve, Span


def curve(values):
    places = ("small", "large")
    spans = [
        Span(name=name, value=values, low=values, high=values)
        for name in ("real weeks, 95 % over sites", "world default, 95 % of panels")
    ]
    return Curve(
        title="CV", x_title="inhabitants", y_title="mean CV", places=places, real=spans[0],
        simulated=(spans[1],),
    )  # fmt: skip


def test_ticks_keep_their_digits_and_are_all_different():
    svg = panel_of_curve(curve((0.123, 0.167))).svg
    ticks = re.findall(r">(\d\.\d+)</text>", svg)
    assert len(ticks) >= 4
    assert len(set(ticks)) == len(ticks)
    steps = np.diff(sorted(map(float, ticks)))
    np.testing.assert_allclose(steps, steps[0], atol=1e-9)
    assert not re.search(r'"[^"<>]*\d\.\d{2,}[^"<>]*"', svg), "coordinates are short"
