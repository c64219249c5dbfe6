"""Residue over several days: the week of use, the kernel, the swing, the catalogue's shares."""

import math

import numpy as np
import pytest

from mc import assert_mean
from simdesign.simulate import count_noise, prepare
from simdesign.simulate.calendar import Calendar
from simdesign.simulate.carry_over import carried_covariance, carried_noise, spread_over_days
from simdesign.simulate.totals import latent_parts
from simdesign.spec.carry_over import AT_ONCE, week_of_use
from simdesign.spec.catalogue import SUBSTANCES, catchments
from simdesign.spec.change import LevelShift, NoChange
from simdesign.spec.study import Programme
from simdesign.spec.totals import DayErrors
from simdesign.spec.world import World

SHARES = (0.5, 0.3, 0.15, 0.05)
WEEK = (1.1, 0.9, 0.85, 0.8, 0.95, 1.15, 1.25)


def circulant(shares):
    """Matrix that turns a week of use into a week of excretion."""
    matrix = np.zeros((7, 7))
    for day in range(7):
        for later, share in enumerate(shares):
            matrix[day, (day - later) % 7] += share
    return matrix


def test_the_week_of_use_gives_back_the_week_that_was_observed():
    use = np.array(week_of_use(WEEK, SHARES))
    np.testing.assert_allclose(circulant(SHARES) @ use, WEEK, rtol=1e-12)
    assert use.mean() == pytest.approx(1.0, abs=1e-12)
    assert np.ptp(use) > np.ptp(WEEK)  # excretion evens out


def test_at_once_is_the_same_numbers():
    assert week_of_use(WEEK, AT_ONCE) is WEEK


@pytest.mark.parametrize("name", SUBSTANCES)
def test_the_catalogue_s_shares_fit_its_users_and_keep_the_count_noise(name):
    item = World(substances={name: {"carry_over": {}}}).substances[name]
    for users, week in zip(item.classes, item.weeks_of_use, strict=True):
        np.testing.assert_allclose(circulant(item.excreted) @ week, users.weekday_factor)
    squares = sum(share**2 for share in item.excreted)
    assert item.residue_scale * squares == pytest.approx(1.0, abs=5e-4)


def elimination(half_life, days):
    """Share excreted on every day when use is at any hour and elimination is first-order."""
    hours = np.arange(24 * 60) / 60 + 1 / 120  # of use, within the sampling day
    rate = math.log(2) / half_life
    left = [1.0, *(np.exp(-rate * (24 * (d + 1) - hours)).mean() for d in range(days))]
    return -np.diff(left)


@pytest.mark.parametrize(
    ("name", "half_life"),
    [("cocaine", 5.0), ("MDMA", 8.5), ("amphetamine", 10.0), ("methamphetamine", 10.0)],
)
def test_the_catalogue_s_shares_follow_from_the_half_lives(name, half_life):
    shares = World(substances={name: {"carry_over": {}}}).substances[name].excreted
    np.testing.assert_allclose(shares, elimination(half_life, len(shares)), atol=0.0075)


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ([0.5, 0.4], r"cocaine\.carry_over\n.*shares: must sum to 1, they sum to 0\.9"),
        ([1.2, -0.2], r"carry_over\.shares\.0"),
        ([1 / 7] * 7, "shares: must not even out the week"),
        ([0.3, 0.3, 0.4], "profile of light users would need a use of -1.39 times the mean"),
        ({"shares": [0.9, 0.1], "residue_scale": 0.0}, r"residue_scale"),
    ],
)
def test_impossible_carry_over_is_refused(value, message):
    with pytest.raises(ValueError, match=message):
        World(substances={"cocaine": {"carry_over": value}})


def test_use_that_would_be_certain_is_refused():
    users = {"name": "heavy", "mass_share": 1.0, "residue_mg": 50.0, "dose_cv": 0.5}
    users |= {"use_prob": 0.78, "weekday": WEEK}  # 0.975 on Sunday
    World(substances={"cocaine": {"classes": [users]}})
    with pytest.raises(ValueError, match=r"would be 1\.\d+ on their busiest"):
        World(substances={"cocaine": {"classes": [users], "carry_over": [0.5, 0.3, 0.15, 0.05]}})


def days(n_day, history, rng):
    """Calendar with a history, and loads of two cities whose factor is the week's."""
    calendar = Calendar.of(Programme(years=1), history)
    week = np.array([WEEK, WEEK[::-1]])
    weekday = (calendar.weekday + np.arange(calendar.n_day)) % 7
    level = np.exp(0.2 * rng.standard_normal((2, calendar.n_day)))
    return calendar, week, week[:, weekday] * level


