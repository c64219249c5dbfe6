"""Two weeks of one city: against simulated days, dense normals, and what they mean."""

import math
from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

from mc import assert_mean
from reference.two_weeks_oracle import largest, settled, simulated
from simdesign.fit import (
    NOTABLE,
    CityModel,
    NoiseDraws,
    TwoWeeks,
    break_odds,
    largest_posterior,
    more_weeks,
    naive_prob,
    prior_change,
    prob_reached,
    season_differences,
    two_week_posterior,
)
from simdesign.fit.two_weeks import averaged, mean_factor, parts

WORLD = {
    "sigma_shared": [0.03, 0.12], "sigma_site": [0.06, 0.10], "sigma_rw": [0.02, 0.08],
    "sigma_rw_site": [0.05, 0.15], "drift": [0.0, 0.06], "day_sd": [0.13, 0.25],
    "day_rho": [0.35, 0.1], "years": 2.0, "drift_site": [0.05, 0.02], "hazard": 0.2,
    "kinds": (0.45, 0.35, 0.2), "step_sd": 0.3, "slope_sd": 0.2, "nugget": 0.01,
    "days": (7, 4), "loads": (300.0, 400.0), "population": 20_000.0, "day_count": [0.044, 0.02],
}  # fmt: skip
DRAWS = NoiseDraws(**{name: np.array(WORLD[name]) for name in NoiseDraws.__dataclass_fields__})
MODEL = CityModel(
    **{n: WORLD[n] for n in ("hazard", "kinds", "step_sd", "slope_sd",
                             "nugget")}, r_lab=0.5,
)  # fmt: skip
WEEKS = TwoWeeks(before=300.0, after=400.0, years=2.0, days=(7, 4), population=20_000.0)
WINDOW = 0.02
"""Half-width of the observed ratios that count as the one observed; its square is the bias."""


@pytest.fixture(scope="module")
def nation():
    return simulated(np.random.default_rng(20), WORLD, 300_000, 6)


def near(observed):
    return np.abs(observed - WEEKS.log_ratio) < WINDOW


def test_a_named_city_agrees_with_simulated_days(nation):
    observed, real, broken = (a[:, 0] for a in nation)
    chosen = near(observed)
    assert chosen.sum() > 5_000
    found = two_week_posterior(WEEKS, DRAWS, MODEL)
    assert_mean(real[chosen] > NOTABLE, found.prob_above(NOTABLE).value)
    assert_mean(real[chosen] < 0.0, found.prob_below(0.0).value)
    assert_mean(broken[chosen], found.prob_break().value)
    for level in (0.025, 0.5, 0.975):
        assert_mean(real[chosen] < found.quantile(level), level)


def test_what_is_known_before_agrees_with_simulated_changes(nation):
    real, broken = nation[1][:, 0], nation[2][:, 0]
    found = prior_change(WEEKS, DRAWS, MODEL)
    assert_mean(real > NOTABLE, found.prob_above(NOTABLE).value)
    assert_mean(broken, found.prob_break().value)


def test_the_largest_of_six_agrees_with_simulated_days(nation):
    observed, real, broken = largest(*nation)
    chosen = near(observed)
    assert chosen.sum() > 5_000
    found = largest_posterior(WEEKS, DRAWS, MODEL, 6)
    assert_mean(real[chosen] > NOTABLE, found.prob_above(NOTABLE).value)
    assert_mean(broken[chosen], found.prob_break().value)
    assert_mean(real[chosen] < found.quantile(0.5), 0.5)


def test_how_often_the_largest_reaches_as_far_agrees_with_simulated_days():
    found = prob_reached(WEEKS, DRAWS, MODEL, 6)
    quiet = WORLD | {"hazard": 1e-9}
    rng = np.random.default_rng(21)
    observed = simulated(rng, quiet, 100_000, 6)[0].max(axis=1)
    assert_mean(observed >= WEEKS.log_ratio, found.no_break.value)
    still = ("drift", "sigma_rw", "sigma_rw_site", "drift_site")
    nothing = {name: [0.0, 0.0] for name in still}
    observed = simulated(rng, quiet | nothing, 100_000, 6)[0].max(axis=1)
    assert_mean(observed >= WEEKS.log_ratio, found.noise.value)


def test_the_largest_of_one_is_a_named_city():
    one = two_week_posterior(WEEKS, DRAWS, MODEL)
    same = largest_posterior(WEEKS, DRAWS, MODEL, 1)
    # two quadratures of the same normal: 1e-6 is their error at forty points
    assert same.prob_above(NOTABLE).value == pytest.approx(one.prob_above(NOTABLE).value, abs=1e-6)
    assert same.prob_break().value == pytest.approx(one.prob_break().value, abs=1e-6)


def test_a_known_answer_by_hand():
    # no walk, no break: prior N(0, 0.2^2), error variance 2 (0.03 + 0.0101) + 2 * 0.0049 = 0.09
    draws = NoiseDraws(
        sigma_shared=np.array([0.03**0.5]), sigma_site=np.array([0.1]), sigma_rw=np.zeros(1),
        sigma_rw_site=np.zeros(1), drift=np.zeros(1), drift_site=np.array([0.1]),
        day_sd=np.array([0.07]), day_rho=np.array([0.999999999]), day_count=np.zeros(1),
    )  # fmt: skip
    model = replace(MODEL, hazard=1e-15)
    weeks = TwoWeeks(before=100.0, after=100.0 * math.exp(0.26), years=2.0, population=1.0)
    found = two_week_posterior(weeks, draws, model)
    mean, sd = 0.26 * 0.04 / 0.13, math.sqrt(0.04 * 0.09 / 0.13)
    expected = stats.norm.sf(math.log(1.1), mean, sd)
    assert found.prob_above(NOTABLE).value == pytest.approx(expected, abs=1e-7)
    assert found.quantile(0.5) == pytest.approx(mean, abs=2e-5)
    naive = stats.norm.sf(math.log(1.1), 0.26, 0.3)
    assert naive_prob(weeks, draws, model).value == pytest.approx(naive, abs=1e-7)


