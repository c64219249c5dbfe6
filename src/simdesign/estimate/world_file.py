"""Posterior draws -> the world section of a study."""

from collections.abc import Mapping

import numpy as np
from pydantic import ValidationError

from simdesign.errors import SpecError
from simdesign.estimate.posterior import DAY_NAMES, Posterior, world_columns
from simdesign.records import Floats
from simdesign.spec.catalogue import substance_values
from simdesign.spec.world import World

DRAWN = ("sigma_shared", "sigma_rw", "sigma_site", "sigma_rw_site", "drift")
"""Fields of a substance that may be distributions."""
N_QUANTILE = 40
LEAST_FACTOR = 0.05
"""Of the use of a class on its quietest day [1]."""


def level_of(posterior: Posterior) -> float:
    """Return the population-weighted load of the country's last year [mg/(1000 inh d)]."""
    weeks = posterior.weeks
    own = weeks.country == 0
    last = own & (weeks.year == weeks.year[own].max())
    level = np.exp(np.median(posterior.week_level[:, last], axis=0))
    return float(np.average(level, weights=weeks.population[weeks.site[last]]))


def substance_section(posterior: Posterior) -> dict[str, object]:
    """Return the fields of a substance that were estimated.

    A field that may be a distribution is a choice of its posterior's 40 evenly spaced quantiles:
    the margins are kept and their dependence is not, which stays in the draws file. The others are
    medians. Weekday profiles of the use classes keep the catalogue's contrasts and together make
    the estimated profile.
    """
    columns = world_columns(posterior)
    place = (np.arange(N_QUANTILE) + 0.5) / N_QUANTILE
    found: dict[str, object] = {"level": _short(level_of(posterior))}
    for name in DRAWN:
        values = [_short(float(v)) for v in np.quantile(columns[name], place)]
        found[name] = {"dist": "choice", "values": values}
    for name in ("day_sd", "day_rho"):
        found[name] = _short(float(np.median(columns[name])))
    week = np.array([np.median(columns[f"weekday_{day}"]) for day in DAY_NAMES])
    return found | {"classes": classes_of_week(posterior.weeks.substance, week / week.mean())}


def world_section(posteriors: Mapping[str, Posterior]) -> dict[str, object]:
    """Return a ``world`` table of a study file; it is validated before it is returned.

    Raises
    ------
    SpecError
        The medians make no world, as where day noise has no room for the measuring errors.
    """
    section: dict[str, object] = {
        "substances": {name: substance_section(item) for name, item in posteriors.items()}
    }
    try:
        World.model_validate(section)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in ("world", *first["loc"]))
        rule = f"does not make a world of its draws, which are written: {first['msg']}"
        value = first["input"] if isinstance(first["input"], int | float | str) else "these medians"
        raise SpecError(place, value, rule) from None
    return section


def classes_of_week(substance: str, week: Floats) -> list[dict[str, object]]:
    """Return the catalogue's classes with weekday factors that together make a profile.

    A strong profile can ask for less than nothing of a class with a large contrast: then all
    contrasts come nearer to 1, which leaves their sum as it is, until no factor is below
    `LEAST_FACTOR` or, where the profile itself is lower, its least.
    """
    classes = [dict(item) for item in substance_values(substance)["classes"]]
    old = sum(item["mass_share"] * np.array(item["weekday"]) for item in classes)
    direction = (old - 1.0) / ((old - 1.0) ** 2).sum()
    contrast = np.array([(np.array(item["weekday"]) - 1.0) @ direction for item in classes])
    lowest = float(week.min()) - 1.0  # of a class with contrast 1; below 0
    room = (min(LEAST_FACTOR, float(week.min())) - 1.0) / lowest if lowest < 0.0 else np.inf
    excess = float(contrast.max()) - 1.0
    nearer = min(1.0, (room - 1.0) / excess) if excess > 0.0 else 1.0
    for item, c in zip(classes, 1.0 + nearer * (contrast - 1.0), strict=True):
        item["weekday"] = [_short(1.0 + c * (w - 1.0)) for w in week]
    return classes


def _short(value: float) -> float:
    return float(f"{value:.6g}")
