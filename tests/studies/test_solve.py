"""The command: its answer in words and as JSON, and wrong input in one line."""

import json

import pytest

from run.tiny import write_study
from run.toy import toy
from simdesign.cli import call
from simdesign.run.question import question_of
from simdesign.spec.study import Study

ONE = (("[0.0, 0.1]", "[0.0]"), ("[0.3, -0.3]", "[0.3]"))


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    return write_study(tmp_path_factory.mktemp("solve"), *ONE)


@pytest.fixture(scope="module")
def quick(tmp_path_factory):
    """Return the file of a study whose estimator takes no time."""
    folder = tmp_path_factory.mktemp("quick")
    toy(folder)
    return folder / "toy.toml"


@pytest.fixture(scope="module")
def many(tmp_path_factory):
    return write_study(tmp_path_factory.mktemp("many"))


def solved(capsys, *words):
    status = call(["solve", *map(str, words)])
    captured = capsys.readouterr()
    return status, captured.out, captured.err


def test_it_answers_in_words_and_json(quick, tmp_path, capsys):
    words = [quick, "--knob", "size=0.1:1.5:0.1", "--limit", "200", "--within", "0.5"]
    words += ["--target", "power@2=0.5", "--budget", "0.5", "--out", tmp_path / "out"]
    status, out, err = solved(capsys, *words)
    assert status == 0, err
    assert out.startswith("toy, world of change: cocaine, estimator toy\n")
    assert "target: P(noticed within 2 years) at least 0.5, P(false alarm in 3 years) 0.5" in out
    assert "annual: smallest change: +" in out
    assert "quarterly: smallest change: " in out
    assert "95 % interval" in out
    assert "200 replications:" in err
    status, again, _ = solved(capsys, *words, "--json")
    assert status == 0
    content = json.loads(again)
    assert [row["design"] for row in content["rows"]] == ["annual", "quarterly"]
    assert content == json.loads((tmp_path / "out" / "solve.json").read_text())
    for item in content["curve"]:
        assert item["mcse"] > 0.0 or item["value"] in (0.0, 1.0)
        assert item["unchanged"] == 3 * item["replications"]


def test_pairs_are_printed_with_their_cost(quick, tmp_path, capsys):
    status, out, err = solved(
        capsys, quick, "--knob", "rounds=3:4", "--knob", "sites=2:4", "--target", "power@2=0.7",
        "--limit", "200", "--out", tmp_path / "out",
    )  # fmt: skip
    assert status == 0, err
    assert "smallest pairs that reach it (by estimate):\n  rounds " in out
    assert out.count("<- cheapest") == 1
    assert "P(cheapest) 0." in out or "P(cheapest) 1.00" in out


def test_no_value_reaches_it(quick, tmp_path, capsys):
    status, out, err = solved(
        capsys, quick, "--knob", "days=1:3", "--target", "power@2=0.999", "--out",
        tmp_path / "out", "--limit", "200",
    )  # fmt: skip
    assert (status, out) == (2, "")
    last = err.splitlines()[-1]
    assert "--target: is reached by no value: the largest tried, days 3, gives 0." in last
    assert "a target of 0." in last
    assert last.endswith("got 'power@2=0.999'")
    named = float(last.split("a target of ")[1].split()[0])  # ... is feasible indeed
    status, _, err = solved(
        capsys, quick, "--knob", "days=1:3", "--target", f"power@2={named}", "--out",
        tmp_path / "out", "--limit", "200",
    )  # fmt: skip
    assert "is reached by no value" not in err


def test_the_smallest_value_reaches_it(quick, tmp_path, capsys):
    status, out, err = solved(
        capsys, quick, "--knob", "days=1:3", "--target", "power@2=0.01", "--out",
        tmp_path / "out", "--limit", "200",
    )  # fmt: skip
    assert (status, out) == (2, "")
    assert "is reached by the smallest value already: days 1 gives 0." in err.splitlines()[-1]


