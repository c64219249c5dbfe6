"""The rows of a study do not depend on how, or how often, it was started."""

import os
import re
import signal
import subprocess
import sys
import time

import numpy as np
import pytest

from run.tiny import write_study
from simdesign.errors import StoreError
from simdesign.run import load, run
from simdesign.spec.study import Study

COMMAND = "from simdesign.cli import main; main()"


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """Run without interruption, with one worker and the default task size."""
    folder = tmp_path_factory.mktemp("whole")
    study = Study.from_toml(write_study(folder))
    return run(study, folder / "out", workers=1)


@pytest.mark.parametrize("workers", [2, 4])
def test_workers_and_another_task_size_give_the_same_digest(whole, tmp_path, workers):
    other = run(whole.study, tmp_path / "out", workers=workers, task_size=7)
    assert len(other.store.shards()) > len(whole.store.shards())
    assert other.digest() == whole.digest()


def _halfway(arguments, out):
    """Return a run in a process of its own that has stored some of its tasks."""
    process = subprocess.Popen(
        [sys.executable, "-c", COMMAND, *arguments],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    deadline = time.monotonic() + 120
    while len(list(out.glob("shards/[!.]*.parquet"))) < 3:
        assert process.poll() is None, "the run ended before it could be stopped"
        assert time.monotonic() < deadline, "no shards were written"
        time.sleep(0.01)
    return process


def test_killed_parent_then_resume_gives_the_same_digest(whole, tmp_path):
    study, out = write_study(tmp_path), tmp_path / "out"
    arguments = ["run", str(study), "--out", str(out), "--workers", "2", "--task-size", "1"]
    process = _halfway(arguments, out)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    process.stderr.close()
    time.sleep(0.5)  # workers finish the task they have and see that nobody is there
    half = load(out)
    before = half.status(digest=False)
    assert 0 < before["done"] < before["replications"]
    (out / "shards" / ".left.over.tmp").write_bytes(b"half a shard")
    done = run(Study.from_toml(study), out, workers=1, task_size=11)
    assert done.status()["missing"] == 0
    assert done.digest() == whole.digest()


def test_more_replications_top_up_and_keep_what_is_there(whole, tmp_path):
    out = tmp_path / "out"
    run(whole.study, out, size="quick", workers=1)
    kept = {path: path.stat().st_mtime_ns for path in out.glob("shards/*")}
    topped = run(whole.study, out, size="more", workers=1)
    assert kept.items() <= {p: p.stat().st_mtime_ns for p in out.glob("shards/*")}.items()
    assert topped.digest() == run(whole.study, tmp_path / "direct", size="more", workers=1).digest()
    again = run(whole.study, out, size="quick", workers=1)
    assert again.digest() == whole.digest()


def test_interruption_is_one_line_and_leaves_a_folder_to_resume(whole, tmp_path):
    study, out = write_study(tmp_path), tmp_path / "out"
    arguments = ["run", str(study), "--out", str(out), "--workers", "2", "--task-size", "1"]
    process = _halfway(arguments, out)
    os.killpg(process.pid, signal.SIGINT)  # what a terminal does: everybody hears it
    _, said = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "Traceback" not in said
    assert said.splitlines()[-1] == ("simdesign: stopped; what is stored stays, run again to go on")
    done = run(Study.from_toml(study), out, workers=1)
    assert done.digest() == whole.digest()


def test_an_added_substance_computes_only_itself(tmp_path):
    study = Study.from_toml(
        write_study(
            tmp_path,
            ("[world.substances.cocaine]", "[world.substances.cocaine]\n[world.substances.MDMA]"),
            ("[null.substances.cocaine]", "[null.substances.MDMA]\n[null.substances.cocaine]"),
            ("null = 24", "substances = ['cocaine']\nnull = 24"),
            ("null = 30", "substances = ['cocaine', 'MDMA']\nnull = 30"),
        )
    )
    out = tmp_path / "out"
    before = {shard.path for shard in run(study, out, workers=1).store.shards()}
    topped = run(study, out, size="more", workers=1)
    added = [shard for shard in topped.store.shards() if shard.path not in before]
    old = [s for s in added if s.start < 12 and s.scenario.startswith("sigma_shared")]
    assert {substance for s in old for substance, _, _ in s.cells.values()} == {"MDMA"}
    assert topped.digest() == run(study, tmp_path / "direct", size="more", workers=1).digest()


def test_an_added_design_computes_only_itself(whole, tmp_path):
    study = write_study(
        tmp_path,
        ("[estimators.euda]", "[designs.four]\nschedule = { kind = 'rounds', per_year = 4 }\n"
         "[estimators.euda]"),
    )  # fmt: skip
    out = tmp_path / "out"
    run(whole.study, out, workers=1)
    before = set(out.glob("shards/*"))
    more = run(Study.from_toml(study), out, workers=1)
    added = [shard for shard in more.store.shards() if shard.path not in before]
    assert {design for shard in added for _, design, _ in shard.cells.values()} == {"four"}
    assert more.status()["missing"] == 0
    direct = run(Study.from_toml(study), tmp_path / "direct", workers=1)
    assert more.digest() == direct.digest()


def test_one_replication_alone_has_the_same_rows(whole):
    from simdesign.run import Task, run_task

    plan = whole.plan
    scenario = plan.scenarios[-1]
    task = Task(scenario=scenario.name, start=9, stop=10, cells=plan.cells[scenario.name])
    alone = run_task(plan.study, scenario, task)
    stored = whole.rows(scenario.name)
    stored = stored[stored["replication"] == 9].sort_values(["design", "estimator", "look"])
    order = np.lexsort((alone["look"], alone["estimator"].astype(str), alone["design"].astype(str)))
    for name in ("score", "effect", "level", "true_level", "prob_break", "change_day"):
        np.testing.assert_array_equal(alone[name][order], stored[name].to_numpy())


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        (("seed = 7", "seed = 8"), "another study (seed is 7 there and 8 here)"),
        (('name = "tiny"', 'name = "other"'), "another study (name is 'tiny' there and 'other'"),
        (
            ("weeks = [11, 37]", "weeks = [11, 38]"),
            "under the same names: designs.two.schedule.weeks is [11, 37] there and [11, 38] here",
        ),
        (
            ("scale = 0.08", "scale = 0.09"),
            "null.substances.cocaine.sigma_shared.scale is 0.08 there and 0.09 here",
        ),
        (("years = 6", "years = 7"), "programme.years is 6 there and 7 here"),
        (
            ('kind = "exact_step"', 'kind = "exact_step"\nstep_sd = 0.2'),
            "estimators.exact.step_sd is 0.3 there and 0.2 here",
        ),
    ],
)
def test_a_folder_of_another_study_is_refused_and_left_alone(whole, tmp_path, change, rule):
    before = {p: p.read_bytes() for p in sorted(whole.folder.rglob("*")) if p.is_file()}
    study = Study.from_toml(write_study(tmp_path, change))
    with pytest.raises(StoreError, match=re.escape(rule)):
        run(study, whole.folder, workers=1)
    assert before == {p: p.read_bytes() for p in sorted(whole.folder.rglob("*")) if p.is_file()}


