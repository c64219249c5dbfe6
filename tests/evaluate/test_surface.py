"""Power from a signal: the slope, and the error of designs that are left out."""

import numpy as np
import pytest
from scipy.stats import norm

from simdesign.evaluate import fitted_slope, left_out, shifted

SIGNAL = np.array([[1.0, 1.8, 2.5, 3.1], [0.5, 0.9, 1.2, 1.6]])
SLOPE = 0.6
POWER = norm.cdf(np.array([[-1.5], [-0.7]]) + SLOPE * SIGNAL)
N = np.full(SIGNAL.shape, 1000)
ERROR = np.sqrt(POWER * (1 - POWER) / N)
GROUP = np.zeros(4, dtype=np.int64)
VARIANTS = np.array([False, True, True, True])


def test_the_slope_is_found_again_whatever_the_intercepts():
    assert fitted_slope(SIGNAL, POWER, ERROR, N) == pytest.approx(SLOPE, rel=1e-12)


def test_the_slope_is_the_weighted_regression_with_an_intercept_a_scenario():
    power = np.clip(POWER + np.array([[0.02, -0.01, 0.03, 0.0], [0.01, 0.02, -0.03, 0.02]]), 0, 1)
    y = norm.ppf(power).ravel()
    root = (norm.pdf(norm.ppf(power)) / ERROR).ravel()
    scenario = np.repeat(np.eye(2), 4, axis=0)
    columns = np.column_stack([SIGNAL.ravel(), scenario]) * root[:, None]
    expected = np.linalg.lstsq(columns, y * root, rcond=None)[0][0]
    assert fitted_slope(SIGNAL, power, ERROR, N) == pytest.approx(expected, rel=1e-9)


def test_what_is_not_known_is_left_out():
    signal, power = SIGNAL.copy(), POWER.copy()
    signal[0, 1], power[1, 2] = np.nan, np.nan
    assert fitted_slope(signal, power, ERROR, N) == pytest.approx(SLOPE, rel=1e-12)
    same = np.ones_like(SIGNAL)
    assert np.isnan(fitted_slope(same, POWER, ERROR, N))
    assert np.isnan(fitted_slope(np.full_like(SIGNAL, np.nan), POWER, ERROR, N))


def test_more_signal_never_lowers_the_power():
    assert fitted_slope(SIGNAL, POWER[:, ::-1], ERROR, N) == 0.0


def test_certainty_counts_as_half_a_replication():
    told = shifted(np.array([0.0, 1.0]), np.array([50, 50]), np.array([0.0, 0.0]))
    np.testing.assert_allclose(told, [0.01, 0.99], rtol=1e-12)


def test_designs_that_follow_the_surface_are_predicted():
    found = left_out(SIGNAL, POWER, ERROR, N, GROUP, VARIANTS)
    assert found.n == 6
    assert found.error == pytest.approx(0.0, abs=1e-12)
    assert found.luck == pytest.approx(np.sqrt(np.mean(ERROR[:, 1:] ** 2)))


def test_the_error_is_that_of_a_prediction_from_the_nearest_other_design():
    power = POWER.copy()
    power[:, 2] = norm.cdf(norm.ppf(power[:, 2]) - 0.5)  # one design does worse than its signal
    only = np.array([False, False, True, False])
    found = left_out(SIGNAL, power, ERROR, N, GROUP, only)
    assert found.error == pytest.approx(np.sqrt(np.mean((POWER[:, 2] - power[:, 2]) ** 2)))
    assert found.worst == pytest.approx(np.abs(POWER[:, 2] - power[:, 2]).max())
    assert found.n == 2


def test_a_design_without_another_of_its_schedule_is_not_predicted():
    group = np.array([0, 1, 2, 3])
    assert left_out(SIGNAL, POWER, ERROR, N, group, VARIANTS).n == 0
