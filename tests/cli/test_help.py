"""Help is a manual: every example parses, nothing is taken for markup, statuses are documented."""

import json
import re
import shlex
from pathlib import Path

import pytest

import simdesign
from cli.line import commands, parsed
from run.terminal import Terminal
from simdesign.cli import call
from simdesign.stored import PublishedPaths
from simdesign.studies.arguments import ReadableFolder
from simdesign.studies.manual import MANUAL, STATUSES

ROOT = Path(__file__).parents[2]
EXAMPLES = [
    pytest.param(name, line, id=line[:70])
    for name, entry in MANUAL.items()
    for line in entry.examples
]


def test_every_command_is_in_the_manual_and_nothing_else_is():
    assert MANUAL.keys() == dict(commands()).keys()
    assert all(entry.examples for entry in MANUAL.values())


@pytest.mark.parametrize(("name", "line"), EXAMPLES)
def test_an_example_parses_as_the_command_that_it_is_of(name, line):
    program, *words = shlex.split(re.split(r" [|>] ", line)[0])
    assert program == "simdesign"
    assert parsed(words) == name


def test_an_example_with_a_mistake_would_not_parse():
    with pytest.raises(Exception, match="No such option"):
        parsed(["status", "runs/x", "--jsn"])


@pytest.mark.parametrize(("name", "line"), EXAMPLES)
def test_files_of_the_repository_in_examples_are_there(name, line):
    for word in shlex.split(line):
        if word.startswith(("experiments/", "results/")) and name != "publish":
            assert (ROOT / word).exists()


@pytest.mark.parametrize("name", MANUAL)
def test_help_shows_the_examples_as_they_are_typed(name, capsys):
    assert call([*name.split(), "--help"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.strip() for line in lines if line.startswith("  simdesign ")] == [
        *MANUAL[name].examples
    ]


def test_help_in_a_pipe_is_plain_and_brackets_stay(capsys):
    assert call(["options", "--help"]) == 0
    text = capsys.readouterr().out
    assert "[losses], [prices] and [extra]" in text
    assert not set(text) & set("╭│╰─\x1b")
    assert call(["--help"]) == 0
    text = capsys.readouterr().out
    assert not set(text) & set("╭│╰─\x1b")
    panels = [line[:-1] for line in text.splitlines() if re.fullmatch(r"\S.*:", line)]
    assert panels == ["Options", *dict.fromkeys(e.panel for e in MANUAL.values()), "Exit status"]


def test_help_on_a_terminal_is_drawn_and_brackets_stay():
    shown = Terminal("options", "--help", columns=120)
    assert shown.end() == 0
    assert "[losses], [prices] and [extra]" in shown.text
    assert "╭─ Options" in shown.text
    lines = [line.strip() for line in shown.text.splitlines()]
    assert {*MANUAL["options"].examples} <= {*lines}  # not folded: to be copied


def test_exit_statuses_are_in_help_and_in_the_document(capsys):
    assert call(["--help"]) == 0
    text = capsys.readouterr().out
    page = (ROOT / "docs" / "commands.md").read_text(encoding="utf-8")
    part = page.partition("\n## Exit status\n")[2].partition("\n## ")[0]
    assert [int(n) for n in re.findall(r"^\| (\d+) \|", part, re.MULTILINE)] == [*STATUSES]
    shown = text.partition("Exit status:\n")[2]
    assert [int(n) for n in re.findall(r"^  (\d+) ", shown, re.MULTILINE)] == [*STATUSES]


def test_a_wrong_word_is_answered_with_the_nearest(capsys):
    for words, nearest in ((["sttaus", "x"], "status"), (["status", "x", "--jsn"], "--json")):
        assert call(words) == 2
        (line,) = capsys.readouterr().err.splitlines()
        assert nearest in line


def test_without_a_command_help_is_shown_and_the_status_is_two(capsys):
    assert call([]) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert "Usage: simdesign" in said.err
    assert "Examples" not in said.err


def test_the_version_is_a_line_or_json(capsys):
    assert call(["--version"]) == 0
    assert capsys.readouterr().out == f"simdesign {simdesign.__version__}\n"
    assert call(["--version", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == {"version": simdesign.__version__}
    assert call(["--json", "status", "runs/x"]) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err == "simdesign: --json: must stand behind a command, or beside --version\n"


def test_a_published_folder_is_explained_where_rows_are_needed(capsys):
    folder = ROOT / "results" / "annual_claim"
    assert PublishedPaths(folder).lock.is_file()
    for name in ("status", "verify", "failures"):
        assert call([name, str(folder)]) == 2
        (line,) = capsys.readouterr().err.splitlines()
        assert "holds published results" in line
        readers = line.partition("no rows: ")[2].partition(" read them")[0]
        reading = {
            name
            for name, command in commands()
            if any(p.help == _help_of(ReadableFolder) for p in command.params)
        }
        assert set(re.split(", | and ", readers)) == reading


def _help_of(annotated):
    return annotated.__metadata__[0].help


def test_a_refused_flag_has_no_value(capsys, tmp_path):
    assert call(["run", str(tmp_path / "study.toml"), "--paired"]) == 2
    assert capsys.readouterr().err == "simdesign: --paired: needs --mcse or --settle\n"
    assert call(["run", str(tmp_path / "study.toml"), "--limit", "9"]) == 2
    assert capsys.readouterr().err == "simdesign: --limit: needs --mcse or --settle, got 9\n"
