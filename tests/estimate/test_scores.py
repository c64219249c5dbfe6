"""Scores against numerical integration and scipy."""

import numpy as np
import pytest
from scipy import stats
from scipy.integrate import quad

from simdesign.estimate.scores import clustered, covered, crps, log_score, probability_below

MEAN, VARIANCE = np.array([0.0, 0.4, -0.2]), np.array([0.04, 0.09, 0.01])


def cdf(y: float) -> float:
    return float(np.mean(stats.norm.cdf(y, MEAN, np.sqrt(VARIANCE))))


@pytest.mark.parametrize("y", [-0.5, 0.1, 1.2])
def test_scores_of_a_mixture_are_their_definitions(y):
    below = quad(lambda x: cdf(x) ** 2, -4.0, y)[0]
    above = quad(lambda x: (1.0 - cdf(x)) ** 2, y, 5.0)[0]
    assert crps(y, MEAN, VARIANCE) == pytest.approx(below + above, abs=1e-7)
    density = np.mean(stats.norm.pdf(y, MEAN, np.sqrt(VARIANCE)))
    assert log_score(y, MEAN, VARIANCE) == pytest.approx(np.log(density), rel=1e-12)
    assert probability_below(y, MEAN, VARIANCE) == pytest.approx(cdf(y), rel=1e-12)


def test_central_intervals_cover_what_they_say():
    p = (np.arange(1000) + 0.5) / 1000
    assert covered(p, 0.8).mean() == pytest.approx(0.8, abs=1e-9)
    assert covered(np.array([0.01, 0.99]), 0.95).sum() == 0


def test_clusters_of_one_give_the_usual_error_and_equal_values_add_nothing():
    x = np.random.default_rng(2).normal(size=50)
    mean, error = clustered(x, np.arange(50))
    assert (mean, error) == pytest.approx((x.mean(), x.std(ddof=1) / np.sqrt(50)), rel=1e-12)
    doubled = clustered(np.repeat(x, 2), np.repeat(np.arange(50), 2))
    assert doubled == pytest.approx((mean, error), rel=1e-12)
    assert np.isnan(clustered(x, np.zeros(50))[1])
