"""Every command on a tiny study, and what importing costs."""

import json
import subprocess
import sys

import pytest

import simdesign
from run.tiny import write_study
from simdesign.cli import call

HEAVY = ("numba", "pandas", "pyarrow", "altair", "pymc", "jinja2", "joblib", "scipy", "arviz")


@pytest.fixture(scope="module")
def done(tmp_path_factory):
    """Run the tiny study once from the command line; return its folder."""
    folder = tmp_path_factory.mktemp("done")
    out = folder / "out"
    assert call(["run", str(write_study(folder)), "--out", str(out), "--workers", "1"]) == 0
    return out


def imported_by(code: str) -> list[str]:
    text = f"import sys\n{code}\nprint([m for m in {HEAVY!r} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", text], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1].replace("'", '"'))


def test_importing_the_package_is_light():
    assert imported_by("import simdesign") == []


def test_help_is_light():
    assert imported_by("from simdesign.cli import call\ncall(['--help'])") == []


def test_run_prints_words_with_their_errors_and_writes_everything(done, capsys, tmp_path):
    assert call(["run", str(write_study(tmp_path)), "--out", str(done)]) == 0  # nothing to do
    out = capsys.readouterr().out
    assert "cocaine" in out
    assert "Monte Carlo error" in out
    assert "do not fix the level of the shared error" in out
    assert (done / "measures.csv").exists()
    assert (done / "verdict.json").exists()


def test_status_says_what_is_there(done, capsys):
    assert call(["status", str(done), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["missing"], found["failed_rows"]) == (0, 0)
    assert found["done"] == found["replications"] == 24 + 2 * 20 + 4 * 12
    assert call(["status", str(done)]) == 0
    assert found["digest"] in capsys.readouterr().out


def test_evaluate_gives_json_without_nan_and_another_budget_without_simulating(done, capsys):
    before = {p: p.stat().st_mtime_ns for p in done.rglob("*.parquet")}
    assert call(["evaluate", str(done), "--json"]) == 0
    text = capsys.readouterr().out
    assert "NaN" not in text
    found = json.loads(text)
    assert {row["measure"] for row in found["measures"]} >= {
        "power", "false_alarm_prob", "threshold", "restricted_mean_delay", "effect_bias",
        "effect_rmse", "effect_coverage", "type_s", "type_m", "large_error_prob", "level_rmse",
        "right_verdict_prob", "delay_curve", "cost",
    }  # fmt: skip
    assert {item["topic"] for item in found["verdicts"]} == {"break", "picture"}
    assert call(["evaluate", str(done), "--json", "--budget", "0.4"]) == 0
    other = json.loads(capsys.readouterr().out)
    assert other["budget"] == 0.4
    assert {row["budget"] for row in other["measures"] if row["threshold"] == "oracle"} == {0.4}
    assert before == {p: p.stat().st_mtime_ns for p in done.rglob("*.parquet")}
    assert call(["evaluate", str(done), "--budget", "1.5"]) == 2


def test_list_prints_every_condition_and_writes_nothing(tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    study = write_study(tmp_path)
    assert call(["run", str(study), "--list"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 2 + 7 * 2 * 2  # 1 mixture, 2 worlds, 4 changes; 2 designs; 2 estimators
    assert lines[-1].startswith("28 conditions, 112 replications")
    assert [p.name for p in tmp_path.iterdir()] == ["study.toml"]


def test_resume_goes_on_where_shards_are_missing(done, tmp_path, capsys):
    out = tmp_path / "out"
    call(["run", str(write_study(tmp_path)), "--out", str(out), "--workers", "1"])
    whole = simdesign.load(out).digest()
    for path in sorted(out.glob("shards/*"))[::2]:
        path.unlink()
    assert simdesign.load(out).status(digest=False)["missing"] > 0
    assert call(["resume", str(out), "--workers", "1"]) == 0
    assert simdesign.load(out).digest() == whole


@pytest.mark.parametrize("gone", ["null_mixture", "none", "sigma_shared", ""])
def test_an_unfinished_study_can_be_evaluated(gone, tmp_path, capsys):
    out = tmp_path / "out"
    study = write_study(tmp_path)
    simdesign.run(study, out, workers=1, task_size=5)
    for path in sorted(out.glob(f"shards/{gone}*")):
        path.unlink()
    assert call(["evaluate", str(out), "--json"]) == 0
    said = capsys.readouterr()
    found = json.loads(said.out)
    power = {row["threshold"] for row in found["measures"] if row["measure"] == "power"}
    # without the mixture there is no operating threshold, without a world's null no oracle
    assert power == ({"oracle", "published"} if gone == "null_mixture" else set())
    # also those of changes in a world that has no unchanged programme to judge them by
    missing = simdesign.load(out).status(digest=False)["missing"]
    assert json.loads((out / "verdict.json").read_text())["n_missing"] == missing > 0
    line = f"simdesign: {missing} replications are missing: simdesign resume {out}"
    assert said.err.splitlines()[-1] == line
    assert call(["evaluate", str(out)]) == 0
    assert capsys.readouterr().err.splitlines()[-1] == line


def test_the_public_objects(done):
    results = simdesign.load(done)
    rows = results.rows()
    assert len(rows) == results.status()["rows"]
    measures = results.measures()
    assert {"value", "mcse", "low", "high", "n_rep", "n_failed"} <= set(measures.columns)
    power = measures[(measures["measure"] == "power") & (measures["compared_with"] == "")]
    assert power.loc[power["n_rep"] > 0, "value"].between(0.0, 1.0).all()
    paired = measures[(measures["measure"] == "power") & (measures["compared_with"] == "annual")]
    assert set(paired["design"]) == {"two"}
    again = simdesign.run(results.study, done)
    assert again.digest() == results.digest()


def test_measures_read_back_are_the_measures_computed(done):
    fresh = simdesign.load(done).assessment().table.rows
    read = simdesign.load(done).records()
    assert len(fresh) == len(read)
    for one, other in zip(fresh, read, strict=True):
        assert one["measure"] == other["measure"]
        assert other["value"] == pytest.approx(one["value"], rel=1e-8, nan_ok=True)


def test_the_schema_is_json(capsys):
    assert call(["schema"]) == 0
    assert "designs" in json.loads(capsys.readouterr().out)["properties"]
