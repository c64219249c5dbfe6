"""Measures without threshold, their errors, and paired differences."""

import numpy as np
import pytest

from mc import assert_mean
from simdesign.evaluate import (
    bias,
    coverage,
    dating_error,
    difference,
    large_error_prob,
    level_bias,
    level_rmse,
    mean_measure,
    right_verdict_prob,
    rmse,
    wilson,
)

FUNCTIONS = {
    "bias": lambda e, t: bias(e[:, -1], t[:, -1]),
    "rmse": lambda e, t: rmse(e[:, -1], t[:, -1]),
    "coverage": lambda e, t: coverage(e[:, -1] - 0.2, e[:, -1] + 0.2, t[:, -1]),
    "dating_error": lambda e, t: dating_error(365.25 * e[:, -1], 365.25 * t[:, -1]),
    "level_bias": level_bias,
    "level_rmse": level_rmse,
    "large_error_prob": large_error_prob,
    "right_verdict_prob": right_verdict_prob,
}


def _draw(rng, n, shift=0.0):
    truth = np.cumsum(rng.normal(0.0, 0.05, (n, 8)), axis=1)
    return truth + rng.normal(shift, 0.07, (n, 8)), truth


@pytest.mark.parametrize("name", FUNCTIONS)
def test_the_error_agrees_with_repetition(name):
    n, repetitions = 60, 2000
    found = []
    for k in range(repetitions):
        estimate, truth = _draw(np.random.default_rng([3, k]), n)
        found.append(FUNCTIONS[name](estimate, truth))
    spread = np.std([m.value for m in found], ddof=1)
    # the spread of 2000 is rough by 1.6 %, the mean of squared errors by less
    assert np.sqrt(np.mean([m.mcse**2 for m in found])) == pytest.approx(spread, rel=0.08)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_the_error_of_a_paired_difference_agrees_with_repetition(name):
    """Both designs see the same truth and half of the same noise."""
    n, repetitions = 60, 2000
    found = []
    for k in range(repetitions):
        rng = np.random.default_rng([4, k])
        truth = np.cumsum(rng.normal(0.0, 0.05, (n, 8)), axis=1)
        common = rng.normal(0.0, 0.06, (n, 8))
        one = truth + common + rng.normal(0.0, 0.03, (n, 8))
        other = truth + common + rng.normal(0.0, 0.06, (n, 8))
        found.append(difference(FUNCTIONS[name](one, truth), FUNCTIONS[name](other, truth)))
    spread = np.std([m.value for m in found], ddof=1)
    assert np.sqrt(np.mean([m.mcse**2 for m in found])) == pytest.approx(spread, rel=0.08)


def test_bias_uses_the_errors_and_not_the_estimates():
    rng = np.random.default_rng(5)
    truth = rng.uniform(0.0, 10.0, (4000, 50))
    estimate = truth + rng.normal(0.0, 0.1, truth.shape)
    found = [bias(e, t) for e, t in zip(estimate, truth, strict=True)]
    assert_mean([(m.value / m.mcse) ** 2 for m in found], 49 / 47)  # variance of t with 49 df


def test_missing_estimates_are_counted_and_left_out():
    found = rmse(np.array([1.0, np.nan, 3.0]), np.array([0.0, 0.0, 0.0]), n_failed=1)
    assert found.value == pytest.approx(np.sqrt(5.0))
    assert (found.n_rep, found.n_failed) == (2, 1)


def test_nothing_known_is_nan_and_no_crash():
    found = bias(np.full(3, np.nan), np.zeros(3), 3)
    assert np.isnan(found.value)
    assert (found.n_rep, found.n_failed) == (0, 3)


def test_wilson_known_answers():
    low, high = wilson(0.0, 10)  # z^2 / (n + z^2)
    assert low == 0.0
    assert high == pytest.approx(3.841459 / 13.841459)
    assert wilson(0.5, 100) == pytest.approx((0.403831, 0.596169), abs=1e-6)


def test_a_share_of_one_has_a_wilson_interval():
    found = mean_measure(np.ones(10), np.ones(10, dtype=bool), share=True)
    assert found.mcse == 0.0
    assert found.low == pytest.approx(1.0 - 3.841459 / 13.841459)


def test_picture_known_answers():
    truth = np.zeros((2, 4))
    level = np.array([[0.0, 0.0, 0.0, 0.09], [0.0, 0.0, 0.0, 0.10]])  # log 1.10 = 0.0953
    assert large_error_prob(level, truth).value == 0.5
    assert right_verdict_prob(level, truth).value == 0.5
    assert level_bias(level, truth).value == pytest.approx(0.095)
    rising = np.array([[0.0, 0.1, 0.2, 0.3]] * 2)
    assert right_verdict_prob(-rising, rising).value == 0.0
    assert large_error_prob(rising, rising).value == 0.0
