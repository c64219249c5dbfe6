"""What an alarm of one city means among many, against loops and repetition."""

import numpy as np
import pytest
from scipy import stats

from simdesign.decide import first_alarms
from simdesign.evaluate import (
    alarm_share,
    alarms_after_break,
    any_false_city,
    expected_false_cities,
    reported_effect,
    right_city_prob,
    rounds_differ_prob,
)

DAYS = np.array([365, 730, 1095, 1460], dtype=np.int64)


def _counts(rng, n_draw, n):
    return np.concatenate([np.ones((1, n)), rng.poisson(1.0, (n_draw, n))])


def test_expected_false_cities_add_up_even_when_they_depend_on_each_other():
    rng = np.random.default_rng(1)
    n, cities, t = 4000, 20, 1.5
    common = rng.normal(0.0, 0.8, (n, 1))
    score = common + rng.normal(0.0, 0.6, (n, cities))  # standard normal, correlated 0.64
    hit = np.broadcast_to(score[:, 0] > t, (201, n))
    rate = alarm_share(hit, _counts(rng, 200, n))
    for many in (20, 300):
        got = expected_false_cities(rate, many)
        exact = many * stats.norm.sf(t)
        assert abs(got.value - exact) < 5.0 * got.mcse
        assert got.mcse == pytest.approx(many * rate.mcse)
        assert got.low < got.value < got.high
        assert got.n_rep == n
    # the count itself, city by city
    counted = (score > t).sum(axis=1)
    error = counted.std(ddof=1) / np.sqrt(n)
    assert abs(counted.mean() - 20 * stats.norm.sf(t)) < 5.0 * error


@pytest.mark.parametrize("many", [8, 12, 60])
def test_a_false_city_among_more_than_were_searched(many):
    """Against the exact probability, and its error against fresh repetitions."""
    searched, n, t = 4, 300, 2.0
    exact = 1.0 - stats.norm.cdf(t) ** many
    found = []
    for k in range(400):
        rng = np.random.default_rng([2, k])
        worst = rng.normal(size=(n, searched)).max(axis=1)
        rate = alarm_share((worst > t)[None].repeat(61, axis=0), _counts(rng, 60, n))
        found.append(any_false_city(rate, searched, many))
    values = np.array([item.value for item in found])
    spread = values.std(ddof=1)
    # the curve bends: second-order bias of the delta method, f'' Var / 2, is below a third of an SD
    assert abs(values.mean() - exact) < 5.0 * spread / np.sqrt(400) + 0.33 * spread
    errors = np.sqrt(np.mean([item.mcse**2 for item in found]))
    assert errors == pytest.approx(spread, rel=0.2)  # 60 resamples: 9 %, 400 repetitions: 4 %
    inside = np.mean([item.low <= exact <= item.high for item in found])
    assert inside > 0.88


def test_no_and_certain_false_alarms_stay_so():
    none = alarm_share(np.zeros((11, 50), dtype=bool), np.ones((11, 50)))
    assert any_false_city(none, 20, 300).value == 0.0
    assert any_false_city(none, 20, 300).high > none.high
    every = alarm_share(np.ones((11, 50), dtype=bool), np.ones((11, 50)))
    grown = any_false_city(every, 20, 300)
    assert (grown.value, grown.mcse) == (1.0, 0.0)
    unknown = alarm_share(np.zeros((11, 50), dtype=bool), np.full((11, 50), np.nan))
    assert np.isnan(any_false_city(unknown, 20, 300).value)


def _case(rng, n=150, draws=80):
    score = rng.normal(size=(n, 4)).cumsum(axis=1)
    weight = _counts(rng, draws, n)
    look = first_alarms(score, np.full(draws + 1, 1.0))
    change = rng.integers(200, 900, n)
    alarms = alarms_after_break(look, weight, DAYS, 90, change, 0)
    right = rng.random((n, 4)) < 0.7
    effect = rng.normal(0.2, 0.3, (n, 4))
    effect[rng.random((n, 4)) < 0.1] = np.nan
    return alarms, look, weight, change, right, effect


def test_the_right_city_and_the_reported_effect_by_loops():
    alarms, look, weight, change, right, effect = _case(np.random.default_rng(3))
    hits, sizes = [], []
    for r, k in enumerate(look[0].tolist()):
        if k == 4:
            continue
        if DAYS[k] - 90 >= change[r]:
            hits.append(bool(right[r, k]))
        if np.isfinite(effect[r, k]):
            sizes.append(abs(effect[r, k]))
    share = right_city_prob(alarms, right)
    assert (share.value, share.n_rep) == (pytest.approx(np.mean(hits)), len(hits))
    size = reported_effect(look, weight, effect)
    assert (size.value, size.n_rep) == (pytest.approx(np.mean(sizes)), len(sizes))


def test_their_errors_agree_with_repetition():
    found = []
    for k in range(300):
        alarms, look, weight, _, right, effect = _case(np.random.default_rng([4, k]))
        found.append((right_city_prob(alarms, right), reported_effect(look, weight, effect)))
    for measures in zip(*found, strict=True):
        spread = np.std([m.value for m in measures], ddof=1)
        errors = np.sqrt(np.mean([m.mcse**2 for m in measures]))
        assert errors == pytest.approx(spread, rel=0.2)  # 80 resamples 8 %, 300 repetitions 4 %


def test_without_any_alarm_there_is_nothing_to_report():
    look, weight = np.full((3, 5), 4, dtype=np.int64), np.ones((3, 5))
    assert np.isnan(reported_effect(look, weight, np.zeros((5, 4))).value)
    alarms = alarms_after_break(look, weight, DAYS, 90, np.full(5, 400), 0)
    assert np.isnan(right_city_prob(alarms, np.ones((5, 4), dtype=bool)).value)
    failed = reported_effect(look * 0, np.full((3, 5), np.nan), np.zeros((5, 4)))
    assert np.isnan(failed.value)


def test_rounds_that_differ():
    ratio = np.log([1.02, 1.12, 1.3, np.nan, 1.0999])
    got = rounds_differ_prob(ratio, 0.10, n_failed=1)
    assert (got.value, got.n_rep, got.n_failed) == (0.5, 4, 1)
    rng = np.random.default_rng(5)
    found = [rounds_differ_prob(np.abs(rng.normal(0, 0.1, 80)), 0.1) for _ in range(2000)]
    exact = 2.0 * stats.norm.sf(np.log(1.1) / 0.1)
    spread = np.std([m.value for m in found], ddof=1)
    assert abs(np.mean([m.value for m in found]) - exact) < 5.0 * spread / np.sqrt(2000)
    assert np.sqrt(np.mean([m.mcse**2 for m in found])) == pytest.approx(spread, rel=0.08)
