"""Statistics of weeks: each with an answer that is known without them."""

import math

import numpy as np
import pytest

from mc import assert_mean
from simdesign.studies.validation import statistics as st
from simdesign.studies.validation.weeks import Weeks, site_bootstrap

PROFILE = np.array([-0.2, -0.1, 0.0, 0.1, 0.3, 0.1, -0.2])  # sums to zero


def weeks(log_load, *, site=None, year=None, population=200_000.0, country=0, censored=None):
    """Return weeks from log loads, shape (w, 7); NaN = missing."""
    log_load = np.atleast_2d(np.asarray(log_load, dtype=float))
    n = log_load.shape[0]
    site = np.arange(n) if site is None else np.asarray(site)
    return Weeks(
        country=np.broadcast_to(country, n).astype(np.int64),
        site=site.astype(np.int64),
        origin=site.astype(np.int64),
        year=np.full(n, 2020) if year is None else np.asarray(year),
        population=np.broadcast_to(population, n).astype(float),
        load=np.exp(log_load),
        censored=np.zeros((n, 7), dtype=bool) if censored is None else np.asarray(censored),
    )


def noise(n, sd=1.0, seed=1):
    return np.random.default_rng(seed).normal(0.0, sd, (n, 7))


def test_profile_and_ratio_of_weeks_without_noise():
    one = weeks(np.add.outer([1.0, 5.0], PROFILE))
    for day in range(7):
        assert st.weekday_multiplier(one, day) == pytest.approx(math.exp(PROFILE[day]))
    load = np.exp(PROFILE)
    ratio = load[2:6].mean() / load[[0, 1, 6]].mean()
    assert st.weekend_ratio(one) == pytest.approx(ratio)
    assert st.residual_sd(one) == pytest.approx(0.0, abs=1e-12)


def test_incomplete_and_censored_weeks_leave_the_residuals_alone():
    logs = np.tile(PROFILE, (4, 1))
    logs[1, 3] = np.nan
    below = np.zeros((4, 7), dtype=bool)
    below[2, 0] = True
    one = weeks(logs, censored=below)
    np.testing.assert_array_equal(one.complete, [True, False, False, True])
    assert st.days_below_loq(one) == pytest.approx(1 / 27)
    assert st.weeks_below_loq(one) == pytest.approx(1 / 4)


def test_spread_of_log_weekend_over_weekday():
    # weekends up by a factor e^x leave the log ratio's SD that of x
    x = np.array([0.0, 0.3, 0.9])
    logs = np.zeros((3, 7))
    logs[:, 2:6] = x[:, None]
    assert st.weekend_spread(weeks(logs)) == pytest.approx(np.std(x, ddof=1))


def test_residual_sd_and_lag_of_white_and_of_constructed_noise():
    n = 2000
    draws = noise(n, 0.3)
    one = weeks(draws + PROFILE)
    # each week estimates the variance without bias, up to the profile's degrees of freedom
    assert_mean(((draws - draws.mean(axis=1, keepdims=True)) ** 2).sum(axis=1) / 6, 0.09)
    own = draws - draws.mean(axis=1, keepdims=True)
    own -= own.mean(axis=0)
    assert st.residual_sd(one) == pytest.approx(math.sqrt((own**2).sum() / 6 / (n - 1)))
    # white noise minus its mean of seven has correlation -1/6
    pairs = (own[:, 1:] * own[:, :-1]).mean(axis=1) / own.var()
    assert_mean(pairs, -1 / 6)
    assert st.residual_lag1(one) == pytest.approx(pairs.mean())
    # an alternating week has neighbours of opposite sign; mean 0 over eight is not over seven
    wave = np.array([1.0, -1.0, 1.0, 0.0, -1.0, 1.0, -1.0])
    expected = (-1 - 1 + 0 + 0 - 1 - 1) / 6 / (6 / 7)
    assert st.residual_lag1(weeks([wave, -wave])) == pytest.approx(expected)


def test_tails_of_a_made_up_distribution():
    # signs +-1 with equal frequency: kurtosis 1, nothing beyond 3 robust SDs
    pattern = np.array([1.0, -1.0, 1.0, -1.0, 1.0, -1.0, 0.0])
    one = weeks(np.vstack([pattern, -pattern] * 4))
    expected = (6 / 7) / (6 / 7) ** 2 - 3
    assert st.residual_kurtosis(one) == pytest.approx(expected)
    assert st.beyond(one, 3.0) == 0.0
    # one pair of weeks is ten times as large: 12 of 70 residuals are beyond 6 robust SDs
    mixed = weeks(np.vstack([pattern, -pattern] * 4 + [10 * pattern, -10 * pattern]))
    assert st.beyond(mixed, 6.0) == pytest.approx(12 / 70)
    assert st.week_sd_spread(mixed) == pytest.approx(np.std([0.0] * 8 + [math.log(10)] * 2, ddof=1))


