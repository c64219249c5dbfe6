"""When samples are taken: every kind of schedule, as data.

Week ``w`` of a calendar year is the seven-day window that opens on the first start weekday
(Wednesday by default) on or after 1 January + 7 (w - 1) days, and never ends in the next year:
where it would, week 52 opens a week earlier, on the days of week 51. The same week is the same
days in every design.
"""

import datetime as dt
import itertools
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, field_validator, model_validator

from simdesign.errors import FieldError
from simdesign.spec.base import Spec

Week = Annotated[int, Field(strict=True, ge=1, le=52)]
Month = Annotated[int, Field(strict=True, ge=1, le=12)]
Weekday = Literal["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"]
WEEKDAYS: tuple[Weekday, ...] = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
PILOT_WEEKS = (1, 11, 37, 46)
"""Calendar slots of the pilot's announced rounds: New Year, March, September, November."""


def check_weeks(weeks: tuple[int, ...]) -> tuple[int, ...]:
    """Return weeks of one year unchanged; refuse what no calendar can hold."""
    if list(weeks) != sorted(set(weeks)):
        raise ValueError("weeks must be in increasing order, each once")
    if 51 in weeks and 52 in weeks:
        raise ValueError("weeks 51 and 52 can be the same seven days, use one of them")
    return weeks


Weeks = Annotated[tuple[Week, ...], AfterValidator(check_weeks)]
"""Weeks of a year that a calendar can hold."""


class FixedWeeks(Spec):
    """The same weeks of every year."""

    kind: Literal["fixed_weeks"] = "fixed_weeks"
    weeks: Annotated[Weeks, Field(min_length=1)]


