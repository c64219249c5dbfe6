"""Known answers of the rules of practice."""

import numpy as np
import pytest
from scipy import stats

from fit import panels
from simdesign.fit import build, yearly_means
from simdesign.records import Status
from simdesign.spec.estimator import EudaRule, ZTest


def _observations(levels):
    """One load per (year, site), the same on all days: shape (n_year, n_site)."""
    n_year, n_site = levels.shape
    where = panels.visits(n_site, n_year)
    load = levels.ravel()[None, :, None] * np.ones(7)
    return panels.observe(where, load)


@pytest.mark.parametrize(("change", "alarm"), [(0.0995, False), (0.1004, True), (-0.1004, True)])
def test_the_euda_rule_flags_more_than_ten_per_cent(change, alarm):
    levels = np.array([[100.0, 300.0], [100.0, 300.0], [100.0, 300.0]])
    levels[2] *= 1 + change
    fit = build("euda", EudaRule()).fit(_observations(levels), panels.looks(3), "cocaine")
    assert fit.status[0].tolist() == [Status.TOO_LITTLE_DATA, Status.OK, Status.OK]
    assert fit.published_alarm[0].tolist() == [False, False, alarm]
    assert fit.score[0, 2] == pytest.approx(abs(change), abs=1e-12)
    assert fit.effect[0, 2] == pytest.approx(np.log1p(change), abs=1e-12)


def test_the_z_test_is_the_paired_z_of_the_sites_log_changes():
    rng = np.random.default_rng(1)
    levels = np.exp(rng.normal(6, 0.3, (2, 12)))
    fit = build("z", ZTest()).fit(_observations(levels), panels.looks(2), "cocaine")
    difference = np.log(levels[1]) - np.log(levels[0])
    expected = stats.ttest_1samp(difference, 0.0).statistic  # the same ratio, another table
    assert fit.score[0, 1] == pytest.approx(abs(expected), rel=1e-10)
    assert fit.published_alarm[0, 1] == (abs(expected) > stats.norm.isf(0.025))


def test_the_z_test_with_a_known_standard_error_has_its_nominal_level():
    """False alarms of the two-sided 5 % test with the true standard error, drawn worlds."""
    where = panels.visits(5, 2, year_days=364)
    rng = np.random.default_rng(2)
    n_rep = 4000
    parts = {"shared": 0.05, "walk": 0.0, "site": 0.10, "day": 0.0, "drift": 0.0}
    observations = panels.draw(rng, where, n_rep, **parts)
    error = np.sqrt(2 * (0.05**2 + 0.10**2 / 5))
    fit = build("z", ZTest(standard_error=float(error))).fit(
        observations, panels.looks(2), "cocaine"
    )
    rate = fit.published_alarm[:, 1].mean()
    assert abs(rate - 0.05) < 5 * np.sqrt(0.05 * 0.95 / n_rep)


def test_a_day_below_loq_counts_half_its_loq_and_a_missing_day_not():
    where = panels.visits(1, 1)
    load = np.array([[[10.0, 20.0, 30.0, np.nan, 10.0, 10.0, 10.0]]])
    censored = np.zeros(load.shape, dtype=bool)
    censored[0, 0, 0] = True
    observations = panels.observe(where, load, censored=censored)
    means = yearly_means(observations, panels.looks(1), "cocaine")
    assert means.load[0, 0, 0, 0] == pytest.approx((5 + 20 + 30 + 10 + 10 + 10) / 6)


def test_rounds_of_one_year_are_averaged_and_unreported_ones_wait():
    where = panels.visits(1, 1, rounds=2)
    observations = panels.observe(where, np.array([10.0, 30.0])[None, :, None] * np.ones(7))
    looks = panels.looks(1)
    means = yearly_means(observations, looks, "cocaine")
    assert means.load[0, 0, 0, 0] == pytest.approx(20.0)
    early = type(looks)(
        day=np.array([panels.START + 150]), report_lag=90,
        origin_day=panels.START, start_day=panels.START,
    )  # fmt: skip
    assert yearly_means(observations, early, "cocaine").load[0, 0, 0, 0] == pytest.approx(10.0)
