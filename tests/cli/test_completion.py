"""What the shell offers, in three shells, and that it comes quickly."""

import os
import resource
import subprocess
import sys
from pathlib import Path

import pytest

from simdesign.cli import call
from simdesign.spec.catalogue import SUBSTANCES
from simdesign.studies import completion

ROOT = Path(__file__).parents[2]
COMMAND = "import sys; sys.argv[0] = 'simdesign'; from simdesign.cli import main; main()"
HEAVY = ("numpy", "numba", "pandas", "pyarrow", "rich", "simdesign.spec", "simdesign.run")
BARE = """
import typer
app = typer.Typer()
@app.command()
def one(x: int = 3) -> None:
    "One."
@app.command()
def two(x: int = 3) -> None:
    "Two."
app()
"""


@pytest.fixture
def offered(monkeypatch, capsys):
    """Return a function: what is offered for the last of some words, in a folder."""

    def offer(words, shell="bash", folder=ROOT):
        given = {"_SIMDESIGN_COMPLETE": f"complete_{shell}"}
        if shell == "bash":
            given |= {"COMP_WORDS": "\n".join(words), "COMP_CWORD": str(len(words) - 1)}
        else:
            given |= {"_TYPER_COMPLETE_ARGS": " ".join(words),
                      "_TYPER_COMPLETE_FISH_ACTION": "get-args"}  # fmt: skip
        monkeypatch.chdir(folder)
        for name, value in given.items():
            monkeypatch.setenv(name, value)
        with pytest.raises(SystemExit):
            call([])
        said = capsys.readouterr()
        assert said.err == ""
        return [line for line in said.out.splitlines() if line]

    return offer


def test_commands_in_three_shells(offered):
    assert offered(["simdesign", "sta"]) == ["status", "stability"]
    fish = offered(["simdesign", "sta"], "fish")
    assert [line.partition("\t")[0] for line in fish] == ["status", "stability"]
    assert '"stability":' in " ".join(offered(["simdesign", "sta"], "zsh"))


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["table", "results/an"], ["results/annual_claim"]),
        (["table", "re"], "results/local_break"),
        (["reproduce", "results/l"], ["results/local_break"]),
        (["status", "results/an"], []),  # it has no rows
        (["run", "experiments/annual"], ["experiments/annual_claim/study.toml"]),
        (["departures", "results/annual_claim", "--design", "six"], ["six_rounds"]),
        (["run", "experiments/annual_claim/study.toml", "--size", "f"], ["full"]),
        (["constancy", "experiments/pilot_constancy/study.toml", "--substance", "c"], ["cocaine"]),
        (["analyse", "data.csv", "--substance", "m"], ["methamphetamine"]),
        (["run", "x.toml", "--backend", ""], ["local", "dask", "slurm"]),
        (["report", "runs/x", "--lang", "n"], ["nl"]),
        (["frontier", "results/annual_claim", "--threshold", "o"], ["operating", "oracle"]),
        (["verify", "--se"], ["--seed"]),
        (["departures", "nowhere", "--design", ""], []),
    ],
    ids=lambda item: " ".join(item) if isinstance(item, list) else item,
)
def test_names_and_folders(offered, words, expected):
    found = offered(["simdesign", *words])
    if isinstance(expected, str):
        assert expected in found
    else:
        assert found == expected


def test_folders_below_runs_are_offered_before_anything_is_typed(offered, tmp_path):
    (tmp_path / "runs" / "mine").mkdir(parents=True)
    (tmp_path / "runs" / "mine" / "manifest.json").write_text("{}")
    (tmp_path / "runs" / "other").mkdir()
    assert offered(["simdesign", "status", ""], folder=tmp_path) == ["runs/mine"]
    assert offered(["simdesign", "verify", "./runs/m"], folder=tmp_path) == ["./runs/mine"]


def test_what_cannot_be_read_offers_nothing(offered, tmp_path):
    for name, content in (("manifest.json", "[1"), ("manifest.json", '{"study": 3}')):
        (tmp_path / name).write_text(content)
        assert offered(["simdesign", "departures", ".", "--design", ""], folder=tmp_path) == []
    (tmp_path / "study.toml").write_text("designs = 3")
    words = ["simdesign", "solve", "study.toml", "--design", ""]
    assert offered(words, folder=tmp_path) == []


def test_the_catalogue_is_offered_where_there_is_no_study():
    assert set(completion.SUBSTANCES) == set(SUBSTANCES)


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_script_of_a_shell_is_printed(shell):
    done = subprocess.run(
        [sys.executable, "-c", COMMAND, "--show-completion", shell],
        env={**os.environ, "_TYPER_COMPLETE_TEST_DISABLE_SHELL_DETECTION": "1"},
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert f"_SIMDESIGN_COMPLETE=complete_{shell}" in done.stdout


def processor_seconds(code, *arguments, **environment):
    """Return the least processor time of three runs: other work on a machine does not count."""
    least = float("inf")
    for _ in range(3):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run(
            [sys.executable, "-c", code, *arguments], capture_output=True, cwd=ROOT,
            env={**os.environ, **environment}, check=True,
        )  # fmt: skip
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        spent = (after.ru_utime - before.ru_utime) + (after.ru_stime - before.ru_stime)
        least = min(least, spent)
    return least


def test_help_and_completion_take_at_most_twice_a_bare_command_of_the_library():
    bare = processor_seconds(BARE, "--help")
    assert processor_seconds(COMMAND, "--help") < 2.0 * bare
    words = "simdesign\ndepartures\nresults/annual_claim\n--design\n"
    given = {"_SIMDESIGN_COMPLETE": "complete_bash", "COMP_WORDS": words, "COMP_CWORD": "4"}
    assert processor_seconds(COMMAND, **given) < 2.0 * bare


def test_nothing_heavy_is_loaded_for_help_in_a_pipe():
    code = f"""
import sys
from simdesign.cli import call
call(["table", "--help"])
print(sorted(set({HEAVY!r}) & set(sys.modules)))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"
