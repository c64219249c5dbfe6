"""What changes in a world: how strongly from day to day, where, and by which mechanism."""

import math
from collections.abc import Iterator
from typing import Annotated, Any, Literal, get_args

from pydantic import (
    AfterValidator,
    AliasChoices,
    BeforeValidator,
    Discriminator,
    Field,
    Tag,
    model_validator,
)

from simdesign.errors import SpecError
from simdesign.spec.base import Spec
from simdesign.spec.catalogue import SUBSTANCES
from simdesign.spec.catalogue.shocks import shock
from simdesign.spec.quantity import Quantity, Uniform, greatest, least

MechanismName = Literal[
    "more_users",
    "new_light_users",
    "heavier_use",
    "more_often",
    "more_per_occasion",
    "higher_purity",
]
MECHANISMS: tuple[MechanismName, ...] = get_args(MechanismName)
"""In the order in which those of a mixture act."""
OwnMechanism = Annotated[str, Field(pattern=r"^[\w.]+:\w+$")]
"""A user's own, named ``package.module:Name``; ``simulate.Regime`` says what it returns."""


def _known(name: str) -> str:
    if name not in SUBSTANCES:
        raise ValueError(f"{name}: must be one of {', '.join(SUBSTANCES)}")
    return name


SubstanceName = Annotated[str, AfterValidator(_known)]
Share = Annotated[float, Field(gt=0, le=1)]


def _whole(shares: dict[MechanismName, float]) -> dict[MechanismName, float]:
    total = math.fsum(shares.values())
    if abs(total - 1.0) > 1e-9:
        raise ValueError(f"shares of a mixture must sum to 1, they sum to {total:g}")
    return shares


Mixture = Annotated[dict[MechanismName, Share], AfterValidator(_whole)]
"""Share of each mechanism in the change of the log load; they act in order of ``MECHANISMS``."""


class Substitution(Spec):
    """Some use-days of one substance are replaced by use-days of another.

    The size of such a change is that of the load of ``source``, a fall: -0.2 replaces a fifth of
    its use-days in every class and on every weekday. For each of them, users of the same class
    of ``to`` make ``exchange`` use-days more. See docs/changes.md for both loads.
    """

    source: SubstanceName = Field(validation_alias=AliasChoices("from", "source"))
    """Substance that is used less; written ``from`` in a study file."""
    to: SubstanceName
    """Substance that is used instead."""
    exchange: Annotated[float, Field(gt=0)] = 1.0
    """Use-days of ``to`` for every use-day of ``source`` given up [1]."""

    @model_validator(mode="after")
    def _two_substances(self) -> "Substitution":
        if self.source == self.to:
            raise ValueError(f"to must be another substance than from, both are {self.to}")
        return self


def _form(value: Any) -> str:
    if isinstance(value, Substitution):
        return "substitution"
    if isinstance(value, dict):
        return "substitution" if {"from", "source", "to"} & value.keys() else "mixture"
    return "own" if isinstance(value, str) and ":" in value else "name"


Mechanism = Annotated[
    Annotated[MechanismName, Tag("name")]
    | Annotated[OwnMechanism, Tag("own")]
    | Annotated[Mixture, Tag("mixture")]
    | Annotated[Substitution, Tag("substitution")],
    Discriminator(_form),
]


def _kind_of_amount(value: Any) -> str:
    return "table" if isinstance(value, dict) and "dist" not in value else "value"


def _kind_of_slope(value: Any) -> str:
    return "word" if isinstance(value, str) else _kind_of_amount(value)


SubstanceTable = Annotated[dict[SubstanceName, Quantity], Field(min_length=1)]
Amount = Annotated[
    Annotated[Quantity, Tag("value")] | Annotated[SubstanceTable, Tag("table")],
    Discriminator(_kind_of_amount),
]
"""One number or distribution for every substance, or a table by substance; a substance that the
table leaves out does not change."""


def amounts(amount: Any) -> Iterator[tuple[str, Quantity]]:
    """Yield (end of the field's path, value or distribution) of an amount."""
    if isinstance(amount, dict):
        yield from ((f".{name}", quantity) for name, quantity in amount.items())
    else:
        yield "", amount


def amount_of(amount: Any, substance: str) -> Quantity | None:
    """Return the part of an amount that concerns one substance; None where nothing does."""
    if isinstance(amount, dict):
        found: Quantity | None = amount.get(substance)
        return found
    whole: Quantity = amount
    return whole


