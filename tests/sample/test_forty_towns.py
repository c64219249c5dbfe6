"""dutch40: twenty towns that are those of dutch20 to the last bit, and twins of them."""

import math

import numpy as np
import pytest

from simdesign.sample import observe, schedule
from simdesign.simulate import prepare
from simdesign.spec.catalogue import catchments
from simdesign.spec.change import LevelShift
from simdesign.spec.design import Design
from simdesign.spec.study import Programme
from simdesign.spec.world import World

PROGRAMME = Programme(years=2)
SPREAD = {"kind": "spread", "n": 20}
WEEK = {"kind": "fixed_weeks", "weeks": [11]}


def laid(world, **fields):
    towns = world.catchments
    return schedule(
        Design.model_validate({"schedule": WEEK, **fields}), PROGRAMME,
        [item.name for item in towns], [item.population for item in towns], seed=3,
    )  # fmt: skip


def measured(world, visits):
    prepared = prepare(world, LevelShift(at=1.0), PROGRAMME, seed=3, luck="study", history_years=3)
    found = observe(prepared.truth(4), visits, world, seed=3, luck="study", replication=4)
    names = np.array([item.name for item in world.catchments])
    return names[visits.site], found.load[0, 0]


def test_the_usual_twenty_are_unchanged_and_every_one_has_a_twin():
    usual, forty = catchments("dutch20"), catchments("dutch40")
    assert [town for town in forty if town["name"] <= "town-20"] == usual
    assert len({town["name"] for town in forty}) == 40
    people = [town["population"] for town in forty]
    assert people == sorted(people)
    assert people[::2] == people[1::2]
    for twin, town in zip(forty[::2], forty[1::2], strict=True):
        assert int(twin["name"][-2:]) == int(town["name"][-2:]) + 20
        # opposite scatter: the two levels have the line of size in their middle
        slope = 0.35 * math.log10(town["population"])
        middle = 0.5 * (math.log(twin["level"]) + math.log(town["level"])) - slope
        assert middle == pytest.approx(
            0.5 * (math.log(forty[0]["level"]) + math.log(forty[1]["level"]))
            - 0.35 * math.log10(forty[0]["population"])
        )


def test_designs_at_the_usual_twenty_measure_the_same_in_both_worlds():
    small, large = World(), World(catchments="dutch40")
    history = {"history": {"kind": "pilot", "sites": SPREAD}, "sites": SPREAD}
    one = measured(small, laid(small, history="pilot"))
    other = measured(large, laid(large, **history))
    for number in sorted(set(one[0])):
        mine, theirs = (load[names == number] for names, load in (one, other))
        np.testing.assert_array_equal(mine, theirs)
    assert set(one[0]) == set(other[0]) == {f"town-{n:02d}" for n in range(1, 21)}


def test_the_pilot_is_where_it_was_and_the_programme_where_it_is_wanted():
    world = World(catchments="dutch40")
    visits = laid(world, history={"kind": "pilot", "sites": ["town-01", "town-02"]})
    assert visits.history.sum() == 5 * 2
    assert (~visits.history).sum() == 2 * 40
    everywhere = laid(world, history={"kind": "pilot"})
    by_word = laid(world, history="pilot")
    np.testing.assert_array_equal(everywhere.day, by_word.day)
    np.testing.assert_array_equal(everywhere.site, by_word.site)


def test_a_rotating_twenty_visits_all_forty_in_two_years():
    world = World(catchments="dutch40")
    visits = laid(world, sites={"kind": "rotating", "n": 20})
    assert np.unique(visits.site).size == 40
    assert visits.n_visit == 40
