"""The page tells the worlds of a study apart and says what they hold, whatever the study is."""

from types import SimpleNamespace

import pytest

import simdesign
from report.conftest import STUDY
from simdesign.report.folder import read_folder
from simdesign.report.names import world
from simdesign.report.select import Selection, middle_cell
from simdesign.report.texts import Texts
from simdesign.report.verdicts import groups_of
from simdesign.report.worlds import world_sentences
from simdesign.spec.terms import SUBSTANCE_TERMS, WORLD_TERMS

SMALL = STUDY | {
    "factors": {"world.realism": ("core", "full")},
    "estimators": {"z": {"kind": "z_test"}},
    "sizes": {"quick": {"null": 20, "null_world": 20, "alternative": 20}},
}
TOWN = ({"name": "Here", "population": 1e5}, {"name": "There", "population": 2e5})
HERE = {"where": ["Here"], "at": 3.0}


def sentences(content, lang="en"):
    study = simdesign.Study.from_dict(STUDY | {"factors": {}} | content)
    return world_sentences(SimpleNamespace(study=study, size="quick"), Texts(lang))


@pytest.mark.parametrize("lang", ["en", "nl"])
@pytest.mark.parametrize(
    "change",
    [
        {"kind": "level_shift", "size": 0.3},
        {"kind": "slope_change", "slope": 0.05},
        {"kind": "pulse", "size": 0.3, "days": 60},
    ],
    ids=lambda change: change["kind"],
)
def test_the_kind_of_change_is_the_study_s(change, lang):
    texts = Texts(lang)
    said = sentences({"change": change}, lang)[0]
    kinds = {kind: texts(f"limits.{kind}") in said for kind in
             ("level_shift", "slope_change", "pulse")}  # fmt: skip
    assert kinds == {kind: kind == change["kind"] for kind in kinds}


def test_terms_are_named_where_they_belong():
    texts = Texts("en")
    terms = [texts(f"terms.{name}") for name in (*WORLD_TERMS, *SUBSTANCE_TERMS)]
    (core,) = sentences({})[2:]
    assert core.startswith("In none")
    assert all(term in core for term in terms)
    (full,) = sentences({"world": {"realism": "full"}})[2:]
    assert full.startswith("In these")
    assert all(term in full for term in terms)
    present, absent = sentences({"world": {"rain": {}, "events": {"new_year": {}}}})[2:]
    assert present == "In these worlds, or in some of them: rain, holidays and festivals."
    assert "rain" not in absent
    assert "production waste" in absent


def test_a_change_of_some_towns_is_not_called_national():
    world_of = {"world": {"catchments": TOWN}, "null": {"catchments": TOWN}}
    change = {"change": {"kind": "level_shift", "size": 0.3} | HERE}
    assert sentences(world_of | change)[1].startswith("The change is in Here only")
    assert sentences({})[1] == Texts("en")("limits.cities")


def test_levels_that_are_no_numbers_are_worlds_of_their_own(tmp_path):
    study = simdesign.Study.from_dict(SMALL)
    results = simdesign.run(study, tmp_path, workers=1)
    results.save()
    folder = read_folder(tmp_path)
    texts = Texts("en")
    assert {group.world for group in groups_of(folder.verdicts, texts)} == {
        "realism = core", "realism = full",
    }  # fmt: skip
    cell = middle_cell(folder)
    assert cell == {"realism": "core"}  # the first that the study names
    for level in ("core", "full"):
        chosen = Selection(folder, "cocaine", {"realism": level})
        wanted = results.measures()
        wanted = wanted[
            (wanted["realism"] == level) & (wanted["measure"] == "large_error_prob")
            & (wanted["role"] == "null_world") & (wanted["design"] == "annual")
            & (wanted["compared_with"] == "")
        ]  # fmt: skip
        assert len(wanted) > 0
        for horizon, value in zip(wanted["horizon"], wanted["value"], strict=True):
            found = chosen.one("large_error_prob", design="annual", role="null_world",
                               horizon=horizon)  # fmt: skip
            assert found.value == pytest.approx(value, rel=1e-9)


def test_switches_are_said_in_words():
    levels = {"world.rain": "False", "world.events": "{}", "world.realism": "full"}
    assert world(levels, Texts("en")) == "events = on, rain = off, realism = full"
    assert world(levels, Texts("nl")) == "events = aan, rain = uit, realism = full"
