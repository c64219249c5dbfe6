"""The question of a study that asks more than the default one, and its answer in two sentences.

A study of mechanisms, of options or of departures has a title that the verdict on the judged design
does not answer. Each part of its page has the whole answer; here is what stands at its top.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from simdesign.evaluate import Move, departure_lines, verdict_moves, worst_cases
from simdesign.report.attribution import (
    AttributionTarget,
    Judged,
    Way,
    attribution_cells,
    attribution_sizes,
    cheapest,
    groups_of,
    judged,
    parts_of,
)
from simdesign.report.attribution_tables import CATALOGUE, Words, mechanism
from simdesign.report.claim_answers import (
    Answer,
    asks_frequency,
    asks_season,
    asks_what_it_rests_on,
    frequency_answer,
    rests_on_answer,
    season_answer,
)
from simdesign.report.departures import departure_rows, shown_scenario
from simdesign.report.folder import Folder
from simdesign.report.likelihood import ADVISER
from simdesign.report.names import departure_name
from simdesign.report.numbers import general, grouped, of_hundred, percent, rounded
from simdesign.report.select import Selection
from simdesign.report.texts import Texts, capital, lower
from simdesign.report.verdicts import Wording

_OPERATING = (("picture", ""), ("break", "operating"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A question, and what is answered about every substance."""

    question: str
    answers: tuple[Answer, ...]
    place: str
    """Part of the page that has the whole answer, as its address begins; empty without one."""


def asked(folder: Folder, selections: Sequence[Selection], wording: Wording) -> Asked | None:
    """Return what a study asks besides the default question; None where it asks nothing more."""
    own = Texts(wording.lang, ADVISER)
    if folder.attribution:
        place, question = "attribution", own("asked.attribution_question")
        answers = _mechanisms(folder, wording, own)
    elif folder.options is not None:
        place, question = "options", own("asked.options_question")
        answers = _options(folder, wording, own)
    elif folder.study.departures:
        place, question = "departures", own("asked.departures_question")
        answers = _departures(folder, selections, wording, own)
    elif asks_season(folder):
        place, question = "", own("asked.season_question")
        answers = [season_answer(folder, name, wording, own) for name in folder.substances]
    elif asks_what_it_rests_on(folder):
        place, question = "stability", own("asked.stability_question")
        answers = [rests_on_answer(folder, name, wording, own) for name in folder.substances]
    elif asks_frequency(folder):
        place, question = "options", own("asked.frontier_question")
        told = (frequency_answer(item, wording, own) for item in selections)
        answers = [item for item in told if item is not None]
    else:
        return None
    return Asked(question=question, answers=tuple(answers), place=place) if answers else None


def _mechanisms(folder: Folder, wording: Wording, own: Texts) -> list[Answer]:
    """Return which mechanisms some way of measuring names, and which none does."""
    texts, target = Texts(wording.lang, CATALOGUE), AttributionTarget()
    words = Words(texts=texts, designs=wording.designs)
    cells = attribution_cells(folder.study, folder.size, folder.attribution, "last")
    found: list[Answer] = []
    for (substance, _), part in parts_of(cell for cell in cells if cell.mechanism).items():
        told: list[str] = []
        never: list[str] = []
        unsettled: list[str] = []
        for name, members in groups_of(part).items():
            if len(members) > 1:
                continue  # several at once follow from each
            items = judged(part, members, target)
            sure = [item for item in items if item.state == "can"]
            is_open = any(item.state == "open" for item in items)
            for falls in (False, True):
                mine = _cheapest_at([item for item in sure if (item.size < 0.0) is falls])
                parts = [
                    own(
                        "asked.mechanism_part", way=words.way(way),
                        cost=grouped(way.cost_per_year, texts.lang),
                        sizes=texts.all_of([percent(x, texts.lang, sign=True) for x in sizes]),
                    )
                    for way, sizes in mine.items()
                ]  # fmt: skip
                said = mechanism(name, texts, falls=falls)
                told += [
                    own("asked.mechanism_at", mechanism=said, parts=texts.all_of(parts))
                ] if parts else []  # fmt: skip
            if not sure:
                (unsettled if is_open else never).append(mechanism(name, texts))
        ways = len({cell.way for cell in part})
        counted = {
            "n": str(ways), "correct": of_hundred(target.correct, 0.0, texts.lang),
            "wrong": of_hundred(target.wrong, 0.0, texts.lang),
        }  # fmt: skip
        lines = [own("asked.mechanisms_told", **counted)] if told else []
        lines += [f"{capital(item)}." for item in told]
        lines += [
            own(key, names=wording.texts.all_of(names), n=str(ways))
            for key, names in (
                ("asked.mechanisms_never", never), ("asked.mechanisms_open", unsettled),
            )
            if names
        ]  # fmt: skip
        found.append((wording.texts.heading(substance), tuple(lines)))
    return found


def _cheapest_at(items: Sequence[Judged]) -> dict[Way, list[float]]:
    """Return the cheapest way at every size, and all the sizes at which it is."""
    found: dict[Way, list[float]] = {}
    for size in attribution_sizes(item.weakest for item in items):
        best = cheapest([item for item in items if item.size == size])
        if best is not None:
            found.setdefault(best.way, []).append(size)
    return found


