"""The mechanism engine against brute force over all days of all sites."""

from dataclasses import replace

import numpy as np

from fit import panels
from reference import mechanism_oracle as oracle
from simdesign.fit import build
from simdesign.fit.mechanism import mechanism_probs
from simdesign.fit.mechanism_traces import trace_draws
from simdesign.fit.priors import break_priors
from simdesign.records import Looks, Stream
from simdesign.spec.estimator import ExactBreak, ExactMechanism
from simdesign.spec.mechanism import WEEK_SD, TracePrior

N_PANELS = 8
BAR = 0.01
"""Twice the engine's stated error of a probability: its quadrature, and one more for the law of a
break's size, a mixture over standard deviations that the engine takes as a normal."""


def random_case(rng, spec):
    """Return observations of a random panel with a random change, and a look after them."""
    n_site, n_year = int(rng.integers(1, 3)), int(rng.integers(4, 6))
    stagger = 14 if n_site > 1 and rng.random() < 0.3 else 0
    where = panels.visits(n_site, n_year, n_day=int(rng.choice([7, 7, 5, 3])), stagger=stagger)
    start = panels.START + int(rng.uniform(1.2, n_year - 1.0) * 365.25)
    observations = panels.draw(rng, where, 1, shared=0.03, walk=0.02, site=0.05)
    draws = trace_draws(spec.traces, "cocaine")
    t = int(rng.integers(draws.mechanism.size))
    size = float(rng.choice([-0.3, 0.3, 0.6]))
    load = observations.load[:, 0].copy()
    weekday = (where.day + 3) % 7
    load *= np.exp(size * draws.column[t][weekday] * (where.day >= start))
    if rng.random() < 0.5:
        load[:, rng.random(load.shape[1:]) < 0.1] = np.nan
    streams = {}
    for kind in ("purity", "survey"):
        if rng.random() < 0.5:
            day = panels.START + np.arange(182, n_year * 365, 365)
            moved = draws.series(kind)[t] * size * (day >= start)
            level = 0.7 if kind == "purity" else 0.02
            value = level * np.exp(moved + 0.03 * rng.standard_normal(day.size))
            streams[f"{kind}/cocaine"] = (
                Stream(
                    kind=kind, day=day, value=value, standard_error=0.03 * value,
                    reported_day=day + 200,
                ),
            )  # fmt: skip
    look = np.array([int(where.day.max()) + 90])
    looks = Looks(day=look, report_lag=90, origin_day=panels.START, start_day=panels.START)
    return replace(panels.observe(where, load), streams=streams), looks


def expected(spec, observations, looks):
    """Return the oracle's answer."""
    priors = break_priors(ExactBreak(), "cocaine")
    noise, where = priors.day_noise, observations.visits
    draws = trace_draws(spec.traces, "cocaine")
    load = observations.load[0, 0]
    v, d = np.nonzero(load > 0.0)
    residue = observations.reference_load[0, 0] * observations.population[0] * 1e-6
    day = where.day[v, d]
    days = oracle.Days(
        log_load=np.log(load[v, d]) - noise.log_weekday[(day + 3) % 7], visit=v,
        site=where.site[v], day=day, middle=where.middle_day[v], batch=where.batch[v],
        year=where.year[v], variance=np.full(v.size, noise.variance + noise.count_noise / residue),
    )  # fmt: skip
    series = []
    for kind in spec.streams:
        if f"{kind}/cocaine" not in observations.streams:
            continue
        record, model = observations.streams[f"{kind}/cocaine"][0], spec.stream_model(kind)
        known = record.reported_day <= looks.day[0]
        series.append(
            oracle.Series(
                log_value=np.log(record.value[known]), day=record.day[known],
                variance=(record.standard_error / record.value)[known] ** 2,
                period=float(np.diff(record.day).min()), drift_sd=model.drift_sd,
                walk_sd=model.walk_sd, moved=draws.series(kind),
            )
        )  # fmt: skip
    return oracle.posterior(
        days, series, draws.column, draws.mechanism, priors, spec, week_sd=WEEK_SD["cocaine"],
        origin=looks.origin_day, look=float(looks.day[0]),
    )  # fmt: skip


def test_posteriors_equal_brute_force_over_all_days():
    spec = ExactMechanism(traces=TracePrior(draws=20))
    engine = build("mine", spec)
    rng = np.random.default_rng(20251125)
    off, spread = [], []
    for _ in range(N_PANELS):
        observations, looks = random_case(rng, spec)
        got = mechanism_probs(engine.fit(observations, looks, "cocaine"))[0, 0]
        want = expected(spec, observations, looks)
        off.append(np.abs(got - want).max())
        spread.append(np.abs(want - 1 / 3).max())
    assert np.median(spread) > 0.2, "the data must say something"
    assert max(off) < BAR, off