def test_the_kernel_is_a_convolution_of_what_is_used():
    rng = np.random.default_rng(1)
    calendar, week, trend = days(365, 0, rng)
    arriving = 0.3 * rng.standard_normal(trend.shape)
    expected = trend * np.exp(arriving)
    residue = expected * rng.gamma(20, 1 / 20, trend.shape)
    found = [x.copy() for x in (trend, expected, residue)]
    spread_over_days(SHARES, calendar, week, arriving, *found)
    later = slice(len(SHARES) - 1, None)
    for s in range(2):
        used = (trend[s], trend[s], residue[s] * np.exp(-arriving[s]))
        gains = (1.0, np.exp(arriving[s])[later], np.exp(arriving[s])[later])
        for x, gain, got in zip(used, gains, found, strict=True):
            wanted = np.convolve(x, SHARES, mode="valid") * gain
            np.testing.assert_allclose(got[s, later], wanted, rtol=1e-12)


def test_the_first_days_go_on_from_a_week_like_theirs():
    calendar, week, _ = days(365, 0, np.random.default_rng(2))
    flat = week[:, (calendar.weekday + np.arange(calendar.n_day)) % 7]
    trend, expected, residue = flat.copy(), flat.copy(), flat.copy()
    spread_over_days(SHARES, calendar, week, np.zeros(flat.shape), trend, expected, residue)
    steady = np.stack([circulant(SHARES) @ one for one in week])
    wanted = steady[:, (calendar.weekday + np.arange(calendar.n_day)) % 7]
    for found in (trend, expected, residue):
        np.testing.assert_allclose(found, wanted, rtol=1e-12)


def test_the_programme_does_not_depend_on_its_history():
    rng = np.random.default_rng(3)
    calendar, week, trend = days(365, 2, rng)
    alone = Calendar.of(Programme(years=1))
    arriving = np.zeros(trend.shape)
    with_history = [trend.copy() for _ in range(3)]
    spread_over_days(SHARES, calendar, week, arriving, *with_history)
    start = calendar.start
    without = [trend[:, start:].copy() for _ in range(3)]
    spread_over_days(SHARES, alone, week, arriving[:, start:].copy(), *without)
    for a, b in zip(with_history, without, strict=True):
        np.testing.assert_array_equal(a[:, start:], b)


def test_nothing_happens_at_once():
    rng = np.random.default_rng(4)
    calendar, week, trend = days(365, 1, rng)
    found = [trend.copy() for _ in range(3)]
    spread_over_days(AT_ONCE, calendar, week, trend, *found)
    for x in found:
        np.testing.assert_array_equal(x, trend)


def smoothing(n):
    """Matrix from n + 3 days of use to n days of excretion."""
    matrix = np.zeros((n, n + len(SHARES) - 1))
    for day in range(n):
        for later, share in enumerate(SHARES):
            matrix[day, day + len(SHARES) - 1 - later] = share
    return matrix


@pytest.mark.parametrize("phi", [0.0, 0.5, 0.97])
def test_covariance_after_carry_over_is_that_of_the_matrix(phi):
    lag = np.abs(np.subtract.outer(np.arange(11), np.arange(11)))
    after = smoothing(8) @ phi**lag @ smoothing(8).T
    for k in range(8):
        assert carried_covariance(SHARES, phi, k) == pytest.approx(after[0, k], abs=1e-14)


def test_count_noise_after_carry_over_is_that_of_the_matrix():
    factor, noise = np.array(WEEK), np.linspace(0.02, 0.06, 7)
    variance = circulant(np.square(SHARES)) @ (factor * noise)  # of the residue, times 1 g/d
    wanted = variance / (circulant(SHARES) @ factor)
    np.testing.assert_allclose(carried_noise(SHARES, factor, noise), wanted)
    np.testing.assert_allclose(carried_noise(AT_ONCE, factor, noise), noise)


@pytest.mark.parametrize("weeks", [1.0, 4.0])
def test_totals_are_met_with_a_swing_that_is_carried_over(weeks):
    values = {
        "sd_swing": 0.05, "shared_weeks": weeks, "sigma_site": 0.07, "site_days": 10.0,
        "day_sd": 0.2, "day_rho": 0.35,
    }  # fmt: skip
    errors = DayErrors(flow_sd=0.05, odd_share=0.05, odd_sd=0.3, people_sd=0.04)
    parts = latent_parts(**values, errors=errors, excreted=SHARES)
    lag = np.abs(np.subtract.outer(np.arange(10), np.arange(10)))
    swing = smoothing(7) @ (parts.swing_sd**2 * parts.swing_phi**lag) @ smoothing(7).T
    lag = lag[:7, :7]
    finished = (
        swing
        + parts.slow_sd**2 * parts.slow_phi**lag
        + parts.fast_sd**2 * parts.fast_phi**lag
        + (0.05**2 + 0.05 * 0.3**2 + 0.04**2) * np.eye(7)
    )
    wanted = 0.05**2 + 0.07**2 + 0.2**2 * 0.35**lag
    assert swing.mean() == pytest.approx(0.05**2)
    off = finished - wanted
    np.testing.assert_allclose((off.mean(), off[0, 0], off[0, 1]), 0.0, atol=1e-15)
    assert parts.totals_met


