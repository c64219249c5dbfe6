"""Events: days on which more is used than the weekday and the season say, and days with less."""

import math
from itertools import pairwise
from typing import Annotated, Any, Literal

from pydantic import Field, field_validator, model_validator

from simdesign.spec.base import Spec
from simdesign.spec.catalogue import SUBSTANCES
from simdesign.spec.dates import DateList, DateRule
from simdesign.spec.quantity import Quantity, least

NotNegative = Annotated[float, Field(ge=0)]
LONGEST = 31
"""Days of a profile: what lasts longer is a season."""


class Event(Spec):
    """Something that happens on some days of a year and multiplies the load of these days.

    With profile weights w of mean 1, day j of the event has the load factor
    ``[1 + (factor - 1) w_j] (1 + visitors w_j)``: without visitors, the mean over the days of
    the profile of load with the event over load without it is ``factor``.
    """

    date: DateRule
    first: Annotated[int, Field(ge=-LONGEST, le=LONGEST)] = 0
    """Days from the date to the first day of the profile, negative before it [d]."""
    profile: Annotated[tuple[NotNegative, ...], Field(min_length=1, max_length=LONGEST)] = (1.0,)
    """Weights of consecutive days on which the residue is *excreted*, scaled to mean 1."""
    factor: dict[str, Quantity] = Field(default_factory=dict)
    """Substance -> mean load factor over the days of the profile; 1 for substances not named."""
    visitors: NotNegative = 0.0
    """People who come for it, relative to inhabitants, mean over the days of the profile [1]."""
    where: Literal["national", "largest"] | Annotated[tuple[str, ...], Field(min_length=1)] = (
        "national"
    )
    """The whole country, the catchment with most inhabitants, or the catchments named."""
    share_of_years: Annotated[float, Field(ge=0, le=1)] = 1.0
    """Share of the years in which it takes place [1]."""

    @property
    def weights(self) -> tuple[float, ...]:
        """Profile scaled to mean 1."""
        mean = math.fsum(self.profile) / len(self.profile)
        return tuple(weight / mean for weight in self.profile)

    @field_validator("profile")
    @classmethod
    def _some_weight(cls, value: tuple[float, ...]) -> tuple[float, ...]:
        if not math.fsum(value) > 0.0:
            raise ValueError("must have a positive weight")
        return value

    @field_validator("factor")
    @classmethod
    def _positive_factors(cls, value: dict[str, Any]) -> dict[str, Any]:
        for name, factor in value.items():
            if name not in SUBSTANCES:
                raise ValueError(f"{name}: must be one of {', '.join(SUBSTANCES)}")
            if least(factor) <= 0.0:
                raise ValueError(f"{name}: must be > 0, it can be {least(factor):g}")
        return value

    @model_validator(mode="after")
    def _every_day_has_a_load(self) -> "Event":
        busiest = max(self.weights)
        for name, factor in self.factor.items():
            lowest = 1.0 + (least(factor) - 1.0) * busiest
            if lowest <= 0.0:
                raise ValueError(
                    f"factor.{name} must leave a load on every day: with this profile"
                    f" {least(factor):g} gives {lowest:.4g} on its strongest day"
                )
        if isinstance(self.date, DateList):
            days = self.date.days
            gaps = [(b - a).days for a, b in pairwise(days)]
            if gaps and min(gaps) < len(self.profile):
                raise ValueError(
                    f"date.days must lie at least the profile's {len(self.profile)} days apart,"
                    f" two are {min(gaps)} days apart"
                )
        if not isinstance(self.where, str) and len(set(self.where)) < len(self.where):
            raise ValueError("where must name each catchment once")
        return self
