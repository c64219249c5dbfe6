"""Questions whose answer has a closed form, through simulator, store and threshold."""

import json
import math
import shutil

import numpy as np
import pytest
from closed_form import national_se
from scipy import stats

from run.tiny import write_study
from run.toy import BUDGET, toy
from simdesign.errors import SpecError
from simdesign.run import load
from simdesign.run.question import question_of
from simdesign.run.solve import plain_answer, solve
from simdesign.spec.study import Study
from simdesign.units import DAYS_PER_YEAR

Z = float(stats.norm.isf(BUDGET / 2))


def power(size, *, rounds=1, sites=4, shared=0.10):
    """P(two years' means differ by more than the threshold), both normal."""
    error = math.sqrt(2.0 / rounds) * national_se(shared, n_site=sites)
    shift = math.log1p(size) / error
    return stats.norm.sf(Z - shift) + stats.norm.cdf(-Z - shift)


@pytest.fixture(scope="module")
def rounds(tmp_path_factory):
    """Solve for rounds once."""
    folder = tmp_path_factory.mktemp("rounds")
    question = question_of(toy(folder), knobs=["rounds=1:8"], target="power@2=0.8")
    return solve(question, folder / "out", limit=800)


def test_the_smallest_number_of_rounds_is_that_of_the_closed_form(rounds):
    truth = next(m for m in range(1, 9) if power(0.2, rounds=m) >= 0.8)
    assert 2 <= truth <= 7  # neither end of the range
    root = rounds.found.root(0)
    assert root.low <= truth <= root.high
    assert root.prob.get(float(truth), 0.0) > 0.05
    for (_, m), reading in rounds.found.readings.items():
        known = power(0.2, rounds=m)
        assert abs(reading.value - known) <= 5.0 * reading.mcse + 1e-9, m


def test_the_answer_in_the_folder_counts_what_was_fitted(rounds):
    content = json.loads((rounds.folder / "solve.json").read_text())
    assert content == json.loads(json.dumps(plain_answer(rounds)))
    looks = 3
    most = {item["rounds"]: item["replications"] for item in content["curve"]}
    assert content["fits"] == looks * sum(n + 3 * n + 20 for n in most.values())
    assert content["rungs"][0]["replications"] == 200
    costs = [item["cost_per_year"] for item in content["curve"]]
    assert costs == sorted(costs)


def test_the_readings_are_the_measures_of_the_study_in_the_folder(rounds):
    results = load(rounds.folder)
    assert results.status(digest=False)["missing"] == 0
    table = results.measures()
    table = table[(table["measure"] == "power") & (table["horizon"] == 2.0)]
    table = table[(table["threshold"] == "operating") & (table["compared_with"] == "")]
    assert len(table) > 0
    for _, line in table.iterrows():
        point = (0, float(line["design"].removeprefix("annual-rounds")))
        assert rounds.found.readings[point].value == line["value"]
        assert rounds.found.readings[point].mcse == line["mcse"]


def test_a_search_that_was_stopped_goes_on_to_the_same_bits(rounds, tmp_path, monkeypatch):
    out = tmp_path / "out"
    shutil.copytree(rounds.folder, out)
    whole = {path.name: path.read_bytes() for path in out.glob("shards/*")}
    (out / "solve.json").unlink()
    for path in sorted(out.glob("shards/*"))[::3]:
        path.unlink()
    left = len(list(out.glob("shards/*")))
    monkeypatch.setattr("simdesign.run.search.FIRST", 200)
    again = solve(rounds.question, out, limit=800)
    assert len(list(out.glob("shards/*"))) > left
    assert plain_answer(again) == plain_answer(rounds)
    assert (out / "solve.json").read_bytes() == (rounds.folder / "solve.json").read_bytes()
    for path in out.glob("shards/*"):  # a shard's name vouches for its rows
        if path.name in whole:
            assert path.stat().st_size > 0
    before = {path.name for path in out.glob("shards/*")}
    solve(rounds.question, out, limit=800)
    assert {path.name for path in out.glob("shards/*")} == before  # nothing is computed twice


def test_another_target_uses_the_same_rows(rounds, tmp_path):
    out = tmp_path / "out"
    shutil.copytree(rounds.folder, out)
    n = len(list(out.glob("shards/*")))
    question = question_of(rounds.question.study, knobs=["rounds=1:8"], target="power@2=0.55")
    root = solve(question, out, limit=200).found.root(0)
    truth = next(m for m in range(1, 9) if power(0.2, rounds=m) >= 0.55)
    assert root.low <= truth <= root.high
    assert len(list(out.glob("shards/*"))) <= n + 6


def test_a_mean_delay_asks_the_same_where_every_alarm_comes_at_one_delay(rounds, tmp_path):
    out = tmp_path / "out"
    shutil.copytree(rounds.folder, out)
    programme = rounds.question.study.programme
    since = programme.start_day + int(0.98 * DAYS_PER_YEAR)  # the break, to the day
    delay = (programme.look_days[1] - since) / DAYS_PER_YEAR
    level = 2.0 - 0.8 * (2.0 - delay)
    question = question_of(
        rounds.question.study, knobs=["rounds=1:8"], target=f"restricted_mean_delay@2={level}"
    )
    answer = solve(question, out, limit=200)
    for point, reading in answer.found.readings.items():
        share = (2.0 - reading.value) / (2.0 - delay)
        known = power(0.2, rounds=point[1])
        assert abs(share - known) <= 5.0 * reading.mcse / (2.0 - delay) + 0.01
    truth = next(m for m in range(1, 9) if power(0.2, rounds=m) >= 0.8)
    root = answer.found.root(0)
    assert root.low <= truth <= root.high


