"""Published results are whole, as their protocol announced, and what the documents say of them."""

import re
import shlex
from pathlib import Path

import pytest

from simdesign.cli import call
from simdesign.report import registered
from simdesign.run import read
from simdesign.spec.protocol import protocol_hash
from simdesign.stored import PublishedPaths, read_lock
from simdesign.studies.publish import LARGEST

ROOT = Path(__file__).parents[2]
PUBLISHED = sorted(path.parent for path in (ROOT / "results").glob("*/study.lock.json"))
LARGEST_PAGE = 1_500_000
QUOTED = re.compile(r"```console\n(\$ simdesign \w+ results/[^\n]*)\n(.*?)```", re.DOTALL)
CLAIM = {
    "annual_claim", "frequency_frontier", "pilot_constancy", "local_break", "claim_stability",
}  # fmt: skip
OPTIONS = {"mechanism_attribution", "follow_up_options", "wrong_worlds"}


def documents():
    """Return every document that may print what a command says of published results."""
    pages = [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("experiments/*/*.md")]
    return [page for page in sorted(pages) if QUOTED.search(page.read_text(encoding="utf-8"))]


def printed():
    """Yield (command, what it printed) of every block ``console`` about published results."""
    for page in documents():
        text = page.read_text(encoding="utf-8")
        for command, said in QUOTED.findall(text):
            yield pytest.param(command, said, id=f"{page.parent.name}: {command[:60]}")


def test_the_studies_of_the_claim_and_of_the_options_are_published():
    assert {path.name for path in PUBLISHED} >= CLAIM | OPTIONS


def test_all_of_it_is_small():
    files = [path for path in (ROOT / "results").rglob("*") if path.is_file()]
    assert sum(path.stat().st_size for path in files) < LARGEST
    assert all(p.stat().st_size <= LARGEST_PAGE for p in files if p.suffix == ".html")


@pytest.mark.parametrize("folder", PUBLISHED, ids=lambda path: path.name)
def test_results_are_those_of_the_study_and_of_its_protocol(folder):
    results = read(folder)
    lock = read_lock(folder)
    own = ROOT / "experiments" / folder.name
    found = registered((own / "protocol.md").read_text(encoding="utf-8"))
    assert lock["protocol"] == {"hash": found.hash, "matches": True}
    assert protocol_hash(results.study, lock["size"]) == found.hash
    assert lock["size"] == "full"
    assert results.verdicts()
    assert results.records()
    page = PublishedPaths(folder).page.read_text(encoding="utf-8")
    assert lock["digest"][:12] in page


@pytest.mark.parametrize(("command", "said"), list(printed()))
def test_documents_say_what_commands_print(command, said, capsys, monkeypatch):
    monkeypatch.chdir(ROOT)
    sign, program, *options = shlex.split(command)
    assert (sign, program) == ("$", "simdesign")
    assert call(options) == 0
    lines = [line.rstrip() for line in capsys.readouterr().out.splitlines()]
    wanted = [line.rstrip() for line in said.splitlines()]
    if "..." not in wanted:
        assert wanted == lines
        return
    place = wanted.index("...")  # a document may leave out the middle of a long answer
    assert wanted[:place] == lines[:place]
    assert wanted[place + 1 :] == lines[len(lines) - (len(wanted) - place - 1) :]


@pytest.mark.parametrize("page", documents(), ids=lambda path: path.parent.name)
def test_numbers_in_sentences_stand_in_a_table(page):
    text = page.read_text(encoding="utf-8")
    blocks = "".join(re.findall(r"```console\n.*?```", text, re.DOTALL))
    sentences = re.sub(r"```.*?```", "", text, flags=re.DOTALL)
    numbers = re.findall(r"-?\d+\.\d+ \(\d+\.\d+\)", " ".join(sentences.split()))
    assert [number for number in numbers if number not in blocks] == []


def test_the_page_about_a_city_asks_about_a_city_in_both_languages():
    pages = {
        name: PublishedPaths(ROOT / "results" / name).page.read_text(encoding="utf-8")
        for name in ("local_break", "annual_claim")
    }
    for words in ("Does one city notice", "Merkt één stad", "That says nothing of a single city"):
        assert words in pages["local_break"]
        assert words not in pages["annual_claim"]
