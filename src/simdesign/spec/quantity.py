"""A scenario parameter is a value or a distribution, drawn anew in every replication."""

from typing import Annotated, Any, Literal

import numpy as np
from pydantic import Field, WithJsonSchema, field_serializer, field_validator, model_validator

from simdesign.spec.base import Spec


class Normal(Spec):
    """Normal distribution."""

    dist: Literal["normal"] = "normal"
    mean: float
    sd: Annotated[float, Field(ge=0)]

    def draw(self, rng: np.random.Generator) -> float:
        """Return one draw; consumes one normal."""
        return float(self.mean + self.sd * rng.standard_normal())


class HalfNormal(Spec):
    """|N(0, scale^2)|."""

    dist: Literal["halfnormal"] = "halfnormal"
    scale: Annotated[float, Field(ge=0)]

    def draw(self, rng: np.random.Generator) -> float:
        """Return one draw; consumes one normal."""
        return float(abs(self.scale * rng.standard_normal()))


class LogNormal(Spec):
    """exp(N(log median, log_sd^2))."""

    dist: Literal["lognormal"] = "lognormal"
    median: Annotated[float, Field(gt=0)]
    log_sd: Annotated[float, Field(ge=0)]

    def draw(self, rng: np.random.Generator) -> float:
        """Return one draw; consumes one normal."""
        return float(self.median * np.exp(self.log_sd * rng.standard_normal()))


class Uniform(Spec):
    """Uniform on [low, high)."""

    dist: Literal["uniform"] = "uniform"
    low: float
    high: float

    @model_validator(mode="after")
    def _ordered(self) -> "Uniform":
        if not self.low < self.high:
            raise ValueError("low must be below high")
        return self

    def draw(self, rng: np.random.Generator) -> float:
        """Return one draw; consumes one uniform."""
        return float(self.low + (self.high - self.low) * rng.random())


class Choice(Spec):
    """One of several values with equal probability."""

    dist: Literal["choice"] = "choice"
    values: Annotated[tuple[float, ...], Field(min_length=1)]

    def draw(self, rng: np.random.Generator) -> float:
        """Return one draw; consumes one uniform."""
        return float(self.values[int(rng.random() * len(self.values))])


_NUMBERS = {
    "anyOf": [
        {"type": "array", "items": {"type": "number"}, "minItems": 1},
        {"type": "string", "pattern": r"\S"},
    ]
}


class Draws(Spec):
    """One column of a table of joint draws: every such parameter of a world takes the same row.

    That is made so where worlds are drawn: all of them have one address (docs/design_prior.md).
    """

    dist: Literal["draws"] = "draws"
    values: Annotated[tuple[float, ...], Field(min_length=1), WithJsonSchema(_NUMBERS)]
    """In the order of the table; written as one line of text, which a file may hold too."""

    @field_validator("values", mode="before")
    @classmethod
    def _from_text(cls, value: Any) -> Any:
        return tuple(value.split()) if isinstance(value, str) else value

    @field_serializer("values", when_used="json")
    def _as_text(self, values: tuple[float, ...]) -> str:
        return " ".join(map(repr, values))

    def draw(self, rng: np.random.Generator) -> float:
        """Return the value in one row, each with equal probability; consumes one uniform."""
        return float(self.values[int(rng.random() * len(self.values))])


Distribution = Annotated[
    Normal | HalfNormal | LogNormal | Uniform | Choice, Field(discriminator="dist")
]
Quantity = float | Distribution
"""A value or a distribution."""
Parameter = (
    float | Annotated[Normal | HalfNormal | LogNormal | Uniform | Choice | Draws,
                      Field(discriminator="dist")]
)  # fmt: skip
"""A value, a distribution, or a column of joint draws: what a substance's parameters can be."""


def draw(quantity: Parameter, rng: np.random.Generator) -> float:
    """Return the value, or one draw of the distribution."""
    return float(quantity) if isinstance(quantity, int | float) else quantity.draw(rng)


def expectation(quantity: Parameter) -> float:
    """Return the value, or the median of the distribution: a representative number."""
    match quantity:
        case Normal():
            return quantity.mean
        case HalfNormal():
            return 0.6744897501960817 * quantity.scale
        case LogNormal():
            return quantity.median
        case Uniform():
            return 0.5 * (quantity.low + quantity.high)
        case Choice() | Draws():
            return float(np.median(quantity.values))
        case _:
            return float(quantity)


def least(quantity: Parameter) -> float:
    """Return the smallest possible value (minus infinity for a normal)."""
    match quantity:
        case Normal():
            return quantity.mean if quantity.sd == 0 else -np.inf
        case HalfNormal() | LogNormal():
            return 0.0
        case Uniform():
            return quantity.low
        case Choice() | Draws():
            return min(quantity.values)
        case _:
            return float(quantity)


def greatest(quantity: Parameter) -> float:
    """Return the largest possible value (infinity where there is none)."""
    match quantity:
        case Normal():
            return quantity.mean if quantity.sd == 0 else np.inf
        case HalfNormal():
            return np.inf if quantity.scale > 0 else 0.0
        case LogNormal():
            return np.inf if quantity.log_sd > 0 else quantity.median
        case Uniform():
            return quantity.high
        case Choice() | Draws():
            return max(quantity.values)
        case _:
            return float(quantity)


def in_every_draw(*parameters: float | Draws) -> list[tuple[float, ...]]:
    """Return the values of parameters of one table in each of its draws; fixed ones repeated."""
    n = max((len(item.values) for item in parameters if isinstance(item, Draws)), default=1)
    columns = [
        item.values if isinstance(item, Draws) else (float(item),) * n for item in parameters
    ]
    return list(zip(*columns, strict=True)) if columns else [()]
