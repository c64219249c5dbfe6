"""How strong a change is from day to day, and what of it is drawn in a replication."""

import math
from dataclasses import dataclass

import numpy as np

from simdesign._kernels.change import follow
from simdesign.records import Floats, Ints
from simdesign.simulate.calendar import Calendar
from simdesign.simulate.mechanism import substitution_gain
from simdesign.simulate.parameters import Source, source
from simdesign.spec.change import (
    Change,
    LevelShift,
    NoChange,
    Pulse,
    SlopeChange,
    Substitution,
    TwoSteps,
    amounts,
)
from simdesign.spec.quantity import least
from simdesign.spec.world import World
from simdesign.units import DAYS_PER_YEAR

_STEP = 0.05
"""Change of the log load from one stage to the next. Between two stages the load is exact, and
what else is interpolated is so to (0.05)^2 / 8 of itself."""
_MOST_STAGES = 80


@dataclass(frozen=True, slots=True)
class ChangePath:
    """A change of one substance, day by day."""

    nodes: tuple[float, ...]
    """Relative change of the load at each stage for which there are tables, from 0 on."""
    stage: Ints  # (t,) stage at or before the day's strength
    weight: Floats  # (t,) how far on the way to the next stage, 0 to 1
    nearest: Ints  # (t,) the nearer of the two
    effect: Floats  # (t,) log effect on the expected load [1]

    def between(self, values: Floats) -> Floats:
        """Return a number that is known at the stages, shape (n_stage,), on every day, (t,)."""
        following = values[np.minimum(self.stage + 1, len(self.nodes) - 1)]
        here = values[self.stage]
        return np.asarray(here + self.weight * (following - here))


type _Break = LevelShift | SlopeChange | Pulse | TwoSteps


def strongest(change: _Break, amount: float, years: int) -> float:
    """Return the relative change of the load at the strongest, over programmes of so many years.

    ``amount`` is the size, or the slope.
    """
    if isinstance(change, TwoSteps):
        return math.expm1(max(1.0, change.left) * math.log1p(amount))
    if not isinstance(change, SlopeChange):
        return amount
    # a programme's calendar days can be a day more than its years of 365.25 days
    longest = years - float(least(change.at)) + 1.0 / DAYS_PER_YEAR
    duration = longest if change.years is None else min(change.years, longest)
    return math.expm1(amount * duration)


def stages(change: Change, amount: float, years: int) -> tuple[float, ...]:
    """Return the relative changes of the load for which tables are made, from 0 on."""
    if isinstance(change, NoChange) or amount == 0.0:
        return (0.0,)
    full = strongest(change, amount, years)
    if isinstance(change, LevelShift) or (isinstance(change, Pulse) and not change.fade_days):
        return (0.0, full)
    log = math.log1p(full)
    n = max(1, min(math.ceil(abs(log) / _STEP), _MOST_STAGES))
    return tuple(math.expm1(log * i / n) for i in range(n + 1))


@dataclass(frozen=True, slots=True)
class Drawn:
    """What a change is in one replication."""

    amount: dict[str, float]
    """Size or slope by substance, 0 where it does not change; NaN for a plateau."""
    since: int
    """Index of the break day; the number of days where there is none."""
    values: dict[str, float]
    """As in ``Truth.drawn``."""


class ChangePlan:
    """A change, ready to be drawn replication by replication."""

    def __init__(self, world: World, change: Change, calendar: Calendar, seed: int, luck: str):
        self._change, self._calendar, self._names = change, calendar, tuple(world.substances)
        self._years = len([word for word, first, _ in calendar.years if first >= calendar.start])
        self._gain = dict.fromkeys(self._names, 1.0)
        self._at: Source | None = None
        self._amounts: dict[str, Source] = {}
        if isinstance(change, NoChange):
            return
        self._at = source(change.at, seed, f"{luck}/change.at")
        field = "slope" if isinstance(change, SlopeChange) else "size"
        amount = getattr(change, field)
        self._plateau = amount == "plateau"
        if not self._plateau:
            self._amounts = {
                f"change.{field}{end}": source(quantity, seed, f"{luck}/change.{field}{end}")
                for end, quantity in amounts(amount)
            }
        self._field = f"change.{field}"
        self._touched = touched(change, self._names)
        if isinstance(change.mechanism, Substitution):
            gain = substitution_gain(world.substances, change.mechanism)
            self._gain[change.mechanism.to] = -gain

    def draw(self, replication: int) -> Drawn:
        """Return date and amounts of a replication."""
        change, days = self._change, self._calendar
        if isinstance(change, NoChange) or self._at is None:
            values = {"change.size": 0.0, "change.at": math.nan}
            return Drawn(dict.fromkeys(self._names, 0.0), days.n_day, values)
        values = {path: item.at(replication) for path, item in self._amounts.items()}
        at = self._at.at(replication)
        whole = math.nan if self._plateau else values.get(self._field, 0.0)
        amount = {
            name: values.get(f"{self._field}.{name}", whole) if name in self._touched else 0.0
            for name in self._names
        }
        return Drawn(amount, days.start + int(at * DAYS_PER_YEAR), values | {"change.at": at})

    def path(self, name: str, drawn: Drawn, drift: float) -> ChangePath:
        """Return the path of one substance; ``drift`` is that of its log load [1/year]."""
        n_day = self._calendar.n_day
        amount = drawn.amount[name]
        if math.isnan(amount):
            amount = -drift
        change, since = self._change, drawn.since
        nodes = stages(change, amount, self._years)
        effect, weight = np.zeros(n_day), np.zeros(n_day)
        stage = np.zeros(n_day, dtype=np.int64)
        if isinstance(change, NoChange) or len(nodes) == 1:
            return ChangePath(nodes, stage, weight, stage, effect)
        gain = self._gain[name]
        if len(nodes) == 2 and isinstance(change, LevelShift | Pulse):
            last = since + change.days if isinstance(change, Pulse) else n_day
            stage[since:last] = 1
            effect[since:last] = math.log1p(gain * amount)
            return ChangePath(nodes, stage, weight, stage, effect)
        effect[since:] = _line(change, amount, n_day - since)
        nearest = np.empty(n_day, dtype=np.int64)
        follow(effect, np.array(nodes), gain, stage, weight, nearest)
        return ChangePath(nodes, stage, weight, nearest, effect)


def _line(change: _Break, amount: float, n_day: int) -> Floats:
    """Return the log effect on the days from the break day on."""
    gone = np.arange(n_day, dtype=np.float64)
    if isinstance(change, SlopeChange):
        if change.years is not None:
            gone = np.minimum(gone, change.years * DAYS_PER_YEAR)
        return np.asarray(amount / DAYS_PER_YEAR * gone)
    if isinstance(change, TwoSteps):
        part = np.where(gone < int(change.after * DAYS_PER_YEAR), 1.0, change.left)
        return np.asarray(math.log1p(amount) * part)
    days, fade = (change.days, change.fade_days) if isinstance(change, Pulse) else (n_day, 0)
    left = 1.0 - (gone - (days - 1)) / (fade + 1)
    return np.asarray(math.log1p(amount) * np.clip(left, 0.0, 1.0))


def touched(change: Change, substances: tuple[str, ...]) -> frozenset[str]:
    """Return the substances whose load a change moves."""
    if isinstance(change, NoChange):
        return frozenset()
    if isinstance(change.mechanism, Substitution):
        return frozenset((change.mechanism.source, change.mechanism.to))
    amount = change.slope if isinstance(change, SlopeChange) else change.size
    return frozenset(amount if isinstance(amount, dict) else substances)