NOTHING_ELSE = dict.fromkeys(
    ("sigma_shared", "sigma_site", "day_sd", "lab_repeat_sd", "drift", "sigma_rw",
     "sigma_rw_site", "season_amplitude"), 0.0,
)  # fmt: skip
TOWNS = catchments("dutch20")[:3]


def world(name="MDMA", counts="gamma", **values):
    return World(
        catchments=TOWNS, counts=counts, flow_sd=0, sampling_sd=0, substances={name: values}
    )


def drawn(described, change=None, years=1, **keywords):
    keywords = {"seed": 1, "luck": "study"} | keywords
    prepared = prepare(described, change or NoChange(), Programme(years=years), **keywords)
    return prepared.truth(0)


@pytest.mark.parametrize("history", [0, 1])
def test_the_observed_week_and_the_annual_mean_return(history):
    """On every day, the first ones included."""
    at_once = drawn(world(counts="off", **NOTHING_ELSE), history_years=history)
    carried = drawn(world(counts="off", **NOTHING_ELSE, carry_over={}), history_years=history)
    np.testing.assert_allclose(carried.expected_load, at_once.expected_load, rtol=1e-12)
    np.testing.assert_allclose(carried.trend_load, at_once.trend_load, rtol=1e-12)


def test_a_shift_arrives_over_the_days_of_excretion():
    shift = LevelShift(size=0.5, mechanism="more_users", at=0.5)
    before = drawn(world(**NOTHING_ELSE, carry_over={"shares": SHARES}))
    truth = drawn(world(**NOTHING_ELSE, carry_over={"shares": SHARES}), shift)
    ratio = truth.expected_load[0, 0] / before.expected_load[0, 0]
    since = truth.change_day - truth.first_day
    np.testing.assert_allclose(ratio[:since], 1.0, rtol=1e-12)
    np.testing.assert_allclose(ratio[since + 3 :], 1.5, rtol=1e-12)
    assert (np.diff(ratio[since - 1 : since + 4]) > 0).all()
    assert truth.change_effect[0, since] == pytest.approx(np.log(1.5))  # on the day of use


@pytest.mark.parametrize("counts", ["gamma", "exact"])
def test_residue_over_expectation_has_mean_one_on_every_day(counts):
    described = world(counts=counts, carry_over={})
    prepared = prepare(described, NoChange(), Programme(years=1), seed=2, luck="study")
    ratio = np.stack(
        [
            (truth.residue_load / truth.expected_load)[0, 0, :200]
            for truth in map(prepared.truth, range(60))
        ]
    )
    assert_mean(ratio, 1.0)
    for day in (0, 1, 2, 3, 100):
        assert_mean(ratio[:, day], 1.0)


def test_a_programme_with_carry_over_does_not_depend_on_history():
    described = world(carry_over={})
    alone, after = drawn(described), drawn(described, history_years=2)
    start = alone.first_day - after.first_day
    np.testing.assert_array_equal(alone.expected_load, after.expected_load[..., start:])
    np.testing.assert_array_equal(alone.residue_load, after.residue_load[..., start:])


def test_worlds_whose_totals_are_nearly_met_are_told():
    assert drawn(world()).drawn["MDMA.totals_met"] == 1.0
    moving = world(sigma_site=0.4, day_sd=0.1)  # towns move more within a week than days do
    assert drawn(moving).drawn["MDMA.totals_met"] == 0.0


def test_count_noise_of_a_world_is_that_of_what_arrives():
    whole = World(substances={"MDMA": {"carry_over": {}}}).substances["MDMA"]
    own = World(substances={"MDMA": {"carry_over": [0.56, 0.38, 0.05, 0.01]}}).substances["MDMA"]
    at_once = count_noise("MDMA", World(substances={"MDMA": {}}).substances["MDMA"])
    assert count_noise("MDMA", whole) == pytest.approx(at_once, rel=0.02)
    assert count_noise("MDMA", own) == pytest.approx(count_noise("MDMA", whole) / 2.171)
