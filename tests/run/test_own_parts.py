"""A user's own schedule and mechanism in a study: known by their source, checked beforehand."""

import importlib
import json
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from run.tiny import write_study
from simdesign.errors import SpecError, StoreError
from simdesign.run import Store, load, make_plan, run
from simdesign.spec.study import Study

SCHEDULE = """
from simdesign.sample import Campaign


def one_week(calendar):
    return [
        Campaign(days=calendar.week(year, 20), sites=(0, 1, 2), slot="mine")
        for year in calendar.years
    ]
"""
OWN_DESIGN = (
    'schedule = { kind = "fixed_weeks", weeks = [11, 37] }',
    'schedule = { kind = "own", uses = "my_part:PLACE" }',
)


@pytest.fixture
def part(tmp_path, monkeypatch):
    """Return a function that writes a module of the user's and forgets how it was."""
    monkeypatch.syspath_prepend(str(tmp_path))

    def write(text):
        (tmp_path / "my_part.py").write_text(text, encoding="utf-8")
        sys.modules.pop("my_part", None)
        importlib.invalidate_caches()

    yield write
    sys.modules.pop("my_part", None)


def study_with(folder, change, name):
    return Study.from_toml(write_study(folder, (change[0], change[1].replace("PLACE", name))))


def test_an_edited_schedule_does_not_mix_with_its_old_rows(part, tmp_path):
    part(SCHEDULE)
    study, out = study_with(tmp_path, OWN_DESIGN, "one_week"), tmp_path / "out"
    digest = run(study, out, workers=1, replications=2).digest()
    assert run(study, out, workers=1, replications=2).digest() == digest
    part(SCHEDULE.replace("year, 20", "year, 24"))
    with pytest.raises(StoreError, match="under the same names"):
        run(study, out, workers=1, replications=2)


def test_an_edit_touches_only_the_cells_that_use_it(part, tmp_path):
    part(SCHEDULE)
    study = study_with(tmp_path, OWN_DESIGN, "one_week")
    before = make_plan(study, "quick").cells["null_mixture"]
    part(SCHEDULE + "\n")
    after = make_plan(study, "quick").cells["null_mixture"]
    changed = {a.design for a, b in zip(before, after, strict=True) if a.content != b.content}
    assert changed == {"two"}


def test_a_module_that_fails_is_one_line(part, tmp_path):
    part("1 / 0\n")
    with pytest.raises(SpecError, match=r"designs.two.schedule.uses.*must be importable \(div"):
        make_plan(study_with(tmp_path, OWN_DESIGN, "one_week"), "quick")


ADAPTIVE = (
    SCHEDULE
    + """

class Doubting:
    def __init__(self, calendar):
        self.campaigns = tuple(one_week(calendar))

    def candidates(self):
        return self.campaigns

    def next_campaigns(self, look, scores):
        return [self.campaigns[look]] if look < 2 else []
"""
)


def test_an_own_policy_runs_and_only_what_it_asked_for_is_paid(part, tmp_path):
    part(ADAPTIVE)
    study = study_with(tmp_path, OWN_DESIGN, "Doubting")
    results = run(study, tmp_path / "out", workers=1, replications=2)
    assert results.status(digest=False)["failed_rows"] == 0
    costs = {
        row["design"]: row["value"]
        for row in results.records()
        if row["measure"] == "cost" and not row["scenario"]
    }
    assert costs["two"] == pytest.approx(costs["annual"] / 3)  # two rounds, not six
    part(ADAPTIVE.replace("if look < 2 else []", "if look < 2 else [None]"))
    with pytest.raises(SpecError, match=r"must return campaigns of candidates\(\)") as error:
        make_plan(study_with(tmp_path, OWN_DESIGN, "Doubting"), "quick")
    assert error.value.field == "designs.two.schedule.uses"


def test_batches_of_two_laboratories_may_interleave(tmp_path):
    laboratory = 'laboratory = { n = 2, batch = "month" }'
    monthly = f'schedule = {{ kind = "rounds", per_year = 26 }}\n{laboratory}'
    design = (OWN_DESIGN[0], monthly)
    assert make_plan(study_with(tmp_path, design, ""), "quick").n_row > 0


