"""A file's series, one by one and together, through the exact engine: what `analyse` computes."""

import datetime as dt
import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from simdesign.data import LoadTable, laid_out_days, to_observations
from simdesign.errors import DataError
from simdesign.fit import MOST_CAMPAIGNS, BreakPosterior, LongSeries, break_posterior, long_series
from simdesign.records import MISSING_DAY, Bools, Looks, Observations, Status
from simdesign.spec.estimator import DEFAULT_PRIORS, EudaRule, Exact, ExactBreak, ExactCity
from simdesign.spec.plugged import plugged_noise
from simdesign.studies.analysis_history import History, history
from simdesign.studies.analysis_local import LocalAnswer, Somewhere, local_answers
from simdesign.studies.analysis_pymc import Sampled, sampled
from simdesign.studies.analysis_rule import YearOnYear, year_on_year
from simdesign.studies.analysis_sensitivity import series_sensitivity
from simdesign.units import DAYS_PER_YEAR, date_of, day_of, residue_g_per_day, weekday_of

NOISY = 1.5
"""Ratio of a campaign's day noise to the plugged-in one from which the campaign is named."""
NOISY_DF = 12
"""Least degrees of freedom of such a ratio: two full site-weeks."""
FEW_CAMPAIGNS = 4
"""Fewer campaigns than this leave nearly nothing to learn from: two before a break, one after."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """One city or the panel: what was measured and what follows."""

    site: str
    sites: tuple[str, ...]  # of a panel: all with two campaigns or more
    population: float
    years: tuple[int, ...]  # of the campaigns with data
    n_campaigns: int
    n_below_loq: int  # site-weeks left out because too many days lie below the LOQ
    prior_prob: float
    posterior: BreakPosterior
    likely_size: float  # posterior mean of E now [1, log] given a break in likely_interval
    several: LongSeries | None  # no, one or two breaks; None with too many campaigns
    local: LocalAnswer | None  # of a city beside others
    year_on_year: YearOnYear | None
    noisy_years: tuple[int, ...]
    prob_without_noisy: float  # NaN when there are none, or too little is left
    history: History  # the series through time
    sampled: Sampled | None = None  # by PyMC; None unless it was asked
    sensitivity: dict[str, Any] = field(default_factory=dict)  # see analysis_sensitivity.py

    @property
    def usable(self) -> bool:
        """Whether the engine gives an answer."""
        return self.posterior.status == Status.OK

    @property
    def likely_interval(self) -> tuple[int, int, float] | None:
        """First and last day of the most probable interval, and its probability."""
        if not self.usable or self.posterior.prob_interval.size == 0:
            return None
        best = int(np.argmax(self.posterior.prob_interval))
        return (
            int(self.posterior.interval_start[best]),
            int(self.posterior.interval_end[best]),
            float(self.posterior.prob_interval[best]),
        )

    @property
    def prob_recent(self) -> float:
        """P(a break in the last three years): of up to two breaks, of one in longer series."""
        if not self.usable:
            return math.nan
        if self.several is not None:
            return self.several.prob_recent
        posterior = self.posterior
        cut = float(posterior.interval_end[-1]) - 3.0 * DAYS_PER_YEAR
        length = posterior.interval_end - posterior.interval_start
        inside = np.clip(posterior.interval_end - cut, 0.0, length) / length
        return float((inside * posterior.prob_interval).sum())


@dataclass(frozen=True, slots=True, kw_only=True)
class Analysis:
    """Everything that `analyse` says about one substance in one country."""

    table: LoadTable
    substance: str
    country: str
    panel: Series | None  # None with fewer than two series
    series: tuple[Series, ...]
    single: tuple[str, ...]  # sites with one campaign: no information about change
    somewhere: Somewhere | None  # a break of one city away from the others


def analyse(table: LoadTable, substance: str, country: str = "", *, pymc: bool = False) -> Analysis:
    """Analyse the selected rows of one substance.

    Parameters
    ----------
    table : LoadTable
        Rows of one substance and country.
    substance : str
        One with analysis priors.
    country : str
        For the words only.
    pymc : bool
        Sample every series with PyMC too.

    Raises
    ------
    DataError
        A substance without analysis priors, or no series with two campaigns.
    """
    check_supported(table, substance)
    observations = to_observations(table, [substance])
    n_campaign = np.bincount(observations.visits.site, minlength=len(observations.sites))
    long = [name for name, n in zip(table.sites, n_campaign, strict=True) if n >= 2]
    single = tuple(name for name, n in zip(table.sites, n_campaign, strict=True) if n < 2)
    if not long:
        rule = "must include a site with at least two campaigns"
        raise DataError(table.report.file, "campaigns", int(n_campaign.max()), rule)
    panel, somewhere, local = None, None, dict[str, LocalAnswer]()
    if len(long) > 1:
        panel = fitted(table, substance, long, ExactBreak(), "panel", pymc=pymc)
        together = to_observations(table.select(sites=long), [substance])
        local, somewhere = local_answers(together, look_at_end(together), substance)
    series = tuple(
        fitted(table, substance, [name], ExactCity(), name, local.get(name), pymc=pymc)
        for name in long
    )
    return Analysis(
        table=table, substance=substance, country=country, panel=panel, series=series,
        single=single, somewhere=somewhere,
    )  # fmt: skip


def check_supported(table: LoadTable, substance: str) -> None:
    """Refuse a substance that the reader knows and the engine has no priors for."""
    if substance not in DEFAULT_PRIORS:
        rule = f"has no analysis priors; analyse serves {', '.join(DEFAULT_PRIORS)}"
        raise DataError(table.report.file, "substance", substance, rule)


def fitted(
    table: LoadTable,
    substance: str,
    sites: Sequence[str],
    spec: Exact,
    name: str,
    local: LocalAnswer | None = None,
    *,
    pymc: bool = False,
) -> Series:
    """Fit some sites of a table, again without the campaigns whose day noise is too large."""
    part = table.select(sites=sites)
    observations = to_observations(part, [substance])
    visits = observations.visits
    looks = look_at_end(observations)
    noisy = noisy_campaigns(observations, substance, laid_out_days(part, visits))
    calm = _without_days(part, observations, noisy)
    without = math.nan
    if noisy and _n_campaign(calm) >= FEW_CAMPAIGNS:
        # the same look and origin: only the data differ
        answer = break_posterior(spec, to_observations(calm, [substance]), looks, substance)
        without = answer.prob_break if answer.status == Status.OK else math.nan
    posterior = break_posterior(spec, observations, looks, substance)
    year_of = {int(c): int(y) for c, y in zip(visits.campaign, visits.year, strict=True)}
    span = float(looks.day[-1] - looks.origin_day) / DAYS_PER_YEAR
    return Series(
        site=name,
        sites=part.sites,
        population=float(part.population.sum()),
        years=tuple(year_of[c] for c in sorted(year_of)),
        n_campaigns=len(year_of),
        n_below_loq=_mostly_below(observations),
        prior_prob=1.0 - math.exp(-spec.hazard * span),
        posterior=posterior,
        likely_size=_likely_size(spec, observations, looks, substance, posterior),
        several=None
        if posterior.n_campaigns > MOST_CAMPAIGNS
        else long_series(spec, observations, looks, substance),
        local=local,
        year_on_year=year_on_year(observations, EudaRule().threshold),
        noisy_years=tuple(sorted({year_of[c] for c in noisy})),
        prob_without_noisy=without,
        history=history(
            spec, observations, looks, substance, posterior, is_index=len(part.sites) > 1
        ),
        sampled=_sampled(spec, observations, looks, substance, posterior) if pymc else None,
        sensitivity=series_sensitivity(
            spec, observations, looks, substance, flips=len(part.sites) > 1
        ),
    )


def _sampled(
    spec: Exact,
    observations: Observations,
    looks: Looks,
    substance: str,
    posterior: BreakPosterior,
) -> Sampled:
    """Ask PyMC for the same, or its robust model where the exact engine declines."""
    robust = posterior.status == Status.NOT_APPLICABLE
    return sampled(spec, observations, looks, substance, robust=robust)


def _likely_size(
    spec: Exact,
    observations: Observations,
    looks: Looks,
    substance: str,
    posterior: BreakPosterior,
) -> float:
    """Return E given a break in the most probable interval: the engine with this one alone.

    A break elsewhere is then one that the data say nothing about: its mean effect is zero, as is
    that of no break. So E = P(break in the interval) * (E given it).
    """
    if posterior.status != Status.OK or posterior.prob_interval.size == 0:
        return math.nan
    best = int(np.argmax(posterior.prob_interval))
    start = int(posterior.interval_start[best])
    # the engine admits every interval that has two campaigns with usable weeks before its end
    alone = spec.model_copy(update={"break_intervals": (best + 2,)})
    one = break_posterior(alone, observations, looks, substance)
    if one.prob_interval.size != 1 or int(one.interval_start[0]) != start:
        raise RuntimeError(f"interval {best} begins on day {start}, not where the engine put it")
    return float(one.effect_mean / one.prob_interval[0])


def look_at_end(observations: Observations) -> Looks:
    """Return one look on the last sampled day; a break is thinkable from the first one on.

    The programme starts on 1 January of the first year: its years are calendar years.
    """
    day = observations.visits.day
    first = int(day[day != MISSING_DAY].min())
    return Looks(
        day=np.array([int(day.max())], dtype=np.int64),
        report_lag=0,
        origin_day=first,
        start_day=day_of(dt.date(date_of(first).year, 1, 1)),
    )


def _mostly_below(observations: Observations) -> int:
    """Return the number of visits with more than two of seven days below the LOQ."""
    n_day = (~np.isnan(observations.load[0, 0])).sum(axis=1)
    n_below = observations.censored[0, 0].sum(axis=1)
    return int((7 * n_below > 2 * n_day).sum())


def day_noise_ratio(
    observations: Observations, substance: str, laid_out: Bools
) -> dict[int, tuple[float, int]]:
    r"""Return per campaign the ratio of its day noise (SD) to the plugged-in one, and its df.

    The variance of the log loads within a week, around the weekday profile, has expectation
    :math:`\sigma^2 (1 - \bar\rho)` with :math:`\bar\rho` the mean correlation of two of its days.
    Weeks with a day below the LOQ are left out, and so are days that were laid out from a mean,
    ``laid_out`` (v, d): they do not scatter.
    """
    noise = plugged_noise(substance)
    visits = observations.visits
    log_weekday = np.log(noise.weekday)
    squares: dict[int, float] = {}
    freedom: dict[int, int] = {}
    for v in range(visits.n_visit):
        load = observations.load[0, 0, v]
        there = ~np.isnan(load) & ~laid_out[v]
        if there.sum() < 3 or observations.censored[0, 0, v].any():
            continue
        day = visits.day[v][there]
        z = np.log(load[there]) - np.array([log_weekday[weekday_of(int(d))] for d in day])
        n = day.size
        correlation = noise.rho ** np.abs(day[:, None] - day[None, :])
        mean_correlation = (correlation.sum() - n) / (n * (n - 1))
        s = visits.site[v]
        grams = residue_g_per_day(
            float(observations.reference_load[0, s]), float(observations.population[s])
        )
        expected = (noise.day_sd**2 + noise.count_noise / grams) * (1.0 - mean_correlation)
        c = int(visits.campaign[v])
        squares[c] = squares.get(c, 0.0) + float(((z - z.mean()) ** 2).sum() / expected)
        freedom[c] = freedom.get(c, 0) + n - 1
    return {c: (math.sqrt(squares[c] / freedom[c]), freedom[c]) for c in squares}


def noisy_campaigns(observations: Observations, substance: str, laid_out: Bools) -> tuple[int, ...]:
    """Return the campaigns whose days scatter much more than the engine takes for granted."""
    ratio = day_noise_ratio(observations, substance, laid_out)
    least = min(NOISY_DF, 6 * len(observations.sites))
    return tuple(c for c, (r, df) in sorted(ratio.items()) if r > NOISY and df >= least)


def _without_days(
    table: LoadTable, observations: Observations, campaigns: Sequence[int]
) -> LoadTable:
    gone = np.isin(observations.visits.campaign, campaigns)
    return table.without_days(np.unique(observations.visits.day[gone]))


def _n_campaign(table: LoadTable) -> int:
    if not table.measured.any():
        return 0
    return int(np.unique(to_observations(table).visits.campaign).size)


def years_between(interval: tuple[int, int, float]) -> tuple[str, str]:
    """Return the campaigns around an interval: years, or months when both lie in one year."""
    first, last = date_of(interval[0]), date_of(interval[1])
    if first.year == last.year:
        return f"{first:%Y-%m}", f"{last:%Y-%m}"
    return str(first.year), str(last.year)
