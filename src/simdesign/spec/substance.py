"""One substance in one world: its users, its noise and its measurement."""

from typing import Annotated, Any

from pydantic import Field, field_validator, model_validator

from simdesign.spec.base import Spec
from simdesign.spec.quantity import Quantity, greatest, least
from simdesign.spec.season import Season
from simdesign.spec.sewer import Dumping, SewerLoss
from simdesign.spec.users import UseClass

Positive = Annotated[float, Field(gt=0)]


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
    season: Season | None = None
    """A second harmonic, and a peak that wanders from year to year."""
    sewer_loss: SewerLoss | None = None
    """What is lost or formed between toilet and sampler."""
    dumping: Dumping | None = None
    """Production waste in the sewer."""
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
