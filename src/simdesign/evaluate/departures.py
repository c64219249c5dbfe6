"""Measures in a study's own world and in its departures: one beside the other, and the worst case.

Numbers come from the tidy table of measures, where the paired differences stand already; here they
are put in order and searched. Nothing is computed from rows of replications.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from simdesign.evaluate.verdict import Code, Verdict
from simdesign.spec.departures import DEFAULT, DEPARTURE, in_default
from simdesign.spec.study import Scenario

DEFAULT_WORLD = "default world"
"""What a paired difference from it is compared with; no design can be named so."""


class Compared(NamedTuple):
    """A measure that is compared between worlds."""

    key: str
    measure: str
    horizon: float
    threshold: str
    worse: str
    """Which way is worse: ``more``, ``less`` or, of an error with a sign, ``far`` from zero."""


COMPARED = (
    Compared("false_alarm_prob", "false_alarm_prob", math.nan, "operating", "more"),
    Compared("power", "power", 3.0, "operating", "less"),
    Compared("restricted_mean_delay", "restricted_mean_delay", 5.0, "operating", "more"),
    Compared("effect_bias", "effect_bias", math.nan, "", "far"),
    Compared("effect_coverage", "effect_coverage", math.nan, "", "less"),
    Compared("large_error_prob", "large_error_prob", 3.0, "", "more"),
    Compared("recalibrated_power", "power", 3.0, "oracle", "less"),
)
"""False alarms are of the world without the change. ``recalibrated_power`` is what the power would
be, were the threshold set in that very departure: nobody knows which world it is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Number:
    """A measure, and what it is more than in the default world; with Monte Carlo errors."""

    value: float = math.nan
    mcse: float = math.nan
    difference: float = math.nan
    difference_mcse: float = math.nan
    n_failed: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One design in the default world or in a departure, where one change happens."""

    departure: str
    """Empty in the default world."""
    substance: str
    change: str
    """The scenario's name in the default world."""
    design: str
    numbers: Mapping[str, Number]
    """Key of ``COMPARED`` -> its number."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Worst:
    """The departure in which a measure of one design is worst."""

    substance: str
    change: str
    design: str
    key: str
    default: Number
    departure: str
    worst: Number


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """The verdict on the reference design in a departure beside that in the default world."""

    departure: str
    substance: str
    topic: str
    threshold: str
    world: Mapping[str, float | str]
    """Levels of other factors."""
    before: Code
    after: Code | None
    """None where the departure has no change that is judged."""

    @property
    def is_another(self) -> bool:
        """Whether there is a verdict, and another one."""
        return self.after is not None and self.after != self.before


def departure_lines(
    scenarios: Sequence[Scenario],
    rows: Iterable[Mapping[str, Any]],
    estimator: str,
    budget: float,
) -> list[Line]:
    """Return the numbers compared, of every change in every world, the default world first.

    Parameters
    ----------
    scenarios : sequence of Scenario
        Of a study with departures.
    rows : iterable of mapping
        Of the tidy table of measures.
    estimator : str
        For the measures that have one.
    budget : float
        Of the measures that have a threshold.
    """
    found = _numbers(rows, estimator, budget)
    lines = []
    for item in scenarios:
        if item.role != "alternative":
            continue
        quiet = next(
            world.name
            for world in scenarios
            if world.role == "null_world" and world.factors == _of_world(item)
        )
        default = in_default(item.name, item.departure) if item.departure else item.name
        for substance in sorted(item.world.substances):
            for design in sorted({key[2] for key in found if key[:2] == (item.name, substance)}):
                numbers = {
                    head.key: found.get((name, substance, design, head.key), Number())
                    for head in COMPARED
                    for name in (quiet if head.key == "false_alarm_prob" else item.name,)
                }
                lines.append(
                    Line(
                        departure=item.departure, substance=substance, change=default,
                        design=design, numbers=numbers,
                    )
                )  # fmt: skip
    return lines


def _of_world(item: Scenario) -> dict[str, Any]:
    return {path: level for path, level in item.factors.items() if path.startswith("world.")}


def _numbers(
    rows: Iterable[Mapping[str, Any]], estimator: str, budget: float
) -> dict[tuple[str, str, str, str], Number]:
    """Return (scenario, substance, design, key) -> number."""
    keys = {(h.measure, _plain(h.horizon), h.threshold): h.key for h in COMPARED}
    own: dict[tuple[str, str, str, str], Mapping[str, Any]] = {}
    beside: dict[tuple[str, str, str, str], Mapping[str, Any]] = {}
    for row in rows:
        key = keys.get((row["measure"], _plain(row["horizon"]), row["threshold"]))
        mine = row["estimator"] == "" or (
            row["estimator"] == estimator
            and (row["threshold"] == "" or math.isclose(row["budget"], budget))
        )
        if key is None or not mine:
            continue
        place = (row["scenario"], row["substance"], row["design"], key)
        if row["compared_with"] == "":
            own[place] = row
        elif row["compared_with"] == DEFAULT_WORLD:
            beside[place] = row
    found = {}
    for place, row in own.items():
        less = beside.get(place, {})
        found[place] = Number(
            value=float(row["value"]), mcse=float(row["mcse"]),
            difference=float(less.get("value", math.nan)),
            difference_mcse=float(less.get("mcse", math.nan)), n_failed=int(row["n_failed"]),
        )  # fmt: skip
    return found


def _plain(horizon: float) -> float | None:
    return None if math.isnan(horizon) else horizon


def worst_cases(lines: Sequence[Line]) -> list[Worst]:
    """Return, for each measure of each design and change, the departure in which it is worst.

    Also where every departure is better than the default world: then it is the one that helps
    least. The worst of many noisy numbers looks a little worse than it is.
    """
    found = []
    for base in (line for line in lines if not line.departure):
        place = (base.substance, base.change, base.design)
        others = [
            line
            for line in lines
            if line.departure and (line.substance, line.change, line.design) == place
        ]
        for head in COMPARED:
            known = [line for line in others if math.isfinite(line.numbers[head.key].value)]
            if not known:
                continue
            worst = max(known, key=lambda line: _badness(line.numbers[head.key].value, head.worse))
            found.append(
                Worst(
                    substance=base.substance, change=base.change, design=base.design,
                    key=head.key, default=base.numbers[head.key], departure=worst.departure,
                    worst=worst.numbers[head.key],
                )
            )  # fmt: skip
    return found


def _badness(value: float, worse: str) -> float:
    if worse == "far":
        return abs(value)
    return value if worse == "more" else -value


def verdict_moves(verdicts: Iterable[Verdict]) -> list[Move]:
    """Return every departure's verdicts beside those in the default world."""
    own: dict[tuple[str, ...], Verdict] = {}
    departed: dict[str, dict[tuple[str, ...], Verdict]] = {}
    for item in verdicts:
        name = str(item.world.get(DEPARTURE, DEFAULT))
        key = (item.substance, item.topic, item.threshold, repr(sorted(_rest(item).items())))
        (own if name == DEFAULT else departed.setdefault(name, {}))[key] = item
    return [
        Move(
            departure=name, substance=base.substance, topic=base.topic, threshold=base.threshold,
            world=_rest(base), before=base.code, after=mine[key].code if key in mine else None,
        )
        for name, mine in departed.items()
        for key, base in own.items()
    ]  # fmt: skip


def _rest(item: Verdict) -> dict[str, float | str]:
    return {path: level for path, level in item.world.items() if path != DEPARTURE}
