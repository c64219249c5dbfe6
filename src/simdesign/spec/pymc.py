"""Descriptions of the PyMC engines: the break model of the exact engine, sampled (docs/pymc.md)."""

from typing import Annotated, Any, Literal, Self

from pydantic import Field

from simdesign.spec.base import Spec
from simdesign.spec.breaks import BreakModel, GeneralBreakModel
from simdesign.spec.quantity import LogNormal


class Sampling(Spec):
    """How long to sample, and when to believe it."""

    chains: Annotated[int, Field(ge=2)] = 2
    """Chains; R-hat needs two."""
    tune: Annotated[int, Field(ge=50)] = 500
    """Draws of a chain that adapt the sampler and are thrown away."""
    draws: Annotated[int, Field(ge=50)] = 1000
    """Draws of a chain that are kept."""
    seed: Annotated[int, Field(ge=0)] = 0
    """Together with the data of a fit the address of its random numbers."""
    target_accept: Annotated[float, Field(gt=0, lt=1)] = 0.8
    """Acceptance that the step size is adapted to."""
    max_r_hat: Annotated[float, Field(gt=1)] = 1.05
    """A fit with a larger R-hat has failed."""
    min_ess: Annotated[float, Field(gt=0)] = 100.0
    """A fit with a smaller effective sample size, of an SD or of P(break), has failed."""
    max_divergent: Annotated[float, Field(ge=0, le=1)] = 0.01
    """A fit with a larger share of divergent draws has failed."""


class Pymc(GeneralBreakModel):
    """The exact engine's model on site-weeks; its standard deviations are sampled."""

    kind: Literal["pymc"] = "pymc"
    sampling: Sampling = Sampling()

    @classmethod
    def of(cls, model: BreakModel, **own: Any) -> Self:
        """Return the description with another engine's priors; ``own`` are its own fields."""
        return cls.model_validate(break_model(model) | own)


class PymcRobust(GeneralBreakModel):
    """The same national path on days: spikes, days below the LOQ and the weekdays are modelled."""

    kind: Literal["pymc_robust"] = "pymc_robust"
    sampling: Sampling = Sampling()
    degrees: LogNormal | Annotated[float, Field(ge=1, le=100)] = LogNormal(median=5.0, log_sd=0.7)
    """Degrees of freedom of a day's Student-t noise [1]: prior, or a number."""
    day_scale: LogNormal | Annotated[float, Field(gt=0)] = LogNormal(median=1.0, log_sd=0.25)
    """Scale of a day's noise, relative to what is plugged in [1]: prior, or a number."""
    weekday_sd: Annotated[float, Field(ge=0)] = 0.05
    """SD of a weekday's effect around the plugged-in profile, on the log scale [1]."""

    @classmethod
    def of(cls, model: BreakModel, **own: Any) -> Self:
        """Return the description with another engine's priors; ``own`` are its own fields."""
        return cls.model_validate(break_model(model) | own)


def break_model(spec: BreakModel) -> dict[str, Any]:
    """Return the fields that every description of the general break model has.

    ``ExactBreak(**break_model(spec))`` is the exact engine's twin of a PyMC description. A
    description of steps only is completed first: ``break_model(spec.as_break())``.
    """
    return {name: getattr(spec, name) for name in GeneralBreakModel.model_fields}
