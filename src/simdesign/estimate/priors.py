"""Priors of the world model: every hyperparameter, its family and its numbers.

They are the same for all substances, and none of them was taken from the measurements that the
model is meant for. docs/estimating.md gives reasons.
"""

from dataclasses import dataclass, replace
from enum import IntEnum

import numpy as np

from simdesign.errors import SpecError
from simdesign.records import Floats


class Family(IntEnum):
    """How a hyperparameter follows from its coordinate x."""

    HALF_NORMAL = 0
    """scale exp(x), with the density of |N(0, scale^2)|."""
    LOG_NORMAL = 1
    """scale exp(spread x), x ~ N(0, 1)."""
    NORMAL = 2
    """scale + spread x, x ~ N(0, 1)."""
    LOGIT_NORMAL = 3
    """1 / (1 + exp(-scale - spread x)), x ~ N(0, 1)."""


@dataclass(frozen=True, slots=True)
class Prior:
    """Prior of one hyperparameter."""

    name: str
    family: Family
    scale: float
    spread: float
    unit: str
    meaning: str


_HALF, _LOG, _NORMAL, _LOGIT = Family

PRIORS = (
    Prior("sigma_shared", _HALF, 0.20, 0.0, "1", "error shared by a country's campaign"),
    Prior("sigma_rw", _HALF, 0.15, 0.0, "1/sqrt(year)", "national random walk"),
    Prior("sigma_rw_site", _HALF, 0.20, 0.0, "1/sqrt(year)", "city random walk"),
    Prior("sigma_site", _LOG, 0.20, 0.7, "1", "city-week error beyond day noise"),
    Prior("day_scale", _LOG, 0.20, 0.7, "1", "SD of an ordinary day of a large city"),
    Prior("spread_shared", _HALF, 0.5, 0.0, "1", "log-SD of sigma_shared between countries"),
    Prior("spread_rw", _HALF, 0.5, 0.0, "1", "log-SD of sigma_rw between countries"),
    Prior("spread_rw_site", _HALF, 0.5, 0.0, "1", "log-SD of sigma_rw_site between countries"),
    Prior("spread_site", _HALF, 0.5, 0.0, "1", "log-SD of sigma_site between countries"),
    Prior("spread_day", _HALF, 0.5, 0.0, "1", "log-SD of day_scale between countries"),
    Prior("drift", _NORMAL, 0.0, 0.15, "1/year", "mean drift over countries"),
    Prior("drift_country", _HALF, 0.10, 0.0, "1/year", "SD of drift between countries"),
    Prior("drift_site", _HALF, 0.10, 0.0, "1/year", "SD of drift between cities of a country"),
    Prior("count", _HALF, 0.10, 0.0, "g/d", "c of the day variance a + c / residue"),
    Prior("day_site", _HALF, 0.5, 0.0, "1", "log-SD of day_scale between cities of a country"),
    Prior("weekday_country", _HALF, 0.20, 0.0, "1", "SD of weekday effects between countries"),
    Prior("weekday_site", _HALF, 0.20, 0.0, "1", "SD of weekday effects between cities"),
    Prior("day_rho", _LOGIT, -0.6, 0.8, "1", "lag-1 correlation of day noise"),
    Prior("odd_share", _LOGIT, -3.0, 1.0, "1", "share of odd days"),
    Prior("odd_country", _HALF, 1.0, 0.0, "1", "SD of the logit of odd_share between countries"),
    Prior("odd_excess", _LOG, 2.0, 0.5, "1", "SD of an odd day over an ordinary one, minus 1"),
    Prior("era_day", _LOG, 1.0, 1.0, "1", "factor on day_scale in the noisy era"),
    Prior("era_site", _HALF, 0.30, 0.0, "1", "city-week error added in the noisy era"),
    Prior("era_shared", _HALF, 0.30, 0.0, "1", "shared error added in the noisy era"),
)
"""In the order of the model's vector of hyperparameters."""

NAMES = tuple(item.name for item in PRIORS)
POOLED = ("shared", "rw", "rw_site", "site", "day")
"""Scales that every country has for itself, in the order of their columns."""
LEVEL_SD = 1.5
"""SD of a city's level around its median load, known beforehand to an order of magnitude [1]."""
WEEKDAY_SD = 0.5
"""SD of the mean weekday effects [1]."""


def scaled(**factor: float) -> tuple[Prior, ...]:
    """Return the priors with the scales of some half-normals multiplied.

    Raises
    ------
    SpecError
        A name that is not a half-normal's, or a factor that is not above zero.
    """
    known = [item.name for item in PRIORS if item.family is Family.HALF_NORMAL]
    for name, value in factor.items():
        if name not in known:
            raise SpecError("prior", name, f"must be one of {', '.join(known)}")
        if not value > 0.0:
            raise SpecError(f"prior.{name}", value, "must be multiplied by a number above 0")
    return tuple(replace(item, scale=item.scale * factor.get(item.name, 1.0)) for item in PRIORS)


def prior_draws(priors: tuple[Prior, ...], n: int, rng: np.random.Generator) -> dict[str, Floats]:
    """Return draws of every hyperparameter, shape (n,) each."""
    x = rng.standard_normal((len(priors), n))
    found = {}
    for item, z in zip(priors, x, strict=True):
        match item.family:
            case Family.HALF_NORMAL:
                found[item.name] = item.scale * np.abs(z)
            case Family.LOG_NORMAL:
                found[item.name] = item.scale * np.exp(item.spread * z)
            case Family.NORMAL:
                found[item.name] = item.scale + item.spread * z
            case Family.LOGIT_NORMAL:
                found[item.name] = 1.0 / (1.0 + np.exp(-item.scale - item.spread * z))
    return found
