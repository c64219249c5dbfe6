"""How towns differ in who uses, and on which days."""

from typing import Annotated

from pydantic import Field

from simdesign.spec.base import Spec


class TownMix(Spec):
    """Persistent differences between towns beyond those that finite numbers of users make."""

    sd: Annotated[float, Field(ge=0)]
    """Log-SD, between towns, of the load of each class before it is scaled to the town's [1]."""
    week_sd: Annotated[float, Field(ge=0)]
    """Log-SD, between towns, of each weekday's weight, the same for all classes [1]."""
