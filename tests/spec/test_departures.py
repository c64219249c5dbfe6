"""Departures: named worlds beside a study's own, with its grid and its luck."""

import json

import pytest

from run.departing import ONE_WORLD, departing
from run.tiny import write_study
from simdesign.cli import call
from simdesign.errors import SpecError
from simdesign.report import protocol_text
from simdesign.run import make_plan
from simdesign.spec.base import canonical_json, plain
from simdesign.spec.change import TwoSteps
from simdesign.spec.departures import in_default
from simdesign.spec.study import Study

NAMES = ("noisy", "laboratory", "two_breaks")


def by_name(study):
    return {item.name: item for item in study.scenarios("quick")}


def test_every_departure_has_the_grid_and_a_world_without_change_of_its_own(tmp_path):
    found = by_name(departing(tmp_path, *ONE_WORLD))
    own = ["none", "plateau", "size=0.3", "size=-0.3"]
    wanted = ["null_mixture", *own]
    for name in NAMES:
        # the plateau knows nothing of two steps: it is not run twice
        mine = [item for item in own if name != "two_breaks" or item != "plateau"]
        wanted += [f"none,{name}" if item == "none" else f"{name},{item}" for item in mine]
    assert list(found) == wanted
    for item in found.values():
        assert item.departure in ("", *NAMES)
        assert item.luck == ("study" if item.role == "alternative" else "null")
        if item.role != "null_mixture":
            assert item.factors["world.departure"] == (item.departure or "default")
        if item.departure:
            base = found[in_default(item.name, item.departure)]
            assert (base.role, base.departure, base.n_rep) == (item.role, "", item.n_rep)
            assert (item.world == base.world) == (item.departure == "two_breaks")
            same = item.change == base.change
            assert same == (item.departure != "two_breaks" or item.role == "null_world")
    assert found["noisy,plateau"].change == found["plateau"].change
    assert found["noisy,size=0.3"].world.substances["cocaine"].day_sd == 0.4
    moved = found["two_breaks,size=-0.3"].change
    assert isinstance(moved, TwoSteps)
    assert (moved.size, moved.after, moved.left) == (-0.3, 1.2, 0.0)
    assert moved.at == found["size=-0.3"].change.at
    assert found["laboratory,size=0.3"].world.laboratories.storage_loss == 0.01  # the catalogue's


def test_a_departure_goes_through_every_fixed_world(tmp_path):
    found = by_name(departing(tmp_path, ('"world.substances.*.sigma_shared" = 0.25\n', "")))
    mine = [item for item in found.values() if item.departure == "noisy"]
    assert len(mine) == 2 * (1 + 1 + 2)
    levels = {item.factors["world.substances.*.sigma_shared"] for item in mine}
    assert levels == {0.0, 0.1}
    assert "noisy,sigma_shared=0.1,size=-0.3" in found
    assert "none,noisy,sigma_shared=0.1" in found


def test_they_are_part_of_the_study_and_their_absence_changes_nothing(tmp_path):
    study = departing(tmp_path, *ONE_WORLD)
    (tmp_path / "b").mkdir()
    without = Study.from_toml(write_study(tmp_path / "b", *ONE_WORLD))
    assert study.hash() != without.hash()
    assert "departures" not in without.hashed()
    assert "departures" not in without.to_toml()
    assert all("world.departure" not in item.factors for item in without.scenarios("quick"))
    # rows of the default world are those of the study without departures
    mine, theirs = (make_plan(item, "quick").cells for item in (study, without))
    for name in ("null_mixture", "none", "size=0.3"):
        assert mine[name] == theirs[name]
    assert Study.from_dict(json.loads(canonical_json(plain(study)))) == study
    path = tmp_path / "again.toml"
    path.write_text(study.to_toml(), encoding="utf-8")
    assert Study.from_toml(path) == study
    assert Study.from_toml(path).hash() == study.hash()


