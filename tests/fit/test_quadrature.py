"""Nodes against the moments of the priors they stand for."""

import numpy as np
import pytest
from scipy import optimize, stats

from simdesign._kernels.mixture import mixture_cdf, mixture_quantile
from simdesign._kernels.site_integral import integrate_site_nodes
from simdesign.fit.quadrature import scale_nodes, site_nodes
from simdesign.spec.quantity import HalfNormal, LogNormal


def test_half_normal_nodes_carry_the_second_moment():
    nodes = scale_nodes(HalfNormal(scale=0.08), 12)
    weight = np.exp(nodes.log_weight)
    assert weight.sum() == pytest.approx(1.0)
    # beyond four scales lie 6e-5 of the prior, and 1e-3 of its second moment
    assert weight @ nodes.value**2 == pytest.approx(0.08**2, rel=3e-3)


def test_log_normal_nodes_carry_the_mean():
    nodes = scale_nodes(LogNormal(median=0.07, log_sd=0.4), 25)
    assert np.exp(nodes.log_weight) @ nodes.value == pytest.approx(0.07 * np.exp(0.08), rel=3e-3)


@pytest.mark.parametrize("prior", [0.05, 0.0, HalfNormal(scale=0), LogNormal(median=0.1, log_sd=0)])
def test_a_point_mass_is_one_node(prior):
    nodes = scale_nodes(prior, 12)
    assert nodes.value.size == 1
    assert nodes.log_weight[0] == 0.0


def test_the_coarse_nodes_of_the_site_sd_are_every_few_fine_ones():
    grid = site_nodes(LogNormal(median=0.07, log_sd=0.4), 0.3, 8)
    np.testing.assert_array_equal(grid.coarse, grid.fine[::8])
    np.testing.assert_allclose(np.diff(np.log(grid.fine)), np.diff(np.log(grid.fine))[0])
    assert np.exp(grid.log_weight).sum() == pytest.approx(1.0)


def test_the_site_integral_is_exact_for_powers_of_the_sd():
    """Log-linear evidences are integrated as the plain sum over the fine nodes."""
    grid = site_nodes(LogNormal(median=0.07, log_sd=0.4), 0.3, 8)
    power = np.array([1.5, -3.0])  # of no break and of a break in one interval
    evidence = grid.fine[:, None] ** power
    mean = 0.2 + 0.1 * np.log(grid.fine)
    n = grid.coarse.size
    sums = np.zeros((n, 1, 1, 2, 2))
    sums[:, 0, 0, 0] = evidence[::8] * np.exp(3.0)
    sums[:, 0, 0, 1] = sums[:, 0, 0, 0] * mean[::8, None]
    reference = np.full((n, 1, 1), -3.0)
    weight = np.exp(grid.log_weight)
    everywhere = np.ones((n, 1, 1), dtype=bool)
    scale, out = integrate_site_nodes(
        reference, sums, grid.log_weight[:, None, None], 8, everywhere
    )
    got = out[0, 0] * np.exp(scale[0, 0])
    np.testing.assert_allclose(got[0], weight @ evidence, rtol=1e-12)
    np.testing.assert_allclose(got[1], weight @ (evidence * mean[:, None]), rtol=1e-12)


def test_the_site_integral_bends_as_the_evidence_does():
    """A log evidence that is quadratic in log SD is integrated as the plain sum too."""
    grid = site_nodes(LogNormal(median=0.07, log_sd=0.4), 0.3, 8)
    x = np.log(grid.fine / 0.07)
    log_evidence = 1.5 * x - 4.0 * x**2
    n = grid.coarse.size
    sums = np.zeros((n, 1, 1, 1, 1))
    sums[:, 0, 0, 0, 0] = np.exp(log_evidence[::8])
    everywhere = np.ones((n, 1, 1), dtype=bool)
    scale, out = integrate_site_nodes(
        np.zeros((n, 1, 1)), sums, grid.log_weight[:, None, None], 8, everywhere
    )
    got = out[0, 0, 0, 0] * np.exp(scale[0, 0])
    assert got == pytest.approx(np.exp(grid.log_weight) @ np.exp(log_evidence), rel=1e-12)


def test_mixture_quantiles_solve_the_distribution_function():
    weight, mean, sd = np.array([0.3, 0.25]), np.array([-0.2, 0.4]), np.array([0.1, 0.2])
    atom = 0.45

    def cdf(x):
        return weight @ stats.norm.cdf((x - mean) / sd) + atom * (x >= 0)

    for level in (0.025, 0.2, 0.9, 0.975):
        got = mixture_quantile(level, atom, weight, mean, sd)
        assert got == pytest.approx(optimize.brentq(lambda x, a=level: cdf(x) - a, -3, 3), abs=1e-5)
    assert mixture_quantile(0.5, atom, weight, mean, sd) == 0.0
    assert mixture_cdf(0.1, weight, mean, sd) == pytest.approx(
        weight @ stats.norm.cdf((0.1 - mean) / sd)
    )
