"""Latent parts that together have the observed variances."""

import math

import numpy as np
import pytest

from simdesign.errors import SpecError
from simdesign.simulate.totals import latent_parts, mean_variance
from simdesign.spec.catalogue import SUBSTANCES
from simdesign.spec.totals import DayErrors, shared_parts
from simdesign.spec.world import World

DEFAULT = {
    "sd_swing": 0.04,
    "shared_weeks": 4.0,
    "sigma_site": 0.07,
    "site_days": 10.0,
    "day_sd": 0.134,
    "day_rho": 0.35,
    "errors": DayErrors(flow_sd=0.04, sampling_sd=0.03, repeat_sd=0.04),
}


def covariance(sd, phi):
    """Covariance matrix of seven consecutive days of a stationary first-order process."""
    lag = np.abs(np.subtract.outer(np.arange(7), np.arange(7)))
    return sd**2 * float(phi) ** lag


def miss(values):
    """How far the finished world is from its totals: seven-day mean, day, neighbouring days."""
    parts = latent_parts(**values)
    finished = (
        covariance(parts.swing_sd, parts.swing_phi)
        + covariance(parts.slow_sd, parts.slow_phi)
        + covariance(parts.fast_sd, parts.fast_phi)
        + values["errors"].variance * np.eye(7)
    )
    wanted = (
        values["sd_swing"] ** 2
        + values["sigma_site"] ** 2
        + covariance(values["day_sd"], values["day_rho"])
    )
    off = finished - wanted
    return off.mean(), off[0, 0], off[0, 1]


def test_variance_of_a_mean_is_that_of_the_matrix():
    for rho in (-0.5, 0.0, 0.35, 0.99):
        assert mean_variance(rho) == pytest.approx(covariance(1.0, rho).mean(), rel=1e-12)


@pytest.mark.parametrize("name", SUBSTANCES)
def test_the_catalogue_s_totals_are_met_exactly(name):
    world = World(substances={name: {}})
    item = world.substances[name]
    values = {
        "sd_swing": shared_parts(item.sigma_shared, item.lab_share, item.r_lab).sd_swing,
        "shared_weeks": item.shared_weeks,
        "sigma_site": item.sigma_site,
        "site_days": item.site_days,
        "day_sd": item.day_sd,
        "day_rho": item.day_rho,
        "errors": world.day_errors(item),
    }
    np.testing.assert_allclose(miss(values), 0.0, atol=1e-14)


def test_worlds_drawn_from_the_default_prior_keep_the_site_week_and_mostly_the_day():
    rng = np.random.default_rng(5)
    missed_day = missed_lag = 0
    n = 3000
    for _ in range(n):
        values = DEFAULT | {
            "sd_swing": abs(rng.normal(0, 0.08)) * math.sqrt(0.5),
            "shared_weeks": float(rng.choice([1, 4, 12])),
            "sigma_site": 0.07 * math.exp(0.4 * rng.normal()),
        }
        mean, day, lag = miss(values)
        assert abs(mean) < 1e-14
        assert day > -1e-12  # days never vary less than observed
        missed_day += day > 1e-9
        missed_lag += abs(lag) > 1e-9
    assert 0 < missed_day / n < 0.02  # 1.3 % in docs/world.md
    assert missed_day <= missed_lag < 0.05 * n


def test_a_world_without_day_noise_has_the_site_week_alone():
    values = DEFAULT | {"day_sd": 0.0, "errors": DayErrors(), "sd_swing": 0.1, "sigma_site": 0.122}
    parts = latent_parts(**values)
    assert parts.fast_sd == 0.0
    assert covariance(parts.slow_sd, parts.slow_phi).mean() == pytest.approx(0.122**2)
    assert covariance(parts.swing_sd, parts.swing_phi).mean() == pytest.approx(0.1**2)


def test_a_world_without_shared_and_site_parts_is_day_noise():
    parts = latent_parts(**(DEFAULT | {"sd_swing": 0.0, "sigma_site": 0.0, "errors": DayErrors()}))
    assert (parts.swing_sd, parts.slow_sd) == (0.0, 0.0)
    assert (parts.fast_sd, parts.fast_phi) == pytest.approx((0.134, 0.35), rel=1e-9)
    nothing = DEFAULT | {"sd_swing": 0.0, "sigma_site": 0.0, "errors": DayErrors(), "day_sd": 0.0}
    parts = latent_parts(**nothing)
    assert (parts.swing_sd, parts.slow_sd, parts.fast_sd) == (0.0, 0.0, 0.0)


def test_without_site_weeks_measurement_error_costs_a_little_lag_and_nothing_else():
    mean, day, lag = miss(DEFAULT | {"sigma_site": 0.0, "sd_swing": 0.0})
    assert (mean, day) == pytest.approx((0.0, 0.0), abs=1e-14)
    assert -0.04 < lag / 0.134**2 < 0.0  # of the lag-1 correlation; its interval is 0.17 to 0.52


def test_more_measurement_error_leaves_less_latent_noise():
    latent = [
        latent_parts(**(DEFAULT | {"errors": DayErrors(flow_sd=sd)})).fast_sd
        for sd in (0, 0.04, 0.06)
    ]
    assert latent[0] > latent[1] > latent[2]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            {"errors": DayErrors(flow_sd=0.012**0.5)},
            r"day_sd: must be at least 0\.1359.*got 0\.134",
        ),
        ({"day_sd": 0.0}, r"day_sd: must be at least 0\.079"),
        (
            {"sigma_site": 0.0, "day_rho": -0.8, "errors": DayErrors(flow_sd=0.0135**0.5)},
            r"day_sd: must leave a seven-day mean",
        ),
    ],
)
def test_parts_that_exceed_the_total_are_refused(change, message):
    with pytest.raises(SpecError, match=message):
        latent_parts(**(DEFAULT | change))


def test_the_shared_error_is_split_without_rest():
    for sigma, lab, r in ((0.06, 0.5, 0.5), (0.1, 0.0, 0.5), (0.1, 1.0, 0.8), (0.0, 0.5, 0.5)):
        parts = shared_parts(sigma, lab, r)
        assert sum(part**2 for part in parts) == pytest.approx(sigma**2, rel=1e-12)
        assert parts.sd_lab_year**2 == pytest.approx(sigma**2 * lab * r)
        assert parts.sd_lab_batch**2 == pytest.approx(sigma**2 * lab * (1 - r))
