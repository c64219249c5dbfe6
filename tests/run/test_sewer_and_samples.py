"""A study whose worlds have every term of sewer and samples runs to its rows."""

import numpy as np

from run.tiny import TINY
from simdesign.records import Status
from simdesign.run import run
from simdesign.spec.study import Study

TERMS = """
[world.rain]
[world.meters]
[world.odd_days]
[world.missing]
round = 0.1
[world.laboratories]
change = { date = 2029-01-01, sites = ["east"] }
[world.substances.cocaine.sewer_loss]
season = 0.05
[world.substances.cocaine.dumping]
rate = 3.0
"""


def study(tmp_path, text):
    (tmp_path / "study.toml").write_text(text, encoding="utf-8")
    return Study.from_toml(tmp_path / "study.toml")


def test_a_study_with_all_terms_runs_and_a_term_is_a_factor(tmp_path):
    factor = '"world.missing.round" = [0.0, 0.1]\n"change.size" = [0.3]'
    text = TINY.replace('"change.size" = [0.3, -0.3]', factor).replace("[null]", TERMS + "[null]")
    text = text.replace('"world.substances.*.sigma_shared" = [0.0, 0.1]', "")
    of = study(tmp_path, text)
    rows = run(of, tmp_path / "out", workers=1, replications=4).rows()
    assert (rows["reason"] == "").all()
    assert set(rows["status"]) <= {int(Status.OK), int(Status.TOO_LITTLE_DATA)}
    last = rows[(rows["estimator"] == "exact") & (rows["look"] == rows["look"].max())]
    assert np.isfinite(last["score"]).all()
    # The same luck: a world whose rounds fail differs from one whose rounds do not.
    two = last[last["scenario"].str.contains("size")].pivot_table(
        index=["replication", "design"], columns="scenario", values="score"
    )
    assert two.shape[1] == 2
    assert (two.iloc[:, 0] != two.iloc[:, 1]).any()
