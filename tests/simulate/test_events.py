"""Events: on which days, how much, for whom, where and in which years."""

import datetime as dt

import numpy as np
import pytest

from mc import assert_mean, assert_proportion
from simdesign.spec.catalogue import SUBSTANCES, term_values
from simdesign.spec.quantity import Uniform
from simdesign.spec.world import World
from simdesign.units import day_of
from simulate.quiet import TOWNS, prepared, quiet, truth

ON_10_JUNE = {"date": {"kind": "fixed", "month": 6, "day": 10}, "factor": {"cocaine": 2.0}}


def ratio(events, replication=0, weekdays=False, catchments=TOWNS, **keywords):
    """Load with the events over load without them, (s, t), and the first day."""
    world = quiet(weekdays=weekdays, catchments=catchments, events=events)
    with_events = truth(world, replication, **keywords)
    plain = quiet(weekdays=weekdays, catchments=catchments)
    without = truth(plain, replication, **keywords)
    np.testing.assert_array_equal(with_events.trend_load, without.trend_load)
    return with_events.expected_load[0] / without.expected_load[0], with_events.first_day


def on(found, first_day, *date):
    return found[:, day_of(dt.date(*date)) - first_day]


@pytest.mark.parametrize("name", SUBSTANCES)
@pytest.mark.parametrize("weekdays", [False, True])
def test_the_new_year_factor_is_the_mean_over_the_week_from_the_first_of_january(name, weekdays):
    events = {"new_year": term_values("events.new_year")}
    world = prepared(quiet(substances=(name,), weekdays=weekdays, events=events))
    without = truth(quiet(substances=(name,), weekdays=weekdays)).expected_load[0]
    prior = term_values("events.new_year")["factor"][name]
    for replication in range(5):
        found = world.truth(replication)
        factor = found.drawn[f"{name}.events.new_year"]
        assert prior["low"] <= factor <= prior["high"]
        gain = found.expected_load[0] / without
        for start in (0, 365, 730):  # 1 January 2026, 2027, 2028
            np.testing.assert_allclose(gain[:, start : start + 7].mean(axis=1), factor, rtol=1e-12)
            week = gain[0, start : start + 7]
            assert (np.diff(week) < 0).all()  # most on the first days
        quiet_days = np.delete(gain, [s + d for s in (0, 365, 730) for d in range(7)], axis=1)
        np.testing.assert_allclose(quiet_days, 1.0, rtol=1e-12)


def test_factors_are_drawn_per_replication_and_substance_from_their_distribution():
    factor = {name: Uniform(low=1.2, high=2.0) for name in ("cocaine", "MDMA")}
    events = {"new_year": {"factor": factor}}
    world = prepared(quiet(("cocaine", "MDMA"), events=events, catchments=TOWNS[:1]), years=1)
    drawn = [world.truth(replication).drawn for replication in range(400)]
    values = np.array([[d[f"{n}.events.new_year"] for n in ("cocaine", "MDMA")] for d in drawn])
    assert_mean(values[:, 0], 1.6)
    assert_mean(values[:, 1], 1.6)
    assert_mean((values[:, 0] - 1.6) * (values[:, 1] - 1.6), 0.0)


def test_an_event_follows_its_profile_on_its_days():
    event = ON_10_JUNE | {"first": -1, "profile": [1.0, 3.0, 0.0, 2.0]}
    found, first = ratio({"mine": event})
    begin = day_of(dt.date(2027, 6, 9)) - first
    np.testing.assert_allclose(
        found[2, begin - 1 : begin + 5], [1.0, 1 + 2 / 3, 3.0, 1.0, 1 + 4 / 3, 1.0], rtol=1e-12
    )


def test_a_factor_of_one_does_nothing_and_a_factor_below_one_takes_away():
    found, _ = ratio({"mine": ON_10_JUNE | {"factor": {"cocaine": 1.0}}})
    np.testing.assert_array_equal(found, 1.0)
    found, first = ratio({"mine": ON_10_JUNE | {"factor": {"cocaine": 0.4}}})
    np.testing.assert_allclose(on(found, first, 2026, 6, 10), 0.4, rtol=1e-12)


def test_visitors_multiply_the_load_of_every_substance():
    event = ON_10_JUNE | {"visitors": 0.25, "profile": [1.0, 3.0]}
    found, first = ratio({"mine": event})
    np.testing.assert_allclose(on(found, first, 2026, 6, 10), 1.5 * 1.125, rtol=1e-12)
    np.testing.assert_allclose(on(found, first, 2026, 6, 11), 2.5 * 1.375, rtol=1e-12)
    found, first = ratio({"mine": event | {"factor": {"MDMA": 5.0}}})
    np.testing.assert_allclose(on(found, first, 2026, 6, 10), 1.125, rtol=1e-12)


