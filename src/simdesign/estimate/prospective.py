"""The prospective test: years held out, fitted without, predicted, scored.

For every origin year the world model is fitted once to all countries' years up to it. Then each
city's weekly mean of the next year follows exactly, draw by draw (``estimate.conditional``).
"""

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from simdesign.data import LoadTable
from simdesign.errors import DataError, SpecError
from simdesign.estimate.conditional import (
    Panel,
    Scales,
    condition,
    mean_and_covariance,
    mean_noise_factor,
)
from simdesign.estimate.posterior import Posterior, estimate
from simdesign.estimate.pymc_model import Sampler
from simdesign.estimate.scores import crps, log_score, probability_below
from simdesign.estimate.weeks import SiteWeeks, site_weeks
from simdesign.records import Floats

MIN_YEARS = 3
"""Years of a city before it is predicted."""
N_DRAW = 200
"""Draws of the hyperparameters that predictions average over."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Prediction:
    """One city and year: what came, and how likely model and benchmark had held it."""

    origin: int  # last year that was known
    country: str
    site: str
    observed: float  # mean log load of the week, the weekday profile taken off
    mean: float
    sd: float
    below: float  # probability that the model gave to less than what came
    crps: float
    log_score: float
    naive_below: float
    naive_crps: float
    naive_log_score: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Prospective:
    """All predictions of a substance, and what could not be predicted."""

    substance: str
    predictions: tuple[Prediction, ...]
    skipped: dict[str, int]  # reason -> number of city-years
    divergent: dict[int, int]  # origin -> diverged draws
    seconds: dict[int, float]  # origin -> time of its fit


def fully_quantified(weeks: SiteWeeks, w: int) -> bool:
    """Return whether a week has days, and none below the limit."""
    return bool((~np.isnan(weeks.log_load[w])).any() and not weeks.censored[w].any())


def hold_out(
    table: LoadTable,
    substance: str,
    country: str,
    origins: Sequence[int],
    how: Sampler,
    *,
    seed: int,
    from_year: int | None = None,
) -> Prospective:
    """Predict the year after every origin for all countries of a table.

    Parameters
    ----------
    table : LoadTable
    substance, country : str
        The country is the first of the model; all others are pooled with it.
    origins : sequence of int
        Last years that are known.
    how : Sampler
    seed : int
    from_year : int, optional
        First year that is used.

    Raises
    ------
    DataError
        No city has enough years before any origin.
    """
    everything = site_weeks(table, substance, country, neighbours=None, from_year=from_year)
    known_years = set(everything.year.tolist())
    for origin in origins:
        if origin + 1 not in known_years:
            raise SpecError("--origin", origin, "must be followed by a year of the file")
    predictions: list[Prediction] = []
    skipped: dict[str, int] = {}
    divergent, seconds = {}, {}
    for origin in origins:
        start = time.perf_counter()
        known = site_weeks(
            table, substance, country, neighbours=None, from_year=from_year, until_year=origin
        )
        posterior = estimate(known, how, seed=seed, what=f"origin {origin}")
        seconds[origin] = time.perf_counter() - start
        divergent[origin] = posterior.n_divergent
        predictions += list(_predict(posterior, everything, origin, skipped))
    if not predictions:
        rule = f"must hold a city with {MIN_YEARS} years up to an origin and a week after it"
        raise DataError(table.report.file, substance, list(origins), rule)
    return Prospective(
        substance=everything.substance, predictions=tuple(predictions), skipped=skipped,
        divergent=divergent, seconds=seconds,
    )  # fmt: skip


def _predict(
    posterior: Posterior, everything: SiteWeeks, origin: int, skipped: dict[str, int]
) -> Iterator[Prediction]:
    known = posterior.weeks
    coming = np.flatnonzero(everything.year == origin + 1)
    means = week_means(known)
    step = _yearly_variance(known, means)
    draws = posterior.thinned(N_DRAW)
    places = {
        (known.countries[known.site_country[s]], name): s for s, name in enumerate(known.sites)
    }
    wanted: dict[str, list[tuple[int, int]]] = {}
    for w in coming:
        country = everything.countries[everything.country[w]]
        s = places.get((country, everything.sites[everything.site[w]]))
        years = 0 if s is None else np.unique(known.year[known.site == s]).size
        if s is None or years < MIN_YEARS:
            reason = f"fewer than {MIN_YEARS} years before"
        elif not fully_quantified(everything, int(w)):
            reason = "days below the limit in the predicted week"
        else:
            wanted.setdefault(country, []).append((int(w), s))
            continue
        skipped[reason] = skipped.get(reason, 0) + 1
    for country, pairs in wanted.items():
        mean, variance, seen = predict_weeks(posterior, everything, country, pairs, draws)
        for j, (_, s) in enumerate(pairs):
            last, gap = _last_value(known, means, s, origin)
            # what came, by the profile that each draw holds; the same number for seven days
            y = float(seen[:, j].mean())
            shifted = mean[:, j] + (y - seen[:, j])
            naive = np.array([last]), np.array([step * gap])
            both = shifted, variance[:, j]
            sd = float(np.sqrt(variance[:, j].mean() + shifted.var()))
            yield Prediction(
                origin=origin, country=country, site=known.sites[s], observed=y,
                mean=float(shifted.mean()), sd=sd,
                below=probability_below(y, *both), crps=crps(y, *both),
                log_score=log_score(y, *both),
                naive_below=probability_below(y, *naive), naive_crps=crps(y, *naive),
                naive_log_score=log_score(y, *naive),
            )  # fmt: skip


def predict_weeks(
    posterior: Posterior,
    everything: SiteWeeks,
    country: str,
    pairs: Sequence[tuple[int, int]],
    draws: np.ndarray,
) -> tuple[Floats, Floats, Floats]:
    """Return mean and variance of weekly means to come, and what came, each (n, pair).

    Parameters
    ----------
    posterior : Posterior
        Of the weeks that are known.
    everything : SiteWeeks
        Holds the weeks to come.
    country : str
    pairs : sequence of (int, int)
        A week of ``everything`` and its site in the known weeks.
    draws : ndarray of int, shape (n,)
    """
    known = posterior.weeks
    k = known.countries.index(country)
    old = np.flatnonzero(known.country == k)
    shift = everything.epoch - known.epoch
    weeks = np.array([w for w, _ in pairs])
    site = np.array([s for _, s in pairs])
    new_cell = known.cell_time.size + everything.cell[weeks]
    panel = Panel(
        site=np.r_[known.site[old], site],
        cell=np.r_[known.cell[old], new_cell],
        time=np.r_[known.time[old], everything.time[weeks] + shift],
        noisy=np.r_[known.noisy[old], everything.noisy[weeks]].astype(float),
        centre=np.log(known.typical_load)[np.r_[known.site[old], site]],
    )
    days = [np.flatnonzero(~np.isnan(everything.log_load[w])) for w in weeks]
    mean = np.empty((draws.size, weeks.size))
    variance, seen = np.empty_like(mean), np.empty_like(mean)
    for i, n in enumerate(draws):
        scales = Scales.of(posterior, int(n), k)
        before, covariance = mean_and_covariance(panel, scales)
        mean[i], variance[i] = condition(before, covariance, posterior.week_level[n, old], old.size)
        rho = float(posterior.hyper["day_rho"][n])
        for j, (w, s) in enumerate(pairs):
            noisy = bool(everything.noisy[w])
            day = posterior.day_variance(s, noisy=noisy)[n]
            variance[i, j] += day * mean_noise_factor(days[j], rho)
            profile = posterior.profile[n, s, everything.weekday[w, days[j]]]
            seen[i, j] = (everything.log_load[w, days[j]] - profile).mean()
    return mean, variance, seen


def week_means(weeks: SiteWeeks) -> Floats:
    """Return the mean log load of every fully quantified week, NaN for the others, shape (w,)."""
    means = [
        np.nanmean(weeks.log_load[w]) if fully_quantified(weeks, w) else np.nan
        for w in range(weeks.n_week)
    ]
    return np.array(means)


def _yearly_variance(known: SiteWeeks, mean: Floats) -> float:
    """Return the mean square of a city's change from one week to the next, per year between."""
    total, n = 0.0, 0
    for s in range(len(known.sites)):
        rows = np.flatnonzero((known.site == s) & ~np.isnan(mean))
        for a, b in pairwise(rows):
            total += (mean[b] - mean[a]) ** 2 / max(known.time[b] - known.time[a], 1.0)
            n += 1
    return total / max(n, 1)


def _last_value(known: SiteWeeks, mean: Floats, site: int, origin: int) -> tuple[float, float]:
    """Return a city's last quantified mean, and the years from it to the predicted one."""
    rows = np.flatnonzero((known.site == site) & ~np.isnan(mean))
    if rows.size == 0:  # never fully quantified: its typical load is all there is
        return float(np.log(known.typical_load[site])), 1.0
    return float(mean[rows[-1]]), float(origin + 1 - known.year[rows[-1]])
