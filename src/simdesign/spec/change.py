"""What changes in a world, and by which mechanism."""

from typing import Annotated, Literal

from pydantic import Field

from simdesign.spec.base import Spec
from simdesign.spec.quantity import Quantity, Uniform

OwnMechanism = Annotated[str, Field(pattern=r"^[\w.]+:\w+$")]
"""A user's own, named ``package.module:Name``; ``simulate.Regime`` says what it returns."""
Mechanism = Literal["more_users", "heavier_use", "higher_purity"] | OwnMechanism


class NoChange(Spec):
    """Nothing breaks: the null."""

    kind: Literal["none"] = "none"


class LevelShift(Spec):
    """The expected load changes by a constant factor from the break day on."""

    kind: Literal["level_shift"] = "level_shift"
    size: Quantity = 0.2
    """Relative change of the expected load: 0.2 is +20 %, -0.2 is -20 %. Above -1."""
    mechanism: Mechanism = "more_users"
    at: Quantity = Uniform(low=2.0, high=7.0)
    """Years from the start of the programme to the break; [2, 7) is programme years 3 to 7."""
    where: Literal["national"] | Annotated[tuple[str, ...], Field(min_length=1)] = "national"
    """The whole country, or the sites that change."""


Change = Annotated[NoChange | LevelShift, Field(discriminator="kind")]
