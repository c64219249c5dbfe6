"""A study of one city: in this city beside somewhere among them."""

import numpy as np
import pytest

from run.tiny import write_study
from simdesign.errors import SpecError
from simdesign.run import make_plan, run
from simdesign.spec.study import Study

NAMED = 'kind = "exact_local"\nsite = "{}"'
ONE_CITY = (
    ('"change.size" = [0.3, -0.3]', '"change.size" = [2.0]'),
    ('kind = "level_shift"', 'kind = "level_shift"\nwhere = ["east"]'),
    ("alternative = 12", "alternative = 10"),
    ("null = 24", "null = 20"),
    ('sigma_shared" = [0.0, 0.1]', 'sigma_shared" = [0.1]'),
    ('[designs.two]\nschedule = { kind = "fixed_weeks", weeks = [11, 37] }\n', ""),
)


def study(folder, site):
    return Study.from_toml(
        write_study(
            folder,
            ('kind = "euda_rule"', NAMED.format(site)),
            ('kind = "exact_step"', NAMED.format("largest")),
            *ONE_CITY,
        )
    )


def test_a_city_that_changes_is_scored_alone_and_among_all(tmp_path):
    results = run(study(tmp_path, "east"), tmp_path / "out", size="quick")
    rows = results.rows()
    last = rows[rows["look"] == rows["look"].max()]
    changed = last["scenario"].str.contains("size")
    named, largest = last["estimator"] == "euda", last["estimator"] == "exact"
    assert (last["status"] == 0).all()
    assert last[changed & named]["score"].mean() > last[~changed & named]["score"].mean() + 1.0
    both = [last[where].sort_values(["scenario", "design", "replication"])["score"].to_numpy()
            for where in (named, largest)]  # fmt: skip
    assert both[0].size > 0
    assert (both[1] >= both[0]).all()
    assert (both[1] > both[0]).any()
    measures = results.measures()
    assert {"power", "false_alarm_prob"} <= set(measures["measure"])
    # the truth of these measures is the nation's, the effect is the city's
    assert not measures["measure"].isin(["effect_bias", "effect_coverage"]).any()
    assert np.isfinite(last["effect"]).all()


def test_a_city_of_another_world_is_refused_before_anything_runs(tmp_path):
    with pytest.raises(SpecError, match=r"estimators\.euda\.site: must be largest or a catchment"):
        make_plan(study(tmp_path, "west"), "quick")
