"""`--json`: on every command that prints results, one document, with the documented keys."""

import io
import json
import re
from pathlib import Path

import pytest

import simdesign
from cli.line import commands, options
from run.tiny import write_study
from simdesign.cli import call
from simdesign.plain import json_text, plain_json
from simdesign.studies.console import say_json

ROOT = Path(__file__).parents[2]
RESULTS = ROOT / "results"
DOCUMENT = (ROOT / "docs" / "commands.md").read_text(encoding="utf-8")
ALWAYS_JSON = {"schema"}
TABLE = ("--horizon", 2, "--where", "size=0.3")
ADDRESS = ("--scenario", "null_mixture", "--replication", 0, "--design", "annual",
           "--estimator", "euda")  # fmt: skip


def documented():
    """Return command -> (keys that are always there, keys that may be)."""
    part = DOCUMENT.partition("\n## JSON\n")[2].partition("\n## ")[0]
    rows = re.findall(r"^\| `([^`]+)` \| (.*) \|$", part, re.MULTILINE)
    assert len(rows) > 25
    found = {}
    for name, words in rows:
        may_be = set(re.findall(r"\(`(\w+)`\)", words))
        found[name] = (set(re.findall(r"`(\w+)`", words)) - may_be, may_be)
    return found


def read(capsys):
    """Return the document on standard output, which holds nothing else."""
    text = capsys.readouterr().out

    def refuse(name):
        raise AssertionError(f"{name} is no JSON")

    return json.loads(text, parse_constant=refuse)


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """Run the tiny study; return the folder that holds it, its file and its results."""
    folder = tmp_path_factory.mktemp("json")
    simdesign.run(write_study(folder), folder / "out", workers=1)
    return folder


@pytest.fixture
def pageless(monkeypatch):
    """Write a page of one line: what is in it is tested elsewhere, and takes its time."""

    def write_page(folder, lang, *rest, to=None, **more):
        path = to or Path(folder) / "page.html"
        path.write_text("<p>a page\n", encoding="utf-8")
        return path

    monkeypatch.setattr("simdesign.report.write_page", write_page)


def test_every_command_that_prints_results_takes_json_and_is_documented():
    known = dict(commands())
    assert {name for name, item in known.items() if "--json" not in options(item)} == ALWAYS_JSON
    rows = documented()
    assert known.keys() - ALWAYS_JSON <= rows.keys()
    assert {name.partition(" --")[0] for name in rows} <= known.keys()


@pytest.mark.parametrize(
    ("command", "arguments"),
    [
        ("run", ["study.toml", "--out", "out", "--workers", 1]),
        ("run --list", ["study.toml"]),
        ("run --dry-run", ["study.toml", "--out", "out", "--workers", 1]),
        ("resume", ["out", "--workers", 1]),
        ("status", ["out"]),
        ("failures", ["out"]),
        ("collect", ["out"]),
        ("evaluate", ["out"]),
        ("report", ["out", "--lang", "nl"]),
        ("figures", ["out", "--lang", "nl"]),
        ("table", ["out", *TABLE]),
        ("frontier", ["out"]),
        ("departures", [str(RESULTS / "wrong_worlds")]),
        ("attribution", [str(RESULTS / "mechanism_attribution")]),
        ("options", ["out"]),
        ("explore", ["out"]),
        ("stability", ["out"]),
        ("reweight", ["out", "--constancy", 10]),
        ("refine", ["out", "--with", "exact_step", "--budget-minutes", 0]),
        ("verify", ["out", "--sample", 1]),
        ("replay", ["out", *ADDRESS]),
        ("preregister", ["study.toml", "--size", "quick"]),
        ("publish", ["out", "results/tiny"]),
    ],
)
def test_the_keys_are_those_documented(command, arguments, place, pageless, capsys, monkeypatch):
    monkeypatch.chdir(place)
    name, *flag = command.split(" ")
    assert call([name, *map(str, arguments), *flag, "--json"]) == 0
    found = read(capsys)
    always, may_be = documented()["run" if command == "resume" else command]
    assert always <= found.keys() <= always | may_be


def test_of_a_run_it_is_what_evaluate_says(place, pageless, capsys):
    assert call(["resume", str(place / "out"), "--workers", "1", "--json"]) == 0
    first = read(capsys)
    assert call(["evaluate", str(place / "out"), "--json"]) == 0
    assert read(capsys) == first


def test_a_list_has_a_row_for_every_condition_that_is_printed(place, capsys):
    assert call(["run", str(place / "study.toml"), "--list", "--json"]) == 0
    rows = read(capsys)["conditions"]
    assert call(["run", str(place / "study.toml"), "--list"]) == 0
    lines = capsys.readouterr().out.splitlines()[1:-1]
    assert [line.split() for line in lines] == [
        [row["scenario"], row["design"], row["estimator"], str(row["replications"])] for row in rows
    ]


def test_a_protocol_says_whether_it_was_written(place, capsys, tmp_path):
    study = write_study(tmp_path)
    for expected in ("written", "unchanged"):
        assert call(["preregister", str(study), "--size", "quick", "--json"]) == 0
        found = read(capsys)
        assert found["done"] == expected
        assert found["hash"] in Path(found["protocol"]).read_text(encoding="utf-8")
    text = study.read_text(encoding="utf-8").replace("seed = 7", "seed = 8")
    study.write_text(text, encoding="utf-8")
    assert call(["preregister", str(study), "--size", "quick", "--amend", "luck", "--json"]) == 0
    assert read(capsys)["done"] == "replaced"


def test_undefined_numbers_are_null_and_no_character_acts():
    nan, inf = float("nan"), float("inf")
    assert plain_json({"a": [nan, 1.5, (inf, -inf)]}) == {"a": [None, 1.5, [None, None]]}
    name = "a\x1b[2Jb\x9bc\u202ed\x7fé"
    for ascii_only in (False, True):
        text = json_text({name: name}, ascii_only=ascii_only)
        assert json.loads(text) == {name: name}
        assert not set(text) & {"\x1b", "\x9b", "\u202e", "\x7f"}
        assert text.isascii() is ascii_only


def test_json_stays_json_where_output_is_no_unicode(monkeypatch):
    raw = io.BytesIO()
    monkeypatch.setattr("sys.stdout", io.TextIOWrapper(raw, encoding="ascii"))
    say_json({"Eén": "±"})
    assert json.loads(raw.getvalue().decode("ascii")) == {"Eén": "±"}
