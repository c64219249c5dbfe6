"""Sampling designs: which sites, campaigns and days, which laboratory arrangement, what cost."""

from typing import Annotated, Any, Literal

from pydantic import Discriminator, Field, Tag, field_validator, model_validator

from simdesign.spec.base import Spec
from simdesign.spec.schedule import (
    SINGLE_DAYS,
    WEEKDAYS,
    Dates,
    FixedWeeks,
    Groups,
    OwnSchedule,
    PilotRhythm,
    Rounds,
    Schedule,
    Staggered,
    Triggered,
    Week,
    Weekday,
    check_groups,
    check_weeks,
)

Site = Annotated[str, Field(min_length=1)]
Count = Annotated[int, Field(strict=True, ge=1)]


class Largest(Spec):
    """The largest sites."""

    kind: Literal["largest"] = "largest"
    n: Count


class SpreadBySize(Spec):
    """Sites at equal distances in the order of size: large and small."""

    kind: Literal["spread"] = "spread"
    n: Count


class Rotating(Spec):
    """A panel of so many sites that moves on through all sites, by default every year.

    Sites are ordered so that every panel holds large and small ones; after the last site the
    first comes again.
    """

    kind: Literal["rotating"] = "rotating"
    n: Count
    years: Count = 1
    """Years for which a panel stays."""


def _form(value: Any) -> str:
    """Return which form a field with several forms has: a word, a list, a number or a table."""
    if isinstance(value, str):
        return "word"
    if isinstance(value, list | tuple):
        return "list"
    if isinstance(value, int):
        return "number"
    kind = value.get("kind") if isinstance(value, dict) else getattr(value, "kind", None)
    return str(kind)


def _one_of(*forms: str, rule: str) -> Discriminator:
    return Discriminator(
        lambda value: found if (found := _form(value)) in forms else None,
        custom_error_type="form",
        custom_error_message=rule,
    )


Sites = Annotated[
    Annotated[Literal["all"], Tag("word")]
    | Annotated[tuple[Site, ...], Tag("list")]
    | Annotated[Largest, Tag("largest")]
    | Annotated[SpreadBySize, Tag("spread")]
    | Annotated[Rotating, Tag("rotating")],
    _one_of(
        "word", "list", "largest", "spread", "rotating",
        rule='must be "all", a list of names, or a table of kind largest, spread or rotating',
    ),
]  # fmt: skip

SPREAD_DAYS: tuple[Weekday, ...] = ("Wed", "Sun", "Fri", "Mon", "Sat", "Thu", "Tue")
"""Order in which the days of a smaller number are chosen: spread over working days and weekend,
and every number contains the days of all smaller ones."""
WEEKEND: tuple[Weekday, ...] = ("Fri", "Sat", "Sun", "Mon")
"""The weekend of the EUDA tables: its samples hold what was used from Thursday to Sunday."""

Days = Annotated[
    Annotated[Annotated[int, Field(strict=True, ge=1, le=7)], Tag("number")]
    | Annotated[Literal["weekend"], Tag("word")]
    | Annotated[tuple[Weekday, ...], Tag("list"), Field(min_length=1)],
    _one_of("number", "word", "list", rule='must be 1 to 7, "weekend" or a list of weekdays'),
]


class AnnualHistory(Spec):
    """A series of earlier weeks, the same weeks every year, such as the long city series."""

    kind: Literal["annual"] = "annual"
    since: Annotated[int, Field(strict=True, ge=1990, le=2200)]
    """First calendar year."""
    weeks: Annotated[tuple[Week, ...], Field(min_length=1)] = (12,)
    sites: Sites = "all"

    @field_validator("weeks")
    @classmethod
    def _possible(cls, value: tuple[int, ...]) -> tuple[int, ...]:
        return check_weeks(value)


class PilotHistory(Spec):
    """The pilot's five rounds at some sites, in a world that has more."""

    kind: Literal["pilot"] = "pilot"
    sites: Sites = "all"


History = Annotated[
    Annotated[Literal["none", "pilot"], Tag("word")]
    | Annotated[AnnualHistory, Tag("annual")]
    | Annotated[PilotHistory, Tag("pilot")],
    _one_of(
        "word", "annual", "pilot",
        rule='must be "none", "pilot" or a table of kind annual or pilot',
    ),
]  # fmt: skip


