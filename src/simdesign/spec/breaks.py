"""The break model that the exact and the PyMC engine share: its priors and plugged-in values."""

import math
from typing import Annotated

from pydantic import Field, model_validator

from simdesign.spec.base import Spec
from simdesign.spec.quantity import HalfNormal, LogNormal

Scale = HalfNormal | LogNormal | Annotated[float, Field(ge=0)]
"""Prior of a standard deviation; a number is a point mass."""


class BreakModel(Spec):
    """Priors and plugged-in values of every model of a national break (docs/engine.md)."""

    hazard: Annotated[float, Field(gt=0)] = 0.06931471805599453
    """Break intensity [1/year]; the default makes P(a break in ten years) one half."""
    step_sd: Annotated[float, Field(gt=0)] = 0.30
    """SD of the step, on the log scale [1]."""
    drift_sd: Annotated[float, Field(ge=0)] = 0.10
    """SD of the drift [1/year]; 0 leaves it out."""
    slot_sd: Annotated[float, Field(ge=0)] = 0.15
    """SD of a calendar-slot effect [1]; 0 leaves them out."""
    sigma_shared: Scale | None = None
    """Prior; None takes the substance's default."""
    sigma_rw: Scale | None = None
    sigma_site: Scale | None = None
    r_lab: Annotated[float, Field(ge=0, le=1)] = 0.5
    """Plugged in: share of the *shared* variance common to a calendar year [1]."""
    nugget: Annotated[float, Field(ge=0)] = 0.01
    """SD that is always in the noise of a site-week [1]."""
    day_sd: Annotated[float, Field(ge=0)] | None = None
    """Plugged in: SD of day noise in a large town; None takes the catalogue's."""
    day_rho: Annotated[float, Field(gt=-1, lt=1)] | None = None
    """Plugged in: its lag-1 correlation."""
    count_noise: Annotated[float, Field(ge=0)] | None = None
    """Plugged in: variance of a day times residue [g/d]."""
    break_intervals: tuple[int, ...] | None = None
    """Admit a break only between campaign times i-1 and i for these i; None admits all."""


class KindMass(Spec):
    """Prior probabilities of the kinds of break, given one; they add up to 1."""

    step: Annotated[float, Field(ge=0, le=1)] = 0.45
    slope: Annotated[float, Field(ge=0, le=1)] = 0.45
    both: Annotated[float, Field(ge=0, le=1)] = 0.10

    @model_validator(mode="after")
    def _adds_up(self) -> "KindMass":
        if not math.isclose(self.step + self.slope + self.both, 1.0, abs_tol=1e-9):
            raise ValueError("step, slope and both must add up to 1")
        return self


class GeneralBreakModel(BreakModel):
    """A step, a change of slope, or both; pulses beside them."""

    kinds: KindMass = KindMass()
    slope_sd: Annotated[float, Field(gt=0)] = 0.10
    """SD of the change of slope [1/year]."""
    harmonic_sd: Annotated[float, Field(ge=0)] = 0.10
    """SD of each coefficient of the first two harmonics of the year [1]; 0 leaves them out. They
    take the place of slot effects when the campaigns move through the year."""
    new_year_sd: Annotated[float, Field(ge=0)] = 0.15
    """SD of the effect of a day at New Year [1], beside the harmonics; 0 leaves it out."""
    pulse_hazard: Annotated[float, Field(ge=0)] = 0.01
    """Intensity of pulses [1/year], where nothing breaks; 0 leaves them out."""
    pulse_sd: Annotated[float, Field(gt=0)] = 0.30
    """SD of a pulse, on the log scale [1]."""
    pulse_days: Annotated[int, Field(ge=1)] = 56
    """How long a pulse lasts [d]."""
    notable_change: Annotated[float, Field(gt=0)] = 0.10
    """Relative change of the trend level in three years whose probability is reported [1]."""
