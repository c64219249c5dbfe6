"""``simdesign check-model``: what it prints and writes, and what it refuses."""

import csv
import json

import pytest

from run.tiny import write_study
from simdesign.cli import call
from simdesign.run import Store, make_plan
from simdesign.spec.study import Study


@pytest.fixture(scope="module")
def checked(tmp_path_factory):
    folder = tmp_path_factory.mktemp("check")
    study = write_study(folder)
    assert call(["check-model", str(study), "--draws", "100", "--out", str(folder / "out")]) == 0
    return study, folder / "out"


def rows(path):
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_all_tables_are_written(checked):
    _, out = checked
    names = {path.name for path in out.iterdir()}
    assert names == {
        "model_check.json", "model_check.md", "model_check_tests.csv",
        "model_check_frequencies.csv", "model_check_curves.csv",
    }  # fmt: skip
    content = json.loads((out / "model_check.json").read_text())
    assert content["checked"] is True
    tests = rows(out / "model_check_tests.csv")
    judged = [row for row in tests if row["variant"] == "own"]
    assert len(judged) == content["n_test"]
    assert all(row["adjusted_p"] for row in judged)
    wrong = [row for row in tests if row["variant"] != "own"]
    assert {row["variant"] for row in wrong} >= {"heavy_days", "transients", "dumping"}
    assert not any(row["adjusted_p"] for row in wrong)  # reported, never judged
    for row in rows(out / "model_check_frequencies.csv"):
        assert float(row["mcse"]) >= 0.0
    text = (out / "model_check.md").read_text()
    assert content["kernels"] in text
    assert "--draws 100" in text


def test_a_study_may_be_run_where_it_was_checked(checked):
    study, out = checked
    Store(out).check(make_plan(Study.from_toml(study), "quick", None, study.parent))


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--draws", "7"], ["--draws", "at least 100", "7"]),
        (["--size", "huge"], ["--size", "quick, full", "huge"]),
    ],
)
def test_wrong_options_are_one_line(checked, capsys, options, words):
    study, out = checked
    assert call(["check-model", str(study), "--out", str(out), *options]) == 2
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 1
    assert all(word in lines[0] for word in words)


def test_a_study_without_a_model_is_refused(checked, tmp_path, capsys):
    text = checked[0].read_text().replace('kind = "exact_step"', 'kind = "linear_trend"')
    study = tmp_path / "study.toml"
    study.write_text(text)
    assert call(["check-model", str(study), "--out", str(tmp_path / "out")]) == 2
    assert "Bayesian" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_a_folder_of_something_else_is_left_alone(checked, tmp_path, capsys):
    (tmp_path / "notes.txt").write_text("mine")
    assert call(["check-model", str(checked[0]), "--out", str(tmp_path)]) == 2
    assert "manifest.json" in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["notes.txt"]
