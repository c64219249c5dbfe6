"""Other laws than the analysis model's, from which loads can be drawn: labelled, and wrong."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Variant:
    """How the drawing differs from the model that is fitted; the default does not differ."""

    name: str = "own"
    heavy_days: bool = False
    """Days follow Student's t with four degrees of freedom, of the same variance."""
    transient_sd: float = 0.0
    """SD of a national deviation that comes and goes (Ornstein-Uhlenbeck) [1, log]."""
    transient_weeks: float = 4.0
    """Its correlation time [weeks]."""
    waste_share: float = 0.0
    """Probability that a site's day holds poured-away production waste [1]."""
    waste_mean: float = 0.0
    """Mean of its exponentially distributed size, in usual loads of the site [1]."""
    hazard_factor: float = 1.0
    """Breaks come so many times as often as the model says."""
    day_sd_factor: float = 1.0
    """Days spread so many times as much as the model says."""
    breaks_show: bool = False
    """A break also shows in the data where the model does not look for one: before the second
    campaign."""


OWN = Variant()
WRONG = (
    Variant(name="heavy_days", heavy_days=True),
    Variant(name="transients", transient_sd=0.05, transient_weeks=8.0),
    Variant(name="dumping", waste_share=0.005, waste_mean=3.0),
    Variant(name="early_breaks", breaks_show=True),
)
"""Reported, never judged: how far calibration goes when the world is not the model."""
BROKEN = (
    Variant(name="hazard_threefold", hazard_factor=3.0),
    Variant(name="days_twofold", day_sd_factor=2.0),
)
"""Mistakes that the check must catch, also at its small size (docs/model_check.md)."""
