"""A results folder belongs to one study, whoever starts at the same moment."""

import json
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from run.small import ONE_WORLD, files_in, small_run, small_study
from run.tiny import write_study
from simdesign.cli import call
from simdesign.errors import StoreError
from simdesign.run import Store, load, make_plan, run
from simdesign.run.claims import claims
from simdesign.run.files import claim
from simdesign.spec.study import Study

OTHER_WEEKS = ("weeks = [11, 37]", "weeks = [11, 38]")
THIRD = (
    "[estimators.euda]",
    "[designs.four]\nschedule = { kind = 'rounds', per_year = 4 }\n[estimators.euda]",
)
THIRD_OTHERWISE = (THIRD[0], THIRD[1].replace("per_year = 4", "per_year = 3"))


def plan_of(folder, *changes):
    folder.mkdir(exist_ok=True)
    return make_plan(small_study(folder, *changes), "quick", 4)


@pytest.mark.parametrize("first", [0, 1])
@pytest.mark.parametrize("change", [OTHER_WEEKS, ("seed = 7", "seed = 8")])
def test_of_two_studies_that_start_at_once_one_is_refused(tmp_path, change, first):
    """Both find the folder free; then one opens it; then the other tries."""
    plans = [plan_of(tmp_path / "a"), plan_of(tmp_path / "b", change)]
    stores = [Store(tmp_path / "out"), Store(tmp_path / "out")]
    for store, plan in zip(stores, plans, strict=True):
        assert store.mend(plan) == []
    stores[first].open(plans[first])
    before = files_in(tmp_path / "out")
    rule = "designs.two.schedule.weeks is" if change is OTHER_WEEKS else "another study"
    with pytest.raises(StoreError, match=rule):
        stores[1 - first].open(plans[1 - first])
    assert files_in(tmp_path / "out") == before
    assert Store(tmp_path / "out").plan().study == plans[first].study


def test_of_two_that_add_one_name_with_other_numbers_one_is_refused(tmp_path):
    old = plan_of(tmp_path / "old")
    Store(tmp_path / "out").open(old)
    plans = [plan_of(tmp_path / "a", THIRD), plan_of(tmp_path / "b", THIRD_OTHERWISE)]
    stores = [Store(tmp_path / "out"), Store(tmp_path / "out")]
    for store, plan in zip(stores, plans, strict=True):
        store.mend(plan)
    stores[0].open(plans[0])
    with pytest.raises(StoreError, match=r"designs\.four\.schedule\.per_year is 4 there and 3"):
        stores[1].open(plans[1])
    for store, plan in ((Store(tmp_path / "out"), old), (Store(tmp_path / "out"), plans[0])):
        store.check(plan)
        store.open(plan)
    assert [path.parent.name for path, _ in claims(tmp_path / "out" / "studies")] == [
        "0001", "0002",
    ]  # fmt: skip


def test_what_was_promised_counts_before_a_row_is_there(tmp_path):
    Store(tmp_path / "out").open(plan_of(tmp_path / "a"))
    with pytest.raises(StoreError, match=r"weeks is \[11, 37\] there and \[11, 38\] here"):
        Store(tmp_path / "out").check(plan_of(tmp_path / "b", OTHER_WEEKS))


def start(study, out, *more):
    command = [sys.executable, "-c", "from simdesign.cli import main; main()", "run", str(study),
               "--out", str(out), "--replications", "6", "--workers", "1", "--task-size", "1",
               *more]  # fmt: skip
    return subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)


def test_two_runs_of_one_study_in_one_folder_do_no_harm(tmp_path):
    study = write_study(tmp_path, *ONE_WORLD)
    both = [start(study, tmp_path / "out") for _ in range(2)]
    said = [process.communicate(timeout=120)[1] for process in both]
    assert [process.returncode for process in both] == [0, 0], said
    together = load(tmp_path / "out")
    alone = run(together.study, tmp_path / "alone", replications=6, workers=1)
    assert together.status()["missing"] == 0
    assert together.digest() == alone.digest()
    alone.save()
    assert together.store.measures_path.read_bytes() == alone.store.measures_path.read_bytes()


