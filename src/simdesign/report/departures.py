"""Departures of a study on its page: in which the verdict is another one, and the worst numbers."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from simdesign.evaluate import (
    COMPARED,
    DEFAULT_WORLD,
    Line,
    Move,
    Number,
    departure_lines,
    verdict_moves,
    worst_cases,
)
from simdesign.report.folder import Folder
from simdesign.report.names import departure_name, size, world
from simdesign.report.numbers import number
from simdesign.report.select import Selection
from simdesign.report.tables import Table
from simdesign.report.texts import Texts
from simdesign.report.verdicts import COLUMNS, Wording
from simdesign.spec.effect import shown_size

_SHARES = (
    "false_alarm_prob", "power", "effect_coverage", "large_error_prob", "recalibrated_power",
)  # fmt: skip
"""Shown as numbers of 100."""
_ALL = tuple(head.key for head in COMPARED)
_PLAIN = ("false_alarm_prob", "power", "restricted_mean_delay", "large_error_prob")
"""What the adviser's page shows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DeparturePart:
    """What the departures do to one substance."""

    title: str
    lines: tuple[str, ...]
    shown: tuple[Table, ...]
    """Of the adviser's page: what is noticed, when, and the picture."""
    tables: tuple[Table, ...]
    """Of the report: every number."""


def departure_words(overrides: Mapping[str, Any]) -> str:
    """Return what a departure lays over the default world."""
    return ", ".join(f"`{path}` = {_value(item)}" for path, item in overrides.items())


def _value(item: Any) -> str:
    if isinstance(item, Mapping):
        inner = ", ".join(f"{key} = {_value(value)}" for key, value in item.items())
        return "{" + inner + "}"
    return str(item)


def departure_parts(
    folder: Folder, selections: Sequence[Selection], wording: Wording
) -> list[DeparturePart]:
    """Return a part for every substance; nothing in a study without departures."""
    study = folder.study
    if not study.departures:
        return []
    scenarios = list(study.scenarios(folder.size))
    lines = departure_lines(scenarios, departure_rows(folder), folder.judging, folder.budget)
    moves = verdict_moves(folder.verdicts)
    found = []
    for selection in selections:
        change = shown_scenario(folder, selection)
        mine = [
            line
            for line in lines
            if line.substance == selection.substance and line.change == change
        ]
        if not mine:
            continue
        name = wording.texts.heading(selection.substance)
        said = _change_words(folder, selection, change, wording)
        judged = [move for move in moves if move.substance == selection.substance]
        found.append(
            DeparturePart(
                title=name, lines=tuple(_sentences(judged, folder, wording)),
                shown=(
                    _each(mine, said, folder, wording, _PLAIN), _worst(mine, said, wording, _PLAIN),
                ),
                tables=(_each(mine, said, folder, wording), _worst(mine, said, wording)),
            )
        )  # fmt: skip
    return found


def departure_rows(folder: Folder) -> list[dict[str, Any]]:
    """Return the rows that the tables need: most of a table of measures is something else."""
    frame = folder.measures
    keep = frame["measure"].isin({head.measure for head in COMPARED})
    keep &= frame["compared_with"].isin(("", DEFAULT_WORLD))
    return [{str(key): item for key, item in row.items()} for row in frame[keep].to_dict("records")]


def shown_scenario(folder: Folder, selection: Selection) -> str:
    """Return the scenario of the default world whose change is nearest to the smallest judged."""
    smallest = folder.study.decision.margin.smallest_change
    sizes = {
        item.name: abs(shown_size(item, selection.substance) - smallest)
        for item in folder.study.scenarios(folder.size)
        if item.role == "alternative" and not item.departure
    }
    known = {name: gap for name, gap in sizes.items() if math.isfinite(gap)}
    return min(known, key=lambda name: known[name]) if known else ""


def _change_words(folder: Folder, selection: Selection, change: str, wording: Wording) -> str:
    """Return a scenario's change: a lasting jump of +20 %."""
    texts = wording.texts
    item = next(item for item in folder.study.scenarios(folder.size) if item.name == change)
    said = size(shown_size(item, selection.substance), texts)
    key = f"departures.change_{item.change.kind}"
    return texts(key, size=said) if texts.has(key) else said


