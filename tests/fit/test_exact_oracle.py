"""The exact engine against brute force that shares none of its algebra."""

import numpy as np
import pytest

from fit import panels
from reference import step_oracle
from simdesign.fit.exact import scan_breaks
from simdesign.fit.priors import break_priors
from simdesign.fit.site_weeks import SiteWeeks
from simdesign.records import Looks
from simdesign.spec.estimator import ExactStep

N_PANELS = 200


def _random_panel(rng):
    """Draw one panel of up to 6 sites x 8 campaigns: gaps, halves staggered, unequal noise."""
    n_site = int(rng.integers(1, 7))
    rounds = int(rng.choice([1, 1, 2, 4]))
    n_year = max(1, int(rng.integers(2, 9)) // rounds)
    stagger = int(rng.choice([0, 0, 21])) if rounds == 1 else 0
    keep = rng.random(n_site * rounds * n_year) > rng.choice([0.0, 0.0, 0.2])
    keep[:n_site] = True
    return panels.visits(n_site, n_year, rounds=rounds, stagger=stagger, keep=keep)


def _reduced(rng, where):
    """Site-week means with variance components from the priors' neighbourhood."""
    n_site = int(where.site.max()) + 1
    shared, walk = abs(rng.normal(0, 0.08)), abs(rng.normal(0, 0.06))
    site = 0.07 * np.exp(0.4 * rng.normal())
    noise = rng.uniform(0.002, 0.01, n_site)[where.site]
    _, batch = np.unique(where.batch, return_inverse=True)
    times, rank = np.unique(where.middle_day, return_inverse=True)
    gaps = np.diff(times, prepend=times[0]) / 365.25
    y = (np.cumsum(walk * rng.normal(size=times.size) * np.sqrt(gaps)))[rank]
    y = y + rng.normal(size=n_site)[where.site] + shared * rng.normal(size=batch.max() + 1)[batch]
    y = y + rng.normal(size=y.size) * np.sqrt(site**2 + noise)
    if rng.random() < 0.5:
        y = y + rng.normal(0, 0.3) * (where.middle_day > rng.choice(times))
    return SiteWeeks(
        mean=y[None],
        variance=noise[None],
        usable=np.ones((1, y.size), dtype=bool),
        left_out=np.zeros((1, y.size), dtype=bool),
    )


def _look(where):
    day = np.array([int(where.day.max()) + 91])
    return Looks(day=day, report_lag=90, origin_day=panels.START, start_day=panels.START)


def _series(where, reduced, nugget):
    return step_oracle.Series(
        y=reduced.mean[0],
        site=where.site,
        day=where.middle_day,
        batch=where.batch,
        year=where.year,
        slot=where.slot,
        noise=reduced.variance[0] + nugget**2,
    )


def test_probability_of_a_break_equals_brute_force_quadrature():
    """At most 0.005 off for 99 % of panels and 0.02 for all: the engine's stated error."""
    rng = np.random.default_rng(20251105)
    priors = break_priors(ExactStep(), "cocaine")
    error = []
    for _ in range(N_PANELS):
        where = _random_panel(rng)
        reduced = _reduced(rng, where)
        look = _look(where)
        scan = scan_breaks(reduced, np.array([0]), where, look, priors)
        expected, _, _ = step_oracle.step_posterior(
            _series(where, reduced, priors.nugget), priors,
            origin_day=look.origin_day, look_day=look.day[0],
        )  # fmt: skip
        error.append(abs(scan.summary.prob[0, 0] - expected))
    assert len(error) == N_PANELS
    assert np.quantile(error, 0.99) <= 0.005
    assert np.max(error) <= 0.02


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize(
    ("n_site", "n_year", "rounds", "stagger"),
    [(20, 8, 1, 0), (20, 4, 4, 0), (12, 8, 1, 28), (7, 5, 2, 0)],
)
def test_likelihood_equals_the_dense_normal_at_given_variances(
    seed, n_site, n_year, rounds, stagger
):
    """Evidence of no break at random variance values, to rounding of the dense algebra."""
    rng = np.random.default_rng(seed)
    keep = rng.random(n_site * n_year * rounds) > (0.15 if seed % 2 else 0.0)
    where = panels.visits(n_site, n_year, rounds=rounds, stagger=stagger, keep=keep)
    shared, walk, site = rng.uniform(0, 0.2), rng.uniform(0, 0.15), rng.uniform(0.01, 0.3)
    spec = ExactStep(sigma_shared=shared, sigma_rw=walk, sigma_site=site, r_lab=rng.random())
    priors = break_priors(spec, "cocaine")
    reduced = _reduced(rng, where)
    look = _look(where)
    scan = scan_breaks(reduced, np.array([0]), where, look, priors)
    times = np.unique(where.middle_day)
    logs = step_oracle.log_evidences(
        _series(where, reduced, priors.nugget), priors,
        *(np.array([sd]) for sd in (shared, walk, site)), times[2:],
    )[0]  # fmt: skip
    prior = np.bincount(
        scan.model.prior.interval, weights=np.exp(scan.model.hypotheses.log_prior[0])
    )
    none = np.exp(-priors.hazard * (look.day[0] - look.origin_day) / 365.25)
    parts = np.r_[np.log(1.0 - prior.sum()) + logs[0], np.log(prior) + logs[1:]]
    expected = np.logaddexp.reduce(parts)
    got = scan.summary.log_evidence[0, 0]
    assert got == pytest.approx(expected, abs=1e-7)
    hidden = 1.0 - none - prior.sum()
    odds = np.logaddexp.reduce(np.r_[np.log(hidden) + logs[0], parts[1:]]) - np.log(none) - logs[0]
    assert scan.summary.log_odds[0, 0] == pytest.approx(odds, abs=1e-6)
