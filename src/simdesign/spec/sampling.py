"""What goes wrong between the sampler and the report: meters, odd days, laboratories, gaps."""

import datetime as dt
from typing import Annotated, Literal

from pydantic import Field

from simdesign.spec.base import Spec

NotNegative = Annotated[float, Field(ge=0)]
Share = Annotated[float, Field(ge=0, le=1)]


class Meters(Spec):
    """Flow meters that read too high or too low for years."""

    bias_sd: NotNegative
    """SD of a meter's constant log bias [1]. It cancels in trends until it is drawn anew."""
    recalibrated: Share
    """Probability that a site's meter is recalibrated in a calendar year, once at most: from a
    day that is uniform in the year its bias is another draw [1/year]."""


class OddDays(Spec):
    """Days on which a sample is wrong for every substance: the heavy tail of day noise."""

    share: Share
    """Share of the (city, day)s [1]."""
    sd: NotNegative
    """SD of their further log error [1]. ``share * sd^2`` is part of ``day_sd^2``."""


class Missing(Spec):
    """Samples that were planned and are not there."""

    sample: Share
    """Probability that a (city, day) has none [1]."""
    site_week: Share
    """Probability that a city has none in a week [1]."""
    round: Share
    """Probability that nobody has any in a week [1]."""


class NewLaboratory(Spec):
    """From a date on samples go to another laboratory, and no analysis knows of it."""

    date: dt.date
    """First day whose samples go there."""
    sites: Literal["all"] | Annotated[tuple[str, ...], Field(min_length=1)] = "all"
    """Sites that change; the others stay where the design sends them."""


class Laboratories(Spec):
    """How laboratories differ. Which samples go where is the design's ``laboratory``."""

    bias_sd: NotNegative
    """SD of a laboratory's constant log bias, for each substance its own [1]. It cancels in
    trends as long as a site stays with its laboratory."""
    storage_loss: Annotated[float, Field(ge=0, lt=1)]
    """Share of a residue that is lost in a month of storage [1/month]."""
    change: NewLaboratory | None = None
    """A change of laboratory, or None."""
