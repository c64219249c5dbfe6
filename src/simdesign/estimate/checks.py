"""Posterior predictive checks: what the measurements show, and what the model would show."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from simdesign.estimate.posterior import Posterior
from simdesign.estimate.replicate import draw_days
from simdesign.records import Bools, Floats
from simdesign.seeds import Purpose, stream

N_REPLICATE = 200
FEWEST = 4
"""Weeks that a statistic needs."""
ODD_SD = 4.0
"""A day is an outlier when it is this many robust SDs from its expectation."""
_MAD = 1.4826


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One statistic of the estimated country's undisturbed weeks, seen and predicted."""

    name: str
    observed: float
    median: float
    low: float  # 2.5 % of the predictions
    high: float  # 97.5 %
    tail: float  # two-sided predictive probability


@dataclass(frozen=True, slots=True)
class _Weeks:
    mean: Floats  # (w,) mean log load over the days, the profile taken off
    residual: Floats  # (v, d) days of the weeks that were measured day by day
    site: np.ndarray
    year: np.ndarray


def day_sd(w: _Weeks) -> float:
    """Return the SD of days around the mean of their week."""
    centred = w.residual - np.nanmean(w.residual, axis=1, keepdims=True)
    free = (~np.isnan(w.residual)).sum() - len(w.residual)
    return float(np.sqrt(np.nansum(centred**2) / free))


def lag_one(w: _Weeks) -> float:
    """Return the correlation of neighbouring days around the mean of their week."""
    centred = w.residual - np.nanmean(w.residual, axis=1, keepdims=True)
    return float(np.nanmean(centred[:, 1:] * centred[:, :-1]) / np.nanmean(centred**2))


def outliers(w: _Weeks) -> float:
    """Return the share of days more than four robust SDs from the median of their week."""
    centred = w.residual - np.nanmedian(w.residual, axis=1, keepdims=True)
    scale = _MAD * np.nanmedian(np.abs(centred))
    return float((np.abs(centred) > ODD_SD * scale).sum() / (~np.isnan(centred)).sum())


def year_to_year_sd(w: _Weeks) -> float:
    """Return the SD of a site's change from one year to the next."""
    change = np.concatenate(list(_changes(w).values()))
    return float(change.std())


def shared_sd(w: _Weeks) -> float:
    """Return the root of the mean product of two sites' changes over the same years, with sign."""
    total, pairs = 0.0, 0
    mean = np.concatenate(list(_changes(w).values())).mean()
    for change in _changes(w).values():
        if change.size > 1:
            c = change - mean
            total += float(c.sum() ** 2 - (c**2).sum())
            pairs += c.size * (c.size - 1)
    value = total / pairs if pairs else np.nan
    return float(np.sign(value) * np.sqrt(abs(value)))


OF_YEARS = (year_to_year_sd, shared_sd)
STATISTICS: dict[str, Callable[[_Weeks], float]] = {
    "SD of days within a week": day_sd,
    "correlation of neighbouring days": lag_one,
    "share of outlying days": outliers,
    "SD of a site's change between years": year_to_year_sd,
    "shared SD of such changes": shared_sd,
}


def predictive_checks(posterior: Posterior, *, seed: int) -> list[Check]:
    """Compare statistics of the country's clean, fully quantified weeks with predictions.

    A prediction draws new shared errors, walks, city-week errors and day noise for every kept
    draw of the parameters; levels, which no statistic uses, stay out. Statistics of days leave out
    weeks that are means over several days; fewer than four weeks show nothing.
    """
    weeks = posterior.weeks
    own = (weeks.country == 0) & ~weeks.noisy & ~weeks.censored.any(axis=1)
    if own.sum() < FEWEST:
        return []
    rng = stream(seed, Purpose.FIT, f"estimate/{weeks.substance}/checks")
    profile = posterior.profile.mean(axis=0)[weeks.site[:, None], weeks.weekday]
    seen = _week_means(posterior, weeks.log_load - profile, own)
    predicted = [
        _week_means(posterior, _new_days(posterior, int(n), rng), own)
        for n in posterior.thinned(N_REPLICATE)
    ]
    found = []
    for name, statistic in STATISTICS.items():
        if not _changes(seen) if statistic in OF_YEARS else len(seen.residual) < FEWEST:
            continue
        observed = statistic(seen)
        values = np.array([statistic(w) for w in predicted])
        low, median, high = np.quantile(values, (0.025, 0.5, 0.975))
        below = float((values < observed).mean() + 0.5 * (values == observed).mean())
        found.append(
            Check(name=name, observed=observed, median=float(median), low=float(low),
                  high=float(high), tail=2.0 * min(below, 1.0 - below))
        )  # fmt: skip
    return found


def _new_days(posterior: Posterior, n: int, rng: np.random.Generator) -> Floats:
    weeks, h = posterior.weeks, posterior.hyper
    of = weeks.country
    scales = posterior.scales[n]
    cell = rng.standard_normal(weeks.cell_time.size) * scales[weeks.cell_country, 0]
    for i in range(1, cell.size):  # walk beside the shared error
        if weeks.cell_country[i] == weeks.cell_country[i - 1]:
            gap = np.sqrt(weeks.cell_time[i] - weeks.cell_time[i - 1])
            step = scales[weeks.cell_country[i], 1] * gap * rng.standard_normal()
            same = weeks.cell_country == weeks.cell_country[i]
            cell[i:][same[i:]] += step
    level = cell[weeks.cell] + scales[of, 3] * rng.standard_normal(weeks.n_week)
    for i in range(1, weeks.n_week):
        if weeks.site[i] == weeks.site[i - 1]:
            gap = np.sqrt(weeks.time[i] - weeks.time[i - 1])
            step = scales[of[i], 2] * gap * rng.standard_normal()
            level[i:][weeks.site[i:] == weeks.site[i]] += step
    site_drift = h["drift_site"][n] * rng.standard_normal(len(weeks.sites))
    level += (posterior.drift[n][of] + site_drift[weeks.site]) * weeks.time
    ordinary = scales[of, 4] * posterior.day_factor[n][weeks.site]
    sd = np.sqrt(ordinary**2 + h["count"][n] / weeks.grams)
    ratio = 1.0 + h["odd_excess"][n]
    noise = draw_days(weeks, sd, float(h["day_rho"][n]), posterior.odd_share[n][of], ratio, rng)
    return np.asarray(level[:, None] + noise)


def _week_means(posterior: Posterior, residual: Floats, own: Bools) -> _Weeks:
    weeks = posterior.weeks
    mean = np.nanmean(residual[own], axis=1)
    return _Weeks(mean, residual[own & weeks.by_day], weeks.site[own], weeks.year[own])


def _changes(w: _Weeks) -> dict[int, Floats]:
    """Return year -> changes from the year before of all sites that have both."""
    found: dict[int, list[float]] = {}
    at = {(int(s), int(y)): m for s, y, m in zip(w.site, w.year, w.mean, strict=True)}
    for (s, y), m in at.items():
        if (s, y - 1) in at:
            found.setdefault(y, []).append(m - at[s, y - 1])
    return {y: np.array(values) for y, values in found.items()}
