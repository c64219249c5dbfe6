"""A slow estimator's share of alarms from a subset: unbiased, with the error it says it has."""

from itertools import pairwise

import numpy as np
import pytest
from scipy import stats

from mc import assert_mean
from simdesign.decide import first_alarms
from simdesign.evaluate import (
    Subset,
    alarms_after_break,
    difference_share,
    fitted_weight,
    guessed_sd,
    neyman,
    peaks,
    power_within,
    regression_share,
    resampled_share,
    strata_by_distance,
    subset_error,
)

N, THRESHOLD = 600, 1.0


def population(rng, n=N):
    """Scores of two estimators that mostly agree."""
    fast = rng.normal(0.0, 1.5, n)
    return fast, fast + rng.normal(0.1, 0.5, n)


def drawn(rng, stratum, n):
    """Draw a simple random sample of up to ``n`` of every stratum."""
    parts = [
        rng.choice(members, min(n[h], members.size), replace=False)
        for h in range(stratum.max() + 1)
        if (members := np.flatnonzero(stratum == h)).size
    ]
    return Subset(stratum=stratum, fitted=np.sort(np.concatenate(parts)))


def strata(fast):
    return strata_by_distance(fast > THRESHOLD, fast - THRESHOLD)


def test_strata_keep_sides_apart_and_are_ordered_by_the_score():
    fast, _ = population(np.random.default_rng(1))
    stratum = strata(fast)
    sizes = np.bincount(stratum)
    assert sizes.sum() == N
    assert sizes.min() >= 10
    assert sizes.size == 8
    for h in range(sizes.size):
        assert np.unique(fast[stratum == h] > THRESHOLD).size == 1
    ends = [(fast[stratum == h].min(), fast[stratum == h].max()) for h in range(sizes.size)]
    assert all(a[1] < b[0] for a, b in pairwise(ends))


def test_few_replications_have_few_strata():
    margin = np.array([-3.0, -np.inf, 0.5, -1.0])
    assert strata_by_distance(margin > 0, margin).tolist() == [0, 0, 1, 0]
    assert strata_by_distance(np.zeros(3, dtype=bool), -np.ones(3)).tolist() == [0, 0, 0]


def test_the_estimators_are_unbiased_and_know_their_error():
    # many populations, one subset each: both phases of the error vary
    rng = np.random.default_rng(2)
    truth = stats.norm.sf(THRESHOLD, 0.1, np.hypot(1.5, 0.5))
    found = []
    for _ in range(1500):
        fast, slow = population(rng)
        subset = drawn(rng, strata(fast), np.full(8, 6))
        alarm = slow[subset.fitted] > THRESHOLD
        plain = difference_share(fast > THRESHOLD, alarm, subset)
        control = 1 / (1 + np.exp(-(fast - THRESHOLD)))
        regression = regression_share(control, alarm, subset).share
        part = subset_error(fast > THRESHOLD, alarm, subset)
        found.append((plain.value, plain.mcse**2, regression.value, regression.mcse**2, part**2,
                      plain.low <= truth <= plain.high))  # fmt: skip
    value, variance, regressed, its_variance, part, covered = np.array(found).T
    assert_mean(value, truth)
    # the coefficient is fitted on the same subset: a bias of order 1 / n, small beside the error
    assert abs(regressed.mean() - truth) < 0.1 * regressed.std()
    for estimate, claimed in ((value, variance), (regressed, its_variance)):
        deviation = (estimate - truth) ** 2
        assert_mean(deviation / claimed.mean(), 1.0)
    assert (part < variance).all()
    # a nominal 95 % interval: within five binomial errors, on the side of more
    assert covered.mean() > 0.95 - 5 * np.sqrt(0.95 * 0.05 / covered.size)
    # the subset of 48 does much better than 48 replications alone would
    assert value.std() < 0.75 * np.sqrt(truth * (1 - truth) / 48)


