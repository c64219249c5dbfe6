"""What studies of the claim answer besides its verdict: frequency, what it rests on, seasons."""

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from simdesign.report.central import central
from simdesign.report.folder import Folder
from simdesign.report.names import level
from simdesign.report.numbers import general, of_hundred, percent, rounded
from simdesign.report.select import POWER_YEARS, Selection, Value
from simdesign.report.stability import said_choice
from simdesign.report.texts import Texts
from simdesign.report.verdicts import Wording
from simdesign.spec.schedule import Dates

if TYPE_CHECKING:
    import pandas as pd

type Answer = tuple[str, tuple[str, ...]]
"""A substance, and the sentences about it."""

MANY_DESIGNS = 10
"""A study of so many designs asks what more measurements buy."""
_TIMES, _SAME = (1.0, 2.0, 4.0), 1.0 + 1e-9
"""Costs, times that of the judged design, for which the best is told."""
_SEASON = "season_amplitude"
_LIMITS = (0.10, 0.20)
"""Differences of rounds that are told: with the middle season, and with the largest."""

_TELLS = {
    "asked.season_mostly": 0.5, "asked.season_partly": 0.2, "asked.season_hardly": -math.inf,
}  # fmt: skip
"""A season tells so much where P(rounds differ) is so much larger with it than without."""


def asks_frequency(folder: Folder) -> bool:
    """Return whether a study compares many designs."""
    return len(folder.designs) >= MANY_DESIGNS


def asks_what_it_rests_on(folder: Folder) -> bool:
    """Return whether methods of a study differ in one prior or in plugged-in noise."""
    return bool(folder.stability and folder.stability["grids"])


def asks_season(folder: Folder) -> bool:
    """Return whether a study asks how often rounds differ, with seasons and with none."""
    if _SEASON not in folder.other_factors:
        return False
    rows = folder.measures[folder.measures["measure"] == "rounds_differ_prob"]
    sizes = rows[_SEASON].dropna()
    told = all((rows["horizon"] - limit).abs().lt(1e-9).any() for limit in _LIMITS)
    return told and bool(sizes.eq(0.0).any() and sizes.gt(0.0).any())


def frequency_answer(selection: Selection, wording: Wording, own: Texts) -> Answer | None:
    """Return what is noticed at most for so many times the cost, and the false alarms there.

    None where the judged design has no power or no cost to compare with.
    """
    folder, texts = selection.folder, wording.texts
    shared = central(selection.substance, selection.levels).level
    change = selection.typical_change
    known: dict[str, tuple[float, Value]] = {}
    for name in folder.designs:
        cost = selection.one("cost_per_year", design=name, role="").value
        power = selection.one(
            "power", design=name, change=change, shared=shared, estimator=folder.judging,
            threshold="operating", horizon=POWER_YEARS,
        )  # fmt: skip
        if math.isfinite(power.value) and math.isfinite(cost):
            known[name] = (cost, power)
    if folder.study.decision.reference not in known:
        return None
    judged = known[folder.study.decision.reference][0]
    shown: dict[str, str] = {}
    for ratio in (*_TIMES, math.inf):
        within = [name for name, (cost, _) in known.items() if cost <= ratio * judged * _SAME]
        best = max(within, key=lambda name: (known[name][1].value, -known[name][0]))
        if best in shown:
            continue
        cost, power = known[best]
        real = ratio if math.isfinite(ratio) else rounded(cost / judged, 1)
        shown[best] = own(
            "asked.frontier_within" if math.isfinite(ratio) else "asked.frontier_top",
            n=of_hundred(power.value, power.mcse, texts.lang), design=wording.design(best),
            range=_ends(power.low, power.high, own), ratio=general(real, texts.lang),
        )  # fmt: skip
    alarms = [
        selection.one(
            "false_alarm_prob", design=name, role="null_world", shared=shared,
            estimator=folder.judging, threshold="operating",
        ).value
        for name in shown
    ]  # fmt: skip
    low, high = (of_hundred(end, 0.0, texts.lang) for end in (min(alarms), max(alarms)))
    where = (
        own("page.at_level", level=level(shared, texts))
        if math.isfinite(shared)
        else own("page.this_world")
    )
    said = own(
        "asked.frontier", where=where,
        size=percent(change, texts.lang, sign=True), parts=own("verdict.join").join(shown.values()),
    )  # fmt: skip
    alarmed = own("asked.frontier_alarms", low=low, high=high)
    return texts.heading(selection.substance), (said, alarmed)


