"""Every number has a unit, a source and a status, and the finished world meets its targets."""

import math
import statistics
import subprocess
import sys

import pytest

from simdesign.errors import SpecError
from simdesign.spec.catalogue import (
    STATUSES,
    SUBSTANCES,
    catalogue_entries,
    catchments,
    measurement_values,
    sources,
    substance_values,
)
from simdesign.spec.substance import Substance
from simdesign.spec.terms import SUBSTANCE_TERMS
from simdesign.spec.world import World

# Multipliers on the weekly geometric mean, Monday to Sunday; the Dutch weeks from 2017, except
# methamphetamine (six countries).
OBSERVED = {
    "cocaine": (1.07, 0.92, 0.88, 0.87, 0.94, 1.11, 1.28),
    "MDMA": (1.45, 0.90, 0.84, 0.68, 0.73, 1.05, 1.77),
    "amphetamine": (1.10, 0.98, 0.96, 0.98, 0.95, 0.97, 1.08),
    "methamphetamine": (0.963, 1.017, 0.969, 0.953, 0.980, 1.085, 1.034),
}


def test_every_number_has_unit_source_status_and_a_note():
    entries = catalogue_entries()
    assert len({entry.name for entry in entries}) == len(entries)
    assert {entry.name.split(".")[0] for entry in entries} >= {"dutch20", *SUBSTANCES}
    known = sources()
    for entry in entries:
        assert entry.unit.strip(), entry.name
        assert entry.source in known, entry.name
        assert entry.status in STATUSES, entry.name
        assert entry.note.strip(), entry.name
        values = entry.value if isinstance(entry.value, tuple) else (entry.value,)
        assert all(math.isfinite(value) for value in values), entry.name
        if entry.source == "assumption":  # nothing was read where there is no source
            assert entry.status in ("assumed", "computed"), entry.name


@pytest.mark.parametrize("name", SUBSTANCES)
def test_a_substance_is_complete(name):
    values = substance_values(name)
    assert set(values) == set(Substance.model_fields) - {*SUBSTANCE_TERMS, "estimate"}
    assert World(substances={name: {}}).substances[name] == Substance.model_validate(values)


def test_unknown_names_are_refused_with_what_there_is():
    with pytest.raises(SpecError, match="cocaine, MDMA, amphetamine, methamphetamine"):
        substance_values("heroin")
    with pytest.raises(SpecError, match="dutch20"):
        catchments("dutch21")


def test_the_catchments_are_twenty_towns_of_ten_thousand_to_seven_hundred_thousand():
    towns = catchments("dutch20")
    people = [town["population"] for town in towns]
    assert len({town["name"] for town in towns}) == 20
    assert (people[0], people[-1]) == (10_000, 700_000)
    assert people == sorted(people)
    logs = [math.log(town["level"]) for town in towns]
    assert abs(statistics.stdev(logs) - 0.32) < 0.015
    slope = statistics.linear_regression([math.log10(n) for n in people], logs).slope
    assert abs(slope - 0.35) < 0.05
    weighted = sum(town["population"] * town["level"] for town in towns) / sum(people)
    assert weighted == pytest.approx(1.0, abs=1e-12)


@pytest.mark.parametrize("name", SUBSTANCES)
def test_the_classes_together_reproduce_the_observed_week(name):
    classes = World(substances={name: {}}).substances[name].classes
    profile = [
        math.fsum(item.mass_share * item.weekday_factor[day] for item in classes)
        for day in range(7)
    ]
    assert math.fsum(profile) / 7 == pytest.approx(1.0, abs=1e-12)
    geometric = math.exp(math.fsum(map(math.log, profile)) / 7)
    for day, (got, seen) in enumerate(zip(profile, OBSERVED[name], strict=True)):
        # both the table and its geometric mean are rounded to two digits
        assert got / geometric == pytest.approx(seen, abs=0.01), day


@pytest.mark.parametrize("name", SUBSTANCES)
def test_light_users_follow_the_weekend_and_heavy_users_do_not(name):
    classes = {item.name: item for item in World(substances={name: {}}).substances[name].classes}
    spread = {
        label: max(item.weekday_factor) - min(item.weekday_factor)
        for label, item in classes.items()
    }
    assert spread["light"] > spread["regular"] > spread["heavy"] == 0.0


def test_world_defaults_are_the_catalogue_s():
    world, values = World(), measurement_values()
    assert (world.flow_sd, world.sampling_sd, world.litres) == (
        values["flow_sd"],
        values["sampling_sd"],
        values["litres"],
    )


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ({"flow_sd": 0.2}, r"substances\.cocaine\.day_sd: must be at least 0\.2\d+.*0\.134"),
        ({"substances": {"heroin": {}}}, "heroin: must be one of cocaine, MDMA"),
        ({"catchments": "dutch21"}, "must be one of dutch20"),
        ({"catchments": []}, "at least one catchment"),
    ],
)
def test_a_world_that_cannot_be_is_refused(content, message):
    with pytest.raises(ValueError, match=message):
        World(**content)


def test_a_class_never_uses_with_certainty():
    values = substance_values("MDMA")
    values["classes"][0]["use_prob"] = 0.6  # times its busiest weekday, 1.97, and its spread
    with pytest.raises(ValueError, match=r"largest weekday weight must be below 1, it is 1\.9"):
        Substance.model_validate(values)


def test_specifications_load_without_numba_and_pandas():
    code = (
        "import sys; from simdesign.spec.world import World; World();"
        "sys.exit(any(name in sys.modules for name in ('numba', 'pandas', 'scipy')))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
