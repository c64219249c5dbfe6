"""`analyse` says what its answer owes to what it takes for granted."""

import pytest

from data.make_release import step_release
from simdesign.data import read
from simdesign.spec.estimator import ExactStep
from simdesign.studies.analysis import fitted
from simdesign.studies.analysis_words import caveats, plain_series


@pytest.fixture(scope="module")
def series(tmp_path_factory):
    table = read(step_release(tmp_path_factory.mktemp("release"), size=0.3))
    return fitted(table, "cocaine", table.sites, ExactStep(), "panel")


def test_the_series_has_a_table_flips_and_a_line(series):
    found = plain_series(series)["sensitivity"]
    assert len(found["plugged_in"]) == 12
    assert found["prob_low"] <= series.posterior.prob_break <= found["prob_high"]
    for row in found["plugged_in"]:
        assert row["shift"] == pytest.approx(row["prob_break"] - series.posterior.prob_break)
    assert [row["prior"] for row in found["prior_flips"]] == [
        "hazard", "sigma_shared", "sigma_rw", "step_sd",
    ]  # fmt: skip
    assert found["text"] in caveats(series)
    assert "each plugged-in value" in found["text"]


def test_a_series_that_says_nothing_has_no_sensitivity(tmp_path):
    table = read(step_release(tmp_path)).select(from_year=2022)
    short = fitted(table, "cocaine", table.sites[:1], ExactStep(), "short")
    found = plain_series(short)["sensitivity"]
    assert found["plugged_in"] == []
    assert "nothing learnt" in found["text"]
