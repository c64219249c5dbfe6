"""A study of one city: in this city beside somewhere among them."""

import numpy as np
import pytest

from run.tiny import write_study
from simdesign.errors import SpecError
from simdesign.run import make_plan, run
from simdesign.run.extras import effect_at_looks, pairs
from simdesign.simulate import prepare
from simdesign.spec.change import LevelShift, NoChange, Pulse, SlopeChange
from simdesign.spec.estimator import EudaRule, ExactLocal
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
    # the truth of these measures is that of the named city; a search has no city of its own
    about = measures[measures["measure"].isin(["effect_bias", "effect_coverage"])]
    assert set(about["estimator"]) == {"euda"}
    assert np.isfinite(last["effect"]).all()
    ends = last[changed & named]
    bias = about[(about["measure"] == "effect_bias")].iloc[0]
    assert bias["value"] == pytest.approx((ends["effect"] - np.log1p(2.0)).mean())


def value_of(measures, **where):
    for name, wanted in where.items():
        measures = measures[measures[name] == wanted]
    (row,) = measures.to_dict("records")
    return row


def test_the_network_measures_are_those_of_the_rows(tmp_path):
    changed = study(tmp_path, "east")
    results = run(changed, tmp_path / "out", size="quick")
    rows, measures = results.rows(), results.measures()
    budget = changed.decision.budget
    quiet = {"role": "null_world", "design": "annual", "budget": budget, "threshold": "operating"}
    found = {
        n: value_of(measures, measure="expected_false_cities", horizon=float(n), **quiet)
        for n in (20, 300)
    }
    alone = value_of(measures, measure="false_alarm_prob", estimator="euda", **quiet)
    assert found[20]["value"] == pytest.approx(20 * alone["value"])
    assert found[300]["mcse"] == pytest.approx(300 * alone["mcse"])
    assert {row["estimator"] for row in found.values()} == {"euda"}
    # at least one of the three towns, at the threshold of the named one
    threshold = value_of(
        measures, measure="threshold", estimator="euda", role="null_mixture", design="annual",
        budget=budget, threshold="operating",
    )["value"]  # fmt: skip
    world = rows[rows["scenario"] == alone["scenario"]]
    largest = world[world["estimator"] == "exact"].groupby("replication")["score"].max()
    some = value_of(measures, measure="any_false_city", horizon=3.0, **quiet)
    assert some["value"] == pytest.approx((largest > threshold).mean())
    many = value_of(measures, measure="any_false_city", horizon=300.0, **quiet)
    assert many["value"] == pytest.approx(1.0 - (1.0 - some["value"]) ** 100)
    # after a change: which city the search is about
    after = {"role": "alternative", "design": "annual", "budget": budget, "threshold": "operating"}
    right = value_of(measures, measure="right_city_prob", estimator="exact", **after)
    assert right["n_rep"] > 0
    assert 0.0 <= right["value"] <= 1.0
    assert {"type_s", "type_m"} <= set(measures[measures["estimator"] == "exact"]["measure"])


@pytest.mark.parametrize(
    "change",
    [
        LevelShift(size=0.47, where=("east",), at=2.3),
        LevelShift(size=-0.3, where=("east", "north"), at=2.3),
        SlopeChange(slope=0.2, years=1.5, where=("east",), at=2.3),
        SlopeChange(slope=-0.1, where=("east",), at=2.3),
    ],
)
def test_the_effect_on_a_city_is_that_of_the_truth(tmp_path, change):
    """Against two worlds of the same luck, with and without the change."""
    small = study(tmp_path, "east")
    world, programme = small.world, small.programme
    with_it, without = (
        prepare(world, item, programme, seed=3, luck="study").truth(0)
        for item in (change, NoChange())
    )
    look = np.array(programme.look_days)
    got = effect_at_looks(
        change, "east", "cocaine", np.array([with_it.change_day]), look, programme.end_day
    )
    at = np.minimum(look - with_it.first_day, with_it.n_day - 1)
    ratio = np.log(with_it.trend_load / without.trend_load)[0]
    np.testing.assert_allclose(got[0], ratio[world.catchments.index(_town(world, "east")), at],
                               atol=1e-9)  # fmt: skip
    other = effect_at_looks(
        change, "south", "cocaine", np.array([with_it.change_day]), look, programme.end_day
    )
    assert not other.any()
    assert not ratio[world.catchments.index(_town(world, "south")), at].any()


def _town(world, name):
    return next(item for item in world.catchments if item.name == name)


def test_an_effect_that_rows_do_not_hold_is_not_made_up():
    day, look = np.array([20_000]), np.array([21_000])
    drawn = LevelShift(size={"dist": "uniform", "low": 0.1, "high": 0.3}, where=("east",))
    for change in (
        drawn, SlopeChange(slope="plateau", where=("east",)), Pulse(where=("east",)),
        LevelShift(size={"MDMA": 0.3}, where=("east",)), NoChange(),
    ):  # fmt: skip
        assert effect_at_looks(change, "east", "cocaine", day, look, 22_000) is None
    nation = effect_at_looks(LevelShift(), "east", "cocaine", day, look, 22_000)
    assert nation.tolist() == [[0.0]]  # a city that moves with the nation does not break


def test_a_city_and_its_search_are_a_pair_when_they_share_the_model():
    named, other = ExactLocal(site="east"), ExactLocal(site="east", step_sd=0.2)
    found = pairs({"a": named, "b": other, "s": ExactLocal(), "rule": EudaRule()})
    assert [(item.site, item.named, item.searched) for item in found] == [("east", "a", "s")]


def test_a_city_of_another_world_is_refused_before_anything_runs(tmp_path):
    with pytest.raises(SpecError, match=r"estimators\.euda\.site: must be largest or a catchment"):
        make_plan(study(tmp_path, "west"), "quick")
