"""The world model: its density against scipy, and parameters found again in data of its own."""

import numpy as np
import pytest

from estimate.towns import middle, panel
from reference.estimate_oracle import log_density
from simdesign.estimate.arrays import model_arrays, n_normal, weekday_basis
from simdesign.estimate.posterior import DAY_NAMES, Posterior, posterior_of, summary, world_columns
from simdesign.estimate.priors import NAMES, PRIORS
from simdesign.estimate.pymc_model import Sampler, compiled, sample
from simdesign.estimate.replicate import simulate_weeks
from simdesign.estimate.weeks import SiteWeeks

LIMIT = float(np.log(45.0))
"""Under the levels of most towns, so that some weeks are censored in part and some as a whole."""


@pytest.fixture(scope="module")
def simulated() -> SiteWeeks:
    return simulate_weeks(panel(3, 4, 7, limit=LIMIT), middle(), np.random.default_rng(7))[0]


@pytest.fixture(scope="module")
def fitted(simulated) -> Posterior:
    data = model_arrays(simulated, PRIORS)
    how = Sampler(draws=150, tune=200, chains=1)
    samples = sample(data, n_normal(simulated), how, np.random.default_rng(3))
    return posterior_of(simulated, samples)


def test_weekday_effects_sum_to_zero_and_have_variance_one():
    basis = weekday_basis()
    np.testing.assert_allclose(basis.sum(axis=0), 0.0, atol=1e-14)
    np.testing.assert_allclose((basis @ basis.T).diagonal(), 1.0, rtol=1e-12)


def test_the_density_is_the_one_of_scipy(simulated):
    """Differences between points: constants that no parameter moves are left out of a density."""
    data = model_arrays(simulated, PRIORS)
    assert data["below_value"].size > 20
    assert data["clear_value"].size > 200
    size = len(NAMES) + n_normal(simulated) + simulated.n_week
    points = 0.4 * np.random.default_rng(5).standard_normal((4, size))
    model = compiled(data)
    got = np.array([float(model.density(x)[0]) for x in points])
    expected = np.array([log_density(simulated, PRIORS, x) for x in points])
    np.testing.assert_allclose(np.diff(got), np.diff(expected), rtol=1e-7)


def test_the_gradient_is_that_of_the_density(simulated):
    model = compiled(model_arrays(simulated, PRIORS))
    size = len(NAMES) + n_normal(simulated) + simulated.n_week
    x = 0.3 * np.random.default_rng(6).standard_normal(size)
    gradient = model.density(x)[1]
    for i in (0, 3, 13, 17, 20, 40, size - 1):
        up, down = x.copy(), x.copy()
        up[i] += 1e-5
        down[i] -= 1e-5
        slope = (float(model.density(up)[0]) - float(model.density(down)[0])) / 2e-5
        assert gradient[i] == pytest.approx(slope, rel=1e-5, abs=1e-4)


FOUND_AGAIN = (
    "sigma_shared", "sigma_rw_site", "sigma_site", "day_scale", "drift", "day_rho", "odd_share",
    "odd_excess", "day_site",
)  # fmt: skip


def test_parameters_are_found_again(fitted):
    """Within 3.3 posterior SDs on the scale of the coordinates: central 99.9 % of a normal."""
    truth = middle()
    for name in FOUND_AGAIN:
        draws = fitted.hyper[name]
        change = (lambda v: v) if name == "drift" else np.log
        x = change(draws)
        assert abs(change(truth[name]) - x.mean()) < 3.3 * x.std(), name


def test_what_days_show_is_known_well(fitted):
    """Far better than beforehand: priors are 0.7 wide in logs, 0.8 in the logit of day_rho."""
    assert np.log(fitted.hyper["day_scale"]).std() < 0.4
    assert fitted.hyper["day_rho"].std() < 0.08


def test_levels_are_found_again_where_days_are_below_the_limit_too(simulated, fitted):
    truth = simulate_weeks(panel(3, 4, 7, limit=LIMIT), middle(), np.random.default_rng(7))[1]
    z = (truth["week_level"] - fitted.week_level.mean(axis=0)) / fitted.week_level.std(axis=0)
    whole = simulated.censored.all(axis=1)
    assert 0 < whole.sum() < simulated.n_week
    # z of dependent weeks: the mean square of m normals has an SD of at most sqrt(2) sqrt(m) / m
    # times the root of the largest cluster, the eight weeks of a town
    assert (z**2).mean() < 1.0 + 5.0 * np.sqrt(2.0 * 8.0 / z.size)
    assert np.abs(z[whole]).max() < 5.0


def test_world_columns_are_in_range(fitted):
    columns = world_columns(fitted)
    for name in ("sigma_shared", "sigma_rw", "sigma_site", "sigma_rw_site", "day_sd", "odd_sd"):
        assert (columns[name] > 0.0).all()
    weeks = np.stack([columns[f"weekday_{d}"] for d in DAY_NAMES])
    np.testing.assert_allclose(weeks.mean(axis=0), 1.0, rtol=1e-12)
    ordinary2 = columns["day_sd"] ** 2 - columns["odd_share"] * columns["odd_sd"] ** 2
    assert (ordinary2 > 0.0).all()
    row = next(r for r in summary(columns, 1) if r.name == "day_rho")
    assert row.low < row.median < row.high
