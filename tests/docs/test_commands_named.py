"""Every command and option that a document names exists."""

import re

import pytest
from typer.main import get_command

from docs.blocks import ROOT
from simdesign.cli import app

DOCUMENTS = sorted(
    [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("experiments/*/README.md")]
)
NAMED = re.compile(r"(?<![\w/-])simdesign ([a-z][a-z-]*)\b((?:(?! simdesign )[^\n`|#;])*)")
PLACES = re.compile(r"```.*?```|^ {4,}\S.*$(?:\n {4,}.*)*|`[^`]+`", re.MULTILINE | re.DOTALL)


def options(command):
    """Return every option of a command, and those of the commands in it."""
    found = {name for item in command.params for name in (*item.opts, *item.secondary_opts)}
    for inner in getattr(command, "commands", {}).values():
        found |= options(inner)
    return found | {"--help"}


COMMANDS = get_command(app).commands


def mistakes(text):
    """Return commands that do not exist, and options that a command does not have."""
    wrong, seen = [], 0
    for place in PLACES.findall(text.replace("\\\n", " ")):
        for name, rest in NAMED.findall(place):
            seen += 1
            if name not in COMMANDS:
                wrong.append(f"simdesign {name}")
                continue
            words = re.findall(r"(?<![\w-])--[a-z][a-z-]*", rest)
            known = options(COMMANDS[name])
            wrong += [f"simdesign {name} {word}" for word in words if word not in known]
    return wrong, seen


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("`simdesign run STUDY --size full`", []),
        ("`simdesign fly`", ["simdesign fly"]),
        ("    simdesign run x.toml \\\n        --fast\n", ["simdesign run --fast"]),
        ("the simdesign page of a study", []),
    ],
)
def test_a_mistake_is_found(text, wrong):
    assert mistakes(text)[0] == wrong


@pytest.mark.parametrize("page", DOCUMENTS, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_what_a_document_names_exists(page):
    wrong, _ = mistakes(page.read_text(encoding="utf-8"))
    assert wrong == []


def test_many_are_named():
    assert sum(mistakes(page.read_text(encoding="utf-8"))[1] for page in DOCUMENTS) > 150
