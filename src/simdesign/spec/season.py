"""The part of the season that is optional: a second harmonic and a peak that wanders."""

from typing import Any

from pydantic import field_validator

from simdesign.spec.base import Spec
from simdesign.spec.quantity import Quantity, least


class Season(Spec):
    """Adds to a substance's annual harmonic; docs/calendar.md has the formula."""

    half_year_amplitude: Quantity
    """Amplitude of the second harmonic of the log load: two maxima a year [1]."""
    half_year_peak: Quantity
    """Day of the year of the first of its maxima [d]."""
    drift: Quantity
    """Random walk of the dates of all maxima from year to year [d/sqrt(year)]."""

    @field_validator("half_year_amplitude", "drift")
    @classmethod
    def _not_negative(cls, value: Any) -> Any:
        if least(value) < 0:
            raise ValueError("must be >= 0")
        return value
