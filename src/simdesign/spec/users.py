"""Classes of users: how often they use, on which days, how much they excrete."""

import math
from typing import Annotated, Literal

from pydantic import Field, model_validator

from simdesign.spec.base import Spec

Positive = Annotated[float, Field(gt=0)]
Share = Annotated[float, Field(ge=0, le=1)]


class UseClass(Spec):
    """Users who use equally often and equally much, up to a persistent spread."""

    name: Literal["light", "regular", "heavy"]
    mass_share: Share
    """Share of the reference load that this class excretes."""
    use_prob: Annotated[float, Field(gt=0, lt=1)]
    """Mean probability that a user uses on a day."""
    weekday: Annotated[tuple[Positive, ...], Field(min_length=7, max_length=7)]
    """Weights of the *excreted residue* from Monday to Sunday, mean 1 after scaling."""
    residue_mg: Positive
    """Effective residue per use-day at the reference purity [mg]: sets the count noise."""
    dose_cv: Annotated[float, Field(ge=0)]
    """Coefficient of variation of the residue per use-day [1]."""

    @property
    def weekday_factor(self) -> tuple[float, ...]:
        """Weekday weights scaled to mean 1, Monday to Sunday."""
        mean = math.fsum(self.weekday) / 7.0
        return tuple(weight / mean for weight in self.weekday)

    @model_validator(mode="after")
    def _no_day_is_certain(self) -> "UseClass":
        busiest = self.use_prob * max(self.weekday_factor)
        if busiest >= 1:
            raise ValueError(
                f"use_prob times the largest weekday weight must be below 1, it is {busiest:g}"
            )
        return self
