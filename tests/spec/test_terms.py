"""Optional terms: off, taken from the catalogue, laid over it, and filled by realism."""

import json
import math
import statistics
import tomllib
from pathlib import Path

import pytest

from simdesign.errors import SpecError
from simdesign.spec import catalogue
from simdesign.spec.base import plain
from simdesign.spec.catalogue import SUBSTANCES, catchments, term_values
from simdesign.spec.study import Study
from simdesign.spec.substance import Substance
from simdesign.spec.terms import GROUPS, SUBSTANCE_TERMS, WORLD_TERMS, term_entries
from simdesign.spec.world import World

NORMAL = {"dist": "normal", "mean": 2, "sd": 1}
ALL = {name: {} for name in SUBSTANCES}
TERMS = [("world", name) for name in WORLD_TERMS] + [("sub", name) for name in SUBSTANCE_TERMS]


def with_term(level, name, value):
    if level == "world":
        return World(substances=ALL, **{name: value})
    return World(substances={item: {name: value} for item in SUBSTANCES})


def terms_of(level, name, world):
    if level == "world":
        return [getattr(world, name)]
    return [getattr(item, name) for item in world.substances.values()]


def test_terms_are_fields_of_world_and_substance():
    assert set(WORLD_TERMS) <= set(World.model_fields)
    assert set(SUBSTANCE_TERMS) <= set(Substance.model_fields)
    assert set(WORLD_TERMS) >= GROUPS


@pytest.mark.parametrize(("level", "name"), TERMS)
def test_a_term_is_off_on_and_off_again(level, name):
    assert terms_of(level, name, World(substances=ALL)).count(None) == len(
        terms_of(level, name, World(substances=ALL))
    )
    on = with_term(level, name, {})
    assert None not in terms_of(level, name, on)
    off = with_term(level, name, False)
    assert off == World(substances=ALL)
    full = World(substances=ALL, realism="full")
    assert terms_of(level, name, full) == terms_of(level, name, on)


def test_a_full_world_holds_its_terms_and_reads_back_as_itself():
    full = World(realism="full", substances=ALL)
    assert full.realism == "core"
    assert World.model_validate(plain(full)) == full
    without_none = full.model_dump(mode="json", exclude_none=True)
    assert World.model_validate(json.loads(json.dumps(without_none))) == full


def test_false_stays_off_in_a_full_world():
    world = World(
        realism="full",
        events={"new_year": False},
        people={"summer": False},
        substances={"cocaine": {"season": False}, "MDMA": {}},
    )
    assert set(world.events) == set(term_values("events")) - {"new_year"}
    assert world.people.summer is None
    assert world.people.commuters is not None
    assert world.substances["cocaine"].season is None
    assert world.substances["MDMA"].season is not None
    assert World(realism="full", events=False).events is None


def test_a_table_is_laid_over_the_catalogue():
    world = World(substances={"cocaine": {"season": {"drift": 2.0}}}, people={"daily_sd": 0.01})
    season = term_values("season", "cocaine")
    assert world.substances["cocaine"].season.drift == 2.0
    assert world.substances["cocaine"].season.half_year_peak == season["half_year_peak"]
    assert world.people.summer is None  # of a group only the members that are named
    events = World(events={"new_year": {"share_of_years": 0.5}}).events
    assert list(events) == ["new_year"]
    assert events["new_year"].profile == tuple(term_values("events.new_year.profile"))


def test_numbers_may_differ_by_substance():
    cocaine, mdma = (term_values("season", name) for name in ("cocaine", "MDMA"))
    assert cocaine["half_year_amplitude"]["scale"] < mdma["half_year_amplitude"]["scale"]
    assert cocaine["drift"] == mdma["drift"]
    with pytest.raises(SpecError, match="must be in season"):
        term_values("weather")


def test_every_value_of_a_term_is_an_entry():
    path = Path(catalogue.__file__).parent / "terms.toml"

    def bare(table, where):
        if "value" in table:
            return []
        return [
            found
            for key, item in table.items()
            for found in (
                bare(item, f"{where}.{key}") if isinstance(item, dict) else [f"{where}.{key}"]
            )
        ]

    assert bare(tomllib.loads(path.read_text(encoding="utf-8")), "terms") == []


