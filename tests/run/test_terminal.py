"""What somebody sees who sits in front of it: the bar, its colours, and two ways to stop it."""

import os
import re
import sys
import time

import pytest

from run.terminal import CTRL_C, Screen, Terminal
from run.tiny import SCORE_ONLY, write_study
from simdesign.run import load, run
from simdesign.run.progress import Reporter
from simdesign.spec.study import Study

BAR = re.compile(
    r"(\d+)/70 replications, [\d.e+]+/s(, [\d.]+ (?:s|min|h|days) left)?(, MCSE <= 0\.\d{3})?"
)
COLOUR = re.compile(r"\x1b\[[0-9;]*(?:3[0-8]|4[0-8]|9[0-7])(?:;[0-9;]*)?m")
"""A sequence that sets a colour; bold and the like are none."""
CURSOR_ON, CURSOR_OFF = "\x1b[?25h", "\x1b[?25l"

OWN = (
    '''
"""An estimator that waits until it is told to go on, and lets an interruption wait too."""

import time
from pathlib import Path

import numpy as np
from simdesign.records import Fit

HERE = Path(__file__).parent


class Stubborn:
    def __init__(self, name, spec):
        self.name = name

    def fit(self, observations, looks, substance):
        try:
            while (HERE / "hold").exists() and list(HERE.glob("out/shards/*.parquet")):
                (HERE / "held").touch()
                time.sleep(0.02)
        except KeyboardInterrupt:
            while (HERE / "stubborn").exists():
                (HERE / "asked").touch()
                time.sleep(0.02)
            raise
        score = np.nanmean(observations.load, axis=(1, 2, 3))[:, None]
'''
    + SCORE_ONLY
)


def arguments(study, out, *more, workers=1):
    return ("run", study, "--out", out, "--replications", 10, "--workers", workers, *more)


def test_a_terminal_shows_rate_time_left_and_precision_in_full(tmp_path):
    """Eighty columns are enough for all of it; the last state stays to be read."""
    shown = Terminal(*arguments(write_study(tmp_path), tmp_path / "out", "--task-size", 1))
    assert shown.end() == 0
    states = [match for match in BAR.finditer(shown.text) if match[1] != "0"]
    assert any(match[2] and match[3] for match in states), shown.text
    assert states[-1][1] == "70"
    assert states[-1][3] == ", MCSE <= 0.158"  # of a probability in ten replications
    assert "…" not in shown.text
    assert COLOUR.search(shown.raw)
    assert shown.raw.rindex(CURSOR_ON) > shown.raw.rindex(CURSOR_OFF)


@pytest.fixture
def shown_here(monkeypatch, tmp_path):
    """Run a study in this process, standard error on a terminal; return what it showed."""
    for name in ("NO_COLOR", "FORCE_COLOR"):
        monkeypatch.delenv(name, raising=False)

    def shown(**environment):
        for name, value in {"TERM": "xterm-256color", **environment}.items():
            monkeypatch.setenv(name, value)
        study, screen = Study.from_toml(write_study(tmp_path)), Screen()
        with os.fdopen(screen.slave, "w") as terminal, monkeypatch.context() as here:
            here.setattr(sys, "stderr", terminal)
            run(study, tmp_path / "out", replications=10, workers=1, quiet=False)
        screen.close()
        return screen

    return shown


def test_a_narrow_terminal_without_colour_cuts_nothing_off(shown_here):
    shown = shown_here(COLUMNS="40", NO_COLOR="1")
    assert COLOUR.search(shown.raw) is None
    assert CURSOR_OFF in shown.raw  # the bar is there all the same
    words = " ".join(shown.text.split())
    assert "…" not in words
    assert "70/70 replications, " in words
    assert "MCSE <= 0.158" in words


def test_a_terminal_that_cannot_move_its_cursor_has_plain_lines(shown_here):
    shown = shown_here(TERM="dumb")
    assert "\x1b" not in shown.raw
    last = shown.text.splitlines()[-1]
    assert last.startswith("70 of 70 replications, ")
    assert last.endswith("MCSE of a probability <= 0.158")


def test_a_pipe_has_plain_lines_even_where_colour_is_forced(tmp_path, capsys, monkeypatch):
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("TERM", "xterm-256color")
    with Reporter(70) as reporter:
        reporter.advance(70)
    said = capsys.readouterr().err
    assert "\x1b" not in said
    assert said.startswith("70 of 70 replications, ")


def own_study(folder, name):
    """Write a study with an own part; a name of a module is found once in a process."""
    (folder / f"{name}.py").write_text(OWN, encoding="utf-8")
    return write_study(folder, ('kind = "euda_rule"', f'kind = "own"\nuses = "{name}:Stubborn"'))


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """Return the digest of the study when nobody interrupts it."""
    folder = tmp_path_factory.mktemp("whole")
    study = own_study(folder, "held_by_nobody")
    return run(study, folder / "whole", replications=10, workers=1).digest()


@pytest.fixture
def held(tmp_path, request):
    """Return a study that waits in mid-task once something is stored."""
    (tmp_path / "hold").touch()
    return own_study(tmp_path, f"held_in_{re.sub(r'[^a-z0-9]', '_', request.node.name)}")


def interrupted(shown, out):
    """Wait until a task waits, press Ctrl-C, and return the number of shards by then."""
    shown.until((out.parent / "held").exists, "does not begin")
    stored = len(list(out.glob("shards/[!.]*.parquet")))
    shown.press(CTRL_C)
    return stored


def resumed_digest(study, out):
    """Let the study go on where it was left, and return its digest."""
    (out.parent / "hold").unlink()
    found = run(study, out, replications=10, workers=1)
    assert found.status()["missing"] == 0
    return found.digest()


@pytest.mark.parametrize("workers", [1, 2])
def test_the_first_ctrl_c_stops_in_order_and_says_what_is_kept(whole, held, tmp_path, workers):
    """The terminal sends it to the workers, too; only one process answers."""
    out = tmp_path / "out"
    shown = Terminal(*arguments(held, out, "--task-size", 1, workers=workers))
    interrupted(shown, out)
    assert shown.end() == 130
    assert "Traceback" not in shown.text
    *_, kept, last = shown.text.splitlines()
    assert last == "simdesign: stopped; what is stored stays, run again to go on"
    heard = int(re.fullmatch(r"interrupted: at least (\d+) of 70 replications are kept", kept)[1])
    done = load(out).status(digest=False)["done"]
    assert done > 0
    assert heard == done if workers == 1 else heard <= done
    assert shown.raw.rindex(CURSOR_ON) > shown.raw.rindex(CURSOR_OFF)
    assert resumed_digest(held, out) == whole


def test_the_second_ctrl_c_ends_at_once_and_the_store_is_whole(whole, held, tmp_path):
    """The first one is kept waiting by an estimator; nobody has to wait for it twice."""
    out, stubborn = tmp_path / "out", tmp_path / "stubborn"
    stubborn.touch()
    shown = Terminal(*arguments(held, out, "--task-size", 1))
    stored = interrupted(shown, out)
    shown.until((tmp_path / "asked").exists, "does not hear the first")
    assert shown.process.poll() is None
    before = time.monotonic()
    shown.press(CTRL_C)
    assert shown.end() == 130
    assert time.monotonic() - before < 20.0
    assert shown.text.splitlines()[-1] == "simdesign: ended at once; what is stored stays"
    assert shown.raw.rindex(CURSOR_ON) > shown.raw.rindex(CURSOR_OFF)
    stubborn.unlink()
    assert load(out).status(digest=False)["done"] == stored > 0
    assert resumed_digest(held, out) == whole