WRONG = {
    "unknown knob": (["--knob", "weeks"], ["--knob", "must be one of rounds, days, sites"]),
    "reversed": (["--knob", "rounds=6:2"], ["--knob", "from low to high", "rounds=6:2"]),
    "empty": (["--knob", "rounds=3:3"], ["--knob", "two values or more"]),
    "half a range": (["--knob", "rounds=3"], ["--knob", "NAME=LOW:HIGH"]),
    "half a day": (["--knob", "days=1.5:3"], ["--knob", "whole numbers"]),
    "too many days": (["--knob", "days=1:8"], ["--knob", "must be 1 to 7"]),
    "too many sites": (["--knob", "sites=1:4"], ["--knob", "must be 1 to 3"]),
    "no step": (["--knob", "size=0.1:0.5:0"], ["--knob", "above 0"]),
    "nothing smaller than nothing": (["--knob", "size=-0.2:0.5"], ["--knob", "above 0"]),
    "two equal knobs": (
        ["--knob", "days", "--knob", "days=1:4"], ["--knob", "two different", "days"],
    ),
    "three knobs": (
        ["--knob", "days", "--knob", "rounds", "--knob", "years"], ["once or twice"],
    ),
    "a certain target": (["--knob", "days", "--target", "power=1"], ["--target", "(0, 1)"]),
    "a target of nothing": (["--knob", "days", "--target", "power=0"], ["--target", "(0, 1)"]),
    "no number": (["--knob", "days", "--target", "power"], ["--target", "MEASURE=VALUE"]),
    "unknown measure": (["--knob", "days", "--target", "bias=0.1"], ["--target", "power"]),
    "delay beyond its restriction": (
        ["--knob", "days", "--target", "restricted_mean_delay@3=4"], ["below 3 years"],
    ),
    "a picture over other years": (
        ["--knob", "days", "--target", "large_error_prob@2=0.1"], ["over 3 years"],
    ),
    "years twice": (["--knob", "years", "--target", "power@3=0.5"], ["they are the knob"]),
    "years of a delay": (
        ["--knob", "years", "--target", "restricted_mean_delay=2"], ["more is not better"],
    ),
    "size of a picture": (
        ["--knob", "size", "--target", "large_error_prob=0.2"], ["more is not better"],
    ),
    "budget": (["--knob", "days", "--budget", "1"], ["--budget", "(0, 1)"]),
    "budget that nothing can set": (["--knob", "days", "--budget", "0.001"], ["0.0017 or more"]),
    "threshold": (["--knob", "days", "--threshold", "guarded"], ["operating or oracle"]),
    "design": (["--knob", "days", "--design", "weekly"], ["--design", "annual, two"]),
    "two designs and two knobs": (
        ["--knob", "days", "--knob", "rounds", "--design", "annual", "--design", "two"],
        ["--design", "must be one with two knobs"],
    ),
    "estimator": (["--knob", "days", "--estimator", "best"], ["--estimator", "euda, exact"]),
    "substance": (["--knob", "days", "--substance", "MDMA"], ["--substance", "cocaine"]),
    "size of the study": (["--knob", "days", "--size", "huge"], ["size", "quick"]),
    "limit": (["--knob", "days", "--limit", "100"], ["--limit", "200"]),
    "within without size": (["--knob", "days", "--within", "0.1"], ["--within", "--knob size"]),
    "workers": (["--knob", "days", "--workers", "0"], ["--workers", ">= 1"]),
}  # fmt: skip


@pytest.mark.parametrize("options", WRONG.values(), ids=WRONG.keys())
def test_wrong_input_is_one_line(study, tmp_path, capsys, options):
    given, words = options
    status, out, err = solved(capsys, study, *given, "--out", tmp_path / "out")
    assert (status, out) == (2, "")
    assert len(err.splitlines()) == 1, err
    for word in words:
        assert word in err
    assert not (tmp_path / "out").exists()


def test_several_changes_must_be_chosen_from(many, tmp_path, capsys):
    status, _, err = solved(capsys, many, "--knob", "days", "--out", tmp_path / "out")
    assert status == 2
    assert "--scenario: must be one of sigma_shared=0.0,size=0.3; " in err
    status, _, err = solved(capsys, many, "--knob", "size", "--out", tmp_path / "out")
    assert status == 2  # two worlds
    assert "--scenario" in err


def test_designs_without_such_a_number(tmp_path, capsys):
    named = ("weeks = [11, 37] }", "weeks = [11, 37] }\nsites = ['north', 'east']")
    study = write_study(tmp_path, *ONE, named)
    status, _, err = solved(capsys, study, "--knob", "sites", "--design", "two")
    assert status == 2
    assert "designs.two.sites: names its sites" in err
    staggered = ('{ kind = "fixed_weeks", weeks = [11, 37] }',
                 '{ kind = "staggered", weeks = [11, 12] }')  # fmt: skip
    study = write_study(tmp_path, *ONE, staggered)
    status, _, err = solved(capsys, study, "--knob", "rounds", "--design", "two")
    assert status == 2
    assert "designs.two.schedule: has no number of rounds" in err


def test_help_has_an_example(capsys):
    assert call(["solve", "--help"]) == 0
    assert "Examples: simdesign solve study.toml" in " ".join(capsys.readouterr().out.split())


def test_a_scenario_is_meant_by_its_levels(many):
    study = Study.from_toml(many)
    meant = question_of(
        study, knobs=["years"], scenario="size=.3, sigma_shared=0", substance="cocaine"
    )
    assert meant.scenario.name == "sigma_shared=0.0,size=0.3"
