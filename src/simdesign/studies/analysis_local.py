"""Cities against the nation in a real file: in this city, and somewhere among them."""

import math
from dataclasses import dataclass

import numpy as np

from simdesign.fit import local_breaks, searched
from simdesign.records import Looks, Observations, Status
from simdesign.spec.estimator import ExactLocal
from simdesign.units import DAYS_PER_YEAR

FEW_OTHERS = 5
"""With fewer other cities the nation is too poorly known beside one city (docs/local.md, 5)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LocalAnswer:
    """One city against the nation, which the other cities of the file stand for."""

    status: Status
    n_others: int
    prior_prob: float
    prob_break: float  # of a city that was asked about alone: "in this city"
    prob_searched: float  # of this city, as one of all that were searched
    effect: tuple[float, float, float]  # on the city's own level: mean, low, high [1, log]


@dataclass(frozen=True, slots=True, kw_only=True)
class Somewhere:
    """All cities together: whether one of them has broken away from the others."""

    n_cities: int
    prior_prob: float
    prob_break: float
    likely_city: str


def local_answers(
    observations: Observations, looks: Looks, substance: str
) -> tuple[dict[str, LocalAnswer], Somewhere | None]:
    """Return the answer of every city and of all together; None where no city can be fitted.

    Parameters
    ----------
    observations : Observations
        Cities with two campaigns or more.
    looks : Looks
        One look.
    substance : str
    """
    spec = ExactLocal()
    found = local_breaks(spec, observations, looks, substance)
    span = float(looks.day[-1] - looks.origin_day) / DAYS_PER_YEAR
    prior = 1.0 - math.exp(-spec.hazard * span)
    served = found.status[:, 0, -1] == Status.OK
    at = np.flatnonzero(served)
    each = np.full(served.size, math.nan)
    somewhere = None
    if at.size and 0.0 < prior < 1.0:
        total, each[at] = searched(found.score[at, 0, -1], prior)
        somewhere = Somewhere(
            n_cities=at.size,
            prior_prob=prior,
            prob_break=float(total),
            likely_city=found.sites[int(found.largest[0, -1])],
        )
    effect = [found.columns[name][:, 0, -1] for name in ("effect", "effect_low", "effect_high")]
    answers = {
        site: LocalAnswer(
            status=Status(int(found.status[s, 0, -1])),
            n_others=len(found.sites) - 1,
            prior_prob=prior,
            prob_break=float(found.prob_break[s, 0, -1]),
            prob_searched=float(each[s]),
            effect=(float(effect[0][s]), float(effect[1][s]), float(effect[2][s])),
        )
        for s, site in enumerate(found.sites)
    }
    return answers, somewhere
