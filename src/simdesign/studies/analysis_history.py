"""One series through time: its weeks, its trend level, and what was known when."""

import math
from dataclasses import dataclass, replace

import numpy as np

from simdesign.fit import BreakPosterior, build
from simdesign.records import MISSING_DAY, Floats, Ints, Looks, Observations, Status
from simdesign.spec.estimator import EudaRule, Exact
from simdesign.studies.analysis_rule import YearOnYear, every_year

WIDE = 1.959964
"""Half-width of a 95 % band in standard deviations."""


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """What a figure of one series shows; ``j`` is a campaign, in order."""

    day: Floats  # (j,) mean day of the campaign
    year: Ints  # (j,)
    is_index: bool  # of a panel: the trend of the first campaign is 100; else mg/(1000 inh d)
    mean: Floats  # (j,) weekly mean; of a panel the geometric mean of its cities' indices
    cities: tuple[tuple[float, float], ...]  # of a panel: day and index of every city-week
    level: Floats  # (j,) trend level in the same unit; NaN where there is none
    low: Floats  # (j,) 95 % band of the change since the first campaign
    high: Floats  # (j,)
    interval: Floats  # (j,) P(a break between the campaign before and this one)
    known: Floats  # (j,) P(break) with the data up to this campaign
    rule: tuple[YearOnYear, ...]  # of all neighbouring years

    @property
    def change(self) -> tuple[float, float, float]:
        """Trend level of the last campaign over that of the first, less one, and its interval."""
        there = np.flatnonzero(~np.isnan(self.level))
        if there.size < 2:
            return math.nan, math.nan, math.nan
        first = self.level[there[0]]
        last = there[-1]
        return tuple(float(x[last] / first - 1.0) for x in (self.level, self.low, self.high))  # type: ignore[return-value]

    def verdict_of(self, year: int) -> YearOnYear | None:
        """Return what the rule said when this year was compared with the one before."""
        return next((item for item in self.rule if item.after == year), None)


def history(
    spec: Exact, observations: Observations, looks: Looks, substance: str,
    posterior: BreakPosterior, *, is_index: bool,
) -> History:  # fmt: skip
    """Return one series through time."""
    visits = observations.visits
    campaigns = np.unique(visits.campaign)
    real = visits.day != MISSING_DAY
    middle = np.array(
        [visits.day[(visits.campaign == c)[:, None] & real].mean() for c in campaigns]
    )
    last = np.array([visits.day[(visits.campaign == c)[:, None] & real].max() for c in campaigns])
    year = np.array([visits.year[visits.campaign == c][0] for c in campaigns], dtype=np.int64)
    path, sd = _path(posterior, middle)
    usable = posterior.status == Status.OK
    weeks = _log_weeks(observations, campaigns)  # (s, j)
    against = weeks - np.where(np.isnan(path), 0.0 if not usable else np.nan, path)
    offset = np.array([_mean(row) for row in against])
    cities: tuple[tuple[float, float], ...] = ()
    if is_index:
        index = 100.0 * np.exp(weeks - offset[:, None])
        mean = np.array([math.exp(_mean(np.log(column))) for column in index.T])
        cities = tuple(
            (float(middle[j]), float(index[s, j]))
            for s, j in np.argwhere(~np.isnan(index)).tolist()
        )
        scale = 100.0
    else:
        mean, scale = np.exp(weeks[0]), math.exp(offset[0])
    known = build("exact", spec).fit(observations, replace(looks, day=last), substance)
    return History(
        day=middle,
        year=year,
        is_index=is_index,
        mean=mean,
        cities=cities,
        level=scale * np.exp(path),
        low=scale * np.exp(path - WIDE * sd),
        high=scale * np.exp(path + WIDE * sd),
        interval=_intervals(posterior, middle),
        known=known.prob_break[0],
        rule=every_year(observations, EudaRule().threshold),
    )


def _path(posterior: BreakPosterior, middle: Floats) -> tuple[Floats, Floats]:
    """Return the trend level of every campaign and its SD; NaN where the engine left it out."""
    path, sd = np.full(middle.size, np.nan), np.full(middle.size, np.nan)
    if posterior.status == Status.OK:
        for day, value, error in zip(
            posterior.path_day, posterior.path_mean, posterior.path_sd, strict=True
        ):
            j = int(np.argmin(np.abs(middle - day)))
            path[j], sd[j] = value, error
    return path, sd


def _intervals(posterior: BreakPosterior, middle: Floats) -> Floats:
    """Return the probability of a break since the campaign before, NaN where none is admitted."""
    out = np.full(middle.size, np.nan)
    if posterior.status == Status.OK:
        for end, prob in zip(posterior.interval_end, posterior.prob_interval, strict=True):
            out[int(np.argmin(np.abs(middle - float(end))))] = prob
    return out


def _log_weeks(observations: Observations, campaigns: Ints) -> Floats:
    """Return the log of every site's mean load in every campaign, (s, j); NaN = not measured."""
    visits = observations.visits
    load = np.where(observations.censored[0, 0], 0.5, 1.0) * observations.load[0, 0]
    out = np.full((len(observations.sites), campaigns.size), np.nan)
    for v in range(visits.n_visit):
        here = load[v][~np.isnan(load[v])]
        if here.size:
            j = int(np.searchsorted(campaigns, visits.campaign[v]))
            out[visits.site[v], j] = math.log(here.mean())
    return out


def _mean(values: Floats) -> float:
    there = values[~np.isnan(values)]
    return float(there.mean()) if there.size else math.nan