def test_the_numbers_behind_a_world_are_those_of_its_terms():
    assert term_entries(World()) == []
    world = World(events={"new_year": {}}, people={"daily_sd": 0.02}, substances={"MDMA": {}})
    names = {entry.name for entry in term_entries(world)}
    assert names == {
        "terms.events.new_year.date", "terms.events.new_year.profile",
        "terms.events.new_year.factor.MDMA", "terms.people.daily_sd",
    }  # fmt: skip
    full = {entry.name for entry in term_entries(World(realism="full", substances=ALL))}
    everything = {e.name for e in catalogue.catalogue_entries() if e.name.startswith("terms.")}
    assert full == everything


def study(**changes):
    content = {
        "name": "terms", "seed": 1, "aims": "Terms.", "factors": {"change.size": [0.3]},
        "designs": {"annual": {"schedule": {"kind": "fixed_weeks", "weeks": [11]}}},
        "estimators": {"exact": {"kind": "exact_step"}}, "decision": {"reference": "annual"},
        "sizes": {"quick": {"null": 20, "null_world": 20, "alternative": 10}},
    }  # fmt: skip
    return Study.from_dict(content | changes)


def worlds(made):
    return {s.name: s.world for s in made.scenarios("quick") if s.role == "alternative"}


def test_realism_is_a_factor_and_terms_are_reached_by_their_paths():
    found = worlds(study(factors={"world.realism": ["core", "full"], "change.size": [0.3]}))
    assert found["realism=core,size=0.3"] == World()
    assert found["realism=full,size=0.3"] == World(realism="full")

    path = "world.events.new_year.factor.cocaine"
    found = worlds(study(world={"events": {}}, factors={path: [1.5, 2.5]}))
    assert [w.events["new_year"].factor["cocaine"] for w in found.values()] == [1.5, 2.5]
    found = worlds(study(factors={"world.realism": ["full"], path: [1.5]}))
    assert next(iter(found.values())).events["new_year"].factor["cocaine"] == 1.5
    found = worlds(study(world={"realism": "full"}, factors={"world.events": [False]}))
    assert next(iter(found.values())) == World(realism="full", events=False)
    with pytest.raises(SpecError, match="is no field of the scenario"):
        study(factors={path: [1.5]})  # no events here to reach into


def test_a_full_study_round_trips_through_toml(tmp_path):
    made = study(world={"realism": "full", "substances": ALL})
    path = tmp_path / "study.toml"
    path.write_text(made.to_toml(), encoding="utf-8")
    assert Study.from_toml(path) == made
    assert Study.from_toml(path).hash() == made.hash()
    schema = Study.model_json_schema()
    assert schema["$defs"]["World"]["properties"]["realism"]["enum"] == ["core", "full"]


def test_towns_of_a_full_world_have_levels_by_substance():
    towns = World(realism="full", substances=ALL).catchments
    assert towns == World(catchments="dutch20_by_substance").catchments
    assert [town.level_of("cocaine") for town in towns] == [town.level for town in towns]
    assert towns[0].level_of("MDMA") != towns[0].level
    core = World(catchments="dutch20").catchments
    assert all(town.level_of("MDMA") == town.level for town in core)
    some = World(realism="full", catchments=catchments("dutch20")[:3]).catchments
    assert some == towns[:3]  # wherever they appear unchanged
    mine = {"name": "town-01", "population": 5000.0}
    kept = catchments("dutch20")[1] | {"levels": False}
    town, other = World(realism="full", catchments=[mine, kept]).catchments
    assert town.levels is None
    assert other.levels == {}


