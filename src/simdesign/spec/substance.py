"""One substance in one world: its users, its noise and its measurement."""

from typing import Annotated, Any

from pydantic import Field, field_validator, model_validator

from simdesign.errors import FieldError
from simdesign.spec.base import Spec
from simdesign.spec.carry_over import AT_ONCE, CarryOver, Week, week_of_use
from simdesign.spec.draws import RANGES, Estimate
from simdesign.spec.quantity import Draws, Parameter, greatest, least
from simdesign.spec.season import Season
from simdesign.spec.sewer import Dumping, SewerLoss
from simdesign.spec.town_mix import TownMix
from simdesign.spec.users import UseClass

Positive = Annotated[float, Field(gt=0)]


class Substance(Spec):
    """One substance in one world. Omitted values come from the catalogue."""

    estimate: Estimate | None = None
    """A table of joint draws for the parameters that are not given; in a file its name or path."""
    level: Positive
    """Reference load [mg/(1000 inh d)] at the start of the programme."""
    sigma_shared: Parameter
    """SD of what all sites of one seven-day campaign share, beyond drift, walk and season [1]."""
    lab_share: Parameter
    """Share of the *variance* sigma_shared^2 that is made in the laboratory [1]."""
    r_lab: Parameter
    """Share of the laboratory variance common to a laboratory's whole year [1]."""
    shared_weeks: Parameter
    """Correlation time of the shared swing outside the laboratory [weeks]."""
    sigma_site: Parameter
    """SD of a site-week beyond day noise [1]."""
    site_days: Positive
    """Correlation time of the city deviation [d]."""
    day_sd: Annotated[float, Field(ge=0)] | Draws
    """SD of day noise within a campaign around the weekday profile, large cities [1]."""
    day_rho: Annotated[float, Field(gt=-1, lt=1)] | Draws
    """Lag-1 autocorrelation of day noise [1]."""
    drift: Parameter
    """National drift of the log load [1/year]."""
    sigma_rw: Parameter
    """National random walk [1/sqrt(year)]."""
    sigma_rw_site: Parameter
    """City random walk around the nation [1/sqrt(year)]."""
    season_amplitude: Parameter
    """Amplitude of one annual harmonic of the log load [1]."""
    season_peak: Parameter
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
    carry_over: CarryOver | None = None
    """Excretion over the days after use; None: all on the day of use."""
    town_mix: TownMix | None = None
    """Differences between towns in who uses on which days; None: the same everywhere, up to what
    finite numbers of users make."""
    classes: Annotated[tuple[UseClass, ...], Field(min_length=1)]

    @property
    def excreted(self) -> tuple[float, ...]:
        """Shares of the residue excreted on the day of use, the day after, and so on [1]."""
        return self.carry_over.shares if self.carry_over else AT_ONCE

    @property
    def residue_scale(self) -> float:
        """Residue per use-day relative to ``residue_mg`` of the classes [1]."""
        return self.carry_over.residue_scale if self.carry_over else 1.0

    @property
    def weeks_of_use(self) -> tuple[Week, ...]:
        """Weekday factors of the *use* of every class, mean 1, Monday to Sunday [1]."""
        return tuple(week_of_use(item.weekday_factor, self.excreted) for item in self.classes)

    @property
    def drawn_jointly(self) -> dict[str, Draws]:
        """Parameters that are columns of a table of joint draws."""
        found = {name: getattr(self, name) for name in RANGES}
        return {name: item for name, item in found.items() if isinstance(item, Draws)}

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
    def _columns_are_of_one_table(self) -> "Substance":
        columns = self.drawn_jointly
        for name, item in columns.items():
            n, (other, first) = len(item.values), next(iter(columns.items()))
            if n != len(first.values):
                rule = f"must have as many draws as {other}, {len(first.values)}: they are joint"
                raise FieldError(name, n, rule)
        return self

    @model_validator(mode="after")
    def _use_gives_the_excreted_week(self) -> "Substance":
        if self.carry_over is None:
            return self
        for item, week in zip(self.classes, self.weeks_of_use, strict=True):
            if min(week) <= 0.0:
                rule = (
                    f"evens out the week of use: the weekday profile of {item.name} users would"
                    f" need a use of {min(week):.3g} times the mean on its lowest day"
                )
                raise FieldError("carry_over", list(self.excreted), rule)
            busiest = item.use_prob * item.busiest * max(week) / max(item.weekday_factor)
            if busiest >= 1.0:
                rule = (
                    f"evens out the week of use: use_prob of {item.name} users would be"
                    f" {busiest:.3g} on their busiest day, it must stay below 1"
                )
                raise FieldError("carry_over", list(self.excreted), rule)
        return self

    @model_validator(mode="after")
    def _shares_sum_to_one(self) -> "Substance":
        shares = [item.mass_share for item in self.classes]
        total = sum(shares)
        if abs(total - 1.0) > 1e-9:
            rule = f"mass shares of the use classes must sum to 1, they sum to {total:g}"
            raise FieldError("classes.mass_share", shares, rule)
        if self.purity > self.purity_ceiling:
            rule = f"must not exceed its ceiling {self.purity_ceiling:g}"
            raise FieldError("purity", self.purity, rule)
        return self
