"""Changes of the past have the size that was seen, where they were seen."""

import math

import numpy as np
import pytest

from simdesign.simulate import prepare
from simdesign.spec.base import plain
from simdesign.spec.catalogue import catalogue_entries, catchments
from simdesign.spec.catalogue.shocks import shock, shock_names, shock_numbers, shock_world
from simdesign.spec.change import LevelShift, SlopeChange
from simdesign.spec.study import Programme, Scenario
from simdesign.spec.world import World

# ratio of loads, years between them: typed again from facts, not read from the catalogue
SEEN = {
    "lockdown_2020_amsterdam": ({"cocaine": 0.78, "MDMA": 0.48, "amphetamine": 0.65}, 0),
    "lockdown_2020_utrecht": ({"cocaine": 1.07, "MDMA": 1.01, "amphetamine": 1.21}, 0),
    "lockdown_2020_eindhoven": ({"cocaine": 0.96, "MDMA": 0.85}, 0),
    "cocaine_growth_2016_2024": ({"cocaine": 1.84}, 8),
    "cocaine_growth_2017_2024_amsterdam": ({"cocaine": 1.64}, 7),
    "cocaine_growth_2017_2024_utrecht": ({"cocaine": 2.38}, 7),
    "cocaine_growth_2017_2024_eindhoven": ({"cocaine": 1.89}, 7),
    "plateau_2023_amsterdam": ({"cocaine": 1206.3 / 1210.0}, 1),
    "methamphetamine_2014_2019_amsterdam": ({"methamphetamine": 31 / 3}, 5),
    "mdma_dose_2018_2022": ({"MDMA": 136 / 171}, 4),
    "cocaine_purity_2011_2022": ({"cocaine": 0.743 / 0.492}, 11),
    "cocaine_purity_2020_2022": ({"cocaine": 0.743 / 0.689}, 2),
    "leeuwarden_2023_2025": ({"cocaine": 1748 / 1191.5}, 2),
}
STARTS = {  # load of the city before the change [mg/(1000 inh d)]
    "cocaine_growth_2017_2024_amsterdam": 734.0,
    "cocaine_growth_2017_2024_utrecht": 288.7,
    "cocaine_growth_2017_2024_eindhoven": 427.8,
    "methamphetamine_2014_2019_amsterdam": 3.0,
    "leeuwarden_2023_2025": 1191.5,
}
STILL = {
    "sigma_site": 0.0, "sigma_shared": 0.0, "day_sd": 0.0, "lab_repeat_sd": 0.0,
    "sigma_rw": 0.0, "sigma_rw_site": 0.0, "season_amplitude": 0.0,
}  # fmt: skip


def described(change, world):
    scenario = Scenario(
        name="shock", role="alternative", world=world, change=change, factors={}, n_rep=1
    )
    return scenario.change


def still(name):
    """Return the world of a shock without noise, and with its own drift."""
    fields = shock_world(name)
    own = {item: {"drift": 0.0} | STILL | given for item, given in fields["substances"].items()}
    return World(
        catchments=fields["catchments"], counts="off", weekdays=False, flow_sd=0, sampling_sd=0,
        substances=own,
    )  # fmt: skip


def test_every_shock_is_here():
    assert set(SEEN) == set(shock_names())


@pytest.mark.parametrize("name", SEEN)
def test_the_expected_load_changes_by_what_was_seen(name):
    ratios, years = SEEN[name]
    world = still(name)
    change = described(name, world)
    change = change.model_copy(update={"at": 1.0})
    truth = prepare(world, change, Programme(years=13), seed=1, luck="study").truth(0)
    before = truth.change_day - truth.first_day - (1 if years == 0 else 0)
    after = before + max(1, round(years * 365.25))
    for substance, wanted in ratios.items():
        u = truth.substances.index(substance)
        load = truth.expected_load[u]
        sites = [s for s, city in enumerate(truth.sites) if change.where == "national"
                 or city in change.where]  # fmt: skip
        assert sites
        for s in range(len(truth.sites)):
            drift = math.exp((after - before) / 365.25 * world.substances[substance].drift)
            expected = wanted if s in sites else drift
            assert load[s, after] / load[s, before] == pytest.approx(expected, rel=1.2e-3)
        if name in STARTS:
            assert load[sites[0], 0] == pytest.approx(STARTS[name], rel=1e-3)


@pytest.mark.parametrize("name", SEEN)
def test_a_shock_fits_into_a_programme_of_ten_years_and_a_real_world(name):
    world = World(**shock_world(name))
    change = described(name, world)
    assert described(plain(change), world) == change
    truth = prepare(world, change, Programme(), seed=1, luck="study").truth(0)
    assert np.isfinite(truth.residue_load).all()


def test_purity_follows_its_shock_to_where_it_was():
    change = described("cocaine_purity_2011_2022", still("cocaine_purity_2011_2022"))
    world = still("cocaine_purity_2011_2022")
    truth = prepare(world, change, Programme(years=12), seed=1, luck="study").truth(0)
    assert truth.purity[0, 0] == pytest.approx(0.492, rel=1e-9)
    assert truth.purity[0, -1] == pytest.approx(0.743, rel=1e-9)
    assert truth.users[0, -1] == pytest.approx(1.0, rel=1e-9)
    with pytest.raises(ValueError, match=r"change\.slope\.cocaine: purity above its ceiling"):
        prepare(World(), change, Programme(), seed=1, luck="study")  # it starts too high


def test_a_city_that_the_world_does_not_have_is_named():
    change = described("leeuwarden_2023_2025", World())
    with pytest.raises(ValueError, match=r"change\.where: must be a catchment.*'Leeuwarden'"):
        prepare(World(), change, Programme(), seed=1, luck="study")


def test_an_unknown_shock_is_refused_with_what_there_is():
    with pytest.raises(ValueError, match="must be a table, or one of lockdown_2020_amsterdam, "):
        described("lockdown_2021", World())


def test_every_number_of_a_shock_stands_in_the_catalogue():
    names = {entry.name for entry in catalogue_entries()}
    for name, numbers in shock_numbers().items():
        for substance in numbers["ratio"]:
            assert f"shocks.{name}.ratio.{substance}" in names
    assert isinstance(described("lockdown_2020_utrecht", World()), LevelShift)
    assert isinstance(described("leeuwarden_2023_2025", World()), SlopeChange)
    assert shock("lockdown_2020_utrecht")["size"]["MDMA"] == pytest.approx(0.01)


def test_the_cities_have_the_loads_of_the_release():
    towns = {town["name"]: town for town in catchments("dutch_cities")}
    assert [town["population"] for town in towns.values()] == sorted(
        town["population"] for town in towns.values()
    )
    world = World(
        catchments="dutch_cities", substances={"cocaine": {}, "MDMA": {}, "methamphetamine": {}}
    )
    loads = {
        ("Amsterdam", "cocaine"): 1206.3, ("Zwolle", "cocaine"): 492.7, ("Utrecht", "MDMA"): 110.0,
        ("Amsterdam", "methamphetamine"): 64.0,
    }  # fmt: skip
    for town in world.catchments:
        for name, item in world.substances.items():
            if (town.name, name) in loads:
                load = item.level * town.level_of(name)
                assert load == pytest.approx(loads[town.name, name], rel=1e-9)
