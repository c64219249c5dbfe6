"""What a Bayesian estimator believes before it has seen data, resolved for one substance."""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from simdesign.records import Floats
from simdesign.spec.base import Spec
from simdesign.spec.breaks import BreakModel, GeneralBreakModel, Scale
from simdesign.spec.estimator import DEFAULT_PRIORS, SITE_WALK_PRIORS, ExactSite
from simdesign.spec.plugged import plugged_noise
from simdesign.spec.quantity import HalfNormal, LogNormal

SCALES = ("sigma_shared", "sigma_rw", "sigma_site")
"""The standard deviations that engines integrate over."""
NOT_DRAWN = frozenset({"pymc_robust"})
"""Kinds whose days have a law of their own (Student's t, free weekdays), not drawn here."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AnalysisModel:
    """The break model of docs/engine.md, section 1, with every number filled in."""

    spec: GeneralBreakModel
    """Priors of break, drift and season."""
    scales: dict[str, Scale]
    """Name of ``SCALES`` -> prior."""
    day_sd: float
    count_noise: float  # [g/d]
    rho: float
    log_weekday: Floats  # (7,) from Monday to Sunday

    def scale(self, name: str, normal: Floats) -> Floats:
        """Return a standard deviation for every standard normal."""
        prior = self.scales[name]
        if isinstance(prior, HalfNormal):
            return np.asarray(prior.scale * np.abs(normal))
        if isinstance(prior, LogNormal):
            return np.array([prior.median * math.exp(prior.log_sd * z) for z in normal.tolist()])
        return np.full(normal.size, float(prior))

    def prior_break(self, years: float) -> float:
        """Return the prior probability of a break within some years."""
        return -math.expm1(-self.spec.hazard * max(years, 0.0))


def is_bayesian(spec: Spec) -> bool:
    """Return whether an estimator has a model that can be drawn from."""
    return isinstance(spec, BreakModel) and getattr(spec, "kind", "") not in NOT_DRAWN


def analysis_model(spec: Spec, substance: str) -> AnalysisModel:
    """Return an estimator's model of one substance; ``is_bayesian`` must hold."""
    given: Any = spec
    general = spec if isinstance(spec, GeneralBreakModel) else given.as_break()
    default = dict(DEFAULT_PRIORS[substance])
    if isinstance(spec, ExactSite):
        default["sigma_rw"] = SITE_WALK_PRIORS[substance]
    plugged = plugged_noise(substance)
    own = {name: getattr(general, name) for name in SCALES}
    return AnalysisModel(
        spec=general,
        scales={name: default[name] if own[name] is None else own[name] for name in SCALES},
        day_sd=plugged.day_sd if general.day_sd is None else general.day_sd,
        count_noise=plugged.count_noise if general.count_noise is None else general.count_noise,
        rho=plugged.rho if general.day_rho is None else general.day_rho,
        log_weekday=np.array([math.log(x) for x in plugged.weekday.tolist()]),
    )
