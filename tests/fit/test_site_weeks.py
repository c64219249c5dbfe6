"""The reduction of days to site-weeks against generalised least squares by matrices."""

import numpy as np
import pytest
from scipy import stats

from fit import panels
from simdesign._kernels.visit_mean import expected_log_below
from simdesign.fit.site_weeks import DayNoise, site_weeks

NOISE = DayNoise(variance=0.02, count_noise=0.05, rho=0.35, log_weekday=np.zeros(7))


def test_mean_and_variance_equal_the_matrix_formula_with_gaps():
    where = panels.visits(3, 2)
    observations = panels.draw(np.random.default_rng(1), where, 2)
    load = observations.load[:, 0].copy()
    load[:, 1, [0, 3]] = np.nan
    load[:, 4, 6] = np.nan
    observations = panels.observe(where, load)
    reduced = site_weeks(observations, "cocaine", NOISE)
    day_variance = 0.02 + 0.05 / (900.0 * 100_000 * 1e-6)
    for v in range(where.n_visit):
        here = np.flatnonzero(np.isfinite(load[0, v]))
        gap = np.abs(here[:, None] - here[None, :])
        inverse = np.linalg.inv(NOISE.rho**gap)
        weight = inverse.sum(axis=0) / inverse.sum()
        expected = weight @ np.log(load[1, v, here])
        assert reduced.mean[1, v] == pytest.approx(expected, rel=1e-12)
        assert reduced.variance[1, v] == pytest.approx(day_variance / inverse.sum(), rel=1e-12)


def test_the_weekday_profile_is_taken_off():
    where = panels.visits(1, 3)
    profile = np.array([0.1, -0.2, 0.0, 0.3, -0.1, 0.05, -0.15])
    load = 800 * np.exp(profile[(where.day + 3) % 7])[None]
    noise = DayNoise(variance=0.02, count_noise=0.0, rho=0.35, log_weekday=profile)
    reduced = site_weeks(panels.observe(where, load), "cocaine", noise)
    np.testing.assert_allclose(reduced.mean, np.log(800), rtol=1e-12)


def test_the_expected_log_below_the_loq_is_the_truncated_normal_mean():
    for centre, sd, loq in ((0.0, 1.0, -0.5), (2.0, 0.3, 1.5), (1.0, 0.2, 1.4)):
        expected = stats.truncnorm(-np.inf, (loq - centre) / sd, centre, sd).mean()
        assert expected_log_below(loq, centre, sd) == pytest.approx(expected, abs=1e-9)
    assert expected_log_below(-50.0, 0.0, 1.0) == -50.0


def test_visits_with_many_days_below_loq_are_left_out_and_counted():
    where = panels.visits(2, 2)
    load = np.full((1, 4, 7), 900.0)
    censored = np.zeros(load.shape, dtype=bool)
    censored[0, 0, :2] = True
    censored[0, 1, :3] = True
    reduced = site_weeks(panels.observe(where, load, censored=censored), "cocaine", NOISE)
    assert reduced.usable[0].tolist() == [True, False, True, True]
    assert reduced.left_out[0].tolist() == [False, True, False, False]
    assert reduced.variance[0, 0] == pytest.approx(reduced.variance[0, 2] * 7 / 5)
    assert reduced.mean[0, 0] < reduced.mean[0, 2]
