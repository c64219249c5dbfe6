"""Alarm measures: known answers, and each Monte Carlo error against brute-force repetition."""

import numpy as np
import pytest

from simdesign.decide import calibrated_threshold, first_alarms, largest_scores, resampling_counts
from simdesign.evaluate import (
    alarms_after_break,
    cumulative_incidence,
    false_alarm_prob,
    power,
    power_given_quiet,
    power_within,
    premature_prob,
    restricted_mean_delay,
    type_m,
    type_s,
)

YEAR = 365.25
LOOKS = (np.arange(1, 7) * YEAR).astype(np.int64) + 90
LAG = 90


def alarms_of(look, change_day, weight=None):
    look = np.atleast_2d(look)
    weight = np.ones(look.shape) if weight is None else weight
    return alarms_after_break(look, weight, LOOKS, LAG, np.asarray(change_day), 0)


def test_a_premature_alarm_competes_and_does_not_count():
    start = int(1.5 * YEAR)  # between the data of the first and the second look
    alarms = alarms_of([0, 1, 2, 6], [start] * 4)
    np.testing.assert_array_equal(alarms.at(alarms.premature)[0], [True, False, False, False])
    assert power(alarms, 1.0).value == 0.25  # the second look: 0.75 years after the break
    assert power(alarms, 2.0).value == 0.5
    assert premature_prob(alarms).value == 0.25
    assert power_given_quiet(alarms, 2.0).value == pytest.approx(2 / 3)
    delays = [(LOOKS[k] - start) / YEAR for k in (1, 2)]
    assert restricted_mean_delay(alarms, 3.0).value == pytest.approx((3 + sum(delays) + 3) / 4)


def test_a_look_that_only_knows_samples_from_before_the_break_is_premature():
    knows_until = int(LOOKS[2]) - LAG
    alarms = alarms_of([2, 2], [knows_until, knows_until + 1])
    np.testing.assert_array_equal(alarms.at(alarms.premature)[0], [False, True])


def test_horizons_are_judged_over_programmes_that_last_so_long():
    late = int(5.5 * YEAR)
    alarms = alarms_of([2, 6, 6], [int(1.5 * YEAR), int(1.5 * YEAR), late])
    short, long = power_within(alarms, np.array([0.5, 3.0]))
    assert (short.n_rep, long.n_rep) == (3, 2)
    assert long.value == 0.5


def _breaks(seed, n, last):
    """Return alarms of programmes whose breaks come up to ``last`` years after the start."""
    rng = np.random.default_rng(seed)
    weight = np.concatenate([np.ones((1, n)), rng.poisson(1.0, (4, n))])
    look = np.broadcast_to(rng.integers(0, 7, n), weight.shape)
    return alarms_of(look, rng.integers(int(YEAR), int(last * YEAR), n), weight)


def _plain_aalen_johansen(alarms, draw, horizons):
    """Return the estimate written out, one event time after the other."""
    weight, delay = alarms.weight[draw], alarms.at(alarms.delay)[draw]
    early = alarms.at(alarms.premature)[draw]
    heard = np.isfinite(delay) & ~early
    time = np.where(heard, delay, alarms.follow_up)
    free, found = 1.0 - weight[early].sum() / weight.sum(), 0.0
    values = []
    for a, b in zip([0.0, *horizons[:-1]], horizons, strict=True):
        for t in np.unique(time[heard & (time > a) & (time <= b)]):
            at_risk = weight[~early & (time >= t)].sum()
            step = weight[heard & (time == t)].sum() / at_risk if at_risk else 0.0
            found, free = found + free * step, free * (1.0 - step)
        values.append(found)
    return values


def test_incidence_is_the_aalen_johansen_estimate_on_every_resample():
    alarms, horizons = _breaks(3, 120, 5.5), np.arange(0.25, 4.6, 0.25)
    assert alarms.follow_up.min() < 1.0
    found = cumulative_incidence(alarms, horizons)
    for draw in range(5):
        values = [m.value if draw == 0 else m.draws[draw - 1] for m in found]
        expected = _plain_aalen_johansen(alarms, draw, horizons)
        np.testing.assert_allclose(values, expected, atol=1e-12)
    assert {item.n_rep for item in found} == {120}


@pytest.mark.parametrize("last", [2.0, 5.5])
def test_restricted_mean_delay_is_the_area_above_the_incidence(last):
    alarms, grid = _breaks(1, 300, last), np.linspace(0.0, 3.0, 3001)
    curve = np.array([item.value for item in cumulative_incidence(alarms, grid)])
    area = 3.0 - np.trapezoid(curve, grid)
    found = restricted_mean_delay(alarms, 3.0)
    assert found.value == pytest.approx(area, abs=0.001)
    assert found.n_rep == 300


def test_incidence_never_falls_although_programmes_end():
    found = cumulative_incidence(_breaks(2, 200, 5.5), np.arange(0.25, 5.1, 0.25))
    values = np.array([[item.value, *item.draws] for item in found])
    assert np.all(np.diff(values, axis=0) >= -1e-12)
    assert np.all((values >= 0.0) & (values <= 1.0 + 1e-12))


def test_incidence_is_the_plain_share_while_all_are_followed():
    alarms, horizons = _breaks(4, 200, 2.0), np.arange(0.5, 4.1, 0.5)
    for plain, found in zip(
        power_within(alarms, horizons), cumulative_incidence(alarms, horizons), strict=True
    ):
        assert plain.n_rep == 200
        assert found.value == pytest.approx(plain.value)
        np.testing.assert_allclose(found.draws, plain.draws)


