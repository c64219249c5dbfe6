"""The explorer's numbers are the study's own, at its budget and at others."""

import math

import numpy as np
import pytest

OTHER = 0.20


def unpacked(content, key, *axes):
    """Return an array of one substance with its axes; NaN where nothing is known."""
    part = content["substances"][0]
    unit = 100 if key.startswith("delay") else 1000
    values = [math.nan if value is None else value / unit for value in part[key]]
    return np.array(values).reshape(axes)


def shape(content):
    return len(content["designs"]), len(content["budgets"])


def known(frame, measure, scenario, design, horizon=None):
    rows = frame[
        (frame["measure"] == measure) & (frame["scenario"] == scenario)
        & (frame["design"] == design) & (frame["estimator"] == "exact")
        & (frame["threshold"] == "operating") & (frame["compared_with"] == "")
    ]  # fmt: skip
    if horizon is not None:
        rows = rows[np.isclose(rows["horizon"].astype(float), horizon)]
    return rows


@pytest.mark.parametrize("budget", [0.10, OTHER])
def test_every_number_is_that_of_the_evaluation_at_this_budget(results, content, budget):
    frame = results.measures(budget)
    frame = frame[np.isclose(frame["budget"].astype(float), budget)]
    part, b = content["substances"][0], content["budgets"].index(budget)
    cells, (m, n_b) = len(part["cells"]), shape(content)
    horizons, times = content["horizons"], content["times"]
    compared = 0
    for key, measure, points in (
        ("power", "power", horizons), ("curve", "delay_curve", times),
        ("delay", "restricted_mean_delay", [part["delay_years"]]),
    ):  # fmt: skip
        unit = 0.00501 if key == "delay" else 0.000501  # half a stored step
        axes = (cells, m, n_b, len(points))
        value, error = unpacked(content, key, *axes), unpacked(content, f"{key}_error", *axes)
        for c, scenario in enumerate(part["scenarios"]):
            for number, design in enumerate(content["designs"]):
                for h, horizon in enumerate(points):
                    row = known(frame, measure, scenario, design["design"], horizon)
                    assert len(row) == 1
                    mine = float(row["value"].iloc[0]), float(row["mcse"].iloc[0])
                    told = value[c, number, b, h], error[c, number, b, h]
                    np.testing.assert_allclose(told, mine, atol=unit)
                    compared += not math.isnan(mine[0])
    assert compared > 400


def test_false_alarms_are_those_of_the_unchanged_world(results, content):
    frame, part = results.measures(), content["substances"][0]
    axes = (len(part["worlds"]), *shape(content))
    value = unpacked(content, "false_alarm", *axes)
    error = unpacked(content, "false_alarm_error", *axes)
    for b, budget in enumerate(content["budgets"]):
        if budget not in results.study.decision.budgets:
            continue
        at = frame[np.isclose(frame["budget"].astype(float), budget)]
        worlds = [item.name for item in results.plan.scenarios if item.role == "null_world"]
        for w, world in enumerate(worlds):
            for m, design in enumerate(content["designs"]):
                row = known(at, "false_alarm_prob", world, design["design"])
                mine = float(row["value"].iloc[0]), float(row["mcse"].iloc[0])
                np.testing.assert_allclose((value[w, m, b], error[w, m, b]), mine, atol=0.000501)


def test_default_prices_give_the_study_s_costs_and_own_prices_count(results, content):
    frame = results.measures()
    rows = frame[(frame["measure"] == "cost") & (frame["compared_with"] == "")]
    cost = dict(zip(rows["design"], rows["value"].astype(float), strict=True))
    for design in content["designs"]:
        mine = np.dot(design["counts"], content["units"])
        assert mine == pytest.approx(cost[design["design"]], abs=1e-3)
    batches = {item["design"]: item["counts"][3] for item in content["designs"]}
    assert batches["four_rounds"] == pytest.approx(1.5 * 4 * batches["annual"])


def test_a_budget_that_few_programmes_cannot_set_is_left_out(content):
    assert content["budgets"] == [0.02, 0.05, 0.1, 0.2, 0.5]  # 49 unchanged programmes are enough


def test_an_excluded_world_is_no_cell(content):
    part = content["substances"][0]
    assert len(part["worlds"]) == 3
    assert len(part["cells"]) == 6
    assert [item["path"].split(".")[-1] for item in content["factors"]] == ["sigma_shared", "r_lab"]


def test_designs_are_schedules_with_sites_and_days(content):
    found = {item["design"]: item for item in content["designs"]}
    for name, sites, days in (("ten_sites", 10, 7), ("three_days", 20, 3)):
        assert found[name]["base"] == "annual"
        assert (found[name]["sites"], found[name]["days"]) == (sites, days)
    assert found["four_rounds"]["base"] == "four_rounds"  # its prices differ, too
    assert found["annual"]["turns_sites"]
    assert not found["staggered"]["turns_sites"]