def test_of_two_different_studies_in_one_folder_one_is_refused(tmp_path):
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    files = [
        write_study(tmp_path / "a", *ONE_WORLD),
        write_study(tmp_path / "b", *ONE_WORLD, OTHER_WEEKS),
    ]
    both = [start(file, tmp_path / "out") for file in files]
    said = [process.communicate(timeout=120)[1] for process in both]
    codes = [process.returncode for process in both]
    assert sorted(codes) == [0, 2], said
    assert "under the same names" in said[codes.index(2)]
    kept = load(tmp_path / "out")
    assert kept.study == Study.from_toml(files[codes.index(0)])
    alone = run(kept.study, tmp_path / "alone", replications=6, workers=1)
    assert kept.digest() == alone.digest()


def test_a_claim_whose_owner_died_is_taken_up(tmp_path):
    """Killed between the claim and the manifest: the claim has the manifest too."""
    plan = plan_of(tmp_path)
    out = tmp_path / "out"
    Store(out).open(plan)
    (out / "manifest.json").unlink()
    (out / "studies" / ".0002.dead.tmp").mkdir()
    with pytest.raises(StoreError, match="another study"):
        Store(out).check(plan_of(tmp_path, ("seed = 7", "seed = 8")))
    assert Store(out).plan().study == plan.study
    done = run(plan.study, out, replications=4, workers=1)
    assert done.status()["missing"] == 0


def test_dead_before_the_claim_leaves_a_free_folder(tmp_path):
    out = tmp_path / "out"
    (out / "studies" / ".0001.dead.tmp").mkdir(parents=True)
    (out / "studies" / ".0001.dead.tmp" / "manifest.json").write_text("{")
    assert small_run(tmp_path, out).status()["missing"] == 0


def test_an_existing_folder_is_used_as_it_is(tmp_path):
    """Not replaced: it may be somebody's working directory, a mount, a link."""
    real = tmp_path / "real"
    real.mkdir(mode=0o2750)
    (real / "model_check.json").write_text("{}")
    out = tmp_path / "link"
    out.symlink_to(real)
    before = real.stat()
    small_run(tmp_path, out)
    assert (real.stat().st_ino, real.stat().st_mode) == (before.st_ino, before.st_mode)
    assert (real / "model_check.json").read_text() == "{}"
    assert load(real).status()["missing"] == 0


def test_the_loser_of_a_claim_leaves_nothing_behind(tmp_path):
    assert claim(tmp_path / "x", {"manifest.json": b"one"})
    assert not claim(tmp_path / "x", {"manifest.json": b"two"})
    assert files_in(tmp_path) == {next(iter(files_in(tmp_path))): b"one"}
    assert [p.name for p in tmp_path.iterdir()] == ["x"]


def test_of_many_who_claim_at_once_one_succeeds(tmp_path):
    for turn in range(20):
        together = threading.Barrier(8)

        def attempt(k, turn=turn, together=together):
            together.wait()
            return claim(tmp_path / str(turn), {"manifest.json": str(k).encode()})

        with ThreadPoolExecutor(8) as pool:
            said = list(pool.map(attempt, range(8)))
        assert sorted(said) == [False] * 7 + [True]
        assert (tmp_path / str(turn) / "manifest.json").read_text() == str(said.index(True))
    assert len(list(tmp_path.iterdir())) == 20


def test_the_manifest_of_an_older_format_is_refused(tmp_path, capsys):
    out = tmp_path / "out"
    Store(out).open(plan_of(tmp_path))
    for path in out.rglob("manifest.json"):
        path.write_text(json.dumps(json.loads(path.read_text()) | {"simdesign": 1}))
    assert call(["status", str(out)]) == 2
    assert "format 2" in capsys.readouterr().err
