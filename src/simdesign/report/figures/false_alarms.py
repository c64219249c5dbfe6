"""False alarms as a function of the shared error, at the operating threshold."""

import math

from simdesign.report.figures.chosen import shown_designs
from simdesign.report.figures.lines import Line, Panel, Point, alternative_text, panel_of_lines
from simdesign.report.names import design_names, level, short_names
from simdesign.report.select import Selection
from simdesign.report.tables import Table, hundred_with_interval
from simdesign.report.texts import Texts


def false_alarm_figure(selection: Selection, texts: Texts) -> tuple[list[Panel], Table] | None:
    """Return one panel, and its numbers with the average over the design prior.

    None when the shared error is no factor of the study.
    """
    folder = selection.folder
    long, short = design_names(folder.study, texts), short_names(folder.study, texts)
    levels = [x for x in selection.levels if math.isfinite(x)]
    if len(levels) < 2:
        return None
    shown = shown_designs(folder, selection.substance)
    lines, rows = [], []
    for name in folder.designs:
        *values, mixture = (
            selection.one(
                "false_alarm_prob", role=role, shared=x, design=name,
                estimator=folder.judging, threshold="operating",
            )
            for role, x in (*(("null_world", x) for x in levels), ("null_mixture", math.nan))
        )  # fmt: skip
        points = tuple(
            Point(x=100 * x, y=100 * v.value, low=100 * v.low, high=100 * v.high)
            for x, v in zip(levels, values, strict=True)
        )
        if name in shown:
            lines.append(Line(index=shown[name], name=long[name], label=short[name], points=points))
        cells = (hundred_with_interval(v, texts.lang) for v in (*values, mixture))
        rows.append((long[name], *cells))
    highest = max(
        (p.high for line in lines for p in line.points if math.isfinite(p.high)), default=0.0
    )
    top = min(100.0, max(20.0, 10.0 * math.ceil(highest / 10.0)))
    title = texts.substance(selection.substance)
    panel = panel_of_lines(
        lines, title=title, x_title=texts("figures.false_x"), y_title=texts("figures.false_y"),
        x_values=[100 * x for x in levels], x_labels="format(datum.value, '~r')", texts=texts,
        y_top=top, rule=(100.0 * folder.budget, texts("figures.false_mixture")),
    )  # fmt: skip
    words = {100 * x: level(x, texts) for x in levels}
    picture = Panel(
        title=title, svg=panel.svg, alternative=alternative_text(lines, title, words, texts)
    )
    table = Table(
        caption=texts("figures.false_title"),
        columns=(
            texts("tables.design"), *(level(x, texts) for x in levels),
            texts("figures.false_mixture"),
        ),
        rows=tuple(rows),
    )  # fmt: skip
    return [picture], table