def test_site_weekday_sd_needs_a_site_twice_and_finds_what_it_keeps():
    rng = np.random.default_rng(3)
    n_site, n_year, sd = 400, 3, 0.2
    own = rng.normal(0.0, sd, (n_site, 7))
    logs = np.repeat(own, n_year, axis=0) + noise(n_site * n_year, 0.3)
    site = np.repeat(np.arange(n_site), n_year)
    found = st.weekday_site_sd(weeks(logs, site=site))
    # the SE of the variance: products of noise, 400 sites x 6 pairs x 6 days, and of own profiles
    error = math.sqrt((2 * sd**4 + 4 * sd**2 * 0.09 / 3 + 2 * 0.09**2 / 6) / (n_site * 6))
    assert found**2 == pytest.approx(sd**2, abs=5 * error)
    assert math.isnan(st.weekday_site_sd(weeks(logs[:3])))
    alone = st.weekday_site_sd(weeks(noise(1200, 0.3), site=site))
    assert abs(alone) * abs(alone) < 5 * 0.09 / math.sqrt(n_site * 6 * 3)


def test_cv_by_size_and_its_slope():
    flat, wild = np.zeros(7), np.log([1, 1, 1, 1, 1, 1, 8.0])
    population = [20_000.0] * 3 + [100_000.0] * 3 + [600_000.0] * 2
    one = weeks([wild] * 3 + [flat] * 3 + [wild] * 2, population=population)
    expected = np.std([1, 1, 1, 1, 1, 1, 8], ddof=1) / 2
    assert st.cv_of_size(one, 0) == pytest.approx(expected)
    assert st.cv_of_size(one, 1) == 0.0
    assert math.isnan(st.cv_of_size(one, 2))  # nobody
    assert math.isnan(st.cv_of_size(one, 3))  # two sites have no error
    # a residual SD of N^-0.25 has slope -0.25 log 10 per tenfold population
    people = 10.0 ** np.linspace(4, 6, 9)
    logs = np.vstack([people[:, None] ** -0.25 * PROFILE, people[:, None] ** -0.25 * -PROFILE])
    both = weeks(logs, population=np.tile(people, 2))
    assert st.residual_gradient(both) == pytest.approx(-0.25 * math.log(10))
    small = weeks(1e-4 * logs, population=np.tile(people, 2))
    assert st.cv_gradient(small) == pytest.approx(-0.25 * math.log(10), abs=1e-4)


def test_changes_pair_consecutive_years_of_one_site():
    level = np.log([100.0, 120.0, 500.0, 90.0, 60.0])
    logs = np.repeat(level[:, None], 7, axis=1)
    logs[1, :3] = np.nan  # four days are too few for a mean
    site, year = [0, 0, 0, 1, 1], [2019, 2020, 2021, 2021, 2022]
    found = st.changes(weeks(logs, site=site, year=year))
    np.testing.assert_allclose(found.change, [math.log(60 / 90)])
    np.testing.assert_array_equal(found.year, [2022])
    full = weeks(np.repeat(level[:, None], 7, axis=1), site=site, year=year)
    d = np.log([1.2, 500 / 120, 60 / 90])
    assert st.change_mean(full) == pytest.approx(d.mean())
    assert st.change_sd(full) == pytest.approx(d.std(ddof=1))
    assert st.change_median(full) == pytest.approx(-math.log(60 / 90))
    assert st.change_beyond(full, 0.25) == pytest.approx(2 / 3)
    assert math.isnan(st.change_beyond_last(full, 0.1))  # one change to 2022 is too few
    many = weeks(np.repeat(np.log([1, 1.2, 1, 1.05, 1, 0.8, 1, 1.0])[:, None], 7, axis=1),
                 site=[0, 0, 1, 1, 2, 2, 3, 3], year=[1, 2, 1, 2, 1, 2, 0, 1])  # fmt: skip
    assert st.change_beyond_last(many, 0.1) == pytest.approx(2 / 3)
    assert st.change_quantile(full, 0.5) == pytest.approx(math.log(1.2))


def test_a_day_below_the_limit_counts_as_zero_in_a_change():
    below = np.zeros((2, 7), dtype=bool)
    below[1, :3] = True
    found = st.changes(weeks(np.zeros((2, 7)), site=[0, 0], year=[2020, 2021], censored=below))
    np.testing.assert_allclose(found.change, [math.log(4 / 7)])
    below[1] = True
    none = st.changes(weeks(np.zeros((2, 7)), site=[0, 0], year=[2020, 2021], censored=below))
    assert none.change.size == 0


