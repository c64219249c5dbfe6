"""One replication from its address: its data, its truth, its fit, and whether its row agrees."""

import importlib
import json
import sys

import numpy as np
import pytest

from run.small import REPLICATIONS, TASK, small_run
from run.test_failures import MOODY
from run.tiny import write_study
from simdesign.cli import call
from simdesign.run import run
from simdesign.run.collect import compact
from simdesign.run.replay import Replay
from simdesign.spec.study import Study
from simdesign.units import date_of

CHANGE = "sigma_shared=0.1,size=0.3"


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    folder = tmp_path_factory.mktemp("whole")
    return small_run(folder, folder / "out")


def replay(folder, *more, **options):
    address = {"scenario": CHANGE, "replication": 3, "design": "two", "estimator": "exact"}
    given = [f"--{name}={value}" for name, value in (address | options).items()]
    return call(["replay", str(folder), *given, *more])


def test_rows_data_and_truth_are_those_of_the_run(whole, capsys):
    assert replay(whole.folder, "--json") == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["stored"], found["largest"], found["failure"]) == ("identical", {}, [])
    assert found["address"]["substance"] == "cocaine"
    rows = whole.rows(CHANGE)
    rows = rows[(rows["replication"] == 3) & (rows["design"] == "two")
                & (rows["estimator"] == "exact")]  # fmt: skip
    for name in ("score", "effect", "true_effect", "level", "prob_break"):
        assert [look[name] for look in found["looks"]] == rows[name].tolist()
    assert found["truth"]["sigma_rw"] == rows["sigma_rw"].iloc[0]
    assert found["truth"]["change_day"] == date_of(int(rows["change_day"].iloc[0])).isoformat()
    assert len(found["campaigns"]) == 12
    scenario = whole.plan.scenarios[-1]
    seen = Replay(whole.study, scenario, "two").observations([3])
    for item in found["campaigns"]:
        for v in np.flatnonzero(seen.visits.campaign == item["number"] - 1):
            site = seen.sites[seen.visits.site[v]]
            assert item["mean"][site] == pytest.approx(np.nanmean(seen.load[0, 0, v]))
            assert item["first"] == date_of(int(seen.visits.day[v].min())).isoformat()
            assert item["days"][site] == 7


def test_it_reads_like_a_table(whole, capsys):
    assert replay(whole.folder) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith(f"study tiny, scenario {CHANGE}, replication 3, design two")
    assert sum(line.startswith("  202") or line.startswith("  203") for line in lines) == 12
    assert lines[-1] == "stored rows: identical"
    assert any("change: 20" in line for line in lines)


def test_after_merging_and_beyond_what_was_run(whole, capsys):
    compact(whole.store)
    assert replay(whole.folder, "--json") == 0
    assert json.loads(capsys.readouterr().out)["stored"] == "identical"
    assert replay(whole.folder, "--json", replication=77) == 0
    beyond = json.loads(capsys.readouterr().out)
    assert beyond["stored"] == "not stored"
    assert len(beyond["looks"]) == 6


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"scenario": "none"}, ["--scenario", "'none'", CHANGE]),
        ({"design": "monthly"}, ["--design", "annual, two"]),
        ({"estimator": "best"}, ["--estimator", "euda, exact"]),
        ({"substance": "MDMA"}, ["--substance", "cocaine"]),
        ({"replication": -1}, ["--replication", "-1"]),
    ],
)
def test_an_address_that_is_not_there_is_named(whole, options, words, capsys):
    assert replay(whole.folder, **options) == 2
    said = capsys.readouterr()
    (line,) = said.err.splitlines()
    for word in words:
        assert word in line


def test_a_failure_fails_again_and_shows_where(tmp_path, monkeypatch, capsys):
    (tmp_path / "moody_replayed.py").write_text(MOODY.replace("900.0", "-1.0"))
    monkeypatch.syspath_prepend(str(tmp_path))
    importlib.invalidate_caches()
    own = ('kind = "euda_rule"', 'kind = "own"\nuses = "moody_replayed:Moody"')
    study = Study.from_toml(write_study(tmp_path, own, ("[0.0, 0.1]", "[0.1]")))
    run(
        study, tmp_path / "out", replications=REPLICATIONS, workers=1, task_size=TASK,
        max_failures=1.0,
    )  # fmt: skip
    assert replay(tmp_path / "out", "--json", estimator="euda") == 0
    found = json.loads(capsys.readouterr().out)
    assert found["stored"] == "identical"  # the failure is a row like any other
    assert {look["status"] for look in found["looks"]} == {3}
    assert found["failure"][-2:] == ["ArithmeticError: too", "much"]
    assert any("moody_replayed.py" in line for line in found["failure"])
    assert len(found["campaigns"]) == 12  # the data were made
    assert replay(tmp_path / "out", estimator="euda") == 0
    assert "failed: ArithmeticError: too much" in capsys.readouterr().out
    sys.modules.pop("moody_replayed", None)


def test_a_world_that_cannot_be_made_is_shown_too(whole, monkeypatch, capsys):
    from simdesign.simulate import Prepared

    def fail(self, replication):
        raise ZeroDivisionError("no world")

    monkeypatch.setattr(Prepared, "truth", fail)
    assert replay(whole.folder, "--json") == 0
    found = json.loads(capsys.readouterr().out)
    assert found["campaigns"] == []
    assert found["failure"][-1] == "ZeroDivisionError: no world"
    assert found["truth"]["change_day"] is None
    assert found["stored"] == "different"
