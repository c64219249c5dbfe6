"""Drawn on a terminal, plain and quiet elsewhere, and nothing that a name holds acts."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from run.terminal import Terminal
from simdesign.cli import call
from simdesign.plain import one_line, printable
from simdesign.studies.console import Grid, grid_of, note, plain_lines, say, show

ROOT = Path(__file__).parents[2]
SOURCE = ROOT / "src" / "simdesign"
TABLE = (
    "table", str(ROOT / "results" / "local_break"), "--horizon", "3", "--columns",
    "sigma_rw_site", "--where", "estimator=in_this_city", "--where", "size=0.47",
)  # fmt: skip
COMMAND = "from simdesign.cli import main; main()"
COLOUR = re.compile(r"\x1b\[[0-9;]*(?:3[0-8]|4[0-8]|9[0-7])(?:;[0-9;]*)?m")
FRAMES = set("┏┃┡│└╭╰━─")
EVIL = "a\x1b[2J\x1b]0;owned\x07b\x9b31mc\u202etxt.exe\rd\x08\x7f[bold]e[/bold]"
SHOWN = r"a\x1b[2J\x1b]0;owned\x07b\x9b31mc\u202etxt.exe\x0dd\x08\x7f[bold]e[/bold]"
GRID = Grid(
    "a caption", ("design", "value", "why"),
    (("annual", "0.5", "a word"), ("two", "12.25", "-")), (0, 2),
)  # fmt: skip


def piped(*arguments, **environment):
    """Run the program with its output in a pipe; return what it says on both streams."""
    given = {k: v for k, v in os.environ.items() if k not in ("NO_COLOR", "FORCE_COLOR")}
    done = subprocess.run(
        [sys.executable, "-c", COMMAND, *arguments], capture_output=True, text=True,
        env={**given, **environment}, check=True,
    )  # fmt: skip
    return done.stdout, done.stderr


def test_a_pipe_has_text_and_a_terminal_has_frames():
    out, err = piped(*TABLE, TERM="xterm-256color")
    assert err == ""
    assert not FRAMES & set(out)
    assert "\x1b" not in out
    shown = Terminal(*TABLE, columns=120)
    assert shown.end() == 0
    assert set(shown.raw) & FRAMES
    words = re.findall(r"[\w.()]+", out)
    assert len(words) > 20
    assert words == re.findall(r"[\w.()]+", shown.text)


@pytest.mark.parametrize(
    ("command", "folder"), [("options", "follow_up_options"), ("stability", "claim_stability")]
)
def test_what_is_drawn_has_the_numbers_of_the_text(command, folder, monkeypatch, capsys):
    monkeypatch.delenv("FORCE_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setenv("COLUMNS", "250")  # nothing is folded
    said = []
    for force in ("", "1"):
        monkeypatch.setenv("FORCE_COLOR", force)
        assert call([command, str(ROOT / "results" / folder)]) == 0
        said.append(capsys.readouterr().out)
    text, drawn = said
    assert not FRAMES & set(text)
    assert set(drawn) & FRAMES
    numbers = [set(re.findall(r"[-+]?\d+(?:\.\d+)?", re.sub(r"\x1b\[\d*m", "", it))) for it in said]
    assert len(numbers[0]) > 60
    assert numbers[0] == numbers[1]


@pytest.fixture
def terminal(monkeypatch, capsys):
    """Make standard output a terminal for what is asked of it; return what is printed."""
    for name in ("NO_COLOR", "FORCE_COLOR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("COLUMNS", "120")

    def printed():
        monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
        show([GRID])
        return capsys.readouterr().out

    return printed


def test_no_color_leaves_the_frames_and_a_dumb_terminal_has_none(terminal, monkeypatch):
    with_colour = terminal()
    assert set(with_colour) & FRAMES
    monkeypatch.setenv("NO_COLOR", "1")
    without = terminal()
    assert set(without) & FRAMES
    assert not COLOUR.search(without)
    monkeypatch.setenv("TERM", "dumb")
    assert terminal() == "\n".join(plain_lines(GRID)[:-1]) + "\n"


def test_forced_colour_draws_in_a_pipe_but_never_in_json(monkeypatch, capsys):
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("FORCE_COLOR", "1")
    show([GRID])
    out = capsys.readouterr().out
    assert set(out) & FRAMES
    assert "\x1b[" in out
    assert call([*TABLE, "--json"]) == 0
    said = capsys.readouterr()
    assert "\x1b" not in said.out + said.err


def test_a_reader_that_goes_away_is_no_error():
    process = subprocess.Popen(
        [sys.executable, "-c", COMMAND, "schema"], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    process.stdout.close()
    assert process.stderr.read() == b""
    assert process.wait(timeout=120) == 141


def test_characters_that_act_are_shown():
    assert printable(EVIL) == SHOWN
    assert printable("Ærøskøbing 1\t2\n3 ±") == "Ærøskøbing 1\t2\n3 ±"
    assert one_line(" a\n b\t\x1bc ") == r"a b \x1bc"


@pytest.mark.parametrize("drawn", [True, False], ids=["terminal", "pipe"])
def test_nothing_in_a_name_acts_or_is_markup(drawn, monkeypatch, capsys):
    monkeypatch.setenv("FORCE_COLOR", "1" if drawn else "")
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("COLUMNS", "400")
    say([EVIL])
    note(EVIL)
    show([EVIL, Grid(EVIL, (EVIL, "n"), ((EVIL, "1"),))])
    said = capsys.readouterr()
    text = re.sub(r"\x1b\[[0-9;]*m", "", said.out) if drawn else said.out
    assert not set(text + said.err) & set("\x1b\x07\x9b\u202e\r\x08\x7f")
    assert text.count(r"\x1b]0;owned") == 5
    assert text.count("[bold]") == 5
    assert len(said.err.splitlines()) == 1


def test_an_error_shows_what_a_name_holds_and_stays_one_line(tmp_path, capsys):
    folder = tmp_path / "a\x1b]0;owned\x07\nb"
    folder.mkdir()
    assert call(["status", str(folder)]) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert len(said.err.splitlines()) == 1
    assert r"\x1b]0;owned\x07" in said.err
    assert "\x1b" not in said.err


def test_a_plain_table_is_columns_of_text():
    assert plain_lines(GRID) == [
        "a caption",
        "design  value  why",
        "annual    0.5  a word",
        "two     12.25  -",
        "",
    ]


def test_a_table_of_the_page_can_be_shown():
    from simdesign.report import Table

    table = Table(caption="c", columns=("a", "b"), rows=(("x", "1"),), n_head=2)
    assert grid_of(table) == Grid("c", ("a", "b"), (("x", "1"),), (0, 1))


def test_lines_given_for_a_pipe_are_printed_there_only(capsys, monkeypatch):
    monkeypatch.delenv("FORCE_COLOR", raising=False)
    show([GRID], ["as", "they are"])
    assert capsys.readouterr().out == "as\nthey are\n"
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("TERM", "xterm-256color")
    show([GRID], ["as", "they are"])
    assert "┃" in capsys.readouterr().out


def test_commands_print_through_one_door():
    """What prints by itself would draw in pipes, and let names act."""
    prints = re.compile(r"typer\.echo\(|(?<![\w.])print\(|rich\.(?:console|table)")
    found = {
        path.relative_to(SOURCE).as_posix()
        for path in [*SOURCE.glob("studies/**/*.py"), SOURCE / "cli.py"]
        if prints.search(path.read_text(encoding="utf-8"))
    }
    assert found == {"studies/console.py", "cli.py"}  # cli.py: the library's help, as it is
