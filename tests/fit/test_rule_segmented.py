"""Segmented regression and CUSUM against least squares by another route."""

import numpy as np
import pytest
from scipy import stats
from statsmodels.api import OLS, add_constant
from statsmodels.stats.diagnostic import breaks_cusumolsresid

import mc
from fit.series import fitted, noise
from simdesign.fit.rules.segmented import critical
from simdesign.records import Status
from simdesign.spec.rules import Cusum, Segmented


def bends(y, x):
    """Return (F, contribution at the end) of every admitted bend, by statsmodels."""
    line = add_constant(x)
    straight = OLS(y, line).fit()
    found = []
    for bend in x[2:-2]:
        model = OLS(y, np.column_stack([line, np.maximum(x - bend, 0.0)])).fit()
        f, _, _ = model.compare_f_test(straight)
        found.append((float(f), float(model.params[2] * (x[-1] - bend))))
    return found


def test_the_best_bend_is_that_of_statsmodels():
    logs = noise(4, 10) + 0.1 * np.maximum(np.arange(10) - 5, 0)
    fit = fitted(Segmented(), logs)
    assert (fit.status[:, :4] == Status.TOO_LITTLE_DATA).all()
    for r in range(4):
        for k in range(4, 10):
            x = np.arange(k + 1.0)
            f, effect = max(bends(logs[r, : k + 1], x))
            score = stats.norm.isf(stats.f.sf(f, 1, x.size - 3) / 2)
            assert fit.score[r, k] == pytest.approx(score, rel=1e-6, abs=1e-9)
            assert fit.effect[r, k] == pytest.approx(effect, rel=1e-6)


def test_a_year_without_samples_is_left_out():
    logs = noise(1, 10) + 0.1 * np.maximum(np.arange(10) - 5, 0)
    logs[0, 2] = np.nan
    fit = fitted(Segmented(), logs)
    x = np.delete(np.arange(10.0), 2)
    f, effect = max(bends(logs[0, x.astype(int)], x))
    assert fit.score[0, -1] == pytest.approx(stats.norm.isf(stats.f.sf(f, 1, 6) / 2), rel=1e-6)
    assert fit.effect[0, -1] == pytest.approx(effect, rel=1e-6)


@pytest.mark.parametrize("drift", [0.0, 0.2])
def test_a_straight_line_raises_the_published_alarm_at_its_level(drift):
    n_rep = 4_000
    fit = fitted(Segmented(), noise(n_rep, 7) + drift * np.arange(7))
    for k in (4, 6):  # the critical value is itself simulated, from 20,000 lines
        alarms = int(fit.published_alarm[:, k].sum())
        slack = np.sqrt(1 + n_rep / 20_000)
        assert abs(alarms - 0.05 * n_rep) < 5 * slack * np.sqrt(0.0475 * n_rep)
    # with one admitted bend there is no search, and F has its own distribution
    assert critical((0.0, 1.0, 2.0, 3.0, 4.0), 0.05) == pytest.approx(1.96, abs=0.06)
    assert critical(tuple(np.arange(10.0)), 0.05) > 2.1


@pytest.mark.parametrize("spec", [Segmented(), Cusum(around="line")], ids=lambda spec: spec.kind)
def test_a_line_without_noise_has_no_break(spec):
    logs = np.stack([np.full(9, 6.83), 6.0 + 0.05 * np.arange(9)])
    fit = fitted(spec, logs)
    assert (fit.status[:, -1] == Status.OK).all()
    np.testing.assert_array_equal(fit.score[:, 4:], 0.0)
    assert not fit.published_alarm.any()
    np.testing.assert_allclose(fit.effect[:, 4:], 0.0, atol=1e-12)


def test_a_bend_without_noise_has_a_finite_score():
    fit = fitted(Segmented(), [6.0 + 0.05 * np.maximum(np.arange(9.0) - 4, 0)])
    assert np.isfinite(fit.score[0, 6:]).all()
    assert fit.published_alarm[0, -1]
    assert fit.effect[0, -1] == pytest.approx(0.05 * 4)


@pytest.mark.parametrize(("around", "parameters", "level"), [("mean", 1, 0.2), ("line", 2, 0.9)])
def test_cusum_is_statsmodels_of_its_own_residuals(around, parameters, level):
    logs = noise(4, 10) + 0.2 * (np.arange(10) >= 6)
    fit = fitted(Cusum(around=around, level=level), logs)
    assert (fit.status[:, :4] == Status.TOO_LITTLE_DATA).all()
    assert 0 < fit.published_alarm[:, 4:].sum() < 24
    for r in range(4):
        for k in range(4, 10):
            y = logs[r, : k + 1]
            x = np.column_stack([np.ones(k + 1), np.arange(k + 1)])[:, :parameters]
            score, p, _ = breaks_cusumolsresid(OLS(y, x).fit().resid, ddof=parameters)
            assert fit.score[r, k] == pytest.approx(score, rel=1e-8)
            assert fit.published_alarm[r, k] == (p < level)


def test_the_effect_of_cusum_is_the_step():
    for step in (0.4, -0.4):
        fit = fitted(Cusum(), noise(1, 10, sd=0.01) + step * (np.arange(10) >= 6))
        assert fit.published_alarm[0, -1]
        assert fit.effect[0, -1] == pytest.approx(step, abs=0.03)


def test_cusum_as_published_alarms_too_seldom_in_ten_years():
    fit = fitted(Cusum(), noise(1_000, 10))
    share = fit.published_alarm[:, -1].mean()
    with pytest.raises(AssertionError):
        mc.assert_proportion(int(1_000 * share), 1_000, 0.05)
    assert share < 0.05
