"""Which designs can be turned, when they cannot, and how good the shares of the error are."""

from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from simdesign.run import make_plan
from simdesign.run.explored import N_DATE
from simdesign.run.explored_surface import _Maker, refusal
from simdesign.run.turned import days_of, rounds_of, turned_designs
from simdesign.spec.study import Study
from simdesign.units import DAYS_PER_YEAR

EXPERIMENTS = Path(__file__).parents[2] / "experiments"


def plan_of(name):
    return make_plan(Study.from_toml(EXPERIMENTS / name / "study.toml"), "quick")


@pytest.fixture(scope="module")
def frontier():
    return plan_of("frequency_frontier")


def asked(plan):
    worlds = tuple(item for item in plan.scenarios if item.role == "null_world")
    return SimpleNamespace(worlds=worlds, substance=next(iter(worlds[0].world.substances)))


def test_the_designs_of_a_study_are_schedules_with_sites_and_days(frontier):
    found = turned_designs(frontier)
    assert {name for name, item in found.items() if item.base == "annual"} == {
        "annual", "three_days", "five_days", "five_sites", "ten_sites",
    }  # fmt: skip
    assert found["ten_sites_twice"].base == "two_rounds"
    assert found["weekend"].base == "weekend"
    assert not found["weekend"].turns_days
    assert not found["every_13_days"].turns_days
    whole = {name for name, item in found.items() if not item.is_whole}
    assert whole == {"rotating", "staggered"}


def test_a_study_of_one_city_and_of_a_rule_have_no_surface(frontier):
    city = plan_of("local_break")
    assert refusal(city, asked(city)) == "city"
    assert refusal(frontier, asked(frontier)) == ""


def test_days_are_those_that_designs_sample(frontier):
    assert days_of(7).tolist() == list(range(7))
    assert days_of(3).tolist() == [0, 2, 4]  # Wednesday, Friday, Sunday


@pytest.mark.parametrize("design", ["annual", "twelve_rounds"])
def test_shares_give_the_standard_error_of_other_sites_and_days(frontier, design):
    explored = asked(frontier)
    made = _Maker(frontier, explored)
    scenario = next(item for item in frontier.scenarios if item.role == "alternative")
    start = frontier.study.programme.start_day
    dates = start + DAYS_PER_YEAR * (2.0 + 5.0 * (np.arange(N_DATE) + 0.5) / N_DATE)
    world = explored.worlds[0]
    parts = made.shares_with(design, world, scenario, dates)
    rounds, week = rounds_of(made.visits[design])
    base = made.own(20, week)
    for n, d in ((20, 7), (15, 7), (10, 4), (7, 3), (5, 7), (5, 2), (3, 7)):
        own = made.own(n, days_of(d))
        exact = made.error_variance(rounds, world, scenario, dates, own, n)
        told = parts @ np.array([1.0, own / base, 20 / n])
        np.testing.assert_allclose(np.sqrt(told / exact), 1.0, atol=0.02)
    assert (parts[:, 0] / parts.sum(axis=1) > 0.5).all()  # with a shared error of 6 % it is most
