"""Power within three years against the size of the change, per shared error and threshold."""

from simdesign.report.figures.chosen import shown_designs
from simdesign.report.figures.lines import Line, Panel, Point, alternative_text, panel_of_lines
from simdesign.report.names import (
    at_level,
    design_names,
    level_cells,
    level_heads,
    short_names,
)
from simdesign.report.select import POWER_YEARS, Selection
from simdesign.report.tables import Table, hundred_with_interval
from simdesign.report.texts import Texts

_SIGNED = "(datum.value > 0 ? '+' : '') + replace(format(datum.value, 'd'), '-', '\u2212')"


def power_figure(selection: Selection, texts: Texts) -> tuple[list[Panel], Table]:
    """Return a panel per level of shared error and kind of threshold, and their numbers."""
    study = selection.folder.study
    long, short = design_names(study, texts), short_names(study, texts)
    changes = selection.changes
    slow = selection.kind == "slope_change"
    x_title = texts("figures.power_x_slope" if slow else "figures.power_x")
    shown = shown_designs(selection.folder, selection.substance)
    panels, rows = [], []
    for shared in selection.levels:
        for threshold in ("operating", "oracle"):
            kind = texts(f"thresholds.{threshold}")
            lines = []
            for name in study.designs:
                values = [
                    selection.one(
                        "power", shared=shared, design=name, estimator=selection.folder.judging,
                        threshold=threshold, horizon=POWER_YEARS, change=change,
                    )
                    for change in changes
                ]  # fmt: skip
                points = tuple(
                    Point(x=100 * x, y=100 * v.value, low=100 * v.low, high=100 * v.high)
                    for x, v in zip(changes, values, strict=True)
                )
                if name in shown:
                    lines.append(
                        Line(index=shown[name], name=long[name], label=short[name], points=points)
                    )
                values += [
                    selection.one(
                        "power", shared=shared, design=name, estimator=selection.folder.judging,
                        threshold=threshold, horizon=POWER_YEARS, change=change,
                        kind="slope_change",
                    )
                    for change in selection.slopes
                ]  # fmt: skip
                cells = (hundred_with_interval(v, texts.lang) for v in values)
                rows.append((*level_cells(shared, texts), kind, long[name], *cells))
            title = f"{at_level(shared, texts)}, {kind}"
            panel = panel_of_lines(
                lines, title=title, x_title=x_title,
                y_title=texts("figures.power_y"), x_values=[100 * x for x in changes],
                x_labels=_SIGNED, texts=texts,
            )  # fmt: skip
            words = {100 * x: selection.named(x, texts) for x in changes}
            panels.append(
                Panel(
                    title=title, svg=panel.svg,
                    alternative=alternative_text(lines, title, words, texts),
                )
            )  # fmt: skip
    first = level_heads(selection.levels, texts)
    table = Table(
        caption=texts("figures.power_title"),
        columns=(
            *first, texts("tables.threshold"), texts("tables.design"),
            *(selection.named(x, texts) for x in changes),
            *(selection.named(x, texts, "slope_change") for x in selection.slopes),
        ),
        rows=tuple(rows),
        n_head=2 + len(first),
    )  # fmt: skip
    return panels, table
