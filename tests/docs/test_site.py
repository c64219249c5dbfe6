"""The documentation site is built without a warning, and fetches nothing."""

import json
import os
import re
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
from typer.main import get_command

import simdesign
from simdesign.cli import app, call

ROOT = Path(__file__).parents[2]
FETCHED = {  # attributes with which a page loads something by itself
    ("audio", "src"), ("embed", "src"), ("iframe", "src"), ("image", "href"), ("img", "src"),
    ("img", "srcset"), ("input", "src"), ("object", "data"), ("script", "src"), ("source", "src"),
    ("source", "srcset"), ("track", "src"), ("use", "href"), ("video", "poster"), ("video", "src"),
}  # fmt: skip
LINKED = {"stylesheet", "icon", "preload", "prefetch", "modulepreload", "preconnect", "manifest"}
OUTSIDE = re.compile(r"^(?:https?:)?//", re.IGNORECASE)
IN_STYLE = re.compile(
    r"(?:url\(\s*['\"]?|@import\s+['\"])((?:https?:)?//[^'\")\s]+)", re.IGNORECASE
)


class Reader(HTMLParser):
    """What a page fetches, where its links lead, and which places it has."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.fetched: list[str] = []
        self.links: list[str] = []
        self.places: set[str] = {""}
        self.tags: list[str] = []
        self.styles = " ".join(re.findall(r"<style[^>]*>(.*?)</style>", text, re.DOTALL))
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        found = {name: value or "" for name, value in attrs}
        self.tags.append(tag)
        self.fetched += [found[name] for kind, name in FETCHED if kind == tag and name in found]
        if tag == "link" and LINKED & set(found.get("rel", "").split()):
            self.fetched.append(found["href"])
        if tag == "a" and found.get("href"):
            self.links.append(found["href"])
        self.places |= {found[name] for name in ("id", "name") if name in found}
        self.styles += found.get("style", "")


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """Build the site as `make docs` does; a warning is an error."""
    folder = tmp_path_factory.mktemp("site")
    done = subprocess.run(
        [sys.executable, "-m", "sphinx", "-W", "--keep-going", "-q", "-d", folder / "doctrees",
         ROOT / "docs", folder / "html"],
        capture_output=True, text=True, check=False,
        env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return folder / "html"


@pytest.fixture(scope="module")
def pages(site):
    """Read every page of the site."""
    return {
        path.relative_to(site).as_posix(): Reader(path.read_text(encoding="utf-8"))
        for path in sorted(site.rglob("*.html"))
    }


def test_the_recipe_is_that_of_the_makefile():
    recipe = (ROOT / "Makefile").read_text(encoding="utf-8")
    assert "-m sphinx -W --keep-going -q -d build/doctrees docs build/docs" in recipe


def test_every_document_is_a_page(pages):
    documents = {
        path.relative_to(ROOT / "docs").with_suffix(".html").as_posix()
        for path in (ROOT / "docs").rglob("*.md")
    }
    assert documents <= set(pages)
    studies = {path.parent.name for path in ROOT.glob("experiments/*/README.md")}
    assert {f"studies/{name}.html" for name in studies} <= documents


def test_no_page_fetches_anything_from_elsewhere(site, pages):
    for name, page in pages.items():
        assert [item for item in page.fetched if OUTSIDE.match(item)] == [], name
        assert IN_STYLE.findall(page.styles) == [], name
        assert any(urlsplit(item).path.endswith(".css") for item in page.fetched), name
    for sheet in site.rglob("*.css"):
        assert IN_STYLE.findall(sheet.read_text(encoding="utf-8")) == [], sheet.name
    for script in site.rglob("*.js"):
        text = script.read_text(encoding="utf-8")
        assert re.findall(r"(?:import\(|fetch\(|\.src\s*=)\s*['\"]https?:", text) == [], script.name


@pytest.mark.parametrize(
    "text",
    [
        '<script src="https://a.example/x.js"></script>',
        '<link rel="stylesheet" href="//a.example/x.css">',
        '<img alt="" src="http://a.example/x.png">',
        "<style>@import 'https://a.example/x.css'</style>",
        '<p style="background: url(https://a.example/x.png)"></p>',
    ],
)
def test_what_a_page_would_fetch_is_found(text):
    page = Reader(text)
    assert [item for item in page.fetched if OUTSIDE.match(item)] or IN_STYLE.findall(page.styles)


def test_every_link_leads_somewhere(site, pages):
    broken = []
    for name, page in pages.items():
        for link in page.links:
            parts = urlsplit(link)
            if parts.scheme or OUTSIDE.match(link):
                continue
            path = (site / name).parent / unquote(parts.path) if parts.path else site / name
            target = path.resolve().relative_to(site.resolve()).as_posix()
            places = pages[target].places if target in pages else {""}
            if not path.is_file() or unquote(parts.fragment) not in places:
                broken.append(f"{name}: {link}")
    assert broken == []


def test_formulas_are_drawn_by_the_browser(pages):
    assert pages["explanation/model.html"].tags.count("math") > 5
    assert sum(page.tags.count("math") for page in pages.values()) > 500


def test_every_command_and_option_is_described(site):
    page = (site / "reference" / "commands.html").read_text(encoding="utf-8")

    def check(command, path):
        for name, inner in getattr(command, "commands", {}).items():
            check(inner, f"{path} {name}")
        if hasattr(command, "commands") or command.hidden:
            return
        (section,) = re.findall(rf"<h2>{path}<.*?(?=<h2>|</article>)", page, re.DOTALL)
        options = [name for item in command.params for name in item.opts if name.startswith("-")]
        assert [name for name in options if not re.search(f">{name},?<", section)] == []

    check(get_command(app), "simdesign")


def test_every_public_name_is_described(site):
    page = (site / "reference" / "python.html").read_text(encoding="utf-8")
    for name in set(simdesign.__all__) - {"__version__"}:
        assert re.search(rf'id="simdesign\.[\w.]*\.?{name}"', page), name


def test_arrays_of_records_are_described_with_their_axes(site):
    page = (site / "reference" / "python.html").read_text(encoding="utf-8")
    for name in ("Fit.score", "Fit.effect_low", "Observations.load", "Visits.day", "Looks.day"):
        (found,) = re.findall(
            rf'id="simdesign\.records\.{re.escape(name)}".*?</dd>', page, re.DOTALL
        )
        assert re.search(r"<p>\((?:r, )?[a-z]", found), name


def test_the_schema_is_published(site, capsys):
    assert call(["schema"]) == 0
    printed = json.loads(capsys.readouterr().out)
    assert json.loads((site / "reference" / "study.schema.json").read_text("utf-8")) == printed
    page = (site / "reference" / "study_file.html").read_text(encoding="utf-8")
    assert 'href="study.schema.json"' in page
    for name in printed["$defs"]:
        assert f'id="study-{name.lower()}"' in page
