"""Numbers of the what-if explorer as the page has them: with what it starts, and unrounded ones.

``explore.json`` holds thousandths. At the study's own budget the page has the same numbers from the
table of measures elsewhere, and rounded twice 0.1049 would be 11 of 100 here and 10 there; so these
are taken from the table, too.
"""

import math
from collections.abc import Mapping, Sequence
from typing import Any

from simdesign.report.central import central
from simdesign.report.folder import Folder
from simdesign.report.select import TYPICAL_CHANGE, middle_cell

SHARE, YEAR = 1000, 100
"""Parts of one, and of a year, that explore.json counts."""
_DIGITS = 5
"""Decimals of such a part that are kept."""
_STEPS = ("level_shift", "slope_change", "pulse", "two_steps")
_SENT = (
    "budget", "budgets", "horizons", "times", "programme_years", "units", "factors", "designs",
    "reference",
)  # fmt: skip

type Key = tuple[str, str, float | None]
"""Scenario, design and horizon of a measure."""


def numbers(folder: Folder, content: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the script computes with."""
    return {key: content[key] for key in _SENT} | {
        "study": folder.study.name,
        "substances": [_exactly(folder, content, part) for part in content["substances"]],
        "start": [
            {"change": start_change(folder, part), "levels": start_levels(folder, content, part)}
            for part in content["substances"]
        ],
    }


def start_levels(folder: Folder, content: Mapping[str, Any], part: Mapping[str, Any]) -> list[int]:
    """Return the level of every factor that shows first: those of the page's own sentences."""
    cell, found = middle_cell(folder), []
    for place, item in enumerate(content["factors"]):
        name, levels = item["path"].split(".")[-1], item["levels"]
        here = sorted({world[place] for world in part["worlds"]})
        wanted = cell.get(name, cell.get(item["path"]))
        if name == "sigma_shared":
            known = [levels[i] for i in here if not isinstance(levels[i], str)]
            wanted = central(part["substance"], known).level
        first = [i for i in here if levels[i] == wanted]
        found.append(first[0] if first else here[len(here) // 2])
    return found


def start_change(folder: Folder, part: Mapping[str, Any]) -> int:
    """Return the change that shows first: that of the page's icons.

    A lasting step by the mechanism whose rows the page has, of the size nearest 30 %, but not
    smaller than what the verdict counts.
    """
    least = folder.study.decision.margin.smallest_change
    wanted = max(TYPICAL_CHANGE, least)
    changes: Sequence[Mapping[str, Any]] = part["changes"]

    def place(number: int) -> tuple[float, ...]:
        item = changes[number]
        kind = _STEPS.index(item["kind"]) if item["kind"] in _STEPS else len(_STEPS)
        return (
            kind, item["mechanism"] != (folder.mechanism or "more_users"), bool(item["other"]),
            abs(item["size"]) < least - 1e-9, abs(item["size"] - wanted), number,
        )  # fmt: skip

    return min(range(len(changes)), key=place)


def _exactly(folder: Folder, content: Mapping[str, Any], part: Mapping[str, Any]) -> dict[str, Any]:
    """Return the numbers of a substance; those that the table of measures has too from there.

    Added are the programmes behind them: ``n_at`` of every horizon and ``n_quiet`` of every world.
    """
    known = _table(folder, content, part["substance"])
    budgets, horizons, times = content["budgets"], content["horizons"], content["times"]
    own, designs = budgets.index(content["budget"]), [x["design"] for x in content["designs"]]
    quiet = _quiet_scenarios(folder, part)
    lists = {
        key: list(part[key])
        for name in ("power", "curve", "delay", "false_alarm")
        for key in (name, f"{name}_error")
    }
    counted: dict[float, int] = {}
    unchanged = [0] * len(part["worlds"])

    def lay(name: str, place: int, found: tuple[float, float, int] | None, unit: int) -> int:
        if found is None or part[name][place] is None:
            return 0
        for key, value in zip((name, f"{name}_error"), found[:2], strict=True):
            if math.isfinite(value):
                lists[key][place] = round(unit * value, _DIGITS)
        return found[2]

    def on_curve(time: int, point: int) -> None:
        """Lay the power on the curve where it is the same number with the same error."""
        pairs = (("curve", "power"), ("curve_error", "power_error"))
        if all(part[curve][time] == part[power][point] for curve, power in pairs):
            for curve, power in pairs:
                lists[curve][time] = lists[power][point]

    for c, (scenario, (world, _)) in enumerate(zip(part["scenarios"], part["cells"], strict=True)):
        for m, design in enumerate(designs):
            row = (c * len(designs) + m) * len(budgets) + own
            for h, horizon in enumerate(horizons):
                found = known["power"].get((scenario, design, horizon))
                n = lay("power", row * len(horizons) + h, found, SHARE)
                counted[horizon] = min(n or part["n_rep"], counted.get(horizon, part["n_rep"]))
                if horizon in times:
                    on_curve(row * len(times) + times.index(horizon), row * len(horizons) + h)
            late = known["restricted_mean_delay"].get((scenario, design, part["delay_years"]))
            lay("delay", row, late, YEAR)
            alarm = known["false_alarm_prob"].get((quiet.get(scenario, ""), design, None))
            at = (world * len(designs) + m) * len(budgets) + own
            unchanged[world] = max(unchanged[world], lay("false_alarm", at, alarm, SHARE))
    _follow_the_curve(lists, part, horizons, times, counted)
    return {
        **part, **lists,
        "n_at": [counted[horizon] for horizon in horizons],
        "n_quiet": [n or part["n_rep"] for n in unchanged],
    }  # fmt: skip


def _follow_the_curve(
    lists: Mapping[str, list[Any]],
    part: Mapping[str, Any],
    horizons: Sequence[float],
    times: Sequence[float],
    counted: Mapping[float, int],
) -> None:
    """Lay the power on the curve where not every programme is followed for so long.

    Power at a horizon is of the programmes followed so long; at a long one they are others than at
    a short one, and fewer might be noticed within five years than within three. The curve is of
    all programmes (Aalen-Johansen) and never falls.
    """
    for h, horizon in enumerate(horizons):
        if horizon not in times or counted[horizon] >= part["n_rep"]:
            continue
        t = times.index(horizon)
        for curve, power in (("curve", "power"), ("curve_error", "power_error")):
            for row in range(len(lists[power]) // len(horizons)):
                value = lists[curve][row * len(times) + t]
                if value is not None:
                    lists[power][row * len(horizons) + h] = value


def _table(
    folder: Folder, content: Mapping[str, Any], substance: str
) -> dict[str, dict[Key, tuple[float, float, int]]]:
    """Return value, error and count of every measure at the study's budget."""
    frame, out = folder.measures, {}
    mine = frame[
        (frame["substance"] == substance) & (frame["estimator"] == content["estimator"])
        & (frame["threshold"] == "operating") & (frame["compared_with"] == "")
        & ((frame["budget"] - content["budget"]).abs() < 1e-9)
    ]  # fmt: skip
    for measure in ("power", "restricted_mean_delay", "false_alarm_prob"):
        rows = mine[mine["measure"] == measure]
        columns = ("scenario", "design", "horizon", "value", "mcse", "n_rep")
        out[measure] = {
            (scenario, design, None if math.isnan(horizon) else horizon): (value, mcse, int(n_rep))
            for scenario, design, horizon, value, mcse, n_rep in zip(
                *(rows[name].tolist() for name in columns), strict=True
            )
        }
    return out


def _quiet_scenarios(folder: Folder, part: Mapping[str, Any]) -> dict[str, str]:
    """Return the unchanged world of every scenario with a change, by name."""
    scenarios = list(folder.study.scenarios(folder.size))

    def world(factors: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
        return tuple(
            (key, repr(value)) for key, value in sorted(factors.items()) if key[:6] == "world."
        )

    quiet = {world(item.factors): item.name for item in scenarios if item.role == "null_world"}
    wanted = set(part["scenarios"])
    return {
        item.name: quiet[world(item.factors)] for item in scenarios
        if item.name in wanted and world(item.factors) in quiet
    }  # fmt: skip
