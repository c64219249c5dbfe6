"""Known answers and meaning of the exact engine."""

import numpy as np
import pytest
from scipy import stats

from fit import panels
from simdesign.fit import break_posterior, build
from simdesign.records import Looks, Observations, Status, Visits
from simdesign.spec.estimator import ExactSite, ExactStep

LN2 = np.log(2.0)


def _fit(observations, looks, **options):
    return build("exact", ExactStep(**options)).fit(observations, looks, "cocaine")


def _prior(looks, hazard=LN2 / 10):
    return 1 - np.exp(-hazard * (looks.day - looks.origin_day) / 365.25)


def test_no_data_and_one_campaign_give_the_prior_back():
    looks = panels.looks(10)
    nothing = Visits(
        **{k: np.zeros(0, dtype=np.int64) for k in ("site", "campaign", "slot", "batch", "year")},
        day=np.zeros((0, 7), dtype=np.int64),
        history=np.zeros(0, dtype=bool),
        n_slot=1,
    )
    for where in (nothing, panels.visits(20, 1)):
        load = np.full((1, where.n_visit, 7), 900.0)
        fit = _fit(panels.observe(where, load), looks)
        np.testing.assert_allclose(fit.prob_break[0], _prior(looks), rtol=1e-12)
        assert (fit.status == Status.TOO_LITTLE_DATA).all()
        # E is then N(0, 0.3^2) with the prior's weight and an atom at zero
        weight = _prior(looks)[-1]
        expected = 0.3 * stats.norm.isf(0.025 / weight)
        assert fit.effect_high[0, -1] == pytest.approx(expected, abs=1e-5)
        assert fit.effect_low[0, -1] == pytest.approx(-expected, abs=1e-5)


def test_prior_of_a_break_in_ten_years_is_one_half():
    assert 1 - np.exp(-ExactStep().hazard * 10) == pytest.approx(0.5, rel=1e-12)


@pytest.mark.parametrize("factor", [1e-3, 7.0, 1e7])
def test_multiplying_all_loads_changes_nothing(factor):
    where = panels.visits(20, 8)
    observations = panels.draw(np.random.default_rng(1), where, 5, step=0.2, step_day=22000)
    scaled = panels.observe(where, observations.load[:, 0] * factor)
    first, second = (_fit(o, panels.looks(8)) for o in (observations, scaled))
    np.testing.assert_allclose(first.score, second.score, atol=1e-8)
    np.testing.assert_allclose(first.effect, second.effect, atol=1e-8)


def test_a_long_constant_series_lowers_the_probability():
    where = panels.visits(20, 20)
    observations = panels.observe(where, np.full((1, where.n_visit, 7), 500.0))
    fit = _fit(observations, panels.looks(20))
    assert np.isfinite(fit.score).all()
    prior = _prior(panels.looks(20))
    prob = fit.prob_break[0]
    bayes_factor = (prob / (1 - prob) / (prior / (1 - prior)))[3:]
    assert (bayes_factor < 0.8).all()
    assert bayes_factor[-1] < 0.5 * bayes_factor[0]  # the evidence against grows with the years


@pytest.mark.parametrize("step", [-0.5, 0.5])
def test_a_clear_step_is_seen_with_its_sign_size_and_date(step):
    where = panels.visits(20, 10)
    day = panels.START + int(4.9 * 365.25)
    observations = panels.draw(
        np.random.default_rng(2), where, 40, step=step, step_day=day, shared=0.03, walk=0.02
    )
    fit = _fit(observations, panels.looks(10))
    assert (fit.prob_break[:, -1] > 0.8).mean() > 0.9
    assert (np.sign(fit.effect[:, -1]) == np.sign(step)).all()
    assert fit.effect[:, -1].mean() == pytest.approx(step, abs=0.1)
    assert np.median(np.abs(fit.break_day[:, -1] - day)) < 400
    inside = (fit.effect_low[:, -1] <= step) & (step <= fit.effect_high[:, -1])
    assert inside.mean() >= 0.8


