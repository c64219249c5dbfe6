"""Descriptions of the engine for one city: alone, or against the nation (docs/local.md)."""

from typing import Annotated, Literal

from pydantic import Field

from simdesign.spec.breaks import GeneralBreakModel, Scale

LARGEST = "largest"
"""Stands for the search over all cities."""


class ExactCity(GeneralBreakModel):
    """One city alone, breaks of every kind; ``sigma_rw`` is the city's own walk.

    What it finds may be the city's or the nation's.
    """

    kind: Literal["exact_city"] = "exact_city"

    def as_break(self) -> GeneralBreakModel:
        """Return itself: the general description."""
        return self


class ExactLocal(GeneralBreakModel):
    """A break of one city against the nation; ``sigma_rw`` is the city's own walk.

    Shared errors and seasons are common to the cities and drop out, so that their priors are zero
    unless stated otherwise.
    """

    kind: Literal["exact_local"] = "exact_local"
    site: Annotated[str, Field(min_length=1)] = LARGEST
    """A city's name: "in this city"; ``largest`` is the largest score: "somewhere among them"."""
    sigma_shared: Scale | None = 0.0
    slot_sd: Annotated[float, Field(ge=0)] = 0.0
    harmonic_sd: Annotated[float, Field(ge=0)] = 0.0
    new_year_sd: Annotated[float, Field(ge=0)] = 0.0

    def as_break(self) -> GeneralBreakModel:
        """Return itself: the general description."""
        return self
