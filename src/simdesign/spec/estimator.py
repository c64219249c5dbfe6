"""Descriptions of estimators. What they compute lives in ``fit``; this file only names it."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import Field

from simdesign.spec.base import Spec
from simdesign.spec.breaks import BreakModel, GeneralBreakModel
from simdesign.spec.breaks import KindMass as KindMass
from simdesign.spec.breaks import Scale as Scale
from simdesign.spec.local import ExactCity as ExactCity
from simdesign.spec.local import ExactLocal as ExactLocal
from simdesign.spec.mechanism import ExactMechanism as ExactMechanism
from simdesign.spec.pymc import Pymc as Pymc
from simdesign.spec.pymc import PymcRobust as PymcRobust
from simdesign.spec.quantity import HalfNormal, LogNormal, Normal
from simdesign.spec.rules import EudaRule as EudaRule
from simdesign.spec.rules import Rule as Rule
from simdesign.spec.rules import ZTest as ZTest


class _Break(BreakModel):
    """Steps only: a case of the general model."""

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


class ExactBreak(GeneralBreakModel):
    """Exact Bayesian engine for a national break: a step, a change of slope, or both."""

    kind: Literal["exact"] = "exact"

    def as_break(self) -> "ExactBreak":
        """Return itself: the general description."""
        return self


class ExactStep(_Break):
    """The exact engine with steps only: no slopes, pulses or harmonics."""

    kind: Literal["exact_step"] = "exact_step"


class ExactSite(_Break):
    """Steps only, for one site alone; ``sigma_rw`` is the site's own walk."""

    kind: Literal["exact_site"] = "exact_site"


class Own(Spec):
    """A user's own estimator, named ``package.module:Name``."""

    kind: Literal["own"] = "own"
    uses: Annotated[str, Field(pattern=r"^[\w.]+:\w+$")]
    options: dict[str, Any] = {}


Exact = ExactBreak | ExactStep | ExactSite | ExactCity | ExactLocal
"""Descriptions of the exact engine without mechanisms."""

Sampled = Pymc | PymcRobust
"""Descriptions of the engines that sample."""

Estimator = Annotated[Exact | ExactMechanism | Sampled | Rule | Own, Field(discriminator="kind")]


def judging(estimators: Mapping[str, Spec]) -> str:
    """Return the name of the estimator that verdicts rest on.

    The first exact engine for breaks of all kinds, else the first for steps, else the first.
    """
    for kind in (ExactBreak, ExactMechanism, ExactStep):
        for name, spec in estimators.items():
            if isinstance(spec, kind):
                return name
    return next(iter(estimators))


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