def test_nothing_is_said_beyond_the_longest_programme():
    alarms = alarms_of([2, 6], [int(1.5 * YEAR)] * 2)
    assert np.isnan(restricted_mean_delay(alarms, 7.0).value)
    assert restricted_mean_delay(alarms, 7.0).n_rep == 0


def test_late_breaks_do_not_bend_the_delay_when_alarms_are_memoryless():
    """Breaks followed briefly and long: the censored estimate agrees with following them all."""
    rng = np.random.default_rng(5)
    n, looks = 4000, (np.arange(1, 16) * YEAR).astype(np.int64)
    change = rng.integers(0, int(5.5 * YEAR), n)
    chance = rng.random((n, 15)) < 0.3 * (looks[None, :] >= change[:, None])
    look = np.where(chance.any(axis=1), chance.argmax(axis=1), 15)
    weight = np.ones((1, n))
    long = alarms_after_break(look[None, :], weight, looks, 0, change, 0)
    short = alarms_after_break(np.minimum(look, 6)[None, :], weight, looks[:6], 0, change, 0)
    full = restricted_mean_delay(long, 5.0).value
    # spread of a delay below 5 years: at most 2.5; censored data are at most a few times rougher
    assert abs(restricted_mean_delay(short, 5.0).value - full) < 5 * 2.5 * 1.5 / np.sqrt(n)


def test_failures_are_counted_and_stay_in_the_denominator():
    score = np.full((4, 6), np.nan)  # failed fits: no score at all
    score[0, 3] = 5.0
    look = first_alarms(score, np.array([1.0]))
    found = alarms_after_break(look, np.ones((1, 4)), LOOKS, LAG, np.full(4, 100), 3)
    measure = power(found, 5.0)
    assert (measure.value, measure.n_rep, measure.n_failed) == (0.25, 4, 3)


def test_type_s_and_type_m_look_at_the_alarm_only():
    effect = np.array([[0.9, 0.4, 0.1, 0, 0, 0], [0.1, -0.2, 0.3, 0, 0, 0], [9.0] * 6])
    alarms = alarms_of([1, 1, 6], [int(1.5 * YEAR)] * 3)
    truth = np.full(3, 0.2)
    assert type_s(alarms, effect, truth).value == 0.5
    assert type_m(alarms, effect, truth).value == pytest.approx((2.0 + 1.0) / 2)
    assert type_s(alarms, effect, truth).n_rep == 2


def test_power_of_nothing_has_an_interval_although_its_error_is_zero():
    look = np.full((51, 20), 6)
    measure = power(alarms_of(look, np.full(20, 100)), 3.0)
    assert measure.value == 0.0
    assert measure.mcse == 0.0
    assert measure.low == 0.0
    assert 0.1 < measure.high < 0.2  # Wilson: 0.161


def _study(rng, n_null, n):
    """One miniature study: nulls, alternatives, the pieces that measures are made of."""
    null = rng.standard_normal((n_null, 6))
    change = rng.integers(int(1.0 * YEAR), int(2.0 * YEAR), n)
    after = (LOOKS[None, :] - LAG) >= change[:, None]
    alternative = rng.standard_normal((n, 6)) + 2.0 * after
    return largest_scores(null), alternative, change


def _measures(rng, n_null, n, n_draw):
    largest, score, change = _study(rng, n_null, n)
    counts = resampling_counts(rng, n_draw, n_null)
    threshold = calibrated_threshold(largest, 0.2, counts)
    values = np.concatenate([[threshold.value], threshold.draws])
    weight = np.concatenate([np.ones((1, n)), resampling_counts(rng, n_draw, n)])
    look = first_alarms(score, values)
    alarms = alarms_after_break(look, weight, LOOKS, LAG, change, 0)
    effect = np.where(np.isnan(score), 0.0, score) / 4.0
    null_weight = np.concatenate([np.ones((1, n)), resampling_counts(rng, n_draw, n)])
    quiet = first_alarms(rng.standard_normal((n, 6)), values)
    return {
        "power": power(alarms, 2.0),
        "power_given_quiet": power_given_quiet(alarms, 2.0),
        "premature": premature_prob(alarms),
        "delay": restricted_mean_delay(alarms, 3.0),
        "censored_delay": restricted_mean_delay(alarms, 5.0),
        "incidence": cumulative_incidence(alarms, np.array([4.9]))[0],
        "type_m": type_m(alarms, effect, np.full(n, 0.5)),
        "false_alarm": false_alarm_prob(quiet, null_weight, 6, 0),
    }


def test_each_error_agrees_with_repeating_the_whole_study():
    """The spread over 600 fresh studies (4 % rough itself) against the mean reported error.

    The threshold is drawn anew in each, so an error that left it out would be too small.
    """
    n_null, n = 400, 250
    fresh = [_measures(np.random.default_rng([1, k]), n_null, n, 1) for k in range(600)]
    reported = [_measures(np.random.default_rng([2, k]), n_null, n, 200) for k in range(40)]
    for name in fresh[0]:
        spread = np.std([item[name].value for item in fresh], ddof=1)
        error = np.mean([item[name].mcse for item in reported])
        assert 0.88 < error / spread < 1.15, (name, error, spread)
