"""The observed-totals rule: latent parts that together have the variances seen in the data.

Inputs are totals of seven-day campaigns (docs/world.md has the derivation). Within a campaign,
around what drift, walks and season give, the log load of one site has covariance

    C(k) = sigma_shared^2 + sigma_site^2 + day_sd^2 day_rho^k        (k days apart).

It is shared out over the laboratory (constant within a campaign), the national swing K, the
city deviation nu (Ornstein-Uhlenbeck), fast day noise e (first-order) and the independent errors
of a day (``DayErrors``). The swing is a deviation of use, which carry-over spreads over days; nu
and e are deviations of what arrives. Count noise comes on top, city by city: ``day_sd`` is the
limit of large cities.
"""

import math
from functools import lru_cache
from typing import NamedTuple

from simdesign.errors import SpecError
from simdesign.simulate.carry_over import carried_covariance
from simdesign.spec.carry_over import AT_ONCE
from simdesign.spec.totals import DayErrors, check_day_total

CAMPAIGN_DAYS = 7
_WEIGHT = tuple(2.0 * (1.0 - k / CAMPAIGN_DAYS) / CAMPAIGN_DAYS for k in range(1, CAMPAIGN_DAYS))
_LOWEST = -0.95  # of the fast correlation: below, neighbouring days would nearly alternate
_HIGHEST = 1.0 - 1e-9
_MET = 1e-6
"""A total is met when it is missed by less than this share of the variance of a day."""


class LatentParts(NamedTuple):
    """Stationary SDs and one-day correlations of what the simulator draws."""

    swing_sd: float
    """Shared swing K [1]."""
    swing_phi: float
    slow_sd: float
    """City deviation nu [1]."""
    slow_phi: float
    fast_sd: float
    """Fast day noise e [1]."""
    fast_phi: float
    totals_met: bool
    """Whether the variance of a day and the covariance of neighbours are those observed."""


def mean_variance(rho: float) -> float:
    """Return the variance of a seven-day mean of a unit process with correlation rho^k.

    ``[1 + 2 sum_k (1 - k/7) rho^k] / 7``
    """
    total = 0.0
    for weight in reversed(_WEIGHT):
        total = (total + weight) * rho
    return total + 1.0 / CAMPAIGN_DAYS


def latent_parts(
    *,
    sd_swing: float,
    shared_weeks: float,
    sigma_site: float,
    site_days: float,
    day_sd: float,
    day_rho: float,
    errors: DayErrors,
    excreted: tuple[float, ...] = AT_ONCE,
    field: str = "day_sd",
) -> LatentParts:
    """Solve for the latent parts.

    Matched are, in this order of priority, the variance of a seven-day mean of one site, the
    variance of one day, and the covariance of neighbouring days. The first always holds. Where
    a drawn world leaves no room (its city deviation and swing move more within a week than days
    are seen to move), fast noise is zero and days vary more than ``day_sd``; where the three
    cannot be had together, the correlation of fast noise is the nearest possible.

    Parameters
    ----------
    sd_swing : float
        SD of a seven-day mean of the shared swing [1].
    shared_weeks, site_days : float
        Correlation times of swing [weeks] and city deviation [d].
    sigma_site, day_sd, day_rho : float
        Observed totals [1].
    errors : DayErrors
        Independent errors of a day.
    excreted : tuple of float
        Shares of a residue that leave on the day of use and the days after, sum 1.
    field : str
        Path of ``day_sd`` for messages.

    Raises
    ------
    SpecError
        When the independent errors exceed the observed day noise.
    """
    check_day_total(field, day_sd, day_rho, errors)
    independent = errors.variance
    swing_phi = math.exp(-1.0 / (7.0 * shared_weeks))
    swing_mean, swing_day, swing_lag = _carried(excreted, swing_phi)
    swing = sd_swing**2 / swing_mean
    slow_phi = math.exp(-1.0 / site_days)
    slow_mean, slope = _slow(slow_phi)

    mean = sigma_site**2 + day_sd**2 * mean_variance(day_rho) - independent / CAMPAIGN_DAYS
    day = sigma_site**2 + day_sd**2 - independent - swing * (swing_day - swing_mean)
    lag = sigma_site**2 + day_sd**2 * day_rho - swing * (swing_lag - swing_mean)
    if mean < 0.0:
        rule = "must leave a seven-day mean more variance than independent errors alone give"
        raise SpecError(field, day_sd, rule)

    room = day * slow_mean - mean
    if room <= 1e-15 * day:
        slow, fast, fast_phi = mean / slow_mean, 0.0, 0.0
    else:
        excess = slow_phi * day - lag
        target = room / excess if excess > 0.0 else math.inf
        fast_phi = _root(slope, target)
        fast = room / (slow_mean - mean_variance(fast_phi)) if fast_phi < slow_phi else math.inf
        if fast > day:
            fast_phi = _root((1.0 / CAMPAIGN_DAYS, *_WEIGHT), mean / day)
            fast = day
        slow = day - fast
    missed = max(abs(slow + fast - day), abs(slow * slow_phi + fast * fast_phi - lag))
    return LatentParts(
        swing_sd=math.sqrt(swing),
        swing_phi=swing_phi,
        slow_sd=math.sqrt(slow),
        slow_phi=slow_phi,
        fast_sd=math.sqrt(fast),
        fast_phi=fast_phi,
        totals_met=missed <= _MET * (sigma_site**2 + day_sd**2),
    )


def _carried(excreted: tuple[float, ...], phi: float) -> tuple[float, float, float]:
    """Return what carry-over leaves of a unit process with correlation phi^k.

    Variance of a seven-day mean, variance of a day, covariance of neighbouring days.
    """
    if excreted == AT_ONCE:
        return mean_variance(phi), 1.0, phi
    covariance = [carried_covariance(excreted, phi, lag) for lag in range(CAMPAIGN_DAYS)]
    mean = covariance[0] / CAMPAIGN_DAYS
    mean += math.fsum(w * c for w, c in zip(_WEIGHT, covariance[1:], strict=True))
    return mean, covariance[0], covariance[1]


@lru_cache(maxsize=64)
def _slow(phi: float) -> tuple[float, tuple[float, ...]]:
    """Return A(phi) and the coefficients of D(r) = [A(phi) - A(r)] / (phi - r) in powers of r."""
    slope = tuple(
        math.fsum(_WEIGHT[k - 1] * phi ** (k - 1 - j) for k in range(j + 1, CAMPAIGN_DAYS))
        for j in range(CAMPAIGN_DAYS - 1)
    )
    return mean_variance(phi), slope


def _root(coefficients: tuple[float, ...], target: float) -> float:
    """Return r in [_LOWEST, _HIGHEST] where an increasing polynomial comes nearest to target."""
    low, high = _LOWEST, _HIGHEST
    if _polynomial(coefficients, low)[0] >= target:
        return low
    if _polynomial(coefficients, high)[0] <= target:
        return high
    r = 0.3
    for _ in range(100):  # Newton inside a bracket that always shrinks: a handful of rounds
        value, slope = _polynomial(coefficients, r)
        if value < target:
            low = r
        else:
            high = r
        following = r - (value - target) / slope if slope > 0.0 else low
        if not low < following < high:
            following = 0.5 * (low + high)
        if abs(following - r) < 1e-14:
            return following
        r = following
    return r


def _polynomial(coefficients: tuple[float, ...], r: float) -> tuple[float, float]:
    value = slope = 0.0
    for coefficient in reversed(coefficients):
        slope = slope * r + value
        value = value * r + coefficient
    return value, slope
