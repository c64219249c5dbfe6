"""People who are there: who is away when, who travels, and what the register does not know."""

import datetime as dt
import math

import numpy as np
import pytest

from mc import assert_mean
from simdesign.simulate.luck import site_word
from simdesign.simulate.totals import mean_variance
from simdesign.spec.catalogue import catchments
from simdesign.spec.dates import public_holidays
from simdesign.spec.quantity import Uniform
from simdesign.spec.world import World
from simdesign.units import DAYS_PER_YEAR, date_of, day_of
from simulate.quiet import TOWNS, prepared, quiet, truth

SUMMER = {
    "share": 0.2, "first": {"month": 7, "day": 1}, "last": {"month": 8, "day": 31},
    "shoulder": 14.0, "stagger": 0.0,
}  # fmt: skip
COMMUTERS = {"slope": 0.1, "balanced_at": 20000.0}
START = day_of(dt.date(2026, 1, 1))


def people(replication=0, catchments=TOWNS, substances=("cocaine",), years=3, **terms):
    """People present over inhabitants, (s, t): the load over its level."""
    world = quiet(substances, catchments=catchments, people=terms)
    found = truth(world, replication, years=years)
    return found.expected_load[0] / found.trend_load[0], found


def test_no_member_on_is_no_term():
    off = {"summer": False, "commuters": False, "daily_sd": 0.0, "register_drift_sd": 0.0}
    found, _ = people(**off)
    np.testing.assert_array_equal(found, 1.0)
    assert quiet(people={"summer": False}).people is None
    nobody_away, _ = people(summer=SUMMER | {"share": 0.0}, commuters=COMMUTERS | {"slope": 0.0})
    np.testing.assert_array_equal(nobody_away, 1.0)


def test_a_share_is_away_in_summer_and_comes_back_smoothly():
    found, truth_ = people(summer=SUMMER)
    np.testing.assert_allclose(found, found[:1] * np.ones((4, 1)), rtol=1e-12)
    for year in (2026, 2027, 2028):
        first = day_of(dt.date(year, 7, 1)) - truth_.first_day
        last = day_of(dt.date(year, 8, 31)) - truth_.first_day
        row = found[0]
        np.testing.assert_allclose(row[first + 14 : last - 13], 0.8, rtol=1e-12)
        assert row[first] == row[last] == 1.0
        assert row[first + 7] == pytest.approx(0.9, rel=1e-12)  # half-way
        assert (np.diff(row[first : first + 15]) < 0).all()
        assert (np.diff(row[last - 14 : last + 1]) > 0).all()
    assert np.abs(np.diff(found[0])).max() < 1.6 * 0.2 / 14  # the steepest smooth step
    outside = [t for t, value in enumerate(found[0]) if value < 1.0]
    assert {date_of(truth_.first_day + t).month for t in outside} == {7, 8}


def test_a_summer_without_shoulders_is_a_step():
    found, truth_ = people(summer=SUMMER | {"shoulder": 0.0})
    first = day_of(dt.date(2026, 7, 1)) - truth_.first_day
    np.testing.assert_allclose(found[0, first : first + 3], [1.0, 0.8, 0.8], rtol=1e-12)


def test_three_groups_of_towns_leave_one_after_another():
    towns = catchments("dutch20")
    found, _ = people(catchments=towns, summer=SUMMER | {"stagger": 7.0}, years=1)
    plain, _ = people(catchments=towns, summer=SUMMER, years=1)
    groups = [site_word(town["name"]) % 3 for town in towns]
    assert set(groups) == {0, 1, 2}
    for row, base, group in zip(found, plain, groups, strict=True):
        np.testing.assert_array_equal(row, np.roll(base, 7 * (group - 1)))


def test_the_share_away_is_drawn_for_all_substances_alike():
    world = prepared(quiet(("cocaine", "MDMA"), people={
        "summer": SUMMER | {"share": Uniform(low=0.0, high=0.3)}}), years=1)  # fmt: skip
    height = day_of(dt.date(2026, 8, 1)) - START
    drawn = []
    for replication in range(200):
        found = world.truth(replication)
        share = found.drawn["people.summer.share"]
        away = 1 - found.expected_load[:, :, height] / found.trend_load[:, :, height]
        np.testing.assert_allclose(away, share, rtol=1e-9)
        drawn.append(share)
    assert_mean(drawn, 0.15)


def test_commuters_fill_big_towns_on_working_days_and_keep_the_week():
    found, truth_ = people(commuters=COMMUTERS)
    monday = day_of(dt.date(2026, 6, 8)) - truth_.first_day  # a week without a holiday
    week = found[:, monday : monday + 7]
    np.testing.assert_allclose(week.mean(axis=1), 1.0, rtol=1e-12)
    for row, town in zip(week, TOWNS, strict=True):
        inflow = 0.1 * math.log10(town["population"] / 20000.0)
        np.testing.assert_allclose(row[:5] / row[5], 1 + inflow, rtol=1e-12)
        assert row[5] == row[6]
    assert week[0, 0] < 1 < week[3, 0]  # 10,000 and 25,000 inhabitants


def test_public_holidays_are_no_working_days():
    found, truth_ = people(commuters=COMMUTERS)
    sunday = found[:, day_of(dt.date(2026, 6, 14)) - truth_.first_day]
    for year in (2026, 2027, 2028):
        for date in public_holidays(year):
            np.testing.assert_array_equal(found[:, day_of(date) - truth_.first_day], sunday)
    day_after = found[:, day_of(dt.date(2026, 4, 28)) - truth_.first_day]
    assert (day_after != sunday).all()


