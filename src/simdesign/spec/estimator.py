"""Descriptions of estimators. What they compute lives in ``fit``; this file only names it."""

from typing import Annotated, Any, Literal

from pydantic import Field

from simdesign.spec.base import Spec
from simdesign.spec.quantity import HalfNormal, LogNormal, Normal

Scale = HalfNormal | LogNormal | Annotated[float, Field(ge=0)]
"""Prior of a standard deviation; a number is a point mass."""


class _Step(Spec):
    """Priors and plugged-in values that national and local step share (docs/engine.md)."""

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


class ExactStep(_Step):
    """Exact Bayesian engine for a national step."""

    kind: Literal["exact_step"] = "exact_step"


class ExactSite(_Step):
    """The same engine for one site alone; ``sigma_rw`` is the site's own walk."""

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


Estimator = Annotated[ExactStep | ExactSite | EudaRule | ZTest | Own, Field(discriminator="kind")]

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
