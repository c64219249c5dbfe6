"""Two weekly means of one city, years apart: how much of their difference is real.

Formulas are derived in docs/leeuwarden.md; its equation numbers stand here. The selection of the
largest rise is in ``two_weeks_selection.py``, further weeks in ``two_weeks_more.py``.
"""

import math
from dataclasses import dataclass, fields, replace
from typing import NamedTuple

import numpy as np
from scipy import optimize
from scipy.special import ndtr

from simdesign.records import Bools, Floats
from simdesign.units import residue_g_per_day

NODES = 6
"""Gauss points of the date of a change of slope."""
PHASES = 24
"""Equally spaced phases of an unknown season."""
BLOCKS = 50
"""Blocks of neighbouring draws behind a Monte Carlo error; it then holds for chains too."""
NEGLIGIBLE = 1e-10
"""Weight of a component, relative to the largest, that no quantile notices."""
SIZES = 3.0
"""Steps that are tried for the bound of a Bayes factor: a twentieth to twentyfold [1, log]."""
NOTABLE = math.log(1.10)
"""A rise of more than 10 %, on the log scale."""
NOTABLE_FALL = math.log(0.90)
"""A fall of more than 10 %."""


class Estimate(NamedTuple):
    """A number that is averaged over draws, and its Monte Carlo error."""

    value: float
    mcse: float


@dataclass(frozen=True, slots=True, kw_only=True)
class TwoWeeks:
    """What was measured: two means of loads in one unit."""

    before: float  # mean of the first week
    after: float  # mean of the second
    years: float  # between them
    days: tuple[int, int] = (7, 7)  # days behind each mean
    population: float  # inhabitants; sets the count noise only

    @property
    def log_ratio(self) -> float:
        """The observed change on the log scale."""
        return math.log(self.after / self.before)


@dataclass(frozen=True, slots=True, kw_only=True)
class NoiseDraws:
    """Draws of what is uncertain about the series; one row a draw."""

    sigma_shared: Floats  # (s,) error of a campaign that all cities share [1]
    sigma_site: Floats  # (s,) city-week error [1]
    sigma_rw: Floats  # (s,) national walk [1/sqrt(year)]
    sigma_rw_site: Floats  # (s,) the city's own walk [1/sqrt(year)]
    drift: Floats  # (s,) national drift [1/year]
    drift_site: Floats  # (s,) SD of the city's drift against the nation's [1/year]
    day_sd: Floats  # (s,) noise of a day in a large town [1]
    day_rho: Floats  # (s,) its lag-1 correlation [1]
    day_count: Floats  # (s,) variance of a day times its residue [g/d]

    @property
    def n(self) -> int:
        """Number of draws."""
        return int(self.sigma_shared.size)

    def first(self, n: int) -> "NoiseDraws":
        """Return the first ``n`` draws."""
        return replace(self, **{f.name: getattr(self, f.name)[:n] for f in fields(self)})

    def scaled(self, **factor: float) -> "NoiseDraws":
        """Return the draws with some columns times a factor."""
        return replace(self, **{name: x * getattr(self, name) for name, x in factor.items()})


@dataclass(frozen=True, slots=True, kw_only=True)
class CityModel:
    """Prior of the city's own change, and what is plugged in."""

    hazard: float  # break intensity of the city's series [1/year]
    kinds: tuple[float, float, float]  # P(step), P(slope), P(both), given a break
    step_sd: float  # of a step [1]
    slope_sd: float  # of a change of slope [1/year]
    r_lab: float  # share of the shared variance common to a laboratory's year [1]
    nugget: float  # always in the noise of a city-week [1]


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """Variances of the log ratio's parts, and the mixture of what is real; equations (2) to (5)."""

    drift: Floats  # (s,) mean of the real change
    nation: Floats  # (s,) variance of the nation's walk between the dates
    shared: Floats  # (s,) variance of the difference of the shared errors
    own: Floats  # (s, c) variance of the city's own real change, by component
    noise: Floats  # (s,) variance of the difference of the city-weeks' own errors
    week: Floats  # (s, 2) variance of each city-week's own error
    weight: Floats  # (c,) prior probability of each component
    is_break: Bools  # (c,)