class Rounds(Spec):
    """So many rounds a year, spread evenly over the year, the same weeks every year."""

    kind: Literal["rounds"] = "rounds"
    per_year: Annotated[int, Field(strict=True, ge=1, le=26)]
    first_week: Week = 11
    """One of the weeks; the others follow at equal distances, round the year."""

    @model_validator(mode="after")
    def _possible(self) -> "Rounds":
        check_weeks(self.weeks)
        return self

    @property
    def weeks(self) -> tuple[int, ...]:
        """Weeks of the rounds, increasing; half a week is rounded up."""
        steps = ((104 * i + self.per_year) // (2 * self.per_year) for i in range(self.per_year))
        return tuple(sorted((self.first_week - 1 + step) % 52 + 1 for step in steps))


class PilotRhythm(Spec):
    """The four calendar slots of the pilot's five announced rounds, every year.

    November 2023, around New Year, March, September and November 2024 (RIVM, 2023; exact dates
    were not published): weeks 1, 11, 37 and 46.
    """

    kind: Literal["pilot_rhythm"] = "pilot_rhythm"
    weeks: Annotated[Weeks, Field(min_length=1)] = PILOT_WEEKS


class Monthly(Spec):
    """One week a month, the same part of the month every time."""

    kind: Literal["monthly"] = "monthly"
    months: Annotated[tuple[Month, ...], Field(min_length=1)] = tuple(range(1, 13))
    from_day: Annotated[int, Field(strict=True, ge=1, le=16)] = 8
    """The week opens on the first start weekday on or after this day of the month."""

    @field_validator("months")
    @classmethod
    def _ordered(cls, value: tuple[int, ...]) -> tuple[int, ...]:
        if list(value) != sorted(set(value)):
            raise ValueError("months must be in increasing order, each once")
        return value


class RandomWeeks(Spec):
    """Weeks drawn anew for every year, without replacement."""

    kind: Literal["random_weeks"] = "random_weeks"
    per_year: Annotated[int, Field(strict=True, ge=1, le=51)] = 1
    first_week: Week = 1
    last_week: Week = 51
    draw: Annotated[int, Field(strict=True, ge=0)] = 0
    """Another number draws other weeks from the same study seed."""

    @model_validator(mode="after")
    def _possible(self) -> "RandomWeeks":
        n_week = self.last_week - self.first_week + 1
        if n_week < self.per_year:
            raise ValueError(f"first_week to last_week must hold {self.per_year} weeks or more")
        check_weeks((self.first_week, self.last_week) if n_week > 1 else (self.first_week,))
        if self.last_week == 52 and self.first_week <= 51:
            raise ValueError("weeks 51 and 52 can be the same seven days, use last_week 51")
        return self


class EveryDays(Spec):
    """One day every so many days: 13 walks through all weekdays (Switzerland)."""

    kind: Literal["every_days"] = "every_days"
    interval: Annotated[int, Field(strict=True, ge=2, le=366)] = 13
    offset: Annotated[int, Field(strict=True, ge=0)] = 0
    """Days from the start of the programme to the first sample."""

    @model_validator(mode="after")
    def _offset_within_interval(self) -> "EveryDays":
        if self.offset >= self.interval:
            raise ValueError(f"offset must be below the interval {self.interval}")
        return self


class StratifiedDays(Spec):
    """Single days drawn each year, spread over weekday x season.

    Seasons are December to February (of one calendar year), March to May, June to August and
    September to November. Every cell gets ``per_year // 28`` days and a random choice of cells
    one more. 56 days a year: Banta-Green et al. 2016, doi:10.1016/j.scitotenv.2016.06.052.
    """

    kind: Literal["stratified_days"] = "stratified_days"
    per_year: Annotated[int, Field(strict=True, ge=1, le=336)] = 56
    draw: Annotated[int, Field(strict=True, ge=0)] = 0
    """Another number draws other days from the same study seed."""


class Continuous(Spec):
    """Every week of the programme, on the design's days: all seven make every day."""

    kind: Literal["continuous"] = "continuous"


class Dates(Spec):
    """Campaigns that open on given dates, whatever their weekday."""

    kind: Literal["dates"] = "dates"
    first_days: Annotated[tuple[dt.date, ...], Field(min_length=1)]

    @field_validator("first_days")
    @classmethod
    def _apart(cls, value: tuple[dt.date, ...]) -> tuple[dt.date, ...]:
        for before, after in itertools.pairwise(value):
            if (after - before).days < 7:
                raise ValueError(f"campaigns must open 7 days or more apart, see {after}")
        return value


class Staggered(Spec):
    """One round a year, its sites spread over several weeks and so over several batches."""

    kind: Literal["staggered"] = "staggered"
    weeks: Annotated[Weeks, Field(min_length=2)]
    groups: tuple[tuple[str, ...], ...] | None = None
    """Sites of each week; None deals them out by size, largest first, one to each week."""

    @model_validator(mode="after")
    def _one_group_a_week(self) -> "Staggered":
        if self.groups is None:
            return self
        if len(self.groups) != len(self.weeks):
            raise ValueError(f"groups must be one for each of the {len(self.weeks)} weeks")
        check_groups(self.groups)
        return self


def check_groups(groups: tuple[tuple[str, ...], ...]) -> None:
    """Refuse an empty group and a site that is in two of them."""
    names = [name for group in groups for name in group]
    if not all(groups):
        raise ValueError("a group needs at least one site")
    for name in names:
        if names.count(name) > 1:
            raise ValueError(f"site {name!r} must be in one group only")


CalendarSchedule = Annotated[
    FixedWeeks
    | Rounds
    | PilotRhythm
    | Monthly
    | RandomWeeks
    | EveryDays
    | StratifiedDays
    | Continuous
    | Dates,
    Field(discriminator="kind"),
]


class SiteGroup(Spec):
    """Sites that share a schedule."""

    sites: Literal["rest"] | Annotated[tuple[str, ...], Field(min_length=1)]
    """Names, or all sites that no other group names."""
    schedule: CalendarSchedule


class Groups(Spec):
    """Every group of sites has a schedule of its own."""

    kind: Literal["groups"] = "groups"
    groups: Annotated[tuple[SiteGroup, ...], Field(min_length=2)]

    @model_validator(mode="after")
    def _each_site_once(self) -> "Groups":
        if sum(group.sites == "rest" for group in self.groups) > 1:
            raise ValueError("only one group can have the rest of the sites")
        check_groups(tuple(g.sites for g in self.groups if isinstance(g.sites, tuple)))
        return self


class Triggered(Spec):
    """A base schedule, and extra weeks after a look whose number lies between two bounds.

    The number is what the cell's own estimator gives at the look; ``on`` says which: its P(break),
    or its score, whose scale is the estimator's own. The extra weeks are those that open after the
    look and before the next one; then one decides.
    """

    kind: Literal["triggered"] = "triggered"
    base: CalendarSchedule
    extra_weeks: Annotated[Weeks, Field(min_length=1)]
    low: float = 0.3
    high: float = 0.9
    on: Literal["prob_break", "score"] = "prob_break"

    @model_validator(mode="after")
    def _in_order(self) -> "Triggered":
        if not self.low < self.high:
            rule = f"must be below high, {self.high:g}, or no look can ask for the extra weeks"
            raise FieldError("low", self.low, rule)
        self._check_bounds()
        base = getattr(self.base, "weeks", None)
        if base is None:
            raise ValueError("the base of a triggered schedule must have fixed weeks")
        both = sorted(set(base) & set(self.extra_weeks))
        if both:
            raise ValueError(f"week {both[0]} is in the base already")
        check_weeks(tuple(sorted({*base, *self.extra_weeks})))
        return self

    def _check_bounds(self) -> None:
        if self.on == "score":
            if not {"low", "high"} <= self.model_fields_set:
                raise ValueError("a trigger on the score needs low and high; 0.3 and 0.9 are P")
            return
        if self.low < 0.0 or self.high > 1.0:
            raise ValueError("low and high are probabilities of a break, in [0, 1]")
        if (self.low, self.high) == (0.0, 1.0):
            rule = "asks for the extra weeks after every look; make them a schedule of rounds"
            raise ValueError(f"low 0 and high 1 {rule}")


class OwnSchedule(Spec):
    """A user's own schedule, named ``package.module:Name``.

    ``Name`` is called with a ``sample.Calendar`` and the options, and returns campaigns or a
    policy.
    """

    kind: Literal["own"] = "own"
    uses: Annotated[str, Field(pattern=r"^[\w.]+:\w+$")]
    options: dict[str, Any] = Field(default_factory=dict)


Schedule = Annotated[
    FixedWeeks
    | Rounds
    | PilotRhythm
    | Monthly
    | RandomWeeks
    | EveryDays
    | StratifiedDays
    | Continuous
    | Dates
    | Staggered
    | Groups
    | Triggered
    | OwnSchedule,
    Field(discriminator="kind"),
]
SINGLE_DAYS = (EveryDays, StratifiedDays)
"""Schedules that sample single days, not weeks."""
