"""Right, wrong and not told: against counting one programme after the other, and random numbers."""

import math

import numpy as np
import pytest

from mc import assert_proportion
from simdesign.evaluate import (
    alarms_after_break,
    attribution,
    attribution_at_alarm,
    effective_size,
    prob_reached,
    true_class_prob,
)

YEAR = 365
N_CLASS = 3


def test_shares_of_the_last_look_are_counts():
    decision = np.array([0, 0, 1, 2, -1, 0, -1, 2])
    known = np.array([True, True, True, True, True, True, True, False])
    found = attribution(decision, known, N_CLASS, right=0, n_failed=1)
    assert [item.value for item in found.named] == pytest.approx([3 / 7, 1 / 7, 1 / 7])
    assert found.abstained.value == pytest.approx(2 / 7)
    assert found.correct.value == pytest.approx(3 / 7)
    assert found.wrong.value == pytest.approx(2 / 7)
    p = 3 / 7
    assert found.correct.mcse == pytest.approx(math.sqrt(p * (1 - p) / 6))
    assert (found.correct.n_rep, found.correct.n_failed) == (7, 1)
    no_name = attribution(decision, known, N_CLASS, right=None)
    assert no_name.correct is None
    assert no_name.wrong.value == pytest.approx(5 / 7)


def slow_at_alarm(look, weight, decision, known, premature, right):
    """Return the share of right, wrong and none, one resample and one programme at a time."""
    n_look = decision.shape[1]
    out = []
    for d in range(look.shape[0]):
        total, right_ones, wrong_ones, none = 0.0, 0.0, 0.0, 0.0
        for r in range(look.shape[1]):
            k = look[d, r]
            if k == n_look or premature[r, k] or not known[r, k]:
                continue
            total += weight[d, r]
            said = decision[r, k]
            if said < 0:
                none += weight[d, r]
            elif said == right:
                right_ones += weight[d, r]
            else:
                wrong_ones += weight[d, r]
        out.append((right_ones / total, wrong_ones / total, none / total))
    return np.array(out)


@pytest.mark.parametrize("right", [1, None])
def test_shares_at_the_alarm_are_over_alarms_that_are_not_premature(right):
    rng = np.random.default_rng(4)
    d, r, k = 6, 40, 5
    look = rng.integers(0, k + 1, (d, r))
    weight = np.concatenate([np.ones((1, r)), rng.poisson(1.0, (d - 1, r)).astype(float)])
    decision = rng.integers(-1, N_CLASS, (r, k))
    known = rng.random((r, k)) < 0.9
    look_day = np.arange(1, k + 1) * YEAR
    change_day = rng.integers(0, 2 * YEAR, r)
    alarms = alarms_after_break(look, weight, look_day, 90, change_day, n_failed=0)
    found = attribution_at_alarm(alarms, decision, known, N_CLASS, right)
    premature = look_day[None, :] - 90 < change_day[:, None]
    slow = slow_at_alarm(look, weight, decision, known, premature, right)
    assert found.wrong.value == pytest.approx(slow[0, 1])
    assert found.abstained.value == pytest.approx(slow[0, 2])
    assert found.abstained.mcse == pytest.approx(slow[1:, 2].std(ddof=1))
    total = sum(item.value for item in found.named) + found.abstained.value
    assert total == pytest.approx(1.0)
    if right is None:
        assert found.correct is None
        assert slow[0, 0] == 0.0
    else:
        assert found.correct.value == pytest.approx(slow[0, 0])
        assert found.correct.mcse == pytest.approx(slow[1:, 0].std(ddof=1))
        heard = (
            (look[0] < k)
            & ~np.append(premature, np.zeros((r, 1), bool), axis=1)[np.arange(r), look[0]]
            & np.append(known, np.zeros((r, 1), bool), axis=1)[np.arange(r), look[0]]
        )
        assert found.correct.n_rep == heard.sum()


def test_without_an_alarm_nothing_is_said():
    alarms = alarms_after_break(
        np.full((3, 4), 2), np.ones((3, 4)), np.array([YEAR, 2 * YEAR]), 0, np.zeros(4, int), 0
    )
    found = attribution_at_alarm(
        alarms, np.zeros((4, 2), int), np.ones((4, 2), bool), N_CLASS, right=0
    )
    assert math.isnan(found.correct.value)
    assert found.correct.n_rep == 0


def test_the_mean_posterior_leaves_out_what_was_not_fitted():
    prob = np.array([[0.2, 0.5, 0.3], [np.nan] * 3, [0.6, 0.1, 0.3]])
    found = true_class_prob(prob, right=0, n_failed=1)
    assert (found.value, found.n_rep, found.n_failed) == (pytest.approx(0.4), 2, 1)


@pytest.mark.parametrize(
    ("correct", "wrong", "n"),
    [(0.8, 0.1, 60), (0.9, 0.02, 300), (0.78, 0.0, 40), (1.0, 0.0, 30), (0.5, 0.4, 20),
     (0.82, 0.12, 200)],
)  # fmt: skip
def test_the_probability_of_the_target_is_that_of_random_dirichlets(correct, wrong, n):
    counts = np.array([n * correct, n * wrong, n * (1.0 - correct - wrong)]).clip(0.0)
    draws = np.random.default_rng(11).dirichlet(counts + 0.5, size=200_000)
    hit = (draws[:, 0] >= 0.8) & (draws[:, 1] <= 0.1)
    found = prob_reached(correct, wrong, n, 0.8, 0.1)
    assert_proportion(int(hit.sum()), hit.size, found)


def test_without_programmes_it_is_the_prior_and_without_a_limit_a_beta():
    from scipy.special import betainc

    prior = np.random.default_rng(12).dirichlet([0.5] * 3, size=200_000)
    hit = (prior[:, 0] >= 0.8) & (prior[:, 1] <= 0.1)
    assert_proportion(int(hit.sum()), hit.size, prob_reached(0.5, 0.2, 0, 0.8, 0.1))
    alone = prob_reached(0.7, 0.2, 50, 0.8, 0.2)  # what is right leaves no room for more wrong
    assert alone == pytest.approx(1.0 - betainc(35.5, 15.0 + 1.0, 0.8), abs=1e-9)


def test_more_wrong_names_are_worse_and_more_programmes_settle_it():
    wrong = [prob_reached(0.85, w, 100, 0.8, 0.1) for w in (0.0, 0.05, 0.1, 0.15)]
    assert wrong == sorted(wrong, reverse=True)
    settled = [prob_reached(0.85, 0.02, n, 0.8, 0.1) for n in (10, 100, 1000)]
    assert settled == sorted(settled)
    assert settled[-1] > 0.999


def test_the_error_of_a_threshold_makes_programmes_fewer():
    p, n = 0.8, 100
    alone = math.sqrt(p * (1 - p) / (n - 1))
    assert effective_size(p, alone, n) == pytest.approx(n - 1)
    assert effective_size(p, 2 * alone, n) == pytest.approx((n - 1) / 4)
    assert effective_size(1.0, 0.0, n) == n
    assert effective_size(p, alone / 2, n) == n
