"""Trend tests against SciPy on the plain series."""

import numpy as np
import pytest
from scipy import stats

import mc
from fit.series import fitted, noise
from simdesign.fit.rules.trend import exact_p
from simdesign.records import Status
from simdesign.spec.rules import LinearTrend, MannKendall


def two_sided(p):
    return stats.norm.isf(np.asarray(p) / 2)


def test_the_line_is_scipy_s_at_every_look():
    logs = noise(5, 9) + 0.04 * np.arange(9)
    fit = fitted(LinearTrend(), logs)
    assert (fit.status[:, :2] == Status.TOO_LITTLE_DATA).all()
    assert np.isnan(fit.score[:, :2]).all()
    for r in range(5):
        for k in range(2, 9):
            found = stats.linregress(np.arange(k + 1), logs[r, : k + 1])
            assert fit.score[r, k] == pytest.approx(two_sided(found.pvalue), rel=1e-8)
            assert fit.published_alarm[r, k] == (found.pvalue < 0.05)
            assert fit.effect[r, k] == pytest.approx(found.slope * k, rel=1e-8)


def test_a_year_without_samples_is_left_out_of_the_line():
    logs = noise(2, 8)
    logs[0, 3] = np.nan
    fit = fitted(LinearTrend(), logs)
    years = np.delete(np.arange(8), 3)
    found = stats.linregress(years, logs[0, years])
    assert fit.score[0, -1] == pytest.approx(two_sided(found.pvalue), rel=1e-8)
    np.testing.assert_array_equal(fitted(LinearTrend(), logs[1:]).score[0], fit.score[1])


@pytest.mark.parametrize("spec", [LinearTrend(), MannKendall()], ids=lambda spec: spec.kind)
def test_a_constant_series_has_no_trend_and_a_noiseless_one_a_finite_score(spec):
    logs = np.stack([np.full(8, 6.83), 6.0 + 0.05 * np.arange(8), 6.0 - 0.05 * np.arange(8)])
    fit = fitted(spec, logs)
    assert (fit.status[:, -1] == Status.OK).all()
    assert (fit.score[0, 3:], fit.published_alarm[0].any()) == (pytest.approx(0.0), False)
    assert np.isfinite(fit.score[1:, 3:]).all()
    assert fit.published_alarm[1:, -1].all()
    np.testing.assert_allclose(fit.effect[:, -1], [0.0, 0.35, -0.35], atol=1e-12)


@pytest.mark.parametrize("spec", [LinearTrend(), MannKendall()], ids=lambda spec: spec.kind)
def test_the_level_of_the_published_rule(spec):
    n_rep = 4_000
    fit = fitted(spec, noise(n_rep, 8))
    alarms = int(fit.published_alarm[:, -1].sum())
    if spec.kind == "linear_trend":
        mc.assert_proportion(alarms, n_rep, 0.05)
    else:  # exact and discrete: the largest attainable level, P(|S| >= 18) of eight values
        attainable = max(p for p in (exact_p(8, s) for s in range(0, 29, 2)) if p < 0.05)
        mc.assert_proportion(alarms, n_rep, attainable)


def test_mann_kendall_is_scipy_s_exact_test_and_sen_s_slope():
    logs = noise(6, 9) + 0.03 * np.arange(9)
    fit = fitted(MannKendall(), logs)
    assert (fit.status[:, :3] == Status.TOO_LITTLE_DATA).all()
    for r in range(6):
        for k in range(3, 9):
            seen = logs[r, : k + 1]
            p = stats.kendalltau(np.arange(k + 1), seen, method="exact").pvalue
            assert fit.score[r, k] == pytest.approx(two_sided(p), abs=1e-9)
            assert fit.published_alarm[r, k] == (p < 0.05)
            slope = stats.theilslopes(seen, np.arange(k + 1)).slope
            assert fit.effect[r, k] == pytest.approx(slope * k, rel=1e-9)


def test_the_exact_distribution_by_hand():
    # four values: 1, 3, 5, 6, 5, 3, 1 of 24 orders have 0 to 6 inversions
    for concordance, orders in ((6, 2), (4, 8), (2, 18), (0, 24)):
        assert exact_p(4, concordance) == pytest.approx(orders / 24)
    assert exact_p(4, 5) == exact_p(4, 4)  # a tie: the attainable value below


def test_the_seasonal_test_is_scipy_s_with_independent_seasons():
    rng = np.random.default_rng(8)
    logs = 6.0 + 0.1 * rng.standard_normal((5, 7, 4)) + 0.02 * np.arange(7)[:, None]
    logs += np.array([0.0, 0.5, -0.3, 0.2])  # a season is no trend
    fit = fitted(MannKendall(), logs)
    for r in range(5):
        for k in range(3, 7):
            found = stats.mstats.kendalltau_seasonal(logs[r, : k + 1])
            p = float(found["global p-value (indep)"])
            assert fit.score[r, k] == pytest.approx(two_sided(p), abs=1e-8)
            assert fit.published_alarm[r, k] == (p < 0.05)
            slope = float(stats.mstats.sen_seasonal_slopes(logs[r, : k + 1])[1])
            assert fit.effect[r, k] == pytest.approx(slope * k, rel=1e-9)


def test_a_missing_slot_counts_no_pairs():
    rng = np.random.default_rng(9)
    logs = 6.0 + 0.1 * rng.standard_normal((1, 6, 2))
    logs[0, 2, 1] = np.nan
    fit = fitted(MannKendall(), logs)
    s, variance = 0, 0.0
    for slot in range(2):
        values = logs[0, np.isfinite(logs[0, :, slot]), slot]
        n = values.size
        s += sum(np.sign(values[j] - values[i]) for i in range(n) for j in range(i + 1, n))
        variance += n * (n - 1) * (2 * n + 5) / 18
    assert fit.score[0, -1] == pytest.approx(max(abs(s) - 1, 0) / np.sqrt(variance), rel=1e-12)
