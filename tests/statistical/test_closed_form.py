"""The closed forms that a log-normal world must reproduce, through simulator and measurement."""

import numpy as np
import pytest
from closed_form import daily_log_residuals, log_normal_world, national_log_means, national_se

from mc import assert_mean, assert_proportion
from simdesign.simulate import count_noise
from simdesign.spec.change import LevelShift

Z_POWER, Z_LEVEL = 0.8416212335729143, 1.959963984540054


@pytest.mark.parametrize("shared", [0.0, 0.05, 0.10, 0.15])
@pytest.mark.parametrize("lab_share", [1.0, 0.0])
def test_standard_error_of_the_national_log_mean(shared, lab_share):
    """Whatever the shared error is made of, laboratory or a swing of the nation."""
    world = log_normal_world(sigma_shared=shared, lab_share=lab_share)
    mean = national_log_means(world, (11,), 600, years=1)[:, 0]
    assert_mean(mean, 0.0)
    assert_mean(mean**2, national_se(shared) ** 2)


def test_four_rounds_follow_the_within_year_correlation():
    """sigma_shared^2 (r + (1 - r)/4), plus a quarter of the sites' independent part."""
    shared, r = 0.10, 0.5
    world = log_normal_world(sigma_shared=shared, r_lab=r)
    year = national_log_means(world, (6, 19, 32, 45), 800, years=1).mean(axis=1)
    own = national_se(0.0) ** 2 / 4
    assert_mean(year**2, shared**2 * (r + (1 - r) / 4) + own)


@pytest.mark.parametrize("shared", [0.0, 0.05, 0.10, 0.15])
def test_the_two_year_z_test_has_80_per_cent_power_at_the_minimum_detectable_change(shared):
    error = np.sqrt(2) * national_se(shared)
    size = float(np.exp((Z_POWER + Z_LEVEL) * error) - 1)
    world = log_normal_world(sigma_shared=shared)
    change = LevelShift(size=size, at=1.0, mechanism="more_users")
    mean = national_log_means(world, (11,), 800, change=change)
    z = (mean[:, 1] - mean[:, 0]) / error
    assert_proportion(int((np.abs(z) > Z_LEVEL).sum()), z.size, 0.80)


def test_minimum_detectable_changes_of_the_design_are_reproduced():
    """The four figures stated for a site-week SD of 0.122 with its day noise and 20 sites."""
    changes = [
        np.exp((1.960 + 0.842) * np.sqrt(2) * np.sqrt(shared**2 + 0.122**2 / 20)) - 1
        for shared in (0.0, 0.05, 0.10, 0.15)
    ]
    np.testing.assert_allclose(100 * np.array(changes), [11.4, 25.3, 50.8, 82.9], atol=0.1)


def test_counts_add_the_variance_of_their_residue():
    """Same luck with and without counts: what is left is the count noise of the national mean.

    Its variance is the sum over sites of c / (residue n S^2), from the world's own c.
    """
    quiet, noisy = (log_normal_world(counts=c, sigma_shared=0.0) for c in ("off", "gamma"))
    one, two = (national_log_means(w, (11,), 600, years=1)[:, 0] for w in (quiet, noisy))
    substance = quiet.substances["cocaine"]
    c = count_noise("cocaine", substance, weekdays=False)
    residue = [substance.level * s.level * s.population * 1e-6 for s in quiet.catchments]
    n_site = len(residue)
    variance = sum(c / r for r in residue) / 7 / n_site**2
    extra = two - one
    # the log of a gamma factor has mean -variance/2 and, to first order, the factor's variance
    bias = -0.5 * sum(c / r for r in residue) / n_site
    assert_mean(extra, bias)
    assert_mean((extra - bias) ** 2, variance)


def test_injected_totals_come_back_through_the_measuring_chain():
    """Flow, sampling and laboratory take their share of the totals and add nothing on top."""
    shared, site, day, rho = 0.06, 0.07, 0.134, 0.35
    world = log_normal_world(
        sigma_shared=shared, sigma_site=site, lab_repeat_sd=0.04, flow_sd=0.04, sampling_sd=0.03
    )
    z = daily_log_residuals(world, (11,), 500, years=1)[:, 0]  # (r, s, d)
    n_site, n_day = z.shape[1:]
    own = (z - z.mean(axis=1, keepdims=True)) * np.sqrt(n_site / (n_site - 1))
    lag = np.arange(1, n_day)
    week = site**2 + day**2 * (1 + 2 * ((1 - lag / n_day) * rho**lag).sum()) / n_day
    assert_mean((own**2).mean(axis=(1, 2)), site**2 + day**2)
    assert_mean((own[:, :, 1:] * own[:, :, :-1]).mean(axis=(1, 2)), site**2 + rho * day**2)
    assert_mean((own.mean(axis=2) ** 2).mean(axis=1), week)
    assert_mean(z.mean(axis=(1, 2)) ** 2, shared**2 + week / n_site)
