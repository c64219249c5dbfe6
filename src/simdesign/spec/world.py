"""The world without its change: cities, people, noise, drift and season."""

import math
from typing import Annotated, Any, Literal

from pydantic import Field, field_validator, model_validator

from simdesign.errors import SpecError
from simdesign.spec.base import Spec
from simdesign.spec.catalogue import (
    SUBSTANCES,
    catchments,
    measurement_values,
    substance_values,
)
from simdesign.spec.quantity import Quantity, greatest, least
from simdesign.spec.totals import check_day_total, measurement_variance

Positive = Annotated[float, Field(gt=0)]
Share = Annotated[float, Field(ge=0, le=1)]

_MEASUREMENT = measurement_values()


class Catchment(Spec):
    """People draining to one treatment plant."""

    name: str
    population: Positive
    """Inhabitants served, de jure."""
    level: Positive = 1.0
    """Load relative to the substance's reference level, the same for every substance [1]."""


class UseClass(Spec):
    """Users who use equally often and equally much, up to a persistent spread."""

    name: Literal["light", "regular", "heavy"]
    mass_share: Share
    """Share of the reference load that this class excretes."""
    use_prob: Annotated[float, Field(gt=0, lt=1)]
    """Mean probability that a user uses on a day."""
    weekday: Annotated[tuple[Positive, ...], Field(min_length=7, max_length=7)]
    """Weights of the *excreted residue* from Monday to Sunday, mean 1 after scaling."""
    residue_mg: Positive
    """Effective residue per use-day at the reference purity [mg]: sets the count noise."""
    dose_cv: Annotated[float, Field(ge=0)]
    """Coefficient of variation of the residue per use-day [1]."""

    @property
    def weekday_factor(self) -> tuple[float, ...]:
        """Weekday weights scaled to mean 1, Monday to Sunday."""
        mean = math.fsum(self.weekday) / 7.0
        return tuple(weight / mean for weight in self.weekday)

    @model_validator(mode="after")
    def _no_day_is_certain(self) -> "UseClass":
        busiest = self.use_prob * max(self.weekday_factor)
        if busiest >= 1:
            raise ValueError(
                f"use_prob times the largest weekday weight must be below 1, it is {busiest:g}"
            )
        return self


class Substance(Spec):
    """One substance in one world. Omitted values come from the catalogue."""

    level: Positive
    """Reference load [mg/(1000 inh d)] at the start of the programme."""
    sigma_shared: Quantity
    """SD of what all sites of one seven-day campaign share, beyond drift, walk and season [1]."""
    lab_share: Quantity
    """Share of the *variance* sigma_shared^2 that is made in the laboratory [1]."""
    r_lab: Quantity
    """Share of the laboratory variance common to a laboratory's whole year [1]."""
    shared_weeks: Quantity
    """Correlation time of the shared swing outside the laboratory [weeks]."""
    sigma_site: Quantity
    """SD of a site-week beyond day noise [1]."""
    site_days: Positive
    """Correlation time of the city deviation [d]."""
    day_sd: Annotated[float, Field(ge=0)]
    """SD of day noise within a campaign around the weekday profile, large cities [1]."""
    day_rho: Annotated[float, Field(gt=-1, lt=1)]
    """Lag-1 autocorrelation of day noise [1]."""
    drift: Quantity
    """National drift of the log load [1/year]."""
    sigma_rw: Quantity
    """National random walk [1/sqrt(year)]."""
    sigma_rw_site: Quantity
    """City random walk around the nation [1/sqrt(year)]."""
    season_amplitude: Quantity
    """Amplitude of one annual harmonic of the log load [1]."""
    season_peak: Quantity
    """Day of the year of its maximum [d]."""
    lab_repeat_sd: Annotated[float, Field(ge=0)]
    """Repeatability of one analysis [1]."""
    loq: Annotated[float, Field(ge=0)]
    """Limit of quantification [ng/L]."""
    purity: Annotated[float, Field(gt=0, le=1)]
    """Purity at the start of the programme [1]."""
    purity_ceiling: Annotated[float, Field(gt=0, le=1)]
    """Physical ceiling of purity [1]."""
    classes: Annotated[tuple[UseClass, ...], Field(min_length=1)]

    @field_validator("sigma_shared", "sigma_site", "sigma_rw", "sigma_rw_site", "season_amplitude")
    @classmethod
    def _not_negative(cls, value: Any) -> Any:
        if least(value) < 0:
            raise ValueError("must be >= 0")
        return value

    @field_validator("lab_share", "r_lab")
    @classmethod
    def _in_unit_interval(cls, value: Any) -> Any:
        if least(value) < 0 or greatest(value) > 1:
            raise ValueError("must be in [0, 1]")
        return value

    @field_validator("shared_weeks")
    @classmethod
    def _positive(cls, value: Any) -> Any:
        if least(value) <= 0:
            raise ValueError("must be > 0 weeks")
        return value

    @model_validator(mode="after")
    def _shares_sum_to_one(self) -> "Substance":
        total = sum(item.mass_share for item in self.classes)
        if abs(total - 1.0) > 1e-9:
            raise ValueError(f"mass shares of the use classes must sum to 1, they sum to {total:g}")
        if self.purity > self.purity_ceiling:
            raise ValueError(f"purity must not exceed its ceiling {self.purity_ceiling:g}")
        return self


