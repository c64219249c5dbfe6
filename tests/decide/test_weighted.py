"""Thresholds of weighted programmes."""

import numpy as np
import pytest

from mc import assert_mean
from simdesign.decide import (
    calibrated_threshold,
    effective_size,
    resampling_counts,
    weighted_threshold,
)


@pytest.mark.parametrize("n", [9, 18, 19, 250])
@pytest.mark.parametrize("budget", [0.05, 0.1, 0.5])
def test_equal_weights_give_the_threshold_of_unweighted_programmes(n, budget):
    rng = np.random.default_rng(n)
    scores = rng.normal(size=n)
    counts = resampling_counts(rng, 7, n)
    plain = calibrated_threshold(scores, budget, counts)
    found = weighted_threshold(scores, budget, np.full(n, 2.5), counts)
    assert found.value == plain.value
    assert found.attained == pytest.approx(plain.attained)
    np.testing.assert_array_equal(found.draws, plain.draws)


def test_whole_weights_are_repetitions_but_for_the_correction():
    scores, weight = np.arange(10.0), np.array([1, 3, 0, 2, 1, 1, 5, 1, 2, 4])
    found = weighted_threshold(scores, 0.3, weight.astype(float), np.zeros((0, 10)))
    repeated = np.sort(np.repeat(scores, weight))
    needed = 0.7 * (1 + 1 / effective_size(weight.astype(float))) * repeated.size
    assert found.value == repeated[int(np.ceil(needed)) - 1]
    assert found.attained == pytest.approx((repeated > found.value).mean())


def test_a_programme_without_weight_says_nothing():
    scores = np.array([5.0, 1.0, 2.0, 3.0, 4.0] * 8)
    weight = np.where(scores == 5.0, 0.0, 1.0)
    found = weighted_threshold(scores, 0.1, weight, np.zeros((0, 40)))
    assert found.value == 4.0
    assert weighted_threshold(scores, 0.1, 0 * weight, np.zeros((0, 40))).value == np.inf


def test_weights_of_another_null_keep_its_false_alarms():
    # nulls drawn with sd 1, weighted to sd 0.8; a new programme of sd 0.8 passes with the budget
    rng = np.random.default_rng(5)
    rates = []
    for _ in range(400):
        scale = rng.uniform(0.5, 1.5, 500)
        scores = scale * rng.standard_normal(500)
        weight = np.where(scale < 1.0, 1.0, 0.0)  # the new mixture is uniform on 0.5 to 1
        found = weighted_threshold(scores, 0.1, weight, np.zeros((0, 500)))
        fresh = rng.uniform(0.5, 1.0, 2000) * rng.standard_normal(2000)
        rates.append((fresh > found.value).mean())
    assert_mean(rates, 0.1)
