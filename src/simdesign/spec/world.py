"""The world without its change: cities, people, noise, drift and season."""

import math
from collections.abc import Sequence
from typing import Annotated, Any, Literal

from pydantic import (
    Field,
    GetJsonSchemaHandler,
    ValidationInfo,
    field_validator,
    model_validator,
)
from pydantic_core import CoreSchema

from simdesign.errors import FieldError, SpecError
from simdesign.spec.base import Spec
from simdesign.spec.catalogue import (
    SUBSTANCES,
    catchments,
    measurement_values,
    substance_values,
    with_levels,
)
from simdesign.spec.draws import with_draws
from simdesign.spec.events import Event
from simdesign.spec.file_schema import let_be_partial, let_terms_be_partial
from simdesign.spec.people import People
from simdesign.spec.sampling import Laboratories, Meters, Missing, OddDays
from simdesign.spec.sewer import Rain
from simdesign.spec.streams import Streams
from simdesign.spec.substance import Substance
from simdesign.spec.terms import SUBSTANCE_TERMS, WORLD_TERMS, with_terms
from simdesign.spec.totals import DayErrors, check_day_totals
from simdesign.units import residue_g_per_day

Positive = Annotated[float, Field(gt=0)]
Name = Annotated[str, Field(pattern=r"^\w+$")]

_MEASUREMENT = measurement_values()


class Catchment(Spec):
    """People draining to one treatment plant."""

    name: str
    population: Positive
    """Inhabitants served, de jure."""
    level: Positive = 1.0
    """Load relative to the substance's reference level, the same for every substance [1]."""
    levels: dict[str, Positive] | None = None
    """Substance -> level, instead of ``level``; ``false`` keeps ``level`` in a full world too."""
    commuters: Annotated[float, Field(gt=-1)] | None = None
    """Net inflow on working days relative to inhabitants, instead of ``people.commuters`` [1]."""

    def level_of(self, substance: str) -> float:
        """Return the level of a substance [1]."""
        return (self.levels or {}).get(substance, self.level)

    @field_validator("levels", mode="before")
    @classmethod
    def _known_substances(cls, value: Any) -> Any:
        if isinstance(value, dict):
            for name in value:
                if name not in SUBSTANCES:
                    raise ValueError(f"{name}: must be one of {', '.join(SUBSTANCES)}")
        return {} if value is False else value


