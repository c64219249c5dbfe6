"""Zip plot: the 95 % intervals of an effect against its truth, sorted by how far off they are.

Morris, White and Crowther (2019), Statistics in Medicine 38:2074: an interval stands at the
centile of |estimate - truth| over its standard error; the share of dark ones is what coverage
lacks. A break model's interval has an atom at no effect, so that its standard error is taken as a
quarter of its width.
"""

import math
from collections.abc import Sequence
from typing import Any

import altair as alt
import numpy as np

from simdesign.report.figures.lines import Panel
from simdesign.report.figures.style import svg_of, themed
from simdesign.report.stored_rows import Intervals
from simdesign.report.tables import Table

WIDTH, HEIGHT = 330, 330
MOST = 300
"""Intervals drawn: evenly spaced among the sorted ones where there are more."""
_TITLE = 42
"""Characters of a title's line that are as wide as the figure."""
_MISS, _HIT = "#8F3A00", "#8FB8D0"


def zip_figure(
    found: Sequence[tuple[str, Intervals]], intro: str
) -> tuple[list[Panel], Table] | None:
    """Return a panel for every design, and what each covers; None without intervals.

    Parameters
    ----------
    found : sequence of str and Intervals
        Name of a design and its intervals.
    intro : str
        Which change and world, for the text alternative.
    """
    if not found:
        return None
    panels, rows = [], []
    for name, item in found:
        low, high, truth = (np.array(x) for x in (item.low, item.high, item.truth))
        estimate = np.array(item.estimate)
        scale = np.maximum((high - low) / 4.0, 1e-9)
        order = np.argsort(np.abs(estimate - truth) / scale)
        covered = (low <= truth) & (truth <= high)
        share = float(covered.mean())
        error = math.sqrt(share * (1.0 - share) / covered.size)
        bias, bias_error = _mean(estimate - truth)
        width, _ = _mean(high - low)
        said = f"{100 * share:.1f} ({100 * error:.1f})"
        rows.append(
            (name, str(covered.size), said, f"{bias:+.3f} ({bias_error:.3f})", f"{width:.3f}")
        )
        panels.append(
            Panel(
                title=name, svg=_svg(name, low - truth, high - truth, covered, order, share),
                alternative=f"{name}, {intro}: {said} of 100 intervals at the last look hold the"
                f" truth; mean error {bias:+.3f} on the log scale.",
            )
        )  # fmt: skip
    table = Table(
        caption="Intervals of the effect at the last look",
        columns=("Design", "n", "Coverage, of 100 (MCSE)", "Mean error [log] (MCSE)",
                 "Mean width [log]"),
        rows=tuple(rows),
    )  # fmt: skip
    return panels, table


def _mean(values: "np.ndarray[Any, Any]") -> tuple[float, float]:
    return float(values.mean()), float(values.std(ddof=1) / math.sqrt(values.size))


def _svg(name: str, low: Any, high: Any, covered: Any, order: Any, share: float) -> str:
    n = order.size
    shown = np.unique(np.linspace(0, n - 1, min(n, MOST)).round().astype(int))
    x = alt.X("x:Q", title="Interval less truth [log]", axis=alt.Axis(tickCount=5))
    y = alt.Y(
        "y:Q", title="Centile of |error| over standard error",
        scale=alt.Scale(domain=[0, 100], nice=False),
    )  # fmt: skip
    layers: list[Any] = []
    for hit, colour in ((True, _HIT), (False, _MISS)):
        rows: list[dict[str, Any]] = []
        for rank in shown:
            i = order[rank]
            if bool(covered[i]) != hit:
                continue
            at = round(100.0 * (rank + 0.5) / n, 2)
            rows += [
                {"x": round(float(low[i]), 4), "y": at, "n": len(rows)},
                {"x": round(float(high[i]), 4), "y": at, "n": len(rows) + 1},
                {"x": None, "y": at, "n": len(rows) + 2},
            ]
        if rows:  # one path with gaps, not a thousand elements
            layers.append(
                alt.Chart(alt.Data(values=rows))
                .mark_line(color=colour, strokeWidth=1.1 if hit else 1.4)
                .encode(x=x, y=y, order="n:Q")
            )
    zero = alt.Chart(alt.Data(values=[{"x": 0.0}]))
    layers.append(zero.mark_rule(color="#000000", strokeDash=[4, 3]).encode(x=alt.X("x:Q")))
    line = alt.Chart(alt.Data(values=[{"y": 95.0}]))
    layers.append(line.mark_rule(color="#555555", strokeDash=[2, 2]).encode(y=alt.Y("y:Q")))
    chart = themed(
        alt.layer(*layers).properties(width=WIDTH, height=HEIGHT),
        f"{name}: {100 * share:.0f} of 100 hold it",
        wrap=_TITLE,
    )
    return svg_of(chart, "en")