@dataclass(frozen=True, slots=True, kw_only=True)
class Mixture:
    """Posterior of the real change: for every draw a normal mixture."""

    weight: Floats  # (s, c) not normalised: its sum is the likelihood of the draw
    mean: Floats  # (s, c)
    sd: Floats  # (s, c)
    is_break: Bools  # (c,)

    def prob_above(self, change: float) -> Estimate:
        """Return P(real change > ``change``), (7)."""
        with np.errstate(divide="ignore"):  # nothing can change: a step function
            return averaged(self.weight, ndtr((self.mean - change) / self.sd))

    def prob_below(self, change: float) -> Estimate:
        """Return P(real change < ``change``)."""
        above = self.prob_above(change)
        return Estimate(1.0 - above.value, above.mcse)

    def prob_break(self) -> Estimate:
        """Return P(a break between the dates), (8)."""
        return averaged(self.weight, np.broadcast_to(self.is_break, self.weight.shape))

    def quantile(self, level: float) -> float:
        """Return a quantile of the real change, to 1e-5; negligible components are left out."""
        keep = self.weight > NEGLIGIBLE * self.weight.max()
        weight, mean, sd = self.weight[keep], self.mean[keep], self.sd[keep]
        weight = weight / weight.sum()

        def excess(x: float) -> float:
            with np.errstate(divide="ignore"):
                return float(weight @ ndtr((x - mean) / sd)) - level

        low, high = float((mean - 9.0 * sd).min()) - 1.0, float((mean + 9.0 * sd).max()) + 1.0
        return float(optimize.brentq(excess, low, high, xtol=1e-5))


def averaged(weight: Floats, value: Floats) -> Estimate:
    """Return a weighted average over draws and components, and its error over blocks of draws.

    Parameters
    ----------
    weight, value : ndarray, shape (s, c)
        The error is that of a ratio of means over draws, from the sums over ``BLOCKS`` blocks of
        neighbouring draws: a chain's draws may be correlated.
    """
    total = weight.sum()
    mean = float((weight * value).sum() / total)
    residual = (weight * (value - mean)).sum(axis=1)
    n = min(BLOCKS, residual.size)
    if n < 2:
        return Estimate(mean, math.nan)
    edges = np.linspace(0, residual.size, n + 1).astype(int)
    sums = np.add.reduceat(residual, edges[:-1])
    return Estimate(mean, float(math.sqrt(n / (n - 1) * (sums**2).sum()) / total))


def mean_factor(rho: Floats, n: int) -> Floats:
    r"""Return the variance of a mean of ``n`` correlated days, in variances of a day, (3).

    :math:`[1 + 2\sum_{k=1}^{n-1}(1 - k/n)\rho^k]/n`
    """
    k = np.arange(1, n)
    return np.asarray((1.0 + 2.0 * ((1.0 - k / n) * rho[:, None] ** k).sum(axis=1)) / n)


def parts(weeks: TwoWeeks, draws: NoiseDraws, model: CityModel, nodes: int = NODES) -> Parts:
    """Return the parts of the log ratio, (2) to (5)."""
    own_week = np.empty((draws.n, 2))
    for i, (load, n) in enumerate(zip((weeks.before, weeks.after), weeks.days, strict=True)):
        day = draws.day_sd**2 + draws.day_count / residue_g_per_day(load, weeks.population)
        own_week[:, i] = draws.sigma_site**2 + model.nugget**2 + day * mean_factor(draws.day_rho, n)
    node, share = np.polynomial.legendre.leggauss(nodes)
    age = 0.5 * weeks.years * (node + 1.0)  # years that a change of slope lasted
    slope = (model.slope_sd * age) ** 2
    step, bent, both = model.kinds
    broken = -math.expm1(-model.hazard * weeks.years)
    extra = np.concatenate([[0.0, model.step_sd**2], slope, model.step_sd**2 + slope])
    weight = np.concatenate(
        [[1.0 - broken, broken * step], broken * bent * share / 2, broken * both * share / 2]
    )
    own = (draws.drift_site * weeks.years) ** 2 + draws.sigma_rw_site**2 * weeks.years
    return Parts(
        drift=draws.drift * weeks.years,
        nation=draws.sigma_rw**2 * weeks.years,
        shared=2.0 * draws.sigma_shared**2,
        own=own[:, None] + extra,
        noise=own_week.sum(axis=1),
        week=own_week,
        weight=weight,
        is_break=np.arange(extra.size) > 0,
    )


