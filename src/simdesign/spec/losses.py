"""What a user loses and pays, in euro: the file of losses that weighs the options of a study.

Nothing here is a default of the project: a study simulates without it, and none was found.
"""

import math
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import pydantic
from pydantic import Field, model_validator

from simdesign.errors import FieldError, SpecError
from simdesign.spec.base import Spec, spec_error
from simdesign.spec.design import Cost, Design
from simdesign.spec.study import Study

Euro = Annotated[float, Field(ge=0)]

CHANCE_IN_TEN_YEARS = 0.5
"""P(a lasting change in ten years): that of the analysis priors (docs/engine.md)."""


class Losses(Spec):
    """What it costs to notice late, and to cry wolf."""

    missed_per_year: Annotated[float, Field(gt=0)]
    """Every year for which a lasting change goes unnoticed [euro/year]."""
    false_alarm: Annotated[float, Field(gt=0)]
    """An alarm without a change, or before it [euro]; at no loss, one would alarm at every look."""
    prob_change: Annotated[float, Field(gt=0, lt=1)] | None = None
    """P(a lasting change within the programme); None: a half in ten years, at a constant rate."""

    def chance_of_change(self, years: int) -> float:
        """Return P(a lasting change within a programme of so many years)."""
        if self.prob_change is not None:
            return self.prob_change
        return 1.0 - math.pow(1.0 - CHANCE_IN_TEN_YEARS, years / 10.0)


class Prices(Spec):
    """Unit prices [euro]; what is not given keeps its relation to a sample (``Cost``)."""

    per_sample: Annotated[float, Field(gt=0)]
    per_site_round: Euro | None = None
    per_round: Euro | None = None
    per_batch: Euro | None = None
    per_stream: Euro | None = None
    per_programme: Euro | None = None

    def of(self, cost: Cost) -> Cost:
        """Return the unit costs of a design in euro.

        Where a design has a relative unit cost of its own, a price that is given for that unit
        is multiplied by its ratio to the default.
        """
        default, found = Cost(), {}
        for name in Cost.model_fields:
            given, own, usual = (getattr(item, name) for item in (self, cost, default))
            if name == "per_sample" or given is None:
                found[name] = self.per_sample * own
            else:
                found[name] = given * own / usual if usual > 0.0 else given + self.per_sample * own
        return Cost(**found)


class LossFile(Spec):
    """A file of losses: all of its parts may be left out, and then say nothing."""

    study: str | None = None
    """Name of the study it is for; another is refused."""
    losses: Losses | None = None
    prices: Prices | None = None
    extra: dict[str, Euro] = {}
    """Design -> what it costs once on top of its units [euro]."""

    @model_validator(mode="after")
    def _extra_needs_prices(self) -> "LossFile":
        if self.extra and self.prices is None:
            name = next(iter(self.extra))
            raise FieldError(f"extra.{name}", self.extra[name], "needs unit prices: [prices]")
        return self

    def check(self, study: Study, source: str = "") -> None:
        """Refuse a file that was written for another study.

        Raises
        ------
        SpecError
        """
        if self.study is not None and self.study != study.name:
            raise SpecError("study", self.study, f"must be {study.name}, the study asked", source)
        for name in self.extra:
            if name not in study.designs:
                known = ", ".join(study.designs)
                raise SpecError(f"extra.{name}", name, f"must be a design: {known}", source)

    def priced(self, designs: Mapping[str, Design]) -> dict[str, Design]:
        """Return designs whose unit costs are in euro; ``extra`` is not among them.

        Raises
        ------
        SpecError
            Without prices.
        """
        if self.prices is None:
            raise SpecError("prices", None, "must be given")
        prices = self.prices
        return {
            name: item.model_copy(update={"cost": prices.of(item.cost)})
            for name, item in designs.items()
        }


def read_losses(path: Path) -> LossFile:
    """Read a file of losses (TOML).

    Raises
    ------
    SpecError
        With file, field, value and rule.
    """
    try:
        content: dict[str, Any] = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise SpecError("--losses", str(path), "must exist") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SpecError("--losses", str(error), "must be TOML", str(path)) from None
    except OSError as error:
        raise SpecError("--losses", error.strerror, "must be readable", str(path)) from None
    try:
        return LossFile.model_validate(content)
    except pydantic.ValidationError as error:
        raise spec_error(error, str(path)) from None
