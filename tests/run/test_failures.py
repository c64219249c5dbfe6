"""A failed replication is a row with its reason: never redrawn, never dropped, always counted."""

import importlib
import json
import sys

import pytest

from run.tiny import SCORE_ONLY, write_study
from simdesign.errors import StoppedError, StoreError
from simdesign.records import Status
from simdesign.run import load, run
from simdesign.spec.study import Study

MOODY = (
    '''
import numpy as np
from simdesign.records import Fit


class Moody:
    """Scores the load; gives up on high ones."""

    def __init__(self, name, spec):
        self.name = name

    def fit(self, observations, looks, substance):
        mean = np.nanmean(observations.load, axis=(1, 2, 3))
        if (mean > 900.0).any():
            raise ArithmeticError("too\\nmuch")
        score = np.repeat(mean[:, None], looks.day.size, axis=1)
'''
    + SCORE_ONLY
)


@pytest.fixture
def moody(tmp_path, monkeypatch):
    """Write a user's estimator that fails now and then, and a study that uses it."""
    (tmp_path / "moody_engine.py").write_text(MOODY)
    monkeypatch.syspath_prepend(str(tmp_path))
    importlib.invalidate_caches()
    yield Study.from_toml(
        write_study(tmp_path, ('kind = "euda_rule"', 'kind = "own"\nuses = "moody_engine:Moody"'))
    )
    sys.modules.pop("moody_engine", None)


def test_failures_are_rows_with_a_reason_and_are_counted(moody, tmp_path):
    results = run(moody, tmp_path / "out", workers=1, max_failures=1.0)
    rows = results.rows()
    assert len(rows) == results.plan.n_row
    mine = rows[rows["estimator"] == "euda"]
    failed = mine["status"] == int(Status.FAILED)
    assert 0 < failed.sum() < len(mine)
    assert set(mine.loc[failed, "reason"]) == {"ArithmeticError: too much"}
    assert (mine.loc[~failed, "reason"] == "").all()
    assert mine.loc[failed, "score"].isna().all()
    assert mine.loc[~failed, "score"].notna().all()
    others = rows[rows["estimator"] == "exact"]
    assert not (others["status"] == int(Status.FAILED)).any()
    assert results.status()["failed_rows"] == failed.sum()
    measures = results.measures()
    power = measures[(measures["measure"] == "power") & (measures["horizon"] == 1.0)]
    power = power[(power["estimator"] == "euda") & (power["compared_with"] == "")]
    assert (power["n_rep"] == 12).all()  # failures stay in the denominator
    assert power["n_failed"].max() > 0


def test_who_fails_does_not_depend_on_the_company(moody, tmp_path):
    whole = run(moody, tmp_path / "whole", workers=1, max_failures=1.0, task_size=100)
    single = run(moody, tmp_path / "single", workers=1, max_failures=1.0, task_size=1)
    assert whole.digest() == single.digest()


def test_an_edited_estimator_does_not_mix_with_its_old_rows(moody, tmp_path):
    out = tmp_path / "out"
    run(moody, out, workers=1, max_failures=1.0)
    source = tmp_path / "moody_engine.py"
    source.write_text(MOODY.replace("900.0", "901.0"))
    sys.modules.pop("moody_engine")
    import linecache

    linecache.clearcache()
    with pytest.raises(StoreError, match="under the same names"):
        run(moody, out, workers=1, max_failures=1.0)


@pytest.mark.parametrize(
    "silence",
    [
        ("900.0", "-1.0"),  # an exception every time
        ("np.zeros(score.shape, dtype=np.int64)", "np.full(score.shape, 2)"),  # not applicable
    ],
)
def test_a_cell_without_any_fit_has_no_power_rather_than_none(tmp_path, monkeypatch, silence):
    text = MOODY.replace(*silence)
    if silence[0] != "900.0":
        text = text.replace("900.0", "np.inf").replace("score = np.rep", "score = np.nan * np.rep")
    (tmp_path / "silent_engine.py").write_text(text)
    sys.modules.pop("silent_engine", None)
    monkeypatch.syspath_prepend(str(tmp_path))
    importlib.invalidate_caches()
    study = Study.from_toml(
        write_study(tmp_path, ('kind = "euda_rule"', 'kind = "own"\nuses = "silent_engine:Moody"'))
    )
    results = run(study, tmp_path / "out", workers=1, max_failures=1.0)
    measures = results.measures()
    mine = measures[(measures["estimator"] == "euda") & (measures["compared_with"] == "")]
    assert {"power", "false_alarm_prob", "threshold", "premature_prob"} <= set(mine["measure"])
    assert mine["value"].isna().all()
    assert (mine.loc[mine["measure"] == "power", "n_failed"] == 12).all()
    paired = measures[(measures["estimator"] == "euda") & (measures["compared_with"] != "")]
    assert paired["value"].isna().all()
    exact = measures[(measures["estimator"] == "exact") & (measures["measure"] == "power")]
    assert exact.loc[exact["horizon"] == 1.0, "value"].notna().all()
    assert "NaN" not in json.dumps(results.plain())


def test_a_look_that_an_estimator_does_not_serve_counts_as_failed(tmp_path, monkeypatch):
    late = (
        "status=np.zeros(score.shape, dtype=np.int64),",
        "status=np.where(score > 900.0, 2, 0),",
    )
    text = MOODY.replace("(mean > 900.0).any()", "False").replace(*late)
    (tmp_path / "picky_engine.py").write_text(text)
    monkeypatch.syspath_prepend(str(tmp_path))
    importlib.invalidate_caches()
    study = Study.from_toml(
        write_study(tmp_path, ('kind = "euda_rule"', 'kind = "own"\nuses = "picky_engine:Moody"'))
    )
    results = run(study, tmp_path / "out", workers=1, max_failures=1.0)
    rows = results.rows()
    refused = rows[(rows["estimator"] == "euda") & (rows["status"] == int(Status.NOT_APPLICABLE))]
    expected = refused.groupby(["scenario", "design"])["replication"].nunique()
    measures = results.measures()
    power = measures[(measures["measure"] == "power") & (measures["horizon"] == 1.0)]
    power = power[(power["estimator"] == "euda") & (power["compared_with"] == "")]
    assert power["value"].notna().all()
    for (scenario, design), part in power.groupby(["scenario", "design"]):
        assert set(part["n_failed"]) == {expected.get((scenario, design), 0)}
    assert 0 < power["n_failed"].max() <= 12


def test_a_machine_without_memory_makes_no_failed_row(tmp_path, monkeypatch):
    text = MOODY.replace('ArithmeticError("too\\nmuch")', 'MemoryError("no room")')
    (tmp_path / "greedy_engine.py").write_text(text)
    sys.modules.pop("greedy_engine", None)
    monkeypatch.syspath_prepend(str(tmp_path))
    importlib.invalidate_caches()
    study = Study.from_toml(
        write_study(tmp_path, ('kind = "euda_rule"', 'kind = "own"\nuses = "greedy_engine:Moody"'))
    )
    with pytest.raises(StoppedError, match=r"replications \d+ to \d+ of .*: too little memory"):
        run(study, tmp_path / "out", workers=1, max_failures=1.0)
    assert load(tmp_path / "out").status(digest=False)["failed_rows"] == 0