def normal_density(x: Floats, variance: Floats) -> Floats:
    """Return the density of a centred normal."""
    return np.asarray(np.exp(-0.5 * x * x / variance) / np.sqrt(2.0 * np.pi * variance))


def two_week_posterior(
    weeks: TwoWeeks, draws: NoiseDraws, model: CityModel, *, season: Floats | None = None,
    nodes: int = NODES,
) -> Mixture:  # fmt: skip
    """Return the posterior of the real change of a city that was named beforehand, (6).

    Parameters
    ----------
    season : ndarray, shape (u,), optional
        Equally likely differences of the season between the weeks, on the log scale.
    """
    p = parts(weeks, draws, model, nodes)
    shift = np.zeros(1) if season is None else season
    real = p.nation[:, None] + p.own
    error = (p.shared + p.noise)[:, None]
    gap = weeks.log_ratio - shift[None, :, None] - p.drift[:, None, None]  # (s, u, 1)
    total = (real + error)[:, None, :]
    weight = p.weight / shift.size * normal_density(gap, total)
    mean = p.drift[:, None, None] + (real[:, None, :] / total) * gap
    sd = np.broadcast_to(np.sqrt(real * error / (real + error))[:, None, :], weight.shape)
    flat = (draws.n, -1)
    return Mixture(
        weight=weight.reshape(flat), mean=mean.reshape(flat), sd=sd.reshape(flat),
        is_break=np.tile(p.is_break, shift.size),
    )  # fmt: skip


def prior_change(weeks: TwoWeeks, draws: NoiseDraws, model: CityModel) -> Mixture:
    """Return the real change before anything is measured, (5)."""
    p = parts(weeks, draws, model)
    sd = np.sqrt(p.nation[:, None] + p.own)
    return Mixture(
        weight=np.broadcast_to(p.weight, sd.shape), sd=sd, is_break=p.is_break,
        mean=np.broadcast_to(p.drift[:, None], sd.shape),
    )  # fmt: skip


def naive_prob(weeks: TwoWeeks, draws: NoiseDraws, model: CityModel) -> Estimate:
    """Return P(real rise > 10 %) with nothing known of real changes: a flat prior, (9)."""
    p = parts(weeks, draws, model)
    value = ndtr((weeks.log_ratio - NOTABLE) / np.sqrt(p.shared + p.noise))[:, None]
    return averaged(np.ones_like(value), value)


class BreakOdds(NamedTuple):
    """What two weeks say about a break, against drift and walk."""

    factor: float  # Bayes factor of a break
    factor_bound: float  # the largest one that any size of step could have


def break_odds(weeks: TwoWeeks, draws: NoiseDraws, model: CityModel) -> BreakOdds:
    """Return the Bayes factor of a break and its bound over all sizes of a step, (10)."""
    p = parts(weeks, draws, model)
    gap = (weeks.log_ratio - p.drift)[:, None]
    density = normal_density(gap, p.nation[:, None] + p.own + (p.shared + p.noise)[:, None])
    none = float(density[:, 0].mean())
    broken = p.weight[1:] / p.weight[1:].sum()
    size = np.linspace(-SIZES, SIZES, 801)
    variance = (p.nation + p.own[:, 0] + p.shared + p.noise)[:, None]
    bound = normal_density(gap - size, variance).mean(axis=0).max() / none
    return BreakOdds(float((density[:, 1:] @ broken).mean()) / none, float(bound))


def season_differences(amplitude: float, months: tuple[int, ...], phases: int = PHASES) -> Floats:
    r"""Return equally likely differences of a season between two moments, (11).

    A yearly wave of amplitude :math:`a` with unknown peak differs by :math:`A\cos U` between
    moments ``m`` months apart, :math:`A = 2a|\sin(\pi m/12)|`, :math:`U` uniform.
    """
    wave = np.cos(np.pi * (np.arange(phases) + 0.5) / phases)
    swing = 2.0 * amplitude * np.abs(np.sin(np.pi * np.array(months) / 12.0))
    return np.asarray((swing[:, None] * wave).ravel())