OWN_CHANGE = ("size = 0.3\n", 'size = 0.3\nmechanism = "my_part:PLACE"\n')
CHANGED = """
from dataclasses import replace

import numpy as np
from simdesign.simulate import regime


def plain(name, substance, *, weekdays, size):
    return regime(name, substance, weekdays=weekdays, mechanism="more_users", size=size)


def too_little(name, substance, *, weekdays, size):
    return plain(name, substance, weekdays=weekdays, size=0.9 * size)


def endless(name, substance, *, weekdays, size):
    return replace(plain(name, substance, weekdays=weekdays, size=size), factor=np.full(7, np.inf))


def misshapen(name, substance, *, weekdays, size):
    return replace(plain(name, substance, weekdays=weekdays, size=size), residue=np.ones(9))


def wilder(name, substance, *, weekdays, size):
    return replace(plain(name, substance, weekdays=weekdays, size=size), dose_cv=np.ones(3))


def half(name, substance, *, weekdays, size):
    return size


def broken(name, substance, *, weekdays, size):
    raise ArithmeticError("no such change")
"""


@pytest.mark.parametrize(
    ("name", "rule"),
    [
        ("absent", "must be importable"),
        ("too_little", "must change the load of cocaine by 0.3 over a week, not by 0.27"),
        ("endless", "factor is finite"),
        ("misshapen", "residue is finite, positive and of shape"),
        ("wilder", "dose_cv is finite, positive and of shape"),
        ("half", "must return a Regime, not a float"),
        ("broken", "ArithmeticError: no such change"),
    ],
)
def test_an_own_mechanism_is_tried_before_anything_runs(part, tmp_path, name, rule):
    part(CHANGED)
    with pytest.raises(SpecError, match=f"change.mechanism.*{rule}"):
        make_plan(study_with(tmp_path, OWN_CHANGE, name), "quick")


def test_an_own_mechanism_runs_like_a_built_in_one(part, tmp_path):
    part(CHANGED)
    own = study_with(tmp_path, OWN_CHANGE, "plain")
    mine = run(own, tmp_path / "own", workers=1, replications=2).rows()
    built_in = Study.from_toml(write_study(tmp_path))
    theirs = run(built_in, tmp_path / "built_in", workers=1, replications=2).rows()
    pd.testing.assert_frame_equal(mine, theirs, check_exact=True)
    part(CHANGED + "\n")
    with pytest.raises(StoreError, match="under the same names"):
        run(own, tmp_path / "own", workers=1, replications=2)


def test_the_mechanism_of_the_page_runs(part, tmp_path):
    page = (Path(__file__).parents[2] / "docs" / "changes.md").read_text(encoding="utf-8")
    example = re.search(r"^```python\n(.*?)^```", page, re.MULTILINE | re.DOTALL)
    part(example.group(1))
    study = study_with(tmp_path, OWN_CHANGE, "weekend_users")
    rows = run(study, tmp_path / "out", workers=1, replications=2).rows()
    last = rows[(rows["look"] == 5) & rows["scenario"].str.endswith("size=0.3")]
    np.testing.assert_allclose(last["true_effect"], np.log(1.3), rtol=1e-12)
    assert (rows["reason"] == "").all()


def test_parts_beside_the_study_file_are_found_by_workers_and_when_resuming(tmp_path):
    (tmp_path / "beside").mkdir()
    (tmp_path / "beside" / "lies_beside.py").write_text(SCHEDULE, encoding="utf-8")
    own = OWN_DESIGN[1].replace("my_part:PLACE", "lies_beside:one_week")
    one_world = (("[0.0, 0.1]", "[0.1]"), ("[0.3, -0.3]", "[0.3]"))
    study = write_study(tmp_path / "beside", (OWN_DESIGN[0], own), *one_world)
    out = tmp_path / "results" / "out"

    def call(*arguments):  # elsewhere, and a process that knows nothing yet
        command = [sys.executable, "-c", "from simdesign.cli import main; main()", *arguments]
        return subprocess.run(command, cwd="/", capture_output=True, text=True, check=False)

    done = call("run", str(study), "--out", str(out), "--replications", "4", "--workers", "2")
    assert done.returncode == 0, done.stderr
    assert json.loads((out / "manifest.json").read_text())["own_parts"] == "../../beside"
    shards = sorted(out.glob("shards/*"))
    for victim in shards[:2]:
        victim.unlink()
    resumed = call("resume", str(out), "--workers", "2")
    assert resumed.returncode == 0, resumed.stderr
    assert "rows failed" not in done.stderr + resumed.stderr
    assert sum(shard.n_failed for shard in Store(out).shards()) == 0
    assert load(out).status(digest=False)["missing"] == 0