def test_an_event_may_be_in_one_town():
    found, first = ratio({"mine": ON_10_JUNE | {"where": ["town-02"]}})
    np.testing.assert_allclose(on(found, first, 2026, 6, 10), [1, 2, 1, 1], rtol=1e-12)
    found, first = ratio({"mine": ON_10_JUNE | {"where": "largest"}})
    np.testing.assert_allclose(on(found, first, 2026, 6, 10), [1, 1, 1, 2], rtol=1e-12)
    found, first = ratio({"mine": ON_10_JUNE | {"where": "largest"}}, catchments=TOWNS[::-1])
    np.testing.assert_allclose(on(found, first, 2026, 6, 10), [2, 1, 1, 1], rtol=1e-12)


def test_moving_feasts_move():
    events = {"easter": {"profile": [1.0], "factor": {"cocaine": 2.0}}}
    found, first = ratio(events)
    days = [dt.date(2026, 4, 5), dt.date(2027, 3, 28), dt.date(2028, 4, 16)]
    assert np.flatnonzero(found[0] > 1.5).tolist() == [day_of(day) - first for day in days]


def test_events_that_meet_multiply():
    found, first = ratio({"one": ON_10_JUNE, "two": ON_10_JUNE})
    np.testing.assert_allclose(on(found, first, 2026, 6, 10), 4.0, rtol=1e-12)


def test_an_event_may_reach_over_the_ends_of_a_programme():
    event = {"date": {"kind": "fixed", "month": 12, "day": 30}, "profile": [1.0] * 4,
             "factor": {"cocaine": 2.0}}  # fmt: skip
    found, _ = ratio({"mine": event}, years=1)
    np.testing.assert_allclose(np.flatnonzero(found[0] > 1.5), [0, 1, 363, 364])


def test_events_take_place_in_their_share_of_the_years_for_all_substances_alike():
    factor = {"cocaine": 2.0, "MDMA": 3.0}
    event = ON_10_JUNE | {"factor": factor, "share_of_years": 0.3}
    two = quiet(("cocaine", "MDMA"), catchments=TOWNS[:1], events={"mine": event})
    world = prepared(two, years=5)
    days = [
        day_of(dt.date(year, 6, 10)) - day_of(dt.date(2026, 1, 1)) for year in range(2026, 2031)
    ]
    loads = np.array([world.truth(r).expected_load[:, 0][:, days] for r in range(300)])
    happened = loads / loads.min(axis=(0, 2), keepdims=True) > 1.5
    np.testing.assert_array_equal(happened[:, 0], happened[:, 1])
    assert_proportion(int(happened[:, 0].sum()), happened[:, 0].size, 0.3)
    assert_mean((happened[:, 0, 1:] * 1.0 - 0.3) * (happened[:, 0, :-1] - 0.3), 0.0)
    never, _ = ratio({"mine": event | {"share_of_years": 0.0}})
    np.testing.assert_array_equal(never, 1.0)


def test_years_sites_and_other_events_leave_an_event_as_it_is():
    event = ON_10_JUNE | {"factor": {"cocaine": Uniform(low=1, high=3)}, "share_of_years": 0.5}
    short, _ = ratio({"mine": event}, years=3)
    longer, _ = ratio({"mine": event}, years=5, history_years=2)
    history = day_of(dt.date(2026, 1, 1)) - day_of(dt.date(2024, 1, 1))
    np.testing.assert_allclose(longer[:, history : history + short.shape[1]], short, rtol=1e-12)
    fewer, _ = ratio({"mine": event}, catchments=TOWNS[:2])
    np.testing.assert_allclose(fewer, short[:2], rtol=1e-12)
    with_other, first = ratio({"other": ON_10_JUNE | {"date": {
        "kind": "fixed", "month": 3, "day": 1}}, "mine": event})  # fmt: skip
    np.testing.assert_allclose(
        on(with_other, first, 2027, 6, 10), on(short, first, 2027, 6, 10), rtol=1e-12
    )


@pytest.mark.parametrize(("name", "factor"), [("cocaine", 2.0), ("MDMA", 4.0)])
def test_carry_over_leaves_the_mean_of_the_week_within_six_per_cent(name, factor):
    events = {"new_year": {"factor": {name: factor}}}

    def loads(**terms):
        world = quiet((name,), weekdays=True, **terms)
        slow = world.substances[name].model_dump() | {"carry_over": {}}
        return truth(World.model_validate(world.model_dump() | {"substances": {name: slow}}))

    gain = loads(events=events).expected_load[0] / loads().expected_load[0]
    for start in (365, 730):
        assert gain[0, start : start + 7].mean() == pytest.approx(factor, rel=0.06)
        assert gain[0, start + 7] > 1.0  # something is left for the eighth day