def test_a_mean_of_days_has_the_variance_of_the_formula():
    rho = np.array([0.0, 0.35, -0.4])
    for n in (1, 2, 7):
        dense = [(r ** abs(np.subtract.outer(range(n), range(n)))).sum() / n**2 for r in rho]
        assert mean_factor(rho, n) == pytest.approx(dense)


def test_further_weeks_agree_with_dense_normals():
    seven = replace(WEEKS, days=(7, 7), after=450.0)
    p = parts(seven, DRAWS, MODEL)
    same = [
        {
            "weight": p.weight[c], "mean": p.drift[s], "real": p.nation[s] + p.own[s, c],
            "shared": p.shared[s] / 2, "first": p.week[s, 0], "last": p.week[s, 1],
        }
        for s in range(2)
        for c in range(p.weight.size)
    ]  # fmt: skip
    rng = np.random.default_rng(22)
    for n in (1, 4):
        sure, refuted = settled(rng, same, seven.log_ratio, n, MODEL.r_lab, 40_000)
        found = more_weeks(seven, DRAWS, MODEL, n, grid=2001)
        assert 0.02 < found.prob_sure.value < 0.98
        assert_mean(sure, found.prob_sure.value)
        assert found.prob_refuted.value == pytest.approx(refuted.mean(), abs=1e-3)
        coarse = more_weeks(seven, DRAWS, MODEL, n)
        assert coarse.settled.value == pytest.approx(found.settled.value, abs=1e-3)


def test_further_weeks_tell_more_and_end_at_the_first_weeks_error():
    told = [more_weeks(WEEKS, DRAWS, MODEL, n).settled.value for n in (1, 4, 26, 1e9, math.inf)]
    assert told[0] < told[1] < told[2] < told[3]
    assert told[3] == pytest.approx(told[4], abs=1e-6)
    # a week of few days: further ones with seven say more than it did
    assert told[4] < 1.0


def test_noise_and_seasons_pull_to_the_prior_and_a_flat_prior_to_the_data():
    base = two_week_posterior(WEEKS, DRAWS, MODEL).prob_above(NOTABLE).value
    noisy = two_week_posterior(WEEKS, DRAWS.scaled(sigma_shared=50.0), MODEL)
    prior = two_week_posterior(replace(WEEKS, after=303.0), DRAWS.scaled(sigma_shared=50.0), MODEL)
    assert noisy.prob_above(NOTABLE).value == pytest.approx(
        prior.prob_above(NOTABLE).value, abs=0.02
    )
    wide = two_week_posterior(WEEKS, replace(DRAWS, drift_site=np.full(2, 50.0)), MODEL)
    flat = naive_prob(WEEKS, DRAWS, MODEL).value
    assert wide.prob_above(NOTABLE).value == pytest.approx(flat, abs=0.01)
    chances = [base]
    for amplitude in (0.1, 0.3):
        season = season_differences(amplitude, (6,))
        found = two_week_posterior(WEEKS, DRAWS, MODEL, season=season)
        chances.append(found.prob_above(NOTABLE).value)
    assert chances[0] > chances[1] > chances[2]
    assert season_differences(0.2, (12,)) == pytest.approx(0.0, abs=1e-15)
    # the variance of A cos U is A^2 / 2, here A = 2 * 0.2
    assert season_differences(0.2, (6,)).var() == pytest.approx(0.08)


def test_nobody_gets_more_for_a_break_than_its_bound():
    odds = break_odds(WEEKS, DRAWS, MODEL)
    assert odds.factor <= odds.factor_bound
    prior = -math.expm1(-MODEL.hazard * WEEKS.years)
    posterior = two_week_posterior(WEEKS, DRAWS, MODEL).prob_break().value
    expected = odds.factor * prior / (1.0 - prior)
    assert posterior / (1.0 - posterior) == pytest.approx(expected)
    # a huge jump between quiet weeks is a break: drift and walk cannot make it
    far = replace(WEEKS, after=WEEKS.before * math.exp(1.5))
    quiet = DRAWS.scaled(sigma_rw=0.2, sigma_rw_site=0.2)
    assert two_week_posterior(far, quiet, MODEL).prob_break().value > 0.95


def test_a_city_that_is_larger_than_many_that_cannot_differ_was_lucky():
    # nothing of its own can change, so that the largest of many is noise on a common path
    model = replace(MODEL, hazard=1e-12)
    draws = DRAWS.scaled(sigma_rw_site=0.0, drift_site=0.0)
    chance = [
        largest_posterior(WEEKS, draws, model, n).prob_above(NOTABLE).value for n in (1, 6, 30)
    ]
    assert chance[0] > chance[1] > chance[2]


def test_the_error_of_an_average_is_that_of_repetition():
    rng = np.random.default_rng(23)
    values, errors = [], []
    for _ in range(400):
        weight = rng.gamma(2.0, size=(500, 1))
        got = averaged(weight, rng.random((500, 1)) * weight)
        values.append(got.value)
        errors.append(got.mcse)
    spread = np.std(values, ddof=1)
    # an SD from 400 values has a relative error of 1 / sqrt(800), blocks of ten draws little bias
    assert np.mean(errors) == pytest.approx(spread, rel=5 / math.sqrt(800))
