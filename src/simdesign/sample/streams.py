"""What purity tests and surveys show of a truth: the extra series that a design buys.

A number belongs to (series, substance, replication, calendar year) and has its luck from there:
it is the same whatever else a design samples, whichever designs a study has, and whether purity
is reported by the year or by the quarter.
"""

import datetime as dt
import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from scipy import stats

from simdesign.records import Floats, Ints, Stream, Truth
from simdesign.seeds import Purpose, stream
from simdesign.spec.quantity import draw
from simdesign.spec.streams import PuritySeries, SurveySeries, streams_or_default
from simdesign.spec.study import Programme
from simdesign.spec.world import World
from simdesign.units import DAYS_PER_YEAR, date_of, day_of

QUARTERS = 4
"""Normals that a year of purity tests takes, whether it is reported as one or as four."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Periods:
    """Whole periods of calendar years, in order."""

    year: Ints  # (n,) calendar year
    first: Ints  # (n,) first day
    stop: Ints  # (n,) day after the last

    @property
    def middle(self) -> Ints:
        """Return the day in the middle of each period, shape (n,)."""
        return (self.first + self.stop - 1) // 2

    def mean(self, series: Floats, first_day: int) -> Floats:
        """Return the mean of a daily series over each period, shape (n,)."""
        pairs = zip(self.first - first_day, self.stop - first_day, strict=True)
        return np.array([series[i:j].mean() for i, j in pairs])


def _periods(since: int, end: int, per_year: int) -> _Periods:
    """Return the periods that lie wholly within ``[since, end)``."""
    months = range(1, 13, 12 // per_year)
    years = range(date_of(since).year, date_of(end).year + 1)
    starts = [(year, day_of(dt.date(year, month, 1))) for year in years for month in months]
    starts.append((years[-1] + 1, day_of(dt.date(years[-1] + 1, 1, 1))))
    whole = [
        (year, first, stop)
        for (year, first), (_, stop) in pairwise(starts)
        if first >= since and stop <= end
    ]
    year, first, stop = np.array(whole, dtype=np.int64).reshape(-1, 3).T
    return _Periods(year=year, first=first, stop=stop)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Purity:
    """Mean purity of the samples tested in every period."""

    spec: PuritySeries
    substance: str
    periods: _Periods
    seed: int
    group: str

    def draw(self, truth: Truth, replication: int) -> Stream:
        """Return the mean over the period plus the error of a mean of so many samples."""
        real = self.periods.mean(_row(truth.purity, truth, self.substance), truth.first_day)
        error = self.spec.sample_sd / math.sqrt(self.spec.samples / self.spec.per_year)
        value = np.minimum(np.maximum(real + error * self._normals(replication), 0.0), 1.0)
        return self.record(value, np.full(value.shape, error))

    def _normals(self, replication: int) -> Floats:
        """Return a standard normal for every period; a year's is that of its quarters' mean."""
        years, first = np.unique(self.periods.year, return_index=True)
        z = np.zeros(self.periods.year.shape)
        for year, i in zip(years, first, strict=True):
            rng = stream(
                self.seed, Purpose.STREAM, self.group, replication=replication, year=int(year)
            )
            four = rng.standard_normal(QUARTERS)
            n = int((self.periods.year == year).sum())
            if self.spec.per_year == 1:
                z[i] = four.sum() / math.sqrt(QUARTERS)
            else:  # the first year may begin with a later quarter
                months = [date_of(day).month for day in self.periods.first[i : i + n]]
                z[i : i + n] = four[[(month - 1) // 3 for month in months]]
        return z

    def record(self, value: Floats, error: Floats) -> Stream:
        """Return the record of a series."""
        return _record("purity", self.periods, self.spec.report_lag, value, error)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Survey:
    """Reported last-year prevalence in every year with a survey."""

    spec: SurveySeries
    substance: str
    periods: _Periods
    seed: int
    group: str
    start: int  # first day of the programme

    def draw(self, truth: Truth, replication: int) -> Stream:
        """Return shares of an effective number of respondents, with the bias of response."""
        users = self.periods.mean(_row(truth.users, truth, self.substance), truth.first_day)
        rng = stream(self.seed, Purpose.STREAM, self.group, replication=replication)
        bias, drift = draw(self.spec.bias, rng), draw(self.spec.bias_drift, rng)
        since = (self.periods.middle - self.start) / DAYS_PER_YEAR
        share = [
            min(self.spec.prevalence * float(many) * math.exp(bias + drift * float(years)), 1.0)
            for many, years in zip(users, since, strict=True)
        ]
        luck = [
            stream(
                self.seed, Purpose.STREAM, self.group, replication=replication, year=int(year)
            ).random()
            for year in self.periods.year
        ]
        n = max(round(self.spec.respondents / self.spec.design_effect), 1)
        # The quantile of one uniform: more users never give fewer positive answers.
        positive = np.asarray(stats.binom.ppf(luck, n, share))
        smooth = (positive + 0.5) / (n + 1.0)  # an error also where nobody says yes
        return self.record(positive / n, np.sqrt(smooth * (1.0 - smooth) / n))

    def record(self, value: Floats, error: Floats) -> Stream:
        """Return the record of a series."""
        return _record("survey", self.periods, self.spec.report_lag, value, error)


class BoughtStreams:
    """The extra series that one design buys in one scenario; prepared once.

    Parameters
    ----------
    world : World
    programme : Programme
    kinds : sequence of str
        ``Design.streams``: ``purity``, ``survey`` or both; a series for every substance.
    since : int
        First day of what the design looks at: the programme's start, or that of its history.
        Periods that begin earlier or end after the programme are left out.
    seed : int
        Study seed.
    luck : str
        Luck group, ``Scenario.luck``.
    """

    def __init__(
        self,
        world: World,
        programme: Programme,
        kinds: Sequence[str],
        *,
        since: int,
        seed: int,
        luck: str,
    ) -> None:
        self._series: dict[str, _Purity | _Survey] = {}
        specs = streams_or_default(world.streams)
        start, end = programme.start_day, programme.end_day
        for kind in kinds:
            for name in world.substances:
                key, group = f"{kind}/{name}", f"{luck}/{kind}/{name}"
                if kind == "purity":
                    purity = specs[name].purity
                    self._series[key] = _Purity(
                        spec=purity, substance=name, seed=seed, group=group,
                        periods=_periods(since, end, purity.per_year),
                    )  # fmt: skip
                else:
                    survey = specs[name].survey
                    years = _periods(since, end, 1)
                    held = (years.year - programme.start.year - survey.offset) % survey.every == 0
                    self._series[key] = _Survey(
                        spec=survey, substance=name, seed=seed, group=group, start=start,
                        periods=_Periods(
                            year=years.year[held], first=years.first[held], stop=years.stop[held]
                        ),
                    )  # fmt: skip

    def draw(self, truth: Truth, replication: int) -> dict[str, Stream]:
        """Return the series of one replication by ``kind/substance``."""
        return {name: item.draw(truth, replication) for name, item in self._series.items()}

    def unknown(self) -> dict[str, Stream]:
        """Return the same series without values, for a replication whose world failed."""
        return {
            name: item.record(*np.full((2, item.periods.year.size), np.nan))
            for name, item in self._series.items()
        }


def _row(array: Floats, truth: Truth, substance: str) -> Floats:
    return np.asarray(array[truth.substances.index(substance)])


def _record(kind: str, periods: _Periods, lag: int, value: Floats, error: Floats) -> Stream:
    return Stream(
        kind=kind,
        day=periods.middle,
        value=value,
        standard_error=error,
        reported_day=periods.stop - 1 + lag,
    )