def _options(folder: Folder, wording: Wording, own: Texts) -> list[Answer]:
    """Return what notices most, what it costs, and which cheaper one is as good in which world."""
    content: Mapping[str, Any] = folder.options or {}
    costs = {item["design"]: item["cost_ratio"] for item in content["designs"]}
    found: list[Answer] = []
    for part in content["substances"]:
        rows = {(row["group"], row["design"]): row for row in part["rows"]}
        first, *others = part["groups"]
        if first["most"] is None:
            continue
        best, judged_one = first["most"]["design"], content["reference"]
        size = percent(part["shown_change"], wording.lang, sign=True)
        lines = [_most(rows, first["group"], (best, judged_one), costs, size, wording, own)]
        cheaper = [
            (group["group"], group["cheapest_as_good"]["design"])
            for group in others
            if group["cheapest_as_good"] is not None and group["cheapest_as_good"]["design"] != best
        ]
        lines.append(
            own(
                "asked.options_cheaper",
                parts=own("verdict.join").join(
                    own(
                        "asked.options_where", design=wording.design(name),
                        where=lower(wording.texts(f"options.group_{group}")),
                        ratio=general(rounded(costs[name], 1), wording.lang),
                        high=of_hundred(rows[group, name]["false_alarm"][1], 0.0, wording.lang),
                    )
                    for group, name in cheaper
                ),
            )
            if cheaper
            else own("asked.options_none", best=wording.design(best))
        )  # fmt: skip
        found.append((wording.texts.heading(part["substance"]), tuple(lines)))
    return found


def _most(
    rows: Mapping[tuple[str, str], Mapping[str, Any]],
    group: str,
    designs: tuple[str, str],
    costs: Mapping[str, float],
    size: str,
    wording: Wording,
    own: Texts,
) -> str:
    """Return the option that notices most beside the judged one."""
    best, judged_one = designs
    mine, theirs = rows[group, judged_one], rows[group, best]
    values: dict[str, str] = {}
    for key, row in (("mine", mine), ("theirs", theirs)):
        item = row["noticed"]
        low, high = (of_hundred(item[end], 0.0, wording.lang) for end in ("low", "high"))
        least, most = (of_hundred(x, 0.0, wording.lang) for x in row["false_alarm"])
        values |= {
            key: of_hundred(item["value"], item["mcse"], wording.lang),
            f"{key}_range": own("asked.range", low=low, high=high),
            f"{key}_false": own("asked.range", low=least, high=most),
        }
    return own(
        "asked.options_most", best=wording.design(best), reference=wording.design(judged_one),
        ratio=general(rounded(costs[best], 1), wording.lang), size=size, **values,
    )  # fmt: skip


def _departures(
    folder: Folder, selections: Sequence[Selection], wording: Wording, own: Texts
) -> list[Answer]:
    """Return in how many departures the verdict stands, and where false alarms are worst."""
    scenarios = list(folder.study.scenarios(folder.size))
    lines = departure_lines(scenarios, departure_rows(folder), folder.judging, folder.budget)
    moves = verdict_moves(folder.verdicts)
    found: list[Answer] = []
    for selection in selections:
        mine = [item for item in moves if item.substance == selection.substance]
        said = [
            _stands([item for item in mine if (item.topic, item.threshold) == kind], wording, own)
            for kind in _OPERATING
        ]
        change = shown_scenario(folder, selection)
        worst = [
            item
            for item in worst_cases([line for line in lines if line.change == change])
            if item.substance == selection.substance and item.key == "false_alarm_prob"
        ]
        if not mine or not worst:
            continue
        by_design = {item.design: item for item in worst}
        most = max(worst, key=lambda item: item.worst.value)
        shown = dict.fromkeys((folder.study.decision.reference, most.design))
        alarms = [
            own(
                "asked.departures_alarm", design=wording.design(name),
                before=of_hundred(item.default.value, 0.0, wording.lang),
                after=of_hundred(item.worst.value, 0.0, wording.lang),
                where=departure_name(item.departure, wording.texts),
            )
            for name in shown
            if (item := by_design.get(name)) is not None and math.isfinite(item.worst.value)
        ]  # fmt: skip
        first = capital(own("verdict.join").join(text for text in said if text)) + "."
        second = own("asked.departures_alarms", parts=wording.texts.all_of(alarms))
        found.append((wording.texts.heading(selection.substance), (first, second)))
    return found


def _stands(moves: Sequence[Move], wording: Wording, own: Texts) -> str:
    """Return in how many departures one kind of verdict is the same; empty without any."""
    judged_there = [item for item in moves if item.after is not None]
    if not judged_there:
        return ""
    same = sum(not item.is_another for item in judged_there)
    first = judged_there[0]
    everywhere = same == len(judged_there)
    if len(judged_there) < len(moves):  # in some there is nothing to judge
        key = "asked.departures_all_judged" if everywhere else "asked.departures_same_judged"
    else:
        key = "asked.departures_all" if everywhere else "asked.departures_same"
    return own(
        key,
        topic=lower(wording.topic(first.topic, first.threshold)), n=str(same),
        total=str(len(judged_there)),
        code=", ".join(dict.fromkeys(wording.code(item.before) for item in judged_there)),
    )  # fmt: skip
