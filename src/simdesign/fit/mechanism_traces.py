"""Draws of the uncertain trace of each mechanism: what it does to weekdays, surveys and purity.

Classes of users as in the catalogue, with their spread from the description (docs/mechanisms.md,
section 3). Every draw has an address, so that more draws leave the first ones as they are.
"""

import math
from dataclasses import dataclass

import numpy as np

from simdesign.records import Floats, Ints
from simdesign.seeds import Purpose, stream
from simdesign.spec.catalogue import substance_values
from simdesign.spec.mechanism import MECHANISM_CLASSES, TracePrior
from simdesign.units import grams

TYPICAL = {"more_users": "light", "heavier_use": "heavy"}
"""The class that a mechanism's rise may be of alone; dose or purity is everybody's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TraceDraws:
    """Equally probable draws, those of the first mechanism first; per unit of the log load."""

    mechanism: Ints  # (t,) index into ``MECHANISM_CLASSES``
    column: Floats  # (t, 7) change of the log load from Monday to Sunday [1]
    purity: Floats  # (t,) change of the log of a purity series [1]
    survey: Floats  # (t,) change of the log of a prevalence series [1]

    def series(self, kind: str) -> Floats:
        """Return what a change does to the log of a series of this kind, (t,)."""
        return self.purity if kind == "purity" else self.survey


def trace_draws(prior: TracePrior, substance: str) -> TraceDraws:
    """Return the draws of one substance."""
    draws = [_draw(prior, substance, number) for number in range(prior.draws)]
    size = len(MECHANISM_CLASSES)
    flat = [draw[m] for m in range(size) for draw in draws]
    return TraceDraws(
        mechanism=np.repeat(np.arange(size), prior.draws),
        column=np.array([item[0] for item in flat]),
        purity=np.array([item[1] for item in flat]),
        survey=np.array([item[2] for item in flat]),
    )


def _draw(
    prior: TracePrior, substance: str, number: int
) -> tuple[tuple[list[float], float, float], ...]:
    """Return weekday column, purity and survey of every mechanism in one draw."""
    classes = substance_values(substance)["classes"]
    rng = stream(prior.seed, Purpose.FIT, f"mechanism/{substance}", replication=number)
    week = [
        _week([x * math.exp(prior.weekday_sd * z) for x, z in _with_normals(item["weekday"], rng)])
        for item in classes
    ]
    people = [
        math.exp(prior.people_sd * float(z)) / (item["use_prob"] * grams(item["residue_mg"]))
        for item, z in zip(classes, rng.standard_normal(len(classes)), strict=True)
    ]
    share = _dirichlet([prior.share_concentration * item["mass_share"] for item in classes], rng)
    before = [_mix(share, [week[k][d] for k in range(len(classes))]) for d in range(7)]
    found = {}
    for mechanism in ("more_users", "heavier_use"):
        own, _ = _beta(prior.own_class, prior.own_concentration, rng)
        rise = [
            (1.0 - own) * part + own * float(item["name"] == TYPICAL[mechanism])
            for part, item in zip(share, classes, strict=True)
        ]
        column = [
            _mix(rise, [week[k][d] for k in range(len(classes))]) / before[d] for d in range(7)
        ]
        more = mechanism == "more_users"
        found[mechanism] = (column, 0.0, _mix(rise, people) / _mix(share, people) if more else 0.0)
    purity, _ = _beta(prior.purity_share, prior.purity_concentration, rng)
    found["dose_or_purity"] = ([1.0] * 7, purity, 0.0)
    return tuple(found[name] for name in MECHANISM_CLASSES)


def _with_normals(weights: list[float], rng: np.random.Generator) -> list[tuple[float, float]]:
    return list(zip(weights, rng.standard_normal(len(weights)).tolist(), strict=True))


def _week(weights: list[float]) -> list[float]:
    """Return weekday factors of mean 1."""
    mean = math.fsum(weights) / len(weights)
    return [x / mean for x in weights]


def _mix(share: list[float], value: list[float]) -> float:
    return math.fsum(a * b for a, b in zip(share, value, strict=True))


def _beta(mean: float, concentration: float, rng: np.random.Generator) -> tuple[float, float]:
    """Return a share and what it leaves."""
    share, rest = _dirichlet([concentration * mean, concentration * (1.0 - mean)], rng)
    return share, rest


def _dirichlet(concentration: list[float], rng: np.random.Generator) -> list[float]:
    """Return shares that add up to 1, from one gamma each; all alike is the expectation."""
    gammas = [float(rng.standard_gamma(a)) if a > 0.0 else 0.0 for a in concentration]
    total = math.fsum(gammas)
    if not total > 0.0:  # all underflowed: only with concentrations of a thousandth
        gammas, total = concentration, math.fsum(concentration)
    return [x / total for x in gammas]
