"""Do rounds of one year differ? The pilot's question, as a rule (docs/constancy.md)."""

from typing import ClassVar

import numpy as np

from simdesign.fit.rules.national import judged
from simdesign.records import MISSING_DAY, Bools, Fit, Floats, Ints, Looks, Observations
from simdesign.spec.base import Spec
from simdesign.spec.rules import RoundSpread
from simdesign.units import date_of


class RoundSpreadEngine:
    """Largest over smallest national mean of the rounds of about a year, on the log scale.

    A round is one campaign; its national mean weighs the sites visited by population, each with
    the mean of the days that were measured. History counts: what was measured is known.
    """

    spec_type: ClassVar[type[Spec]] = RoundSpread

    def __init__(self, name: str, spec: RoundSpread) -> None:
        self.name, self.spec = name, spec

    def fit(self, observations: Observations, looks: Looks, substance: str) -> Fit:
        """Score = log of the largest over the smallest round known at the look."""
        level, last, counted = round_levels(observations, substance)
        counted = counted | self.spec.new_year
        shape = (observations.n_rep, looks.day.size)
        score = np.full(shape, np.nan)
        for k, day in enumerate(looks.day.tolist()):
            known = np.flatnonzero(counted & (last + looks.report_lag <= day))
            if known.size:
                recent = known[last[known] > last[known].max() - self.spec.window_days]
                score[:, k] = _spread(level[:, recent])
        bound = np.log1p(self.spec.bound)
        return judged(self.name, substance, score, score > bound, score)


def round_levels(observations: Observations, substance: str) -> tuple[Floats, Ints, Bools]:
    """Return the national log mean of every campaign, its last day, and if New Year is outside it.

    A day below LOQ counts with half its LOQ. Every sum runs within one replication.

    Returns
    -------
    level : ndarray of float64, shape (r, c)
        Log of mg/(1000 inh d); NaN where nothing was measured.
    last : ndarray of int64, shape (c,)
    outside : ndarray of bool, shape (c,)
        No day of the campaign is from 25 December to 7 January.
    """
    visits = observations.visits
    u = observations.substances.index(substance)
    campaigns = np.unique(visits.campaign)
    level = np.full((observations.n_rep, campaigns.size), np.nan)
    last = np.zeros(campaigns.size, dtype=np.int64)
    outside = np.zeros(campaigns.size, dtype=bool)
    for c, campaign in enumerate(campaigns.tolist()):
        mine = np.flatnonzero(visits.campaign == campaign)
        load = observations.load[:, u, mine]
        load = np.where(observations.censored[:, u, mine], 0.5 * load, load)
        present = (visits.day[mine] != MISSING_DAY)[None] & np.isfinite(load)
        n_day = present.sum(axis=2)
        week = np.where(present, load, 0.0).sum(axis=2) / np.maximum(n_day, 1)
        people = observations.population[visits.site[mine]]
        weight = np.ascontiguousarray(people * (n_day > 0))
        total = np.ascontiguousarray(weight * week).sum(axis=1)
        with np.errstate(divide="ignore", invalid="ignore"):
            found = np.log(total / weight.sum(axis=1))
        level[:, c] = np.where(np.isfinite(found), found, np.nan)
        last[c] = visits.last_day[mine].max()
        days = visits.day[mine]
        outside[c] = not any(map(_is_new_year, np.unique(days[days != MISSING_DAY]).tolist()))
    return level, last, outside


def _is_new_year(day: int) -> bool:
    date = date_of(day)
    return (date.month, date.day) >= (12, 25) or (date.month, date.day) <= (1, 7)


def _spread(level: Floats) -> Floats:
    """Return largest less smallest of the known rounds, (r,); NaN with fewer than two."""
    known = np.isfinite(level)
    high = np.where(known, level, -np.inf).max(axis=1)
    low = np.where(known, level, np.inf).min(axis=1)
    return np.asarray(np.where(known.sum(axis=1) >= 2, high - low, np.nan))
