"""Extra series beside the loads: purity of what is tested, and prevalence in a survey.

They belong to the world, since what they show does not depend on who buys them; a design buys
them by kind (``Design.streams``). They change no load.
"""

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, TypeAdapter, model_validator

from simdesign.errors import FieldError
from simdesign.spec.base import Spec
from simdesign.spec.catalogue import SUBSTANCES, stream_values
from simdesign.spec.quantity import Quantity

Share = Annotated[float, Field(ge=0, le=1)]
Count = Annotated[int, Field(strict=True, ge=1)]
Lag = Annotated[int, Field(strict=True, ge=0)]

MOST_VARIED = 0.5
"""No share varies more: half of the samples pure, half without."""


class PuritySeries(Spec):
    """Mean purity of the samples that a drug-checking service tested in a period."""

    per_year: Literal[1, 4]
    """Periods of a calendar year: the year, or its quarters."""
    samples: Count
    """Samples tested a year, spread evenly over it."""
    sample_sd: Annotated[float, Field(gt=0, le=MOST_VARIED)]
    """SD of purity between samples [1]."""
    report_lag: Lag
    """Days between the end of a period and its report [d]."""

    @model_validator(mode="after")
    def _one_a_period(self) -> "PuritySeries":
        if self.samples < self.per_year:
            raise ValueError(f"samples must be at least {self.per_year}, one in every period")
        return self


class SurveySeries(Spec):
    """Last-year prevalence in a population survey that is fielded through a calendar year."""

    every: Count
    """Years from one survey to the next."""
    offset: Annotated[int, Field(strict=True, ge=0)]
    """Years from the first year of the programme to a year with a survey."""
    respondents: Count
    design_effect: Annotated[float, Field(ge=1)]
    """Variance of the estimate over that of a simple random sample of the same size [1]."""
    prevalence: Annotated[float, Field(gt=0, lt=1)]
    """Share of the population that used, at the start of the programme [1]."""
    bias: Quantity
    """Log of reported over true prevalence at the start of the programme [1]."""
    bias_drift: Quantity
    """Its drift [1/year]; by default a distribution, drawn anew in every replication."""
    report_lag: Lag
    """Days between the end of the year and the report [d]."""

    @model_validator(mode="after")
    def _fits(self) -> "SurveySeries":
        if self.offset >= self.every:
            raise ValueError(f"offset must be below every, which is {self.every}")
        if self.respondents < self.design_effect:
            raise ValueError("respondents must be at least the design effect")
        return self


class SubstanceStreams(Spec):
    """Both series of one substance, and what its trend is made of."""

    purity: PuritySeries
    survey: SurveySeries
    trend_in_users: Share
    """Share of the national drift and walk, in logs, that is numbers of users [1]."""
    trend_in_purity: Share
    """Share of them that is purity [1]; the rest is use per head."""

    @model_validator(mode="after")
    def _parts_of_one_trend(self) -> "SubstanceStreams":
        if self.trend_in_users + self.trend_in_purity > 1.0 + 1e-12:
            rule = f"must sum to at most 1 with trend_in_users, {self.trend_in_users:g}"
            raise FieldError("trend_in_purity", self.trend_in_purity, rule)
        return self


def _from_catalogue(value: Any) -> Any:
    """Fill in what is not given: substances, series and numbers."""
    if not isinstance(value, Mapping):
        return value
    for name in value:
        if name not in SUBSTANCES:
            raise ValueError(f"{name}: must be one of {', '.join(SUBSTANCES)}")
    return {name: _filled(stream_values(name), value.get(name, {})) for name in SUBSTANCES}


def _filled(defaults: dict[str, Any], given: Any) -> Any:
    if not isinstance(given, Mapping):
        return given
    both = [key for key in ("purity", "survey") if isinstance(given.get(key, {}), Mapping)]
    series = {key: {**defaults[key], **given.get(key, {})} for key in both}
    return {**defaults, **given, **series}


Streams = Annotated[dict[str, SubstanceStreams], BeforeValidator(_from_catalogue)]
"""Substance -> its series; what is not given comes from the catalogue, so ``{}`` is all of it."""

_CATALOGUE: dict[str, SubstanceStreams] = TypeAdapter(Streams).validate_python({})


def streams_or_default(given: Streams | None) -> Streams:
    """Return the series of a world; those of the catalogue where it says nothing."""
    return _CATALOGUE if given is None else given
