"""Every study of the claim is valid, lists its conditions, and gives what its README names."""

import re
from pathlib import Path

import pytest

from simdesign.cli import call
from simdesign.report import protocol_text, registered
from simdesign.run import judging_estimator, make_plan, run
from simdesign.spec.protocol import protocol_hash
from simdesign.spec.study import Study

FOLDER = Path(__file__).parents[2] / "experiments"
STUDIES = (
    "local_break", "pilot_constancy", "frequency_frontier", "mechanism_attribution",
    "follow_up_options",
)  # fmt: skip
DESIGNS = {
    "frequency_frontier": {"annual", "twelve_rounds", "every_13_days"},
    "pilot_constancy": {"annual", "annual_april", "pilot", "two_rounds"},
    "local_break": {"annual", "quarterly"},
    "mechanism_attribution": {"annual", "two_rounds"},
    "follow_up_options": {"annual", "rotating", "standards"},
}
"""Of the tiny runs: the cheap ones and one of each kind."""


def named(study):
    """Return the measures that a README names in its section on performance measures."""
    text = (FOLDER / study / "README.md").read_text(encoding="utf-8")
    section = text.split("## Performance measures")[1].split("\n## ")[0]
    return {
        word for row in re.findall(r"^\| (`.*?) \|", section, re.MULTILINE)
        for word in re.findall(r"`(\w+)`", row)
    }  # fmt: skip


@pytest.mark.parametrize("name", STUDIES)
@pytest.mark.parametrize("size", ["quick", "full"])
def test_the_file_is_valid_and_lists_its_conditions(name, size, capsys):
    path = FOLDER / name / "study.toml"
    study = Study.from_toml(path)
    assert study.name == name
    plan = make_plan(study, size, folder=path.parent)
    assert {item.role for item in plan.scenarios} == {"null_mixture", "null_world", "alternative"}
    assert judging_estimator(plan) in study.estimators
    assert call(["run", str(path), "--size", size, "--list"]) == 0
    listed = capsys.readouterr().out
    for item in plan.scenarios:
        assert item.name in listed


@pytest.mark.parametrize("name", STUDIES)
def test_seeds_differ_and_the_reference_is_the_annual_round(name):
    study = Study.from_toml(FOLDER / name / "study.toml")
    others = [Study.from_toml(p) for p in FOLDER.glob("*/study.toml") if p.parent.name != name]
    assert study.seed not in {item.seed for item in others}
    assert study.decision.reference == "annual"
    assert study.designs["annual"].schedule.weeks == (11,)


@pytest.mark.parametrize("name", STUDIES)
def test_a_tiny_run_gives_the_measures_of_the_readme(name, tmp_path):
    whole = Study.from_toml(FOLDER / name / "study.toml")
    kept = {key: item for key, item in whole.designs.items() if key in DESIGNS[name]}
    study = whole.model_copy(update={"designs": kept})
    results = run(study, tmp_path / "out", size="quick", replications=3, workers=1)
    measures = results.measures()
    wanted = named(name)
    assert len(wanted) >= 5
    assert wanted <= set(measures["measure"])
    assert (results.rows()["status"] != 3).all()


def test_two_laboratories_have_half_of_every_round_each():
    from simdesign.run.plan import visits_of

    study = Study.from_toml(FOLDER / "follow_up_options" / "study.toml")
    visits = visits_of(study, next(study.scenarios("quick")))["two_laboratories"]
    rounds = [visits.batch[visits.campaign == n] for n in set(visits.campaign[~visits.history])]
    assert len(rounds) == 10
    for batch in rounds:
        assert sorted((batch == one).sum() for one in set(batch)) == [10, 10]


def test_the_pilots_design_is_the_pilot():
    study = Study.from_toml(FOLDER / "pilot_constancy" / "study.toml")
    by_week = Study.from_dict(
        study.model_dump(mode="json", exclude_none=True)
        | {"designs": {"annual": {"schedule": {"kind": "fixed_weeks", "weeks": [11]},
                                  "history": "pilot"}},
           "programme": {"start": "2026-01-01", "years": 10}}
    )  # fmt: skip
    from simdesign.run.plan import visits_of

    history = visits_of(by_week, next(by_week.scenarios("quick")))["annual"]
    pilot = visits_of(study, next(study.scenarios("quick")))["pilot"]
    mine = sorted({int(day) for day in pilot.day[:, 0]})
    assert mine == sorted({int(day) for day in history.day[history.history, 0]})


def test_a_plateau_is_beside_the_grid_of_annual_claim_in_every_world():
    study = Study.from_toml(FOLDER / "annual_claim" / "study.toml")
    scenarios = list(study.scenarios("full"))
    worlds = [item.name for item in scenarios if item.role == "null_world"]
    plateaus = [item for item in scenarios if item.name.endswith(",plateau")]
    assert [item.name for item in plateaus] == [
        name.removeprefix("none,") + ",plateau" for name in worlds
    ]
    assert {item.change.slope for item in plateaus} == {-0.09}


@pytest.mark.parametrize("name", STUDIES)
def test_the_registered_protocol_is_that_of_the_study(name):
    study = Study.from_toml(FOLDER / name / "study.toml")
    text = (FOLDER / name / "protocol.md").read_text(encoding="utf-8")
    found = registered(text)
    assert (found.hash, found.size) == (protocol_hash(study, "full"), "full")
    assert ("City: whether" in text) == (name == "local_break")
    assert ("Rounds: by how much" in text) == (name == "pilot_constancy")
    assert ("Mechanisms: whether" in text) == (name == "mechanism_attribution")


def test_a_protocol_names_a_further_change():
    study = Study.from_toml(FOLDER / "annual_claim" / "study.toml")
    text = protocol_text(study, "full")
    assert "beside them, in every fixed world: `plateau`" in text
    assert "slope = -0.09" in text