class World(Spec):
    """A data-generating mechanism without its change."""

    catchments: tuple[Catchment, ...] = Field(default="dutch20", validate_default=True)
    """A named set of the catalogue, or a list of catchments."""
    substances: dict[str, Substance] = Field(default={"cocaine": {}}, validate_default=True)
    """Name of the release -> parameters; ``{}`` takes all of them from the catalogue."""
    counts: Literal["gamma", "exact", "off"] = "gamma"
    """Count noise: one moment-matched gamma per city-day, exact class draws, or expectations."""
    weekdays: bool = True
    """False flattens every weekday profile."""
    flow_sd: Annotated[float, Field(ge=0)] = _MEASUREMENT["flow_sd"]
    """Daily flow error, common to all substances of a sample [1]."""
    sampling_sd: Annotated[float, Field(ge=0)] = _MEASUREMENT["sampling_sd"]
    """Daily sampling error, common to all substances of a sample [1]."""
    litres: Positive = _MEASUREMENT["litres"]
    """Sewage per inhabitant and day, for concentrations [L]."""

    @field_validator("catchments", mode="before")
    @classmethod
    def _named_catchments(cls, value: Any) -> Any:
        try:
            return catchments(value) if isinstance(value, str) else value
        except SpecError as error:
            raise ValueError(error.rule) from None

    @field_validator("catchments")
    @classmethod
    def _some_catchments(cls, value: tuple[Catchment, ...]) -> tuple[Catchment, ...]:
        if not value:
            raise ValueError("at least one catchment is needed")
        names = [item.name for item in value]
        if len(set(names)) < len(names):
            raise ValueError("catchment names must be unique")
        return value

    @field_validator("substances", mode="before")
    @classmethod
    def _from_catalogue(cls, value: Any) -> Any:
        if not isinstance(value, dict) or not value:
            raise ValueError("must name at least one substance")
        for name in value:
            if name not in SUBSTANCES:
                raise ValueError(f"{name}: must be one of {', '.join(SUBSTANCES)}")
        return {
            name: {**substance_values(name), **item} if isinstance(item, dict) else item
            for name, item in value.items()
        }

    @model_validator(mode="after")
    def _measurement_fits_into_the_totals(self) -> "World":
        for name, item in self.substances.items():
            parts = measurement_variance(self.flow_sd, self.sampling_sd, item.lab_repeat_sd)
            try:
                check_day_total(f"substances.{name}.day_sd", item.day_sd, item.day_rho, parts)
            except SpecError as error:
                raise ValueError(f"{error.field} {error.rule}, it is {error.value!r}") from None
        return self
