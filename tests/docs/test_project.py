"""Who made it, how to cite it, under which licence: the same everywhere."""

import re
import tomllib
from pathlib import Path

import yaml

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
CITATION = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
REQUIRED = {"cff-version", "message", "title", "authors"}  # by the format, version 1.2.0


def test_the_citation_is_that_of_the_project():
    assert set(CITATION) >= REQUIRED
    assert CITATION["cff-version"] == "1.2.0"
    assert CITATION["version"] == PROJECT["version"]
    assert CITATION["license"] == PROJECT["license"] == "MIT"
    assert CITATION["authors"] == PROJECT["authors"]
    assert set(CITATION["keywords"]) == set(PROJECT["keywords"])


def test_the_citation_has_the_date_of_a_release():
    text = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    (when,) = re.findall(rf"^## {re.escape(PROJECT['version'])} \((.+)\)$", text, re.MULTILINE)
    dated = {} if when == "unreleased" else {"date-released": when}
    assert {k: str(v) for k, v in CITATION.items() if k == "date-released"} == dated


def test_decisions_have_one_number_each_and_gaps_are_explained():
    names = [path.name[:4] for path in (ROOT / "docs" / "adr").glob("0*.md")]
    assert len(set(names)) == len(names)
    numbers = {int(name) for name in names}
    missing = set(range(1, max(numbers) + 1)) - numbers
    said = (ROOT / "docs" / "adr" / "index.md").read_text(encoding="utf-8")
    assert {int(n) for n in re.findall(r"number (\d+) was never given", said)} == missing


def test_the_licence_is_there():
    text = (ROOT / "LICENSE").read_text(encoding="utf-8")
    assert text.startswith("MIT License")
    assert PROJECT["authors"][0]["name"] in text
    assert PROJECT["license-files"] == ["LICENSE"]


def test_the_readme_names_the_documentation():
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    for name in ("CITATION.cff", "CONTRIBUTING.md", "LICENSE", "docs/index.md", "docs/tutorial.md"):
        assert f"]({name})" in text
    assert "make docs" in text
