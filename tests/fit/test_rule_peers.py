"""ruptures and Rbeast: their own answers, and no lost worker when they give none."""

import importlib.util

import numpy as np
import pytest
import ruptures

from fit.series import fitted, noise
from simdesign.errors import IsolatedError, SpecError
from simdesign.fit import build, isolated
from simdesign.records import Status
from simdesign.spec.rules import Rbeast, Ruptures

QUICK = {"chains": 1, "samples": 1000}


@pytest.fixture(autouse=True, scope="module")
def _no_server_stays():
    yield
    isolated.stop()


def squares(values):
    return ((values - values.mean()) ** 2).sum()


def noise_variance(y):
    return np.var(np.diff(y), ddof=1) / 2


def test_the_gain_of_a_level_change_is_the_best_split_s():
    logs = noise(4, 9) + 0.3 * (np.arange(9) >= 5)
    fit = fitted(Ruptures(), logs)
    assert (fit.status[:, :4] == Status.TOO_LITTLE_DATA).all()
    for r in range(4):
        for k in range(4, 9):
            y = logs[r, : k + 1]
            gains = {i: squares(y) - squares(y[:i]) - squares(y[i:]) for i in range(2, k)}
            at = max(gains, key=gains.get)
            assert fit.score[r, k] == pytest.approx(gains[at] / noise_variance(y), rel=1e-6)
            assert fit.effect[r, k] == pytest.approx(y[at:].mean() - y[:at].mean(), rel=1e-6)


@pytest.mark.parametrize(("cost", "shortest"), [("l2", 2), ("clinear", 3)])
def test_the_alarm_is_the_package_s_own_at_its_penalty(cost, shortest):
    logs = noise(20, 8, sd=0.1) + 0.1 * np.maximum(np.arange(8) - 4, 0)
    for penalty in (None, 12.0):
        fit = fitted(Ruptures(cost=cost, penalty=penalty), logs)
        expected = [
            len(
                ruptures.Pelt(model=cost, min_size=shortest, jump=1)
                .fit(y)
                .predict(pen=(penalty or np.log(8)) * noise_variance(y))
            )
            > 1
            for y in logs
        ]
        np.testing.assert_array_equal(fit.published_alarm[:, -1], expected)
        assert 0 < sum(expected) < 20


def test_ruptures_on_series_without_noise():
    logs = np.stack([np.full(8, 6.83), 6.0 + 0.3 * (np.arange(8) >= 4)])
    fit = fitted(Ruptures(), logs)
    assert (fit.status[:, -1] == Status.OK).all()
    assert fit.score[0, -1] == 0.0
    assert not fit.published_alarm[0].any()
    assert np.isfinite(fit.score[1, -1])
    assert fit.published_alarm[1, -1]
    assert fit.effect[1, -1] == pytest.approx(0.3)


def test_rbeast_sees_a_large_step_and_says_how_likely_any_is():
    logs = np.stack([noise(1, 12, sd=0.03)[0], noise(1, 12, sd=0.03)[0]])
    logs[1] += 0.5 * (np.arange(12) >= 6)
    fit = fitted(Rbeast(most=1, **QUICK), logs)
    assert (fit.status[:, :4] == Status.TOO_LITTLE_DATA).all()
    assert (fit.status[:, 4:] == Status.OK).all()
    prob = fit.prob_break[:, 4:]
    assert ((prob > 0) & (prob < 1)).all()
    np.testing.assert_allclose(fit.score[:, 4:], np.log(prob / (1 - prob)), rtol=1e-9)
    np.testing.assert_array_equal(fit.published_alarm[:, 4:], prob > 0.5)
    assert prob[1, -1] > 0.95 > prob[0, -1]
    assert fit.effect[1, -1] == pytest.approx(0.5, abs=0.15)


def test_rbeast_on_a_constant_series_and_on_one_with_a_gap():
    logs = np.stack([np.full(8, 6.83), noise(1, 8)[0]])
    logs[1, 2] = np.nan
    fit = fitted(Rbeast(**QUICK), logs)
    assert (fit.status[:, -1] == Status.OK).all()


def test_in_one_process_an_answer_depends_on_the_series_alone():
    logs = noise(3, 7)
    together = fitted(Rbeast(**QUICK), logs).score
    np.testing.assert_array_equal(fitted(Rbeast(**QUICK), logs[2:]).score, together[2:])


@pytest.mark.parametrize("spec", [Rbeast(seconds=1e-4), Ruptures(seconds=1e-4)])
def test_a_package_that_does_not_answer_is_an_error_with_a_reason(spec):
    with pytest.raises(IsolatedError, match=r"gave no answer within 0\.0001 s"):
        fitted(spec, noise(1, 6))


@pytest.mark.parametrize("spec", [Rbeast(), Ruptures()], ids=lambda spec: spec.kind)
def test_a_package_that_is_not_there_is_refused_beforehand(spec, monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(SpecError, match=r"estimators\.mine: needs a package .* `peers`"):
        build("mine", spec)