def _years(shared_sd, own_sd, n_site=12, n_year=40, n_country=6, seed=5):
    rng = np.random.default_rng(seed)
    shared = rng.normal(0.0, shared_sd, (n_country, n_year))
    level = shared[:, None, :] + rng.normal(0.0, own_sd, (n_country, n_site, n_year))
    logs = np.repeat(level.reshape(-1, 1), 7, axis=1)
    country = np.repeat(np.arange(n_country), n_site * n_year)
    site = np.repeat(np.arange(n_country * n_site), n_year)
    year = np.tile(np.arange(2000, 2000 + n_year), n_country * n_site)
    return weeks(logs, site=site, year=year, country=country)


def test_shared_and_own_parts_of_years_are_told_apart():
    one = _years(0.10, 0.20)
    # SE of a variance from 240 shared years, doubled for neighbours of overlapping changes
    assert st.shared_year_sd(one) ** 2 == pytest.approx(0.01, abs=5 * 0.0135 * math.sqrt(4 / 240))
    assert st.site_year_sd(one) ** 2 == pytest.approx(0.04, abs=5 * 0.04 * math.sqrt(4 / 2640))
    share = st.shared_year_sd(one) ** 2 / (st.shared_year_sd(one) ** 2 + st.site_year_sd(one) ** 2)
    assert st.year_correlation(one) == pytest.approx(share)
    alone = _years(0.0, 0.20)
    assert abs(st.shared_year_sd(alone)) ** 2 < 5 * 0.04 / 12 * math.sqrt(4 / 240) + 1e-3


def test_years_of_pairs_by_hand():
    # two sites, changes +1 and +1, then -1 and 0: mean 0.25; one pair a year
    level = np.array([0, 1, 0, 0, 1, 1.0])
    one = weeks(np.repeat(level[:, None], 7, axis=1), site=[0, 0, 0, 1, 1, 1],
                year=[1, 2, 3, 1, 2, 3])  # fmt: skip
    product = (0.75 * 0.75 + (-1.25) * (-0.25)) / 2
    difference = (0.0 + 1.0) / 2
    assert st.shared_year_sd(one) == pytest.approx(math.sqrt(product / 2))
    assert st.site_year_sd(one) == pytest.approx(math.sqrt(difference / 4))
    assert st.year_correlation(one) == pytest.approx(product / (product + difference / 2))


def test_copies_of_a_site_are_no_pair():
    one = _years(0.0, 0.2, n_site=3, n_country=1, n_year=4)
    rows = np.concatenate([np.flatnonzero(one.site == s) for s in (0, 0, 1)])
    twice = one.resampled(rows, np.repeat([0, 1, 2], 4))
    once = one.resampled(rows[4:], np.repeat([0, 1], 4))
    # the pair (0, 1) counts twice; only the country's mean change, taken off, may differ
    assert st.site_year_sd(twice) == pytest.approx(st.site_year_sd(once))
    only = one.resampled(rows[:8], np.repeat([0, 1], 4))
    assert math.isnan(st.shared_year_sd(only))


def test_correlation_between_substances_uses_weeks_complete_in_both():
    x, own = noise(500, 0.2, seed=7), noise(500, 0.2, seed=8)
    first, second = weeks(x), weeks(0.6 * x + 0.8 * own)
    a, b = first.residual.ravel(), second.residual.ravel()
    assert st.substance_correlation(first, second) == pytest.approx(np.corrcoef(a, b)[0, 1])
    assert st.substance_correlation(first, second) == pytest.approx(0.6, abs=5 * 0.64 / 55)
    assert st.substance_correlation(first, first) == pytest.approx(1.0)
    gone = np.array(x)
    gone[::2] = np.nan
    half = st.substance_correlation(weeks(gone), second)
    assert half == pytest.approx(0.6, abs=5 * 0.64 / 38)


def test_an_empty_panel_has_no_statistics_and_no_error():
    nothing = weeks(np.full((4, 7), np.nan))
    values = st.all_statistics({"cocaine": nothing, "MDMA": nothing})
    assert all(math.isnan(value) for item in values.values() for value in item.values())
    assert st.pair_key("MDMA") in values["cocaine"]
    assert st.label_of(st.pair_key("MDMA")).endswith("MDMA")


def test_every_statistic_has_its_own_key_and_label():
    keys = [item.key for item in st.STATISTICS]
    labels = [st.label_of(key) for key in keys]
    assert len(set(keys)) == len(keys) > 30
    assert len(set(labels)) == len(labels)


def test_bootstrap_keeps_countries_and_whole_sites():
    one = _years(0.0, 0.2, n_site=4, n_country=3, n_year=5)
    rows, site = site_bootstrap(one, np.random.default_rng(1))
    again = one.resampled(rows, site)
    np.testing.assert_array_equal(np.bincount(again.country), [20, 20, 20])
    np.testing.assert_array_equal(np.bincount(again.site), np.full(12, 5))
    assert np.unique(again.origin).size < 12  # with replacement
    for s in range(12):
        mine = again.site == s
        assert np.unique(again.origin[mine]).size == 1
        np.testing.assert_array_equal(again.year[mine], np.arange(2000, 2005))
