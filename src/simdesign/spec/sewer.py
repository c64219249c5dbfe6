"""What happens to sewage between the toilet and the sampler: rain, losses, production waste."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from simdesign.spec.base import Spec

Positive = Annotated[float, Field(gt=0)]
NotNegative = Annotated[float, Field(ge=0)]
Share = Annotated[float, Field(ge=0, le=1)]
DayOfYear = Annotated[float, Field(ge=1, le=366)]
Names = Annotated[tuple[str, ...], Field(min_length=1)]

GREATEST_GAIN = 0.5
"""A residue formed in the sewer adds at most this share of what left the toilets."""
STANDARD_DUMP = 10.0
"""Waste of a day of which ``Dumping.recognised`` speaks, in reference loads of the site."""


class Rain(Spec):
    """How sewage per inhabitant varies around ``World.litres``: a dry part, and rain on top."""

    dry: Positive
    """Sewage of a day without rain [L/(inh d)]; below ``World.litres``, which is the mean."""
    cv: NotNegative
    """Coefficient of variation of a city's daily sewage, without the season [1]."""
    rho: Annotated[float, Field(ge=0, lt=1)]
    """Correlation of log rain between neighbouring days [1]."""
    shared: Share
    """Share of the variance of log rain that is the country's weather [1]."""
    season: Share
    """Amplitude of one annual harmonic, as a share of the rain part [1]."""
    season_peak: DayOfYear
    """Day of the year with most rain water in the sewer [d]."""
    capacity: Positive
    """What reaches the plant at most [L/(inh d)]: beyond it sewage overflows, with what is in it.
    A very large number never overflows."""

    @model_validator(mode="after")
    def _dry_days_pass(self) -> Self:
        if self.capacity < self.dry:
            raise ValueError(f"capacity must be at least the dry-weather flow {self.dry:g}")
        return self


class SewerLoss(Spec):
    """Share of a residue that is lost between toilet and sampler; a gain is negative."""

    share: Annotated[float, Field(ge=-GREATEST_GAIN, lt=1)]
    """Mean over the year [1]."""
    season: float
    """Amplitude of one annual harmonic of the share: warm sewers react faster. Negative where it
    is a gain that is larger then [1]."""
    season_peak: DayOfYear
    """Day of the year with the warmest sewers [d]."""

    @model_validator(mode="after")
    def _something_arrives(self) -> Self:
        low, high = self.share - abs(self.season), self.share + abs(self.season)
        if low < -GREATEST_GAIN or high >= 1.0:
            raise ValueError(
                f"season must keep the loss in [{-GREATEST_GAIN:g}, 1), it goes from {low:g}"
                f" to {high:g}"
            )
        return self


class Dumping(Spec):
    """Waste of production poured into the sewer: it is measured, and nobody used it."""

    rate: Annotated[float, Field(ge=0, le=1000)]
    """Dumps per site that has them and year [1/year]."""
    sites: Literal["all"] | Share | Names = "all"
    """Sites that have them: all, each with this probability (drawn anew in every replication),
    or the named ones."""
    low: Positive
    """Smallest size, as a multiple of the site's reference load of a day [1]."""
    high: Positive
    """Largest size; in between it is uniform on the log scale [1]."""
    days: Annotated[int, Field(strict=True, ge=1, le=28)]
    """A dump leaves over 1 to so many days in equal parts, each number equally likely [d]."""
    recognised: Share
    """Probability that waste of ten reference loads on a sampled day is recognised, and the
    laboratory withholds the substance's values of that visit; of m, 1 - (1 - recognised)^(m/10)."""

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.high < self.low:
            raise ValueError(f"high must be at least low, {self.low:g}")
        return self
