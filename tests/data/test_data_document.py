"""Every example of docs/data.md does what the document says."""

import re
import shlex
from pathlib import Path

import pytest

from data.make_release import step_release
from simdesign.cli import call
from simdesign.data import read
from simdesign.errors import DataError

DOCUMENT = (Path(__file__).parents[2] / "docs" / "data.md").read_text(encoding="utf-8")
FILES = re.findall(r"^```csv (\S+)( refused)?\n(.*?)^```", DOCUMENT, re.MULTILINE | re.DOTALL)
CONSOLE = re.findall(r"^```console\n(.*?)^```", DOCUMENT, re.MULTILINE | re.DOTALL)


@pytest.fixture
def folder(tmp_path, monkeypatch):
    for name, _, text in FILES:
        (tmp_path / name).write_text(text, encoding="utf-8")
    path = step_release(tmp_path)
    header, *lines = path.read_text(encoding="utf-8").splitlines()
    # one short series: analysing is what takes time
    lines = [header, *(line for line in lines if "Noordstad" in line and line >= "2021")]
    lines += [line.replace('"cocaine"', '"MDMA"') for line in lines[1:]]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_files_are_read_or_refused_as_the_document_says(folder):
    assert len(FILES) == 6
    refused = set()
    for name, _, _ in FILES:
        try:
            table = read(folder / name)
        except DataError:
            refused.add(name)
        else:
            assert table.report.n_read == table.report.n_rows
    assert refused == {name for name, word, _ in FILES if word}
    loads = read(folder / "concentrations.csv")
    assert loads.load.tolist() == [420.0, 2.0, 2.0]
    assert loads.censored.tolist() == [False, True, True]


def test_commands_print_what_the_document_shows(folder, capsys):
    commands = [part for block in CONSOLE for part in re.split(r"^\$ ", block, flags=re.M) if part]
    assert len(commands) == 8
    for part in commands:
        command, *shown = part.splitlines()
        status = call(shlex.split(command)[1:])
        captured = capsys.readouterr()
        assert status == (2 if shown and shown[0].startswith("simdesign: ") else 0), captured.err
        printed = (captured.out + captured.err).splitlines()
        assert [line for line in shown if line not in printed] == []
