"""What stands beside a verdict: changes of slope, the worth of knowing the shared error, averages.

Functions of the wording (``verdicts.Wording``), so that sentences stay in one language.
"""

import math
from collections.abc import Iterable
from typing import TYPE_CHECKING

from simdesign.evaluate import Average, Verdict
from simdesign.report.names import level, moves, world
from simdesign.report.numbers import number, of_hundred, percent, rounded
from simdesign.spec.quantity import expectation

if TYPE_CHECKING:
    from simdesign.report.verdicts import Group, Wording

YEARS = "3"
"""Horizon of the power in sentences."""


def slope_lines(wording: "Wording", item: Verdict) -> list[str]:
    """Return a sentence for every change of slope among the changes judged."""
    mine = [
        loss
        for loss in item.losses
        if math.isfinite(loss.yearly) and loss.measure == "power" and math.isfinite(loss.loss)
    ]
    found = []
    for name in {loss.scenario: None for loss in mine}:
        worst = max((loss for loss in mine if loss.scenario == name), key=lambda x: x.loss)
        found.append(
            wording.texts(
                "verdict.slope_numbers",
                moves=moves(worst.yearly, wording.texts),
                size=percent(worst.size, wording.lang, sign=True),
                reference=wording.design(item.reference),
                mine=of_hundred(worst.reference_value, 0.0, wording.lang),
                best=wording.design(worst.other),
                theirs=of_hundred(worst.other_value, 0.0, wording.lang),
                difference=number(100.0 * worst.loss, wording.lang, 0, sign=True),
                mcse=number(100.0 * worst.mcse, wording.lang, 1),
                years=YEARS,
            )
        )
    return found


def worth_line(wording: "Wording", item: Verdict) -> str:
    """Return what knowing the shared error is worth to the reference."""
    text = wording.texts(
        "verdict.worth",
        reference=wording.design(item.reference),
        known=of_hundred(item.reference_value + item.worth, 0.0, wording.lang),
        difference=number(100.0 * item.worth, wording.lang, 0, sign=True),
        mcse=number(100.0 * item.worth_mcse, wording.lang, 1),
    )
    beyond = item.worth < -2.0 * item.worth_mcse  # below, a minus may be chance
    return f"{text} {wording.texts('verdict.worth_minus')}" if beyond else text


def worth_lines(wording: "Wording", group: "Group") -> list[str]:
    """Return a sentence for every level at which knowing the level changes the verdict."""
    oracle = {_place(item): item for item in group.column("break", "oracle")}
    found = []
    for item in group.column("break", "operating"):
        other = oracle.get(_place(item))
        if other is None or other.code == item.code or not math.isfinite(item.worth):
            continue
        found.append(
            wording.texts(
                "verdict.disagree",
                place=wording.place(item, wording.topic(item.topic, "")),
                operating=wording.code(item.code),
                oracle=wording.code(other.code),
                reference=wording.design(item.reference),
                difference=number(100.0 * item.worth, wording.lang, 0, sign=True),
                mcse=number(100.0 * item.worth_mcse, wording.lang, 1),
            )
        )
    return found


def _place(item: Verdict) -> float | None:
    return item.sigma_shared if math.isfinite(item.sigma_shared) else None


def composition(wording: "Wording", group: "Group") -> str:
    """Return what the shared error is made of in a group's worlds, and what helps against it.

    Empty without the study.
    """
    if wording.study is None:
        return ""
    substance = wording.study.world.substances[group.substance]
    parts = {}
    for name in ("lab_share", "r_lab"):
        levels = {
            path: value
            for path, value in group.verdicts[0].world.items()
            if path.split(".")[-1] == name and path.split(".")[-2] in ("*", group.substance)
        }
        given = next(iter(levels.values()), getattr(substance, name))
        if isinstance(given, str):
            return ""
        parts[name] = expectation(given)
    lab, year = parts["lab_share"], parts["r_lab"]
    return wording.texts(
        "verdict.composition",
        year=percent(lab * year, wording.lang),
        batch=percent(lab * (1.0 - year), wording.lang),
        week=percent(1.0 - lab, wording.lang),
    )


def average_lines(wording: "Wording", group: "Group", averages: Iterable[Average]) -> list[str]:
    """Return the sentences on power averaged over distributions of the shared error."""
    mine = [
        item
        for item in averages
        if item.substance == group.substance
        and world(item.world, wording.texts) == group.world
        and math.isfinite(item.difference)
    ]
    return [_average(wording, item) for item in mine if item.threshold == "operating"]


def _average(wording: "Wording", item: Average) -> str:
    kind = "design" if item.prior == "design" else "estimate"
    text = wording.texts(
        f"verdict.average_{kind}",
        substance=wording.texts.substance(item.substance),
        smallest=percent(wording.margin.smallest_change, wording.lang),
        reference=wording.design(item.reference),
        mine=of_hundred(item.reference_value, 0.0, wording.lang),
        mine_mcse=number(100.0 * item.reference_mcse, wording.lang, 1),
        best=wording.design(item.best),
        theirs=of_hundred(item.best_value, 0.0, wording.lang),
        difference=number(100.0 * item.difference, wording.lang, 0, sign=True),
        mcse=number(100.0 * math.hypot(item.mcse, item.prior_error), wording.lang, 1),
        years=YEARS,
        **({} if kind == "design" else {"name": item.prior}),
    )
    if item.beyond >= 0.005:
        beyond = percent(rounded(item.beyond, 2), wording.lang)
        top = level(item.levels[-1], wording.texts)
        text += " " + wording.texts("verdict.beyond", beyond=beyond, level=top)
    return text
