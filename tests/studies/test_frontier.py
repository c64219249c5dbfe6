"""The table of cost, power, delay and picture, against the rows of measures."""

import json

import numpy as np
import pytest

from run.tiny import write_study
from simdesign.cli import call
from simdesign.run import run
from simdesign.spec.study import Study


@pytest.fixture(scope="module")
def done(tmp_path_factory):
    """Run a tiny study with a third, dear design whose name comes first."""
    folder = tmp_path_factory.mktemp("frontier")
    more = (
        '\n[designs.a_dear_one]\nschedule = { kind = "rounds", per_year = 4 }\n\n[estimators.euda]'
    )
    study = Study.from_toml(write_study(folder, ("\n[estimators.euda]", more)))
    return run(study, folder / "out", workers=1)


def test_designs_stand_by_cost_with_their_measures_and_differences(done, capsys):
    assert call(["frontier", str(done.folder), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)["designs"]
    assert len(found) == 4 * 3
    first = [item["design"] for item in found[:3]]
    assert first == ["annual", "two", "a_dear_one"]
    costs = [item["cost_per_year"] for item in found[:3]]
    assert costs == sorted(costs)
    assert costs[0] < costs[2]
    table = done.measures()
    for item in found:
        for measure, number in item["numbers"].items():
            rows = table[
                (table["scenario"] == item["scenario"]) & (table["design"] == item["design"])
                & (table["measure"] == measure)
                & (table["horizon"] == (5.0 if measure == "restricted_mean_delay" else 3.0))
                & table["estimator"].isin(["", "exact"])
                & table["threshold"].isin(["", "operating"])
                & ((table["budget"] == 0.1) | table["budget"].isna())
            ]  # fmt: skip
            own = rows[rows["compared_with"] == ""]
            for name in ("value", "mcse"):
                assert [number[name]] == [_known(value) for value in own[name]]
            paired = rows[rows["compared_with"] == "annual"]["value"]
            assert [number["difference"]] == ([_known(value) for value in paired] or [None])
            assert paired.empty == (item["design"] == "annual")
    # six years: no programme is followed for five years after its break
    assert all(item["numbers"]["restricted_mean_delay"]["value"] is None for item in found)
    assert all(item["numbers"]["power"]["value"] is not None for item in found)


def _known(value):
    return None if np.isnan(value) else pytest.approx(value, rel=1e-9)


def test_one_scenario_in_words(done, capsys):
    name = "sigma_shared=0.1,size=0.3"
    assert call(["frontier", str(done.folder), "--scenario", name, "--threshold", "oracle"]) == 0
    text = capsys.readouterr().out.splitlines()
    assert text[0] == f"cocaine, {name} (in brackets: less annual)"
    assert [line.split()[0] for line in text[2:]] == ["annual", "two", "a_dear_one"]
    assert "(" not in text[2]
    assert all("±" in line and "(" in line for line in text[3:])


@pytest.mark.parametrize(
    ("options", "rule"),
    [
        (["--scenario", "none"], "must be one of sigma_shared=0.0,size=0.3"),
        (["--threshold", "published"], "must be operating, oracle or guarded"),
    ],
)
def test_wrong_input_is_one_line(done, capsys, options, rule):
    assert call(["frontier", str(done.folder), *options]) == 2
    error = capsys.readouterr().err
    assert rule in error
    assert error.count("\n") == 1


def test_a_folder_without_results_is_one_line(tmp_path, capsys):
    assert call(["frontier", str(tmp_path)]) == 2
    assert capsys.readouterr().err.count("\n") == 1
