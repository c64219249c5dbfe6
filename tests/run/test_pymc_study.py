"""The PyMC engine in a study: from the file to rows, with the diagnostics' verdict in them."""

import pytest

from run.tiny import write_study
from simdesign.errors import SpecError
from simdesign.records import Status
from simdesign.run import run
from simdesign.spec.pymc import Pymc, PymcRobust
from simdesign.spec.study import Study

SHORT = 'kind = "pymc"\nbreak_intervals = [3]\nsampling = { tune = 50, draws = 100, min_ess = 60 }'


def test_a_study_file_names_both_engines(tmp_path):
    path = write_study(
        tmp_path,
        ('kind = "euda_rule"', 'kind = "pymc"\nsampling = { draws = 300 }'),
        ('kind = "exact_step"', 'kind = "pymc_robust"\ndegrees = 4.0'),
    )
    study = Study.from_toml(path)
    assert isinstance(study.estimators["euda"], Pymc)
    assert isinstance(study.estimators["exact"], PymcRobust)
    with pytest.raises(SpecError, match=r"chains"):
        Study.from_toml(
            write_study(
                tmp_path, ('kind = "euda_rule"', 'kind = "pymc"\nsampling = { chains = 1 }')
            )
        )


def test_rows_hold_its_answers_and_its_failures(tmp_path):
    small = [
        ("years = 6", "years = 5"),
        ('"world.substances.*.sigma_shared" = [0.0, 0.1]\n', ""),
        ('"change.size" = [0.3, -0.3]', '"change.size" = [0.3]'),
    ]
    path = write_study(tmp_path, ('kind = "euda_rule"', SHORT), *small)
    rows = run(Study.from_toml(path), tmp_path / "out", replications=2, workers=1).rows()
    mine = rows[rows["estimator"] == "euda"]
    assert set(mine["status"]) == {int(Status.OK), int(Status.TOO_LITTLE_DATA), int(Status.FAILED)}
    failed = mine["status"] == int(Status.FAILED)
    assert mine.loc[failed, "reason"].str.contains("ESS|R-hat|diverged").all()
    assert mine.loc[failed, "score"].isna().all()
    assert (mine.loc[~failed, "reason"] == "").all()
    assert mine.loc[~failed, "prob_break"].between(0, 1).all()
    assert mine.loc[~failed, "score"].notna().all()
