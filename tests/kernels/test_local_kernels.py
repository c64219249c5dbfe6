"""The path of the other cities, and pairs of breaks, against dense algebra."""

import numpy as np

from simdesign._kernels.break_pairs import pair_log_factors
from simdesign._kernels.others_path import others_path


def test_the_path_and_its_covariance_are_those_of_the_dense_posterior():
    rng = np.random.default_rng(3)
    n_site, n_cell = 4, 6
    keep = rng.random(n_site * n_cell) < 0.7
    keep[:n_cell] = True
    site = np.repeat(np.arange(n_site), n_cell)[keep]
    cell = np.tile(np.arange(n_cell), n_site)[keep]
    weight, y = rng.uniform(50, 200, site.size), rng.normal(0, 0.3, (2, site.size))
    mean, covariance, share = others_path(y, weight, cell, site, n_cell, n_site, 1.0)
    x = np.concatenate([np.eye(n_cell)[cell], np.eye(n_site)[site]], axis=1)
    precision = x.T @ (weight[:, None] * x) + np.diag([0.0] * n_cell + [1.0] * n_site)
    dense = np.linalg.inv(precision)
    np.testing.assert_allclose(covariance, dense[:n_cell, :n_cell], rtol=1e-9)
    np.testing.assert_allclose(mean.T, (dense @ x.T @ (weight * y).T)[:n_cell], atol=1e-12)
    total = np.bincount(cell, weight)
    np.testing.assert_allclose(share, np.bincount(cell, (weight / total[cell]) ** 2))


def test_known_levels_leave_the_weighted_mean():
    rng = np.random.default_rng(4)
    site, cell = np.repeat(np.arange(3), 5), np.tile(np.arange(5), 3)
    weight, y = rng.uniform(50, 200, 3)[site], rng.normal(0, 0.3, (1, 15))
    mean, covariance, _ = others_path(y, weight, cell, site, 5, 3, np.inf)
    np.testing.assert_allclose(covariance, np.eye(5) / weight.reshape(3, 5).sum(axis=0), rtol=1e-12)
    expected = np.average(y.reshape(3, 5), axis=0, weights=weight.reshape(3, 5))
    np.testing.assert_allclose(mean[0], expected, rtol=1e-12)


def test_a_pair_of_breaks_has_the_density_of_its_covariance():
    """Log B = log N(y; 0, I + ZZ') - log N(y; 0, I), also for an item paired with itself."""
    rng = np.random.default_rng(5)
    z, y = rng.normal(size=(9, 6)), rng.normal(size=9)
    z[:, 5] = 0.0  # an item with one column
    got = pair_log_factors(z.T @ z, z.T @ y)
    for a in range(3):
        for b in range(a, 3):
            both = np.column_stack([z[:, 2 * a : 2 * a + 2], z[:, 2 * b : 2 * b + 2]])
            cov = np.eye(9) + both @ both.T
            expected = -0.5 * (np.linalg.slogdet(cov)[1] + y @ np.linalg.solve(cov, y) - y @ y)
            np.testing.assert_allclose(got[a, b], expected, rtol=1e-9)
    assert (np.tril(got, -1) == 0.0).all()
