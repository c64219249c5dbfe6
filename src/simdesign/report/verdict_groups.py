"""Verdicts as the methodologist's report shows them: a table of levels for every world."""

from collections.abc import Sequence
from dataclasses import dataclass

from simdesign.evaluate import Average
from simdesign.report.beside import average_lines, composition, worth_lines
from simdesign.report.folder import Folder
from simdesign.report.names import cell_world, level
from simdesign.report.select import Cell
from simdesign.report.verdicts import COLUMNS, Group, Wording, groups_of
from simdesign.spec.departures import DEFAULT, DEPARTURE


@dataclass(frozen=True, slots=True, kw_only=True)
class VerdictRow:
    """One level of the shared error: its three verdicts, each a code, its word and numbers."""

    level: str
    cells: tuple[tuple[str, str, str, str], ...]
    """Topic, code, word, numbers."""


@dataclass(frozen=True, slots=True, kw_only=True)
class VerdictGroup:
    """The verdicts of one substance in one kind of world."""

    title: str
    main: bool
    """The world of the figures; the others are folded away."""
    summaries: tuple[str, ...]
    flips: tuple[str, ...]
    open_level: str
    composition: str
    """What the shared error of this world is made of, and what helps against each part."""
    averages: tuple[str, ...]
    heads: tuple[str, ...]
    rows: tuple[VerdictRow, ...]


def verdict_groups(folder: Folder, cell: Cell, wording: Wording) -> list[VerdictGroup]:
    """Return substances in the order of the study, the world of the figures before the others."""
    shown = cell_world(folder.study, cell, wording.texts)
    # departures have a section of their own
    own = [v for v in folder.verdicts if v.world.get(DEPARTURE, DEFAULT) == DEFAULT]
    groups = groups_of(own, wording.texts)
    order = {name: number for number, name in enumerate(folder.study.world.substances)}
    groups.sort(key=lambda group: (group.world != shown, group.world, order[group.substance]))
    return [
        _verdict_group(group, wording, group.world == shown, folder.averages) for group in groups
    ]


def _verdict_group(
    group: Group, wording: Wording, main: bool, averages: Sequence[Average]
) -> VerdictGroup:
    columns = [column for key in COLUMNS if (column := group.column(*key))]
    title = wording.texts.substance(group.substance)
    if group.world:
        title += ", " + group.world
    rows = []
    for index, item in enumerate(columns[0] if columns else []):
        cells = tuple(
            (
                wording.topic(column[index].topic, column[index].threshold),
                column[index].code.value,
                wording.code(column[index].code),
                wording.numbers(column[index]),
            )
            for column in columns
            if index < len(column)
        )
        rows.append(VerdictRow(level=level(item.sigma_shared, wording.texts), cells=cells))
    summaries = [wording.summary(column) for column in columns]
    if not group.judges_breaks:
        summaries.append(wording.no_break_judged(group.substance))
    flips = [line for column in columns for line in wording.flip_lines(column)]
    return VerdictGroup(
        title=title,
        main=main,
        summaries=tuple(summaries),
        flips=(*flips, *worth_lines(wording, group)),
        open_level=wording.open_level(group.substance),
        composition=composition(wording, group),
        averages=tuple(average_lines(wording, group, averages)),
        heads=tuple(wording.topic(column[0].topic, column[0].threshold) for column in columns),
        rows=tuple(rows),
    )
