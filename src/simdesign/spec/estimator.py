"""Descriptions of estimators. What they compute lives in ``fit``; this file only names it."""

import math
from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from simdesign.spec.base import Spec
from simdesign.spec.quantity import HalfNormal, LogNormal, Normal

Scale = HalfNormal | LogNormal | Annotated[float, Field(ge=0)]
"""Prior of a standard deviation; a number is a point mass."""


class _Break(Spec):
    """Priors and plugged-in values that every exact engine has (docs/engine.md)."""

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

    def as_break(self) -> "ExactBreak":
        """Return the general description that this one is a case of."""
        steps_only: dict[str, Any] = {
            "kinds": {"step": 1.0, "slope": 0.0, "both": 0.0},
            "harmonic_sd": 0.0,
            "new_year_sd": 0.0,
            "pulse_hazard": 0.0,
        }
        shared = {name: getattr(self, name) for name in _Break.model_fields}
        return ExactBreak.model_validate(steps_only | shared)


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


class ExactBreak(_Break):
    """Exact Bayesian engine for a national break: a step, a change of slope, or both."""

    kind: Literal["exact"] = "exact"
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

    def as_break(self) -> "ExactBreak":
        """Return itself: the general description."""
        return self


class ExactStep(_Break):
    """The exact engine with steps only: no slopes, pulses or harmonics."""

    kind: Literal["exact_step"] = "exact_step"


class ExactSite(_Break):
    """Steps only, for one site alone; ``sigma_rw`` is the site's own walk."""

    kind: Literal["exact_site"] = "exact_site"


class EudaRule(Spec):
    """EUDA's rule of practice: a change of more than ten per cent from year to year."""

    kind: Literal["euda_rule"] = "euda_rule"
    threshold: Annotated[float, Field(gt=0)] = 0.10


class ZTest(Spec):
    """Year-on-year z-test of the national mean of site differences."""

    kind: Literal["z_test"] = "z_test"
    level: Annotated[float, Field(gt=0, lt=1)] = 0.05
    """Two-sided level of the rule as published."""
    standard_error: Literal["between_sites"] | Annotated[float, Field(gt=0)] = "between_sites"
    """From the spread of the sites' differences, or a known value."""


class Own(Spec):
    """A user's own estimator, named ``package.module:Name``."""

    kind: Literal["own"] = "own"
    uses: Annotated[str, Field(pattern=r"^[\w.]+:\w+$")]
    options: dict[str, Any] = {}


Estimator = Annotated[
    ExactBreak | ExactStep | ExactSite | EudaRule | ZTest | Own, Field(discriminator="kind")
]

DEFAULT_PRIORS: dict[str, dict[str, Scale]] = {
    "cocaine": {
        "sigma_shared": HalfNormal(scale=0.08),
        "sigma_rw": HalfNormal(scale=0.06),
        "sigma_site": LogNormal(median=0.07, log_sd=0.4),
    },
    "MDMA": {
        "sigma_shared": HalfNormal(scale=0.17),
        "sigma_rw": HalfNormal(scale=0.10),
        "sigma_site": LogNormal(median=0.20, log_sd=0.4),
    },
    "amphetamine": {
        "sigma_shared": HalfNormal(scale=0.10),
        "sigma_rw": HalfNormal(scale=0.10),
        "sigma_site": LogNormal(median=0.20, log_sd=0.4),
    },
    "methamphetamine": {
        "sigma_shared": HalfNormal(scale=0.20),
        "sigma_rw": HalfNormal(scale=0.10),
        "sigma_site": LogNormal(median=0.19, log_sd=0.4),
    },
}
"""Default analysis priors per substance; all are assumptions, stated on every page."""

SITE_WALK_PRIORS: dict[str, Scale] = {
    "cocaine": HalfNormal(scale=0.10),
    "MDMA": HalfNormal(scale=0.12),
    "amphetamine": HalfNormal(scale=0.15),
    "methamphetamine": HalfNormal(scale=0.15),
}
"""Default priors of a single site's random walk [1/sqrt(year)]."""

DRIFT_PRIOR: dict[str, Normal] = {
    "cocaine": Normal(mean=0.05, sd=0.05),
    "MDMA": Normal(mean=0.0, sd=0.05),
    "amphetamine": Normal(mean=0.0, sd=0.05),
    "methamphetamine": Normal(mean=0.0, sd=0.05),
}
"""Default *design* prior of the national drift [1/year]."""