def test_more_noise_in_the_model_says_less_about_the_step():
    where = panels.visits(20, 10)
    observations = panels.draw(np.random.default_rng(3), where, 10, step=0.3, step_day=22300)
    width = []
    for sigma in (0.0, 0.05, 0.10, 0.20):
        fit = _fit(observations, panels.looks(10), sigma_shared=sigma, sigma_rw=0.02)
        width.append((fit.effect_high - fit.effect_low)[:, -1].mean())
    assert width == sorted(width)


def test_shifting_all_dates_by_whole_weeks_changes_nothing():
    where = panels.visits(6, 8)
    observations = panels.draw(np.random.default_rng(4), where, 3)
    weeks = 7 * 53
    moved = Visits(
        site=where.site, campaign=where.campaign, slot=where.slot, batch=where.batch,
        year=where.year, day=where.day + weeks, history=where.history, n_slot=1,
    )  # fmt: skip
    looks = panels.looks(8)
    later = Looks(
        day=looks.day + weeks, report_lag=90,
        origin_day=looks.origin_day + weeks, start_day=looks.start_day + weeks,
    )  # fmt: skip
    one = _fit(observations, looks)
    two = _fit(panels.observe(moved, observations.load[:, 0].copy()), later)
    np.testing.assert_array_equal(one.score, two.score)


def test_point_masses_and_one_date_give_the_textbook_odds_and_power():
    """Without walk and drift, two campaigns, one date: log odds are a known function of z.

    With V the variance of the difference of the two national means, the Bayes factor is
    sqrt(V / (V + tau^2)) exp(z^2 tau^2 / (2 (V + tau^2))), so thresholding the score at a given
    false-alarm rate is the two-sided z-test, whose power is in every textbook.
    """
    n_site, shared, site, nugget, day = 20, 0.05, 0.10, 0.01, 0.134
    rho, n = 0.35, 7
    where = panels.visits(n_site, 2, year_days=364)  # equal weekdays: the profile cancels
    options = {
        "sigma_shared": shared, "sigma_rw": 0.0, "sigma_site": site, "drift_sd": 0.0,
        "r_lab": 0.0, "break_intervals": (1,), "count_noise": 0.0, "day_rho": rho,
    }  # fmt: skip
    k = np.arange(n)
    correlation = rho ** np.abs(k[:, None] - k[None, :])
    day_mean = day**2 / np.linalg.inv(correlation).sum()  # variance of the GLS mean
    variance = 2 * (shared**2 + (site**2 + nugget**2 + day_mean) / n_site)
    rng = np.random.default_rng(5)
    z = np.r_[np.linspace(-4, 4, 9), rng.standard_normal(20_000), 2.5 + rng.standard_normal(20_000)]
    half = 0.5 * z * np.sqrt(variance)
    load = np.exp(np.where(where.campaign == 0, -half[:, None], half[:, None]))[:, :, None]
    looks = panels.looks(2)
    last = Looks(day=looks.day[-1:], report_lag=90, origin_day=panels.START, start_day=panels.START)
    fit = _fit(panels.observe(where, 900 * np.repeat(load, n, axis=2)), last, **options)
    tau = 0.30**2
    look_years = (last.day[0] - panels.START) / 365.25
    none = np.exp(-LN2 / 10 * look_years)
    length = np.ptp(np.unique(where.middle_day)) / (last.day[0] - panels.START)
    shown, hidden = (1 - none) * length, (1 - none) * (1 - length)
    factor = np.sqrt(variance / (variance + tau)) * np.exp(0.5 * z**2 * tau / (variance + tau))
    expected = np.log((shown * factor + hidden) / none)
    np.testing.assert_allclose(fit.score[:, 0], expected, rtol=1e-9, atol=1e-9)
    null, alternative = fit.score[9:20_009, 0], fit.score[20_009:, 0]
    threshold = np.sort(null)[int(np.ceil(20_001 * 0.95)) - 1]
    power = (alternative > threshold).mean()
    textbook = stats.norm.sf(1.959964 - 2.5) + stats.norm.cdf(-1.959964 - 2.5)
    # the threshold is an estimated quantile: its error enters through the density ratio
    slope = (stats.norm.pdf(1.96 - 2.5) + stats.norm.pdf(-1.96 - 2.5)) / (2 * stats.norm.pdf(1.96))
    error = np.sqrt(power * (1 - power) + slope**2 * 0.05 * 0.95) / np.sqrt(20_000)
    assert abs(power - textbook) < 5 * error