def test_list_and_protocol_name_them(tmp_path, capsys):
    study = departing(tmp_path, *ONE_WORLD)
    assert call(["run", str(tmp_path / "study.toml"), "--list"]) == 0
    listed = capsys.readouterr().out
    text = protocol_text(study, "quick")
    for name in NAMES:
        assert f"\nnone,{name} " in listed
        assert f"- departure `{name}`, crossed with the rest: `" in text
    assert "`world.laboratories` = {bias_sd = 0.3, change = {date = 2029-01-01}}" in text
    assert "Of departures: the same" in text
    assert "Of departures" not in protocol_text(
        Study.from_toml(write_study(tmp_path, *ONE_WORLD)), "quick"
    )


def test_what_a_factor_lays_over_again_is_no_departure(tmp_path):
    rule = r"departures\.noisy: must differ from the study's own world and change"
    hidden = '"world.substances.cocaine.sigma_shared" = 0.5'  # a factor, spelt otherwise
    both = '"world.substances.*.day_sd" = 0.4\n"world.substances.*.sigma_shared" = 0.25'
    with pytest.raises(SpecError, match=rule):
        departing(tmp_path, (both, hidden))


@pytest.mark.parametrize(
    ("old", "new", "rule"),
    [
        ('"world.substances.*.day_sd" = 0.4', '"world.odd_dys" = {}',
         r"departures\.noisy\.world\.odd_dys: unknown key"),
        ('"world.substances.*.day_sd" = 0.4', '"world.odd_days.share" = 0.2',
         r"departures\.noisy\.world\.odd_days\.share: is no field of the scenario, got 'share'"),
        ('"world.substances.*.day_sd" = 0.4', '"world.substances.MDMA.loq" = 1',
         r"departures\.noisy\.world\.substances\.MDMA\.loq: is no field.*'MDMA'"),
        ('"world.substances.*.day_sd" = 0.4', '"null.realism" = "full"',
         r"departures\.noisy\.null\.realism: must start with world\. or change\."),
        ('"world.substances.*.day_sd" = 0.4', '"world.substances.*.estimate" = "NL"',
         r"departures\.noisy\.world\.substances\.\*\.estimate: cannot differ"),
        ('"world.substances.*.day_sd" = 0.4', '"world.substances.*.day_sd" = -1.0',
         r"departures\.noisy\.world\.substances\.cocaine\.day_sd"),
        ('"world.substances.*.day_sd" = 0.4', '"change.size" = 0.5',
         r"departures\.noisy\.change\.size: must not be a factor of the study too"),
        ('"world.substances.*.day_sd" = 0.4\n"world.substances.*.sigma_shared" = 0.25',
         '"world.weekdays" = true',
         r"departures\.noisy: must differ from the study's own world and change"),
        ('"change.kind" = "two_steps"\n"change.after" = 1.2\n"change.left" = 0.0',
         '"change.kind" = "none"', r"departures\.two_breaks\.change"),
        ('"change.kind" = "two_steps"\n"change.after" = 1.2\n"change.left" = 0.0',
         '"change.kind" = "slope_change"', r"departures\.two_breaks\.change.*size: unknown key"),
        ('"change.left" = 0.0', '"change.left" = -1.0', r"departures\.two_breaks\.change.*left"),
        ("[departures.two_breaks]", "[departures.plateau]",
         r"departures\.plateau: must not have the name of a change of also"),
        ("[departures.two_breaks]", "[departures.default]",
         r"departures\.default: must not be one of default, none, change"),
        ("[departures.two_breaks]", '[departures."size=0.3"]', r"departures"),
        ('"world.substances.*.day_sd" = 0.4\n"world.substances.*.sigma_shared" = 0.25\n', "",
         r"departures\.noisy"),
    ],
)  # fmt: skip
def test_wrong_departures_are_one_line(tmp_path, capsys, old, new, rule):
    changes = (*ONE_WORLD, (old, new))
    with pytest.raises(SpecError, match=rule):
        departing(tmp_path, *changes)
    assert call(["run", str(tmp_path / "study.toml"), "--list"]) == 2
    error = capsys.readouterr().err
    assert error.count("\n") == 1
    assert "study.toml" in error
