"""Packages in a process of their own, within a study: a crash is a row and costs no worker."""

import importlib
import sys

import pytest

from run.tiny import write_study
from simdesign.fit import isolated
from simdesign.records import Status
from simdesign.run import run
from simdesign.spec.study import Study

CRASHING = """
import os

import numpy as np
from simdesign.fit import isolated
from simdesign.records import Fit


def mean_load(load):
    mean = np.nanmean(load, axis=(1, 2))
    if (mean > 1150.0).any():
        os.abort()
    return mean


class Crashing:
    '''Scores the load, in a process of its own; dies of high ones.'''

    def __init__(self, name, spec):
        self.name = name

    def fit(self, observations, looks, substance):
        mean = isolated.call("crashing_engine:mean_load", observations.load[:, 0], seconds=20.0)
        score = np.repeat(mean[:, None], looks.day.size, axis=1)
        nothing = np.full(score.shape, np.nan)
        return Fit(
            estimator=self.name, substance=substance, score=score,
            published_alarm=np.zeros(score.shape, dtype=bool), prob_break=nothing,
            effect=nothing, effect_low=nothing, effect_high=nothing, break_day=nothing,
            log_evidence=nothing, status=np.zeros(score.shape, dtype=np.int64),
        )
"""
ENGINES = (
    ('kind = "euda_rule"', 'kind = "own"\nuses = "crashing_engine:Crashing"'),
    ('kind = "exact_step"', 'kind = "ruptures"'),
    ("[0.0, 0.1]", "[0.1]"),
    ("[0.3, -0.3]", "[0.3]"),
    ('[designs.two]\nschedule = { kind = "fixed_weeks", weeks = [11, 37] }\n', ""),
)


@pytest.fixture
def study(tmp_path, monkeypatch):
    (tmp_path / "crashing_engine.py").write_text(CRASHING)
    monkeypatch.syspath_prepend(str(tmp_path))
    importlib.invalidate_caches()
    isolated.stop()  # a server knows the paths of its start
    yield Study.from_toml(write_study(tmp_path, *ENGINES))
    isolated.stop()
    sys.modules.pop("crashing_engine", None)


def test_a_crash_is_a_row_with_its_reason_and_the_others_are_there(study, tmp_path):
    results = run(study, tmp_path / "one", workers=1, replications=4, max_failures=1.0)
    rows = results.rows()
    assert len(rows) == results.plan.n_row
    mine = rows[rows["estimator"] == "euda"]
    failed = mine["status"] == int(Status.FAILED)
    assert 0 < failed.sum() < len(mine)
    (reason,) = set(mine.loc[failed, "reason"])
    assert reason == "IsolatedError: crashing_engine:mean_load died of SIGABRT"
    assert mine.loc[~failed, "score"].between(100.0, 1150.0).all()
    others = rows[rows["estimator"] == "exact"]
    assert (others["reason"] == "").all()
    assert set(others["status"]) == {int(Status.OK), int(Status.TOO_LITTLE_DATA)}
    two = run(study, tmp_path / "two", workers=2, replications=4, max_failures=1.0, task_size=2)
    assert two.digest() == results.digest()
