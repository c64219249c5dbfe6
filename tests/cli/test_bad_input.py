"""Wrong input is one line that names place, rule and value; status 2; nothing is written."""

import subprocess
import sys

import pytest

from run.tiny import write_study
from simdesign.cli import call


def refused(capsys, arguments, *words):
    assert call(arguments) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    lines = captured.err.splitlines()
    assert len(lines) == 1, captured.err
    for word in words:
        assert word in lines[0]


MISTAKES = {
    "unknown key": (("seed = 7", "seed = 7\nsead = 8"), ["sead", "unknown key"]),
    "unknown key deep down": (
        ("size = 0.3\nat", "size = 0.3\nwhen = 4\nat"),
        ["change.level_shift.when", "unknown key", "4"],
    ),
    "campaign outside the programme": (
        ("{ kind = \"fixed_weeks\", weeks = [11, 37] }",
         "{ kind = \"dates\", first_days = [2041-03-01] }"),
        ["designs.two.schedule", "2041-03-01"],
    ),
    "zero sites in the world": (
        ("[world]\n", "[world]\ncatchments = []\n[null.spare]\n"),
        ["world.catchments", "at least one catchment"],
    ),
    "zero sites in a design": (
        ("weeks = [11, 37] }", "weeks = [11, 37] }\nsites = []"),
        ["designs.two.sites", "at least one"],
    ),
    "unknown site": (
        ("weeks = [11, 37] }", "weeks = [11, 37] }\nsites = ['nowhere']"),
        ["designs.two.sites", "nowhere"],
    ),
    "purity above its ceiling": (
        ('kind = "level_shift"', 'kind = "level_shift"\nmechanism = "higher_purity"'),
        ["purity", "0.89"],
    ),
    "text for a number": (("seed = 7", 'seed = "seven"'), ["seed", "seven"]),
    "a number for a table": (("[decision]\nreference", "[decision]\nmargin = 3\nreference"),
                             ["decision.margin", "3"]),
    "unknown substance": (("[world.substances.cocaine]", "[world.substances.cafeine]"),
                          ["cafeine"]),
    "unknown reference": (('reference = "annual"', 'reference = "yearly"'), ["yearly"]),
    "no estimator of that name": (
        ('kind = "euda_rule"', 'kind = "own"\nuses = "no_such_module:Thing"'),
        ["estimators.euda.uses", "no_such_module"],
    ),
    "not TOML": (("[decision]", "[decision"), ["TOML"]),
    "mistake in the last size": (
        ("alternative = 15", 'alternative = 15\n[sizes.more.factors]\n"change.size" = [0.1, -2.0]'),
        ["change"],
    ),
}  # fmt: skip

COCAINE, SOUTH = "[world.substances.cocaine]\n", '"south", population = 40000.0'
LIGHT = '{ name = "light", use_prob = 0.02, weekday = [1, 1, 1, 1, 1, 1, 1], residue_mg = 60.0, '
IMPOSSIBLE = {
    "mass shares of the classes": (
        (COCAINE, COCAINE + "classes = [" + LIGHT + "mass_share = 0.8, dose_cv = 0.5 }]\n"),
        ["world.substances.cocaine.classes.mass_share", "sum to 1", "0.8"],
    ),
    "shares of a mixture": (
        ('kind = "level_shift"', 'kind = "level_shift"\n'
         "mechanism = { more_users = 0.5, heavier_use = 0.3 }"),
        ["change.level_shift.mechanism.mixture", "sum to 1", "0.8"],
    ),
    "shares of a trend": (
        (COCAINE, "[world.streams.cocaine]\ntrend_in_users = 0.9\ntrend_in_purity = 0.2\n"
         + COCAINE),
        ["world.streams.cocaine.trend_in_purity", "at most 1", "0.2"],
    ),
    "a negative rate": (
        (COCAINE, COCAINE + "dumping = { rate = -1.0 }\n"),
        ["world.substances.cocaine.dumping.rate", "-1.0"],
    ),
    "a negative rate of use": (
        (COCAINE, COCAINE + "classes = [" + LIGHT.replace("0.02", "-0.02")
         + "mass_share = 1.0, dose_cv = 0.5 }]\n"),
        ["world.substances.cocaine.classes.0.use_prob", "-0.02"],
    ),
    "a walk that can be negative": (
        (COCAINE, COCAINE + 'sigma_rw = { dist = "normal", mean = 0.1, sd = 0.1 }\n'),
        ["world.substances.cocaine.sigma_rw", "must be >= 0"],
    ),
    "purity that starts above its ceiling": (
        (COCAINE, COCAINE + "purity = 0.95\n"),
        ["world.substances.cocaine.purity:", "ceiling 0.89", "0.95"],
    ),
    "a catchment smaller than its users": (
        (SOUTH, SOUTH + ", level = 8.0"),
        ["world.catchments.south.population", "must hold the users of cocaine", "40000.0"],
    ),
    "an excretion kernel": (
        (COCAINE, COCAINE + "carry_over = [0.7, 0.2]\n"),
        ["world.substances.cocaine.carry_over.shares", "sum to 1", "0.9", "[0.7, 0.2]"],
    ),
    "measurement errors above the total": (
        (COCAINE, COCAINE + "lab_repeat_sd = 0.5\n"),
        ["world.substances.cocaine.day_sd", "repeat_sd", "0.134"],
    ),
}  # fmt: skip


