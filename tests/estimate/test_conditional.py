"""The Gaussian conditional against an oracle that builds the model by its definition."""

from itertools import pairwise

import numpy as np
import pytest

from simdesign.estimate.conditional import (
    Panel,
    Scales,
    condition,
    mean_and_covariance,
    mean_noise_factor,
)
from simdesign.estimate.priors import LEVEL_SD

SCALES = Scales(
    shared=0.11, walk=0.07, city_walk=0.09, site=0.13, drift=0.06, drift_country=0.03,
    drift_site=0.02, era_shared=0.2, era_site=0.15,
)  # fmt: skip


def uneven() -> Panel:
    """Three sites that start in different years and have gaps; the last two weeks are to come."""
    return Panel(
        site=np.array([0, 0, 0, 1, 1, 2, 2, 2, 0, 1]),
        cell=np.array([0, 1, 3, 1, 3, 0, 1, 2, 4, 4]),
        time=np.array([-3.0, -2.0, 0.5, -2.0, 0.5, -3.0, -2.0, -0.9, 1.5, 1.5]),
        noisy=np.array([1.0, 0, 0, 0, 0, 1.0, 0, 0, 0, 0]),
        centre=np.array([5.0, 5, 5, 4, 4, 6, 6, 6, 5, 4]),
    )


def by_definition(panel: Panel, s: Scales) -> tuple[np.ndarray, np.ndarray]:
    """Return mean and covariance as a sum over independent causes: L = A e, cov = A A'."""
    times = np.unique(panel.time)
    columns = [s.drift_country * panel.time]
    for before, after in pairwise(times):
        step = s.walk * np.sqrt(after - before)
        columns.append(step * (panel.time >= after))
    for cell in np.unique(panel.cell):
        mine = panel.cell == cell
        sd = np.hypot(s.shared, s.era_shared * panel.noisy[mine][0] ** 0.5)
        columns.append(sd * mine)
    for site in np.unique(panel.site):
        mine = panel.site == site
        columns += [LEVEL_SD * mine, s.drift_site * panel.time * mine]
        visits = np.sort(panel.time[mine])
        for before, after in pairwise(visits):
            step = s.city_walk * np.sqrt(after - before)
            columns.append(step * (mine & (panel.time >= after)))
    for w in range(panel.time.size):
        sd = np.hypot(s.site, s.era_site * panel.noisy[w])
        columns.append(sd * (np.arange(panel.time.size) == w))
    a = np.stack(columns, axis=1).astype(float)
    return panel.centre + s.drift * panel.time, a @ a.T


def test_mean_and_covariance_are_those_of_the_independent_causes():
    mean, covariance = mean_and_covariance(uneven(), SCALES)
    expected = by_definition(uneven(), SCALES)
    np.testing.assert_allclose(mean, expected[0], rtol=1e-14)
    np.testing.assert_allclose(covariance, expected[1], rtol=1e-12, atol=1e-14)


def test_the_conditional_is_the_dense_textbook_one():
    mean, covariance = by_definition(uneven(), SCALES)
    rng = np.random.default_rng(1)
    known = mean[:8] + rng.normal(0.0, 0.3, 8)
    got = condition(mean, covariance, known, 8)
    precision = np.linalg.inv(covariance)  # conditional law by blocks of the precision
    block = np.linalg.inv(precision[8:, 8:])
    expected = mean[8:] - block @ precision[8:, :8] @ (known - mean[:8])
    np.testing.assert_allclose(got[0], expected, rtol=1e-9)
    np.testing.assert_allclose(got[1], np.diag(block), rtol=1e-9)


def test_a_rise_in_other_cities_raises_the_prediction():
    mean, covariance = mean_and_covariance(uneven(), SCALES)
    known = mean[:8].copy()
    base = condition(mean, covariance, known, 8)[0]
    known[[4]] += 0.5  # site 1 at the last known campaign
    moved = condition(mean, covariance, known, 8)[0]
    assert moved[1] > moved[0] - base[0] + base[1]  # itself more than the other city
    assert moved[0] > base[0]


@pytest.mark.parametrize("rho", [0.0, 0.4])
def test_the_noise_of_a_mean_is_the_textbook_sum(rho):
    n = 7
    lags = np.arange(1, n)
    expected = (1.0 + 2.0 * ((1.0 - lags / n) * rho**lags).sum()) / n
    assert mean_noise_factor(np.arange(n), rho) == pytest.approx(expected, rel=1e-12)
