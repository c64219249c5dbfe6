"""What an analysis takes as known about one substance's daily loads."""

from dataclasses import dataclass

import numpy as np

from simdesign.spec.catalogue import substance_values

COUNT_NOISE = {
    "cocaine": 0.044,
    "MDMA": 0.021,
    "amphetamine": 0.039,
    "methamphetamine": 0.05,
}
"""Variance of a day's log load times its residue [g/d]. European weeks 2017+, EUDA 2025 release,
gamma regression of the residual variance on 1/residue (intervals .020-.082, .014-.028, .026-.053);
methamphetamine assumed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PluggedNoise:
    """Day noise and weekday profile of one substance."""

    day_sd: float  # SD of a day in a large town [1]
    rho: float  # lag-1 correlation [1]
    count_noise: float  # [g/d]
    weekday: np.ndarray  # (7,) multipliers from Monday to Sunday, mean 1


def plugged_noise(substance: str) -> PluggedNoise:
    """Return the catalogue's day noise and the weekday profile that its classes add up to."""
    values = substance_values(substance)
    weekday = np.zeros(7)
    for item in values["classes"]:
        profile = np.asarray(item["weekday"], dtype=float)
        weekday += item["mass_share"] * profile / profile.mean()
    return PluggedNoise(
        day_sd=float(values["day_sd"]),
        rho=float(values["day_rho"]),
        count_noise=COUNT_NOISE[substance],
        weekday=weekday / weekday.mean(),
    )
