"""Draws under one prior serve for another."""

import numpy as np
import pytest

from simdesign.estimate.split import prior_weights, weighted_quantile


@pytest.mark.parametrize("factor", [0.5, 1.2])
def test_weights_turn_one_half_normal_into_another(factor):
    scale, n = 0.2, 40_000
    draws = scale * np.abs(np.random.default_rng(1).standard_normal(n))
    weight = prior_weights(draws, scale, factor)
    assert weight.sum() == pytest.approx(1.0, rel=1e-12)
    # the standard error of a self-normalised mean of squares
    square, expected = draws**2, (factor * scale) ** 2
    error = np.sqrt((weight**2 * (square - expected) ** 2).sum())
    assert abs((weight * square).sum() - expected) < 5.0 * error


def test_equal_weights_give_plain_quantiles():
    values = np.random.default_rng(2).permutation(101).astype(float)
    weight = np.full(101, 1.0 / 101.0)
    assert weighted_quantile(values, weight, 0.5) == 50.0
    assert weighted_quantile(values, weight, 0.999999) == 100.0