def test_it_is_the_horvitz_thompson_estimator_of_the_difference():
    rng = np.random.default_rng(3)
    fast, slow = population(rng)
    subset = drawn(rng, strata(fast), np.arange(3, 11))
    alarm, before = slow[subset.fitted] > THRESHOLD, fast > THRESHOLD
    change = (alarm.astype(float) - before[subset.fitted]) / subset.inclusion
    expected = before.mean() + change.sum() / N
    assert difference_share(before, alarm, subset).value == pytest.approx(expected, abs=1e-12)
    assert fitted_weight(subset).sum() == pytest.approx(N)


def test_everything_fitted_gives_the_plain_share_and_its_error():
    fast, slow = population(np.random.default_rng(4))
    subset = Subset(stratum=strata(fast), fitted=np.arange(N))
    alarm = slow > THRESHOLD
    found = difference_share(fast > THRESHOLD, alarm, subset)
    assert found.value == pytest.approx(alarm.mean(), abs=1e-12)
    expected = np.sqrt(alarm.mean() * (1 - alarm.mean()) / N)
    assert found.mcse == pytest.approx(expected, rel=0.01)  # n against n - 1 within strata
    assert subset_error(fast > THRESHOLD, alarm, subset) == 0.0
    regression = regression_share(fast, alarm, subset)
    assert regression.share.value == pytest.approx(alarm.mean(), abs=1e-12)
    assert np.isnan(regression.coefficient)


def test_the_fast_alarm_is_no_control_within_its_own_strata():
    rng = np.random.default_rng(5)
    fast, slow = population(rng)
    subset = drawn(rng, strata(fast), np.full(8, 5))
    alarm = slow[subset.fitted] > THRESHOLD
    found = regression_share((fast > THRESHOLD).astype(float), alarm, subset)
    assert np.isnan(found.coefficient)
    expected = difference_share(fast > THRESHOLD, alarm, subset).value
    assert found.share.value == pytest.approx(expected, abs=1e-12)


def test_without_strata_a_good_control_has_coefficient_one():
    rng = np.random.default_rng(6)
    alarm = rng.random(2000) < 0.3
    subset = Subset(stratum=np.zeros(2000, dtype=np.int64), fitted=np.arange(100))
    found = regression_share(alarm.astype(float), alarm[:100], subset)
    assert found.coefficient == pytest.approx(1.0)
    assert found.share.value == pytest.approx(alarm.mean(), abs=1e-12)


def test_unanimous_strata_still_have_an_interval():
    fast = np.linspace(-3.0, -1.0, 200)
    subset = drawn(np.random.default_rng(7), strata(fast), np.full(8, 4))
    found = difference_share(fast > THRESHOLD, np.zeros(subset.fitted.size, dtype=bool), subset)
    assert (found.value, found.mcse, found.low) == (0.0, 0.0, 0.0)
    assert 0.1 < found.high < 0.6


def test_a_stratum_without_a_fit_leaves_the_share_unknown():
    fast, _ = population(np.random.default_rng(8))
    subset = Subset(stratum=strata(fast), fitted=np.array([0]))
    found = difference_share(fast > THRESHOLD, np.array([True]), subset)
    assert np.isnan(found.value)
    assert np.isnan(found.mcse)
    assert np.isnan(regression_share(fast, np.array([True]), subset).share.value)


def test_resamples_add_the_error_of_the_threshold():
    # repeated: nulls set the threshold, alternatives are refitted in part
    rng = np.random.default_rng(9)
    values, variances = [], []
    n_null, n, d = 200, 300, 40
    for _ in range(200):
        null = rng.normal(0.0, 1.0, n_null)
        fast = rng.normal(1.3, 1.0, n)
        slow = fast + rng.normal(0.0, 0.4, n)
        counts = rng.poisson(1.0, (d, n_null))
        drawn_nulls = [np.quantile(np.repeat(null, c), 0.9) for c in counts]
        limits = np.array([np.quantile(null, 0.9), *drawn_nulls])
        stratum = strata_by_distance(fast > limits[0], fast - limits[0])
        subset = drawn(rng, stratum, np.full(8, 8))
        weight = np.concatenate([np.ones((1, n)), rng.poisson(1.0, (d, n))])
        found = resampled_share(
            fast[None] > limits[:, None], slow[None, subset.fitted] > limits[:, None],
            subset, weight,
        )  # fmt: skip
        values.append(found.value)
        variances.append(found.mcse**2)
    ratio = (np.array(values) - np.mean(values)) ** 2 / np.mean(variances)
    # the bootstrap of 40 draws and of strata of 8 is itself off by some per cent
    assert abs(ratio.mean() - 1.0) < 5 * ratio.std() / np.sqrt(ratio.size) + 0.1


