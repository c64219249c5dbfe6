"""A fit that failed at one look says why in that row; its other looks stand."""

import importlib
import sys

from run.tiny import write_study
from simdesign.records import Status
from simdesign.run import run
from simdesign.spec.study import Study

SHY = '''
import numpy as np
from simdesign.records import ReasonedFit, Status


class Shy:
    """Scores nothing but zero, and not at all at its last looks."""

    def __init__(self, name, spec):
        self.name = name

    def fit(self, observations, looks, substance):
        score = np.zeros((observations.n_rep, looks.day.size))
        late = np.broadcast_to(looks.day > 22000, score.shape)
        nothing = np.full(score.shape, np.nan)
        return ReasonedFit(
            estimator=self.name, substance=substance, score=np.where(late, np.nan, score),
            published_alarm=np.zeros(score.shape, dtype=bool), prob_break=nothing,
            effect=nothing, effect_low=nothing, effect_high=nothing, break_day=nothing,
            log_evidence=nothing,
            status=np.where(late, int(Status.FAILED), int(Status.OK)),
            reason=tuple(tuple("too\\nlate" if x else "" for x in row) for row in late.tolist()),
        )
'''


def test_a_reason_belongs_to_its_look(tmp_path, monkeypatch):
    (tmp_path / "shy_engine.py").write_text(SHY)
    monkeypatch.syspath_prepend(str(tmp_path))
    importlib.invalidate_caches()
    study = Study.from_toml(
        write_study(tmp_path, ('kind = "euda_rule"', 'kind = "own"\nuses = "shy_engine:Shy"'))
    )
    results = run(study, tmp_path / "out", workers=1, max_failures=1.0)
    sys.modules.pop("shy_engine", None)
    rows = results.rows()
    mine = rows[rows["estimator"] == "euda"]
    late = mine["look_day"] > 22000
    assert 0 < late.sum() < len(mine)
    assert (mine.loc[late, "status"] == int(Status.FAILED)).all()
    assert (mine.loc[late, "reason"] == "too late").all()
    assert (mine.loc[~late, "status"] == int(Status.OK)).all()
    assert (mine.loc[~late, "reason"] == "").all()
    assert mine.loc[~late, "score"].notna().all()
    assert results.status()["failed_rows"] == late.sum()
    measures = results.measures()
    power = measures[(measures["measure"] == "power") & (measures["estimator"] == "euda")]
    assert power["n_failed"].max() > 0
