"""Stored rows come out again, or it is said how far they are off: three answers."""

import json

import numpy as np
import pytest

from run.small import copied, small_run
from simdesign.cli import call
from simdesign.run import Store, Task, load
from simdesign.run.schema import COLUMNS
from simdesign.run.verify import Comparison, compare, compare_alarms


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    folder = tmp_path_factory.mktemp("whole")
    results = small_run(folder, folder / "out")
    results.save()
    return results


def said(capsys, *arguments):
    status = call(["verify", *map(str, arguments), "--json"])
    return status, json.loads(capsys.readouterr().out)


def test_a_sample_is_identical_and_a_seed_chooses_it(whole, capsys):
    status, found = said(capsys, whole.folder, "--sample", "7")
    assert (status, found["answer"], found["largest_difference"]) == (0, "identical", {})
    assert (found["sampled"], found["stored"], found["rows"]) == (7, 18, 7 * 2 * 2 * 6)
    assert said(capsys, whole.folder, "--sample", "500")[1]["sampled"] == 18
    assert call(["verify", str(whole.folder), "--sample", "3", "--seed", "5"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("tiny, size quick: 3 of 18 stored replications computed again")
    assert lines[-1] == "identical"


def rewritten(whole, folder, change):
    """Return the results with the rows of one shard changed and stored as if they were computed."""
    results = copied(whole, folder)
    plan = results.plan
    scenario = plan.scenarios[0]
    task = Task(scenario=scenario.name, start=2, stop=4, cells=plan.cells[scenario.name])
    shard = results.store.stored(task)
    rows = results.store.rows(plan, scenario.name, replications=[2, 3])
    assert rows["look"].size == 2 * 2 * 2 * 6
    change(rows)
    shard.path.unlink()
    Store(folder).write(task, rows, 1.0, plan.study.hash())
    return load(folder)


def set_value(column, row, change):
    def put(rows):
        rows[column] = rows[column].copy()
        rows[column][row] = change(rows[column][row])

    return put


CHANGES = {
    "a last bit": ("score", lambda x: np.nextafter(x, np.inf), 0, "equal within 1e-09"),
    "the tenth digit": ("effect", lambda x: x + 5e-10, 0, "equal within 1e-09"),
    "the ninth digit": ("effect", lambda x: x + 2e-9, 1, "different"),
    "no number": ("effect", lambda x: np.nan, 1, "different"),
    "a status": ("status", lambda x: 2, 1, "different"),
    "a reason": ("reason", lambda x: "ValueError: no", 1, "different"),
    "an alarm": ("published_alarm", lambda x: not x, 1, "different"),
    "a date": ("look_day", lambda x: x + 1, 1, "different"),
}


@pytest.mark.parametrize("kind", CHANGES)
def test_what_differs_is_named_with_its_size(whole, tmp_path, kind, capsys):
    column, change, status, answer = CHANGES[kind]
    results = rewritten(whole, tmp_path / "out", set_value(column, 8, change))
    code, found = said(capsys, results.folder, "--sample", "500")
    assert (code, found["answer"][: len(answer)]) == (status, answer)
    assert list(found["largest_difference"]) == [column]
    if status:
        assert found["first"] == (
            "--scenario null_mixture --replication 2 --design annual --estimator exact "
            "--substance cocaine"
        )
        assert call(["replay", str(results.folder), *found["first"].split()]) == 0
        shown = capsys.readouterr().out
        assert "stored rows: different" in shown
        assert f"{column}: largest difference" in shown
    elif column == "effect":
        assert found["largest_difference"][column] == pytest.approx(5e-10, rel=1e-3)


def rows_of(whole):
    return whole.store.rows(whole.plan, "null_mixture")


def test_a_score_beside_the_threshold_is_another_alarm(whole):
    stored = rows_of(whole)
    fresh = {name: values.copy() for name, values in stored.items()}
    fresh["score"][30] = stored["score"][30] + 1e-12
    place = tuple(str(stored[name][30]) for name in ("substance", "design", "estimator"))
    found = Comparison()
    compare(found, stored, fresh)
    compare_alarms(found, stored, fresh, {place: stored["score"][30] + 1.0})
    assert found.answer.startswith("equal within")
    compare_alarms(found, stored, fresh, {place: stored["score"][30]})
    assert (found.n_alarm_changed, found.answer) == (1, "different")


def test_nothing_and_signed_zeros_are_the_same_as_in_the_digest(whole):
    stored = rows_of(whole)
    fresh = {name: values.copy() for name, values in stored.items()}
    fresh["true_effect"] = -fresh["true_effect"]
    assert (stored["true_effect"] == 0.0).all()
    assert np.isnan(stored["prob_pulse"]).any()
    found = Comparison()
    compare(found, stored, fresh)
    assert found.answer == "identical"
    assert set(found.largest) == set()
    assert found.n_row == stored["look"].size
    missing = {name: values[1:] for name, values in fresh.items()}
    compare(found, missing, fresh)
    assert found.answer == "different"
    assert set(COLUMNS) == set(stored)


def test_estimators_that_nobody_promises_are_left_out_by_name(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr("simdesign.run.verify.OUTSIDE", ("euda_rule",))
    results = small_run(tmp_path, tmp_path / "out")
    status, found = said(capsys, results.folder, "--sample", "2")
    assert (status, found["excluded"], found["rows"]) == (0, ["euda"], 2 * 2 * 6)
    assert call(["verify", str(results.folder), "--sample", "2"]) == 0
    assert "not compared: euda" in capsys.readouterr().out


def test_an_empty_store_and_wrong_options_are_one_line(whole, tmp_path, capsys):
    results = copied(whole, tmp_path / "out")
    for arguments, word in (
        (["--sample", "0"], "--sample"), (["--seed", "-1"], "--seed"),
    ):  # fmt: skip
        assert call(["verify", str(results.folder), *arguments]) == 2
        assert word in capsys.readouterr().err
    for shard in results.store.shards():
        shard.path.unlink()
    assert call(["verify", str(results.folder)]) == 2
    assert "no complete replication" in capsys.readouterr().err
