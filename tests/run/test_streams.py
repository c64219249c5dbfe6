"""A design's extra series reach its estimators, as far as they are reported at a look."""

import importlib
import sys

import numpy as np
import pytest

from run.tiny import write_study
from simdesign.records import Status
from simdesign.run import run
from simdesign.spec.study import Study

READER = """
import numpy as np
from simdesign.records import Fit


class Reader:
    '''Scores the newest value of a series; has none where there is none.'''

    def __init__(self, name, spec):
        self.name, self.key = name, spec.options["key"]

    def fit(self, observations, looks, substance):
        series = observations.streams.get(self.key, ())
        score = np.full((observations.n_rep, looks.day.size), np.nan)
        count = np.zeros(score.shape)
        for r, stream in enumerate(series):
            assert (stream.reported_day <= looks.day[-1]).all(), "told what is not reported"
            count[r] = stream.value.size
            if stream.value.size:
                score[r] = stream.value[-1]
        nothing = np.full(score.shape, np.nan)
        known = np.isfinite(score)
        return Fit(
            estimator=self.name, substance=substance, score=score,
            published_alarm=np.zeros(score.shape, dtype=bool), prob_break=nothing,
            effect=count, effect_low=nothing, effect_high=nothing, break_day=nothing,
            log_evidence=nothing, status=np.where(known, 0, 1).astype(np.int64),
        )
"""
USES = 'kind = "own"\nuses = "stream_reader:Reader"\noptions = {{ key = "{}/cocaine" }}'
TWO = '[designs.two]\nschedule = { kind = "fixed_weeks", weeks = [11, 37] }\n'
SIZES = (("null = 24", "null = 20"), ("alternative = 12", "alternative = 10"))


@pytest.fixture
def study(tmp_path, monkeypatch):
    """Return a maker of studies whose second design buys both series."""
    (tmp_path / "stream_reader.py").write_text(READER)
    monkeypatch.syspath_prepend(str(tmp_path))
    importlib.invalidate_caches()

    def make(folder, kind="purity", bought='["purity", "survey"]', extra=()):
        folder.mkdir()
        path = write_study(
            folder,
            ('kind = "euda_rule"', USES.format(kind)),
            ('kind = "exact_step"', 'kind = "z_test"'),
            (TWO, TWO + f"streams = {bought}\n"),
            ("[0.0, 0.1]", "[0.1]"), ("[0.3, -0.3]", "[0.3]"),
            *SIZES, *extra,
        )  # fmt: skip
        return Study.from_toml(path)

    yield make
    sys.modules.pop("stream_reader", None)


def rows_of(study, out, design="two"):
    rows = run(study, out, workers=1, replications=3).rows()
    assert (rows["reason"] == "").all()
    return rows[(rows["estimator"] == "euda") & (rows["design"] == design)]


def test_a_series_grows_with_the_reports_and_only_where_it_is_bought(study, tmp_path):
    made = study(tmp_path / "study")
    rows = run(made, tmp_path / "out", workers=1, replications=3).rows()
    mine = rows[rows["estimator"] == "euda"]
    assert (mine.loc[mine["design"] == "annual", "status"] == Status.TOO_LITTLE_DATA).all()
    two = mine[mine["design"] == "two"]
    # looks 90 days after the year's end: purity (150 days) is one year late
    for look, part in two.groupby("look"):
        assert (part["effect"] == look).all()
    late = two[two["look"] > 0]
    assert late["score"].between(0.5, 1.0).all()
    assert late["score"].nunique() > 10


def test_the_survey_comes_every_second_year_and_later(study, tmp_path):
    two = rows_of(study(tmp_path / "study", "survey"), tmp_path / "out")
    counts = two.groupby("look")["effect"].unique().apply(lambda found: found.item())
    assert counts.to_list() == [0, 1, 1, 2, 2, 3]  # years 1, 3, 5; 270 days after their end


def test_what_a_design_buys_changes_no_other_number(study, tmp_path):
    both = rows_of(study(tmp_path / "a"), tmp_path / "both")
    one = rows_of(study(tmp_path / "b", bought='["purity"]'), tmp_path / "one")
    np.testing.assert_array_equal(both["score"], one["score"])
    longer = ("[designs.annual]\n", '[designs.annual]\nhistory = "pilot"\n')
    history = rows_of(study(tmp_path / "c", extra=[longer]), tmp_path / "history")
    np.testing.assert_array_equal(both["score"], history["score"])
    np.testing.assert_array_equal(both["effect"], history["effect"])
