"""Commands in indented code, which says nothing of itself: they are run, or parsed and said why."""

import re
import shlex
from pathlib import Path

import pytest

from cli.line import parsed
from docs.blocks import ROOT, Session, blocks, indented
from docs.test_commands_named import DOCUMENTS

WHY_NOT = {  # why a command is parsed, as the program does, and not run
    r"\b(?:STUDY|DIR|NAME|FILE|N|NAME_OR_KIND_OR_FILE)\b": "has a name to fill in",
    r"\bruns/|(?<![\w/])study\.toml|sched\.json|jobqueue": "is about the reader's own run",
    r"\.csv\b": "needs real measurements",
    r"^simdesign (?!.*--list)(?:run|solve|check-model|constancy|validate-world)": "takes minutes",
    r"--install-completion": "writes into the reader's shell",
}
COMMANDS = sorted({line for page in DOCUMENTS for line in indented(page)})
OURS = [line for line in COMMANDS if line.startswith("simdesign ")]
UNRUN = [line for line in OURS if any(re.search(pattern, line) for pattern in WHY_NOT)]


def test_indented_blocks_are_seen(tmp_path):
    page = tmp_path / "page.md"
    page.write_text(
        "1. A list:\n\n   ```sh minutes\n   simdesign a \\\n     b\n   ```\n\ntext\n\n"
        "    simdesign c DIR  # why\n    simdesign: no command\n    simdesign d \\\n        e\n"
    )
    (block,) = blocks(page)
    assert (block.language, block.reason, block.line) == ("sh", "minutes", 3)
    assert block.text == "simdesign a \\\n  b\n"
    assert indented(page) == ["simdesign c DIR", "simdesign d e"]


def test_every_reason_is_used_and_there_are_commands_of_both_kinds():
    assert [p for p in WHY_NOT if not any(re.search(p, line) for line in UNRUN)] == []
    assert len(UNRUN) > 40
    assert len(OURS) - len(UNRUN) >= 10


@pytest.mark.parametrize("line", UNRUN)
def test_a_command_that_is_not_run_is_parsed(line):
    filled = re.sub(r"\bN\b", "1", re.sub(r"[\[\]]", "", line).replace("quick|full", "quick"))
    (program, *words), *_ = shlex.split(filled), None
    assert program == "simdesign"
    if not words[0].startswith("--"):
        assert parsed(words)


@pytest.mark.parametrize("line", [line for line in OURS if line not in UNRUN])
def test_a_command_that_can_be_run_is_run(line, tmp_path, monkeypatch):
    for name in ("experiments", "results"):
        (tmp_path / name).symlink_to(ROOT / name)
    monkeypatch.chdir(tmp_path)
    status, printed = Session(tmp_path).command(line)
    assert status == 0, printed
    assert printed


@pytest.mark.parametrize("line", [line for line in COMMANDS if line not in OURS])
def test_what_other_programs_are_given_is_there(line):
    program, *words = line.split()
    if program == "python":
        assert Path(ROOT / words[0]).is_file()
    else:
        recipes = (ROOT / "Makefile").read_text(encoding="utf-8")
        assert re.search(rf"^{re.escape(words[0])}:", recipes, re.MULTILINE)
