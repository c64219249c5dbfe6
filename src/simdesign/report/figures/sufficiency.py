"""The sufficiency map: where one design is as good, by size of the change and shared error.

Above each map stands what real measurements say of the shared error, on the same axis. Codes
differ in lightness and in a sign, never in colour alone; a number stands in every cell.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import altair as alt
import numpy as np

from simdesign.evaluate import Code
from simdesign.report.cells import MapCell, map_cells
from simdesign.report.figures.lines import Panel
from simdesign.report.figures.style import INK, svg_of, themed
from simdesign.report.folder import Folder
from simdesign.report.names import change_name, design_names, level
from simdesign.report.numbers import general, number, percent
from simdesign.report.select import Cell
from simdesign.report.tables import Table
from simdesign.report.texts import Texts
from simdesign.spec.shipped import ShippedDraws, shipped_draws

THRESHOLDS = ("operating", "oracle")
LOOK = {
    Code.AS_GOOD: ("#E6F5EF", INK, "\N{CHECK MARK}"),
    Code.CANNOT_TELL: ("#C8C8C8", INK, "?"),
    Code.NEITHER_NOTICES: ("#8FA9C0", "#000000", "\N{EMPTY SET}"),
    Code.NOT_AS_GOOD: ("#8F3A00", "#ffffff", "\N{BALLOT X}"),
}
"""Fill, ink and sign of a cell; from light to dark, so that greys keep their order."""
WITHIN_YEAR = ("r_lab", "lab_share", "shared_weeks")
"""Factors that set how much of the shared error two rounds of one year have in common."""
WIDTH, ROW, STRIP, LABELS = 330, 46, 44, 140
_BIN = 0.5
"""Width of a bar of the posterior, per cent."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Row:
    """One row of a map."""

    label: str
    words: str
    """The same where no axis stands beside it."""
    cells: tuple[MapCell, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Posterior:
    """Draws of the shared error, from real measurements."""

    table: ShippedDraws

    @property
    def values(self) -> "np.ndarray[Any, np.dtype[np.float64]]":
        return np.array(self.table.fields["sigma_shared"])

    def words(self, texts: Texts, key: str = "figures.map_posterior") -> str:
        """Return the median and the 95 % interval."""
        low, middle, high = (float(x) for x in np.quantile(self.values, [0.025, 0.5, 0.975]))
        values = {"low": low, "median": middle, "high": high}
        said = {key: percent(round(x, 3), texts.lang) for key, x in values.items()}
        return texts(key, name=self.table.name, **said)


def sufficiency_figure(
    folder: Folder, substance: str, cell: Cell, texts: Texts
) -> tuple[list[Panel], Table, str] | None:
    """Return the panels, their numbers, and an introduction; None without levels to map.

    A panel for each threshold: size of the change against shared error; and, when a factor sets
    the correlation of the shared error within a year, another one for each threshold: that factor
    against shared error, at the change nearest to the margin's smallest.
    """
    posterior = next(
        (_Posterior(table=t) for t in shipped_draws(substance) if "sigma_shared" in t.fields), None
    )
    panels: list[Panel] = []
    rows: list[tuple[str, ...]] = []
    intro = [texts("figures.map_intro", **_words(folder, texts))]
    for threshold in THRESHOLDS:
        found = map_cells(folder, substance, cell, threshold)
        if len({item.shared for item in found}) < 2:
            return None
        by_change = _by_change(found, texts)
        kind = texts(f"thresholds.{threshold}")
        title = texts("figures.map_panel", threshold=kind)
        panels.append(_panel(by_change, title, posterior, texts))
        rows += _table_rows(by_change, kind, folder, texts)
        if threshold == "operating" and posterior is not None:
            intro.append(_shares(by_change, folder, posterior, substance, texts))
    for threshold in THRESHOLDS:
        name, by_level = _by_level(folder, substance, cell, threshold, texts)
        if by_level:
            change = by_level[0].cells[0]
            kind = texts(f"thresholds.{threshold}")
            title = texts(
                "figures.map_panel_within", threshold=kind, rows=texts(f"figures.{name}"),
                change=change_name(change.change, texts, change.yearly),
            )  # fmt: skip
            panels.append(_panel(by_level, title, posterior, texts))
            rows += _table_rows(by_level, kind, folder, texts)
    heads = ("threshold", "change", "shared", "code", "map_difference", "map_other", "n_rep")
    table = Table(
        caption=texts("figures.map_title"),
        columns=tuple(texts(f"tables.{name}") for name in heads),
        rows=tuple(rows), n_head=3,
    )  # fmt: skip
    return panels, table, " ".join(intro)


def _words(folder: Folder, texts: Texts) -> dict[str, str]:
    reference = design_names(folder.study, texts)[folder.study.decision.reference]
    return {"reference": reference}


def _by_change(cells: Sequence[MapCell], texts: Texts) -> list[_Row]:
    """Return a row for every change, the largest rise on top."""
    keys = sorted({(c.change, c.yearly if math.isfinite(c.yearly) else 0.0) for c in cells})
    rows = []
    for change, yearly in reversed(keys):
        mine = tuple(
            c
            for c in cells
            if c.change == change and (c.yearly if math.isfinite(c.yearly) else 0.0) == yearly
        )
        name = change_name(change, texts, mine[0].yearly)
        rows.append(_Row(label=name, words=name, cells=mine))
    return rows


def _by_level(
    folder: Folder, substance: str, cell: Cell, threshold: str, texts: Texts
) -> tuple[str, list[_Row]]:
    """Return the factor of the correlation within a year and a row for each of its levels."""
    smallest = folder.study.decision.margin.smallest_change
    for name in WITHIN_YEAR:
        column = next((c for c in folder.other_factors if c.split(".")[-1] == name), "")
        if not column:
            continue
        rows = []
        for value in sorted(folder.measures[column].dropna().unique().tolist(), reverse=True):
            found = map_cells(folder, substance, {**cell, column: value}, threshold)
            steps = [c for c in found if not math.isfinite(c.yearly)] or found
            if not steps:
                continue
            nearest = min((c.change for c in steps), key=lambda size: abs(size - smallest))
            mine = tuple(c for c in steps if c.change == nearest)
            label = general(float(value), texts.lang)
            change = change_name(nearest, texts, mine[0].yearly)
            words = f"{change}, {texts(f'factors.{name}', value=label)}"
            rows.append(_Row(label=label, words=words, cells=mine))
        if len(rows) > 1:
            return f"map_{name}", rows
    return "", []


def _edges(levels: Sequence[float]) -> list[float]:
    """Return where cells meet: half-way between neighbouring levels, and as far at the ends."""
    middle = [0.5 * (a + b) for a, b in pairwise(levels)]
    return [2 * levels[0] - middle[0], *middle, 2 * levels[-1] - middle[-1]]


def _panel(rows: Sequence[_Row], title: str, posterior: _Posterior | None, texts: Texts) -> Panel:
    levels = sorted({c.shared for row in rows for c in row.cells})
    edges = _edges(levels)
    data = []
    for row in rows:
        for c in row.cells:
            n = levels.index(c.shared)
            fill, ink, sign = LOOK[c.code]
            data.append(
                {
                    "row": row.label, "x": 100 * edges[n], "x2": 100 * edges[n + 1],
                    "mid": 50 * (edges[n] + edges[n + 1]), "fill": fill, "ink": ink,
                    "value": f"{sign} {number(100 * c.difference, texts.lang, 0, sign=True)}",
                    "error": _class_words(c, texts),
                }
            )  # fmt: skip
    end = edges[-1]
    if posterior is not None:
        end = max(end, float(np.quantile(posterior.values, 0.99)))
    scale = alt.Scale(domain=[100 * edges[0], 100 * end], nice=False)
    axis = alt.Axis(
        values=[100 * x for x in levels], labelExpr="format(datum.value, '~r')", grid=False
    )
    x = alt.X("x:Q", title=texts("figures.false_x"), scale=scale, axis=axis)
    middle = alt.X("mid:Q", title=texts("figures.false_x"), scale=scale, axis=axis)
    # a change of slope is named in two lines
    y = alt.Y(
        "row:N", title=None, sort=[row.label for row in rows],
        axis=alt.Axis(
            labelLimit=150, grid=False, minExtent=LABELS,
            labelExpr="split(replace(datum.label, ' (', '|('), '|')",
        ),
    )  # fmt: skip
    base = alt.Chart(alt.Data(values=data))
    letters = alt.Color("ink:N", scale=None)
    layers = alt.layer(
        base.mark_rect(stroke="#ffffff", strokeWidth=2).encode(
            x=x, x2="x2:Q", y=y, color=alt.Color("fill:N", scale=None)
        ),
        base.mark_text(fontSize=13, fontWeight="bold", dy=-7).encode(
            x=middle, y=y, text="value:N", color=letters
        ),
        base.mark_text(fontSize=11, dy=9).encode(x=middle, y=y, text="error:N", color=letters),
    ).properties(width=WIDTH, height=ROW * len(rows))
    chart: Any = layers
    if posterior is not None:
        strip = _strip(posterior, 100 * edges[0], 100 * end, texts)
        chart = alt.vconcat(strip, layers, spacing=6).resolve_scale(x="independent")
    return Panel(
        title=title, svg=svg_of(themed(chart, title), texts.lang),
        alternative=_alternative(rows, title, posterior, texts),
    )  # fmt: skip


def _strip(posterior: _Posterior, low: float, high: float, texts: Texts) -> Any:
    """Return the posterior as bars over the axis of the map, its median and 95 % as a line."""
    values = 100 * posterior.values
    edges = np.arange(0.0, max(high, float(values.max())) + _BIN, _BIN)
    count, _ = np.histogram(values, edges)
    shown = edges[:-1] < high
    steps = [
        {"x": float(a), "y": float(n) / values.size}
        for a, n in zip(edges[:-1][shown], count[shown], strict=True)
    ]
    steps.append({"x": min(float(edges[shown.sum()]), high), "y": steps[-1]["y"]})
    scale = alt.Scale(domain=[low, high], nice=False)
    top = max(item["y"] for item in steps)
    x = alt.X("x:Q", scale=scale, axis=None)
    y = alt.Y("y:Q", axis=None, scale=alt.Scale(domain=[-0.25 * top, top], nice=False))
    ends = np.quantile(values, [0.025, 0.5, 0.975]).tolist()
    line = [{"x": ends[0], "x2": min(ends[2], high), "mid": ends[1], "y": -0.12 * top}]
    base = alt.Chart(alt.Data(values=line))
    return alt.layer(
        alt.Chart(alt.Data(values=steps))
        .mark_area(color="#5E5E5E", interpolate="step-after")  # one path, not a hundred bars
        .encode(x=x, y=y, y2=alt.datum(0.0)),
        base.mark_rule(color="#000000", strokeWidth=2).encode(x=x, x2="x2:Q", y=y),
        base.mark_point(filled=True, color="#000000", size=45, opacity=1).encode(
            x=alt.X("mid:Q", scale=scale, axis=None), y=y
        ),
    ).properties(
        width=WIDTH, height=STRIP,
        title=alt.TitleParams(
            posterior.words(texts, "figures.map_posterior_short"), fontSize=11,
            fontWeight="normal", anchor="start", color=INK, offset=2,
        ),
    )  # fmt: skip


def _class_words(cell: MapCell, texts: Texts) -> str:
    end = cell.error_class
    if math.isinf(end):
        return texts("figures.map_error_above", end=number(5.0, texts.lang, 0))
    return texts("figures.map_error", end=number(100 * end, texts.lang, 0))


def _table_rows(
    rows: Sequence[_Row], kind: str, folder: Folder, texts: Texts
) -> list[tuple[str, ...]]:
    names = design_names(folder.study, texts)
    return [
        (
            kind, row.words, level(c.shared, texts), texts(f"verdict.{c.code.value}"),
            f"{number(100 * c.difference, texts.lang, 1, sign=True)} "
            f"({number(100 * c.mcse, texts.lang, 1)})",
            names[c.other], str(c.n_rep),
        )
        for row in rows
        for c in row.cells
    ]  # fmt: skip


def _alternative(
    rows: Sequence[_Row], title: str, posterior: _Posterior | None, texts: Texts
) -> str:
    said = []
    for row in rows:
        cells = ", ".join(
            texts(
                "figures.map_aria_cell", level=level(c.shared, texts),
                code=texts(f"verdict.{c.code.value}"),
                difference=number(100 * c.difference, texts.lang, 0, sign=True),
            )
            for c in row.cells
        )  # fmt: skip
        said.append(f"{row.words}: {cells}")
    ends = [posterior.words(texts)] if posterior is not None else []
    return f"{title}. " + "; ".join([*said, *ends])


def _shares(
    rows: Sequence[_Row], folder: Folder, posterior: _Posterior, substance: str, texts: Texts
) -> str:
    """Return how much of the posterior lies over cells of each answer, at the smallest change."""
    smallest = folder.study.decision.margin.smallest_change
    steps = [row for row in rows if not math.isfinite(row.cells[0].yearly)] or list(rows)
    row = min(steps, key=lambda item: abs(item.cells[0].change - smallest))
    edges = _edges([c.shared for c in row.cells])
    values = posterior.values
    # below the lowest edge is nearest to the lowest level, above the highest nobody has looked
    place = np.searchsorted(edges[1:], values, side="left")
    parts: dict[str, float] = {}
    for n, c in enumerate(row.cells):
        name = texts(f"verdict.{c.code.value}")
        parts[name] = parts.get(name, 0.0) + float((place == n).mean())
    outside = float((place == len(row.cells)).mean())
    if outside > 0.0:
        parts[texts("figures.map_outside")] = outside
    worth = posterior.table.n_effective
    said = ", ".join(
        texts(
            "figures.map_share", name=name, share=number(100 * share, texts.lang, 0),
            error=number(100 * math.sqrt(share * (1 - share) / worth), texts.lang, 1),
        )
        for name, share in parts.items()
    )  # fmt: skip
    return texts(
        "figures.map_shares", substance=texts.substance(substance), name=posterior.table.name,
        change=row.words, parts=said,
    )  # fmt: skip