def rests_on_answer(folder: Folder, substance: str, wording: Wording, own: Texts) -> Answer:
    """Return how many other choices change the verdict on the break, and which."""
    content: Mapping[str, Any] = folder.stability or {}
    mine = [
        row for row in content["rows"] if row["substance"] == substance and row["topic"] == "break"
    ]
    stated = {_place(row): row["code"] for row in mine if row["group"] == "stated"}
    others = [row for row in mine if row["group"] != "stated"]
    tried = dict.fromkeys((row["group"], row["option"]) for row in others)
    moved: dict[tuple[str, str], list[float]] = {}
    for row in others:
        if row["code"] != stated.get(_place(row), row["code"]):
            moved.setdefault((row["group"], row["option"]), []).append(row["sigma_shared"])
    counted = own(
        "asked.stability_counted", n=str(len(tried)), some=str(len(moved)),
        none=str(len(tried) - len(moved)),
    )  # fmt: skip
    parts = [
        own(
            "asked.stability_part", how=said_choice(group, option, folder, wording),
            levels=wording.texts.all_of([level(x, wording.texts) for x in dict.fromkeys(levels)]),
        )
        for (group, option), levels in moved.items()
    ]  # fmt: skip
    named = (
        own("asked.stability_named", parts=wording.texts.all_of(parts))
        if parts
        else own("asked.stability_all")
    )
    return wording.texts.heading(substance), (counted, named)


def _place(row: Mapping[str, Any]) -> str:
    """Return the world of a row, its level of the shared error included."""
    return repr(sorted(row["world"].items()))


def season_answer(folder: Folder, substance: str, wording: Wording, own: Texts) -> Answer:
    """Return how often the pilot's rounds differ with a season of some size, and with none."""
    frame = _rounds(folder, substance)
    sizes = sorted(size for size in frame[_SEASON].unique() if size > 0.0)
    lang, sentences = wording.lang, []
    for size, limit in zip((sizes[(len(sizes) - 1) // 2], sizes[-1]), _LIMITS, strict=True):
        shown = frame[(frame["horizon"] - limit).abs() < 1e-9].set_index(_SEASON)
        there, without = (shown.loc[x].to_dict() for x in (size, 0.0))
        said = own(
            "asked.season", n=of_hundred(there["value"], there["mcse"], lang),
            range=_ends(there["low"], there["high"], own), limit=percent(limit, lang),
            # the peak lies A above the mean and the trough A below, on the scale of logarithms
            swing=percent(rounded(math.expm1(2.0 * size), 2), lang),
            without=of_hundred(without["value"], without["mcse"], lang),
            without_range=_ends(without["low"], without["high"], own),
            level=level(there["shared"], wording.texts),
        )  # fmt: skip
        gap = there["value"] - without["value"]
        tells = next(key for key, least in _TELLS.items() if gap >= least)
        sentences.append(f"{said} {own(tells)}")
    return wording.texts.heading(substance), tuple(sentences)


def _rounds(folder: Folder, substance: str) -> "pd.DataFrame":
    """Return the pilot's rows: nothing breaks, season and date stay, the central shared error."""
    frame = folder.measures
    pilot = next(
        (name for name, item in folder.study.designs.items() if isinstance(item.schedule, Dates)),
        folder.study.decision.reference,
    )
    frame = frame[
        (frame["measure"] == "rounds_differ_prob") & (frame["design"] == pilot)
        & (frame["substance"] == substance) & (frame["role"] == "null_world")
        & (frame["compared_with"] == "")
    ]  # fmt: skip
    for name in folder.other_factors:
        if name != _SEASON:
            frame = frame[frame[name] == frame[name].min()]
    shared = central(substance, sorted(frame["shared"].unique())).level
    return frame[frame["shared"] == shared]


def _ends(low: float, high: float, own: Texts) -> str:
    """Return an interval in numbers of 100."""
    ends = (of_hundred(end, 0.0, own.lang) for end in (low, high))
    return own("asked.range", **dict(zip(("low", "high"), ends, strict=True)))