@pytest.mark.parametrize(
    ("name", "spread"),
    [("cocaine", 0.32), ("MDMA", 0.57), ("amphetamine", 0.27), ("methamphetamine", 1.4)],
)
def test_towns_scatter_as_the_cities_of_the_data_do(name, spread):
    towns = World(catchments="dutch20_by_substance").catchments
    logs = [math.log(town.level_of(name)) for town in towns]
    assert abs(statistics.stdev(logs) - spread) < 0.015
    people = [town.population for town in towns]
    mean = sum(t.level_of(name) * t.population for t in towns) / sum(people)
    assert mean == pytest.approx(1.0, abs=1e-12)
    slope = statistics.linear_regression([math.log10(n) for n in people], logs).slope
    assert abs(slope - 0.35) < 0.15
    if name != "cocaine":
        reference = [math.log(town.level) - 0.35 * math.log10(town.population) for town in towns]
        own = [x - 0.35 * math.log10(n) for x, n in zip(logs, people, strict=True)]
        assert abs(statistics.correlation(reference, own)) < 0.05


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ({"realism": "fuller"}, "realism"),
        ({"events": {"new year": {}}}, "events"),
        ({"events": {"new_year": {"factor": {"tea": 2.0}}}}, "tea: must be one of cocaine"),
        ({"events": {"new_year": {"factor": {"cocaine": 0.0}}}}, r"cocaine: must be > 0"),
        (
            {"events": {"new_year": {"factor": {"cocaine": NORMAL}}}},
            r"cocaine: must be > 0, it can be -inf",
        ),
        (
            {"events": {"new_year": {"factor": {"cocaine": 0.5}}}},
            r"factor\.cocaine must leave a load on every day: .* 0\.5 gives -0\.1",
        ),
        ({"events": {"new_year": {"profile": [0.0, 0.0]}}}, "must have a positive weight"),
        ({"events": {"new_year": {"profile": [1.0, -1.0]}}}, r"profile\.1"),
        ({"events": {"new_year": {"profile": [1.0] * 40}}}, "profile"),
        ({"events": {"new_year": {"visitors": -0.1}}}, "visitors"),
        ({"events": {"new_year": {"share_of_years": 1.1}}}, "share_of_years"),
        ({"events": {"new_year": {"date": {"kind": "fixed", "month": 2, "day": 30}}}}, "28 days"),
        ({"events": {"mine": {"profile": [1.0]}}}, "date"),
        ({"events": {"new_year": {"where": ["Atlantis"]}}}, "named so, got 'Atlantis'"),
        (
            {"events": {"new_year": {"where": ["town-01", "town-01"]}}},
            "where must name each catchment once",
        ),
        (
            {"events": {"mine": {
                "date": {"kind": "list", "days": ["2026-07-01", "2026-07-03"]},
                "profile": [1.0, 1.0, 1.0]}}},
            "at least the profile's 3 days apart, two are 2 days apart",
        ),
        ({"people": {"summer": {"share": 1.0}}}, r"share.*must be in \[0, 1\)"),
        ({"people": {"summer": {"share": -0.1}}}, r"share.*must be in \[0, 1\)"),
        ({"people": {"summer": {"last": {"month": 6, "day": 1}}}}, "last must be later"),
        ({"people": {"summer": {"shoulder": 30.0}}}, "shoulder must fit twice .* 49 days"),
        ({"people": {"summer": {"stagger": -1.0}}}, "stagger"),
        ({"people": {"commuters": {"slope": 1.0}}}, "slope: leaves nobody in town-01"),
        ({"people": {"commuters": {"balanced_at": 0.0}}}, "balanced_at"),
        ({"people": {"daily_sd": -0.1}}, "daily_sd"),
        ({"people": {"daily_sd": 0.2}}, r"cocaine\.day_sd: must be at least.*people_sd"),
        ({"people": {"register_drift_sd": -0.1}}, "register_drift_sd"),
        ({"people": {"trains": 1}}, "trains"),
        ({"catchments": [{"name": "a", "population": 1e4, "levels": {"tea": 1}}]}, "tea: must be"),
        ({"catchments": [{"name": "a", "population": 1e4, "levels": {"MDMA": 0}}]}, "levels"),
        ({"catchments": [{"name": "a", "population": 1e4, "commuters": -1}]}, "commuters"),
        ({"substances": {"cocaine": {"season": {"drift": -1.0}}}}, "drift"),
        ({"substances": {"cocaine": {"season": {"half_year_amplitude": -1.0}}}}, "must be >= 0"),
    ],
)  # fmt: skip
def test_nonsense_is_refused_naming_the_field(content, message):
    with pytest.raises(ValueError, match=f"(?s){message}"):
        World(**content)