class World(Spec):
    """A data-generating mechanism without its change."""

    realism: Literal["core", "full"] = "core"
    """``full`` fills every optional term that is not given; a validated world holds the terms
    themselves and says ``core``."""
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
    """Mean sewage per inhabitant and day, for concentrations [L]."""
    rain: Rain | None = None
    """How sewage varies from day to day; None is constant."""
    meters: Meters | None = None
    """Lasting bias of flow meters."""
    odd_days: OddDays | None = None
    """The heavy tail of day noise."""
    missing: Missing | None = None
    """Samples that are not there."""
    laboratories: Laboratories | None = None
    """How laboratories differ; which samples go where is the design's."""
    events: Annotated[dict[Name, Event], Field(min_length=1)] | None = None
    """Name -> event: those of the catalogue, and your own."""
    people: People | None = None
    """Who is in town, when it is not the inhabitants."""
    streams: Streams | None = None
    """What purity tests and surveys show of each substance; None takes the catalogue's."""

    @classmethod
    def __get_pydantic_json_schema__(
        cls, core_schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        found = handler(core_schema)
        fields = handler.resolve_ref_schema(found)
        let_terms_be_partial(fields, WORLD_TERMS, handler.resolve_ref_schema)
        towns = fields["properties"]["catchments"]
        fields["properties"]["catchments"] = {"anyOf": [{"type": "string"}, towns]}
        substance = handler.resolve_ref_schema(
            fields["properties"]["substances"]["additionalProperties"]
        )
        let_be_partial(substance)
        substance["properties"]["estimate"]["anyOf"] += [{"type": "string"}, {"const": False}]
        let_terms_be_partial(substance, SUBSTANCE_TERMS, handler.resolve_ref_schema)
        return found

    def day_errors(self, substance: Substance) -> DayErrors:
        """Return what is independent between the days of a substance: part of its totals."""
        return DayErrors(
            flow_sd=self.flow_sd,
            sampling_sd=self.sampling_sd,
            repeat_sd=substance.lab_repeat_sd,
            odd_share=self.odd_days.share if self.odd_days else 0.0,
            odd_sd=self.odd_days.sd if self.odd_days else 0.0,
            people_sd=(self.people.daily_sd if self.people else None) or 0.0,
        )

    @model_validator(mode="before")
    @classmethod
    def _terms(cls, given: Any) -> Any:
        if not isinstance(given, dict):
            return given
        full = given.get("realism") == "full"
        found = with_terms(given, WORLD_TERMS, full=full)
        if full:
            found["catchments"] = with_levels(found.get("catchments", "dutch20"))
        substances = found.get("substances", {"cocaine": {}})
        if isinstance(substances, dict):  # anything else is refused below, with its name
            found["substances"] = {
                name: with_terms(_fields(item), SUBSTANCE_TERMS, full=full, substance=name)
                if isinstance(item, dict | Substance)
                else item
                for name, item in substances.items()
            }
        return found | ({"realism": "core"} if full else {})

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
    def _from_catalogue(cls, value: Any, info: ValidationInfo) -> Any:
        if not isinstance(value, dict) or not value:
            raise ValueError("must name at least one substance")
        for name in value:
            if name not in SUBSTANCES:
                raise ValueError(f"{name}: must be one of {', '.join(SUBSTANCES)}")
        folder = (info.context or {}).get("folder")
        return {
            name: {**substance_values(name), **with_draws(item, name, folder)}
            if isinstance(item, dict)
            else item
            for name, item in value.items()
        }

    @model_validator(mode="after")
    def _rain_is_above_dry_weather(self) -> "World":
        if self.rain is not None and self.rain.dry >= self.litres:
            rule = f"must be below litres, the mean {self.litres:g}"
            raise FieldError("rain.dry", self.rain.dry, rule)
        return self

    @model_validator(mode="after")
    def _somebody_stays(self) -> "World":
        if self.people is not None and self.people.commuters is not None:
            for item in self.catchments:
                inflow = self.people.commuters.inflow(item.population)
                if item.commuters is None and inflow <= -1.0:
                    rule = (
                        f"leaves nobody in {item.name} on a working day:"
                        f" its net inflow would be {inflow:.3g}"
                    )
                    raise FieldError("people.commuters.slope", self.people.commuters.slope, rule)
        return self

    @model_validator(mode="after")
    def _named_sites_exist(self) -> "World":
        named: dict[str, Any] = {
            f"substances.{name}.dumping.sites": item.dumping.sites
            for name, item in self.substances.items()
            if item.dumping is not None
        }
        for name, event in (self.events or {}).items():
            named[f"events.{name}.where"] = event.where
        if self.laboratories is not None and self.laboratories.change is not None:
            named["laboratories.change.sites"] = self.laboratories.change.sites
        known = {item.name for item in self.catchments}
        for field, sites in named.items():
            unknown = sorted(set(sites) - known) if isinstance(sites, tuple) else []
            if unknown:
                raise FieldError(field, unknown[0], "no catchment is named so")
        return self

    @model_validator(mode="after")
    def _measurement_fits_into_the_totals(self) -> "World":
        for name, item in self.substances.items():
            errors = self.day_errors(item)
            try:
                check_day_totals(f"substances.{name}.day_sd", item.day_sd, item.day_rho, errors)
            except SpecError as error:
                raise FieldError(error.field, error.value, error.rule) from None
        return self

    @model_validator(mode="after")
    def _towns_hold_their_users(self) -> "World":
        if self.counts == "off":  # loads are expectations, of nobody in particular
            return self
        for name, item in self.substances.items():
            users = [user.users / item.residue_scale for user in item.classes]
            for town in self.catchments:
                # a load of 1 mg/(1000 inh d) for one inhabitant
                grams = residue_g_per_day(item.level * town.level_of(name), 1.0)
                check_users(
                    f"catchments.{town.name}.population", town.population, name,
                    [(user.name, grams * n) for user, n in zip(item.classes, users, strict=True)],
                )  # fmt: skip
        return self


def check_users(
    field: str, population: float, substance: str, users: Sequence[tuple[str, float]]
) -> None:
    """Refuse a town that has fewer inhabitants than users of all classes together.

    Parameters
    ----------
    field : str
        Of the population, for the message.
    population : float
        Inhabitants.
    substance : str
    users : sequence of (str, float)
        Name of every class, and its users for every inhabitant [1].
    """
    total = math.fsum(number for _, number in users)
    if total > 1.0:
        said = ", ".join(f"{number:.3g} {name}" for name, number in users)
        rule = (
            f"must hold the users of {substance}, whose load needs {total:.3g} for every"
            f" inhabitant ({said})"
        )
        raise FieldError(field, population, rule)


def _fields(item: "dict[str, Any] | Substance") -> dict[str, Any]:
    return item.model_dump() if isinstance(item, Substance) else item
