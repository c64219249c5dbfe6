"""Thresholds with known answers."""

import numpy as np
import pytest

from mc import assert_mean, assert_proportion
from simdesign.decide import (
    calibrated_threshold,
    calibrated_thresholds,
    first_alarms,
    guarded_threshold,
    largest_scores,
    prior_bins,
    published_alarms,
    resampling_counts,
)

NO_DRAWS = np.zeros((0, 19))


def test_nineteen_programmes_at_five_per_cent_need_the_largest():
    scores = np.arange(19.0)[::-1]
    # ceil(20 * 0.95) = 19: an interpolated quantile would give 17.1 and an error of 9.8 %
    assert calibrated_threshold(scores, 0.05, NO_DRAWS).value == 18.0


def test_eighteen_programmes_cannot_afford_five_per_cent():
    found = calibrated_threshold(np.arange(18.0), 0.05, np.zeros((0, 18)))
    assert found.value == np.inf
    assert found.attained == 0.0


@pytest.mark.parametrize(
    ("n", "budget", "rank"), [(9, 0.1, 9), (99, 0.1, 90), (19, 0.5, 10), (999, 0.2, 800)]
)
def test_the_rank_is_exact_where_floating_point_is_not(n, budget, rank):
    found = calibrated_threshold(np.arange(1.0, n + 1.0), budget, np.zeros((0, n)))
    assert found.value == rank


def test_a_new_programme_exceeds_the_threshold_with_the_budget_on_average():
    rng = np.random.default_rng(1)
    n_trial, n, budget = 20_000, 39, 0.1
    scores = rng.standard_normal((n_trial, n))
    thresholds = np.sort(scores, axis=1)[:, int(np.ceil((n + 1) * (1 - budget))) - 1]
    for k in range(5):
        own = calibrated_threshold(scores[k], budget, np.zeros((0, n))).value
        assert own == thresholds[k]
    alarms = int((rng.standard_normal(n_trial) > thresholds).sum())
    assert_proportion(alarms, n_trial, budget)  # 4 of the 40 gaps lie above the order statistic


def test_tied_scores_give_the_largest_rate_within_the_budget():
    scores = np.repeat([0.0, 1.0, 2.0, 3.0], [60, 25, 10, 4])
    found = calibrated_threshold(scores, 0.10, np.zeros((0, scores.size)))
    assert found.value == 2.0
    assert found.attained == pytest.approx(4 / 99)


def test_a_smaller_budget_never_has_a_lower_threshold():
    rng = np.random.default_rng(2)
    scores = rng.standard_normal(500)
    values = [t.value for t in calibrated_thresholds(scores, (0.05, 0.1, 0.2), np.ones((1, 500)))]
    assert values == sorted(values, reverse=True)


def test_resampled_thresholds_spread_like_thresholds_of_new_programmes():
    rng = np.random.default_rng(3)
    n = 400
    counts = resampling_counts(np.random.default_rng(4), 400, n)
    spread = [
        calibrated_threshold(rng.standard_normal(n), 0.2, counts).draws.std(ddof=1)
        for _ in range(40)
    ]
    fresh = [
        calibrated_threshold(rng.standard_normal(n), 0.2, np.zeros((0, n))).value
        for _ in range(2000)
    ]
    truth = float(np.std(fresh, ddof=1))
    # a bootstrapped quantile is known to be rough: within 15 % on average
    assert abs(np.mean(spread) / truth - 1.0) < 0.15


def test_counts_of_the_first_replications_stay_when_more_are_added():
    few = resampling_counts(np.random.default_rng(5), 50, 30)
    many = resampling_counts(np.random.default_rng(5), 50, 80)
    np.testing.assert_array_equal(few, many[:, :30])
    assert_mean(many, 1.0)


def test_first_alarms_are_the_first_scores_above_each_threshold():
    rng = np.random.default_rng(6)
    score = np.round(rng.standard_normal((60, 7)), 1)  # ties with thresholds included
    score[rng.random(score.shape) < 0.2] = np.nan
    score[0] = np.nan
    thresholds = np.array([0.5, -1.0, np.inf, 2.0, 0.5, -np.inf])
    found = first_alarms(score, thresholds)
    for d, threshold in enumerate(thresholds):
        for r in range(60):
            above = [k for k in range(7) if score[r, k] > threshold]
            assert found[d, r] == (above[0] if above else 7)
    assert largest_scores(score)[0] == -np.inf


def test_published_alarms_are_the_first_ones():
    alarm = np.array([[False, True, True], [False, False, False], [True, False, False]])
    np.testing.assert_array_equal(published_alarms(alarm), [[1, 3, 0]])


def test_bins_cover_the_central_part_only_and_are_filled_equally():
    rng = np.random.default_rng(7)
    shared, walk = np.abs(rng.standard_normal(5000)), np.abs(rng.standard_normal(5000))
    bins = prior_bins(shared, walk)
    used = bins.label >= 0
    low, high = np.quantile(shared, [0.05, 0.95])
    assert shared[used].min() >= low
    assert shared[used].max() <= high
    sizes = np.bincount(bins.label[used])
    assert bins.n_bin == sizes.size == 16
    assert sizes.min() >= 200
    assert sizes.max() - sizes.min() <= 2


def test_the_guard_keeps_the_worst_world_within_the_budget():
    rng = np.random.default_rng(8)
    shared = np.abs(rng.standard_normal(8000))
    scores = rng.standard_normal(8000) * (1.0 + shared)  # large errors cry wolf
    bins = prior_bins(shared, np.full(8000, 0.05))
    counts = resampling_counts(np.random.default_rng(9), 20, 8000)
    guarded = guarded_threshold(scores, bins, 0.1, counts)
    plain = calibrated_threshold(scores, 0.1, counts)
    assert guarded.value > plain.value
    rates = [np.mean(scores[bins.label == b] > guarded.value) for b in range(bins.n_bin)]
    assert max(rates) <= 0.1
    plain_rates = [np.mean(scores[bins.label == b] > plain.value) for b in range(bins.n_bin)]
    assert max(plain_rates) > 0.1


def test_a_programme_without_a_world_does_not_disarm_the_guard():
    rng = np.random.default_rng(10)
    shared, walk = np.abs(rng.standard_normal((2, 3000)))
    scores = rng.standard_normal(3000) * (1.0 + shared)
    counts = resampling_counts(np.random.default_rng(11), 20, 3000)
    whole = guarded_threshold(scores, prior_bins(shared, walk), 0.1, counts)
    shared[7] = walk[7] = walk[8] = np.nan
    scores[7] = -np.inf
    bins = prior_bins(shared, walk)
    assert bins.label[7] == bins.label[8] == -1
    assert np.isfinite(bins.shared).all()
    found = guarded_threshold(scores, bins, 0.1, counts)
    assert np.isfinite(found.value)
    assert np.isfinite(found.draws).all()
    assert abs(found.value - whole.value) < 5 * whole.draws.std(ddof=1)


def test_a_guard_that_saw_no_world_is_refused():
    bins = prior_bins(np.full(30, np.nan), np.full(30, np.nan))
    assert bins.n_bin == 0
    with pytest.raises(ValueError, match="bins"):
        guarded_threshold(np.zeros(30), bins, 0.1, np.ones((2, 30)))
