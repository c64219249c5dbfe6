"""A change in its standard errors, against a dense regression on every site and round."""

import numpy as np
import pytest

from simdesign.evaluate import Rounds, SharedNoise, round_variance, shares, signals
from simdesign.evaluate.signal import DRIFT_SD
from simdesign.units import DAYS_PER_YEAR

NOISE = SharedNoise(batch=0.03, year=0.02, week=0.05, weeks=4.0, walk=0.05)
SITE = np.array([0.004, 0.009, 0.02])
"""Variance of a site's week."""


def rounds(per_year=3, years=6):
    day = np.arange(per_year * years) * DAYS_PER_YEAR / per_year
    whole = np.arange(day.size)
    return Rounds(day=day, known=day + 3.0, batch=whole // 2, year=whole // per_year)


def dense_error(at, step, m):
    """SE of the step from all sites of the first m rounds, each with a level of its own."""
    t = at.day[:m] / DAYS_PER_YEAR
    shared = np.empty((m, m))
    for i in range(m):
        for j in range(m):
            shared[i, j] = NOISE.walk**2 * min(t[i], t[j])
            shared[i, j] += NOISE.week**2 * np.exp(-abs(at.day[i] - at.day[j]) / 28.0)
            shared[i, j] += NOISE.batch**2 * (at.batch[i] == at.batch[j])
            shared[i, j] += NOISE.year**2 * (at.year[i] == at.year[j])
    n = SITE.size
    covariance = np.kron(np.ones((n, n)), shared) + np.kron(np.diag(SITE), np.eye(m))
    level = np.kron(np.eye(n), np.ones((m, 1)))
    columns = np.column_stack([level, np.tile(t, n), np.tile(step[:m], n)])
    precision = columns.T @ np.linalg.inv(covariance) @ columns
    precision[n, n] += 1.0 / DRIFT_SD**2
    return np.sqrt(np.linalg.inv(precision)[-1, -1])


@pytest.mark.parametrize("m", [6, 11, 18])
def test_the_signal_is_one_over_the_error_of_a_dense_regression(m):
    at = rounds()
    step = (at.day >= 2.1 * DAYS_PER_YEAR).astype(float)
    own = 1.0 / np.sum(1.0 / SITE)
    found = signals(at, NOISE, own, 0.2 * step[None, :], np.array([[at.known[m - 1]]]))[0, 0]
    if not step[:m].any():
        assert found == 0.0
    else:
        assert found == pytest.approx(0.2 / dense_error(at, step, m), rel=1e-9)


def test_nothing_is_told_before_a_round_after_the_break():
    at = rounds()
    step = (at.day >= 2.1 * DAYS_PER_YEAR).astype(float)[None, :]
    known = np.array([[-np.inf, at.known[0], 2.1 * DAYS_PER_YEAR, at.known[-1]]])
    found = signals(at, NOISE, 0.001, step, known)[0]
    np.testing.assert_array_equal(found[:3], 0.0)
    assert found[3] > 1.0


def test_more_noise_of_any_kind_weakens_the_signal():
    at, step = rounds(), (rounds().day >= 900.0).astype(float)[None, :]
    last = np.array([[at.known[-1]]])
    base = signals(at, NOISE, 0.001, step, last)[0, 0]
    assert signals(at, NOISE, 0.002, step, last)[0, 0] < base
    louder = SharedNoise(batch=0.06, year=0.02, week=0.05, weeks=4.0, walk=0.05)
    assert signals(at, louder, 0.001, step, last)[0, 0] < base


def test_a_round_s_own_variance_is_that_of_the_weighted_mean_of_its_sites():
    residue, days = np.array([1.0, 20.0]), np.array([0, 2, 4])
    covariance = 0.07**2 + 0.13**2 * 0.35 ** np.abs(days[:, None] - days[None, :])
    site = []
    for grams in residue:
        mean = np.full(3, 1 / 3)
        site.append(mean @ (covariance + np.diag(np.full(3, 0.044 / grams))) @ mean)
    expected = 1.0 / (1.0 / site[0] + 1.0 / site[1])
    found = round_variance(0.07, 0.13, 0.35, 0.044, residue, days)
    assert found == pytest.approx(expected, rel=1e-12)


def test_shares_are_found_again_and_are_never_negative():
    own, walk = np.array([1.0, 2.1, 3.9, 1.7]), np.array([1.0, 2.0, 4.0, 1.0])
    variance = 0.01 + 0.002 * own + 0.003 * walk
    np.testing.assert_allclose(shares(variance, own, walk), [0.01, 0.002, 0.003], rtol=1e-9)
    assert (shares(0.01 - 0.001 * walk, own, walk) >= 0.0).all()
