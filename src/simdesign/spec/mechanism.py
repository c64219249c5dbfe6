"""Description of the exact engine that also asks by which mechanism a break came.

docs/mechanisms.md has the model. Every number here is an assumption of the analysis, not of a
world: what an analyst would have to say beforehand.
"""

import math
from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from simdesign.spec.base import Spec
from simdesign.spec.breaks import GeneralBreakModel

MECHANISM_CLASSES = ("more_users", "heavier_use", "dose_or_purity")
"""What an analysis can ask about. Larger doses of everybody and a higher purity are one class: to
load data they are the same."""
CANNOT_BE_TOLD = "cannot be told"
"""A decision, never a hypothesis."""
StreamKind = Literal["purity", "survey"]

WEEK_SD = {"cocaine": 0.02, "MDMA": 0.0425, "amphetamine": 0.025, "methamphetamine": 0.05}
"""SD of what all towns share on one weekday of one campaign [1]: a quarter of the scale of the
default prior of ``sigma_shared``, assumed. A swing of four weeks' memory moves that much within
a week."""


class MechanismMass(Spec):
    """Prior probabilities of the classes of mechanisms, given a break; they add up to 1."""

    more_users: Annotated[float, Field(ge=0, le=1)] = 1 / 3
    heavier_use: Annotated[float, Field(ge=0, le=1)] = 1 / 3
    dose_or_purity: Annotated[float, Field(ge=0, le=1)] = 1 / 3

    @model_validator(mode="after")
    def _adds_up(self) -> "MechanismMass":
        if not math.isclose(sum(self.values), 1.0, abs_tol=1e-9):
            raise ValueError("more_users, heavier_use and dose_or_purity must add up to 1")
        return self

    @property
    def values(self) -> tuple[float, float, float]:
        """In the order of ``MECHANISM_CLASSES``."""
        return self.more_users, self.heavier_use, self.dose_or_purity


class TracePrior(Spec):
    """What is uncertain about the trace of a mechanism (docs/mechanisms.md, section 3)."""

    draws: Annotated[int, Field(ge=20, le=1000)] = 24
    """Equally probable traces of each mechanism."""
    seed: Annotated[int, Field(ge=0, lt=2**63)] = 1
    """Of the draws."""
    share_concentration: Annotated[float, Field(gt=0)] = 30.0
    """Of the Dirichlet distribution of the classes' mass shares around the catalogue's [1]."""
    weekday_sd: Annotated[float, Field(ge=0)] = 0.15
    """SD of the log of every weekday weight of a class around the catalogue's [1]."""
    own_class: Annotated[float, Field(gt=0, lt=1)] = 0.5
    """Expected share of a rise that is of its typical class alone, light for more users and heavy
    for heavier use; the rest divides over the classes as all use does [1]."""
    own_concentration: Annotated[float, Field(gt=0)] = 1.0
    """Of its Beta distribution [1]; below 2 it is mostly the one or mostly the other."""
    people_sd: Annotated[float, Field(ge=0)] = 0.5
    """SD of the log of a class's users per unit of load [1]: what a survey sees of it."""
    purity_share: Annotated[float, Field(gt=0, lt=1)] = 0.5
    """Expected share of purity in a rise by dose or purity [1]."""
    purity_concentration: Annotated[float, Field(gt=0)] = 1.0
    """Of its Beta distribution [1]."""


class StreamModel(Spec):
    """How the log of an extra series moves by itself."""

    drift_sd: Annotated[float, Field(gt=0)]
    """SD of its drift [1/year]."""
    walk_sd: Annotated[float, Field(ge=0)]
    """Its random walk [1/sqrt(year)]."""


class ExactMechanism(GeneralBreakModel):
    """The exact engine for a national break, and by which mechanism it came."""

    kind: Literal["exact_mechanism"] = "exact_mechanism"
    mechanisms: MechanismMass = MechanismMass()
    traces: TracePrior = TracePrior()
    limit: Annotated[float, Field(gt=0.5, le=1)] = 0.8
    """Least posterior probability, given a break, with which a mechanism is named."""
    weekdays: bool = True
    """Use the weekdays of the loads."""
    profile_sd: Annotated[float, Field(gt=0)] = 0.5
    """SD of the log weekday profile around the plugged-in one [1]: only its change informs."""
    week_sd: Annotated[float, Field(ge=0)] | None = None
    """Plugged in: SD of what all towns share on one weekday of one campaign [1]; None takes the
    substance's."""
    streams: tuple[StreamKind, ...] = ("purity", "survey")
    """Extra series that are used where there are any."""
    purity: StreamModel = StreamModel(drift_sd=0.03, walk_sd=0.03)
    survey: StreamModel = StreamModel(drift_sd=0.05, walk_sd=0.04)

    @model_validator(mode="after")
    def _each_stream_once(self) -> "ExactMechanism":
        if len(set(self.streams)) < len(self.streams):
            raise ValueError(f"streams must differ, got {', '.join(self.streams)}")
        return self

    def stream_model(self, kind: StreamKind) -> StreamModel:
        """Return how a series of this kind moves by itself."""
        return self.purity if kind == "purity" else self.survey

    @property
    def break_fields(self) -> dict[str, Any]:
        """Fields of the break model alone: an ``ExactBreak`` with them is this one's engine."""
        return {name: getattr(self, name) for name in GeneralBreakModel.model_fields}
