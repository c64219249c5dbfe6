"""Names and notes of study files and data: shown letter by letter, and they do nothing."""

import csv
import datetime as dt
import re
import tomllib

import pytest
import tomli_w
from markdown_it import MarkdownIt

import simdesign
from browser import axe, hands, scripts
from browser.hostile import NAMES, STUDY, UNSEEN
from browser.inert import ACTING, flat, is_inert, shows
from simdesign.cli import call
from simdesign.plain import in_markdown, printable
from simdesign.report import Curve, Section, Span, Table, write_validation_page
from simdesign.report.check_protocol import CheckPlan, check_protocol_text
from simdesign.report.protocol import protocol_text
from simdesign.studies.analyse import analyses_of_file
from simdesign.studies.analysis_report import write_files
from simdesign.studies.analysis_words import texts_of


@pytest.fixture(scope="module")
def measured(tmp_path_factory):
    """Write a tidy file: each site has one of the names, six years of weeks."""
    path = tmp_path_factory.mktemp("data") / "loads.csv"
    # A file of text cannot hold some: they are refused when it is read.
    hidden = "".join(text for text in UNSEEN.values() if not set(text) & set("\0\r\u2028"))
    sites = [NAMES[0] + NAMES[1], NAMES[2] + NAMES[3], NAMES[4] + NAMES[5] + hidden, NAMES[6]]
    with path.open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["site", "date", "substance", "load", "population"])
        for number, site in enumerate(sites):
            for year in range(2018, 2024):
                for day in range(7):
                    date = dt.date(year, 3, 11) + dt.timedelta(days=day)
                    load = 300 + 40 * ((3 * year + 5 * number + 2 * day) % 7)
                    rows.writerow([site, date, "cocaine", load, 100_000 * (number + 1)])
    return path, sites


@pytest.fixture(scope="module")
def found(measured):
    return analyses_of_file(measured[0])


@pytest.fixture(scope="module")
def analysed(found, tmp_path_factory):
    out = tmp_path_factory.mktemp("analysis")
    return {lang: write_files(found.analyses, found.skipped, out / lang, texts_of(lang))[0]
            for lang in ("en", "nl")}  # fmt: skip


@pytest.mark.parametrize("lang", ["en", "nl"])
def test_the_page_of_real_series(look, analysed, measured, lang):
    page = look(analysed[lang], viewport={"width": 360, "height": 700})
    is_inert(page)
    shows(page, map(printable, measured[1]))
    assert page.evaluate(scripts.CUT_OFF) == []
    assert list(hands.dead_by_keyboard(page)) == []
    assert axe.grave(page, without=() if lang == "en" else ("color-contrast",)) == []


def test_the_page_of_a_world_against_real_weeks(look, tmp_path):
    numbers = (0.1, 0.2)
    table = Table(caption=NAMES[0], columns=(NAMES[1], NAMES[2]), rows=((NAMES[3], NAMES[4]),))
    spans = [Span(name=name, value=numbers, low=numbers, high=numbers) for name in NAMES[1:3]]
    curve = Curve(title=NAMES[0], x_title=NAMES[1], y_title=NAMES[2], places=NAMES[4:6],
                  real=spans[0], simulated=(spans[1],))  # fmt: skip
    path = write_validation_page(
        tmp_path / "page.html", title=NAMES[0], intro=[NAMES[5], *UNSEEN.values()], summary=table,
        sections=[Section(title=NAMES[3], curves=(curve,), table=table)],
    )  # fmt: skip
    page = look(path, viewport={"width": 360, "height": 700})
    is_inert(page)
    shows(page, NAMES[:6])
    assert axe.grave(page, without=("color-contrast",)) == []


def test_protocols_in_markdown(look, tmp_path):
    study = simdesign.Study.from_dict(STUDY)
    assert simdesign.Study.from_dict(tomllib.loads(study.to_toml())) == study
    plan = CheckPlan(draws=100, middle_share=0.5, wrong_share=0.5, level=0.01)
    for text in (protocol_text(study, "quick"), check_protocol_text(study, "quick", plan)):
        assert set(text) & ACTING == set()
        path = tmp_path / "protocol.html"  # as a viewer would show it that cleans nothing
        path.write_text('<!DOCTYPE html><meta charset="utf-8">' + MarkdownIt().render(text))
        page = look(path)
        is_inert(page)
        shows(page, NAMES)


def test_markdown_of_the_registered_protocols_does_not_change():
    text = "Is one week a year (7 days) enough: 10 % + 5 %, or more? It's - so far - open."
    assert in_markdown(text) == text


def test_a_terminal(measured, found, monkeypatch, capfd):
    monkeypatch.setattr("simdesign.studies.analyse.analyses_of_file", lambda *_, **__: found)
    assert call(["analyse", str(measured[0])]) == 0
    said = capfd.readouterr()
    assert set(said.out + said.err) & (ACTING - {"\r"}) == set()
    assert "[red]red[/red]" in flat(said.out)


@pytest.mark.parametrize(
    ("field", "change"),
    [
        ("name", {"name": NAMES[0]}),
        ("designs", {"designs": {NAMES[1]: {"schedule": {"kind": "rounds", "per_year": 4}}}}),
        ("estimators", {"estimators": {NAMES[5]: {"kind": "exact_step"}}}),
        ("substances", {"world": {"substances": {UNSEEN["escape"]: {}}}}),
        ("reference", {"decision": {"reference": NAMES[2]}}),
    ],
)
def test_names_that_become_keys_are_refused(tmp_path, capfd, field, change):
    path = tmp_path / "study.toml"
    path.write_text(tomli_w.dumps({**STUDY, **change}), encoding="utf-8")
    assert call(["run", str(path), "--dry-run"]) == 2
    said = capfd.readouterr()
    assert said.out == ""
    (line,) = said.err.splitlines()
    assert line.startswith(f"simdesign: {path}: ")
    assert re.search(field, line)
    assert set(line) & ACTING == set()
