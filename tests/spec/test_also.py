"""Further changes beside the grid of a study."""

import pytest

from run.tiny import write_study
from simdesign.errors import SpecError
from simdesign.report.folder import read_folder
from simdesign.report.tables import measure_blocks
from simdesign.run import make_plan, run
from simdesign.spec.change import SlopeChange
from simdesign.spec.study import Study

PLATEAU = '[also.plateau]\nkind = "slope_change"\nslope = -0.09\nat = 2.5\n\n[factors]'


def study(folder, *changes):
    return Study.from_toml(write_study(folder, ("[factors]", PLATEAU), *changes))


def test_a_further_change_is_once_in_every_world_with_the_luck_of_the_others(tmp_path):
    plan = make_plan(study(tmp_path), "quick")
    names = [item.name for item in plan.scenarios]
    further = [item for item in plan.scenarios if item.name.endswith("plateau")]
    assert [item.name for item in further] == [f"sigma_shared={x},plateau" for x in (0.0, 0.1)]
    for item in further:
        assert isinstance(item.change, SlopeChange)
        assert (item.role, item.luck, plan.n_rep(item)) == ("alternative", "study", 12)
        world = next(w for w in plan.scenarios if w.name == f"none,{item.name.rpartition(',')[0]}")
        assert item.world == world.world
        assert item.factors == world.factors
    assert len(names) == 1 + 2 * (1 + 1 + 2)
    (alone,) = [
        item.name
        for item in study(
            tmp_path, ('"world.substances.*.sigma_shared" = [0.0, 0.1]\n', "")
        ).scenarios("quick")
        if isinstance(item.change, SlopeChange)
    ]
    assert alone == "plateau"


def test_it_is_part_of_the_study_and_its_absence_changes_no_hash(tmp_path):
    whole = study(tmp_path)
    (tmp_path / "b").mkdir()
    without = Study.from_toml(write_study(tmp_path / "b"))
    assert whole.hash() != without.hash()
    assert "also" not in without.hashed()
    assert Study.from_dict(whole.model_dump(mode="json", exclude_none=True)) == whole
    again = tmp_path / "again.toml"
    again.write_text(whole.to_toml(), encoding="utf-8")
    assert Study.from_toml(again) == whole


@pytest.mark.parametrize(
    ("old", "new", "rule"),
    [
        ('kind = "slope_change"\nslope = -0.09\nat = 2.5', 'kind = "none"',
         r"also\.plateau\.kind: must be a change, got 'none'"),
        ("slope = -0.09", "slope = -0.09\nsize = 0.2", r"also\.plateau.*size"),
        ("at = 2.5", "at = -1.0", r"also\.plateau.*must be >= 0 years"),
        ("[also.plateau]", '[also."a b"]', "also"),
    ],
)  # fmt: skip
def test_wrong_changes_are_refused(tmp_path, old, new, rule):
    with pytest.raises(SpecError, match=rule):
        study(tmp_path, (old, new))


def test_two_scenarios_of_one_name_are_refused(tmp_path):
    same = (
        ("[also.plateau]", "[also.change]"),
        ('"world.substances.*.sigma_shared" = [0.0, 0.1]\n', ""),
        ('"change.size" = [0.3, -0.3]\n', ""),
    )
    with pytest.raises(SpecError, match="gives the same scenario twice"):
        make_plan(study(tmp_path, *same), "quick")


def test_the_page_has_it_beside_the_sizes(tmp_path):
    out = tmp_path / "out"
    run(study(tmp_path), out, workers=1, replications=6).save()
    folder = read_folder(out)
    names = {key[0] for block in measure_blocks(folder, {}) for key, _ in block.rows}
    assert len(names) == 5  # the mixture, no change, two sizes and the further change
    assert {"mixture", "0"} < names
    measures = folder.measures
    mine = measures[measures["scenario"].str.endswith("plateau")]
    assert (mine[mine["measure"] == "power"]["change"] < 0.0).all()  # what the slope makes of it
    assert "power" in set(mine["measure"])


def test_one_size_is_not_that_of_the_further_change(tmp_path):
    out = tmp_path / "out"
    run(
        study(tmp_path, ('"change.size" = [0.3, -0.3]\n', "")), out, workers=1, replications=6
    ).save()
    measures = read_folder(out).measures
    after = measures[measures["role"] == "alternative"]
    further = after["scenario"].str.endswith("plateau")
    assert (after[further]["change"] < 0.0).all()
    assert (after[~further]["change"] == 0.3).all()