def test_a_catchment_may_state_its_commuters():
    towns = [town | extra for town, extra in zip(
        TOWNS, [{"commuters": 0.3}, {"commuters": 0.0}, {}, {}], strict=True)]  # fmt: skip
    found, truth_ = people(catchments=towns, commuters=COMMUTERS)
    monday = day_of(dt.date(2026, 6, 8)) - truth_.first_day
    week = found[:, monday : monday + 7]
    assert week[0, 0] / week[0, 6] == pytest.approx(1.3, rel=1e-12)
    np.testing.assert_array_equal(week[1], 1.0)
    plain, _ = people(commuters=COMMUTERS)
    np.testing.assert_array_equal(found[2:], plain[2:])
    world = quiet(catchments=towns)  # without the term a stated inflow acts by itself
    alone = truth(world)
    assert alone.expected_load[0, 0, monday] / alone.expected_load[0, 0, monday + 6] == (
        pytest.approx(1.3, rel=1e-12)
    )


def fluctuating(sd, substances=("cocaine",), **values):
    """Return a world whose days vary as its totals say, a part of it by the people present."""
    own = {"drift": 0.0, "sigma_rw": 0.0, "sigma_rw_site": 0.0, "season_amplitude": 0.0} | values
    return World(
        catchments=TOWNS, counts="off", weekdays=False, flow_sd=0, sampling_sd=0,
        substances=dict.fromkeys(substances, {"lab_repeat_sd": 0.0, "sigma_shared": 0.0} | own),
        people={"daily_sd": sd} if sd else None,
    )  # fmt: skip


def test_daily_people_are_common_to_substances_and_independent_between_days_and_towns():
    bare = {"day_sd": 0.05, "day_rho": 0.0, "sigma_site": 0.0}
    found = truth(fluctuating(0.04, ("cocaine", "MDMA"), **bare), years=6)
    cocaine, mdma = np.log(found.expected_load / found.trend_load)
    assert_mean(cocaine, 0.0)
    assert_mean(cocaine**2, 0.05**2)  # the total of a day stays
    assert_mean(cocaine * mdma, 0.04**2)
    assert_mean(cocaine[:, 1:] * mdma[:, :-1], 0.0)
    assert_mean(cocaine[0] * mdma[1], 0.0)
    without = truth(fluctuating(0.0, ("cocaine", "MDMA"), **bare), years=6)
    cocaine, mdma = np.log(without.expected_load / without.trend_load)
    assert_mean(cocaine * mdma, 0.0)


def test_daily_people_are_inside_the_observed_totals():
    """Variance of days around the week's mean is that of the input, with people and without."""
    item = fluctuating(0.05).substances["cocaine"]
    within = item.day_sd**2 * (1 - mean_variance(item.day_rho))
    for sd in (0.0, 0.05):
        world = prepared(fluctuating(sd), years=6)
        found = []
        for replication in range(30):
            drawn = world.truth(replication)
            week = np.log(drawn.expected_load / drawn.trend_load)[0]
            week = week[:, : 7 * 300].reshape(4, -1, 7)[:, ::8]  # campaigns eight weeks apart
            found.append((week - week.mean(axis=2, keepdims=True)) ** 2)
        assert_mean(np.mean(found, axis=(1, 3)).ravel(), within)


def test_the_register_misses_growth_that_differs_between_towns():
    world = prepared(quiet(people={"register_drift_sd": 0.02}), years=4)
    rates = []
    for replication in range(300):
        found = world.truth(replication)
        np.testing.assert_array_equal(found.expected_load, found.trend_load)  # it lasts
        logs = np.log(found.trend_load[0] / found.trend_load[0, :, :1])
        rate = logs[:, -1] * DAYS_PER_YEAR / (found.n_day - 1)
        np.testing.assert_allclose(
            logs, rate[:, None] * np.arange(found.n_day) / DAYS_PER_YEAR, atol=1e-12
        )
        rates.append(rate)
    assert_mean(rates, 0.0)
    assert_mean(np.square(rates), 0.02**2)
    assert_mean(np.prod(np.array(rates)[:, :2], axis=1), 0.0)


def test_years_and_towns_leave_people_as_they_are():
    summer = SUMMER | {"share": Uniform(low=0.0, high=0.3), "stagger": 7.0}
    terms = {"daily_sd": 0.03, "register_drift_sd": 0.01, "summer": summer}
    world = World.model_validate(fluctuating(0.03).model_dump() | {"people": terms})
    short = truth(world, years=2)
    longer = truth(world, years=4, history_years=2)
    since = day_of(dt.date(2026, 1, 1)) - longer.first_day
    np.testing.assert_allclose(
        longer.expected_load[0, :, since : since + short.n_day], short.expected_load[0], rtol=1e-12
    )
    before = longer.trend_load[0, :, :since] / longer.trend_load[0, :, since : since + 1]
    assert (np.abs(np.log(before[:, 0])) > 1e-4).all()  # the past grows too
    fewer = world.model_copy(update={"catchments": world.catchments[2:]})
    np.testing.assert_array_equal(
        truth(fewer, years=2).expected_load[0], short.expected_load[0, 2:]
    )
