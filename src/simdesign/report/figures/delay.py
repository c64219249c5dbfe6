"""Delay curves: the share of programmes that noticed the break, by time since it."""

from collections.abc import Sequence

from simdesign.report.figures.chosen import shown_designs
from simdesign.report.figures.lines import Line, Panel, Point, alternative_text, panel_of_lines
from simdesign.report.names import (
    at_level,
    design_names,
    level_cells,
    level_heads,
    short_names,
)
from simdesign.report.numbers import number
from simdesign.report.select import Selection
from simdesign.report.tables import Table, hundred_with_interval
from simdesign.report.texts import Texts


def delay_figure(
    selection: Selection,
    change: float,
    texts: Texts,
    *,
    levels: Sequence[float] | None = None,
    designs: Sequence[str] | None = None,
) -> tuple[list[Panel], Table] | None:
    """Return a panel per level of shared error, and the numbers at whole years.

    ``levels`` and ``designs`` choose some of the study's. None when the table holds no curve.
    """
    study = selection.folder.study
    long, short = design_names(study, texts), short_names(study, texts)
    # the curve is over all breaks; beyond the longest follow-up it is not defined
    last = selection.followed("delay_curve", change)
    years = [year for year in selection.horizons("delay_curve") if year <= last]
    if not years:
        return None
    whole = [year for year in years if year == int(year)] or years[-1:]
    ticks = [0.0, *whole]
    shown = shown_designs(selection.folder, selection.substance)
    panels, rows = [], []
    for shared in selection.levels if levels is None else levels:
        lines = []
        for name in study.designs if designs is None else designs:
            values = [
                selection.one(
                    "delay_curve", shared=shared, design=name, estimator=selection.folder.judging,
                    threshold="operating", change=change, horizon=year,
                )
                for year in years
            ]  # fmt: skip
            points = [Point(x=0.0, y=0.0, low=0.0, high=0.0)]
            points += [
                Point(x=x, y=100 * v.value, low=100 * v.low, high=100 * v.high)
                for x, v in zip(years, values, strict=True)
            ]
            if name in shown:
                lines.append(
                    Line(
                        index=shown[name], name=long[name], label=short[name], points=tuple(points)
                    )
                )
            cells = (
                hundred_with_interval(v, texts.lang)
                for year, v in zip(years, values, strict=True)
                if year in whole
            )
            rows.append((*level_cells(shared, texts), long[name], *cells))
        title = at_level(shared, texts)
        panel = panel_of_lines(
            lines, title=title, x_title=texts("figures.delay_x"),
            y_title=texts("figures.delay_y"), x_values=ticks, x_end=years[-1],
            x_labels="format(datum.value, 'd')", texts=texts, bars=False,
        )  # fmt: skip
        words = {x: _years(x, texts) for x in (0.0, *years)}
        panels.append(
            Panel(
                title=title, svg=panel.svg,
                alternative=alternative_text(lines, title, words, texts, over_years=True),
            )
        )  # fmt: skip
    heads = tuple(_years(year, texts) for year in whole)
    first = level_heads(selection.levels, texts)
    table = Table(
        caption=texts("figures.delay_x"), columns=(*first, texts("tables.design"), *heads),
        rows=tuple(rows), n_head=1 + len(first),
    )  # fmt: skip
    return panels, table


def _years(n: float, texts: Texts) -> str:
    said = texts("figures.years_unit", n=number(n, texts.lang, 0))
    return "1 year" if said == "1 years" else said
