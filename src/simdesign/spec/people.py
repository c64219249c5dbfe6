"""People who are there: the de facto population around the one that loads are divided by."""

import math
from typing import Annotated, Any

from pydantic import Field, field_validator, model_validator

from simdesign.spec.base import Spec
from simdesign.spec.dates import FixedDate
from simdesign.spec.quantity import Quantity, greatest, least

NotNegative = Annotated[float, Field(ge=0)]


class SummerAbsence(Spec):
    """A share of the inhabitants is away in summer."""

    share: Quantity
    """Share of inhabitants who are away at the height of summer [1]."""
    first: FixedDate
    """Nobody is away before this date."""
    last: FixedDate
    """Everybody is back on this date."""
    shoulder: NotNegative
    """Days in which the absence rises from zero, and in which it falls to zero again [d]."""
    stagger: NotNegative
    """Catchments are early, on time or late by this; which, follows from their names [d]."""

    @field_validator("share")
    @classmethod
    def _a_share(cls, value: Any) -> Any:
        if least(value) < 0.0 or greatest(value) >= 1.0:
            raise ValueError("must be in [0, 1)")
        return value

    @model_validator(mode="after")
    def _a_summer(self) -> "SummerAbsence":
        (first,), (last,) = self.first.dates(2026), self.last.dates(2026)
        length = (last - first).days
        if length <= 0:
            raise ValueError("last must be later in the year than first")
        if 2.0 * self.shoulder > length:
            raise ValueError(
                f"shoulder must fit twice between first and last, {length} days,"
                f" it is {self.shoulder:g}"
            )
        return self


class Commuters(Spec):
    """Big towns have more people on working days, small towns fewer."""

    slope: float
    """Net inflow, relative to inhabitants, per log10(inhabitants) [1]."""
    balanced_at: Annotated[float, Field(gt=0)]
    """Inhabitants of a catchment into which as many travel as out of it."""

    def inflow(self, population: float) -> float:
        """Return the net inflow of a catchment, relative to inhabitants [1]."""
        return self.slope * math.log10(population / self.balanced_at)


class People(Spec):
    """Who is in town. Loads are divided by inhabitants, so all of it shows in loads."""

    summer: SummerAbsence | None = None
    """People who are away in summer."""
    commuters: Commuters | None = None
    """People who are elsewhere on working days."""
    daily_sd: NotNegative | None = None
    """Fluctuation of the people present, independent between days, of all substances [1]."""
    register_drift_sd: NotNegative | None = None
    """SD between catchments of the yearly growth that the register does not follow [1/year]."""
