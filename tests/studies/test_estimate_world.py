"""`simdesign estimate-world` and `predict-next`, from file to file, with very short chains."""

import hashlib
import json
import tomllib
from dataclasses import replace

import numpy as np
import pytest
import typer
from typer.testing import CliRunner

from estimate.towns import middle, panel, write_release
from simdesign.estimate import read_draws
from simdesign.estimate.replicate import simulate_weeks
from simdesign.spec.study import World
from simdesign.studies import estimate_world, predict_next


@pytest.fixture(scope="module")
def app():
    application = typer.Typer()
    estimate_world.register(application)
    predict_next.register(application)
    return application


@pytest.fixture(scope="module")
def release(tmp_path_factory):
    loud = middle() | {"day_scale": 0.3}  # day noise that leaves room for the measuring errors
    weeks = simulate_weeks(panel(3, 3, 6), loud, np.random.default_rng(4))[0]
    # weekly profiles of the prior are wilder than any world allows: each site's becomes a real one
    own = weeks.log_load - weeks.log_load.mean(axis=1, keepdims=True)
    mean = np.array([own[weeks.site == s].mean(axis=0) for s in range(len(weeks.sites))])
    profile = np.log([0.88, 0.87, 0.94, 1.11, 1.28, 1.07, 0.92])  # Wednesday to Tuesday
    weeks = replace(weeks, log_load=weeks.log_load - mean[weeks.site] + profile)
    return write_release(tmp_path_factory.mktemp("data") / "all.csv", weeks)


def run(app, *arguments):
    return CliRunner().invoke(app, [str(word) for word in arguments])


SHORT = ("--country", "NL", "--substance", "cocaine", "--draws", 50, "--tune", 60)


def test_a_world_file_is_a_world_and_the_draws_say_where_they_come_from(app, release, tmp_path):
    out = tmp_path / "new" / "world.toml"
    pool = ("--pool", "BE,DE", "--keep", 40, "--csv", "--json")
    result = run(app, "estimate-world", release, *SHORT, *pool, "-o", out)
    assert result.exit_code == 0, result.output
    body = tomllib.loads(out.read_text())
    world = World.model_validate(body["world"])
    assert world.substances["cocaine"].sigma_shared.dist == "choice"

    draws, provenance = read_draws(out.with_suffix(".parquet"))
    assert provenance == body["provenance"]
    assert provenance["sha256"] == hashlib.sha256(release.read_bytes()).hexdigest()
    assert provenance["selection"]["cocaine"]["site_weeks"] == {"NL": 18, "BE": 18, "DE": 18}
    assert str(release.parent) not in json.dumps(provenance)
    assert draws["cocaine"]["sigma_shared"].size == 40
    assert len(out.with_suffix(".csv").read_text().splitlines()) == 41

    printed = json.loads(result.stdout)["cocaine"]
    assert any("weakly identified" in text for text in printed["notes"])
    median = next(r for r in printed["parameters"] if r["name"] == "drift")["median"]
    assert body["posterior"]["cocaine"]["drift"]["median"] == pytest.approx(median, rel=1e-3)
    check = dict(printed["checks"][0])
    shown = body["checks"]["cocaine"][check.pop("name")]
    assert shown == pytest.approx(check, rel=1e-3)
    halved = printed["other_priors"]["sigma_shared halved"]
    written = body["other_priors"]["cocaine"]["sigma_shared halved"]
    assert written["median"]["sigma_rw"] == pytest.approx(halved["sigma_rw"]["median"], rel=1e-3)
    usual = next(r for r in printed["parameters"] if r["name"] == "sigma_shared")
    assert halved["sigma_shared"]["median"] <= usual["median"]
    assert 1.0 < halved["effective_draws"] <= 100.0


def test_next_year_is_predicted_for_every_city_with_three_years(app, release, tmp_path):
    out = tmp_path / "predictions.csv"
    words = ("--origin", 2021, "--chains", 1, "--json", "-o", out)
    result = run(app, "predict-next", release, *SHORT, *words)
    assert result.exit_code == 0, result.output
    rows = json.loads(result.stdout)["cocaine"]
    assert [(r["group"], r["n"]) for r in rows] == [
        ("all countries", 9), ("NL", 3), ("BE", 3), ("DE", 3),
    ]  # fmt: skip
    assert rows[0]["crps_se"] is None  # one year has no error of its own
    assert rows[0]["coverage_95"] >= 6 / 9
    assert len(out.read_text().splitlines()) == 10


@pytest.mark.parametrize(
    ("command", "words", "said"),
    [
        ("estimate-world", ("-o", "w.toml", "--country", "XX"), "must be one of BE, DE, NL"),
        ("estimate-world", ("-o", "w.toml", "--draws", 5), "--draws: must be at least 50"),
        ("estimate-world", ("-o", "w.toml", "--seed", -1), "--seed: must be in"),
        ("estimate-world", ("-o", "w.toml", "--substance", "cocaine"), "must not name one twice"),
        ("predict-next", ("--origin", 2022), "must be followed by a year of the file"),
        ("predict-next", ("--chains", 0), "--chains: must be from 1 to 8"),
    ],
)
def test_what_cannot_be_done_is_one_line_and_status_2(
    app, release, tmp_path, monkeypatch, command, words, said
):
    monkeypatch.chdir(tmp_path)
    result = run(app, command, release, *SHORT, *words)
    assert result.exit_code == 2, result.output
    assert said in result.stderr
    assert result.stderr.count("\n") == 1
    assert list(tmp_path.iterdir()) == []