def _above_minus_one(amount: Any) -> Any:
    for end, quantity in amounts(amount):
        if least(quantity) <= -1.0:
            raise ValueError(f"{end[1:]}: must be above -1" if end else "must be above -1")
    return amount


Size = Annotated[Amount, AfterValidator(_above_minus_one)]
"""Relative change of the expected load: 0.2 is +20 %, -0.2 is -20 %. Above -1."""


Slope = Annotated[
    Annotated[Literal["plateau"], Tag("word")]
    | Annotated[Quantity, Tag("value")]
    | Annotated[SubstanceTable, Tag("table")],
    Discriminator(_kind_of_slope),
]


def _not_before_the_start(at: Any) -> Any:
    if least(at) < 0:
        raise ValueError("must be >= 0 years")
    return at


class NoChange(Spec):
    """Nothing breaks: the null."""

    kind: Literal["none"] = "none"


class _Break(Spec):
    """What every change has: how it comes about, when it begins, and where."""

    mechanism: Mechanism = "more_users"
    at: Annotated[Quantity, AfterValidator(_not_before_the_start)] = Uniform(low=2.0, high=7.0)
    """Years from the start of the programme to the break; [2, 7) is programme years 3 to 7."""
    where: Literal["national"] | Annotated[tuple[str, ...], Field(min_length=1)] = "national"
    """The whole country, or the sites that change."""


def _one_fall(change: _Break, field: str, amount: Any) -> None:
    """Refuse what a substitution cannot be: more of the substance that is replaced."""
    if isinstance(change.mechanism, Substitution):
        name = change.mechanism.source
        if isinstance(amount, dict | str):
            raise ValueError(f"{field} must be one number with a substitution: that of {name}")
        if greatest(amount) > 0.0:
            raise ValueError(
                f"{field} must be a fall with a substitution, minus the share of {name} replaced"
            )


class LevelShift(_Break):
    """The expected load changes by a constant factor from the break day on."""

    kind: Literal["level_shift"] = "level_shift"
    size: Size = 0.2
    """Relative change of the expected load: 0.2 is +20 %, -0.2 is -20 %. Above -1."""

    @model_validator(mode="after")
    def _substitution_is_a_fall(self) -> "LevelShift":
        _one_fall(self, "size", self.size)
        return self


class SlopeChange(_Break):
    """The log load changes by a straight line from the break day on."""

    kind: Literal["slope_change"] = "slope_change"
    slope: Slope = 0.1
    """Added to the drift of the log load [1/year]; ``"plateau"`` cancels each drift."""
    years: Annotated[float, Field(gt=0)] | None = None
    """How long the line goes on before the load stays where it is; None: to the end [years]."""

    @model_validator(mode="after")
    def _substitution_is_a_fall(self) -> "SlopeChange":
        _one_fall(self, "slope", self.slope)
        return self


class Pulse(_Break):
    """The expected load changes for some days and comes back."""

    kind: Literal["pulse"] = "pulse"
    size: Size = 0.5
    """Relative change of the expected load while it is full. Above -1."""
    days: Annotated[int, Field(gt=0)] = 28
    """Days at full size, the break day included [d]."""
    fade_days: Annotated[int, Field(ge=0)] = 0
    """Days after them on which the change of the log load goes back to zero in a line [d]."""

    @model_validator(mode="after")
    def _substitution_is_a_fall(self) -> "Pulse":
        _one_fall(self, "size", self.size)
        return self


class TwoSteps(_Break):
    """The expected load changes by a constant factor, and once more some years later."""

    kind: Literal["two_steps"] = "two_steps"
    size: Size = 0.2
    """Relative change of the expected load at the first step. Above -1."""
    after: Annotated[float, Field(gt=0)] = 2.0
    """From the first step to the second [years]."""
    left: Annotated[float, Field(ge=0)] = 0.5
    """What the second makes of the change of the log load: 0.5 takes half of it back, 2 doubles
    it [1]."""

    @model_validator(mode="after")
    def _substitution_is_a_fall(self) -> "TwoSteps":
        _one_fall(self, "size", self.size)
        return self


def _named(value: Any) -> Any:
    try:
        return shock(value) if isinstance(value, str) else value
    except SpecError as error:
        raise ValueError(error.rule) from None


Change = Annotated[
    NoChange | LevelShift | SlopeChange | Pulse | TwoSteps,
    Field(discriminator="kind"),
    BeforeValidator(_named),
]
"""A change, or the name of one that happened: ``spec.catalogue.shocks``."""
