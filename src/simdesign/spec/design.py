"""Sampling designs: which sites, campaigns and days, which laboratory arrangement, what cost."""

from typing import Annotated, Literal

from pydantic import Field

from simdesign.spec.base import Spec

Week = Annotated[int, Field(ge=1, le=52)]


class FixedWeeks(Spec):
    """The same weeks of every year."""

    kind: Literal["fixed_weeks"] = "fixed_weeks"
    weeks: Annotated[tuple[Week, ...], Field(min_length=1)]


class Staggered(Spec):
    """One round a year, its sites spread over several weeks and laboratory batches."""

    kind: Literal["staggered"] = "staggered"
    weeks: Annotated[tuple[Week, ...], Field(min_length=2)]


Schedule = Annotated[FixedWeeks | Staggered, Field(discriminator="kind")]


class Cost(Spec):
    """Relative unit costs; one sample analysed is 1."""

    per_sample: Annotated[float, Field(ge=0)] = 1.0
    per_site_round: Annotated[float, Field(ge=0)] = 2.0
    per_round: Annotated[float, Field(ge=0)] = 20.0


class Design(Spec):
    """A set of sites x a schedule of campaigns x days x laboratory arrangement."""

    schedule: Schedule
    days: Annotated[int, Field(ge=1, le=7)] = 7
    cost: Cost = Cost()
