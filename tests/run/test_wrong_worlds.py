"""The study of wrong worlds is valid, is what its README says, and is registered."""

import re
from pathlib import Path

import pytest

from simdesign.cli import call
from simdesign.report import registered
from simdesign.run import make_plan
from simdesign.spec.protocol import protocol_hash
from simdesign.spec.study import Study
from simdesign.spec.terms import SUBSTANCE_TERMS, WORLD_TERMS, terms_on

FOLDER = Path(__file__).parents[2] / "experiments" / "wrong_worlds"
OTHERS = {path for path in FOLDER.parent.glob("*/study.toml") if path.parent != FOLDER}


@pytest.fixture(scope="module")
def study():
    return Study.from_toml(FOLDER / "study.toml")


@pytest.mark.parametrize("size", ["quick", "full"])
def test_it_lists_a_world_without_change_and_the_changes_of_every_departure(study, size, capsys):
    plan = make_plan(study, size, folder=FOLDER)
    assert call(["run", str(FOLDER / "study.toml"), "--size", size, "--list"]) == 0
    listed = capsys.readouterr().out
    quiet = {item.departure for item in plan.scenarios if item.role == "null_world"}
    assert quiet == {"", *study.departures}
    for item in plan.scenarios:
        assert item.name in listed
    changes = {
        name: sum(i.departure == name and i.role == "alternative" for i in plan.scenarios)
        for name in quiet
    }
    assert set(changes.values()) == {1 if size == "quick" else 3}


def test_the_readme_names_every_departure(study):
    text = (FOLDER / "README.md").read_text(encoding="utf-8")
    table = text.split("| departure |")[1].split("\n\n")[0]
    rows = re.findall(r"^\| (`.*?) \|", table, re.MULTILINE)
    assert [word for row in rows for word in re.findall(r"`(\w+)`", row)] == list(study.departures)


def test_all_terms_are_all_that_the_catalogue_has_and_the_default_world_has_none(study):
    found = {item.name: item for item in study.scenarios("full")}
    assert terms_on(found["none"].world) == frozenset()
    assert terms_on(found["none,all_terms"].world) == {*WORLD_TERMS, *SUBSTANCE_TERMS}


def test_the_seed_is_its_own_and_the_reference_is_the_annual_round(study):
    assert study.seed not in {Study.from_toml(path).seed for path in OTHERS}
    assert study.decision.reference == "annual"
    assert study.designs["annual"].schedule.weeks == (11,)


def test_the_design_prior_is_that_of_the_claim(study):
    claim = Study.from_toml(FOLDER.parent / "annual_claim" / "study.toml")
    assert study.null is not None
    assert study.null.substances["cocaine"] == claim.null.substances["cocaine"]
    assert study.decision == claim.decision


def test_the_registered_protocol_is_that_of_the_study(study):
    found = registered((FOLDER / "protocol.md").read_text(encoding="utf-8"))
    assert (found.hash, found.size) == (protocol_hash(study, "full"), "full")
