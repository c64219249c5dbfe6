"""The numbers behind one substance's break model: priors and what is plugged in."""

import math
from dataclasses import dataclass

import numpy as np

from simdesign.errors import SpecError
from simdesign.fit.site_weeks import DayNoise
from simdesign.spec.estimator import (
    DEFAULT_PRIORS,
    SITE_WALK_PRIORS,
    Exact,
    ExactCity,
    ExactLocal,
    ExactSite,
    KindMass,
    Scale,
)
from simdesign.spec.plugged import plugged_noise

ExactSpec = Exact


@dataclass(frozen=True, slots=True, kw_only=True)
class BreakPriors:
    """Everything the engine needs to know beforehand; one record a substance."""

    hazard: float  # break intensity [1/year]
    kinds: KindMass
    step_sd: float
    slope_sd: float  # [1/year]
    drift_sd: float  # [1/year]; 0 = no drift
    slot_sd: float
    harmonic_sd: float
    new_year_sd: float
    pulse_hazard: float  # [1/year]; 0 = no pulses
    pulse_sd: float
    pulse_days: int
    notable_change: float  # relative change of the trend in three years [1]
    sigma_shared: Scale
    sigma_rw: Scale
    sigma_site: Scale
    r_lab: float  # share of the shared variance common to a laboratory's year
    nugget: float
    break_intervals: tuple[int, ...] | None
    day_noise: DayNoise


def break_priors(spec: ExactSpec, substance: str) -> BreakPriors:
    """Return the description's values, completed by the substance's defaults."""
    if substance not in DEFAULT_PRIORS:
        known = ", ".join(DEFAULT_PRIORS)
        raise SpecError("substance", substance, f"has analysis priors only for {known}")
    default = DEFAULT_PRIORS[substance]
    one_site = isinstance(spec, ExactSite | ExactCity | ExactLocal)
    walk = SITE_WALK_PRIORS[substance] if one_site else default["sigma_rw"]
    plugged = plugged_noise(substance)
    general = spec.as_break()
    weekday = [math.log(x) for x in plugged.weekday.tolist()]
    return BreakPriors(
        hazard=general.hazard,
        kinds=general.kinds,
        step_sd=general.step_sd,
        slope_sd=general.slope_sd,
        drift_sd=general.drift_sd,
        slot_sd=general.slot_sd,
        harmonic_sd=general.harmonic_sd,
        new_year_sd=general.new_year_sd,
        pulse_hazard=general.pulse_hazard,
        pulse_sd=general.pulse_sd,
        pulse_days=general.pulse_days,
        notable_change=general.notable_change,
        sigma_shared=default["sigma_shared"] if spec.sigma_shared is None else spec.sigma_shared,
        sigma_rw=walk if spec.sigma_rw is None else spec.sigma_rw,
        sigma_site=default["sigma_site"] if spec.sigma_site is None else spec.sigma_site,
        r_lab=spec.r_lab,
        nugget=spec.nugget,
        break_intervals=spec.break_intervals,
        day_noise=DayNoise(
            variance=(plugged.day_sd if spec.day_sd is None else spec.day_sd) ** 2,
            count_noise=plugged.count_noise if spec.count_noise is None else spec.count_noise,
            rho=plugged.rho if spec.day_rho is None else spec.day_rho,
            log_weekday=np.array(weekday),
        ),
    )