class Laboratory(Spec):
    """Which samples are analysed where and together.

    How laboratories differ is not the design's: see ``World.laboratories``, and the shared error of
    a substance.
    """

    n: Annotated[int, Field(strict=True, ge=1, le=100)] = 1
    """Laboratories; sites are dealt out to them by size."""
    groups: tuple[tuple[Site, ...], ...] | None = None
    """Sites of each laboratory, instead of dealing them out."""
    batch: Literal["week", "month", "quarter", "year"] = "week"
    """Samples of one calendar week make a batch, or are stored and analysed together with the
    last of their month, quarter or year."""
    standards: Annotated[float, Field(ge=0, le=1)] = 1.0
    """Factor on the batch error: standards measured in every batch bring it below 1. The part
    that is common to a laboratory's year stays."""

    @model_validator(mode="after")
    def _groups_match(self) -> "Laboratory":
        if self.groups is not None:
            check_groups(self.groups)
            if len(self.groups) != self.n:
                raise ValueError(f"groups must be one for each of the {self.n} laboratories")
        return self


class Cost(Spec):
    """Relative unit costs; one sample analysed for all substances is 1.

    No Dutch or foreign price was found: all are assumed. Any currency can be put in their place.
    """

    per_sample: Annotated[float, Field(ge=0)] = 1.0
    per_site_round: Annotated[float, Field(ge=0)] = 2.0
    """Logistics of one site in one campaign; 1 to 5 is plausible."""
    per_round: Annotated[float, Field(ge=0)] = 10.0
    """Organising one round; together with its batch 5 to 50 is plausible."""
    per_batch: Annotated[float, Field(ge=0)] = 10.0
    """Setting up one laboratory batch."""
    per_stream: Annotated[float, Field(ge=0)] = 20.0
    """One extra stream for one year."""
    per_programme: Annotated[float, Field(ge=0)] = 0.0
    """Once, whatever is sampled."""


class Design(Spec):
    """A set of sites x a schedule of campaigns x days x laboratory arrangement x history."""

    schedule: Schedule
    days: Days = 7
    """Sampled days of a campaign week: a number, ``"weekend"``, or weekdays."""
    start_weekday: Weekday = "Wed"
    """Weekday on which a campaign week opens; European weeks run Wednesday to Tuesday."""
    sites: Sites = "all"
    laboratory: Laboratory = Laboratory()
    history: History = "none"
    """What was measured before the programme: it informs, and raises no alarm."""
    streams: tuple[Literal["purity", "survey"], ...] = ()
    """Extra series that are bought with the design."""
    cost: Cost = Cost()

    @field_validator("sites", "days")
    @classmethod
    def _each_once(cls, value: Any) -> Any:
        if isinstance(value, tuple):
            if not value:
                raise ValueError("at least one is needed")
            if len(set(value)) < len(value):
                raise ValueError("each can be named once only")
        return value

    @field_validator("streams")
    @classmethod
    def _streams_once(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        if len(set(value)) < len(value):
            raise ValueError("each can be named once only")
        return value

    @model_validator(mode="after")
    def _days_fit(self) -> "Design":
        if isinstance(self.schedule, SINGLE_DAYS) and self.days != 7:
            raise ValueError(
                f"days: a schedule of kind {self.schedule.kind} samples single days, leave days out"
            )
        return self

    @property
    def weekdays(self) -> tuple[Weekday, ...]:
        """Sampled weekdays of a campaign week, from Monday to Sunday."""
        if isinstance(self.days, int):
            chosen: tuple[Weekday, ...] = SPREAD_DAYS[: self.days]
        else:
            chosen = WEEKEND if self.days == "weekend" else self.days
        return tuple(day for day in WEEKDAYS if day in chosen)


__all__ = [
    "SPREAD_DAYS",
    "WEEKEND",
    "AnnualHistory",
    "Cost",
    "Dates",
    "Design",
    "FixedWeeks",
    "Groups",
    "Laboratory",
    "Largest",
    "OwnSchedule",
    "PilotHistory",
    "PilotRhythm",
    "Rotating",
    "Rounds",
    "SpreadBySize",
    "Staggered",
    "Triggered",
]