def test_a_folder_with_other_files_is_refused_and_left_alone(whole, tmp_path):
    (tmp_path / "thesis.txt").write_text("years of work")
    with pytest.raises(StoreError, match="holds no manifest"):
        run(whole.study, tmp_path, workers=1)
    assert [p.name for p in tmp_path.iterdir()] == ["thesis.txt"]


def test_other_code_is_refused(whole, tmp_path, monkeypatch):
    out = tmp_path / "out"
    run(whole.study, out, workers=1)
    monkeypatch.setattr("simdesign.run.store.code_hash", lambda: "0" * 16)
    with pytest.raises(StoreError, match="another version of the code"):
        run(whole.study, out, workers=1)


def test_rows_have_the_promised_columns_and_truth(whole):
    from simdesign.run import COLUMNS

    rows = whole.rows()
    assert list(rows.columns) == list(COLUMNS)
    assert len(rows) == whole.plan.n_row
    null = rows[rows["scenario"] == "null_mixture"]
    assert (null["change_day"] == -1).all()
    assert (null["true_effect"] == 0.0).all()
    assert null["sigma_shared"].nunique() == 24
    changed = rows[rows["scenario"].str.contains("size=0.3")]
    after = changed["look_day"] >= changed["change_day"]
    np.testing.assert_allclose(changed.loc[after, "true_effect"], np.log(1.3), atol=1e-12)
    assert (changed.loc[~after, "true_effect"] == 0.0).all()
    first = rows[rows["look"] == 0]
    assert (first["level"] == 0.0).all()
    assert (first["true_level"] == 0.0).all()