def test_sites_and_the_oracle_threshold(tmp_path):
    study = toy(tmp_path, shared=0.0, size=0.25)
    question = question_of(
        study, knobs=["sites"], target="power@2=0.8", threshold="oracle", budget=0.2
    )
    root = solve(question, tmp_path / "out", limit=400).found.root(0)
    truth = next(n for n in range(1, 5) if power(0.25, sites=n, shared=0.0) >= 0.8)
    assert truth in (2, 3)
    assert root.low <= truth <= root.high


def test_the_minimum_detectable_change_of_every_design(tmp_path):
    question = question_of(toy(tmp_path), knobs=["size=0.05:1"], target="power@2=0.8")
    answer = solve(question, tmp_path / "out", limit=400, within=0.05)
    for row, (design, m) in enumerate((("annual", 1), ("quarterly", 4))):
        assert question.designs[row] == design
        error = math.sqrt(2.0 / m) * national_se(0.10, n_site=4)
        known = math.expm1((Z + stats.norm.ppf(0.8)) * error)  # the other tail is nothing
        root = answer.found.root(row)
        assert abs(root.value - known) <= 5.0 * (root.high - root.low) / 3.92
        assert root.high - root.low < 0.25


def test_a_fall_has_its_own_direction(tmp_path):
    question = question_of(toy(tmp_path, size=-0.2), knobs=["size"], designs=["quarterly"],
                           target="power@2=0.8")  # fmt: skip
    answer = solve(question, tmp_path / "out", limit=200, within=0.05)
    error = math.sqrt(0.5) * national_se(0.10, n_site=4)
    known = -math.expm1(-(Z + stats.norm.ppf(0.8)) * error)
    root = answer.found.root(0)
    assert abs(root.value - known) <= 5.0 * (root.high - root.low) / 3.92
    assert all(item["size"] < 0.0 for item in plain_answer(answer)["curve"])


def test_years_are_read_from_one_run(tmp_path):
    study = Study.from_toml(
        write_study(tmp_path, ("[0.0, 0.1]", "[0.0]"), ("[0.3, -0.3]", "[0.3]"))
    )
    question = question_of(study, knobs=["years=1:3"], target="power=0.5", budget=0.5)
    answer = solve(question, tmp_path / "out", limit=40)
    readings = answer.found.readings
    results = load(tmp_path / "out")
    table = results.measures()
    curve = table[(table["measure"] == "delay_curve") & (table["threshold"] == "operating")]
    for years in (1.0, 2.0, 3.0):
        line = curve[curve["horizon"] == years].iloc[0]
        assert readings[0, years].value == pytest.approx(line["value"], rel=1e-12)
    values = [readings[0, years].value for years in (1.0, 2.0, 3.0)]
    assert values == sorted(values)
    assert len({item["replications"] for item in plain_answer(answer)["curve"]}) == 1


def test_two_knobs_give_the_smallest_pairs(tmp_path):
    study = toy(tmp_path, shared=0.05, size=0.2)
    question = question_of(study, knobs=["rounds=1:3", "sites=1:4"], target="power@2=0.8")
    answer = solve(question, tmp_path / "out", limit=200)
    content = plain_answer(answer)
    pairs = [(item["rounds"], item["sites"]) for item in content["smallest"]]
    assert pairs == sorted(pairs)
    assert [s for _, s in pairs] == sorted({s for _, s in pairs}, reverse=True)
    for row, item in enumerate(content["rows"]):
        reaching = [
            n for n in range(1, 5) if power(0.2, rounds=row + 1, sites=n, shared=0.05) >= 0.8
        ]
        truth = min(reaching, default=math.inf)
        assert item["low"] <= truth
        assert truth <= (math.inf if item["high"] is None else item["high"])
    total = sum(item["cheapest_prob"] for item in content["curve"])
    assert total == pytest.approx(1.0, abs=0.05)


def test_a_picture_needs_no_threshold(tmp_path):
    study = Study.from_toml(
        write_study(tmp_path, ("[0.0, 0.1]", "[0.1]"), ("[0.3, -0.3]", "[0.3]"))
    )
    question = question_of(study, knobs=["rounds=1:2"], target="large_error_prob=0.99")
    with pytest.raises(SpecError, match="by the smallest value already: rounds 1 gives"):
        solve(question, tmp_path / "out", limit=40)
    results = load(tmp_path / "out").measures()
    line = results[(results["measure"] == "large_error_prob") & (results["role"] == "alternative")]
    stored = json.loads((tmp_path / "out" / "solve.json").read_text())["curve"]
    by_design = {f"annual-rounds{item['rounds']:g}": item["value"] for item in stored}
    own = line[line["compared_with"] == ""].set_index("design")["value"].to_dict()
    assert own == by_design
    np.testing.assert_allclose(
        line[line["compared_with"] == ""]["mcse"], [item["mcse"] for item in stored], rtol=1e-9
    )