@pytest.mark.parametrize("mistake", IMPOSSIBLE)
def test_an_impossible_world_is_refused_with_field_value_and_rule(mistake, tmp_path, capsys):
    change, words = IMPOSSIBLE[mistake]
    study = write_study(tmp_path, change)
    assert call(["run", str(study), "--out", str(tmp_path / "out")]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert len(line) < len(str(study)) + 300, "the value is one field's, not the whole world's"
    for word in [str(study), *words]:
        assert word in line
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_in_the_study_is_one_line(mistake, tmp_path, capsys):
    change, words = MISTAKES[mistake]
    if mistake == "zero sites in the world":
        from run.tiny import CATCHMENTS

        change = (f"[world]{CATCHMENTS}", "[world]\ncatchments = []\n")
    study = write_study(tmp_path, change)
    out = tmp_path / "out"
    size = "more" if "size" in mistake else "quick"
    refused(capsys, ["run", str(study), "--out", str(out), "--size", size], str(study), *words)
    assert not out.exists()


def test_a_missing_file_is_named(tmp_path, capsys):
    refused(capsys, ["run", str(tmp_path / "nothing.toml")], "nothing.toml", "must exist")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--size", "huge"], ["size", "huge", "more, quick"]),
        (["--replications", "0"], ["replications", ">= 1", "0"]),
        (["--replications", "many"], ["--replications", "integer"]),
        (["--workers", "0"], ["workers", ">= 1", "0"]),
        (["--task-size", "-1"], ["--task-size", ">= 1", "-1"]),
        (["--wrong"], ["--wrong"]),
    ],
)
def test_wrong_options_are_one_line(arguments, words, tmp_path, capsys):
    out = tmp_path / "out"
    refused(capsys, ["run", str(write_study(tmp_path)), "--out", str(out), *arguments], *words)
    assert not out.exists()


@pytest.mark.parametrize("command", ["status", "resume", "evaluate", "report"])
def test_a_folder_without_a_study_is_refused(command, tmp_path, capsys):
    (tmp_path / "notes.txt").write_text("mine")
    refused(capsys, [command, str(tmp_path)], str(tmp_path), "manifest")
    refused(capsys, [command, str(tmp_path / "absent")], "absent", "manifest")
    assert [p.name for p in tmp_path.iterdir()] == ["notes.txt"]


def test_an_output_folder_with_other_files_is_left_alone(tmp_path, capsys):
    out = tmp_path / "out"
    out.mkdir()
    (out / "notes.txt").write_text("mine")
    refused(capsys, ["run", str(write_study(tmp_path)), "--out", str(out)], str(out), "manifest")
    assert [p.name for p in out.iterdir()] == ["notes.txt"]


def test_an_output_path_that_is_a_file_is_left_alone(tmp_path, capsys):
    out = tmp_path / "out"
    out.write_text("mine")
    refused(capsys, ["run", str(write_study(tmp_path)), "--out", str(out)], "must be a folder")
    assert out.read_text() == "mine"


def test_the_program_itself_exits_with_two_and_no_traceback(tmp_path):
    done = subprocess.run(
        [sys.executable, "-c", "from simdesign.cli import main; main()", "run", "absent.toml"],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        check=False,
    )
    assert done.returncode == 2
    assert done.stderr.splitlines() == ["simdesign: study file: must exist, got 'absent.toml'"]
    assert list(tmp_path.iterdir()) == []
