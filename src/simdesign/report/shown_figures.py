"""The figures of one substance as templates show them: title, words, panels, numbers."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from simdesign.report.names import design_names
from simdesign.report.numbers import general
from simdesign.report.select import Cell, Selection
from simdesign.report.tables import Table, cost_table
from simdesign.report.texts import Texts

if TYPE_CHECKING:
    from simdesign.report.figures import Panel


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """A figure as the template shows it."""

    title: str
    intro: str
    panels: tuple["Panel", ...]
    table: Table


def substance_figures(
    selection: Selection, cell: Cell, smallest: float, texts: Texts
) -> list[Figure]:
    """Return the figures of a substance that the methodologist's report has."""
    # imported late: a command that only prints a verdict need not wait for the plotting library
    from simdesign.report.figures import (
        delay_figure,
        false_alarm_figure,
        power_figure,
        sufficiency_figure,
    )

    folder = selection.folder
    if not selection.changes:  # a study that has just begun
        return []
    found = []
    sufficiency = sufficiency_figure(folder, selection.substance, cell, texts)
    if sufficiency is not None:
        found.append(
            Figure(
                title=texts("figures.map_title"), intro=sufficiency[2],
                panels=tuple(sufficiency[0]), table=sufficiency[1],
            )
        )  # fmt: skip
    panels, table = power_figure(selection, texts)
    found.append(
        Figure(
            title=texts("figures.power_title"), intro=texts("figures.power_intro"),
            panels=tuple(panels), table=table,
        )
    )  # fmt: skip
    change = selection.change_near(smallest)
    delay = delay_figure(selection, change, texts)
    if delay is not None:
        found.append(
            Figure(
                title=texts("figures.delay_title", size=selection.named(change, texts)),
                intro=texts("figures.delay_intro"), panels=tuple(delay[0]), table=delay[1],
            )
        )  # fmt: skip
    false = false_alarm_figure(selection, texts)
    if false is not None:
        budget = general(100 * folder.budget, texts.lang)
        found.append(
            Figure(
                title=texts("figures.false_title"),
                intro=texts("figures.false_intro", budget=budget),
                panels=tuple(false[0]), table=false[1],
            )
        )  # fmt: skip
    typical = selection.typical_change
    found.append(
        Figure(
            title=texts("figures.cost_title"),
            intro=texts("figures.cost_intro", size=selection.named(typical, texts)),
            panels=(),
            table=cost_table(selection, design_names(folder.study, texts), typical, texts),
        )
    )
    return found
