"""What can be turned to reach a target: rounds, days, sites, years, and the size of the change."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pydantic

from simdesign.errors import SpecError
from simdesign.spec.base import plain, spec_error
from simdesign.spec.change import LevelShift, Pulse, amount_of
from simdesign.spec.design import Design
from simdesign.spec.quantity import expectation, least
from simdesign.spec.schedule import FixedWeeks, PilotRhythm, RandomWeeks, Rounds
from simdesign.spec.study import Scenario, Study
from simdesign.units import DAYS_PER_YEAR

MOST_ROUNDS, DEFAULT_ROUNDS, MOST_DAYS = 26, 12, 7
SMALLEST_SIZE, LARGEST_RISE, LARGEST_FALL, SIZE_STEP = 0.02, 1.0, 0.6, 0.01
"""Where sizes are looked for without a range, and on which grid."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Knob:
    """One thing that is turned, and the values that it can take."""

    name: str
    values: tuple[float, ...]
    """Increasing; at least two. Sizes are amounts: the change says whether up or down."""

    @property
    def is_real(self) -> bool:
        """Whether values in between mean something."""
        return self.name == "size"

    @property
    def is_free(self) -> bool:
        """Whether one run answers for all values: a horizon is applied to stored rows."""
        return self.name == "years"

    @property
    def is_of_design(self) -> bool:
        """Whether it makes another sampling design."""
        return self.name in ("rounds", "days", "sites")


def knob_of(text: str, study: Study, scenario: Scenario, substance: str) -> Knob:
    """Read ``NAME`` or ``NAME=LOW:HIGH`` or ``NAME=LOW:HIGH:STEP``.

    Parameters
    ----------
    text : str
    study : Study
    scenario : Scenario
        World and change of the question.
    substance : str

    Raises
    ------
    SpecError
        For an unknown knob, and a range that is empty, reversed or impossible.
    """
    name, _, given = text.partition("=")
    bounds = _bounds(study, scenario, substance)
    if name not in bounds:
        raise SpecError("--knob", name, f"must be one of {', '.join(bounds)}")
    if name == "size" and not isinstance(scenario.change, LevelShift | Pulse):
        rule = f"needs a change with a size, the one of {scenario.name} has none"
        raise SpecError("--knob", name, rule)
    least_value, most, usual = bounds[name]
    whole = name != "size"
    step = 1.0 if whole else SIZE_STEP
    low, high = least_value, usual
    if given:
        low, high, step = _numbers(text, given, step)
    if whole and not all(value.is_integer() for value in (low, high, step)):
        raise SpecError("--knob", text, f"{name} are whole numbers")
    if not step > 0.0:
        raise SpecError("--knob", text, "the step must be above 0")
    if low > high:
        raise SpecError("--knob", text, "the range must run from low to high")
    floor = least_value if whole else 0.0
    if low < floor or (not whole and low <= 0.0) or high > most:
        where = f"{floor:g} to {most:g}" if math.isfinite(most) else "above 0"
        raise SpecError("--knob", text, f"{name} must be {where}")
    n = math.floor((high - low) / step + 1e-9) + 1
    if n < 2:
        raise SpecError("--knob", text, "the range must hold two values or more")
    return Knob(name=name, values=tuple(round(low + i * step, 6) for i in range(n)))


def _bounds(
    study: Study, scenario: Scenario, substance: str
) -> dict[str, tuple[float, float, float]]:
    """Return (smallest, largest, largest by default) of every knob."""
    programme = study.programme
    followed = (programme.look_days[-1] - programme.start_day) / DAYS_PER_YEAR
    years = max(1, math.floor(followed - max(0.0, least(getattr(scenario.change, "at", 0.0)))))
    falling = direction(scenario, substance) < 0.0
    sites = len(scenario.world.catchments)
    return {
        "rounds": (1.0, MOST_ROUNDS, DEFAULT_ROUNDS),
        "days": (1.0, MOST_DAYS, MOST_DAYS),
        "sites": (1.0, sites, sites),
        "years": (1.0, years, years),
        "size": (
            SMALLEST_SIZE,
            0.95 if falling else math.inf,
            LARGEST_FALL if falling else LARGEST_RISE,
        ),
    }


def _numbers(text: str, given: str, step: float) -> tuple[float, float, float]:
    words = given.split(":")
    try:
        numbers = [float(word) for word in words]
    except ValueError:
        numbers = []
    if len(numbers) not in (2, 3) or not all(map(math.isfinite, numbers)):
        rule = "must be NAME, NAME=LOW:HIGH or NAME=LOW:HIGH:STEP, as in rounds=1:12"
        raise SpecError("--knob", text, rule)
    low, high, *rest = numbers
    return low, high, rest[0] if rest else step


def turned(design: Design, knobs: Mapping[str, float], field: str) -> Design:
    """Return a design with rounds, days or sites at other values.

    Parameters
    ----------
    design : Design
    knobs : mapping
        Name -> value; others than these three are left out.
    field : str
        Of the design, for errors.

    Raises
    ------
    SpecError
        For a design without such a number, and for values that make none.
    """
    content: dict[str, Any] = plain(design)
    if "rounds" in knobs:
        content["schedule"] = _rounds(design, int(knobs["rounds"]), field)
    if "days" in knobs:
        content["days"] = int(knobs["days"])
    if "sites" in knobs:
        kind = getattr(design.sites, "kind", "spread")
        if isinstance(design.sites, tuple):
            raise SpecError(f"{field}.sites", list(design.sites), "names its sites: --knob sites"
                            " needs all of them, or largest, spread or rotating ones")  # fmt: skip
        old = content["sites"] if isinstance(content["sites"], dict) else {}
        content["sites"] = {**old, "kind": kind, "n": int(knobs["sites"])}
    try:
        return Design.model_validate(content)
    except pydantic.ValidationError as error:
        found = spec_error(error)
        raise SpecError(f"{field}.{found.field}", found.value, found.rule) from None


def _rounds(design: Design, per_year: int, field: str) -> dict[str, Any]:
    schedule = design.schedule
    if isinstance(schedule, RandomWeeks):
        return {**plain(schedule), "per_year": per_year}
    if not isinstance(schedule, FixedWeeks | Rounds | PilotRhythm):
        rule = "has no number of rounds: --knob rounds needs fixed weeks, rounds or random weeks"
        raise SpecError(f"{field}.schedule", schedule.kind, rule)
    first = schedule.first_week if isinstance(schedule, Rounds) else schedule.weeks[0]
    return {"kind": "rounds", "per_year": per_year, "first_week": first}


def direction(scenario: Scenario, substance: str) -> float:
    """Return 1 where the change of a scenario is a rise, and -1 where it is a fall."""
    size = getattr(scenario.change, "size", None)
    mine = None if size is None else amount_of(size, substance)
    return -1.0 if mine is not None and expectation(mine) < 0.0 else 1.0