def test_looks_in_one_pass_equal_looks_one_by_one():
    where = panels.visits(8, 10, rounds=2, stagger=0)
    observations = panels.draw(np.random.default_rng(6), where, 3, step=0.2, step_day=22300)
    looks = panels.looks(10)
    together = _fit(observations, looks)
    for k in (2, 5, 9):
        alone = Looks(
            day=looks.day[k : k + 1], report_lag=90, origin_day=panels.START, start_day=panels.START
        )
        fit = _fit(observations, alone)
        # other looks decide how many nodes are used, so agreement is to the quadrature error
        np.testing.assert_allclose(fit.prob_break[:, 0], together.prob_break[:, k], atol=0.005)


def test_a_single_site_with_its_walk_is_less_sure_than_without():
    """Without a walk of its own, a city that wanders cries wolf."""
    rng = np.random.default_rng(7)
    where = panels.visits(1, 12)
    observations = panels.draw(rng, where, 200, walk=0.10, shared=0.0, drift=0.0)
    looks = panels.looks(12)
    with_walk = build("s", ExactSite()).fit(observations, looks, "cocaine").prob_break[:, -1]
    without = build("s", ExactSite(sigma_rw=0.0)).fit(observations, looks, "cocaine")
    assert (with_walk > 0.9).mean() < (without.prob_break[:, -1] > 0.9).mean()
    assert (with_walk > 0.9).mean() < 0.05


def test_the_whole_posterior_adds_up_and_agrees_with_the_fit():
    where = panels.visits(5, 9)
    observations = panels.draw(np.random.default_rng(8), where, 1, step=0.4, step_day=22000)
    looks = panels.looks(9)
    last = Looks(day=looks.day[-1:], report_lag=90, origin_day=panels.START, start_day=panels.START)
    posterior = break_posterior(ExactStep(), observations, looks, "cocaine")
    fit = _fit(observations, last)
    assert posterior.prob_break == fit.prob_break[0, 0]
    total = posterior.prob_interval.sum() + posterior.prob_unidentified
    assert total == pytest.approx(posterior.prob_break, rel=1e-12)
    assert posterior.n_campaigns == 9
    assert posterior.interval_start.size == posterior.prob_interval.size == 7


def test_too_many_weeks_below_loq_make_the_engine_step_back():
    where = panels.visits(4, 6)
    observations = panels.draw(np.random.default_rng(9), where, 1)
    censored = np.zeros((1, where.n_visit, 7), dtype=bool)
    censored[0, :2, :2] = True  # two of seven days in two weeks: served
    some = panels.observe(where, observations.load[:, 0].copy(), censored=censored)
    assert (_fit(some, panels.looks(6)).status[:, -1] == Status.OK).all()
    censored[0, 12:15] = True  # three of the four weeks of year 4 wholly below
    many = panels.observe(where, observations.load[:, 0].copy(), censored=censored)
    fit = _fit(many, panels.looks(6))
    refused = fit.status[0] == Status.NOT_APPLICABLE
    assert refused.tolist() == [False, False, False, True, True, True]  # 3/16, 3/20, 3/24
    assert np.isnan(fit.score[0, refused]).all()
    np.testing.assert_allclose(fit.score[0, 2], _fit(some, panels.looks(6)).score[0, 2], atol=0.05)


def test_a_site_missing_in_all_but_one_year_moves_nothing_much():
    where = panels.visits(6, 8)
    keep = (where.site != 5) | (where.year == 2029)
    some = panels.visits(6, 8, keep=keep)
    observations = panels.draw(np.random.default_rng(10), where, 4)
    part = panels.observe(some, observations.load[:, 0, keep].copy())
    five = panels.observe(panels.visits(5, 8), observations.load[:, 0, where.site != 5].copy())
    with_it, without = (_fit(o, panels.looks(8)).prob_break[:, -1] for o in (part, five))
    assert isinstance(part, Observations)
    np.testing.assert_allclose(with_it, without, atol=0.01)  # its one week fixes its own level