def test_peaks_and_power_agree_with_first_alarms():
    rng = np.random.default_rng(10)
    n, day, lag, years = 300, np.arange(1, 11) * 365, 90, 3.0
    score = rng.normal(0.0, 1.0, (n, 10))
    score[rng.random(score.shape) < 0.1] = np.nan
    change_day = rng.integers(500, 2400, n)
    limits = np.array([0.8, 1.2, 2.0])
    look = first_alarms(score, limits)
    found = alarms_after_break(look, np.ones((3, n)), day, lag, change_day, 0)
    measure = power_within(found, np.array([years]))[0]
    delay = (day[None] - change_day[:, None]) / 365.25
    premature = day[None] - lag < change_day[:, None]
    own = peaks(score, premature, ~premature & (delay <= years)).alarm(limits)
    followed = delay[:, -1] >= years
    assert own[0][followed].mean() == pytest.approx(measure.value)
    assert own[1][followed].mean() == pytest.approx(measure.draws[0])
    margin = peaks(score, premature, ~premature & (delay <= years)).margin(0.8)
    np.testing.assert_array_equal(margin > 0, own[0])


def test_the_expected_spread_is_largest_at_the_threshold_and_never_certain():
    rng = np.random.default_rng(11)
    fast, slow = population(rng)
    stratum = strata(fast)
    subset = drawn(rng, stratum, np.full(8, 5))
    margin = np.where(fast < -3.0, -np.inf, fast - THRESHOLD)
    sd = guessed_sd(margin, stratum, subset.fitted, slow[subset.fitted] > THRESHOLD)
    first_alarm = int(stratum[fast > THRESHOLD].min())
    assert np.argmax(sd) in (first_alarm - 1, first_alarm)
    assert (np.diff(sd[:first_alarm]) > 0).all()
    assert (np.diff(sd[first_alarm:]) < 0).all()
    silent = guessed_sd(margin, stratum, subset.fitted, np.zeros(subset.fitted.size, dtype=bool))
    assert (silent > 0.0).all()
    assert (silent < 0.5).all()


def test_sizes_that_follow_the_fits_leave_the_share_unbiased():
    # a pilot, then all the rest at once where the curve says: benchmarks/multifidelity_error.py
    rng = np.random.default_rng(12)
    truth = stats.norm.sf(THRESHOLD, 0.1, np.hypot(1.5, 0.5))
    values, variances = [], []
    for _ in range(250):
        fast, slow = population(rng)
        stratum = strata(fast)
        size = np.bincount(stratum)
        queue = [rng.permutation(np.flatnonzero(stratum == h)) for h in range(size.size)]

        def taken(n, queue=queue, stratum=stratum):
            fitted = np.concatenate([q[:k] for q, k in zip(queue, n, strict=True)])
            return Subset(stratum=stratum, fitted=np.sort(fitted))

        pilot = taken(np.full(size.size, 3))
        seen = slow[pilot.fitted] > THRESHOLD
        sd = guessed_sd(fast - THRESHOLD, stratum, pilot.fitted, seen)
        n = neyman(size / N, sd, np.ones(size.size), 80, pilot.n_fitted, size)
        subset = taken(n)
        found = difference_share(fast > THRESHOLD, slow[subset.fitted] > THRESHOLD, subset)
        values.append(found.value)
        variances.append(found.mcse**2)
    assert_mean(values, truth)
    assert_mean((np.array(values) - truth) ** 2 / np.mean(variances), 1.0)
