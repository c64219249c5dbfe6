"""Draws from the mechanism engine's own model: a break that happened, days, purity and surveys.

Written from docs/mechanisms.md, sections 1 to 4, with one array entry a day.
"""

from dataclasses import dataclass

import numpy as np

from fit import panels
from simdesign.fit.mechanism_traces import trace_draws
from simdesign.fit.priors import break_priors
from simdesign.records import Looks, Observations, Stream
from simdesign.spec.estimator import ExactBreak
from simdesign.spec.mechanism import WEEK_SD

YEAR = 365.25
SUBSTANCE = "cocaine"


@dataclass(frozen=True, kw_only=True)
class Drawn:
    """What was drawn, and what is seen of it."""

    mechanism: np.ndarray  # (r,) of the break
    observations: Observations
    looks: Looks


def drawn_from_model(rng, spec, n_rep, *, n_site=6, n_year=8, with_series=True):
    """Draw replications of one campaign a year in which a break has come by the look."""
    where = panels.visits(n_site, n_year)
    last = int(where.day.max()) + 90
    looks = Looks(
        day=np.array([last]), report_lag=90, origin_day=panels.START, start_day=panels.START
    )
    priors = break_priors(ExactBreak(), SUBSTANCE)
    traces = trace_draws(spec.traces, SUBSTANCE)
    trace = rng.integers(traces.mechanism.size, size=n_rep)
    effect = _effect(rng, priors, n_rep, float(panels.START), float(last), where)
    column = traces.column[trace]
    share = _gls_share(where.day[0], priors.day_noise.rho)
    column = column / (column * share[None]).sum(axis=1, keepdims=True)  # level = mean of a visit
    load = _days(rng, spec, priors, where, n_rep, effect, column, share)
    streams = {}
    if with_series:
        unit = (traces.column[trace] * share[None]).sum(axis=1)
        for kind in spec.streams:
            moved = traces.series(kind)[trace] / unit
            streams[f"{kind}/{SUBSTANCE}"] = _series(rng, spec, kind, n_year, effect, moved)
    seen = panels.observe(where, load)
    return Drawn(
        mechanism=traces.mechanism[trace], looks=looks,
        observations=Observations(
            substances=seen.substances, sites=seen.sites, population=seen.population,
            reference_load=seen.reference_load, visits=where, load=seen.load.copy(),
            censored=seen.censored.copy(), streams=streams,
        ),
    )  # fmt: skip


def _effect(rng, priors, n_rep, origin, last, where):
    """Return for every replication a function of time: what its break does to the log level."""
    times = np.unique(where.middle_day)
    begin = rng.uniform(origin, last, n_rep)
    # a break that no interval holds changes nothing: loads cannot show it
    shown = (begin >= times[1]) & (begin < times[-1])
    kinds = rng.choice(3, size=n_rep, p=[priors.kinds.step, priors.kinds.slope, priors.kinds.both])
    step = priors.step_sd * rng.standard_normal(n_rep) * (kinds != 1) * shown
    slope = priors.slope_sd * rng.standard_normal(n_rep) * (kinds != 0) * shown

    def at(r, day):
        after = day >= begin[r]
        return after * (step[r] + slope[r] * (day - begin[r]) / YEAR)

    return at


def _gls_share(day, rho):
    """Return the weights of the seven weekdays in a visit's mean."""
    inverse = np.linalg.inv(rho ** np.abs(day[:, None] - day[None, :]))
    weight = inverse.sum(axis=1) / inverse.sum()
    return np.bincount((day + 3) % 7, weights=weight, minlength=7)


def _half_normal(rng, prior, n):
    return prior.scale * np.abs(rng.standard_normal(n))


def _days(rng, spec, priors, where, n_rep, effect, column, share):
    n_site, n_visit = int(where.site.max()) + 1, where.site.size
    times, rank = np.unique(where.middle_day, return_inverse=True)
    years = (times - times[0]) / YEAR
    sigma_site = priors.sigma_site.median * np.exp(
        priors.sigma_site.log_sd * rng.standard_normal(n_rep)
    )
    shared = _half_normal(rng, priors.sigma_shared, n_rep)[:, None]
    walk = _half_normal(rng, priors.sigma_rw, n_rep)[:, None]
    path = priors.drift_sd * rng.standard_normal((n_rep, 1)) * years
    steps = rng.standard_normal((n_rep, times.size)) * np.sqrt(np.diff(years, prepend=years[0]))
    path = path + walk * np.cumsum(steps, axis=1)
    # one campaign a year: its batch and its laboratory's year are one normal
    path = path + shared * rng.standard_normal((n_rep, times.size))
    middle = np.array([[effect(r, t) for t in times] for r in range(n_rep)])
    level = rng.normal(0.0, 0.3, (n_rep, n_site))[:, where.site] + (path + middle)[:, rank]
    level = level + sigma_site[:, None] * rng.standard_normal((n_rep, n_visit))
    level = level + priors.nugget * rng.standard_normal((n_rep, n_visit))
    profile = spec.profile_sd * rng.standard_normal((n_rep, 1, 7))
    week = WEEK_SD[SUBSTANCE] * rng.standard_normal((n_rep, times.size, 7))
    moved = profile + week + middle[:, :, None] * column[:, None, :]
    moved = moved - (moved * share).sum(axis=2, keepdims=True)  # the mean is the level's
    weekday = (where.day + 3) % 7
    noise = priors.day_noise
    residue = 900.0 * 100_000.0 * 1e-6
    sd = np.sqrt(noise.variance + noise.count_noise / residue)
    n_day = where.day.shape[1]
    gap = np.abs(np.arange(n_day)[:, None] - np.arange(n_day)[None, :])
    root = np.linalg.cholesky(noise.rho**gap)
    daily = sd * rng.standard_normal((n_rep, n_visit, n_day)) @ root.T
    daily = daily + noise.log_weekday[weekday] + level[:, :, None]
    daily = daily + np.take_along_axis(moved[:, rank], np.repeat(weekday[None], n_rep, 0), axis=2)
    return 900.0 * np.exp(daily)


def _series(rng, spec, kind, n_year, effect, moved):
    model = spec.stream_model(kind)
    day = panels.START + np.arange(182, n_year * 365, 365)
    t = (day - day[0]) / YEAR
    fine = np.linspace(-182.5, 182.5, 366)
    fine = 0.5 * (fine[1:] + fine[:-1])
    error = 0.02 if kind == "purity" else 0.08
    found = []
    for r in range(moved.size):
        log = moved[r] * effect(r, day[:, None] + fine).mean(axis=1)
        log = log + model.drift_sd * rng.standard_normal() * t
        steps = rng.standard_normal(day.size) * np.sqrt(np.diff(t, prepend=t[0]))
        log = log + model.walk_sd * np.cumsum(steps) + error * rng.standard_normal(day.size)
        value = (0.7 if kind == "purity" else 0.02) * np.exp(log)
        found.append(
            Stream(kind=kind, day=day, value=value, standard_error=error * value,
                   reported_day=day + 200)
        )  # fmt: skip
    return tuple(found)