def _sentences(moves: Sequence[Move], folder: Folder, wording: Wording) -> list[str]:
    """Return, for each kind of verdict, the departures in which it is another one."""
    texts = wording.texts
    reference = wording.design(folder.study.decision.reference)
    found = []
    for topic, threshold in COLUMNS:
        mine = [item for item in moves if (item.topic, item.threshold) == (topic, threshold)]
        if not mine:
            continue
        common = {"topic": wording.topic(topic, threshold), "reference": reference}
        another = [
            texts(
                "departures.another_part", departure=_where(item, wording), after=wording.code(code)
            )
            for item in mine
            if (code := item.after) is not None and item.is_another
        ]
        if another:
            found.append(texts("departures.another", worlds=", ".join(another), **common))
        else:
            before = ", ".join(dict.fromkeys(wording.code(item.before) for item in mine))
            found.append(texts("departures.same", before=before, **common))
        absent = dict.fromkeys(item.departure for item in mine if item.after is None)
        if absent:
            worlds = ", ".join(departure_name(name, texts) for name in absent)
            found.append(texts("departures.not_judged", topic=common["topic"], worlds=worlds))
    return found


def _where(item: Move, wording: Wording) -> str:
    """Return the name of a departure, and the levels of other factors."""
    shared = [value for path, value in item.world.items() if path.endswith(".sigma_shared")]
    level = wording.where(float(shared[0])) if shared else ""
    name = departure_name(item.departure, wording.texts)
    words = (name, level, world(item.world, wording.texts))
    return ", ".join(word for word in words if word)


def _each(
    lines: Sequence[Line],
    change: str,
    folder: Folder,
    wording: Wording,
    keys: Sequence[str] = _ALL,
) -> Table:
    """Return the reference design in every world."""
    texts = wording.texts
    reference = folder.study.decision.reference
    rows = tuple(
        (
            _called(line.departure, keys, texts) or texts("departures.default"),
            *(_cell(line.numbers[key], key, texts.lang) for key in keys),
        )
        for line in lines
        if line.design == reference
    )
    heads = (texts(f"departures.{key}") for key in keys)
    return Table(
        caption=texts("departures.each", reference=wording.design(reference), change=change),
        columns=(texts("departures.world"), *heads), rows=rows,
    )  # fmt: skip


def _called(departure: str, keys: Sequence[str], texts: Texts) -> str:
    """Return a departure in words; in the report its key, which the study file has."""
    return departure if keys == _ALL or not departure else departure_name(departure, texts)


def _worst(
    lines: Sequence[Line], change: str, wording: Wording, keys: Sequence[str] = _ALL
) -> Table:
    """Return every design's numbers in the default world and in the worst departure."""
    texts = wording.texts
    order = {design: place for place, design in enumerate(wording.designs)}  # as the study has them
    rows = tuple(
        (
            wording.design(item.design),
            texts(f"departures.{item.key}"),
            _cell(item.default, item.key, texts.lang),
            _called(item.departure, keys, texts),
            _cell(item.worst, item.key, texts.lang),
        )
        for item in sorted(worst_cases(lines), key=lambda item: order[item.design])
        if item.key in keys
    )
    heads = ("tables.design", "departures.measure", "departures.default",
             "departures.worst_world", "departures.worst_value")  # fmt: skip
    return Table(
        caption=texts("departures.worst", change=change),
        columns=tuple(texts(key) for key in heads), rows=rows, n_head=2,
    )  # fmt: skip


def _cell(item: Number, key: str, lang: str) -> str:
    """Return a number, and in brackets its paired difference and the error of that."""
    if not math.isfinite(item.value):
        return "\N{EN DASH}"
    if key not in _SHARES:
        places = 3 if key == "effect_bias" else 2
        text = number(item.value, lang, places)
        if not math.isfinite(item.difference):
            return text
        return (
            f"{text} ({number(item.difference, lang, places, sign=True)};"
            f" {number(item.difference_mcse, lang, places)})"
        )
    text = number(100.0 * item.value, lang, 0)
    if not math.isfinite(item.difference):
        return text
    return (
        f"{text} ({number(100.0 * item.difference, lang, 0, sign=True)};"
        f" {number(100.0 * item.difference_mcse, lang, 1)})"
    )
