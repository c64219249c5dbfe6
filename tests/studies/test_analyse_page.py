"""`analyse` beyond one table: several substances, two languages, figures, the page, PyMC."""

import csv
import json
import math
import re
import string
import tomllib
import urllib.parse
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest
import typer
from typer.testing import CliRunner

import simdesign.report
import simdesign.studies
from data.make_release import CITIES, step_release, write_csv
from simdesign.records import Status
from simdesign.report.texts import catalogue_keys
from simdesign.studies.analyse import analyses_of_file, register
from simdesign.studies.analysis import look_at_end
from simdesign.studies.analysis_page import series_of
from simdesign.studies.analysis_paragraph import CERTAINTY, paragraph
from simdesign.studies.analysis_pymc import Sampled, sampled
from simdesign.studies.analysis_reader import translated
from simdesign.studies.analysis_report import COLUMNS, plain_analyses, write_files
from simdesign.studies.analysis_words import caveats, general_notes, texts_of, verdict

ROOT = Path(simdesign.report.__file__).parent
STUDIES = Path(simdesign.studies.__file__).parent
STRANGE = 'Zuid<b>stad & "co"'
NUMBER = re.compile(r"\d+(?:[.,]\d+)?")
ENGLISH, DUTCH = texts_of("en"), texts_of("nl")


def two_substances(folder: Path) -> Path:
    """Write a release of two cities and six years: cocaine, MDMA, one week of amphetamine."""
    path = step_release(folder, size=0.8, at=8.5)
    with path.open(encoding="utf-8", newline="") as file:
        header, *rows = list(csv.reader(file))
    keep = [row for row in rows if row[4] in CITIES[:2] and int(row[0]) >= 2017]
    for row in keep:
        row[4] = STRANGE if row[4] == CITIES[1] else row[4]
    other = [[row[0], "MDMA", *row[2:]] for row in keep]
    once = [[row[0], "amphetamine", *row[2:]] for row in keep if row[0] == "2020"]
    unserved = [[row[0], "cannabis", *row[2:]] for row in keep]
    write_csv(path, header, [*keep, *other, *once, *unserved])
    sites = folder / "site-info-table.csv"
    sites.write_text(sites.read_text().replace(CITIES[1], STRANGE.replace('"', '""')))
    return path


@pytest.fixture(scope="module")
def found(tmp_path_factory):
    return analyses_of_file(two_substances(tmp_path_factory.mktemp("release")))


@pytest.fixture(scope="module")
def files(found, tmp_path_factory):
    out = tmp_path_factory.mktemp("out") / "new"
    return {
        lang: write_files(found.analyses, found.skipped, out / lang, texts_of(lang))
        for lang in ("en", "nl")
    }


@pytest.fixture
def app():
    application = typer.Typer()
    application.callback()(lambda: None)
    register(application)
    return application


def run(app, *arguments):
    return CliRunner().invoke(app, ["analyse", *map(str, arguments)])


class Page(HTMLParser):
    """Collects tags with their attributes, and the text between them."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data):
        self.text += data

    def all(self, tag):
        return [attributes for name, attributes in self.tags if name == tag]


def test_every_served_substance_is_analysed_and_the_others_are_named(found):
    assert [one.substance for one in found.analyses] == ["cocaine", "MDMA"]
    assert list(found.skipped) == ["amphetamine"]
    assert "at least two campaigns" in found.skipped["amphetamine"]
    plain = plain_analyses(found.analyses, found.skipped, ENGLISH)
    assert set(plain["substances"]) == {"cocaine", "MDMA"}
    assert plain["left_out"] == found.skipped
    json.dumps(plain, allow_nan=False)


def test_a_history_agrees_with_the_posterior(found):
    for series in (s for one in found.analyses for s in series_of(one)):
        past, posterior = series.history, series.posterior
        assert past.year.tolist() == list(range(2017, 2024))
        assert past.known[-1] == pytest.approx(posterior.prob_break, abs=1e-9)
        assert past.known[0] == pytest.approx(0.0, abs=2e-3)  # six days of prior
        assert np.nansum(past.interval) == pytest.approx(posterior.prob_interval.sum())
        # the band starts on the first sampled day, half a week of walk (SD 0.1) before its middle
        width = math.log(past.high[0] / past.low[0])
        assert width < 2 * 1.96 * 0.1 * math.sqrt(3 / 365.25)
        assert (past.low <= past.level).all()
        assert (past.level <= past.high).all()
        assert past.rule[-1] == series.year_on_year
        middle, low, high = past.change
        assert low < middle < high
        assert math.log1p(middle) == pytest.approx(posterior.path_mean[-1])
        # the line lies among the weeks: what is left of them has no mean
        assert np.log(past.mean / past.level).mean() == pytest.approx(0.0, abs=1e-9)
    panel, first = series_of(found.analyses[0])[:2]
    assert panel.history.is_index
    assert panel.history.level[0] == pytest.approx(100.0)
    assert len(panel.history.cities) == 14
    assert not first.history.is_index


def test_the_page_is_whole_offline_and_escaped(found, files):
    for lang, (path, data, table) in files.items():
        assert sorted(p.name for p in path.parent.iterdir()) == [
            "analysis.html", "analysis.json", "series.csv",
        ]  # fmt: skip
        text = path.read_text(encoding="utf-8")
        page = Page(text)
        assert page.all("html")[0]["lang"] == lang
        assert page.all("script") == []
        assert page.all("b") == []
        assert STRANGE in page.text
        links = [a["href"] for a in page.all("a")]
        assert all(link.startswith(("#", "data:text/csv")) for link in links)
        assert re.findall(r'(?:src|href)="(?!#|data:)', text) == []
        n_series = sum(len(series_of(one)) for one in found.analyses)
        assert len(page.all("svg")) == 2 * n_series
        figures = [d for d in page.all("div") if d.get("role") == "img"]
        assert len(figures) == n_series
        assert all("P(" in d["aria-label"] for d in figures)
        identifiers = [t["id"] for _, t in page.tags if "id" in t]
        assert len(identifiers) == len(set(identifiers))
        assert {link[1:] for link in links if link[0] == "#"} <= set(identifiers)
        with table.open(encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file))
        assert tuple(rows[0]) == COLUMNS
        carried = [urllib.parse.unquote(x.partition(",")[2]) for x in links if x[0] != "#"]
        downloads = [r for x in carried for r in csv.DictReader(x.splitlines())]
        assert downloads == rows
        assert json.loads(data.read_text(encoding="utf-8"))["substances"].keys() == {
            "cocaine", "MDMA",
        }  # fmt: skip
        words = texts_of(lang)
        for one in found.analyses:
            for series in series_of(one):
                assert paragraph(series, words) in page.text
                assert set(caveats(series, words)) <= set(page.text.split("\n"))


def test_dutch_says_what_english_says_and_leaves_no_english(found):
    for one in found.analyses:
        pairs = [(general_notes(one, ENGLISH), general_notes(one, DUTCH))]
        for series in series_of(one):
            pairs.append((caveats(series, ENGLISH), caveats(series, DUTCH)))
            pairs.append(([paragraph(series, ENGLISH)], [paragraph(series, DUTCH)]))
        for english, dutch in pairs:
            assert len(english) == len(dutch) > 0
            for a, b in zip(english, dutch, strict=True):
                assert a != b
                numbers = [sorted(n.replace(",", ".") for n in NUMBER.findall(t)) for t in (a, b)]
                assert numbers[0] == numbers[1], (a, b)
                assert not re.search(r"\d\.\d", b.replace("local.md", "")), b
    assert translated("something new", "nl") == "something new"
    assert "200.000 inwoners" in translated(
        "warning: not in the site table and taken to have 200,000 inhabitants: NL X", "nl"
    )


def test_texts_are_complete_and_asked_for():
    for name in ("analysis_texts.toml", "local_texts.toml"):
        catalogue = tomllib.loads((ROOT / name).read_text(encoding="utf-8"))
        for section, items in catalogue.items():
            for key, text in items.items():
                assert set(text) == {"en", "nl"}, f"{section}.{key}"
                fields = [
                    {field for _, field, _, _ in string.Formatter().parse(text[lang]) if field}
                    for lang in ("en", "nl")
                ]
                assert fields[0] == fields[1], f"{section}.{key}"
    asked = {name: set() for name in ("analysis_texts.toml", "local_texts.toml")}
    ours = [*ROOT.rglob("series*"), *STUDIES.glob("analys*.py")]
    for path, name in [(p, "analysis_texts.toml") for p in ours] + [
        (STUDIES / "two_weeks_words.py", "local_texts.toml")
    ]:
        if path.is_file() and path.suffix in (".py", ".j2"):
            calls = re.findall(r'\b(?:t|texts)\(\s*"(\w+\.\w+)"', path.read_text(encoding="utf-8"))
            asked[name] |= set(calls)
    assert min(len(keys) for keys in asked.values()) > 25
    for name, keys in asked.items():
        texts = simdesign.report.Texts("nl", name)
        assert [key for key in sorted(keys) if not texts.has(key)] == []
    assert "figure.own_axis" not in catalogue_keys()


def test_pymc_stands_beside_the_exact_engine(found):
    from simdesign.data import to_observations
    from simdesign.spec.estimator import ExactBreak, ExactCity

    one = found.analyses[0]
    table = one.table
    panel, city = series_of(one)[:2]
    for series, spec in ((panel, ExactBreak()), (city, ExactCity())):
        part = to_observations(table.select(sites=series.sites), ["cocaine"])
        beside = sampled(spec, part, look_at_end(part), "cocaine", robust=False)
        assert (beside.engine, beside.status) == ("pymc", Status.OK)
        difference = abs(beside.prob_break - series.posterior.prob_break)
        assert difference <= 0.02
        assert difference <= 4.0 * beside.mcse + 0.005  # the exact engine's own bar
        assert beside.effect[0] == pytest.approx(series.posterior.effect_mean, abs=0.03)
        said = paragraph(replace(series, sampled=beside), ENGLISH)
        assert f"says {beside.prob_break:.3f} ± {beside.mcse:.3f}" in said


@pytest.mark.parametrize(
    ("status", "engine", "expected"),
    [
        (Status.TOO_LITTLE_DATA, "pymc", "PyMC was not asked: nothing learnt"),
        (Status.NOT_APPLICABLE, "pymc", "PyMC was not asked: not applicable"),
        (Status.FAILED, "pymc", "PyMC gave no answer: R-hat 1.2"),
        (Status.OK, "pymc_robust", "the robust PyMC model"),
    ],
)
def test_where_pymc_has_no_answer_it_is_said(found, status, engine, expected):
    series = found.analyses[0].series[0]
    good = status == Status.OK
    beside = Sampled(
        engine=engine, status=status, reason="R-hat 1.2" if status == Status.FAILED else "",
        prob_break=0.5 if good else math.nan, mcse=0.01 if good else math.nan,
        effect=(0.0, 0.0, 0.0),
    )  # fmt: skip
    assert any(expected in text for text in caveats(replace(series, sampled=beside)))


def test_words_follow_the_fixed_scale(found):
    series = found.analyses[0].panel
    for prob, key in ((0.95, "p95"), (0.80, "p80"), (0.79, "p20"), (0.05, "p05"), (0.0, "p00")):
        moved = replace(series, posterior=replace(series.posterior, prob_break=prob))
        assert verdict(moved, DUTCH) == DUTCH(f"verdict.{key}")
    assert [least for least, _ in CERTAINTY] == [0.95, 0.80, 0.20, 0.05, 0.0]


def test_the_command_writes_a_page_and_prints_dutch(app, tmp_path):
    path = two_substances(tmp_path)
    page = tmp_path / "page.html"
    asked = [path, "--substance", "cocaine", "--from", 2021, "--lang", "nl", "--page", page]
    result = run(app, *asked)
    assert result.exit_code == 0, result.output
    assert f"written: {page}" in result.stdout.replace("\n", "")
    for words in ("is er een trendbreuk", "Wat niet te concluderen is", "In woorden", "meetweken"):
        assert words in result.stdout
    assert "What cannot" not in result.stdout
    assert page.read_text(encoding="utf-8").startswith("<!DOCTYPE html>")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--lang", "fr"], "--lang: must be one of en, nl, got 'fr'"),
        (["--substance", "cocaine", "--substance", "aspirin"], "substance: must be one of"),
        (["--substance", "cannabis"], "has no analysis priors"),
        (["--substance", "amphetamine"], "must include a site with at least two campaigns"),
        (["--from", "2023", "--out", "folder"], "campaigns: must include a site"),
    ],
)
def test_a_wrong_request_is_one_line_and_status_2(app, tmp_path, monkeypatch, arguments, message):
    monkeypatch.chdir(tmp_path)
    path = two_substances(tmp_path)
    # what can be refused before anything is fitted is asked of two weeks only
    few = [] if "--from" in arguments else ["--from", 2022]
    result = run(app, path, *arguments, *few)
    if "amphetamine" in arguments:
        assert "rows: must be left by the selection" in result.stderr
    else:
        assert message in result.stderr
    assert (result.exit_code, result.stderr.count("\n"), result.stdout) == (2, 1, "")
    assert not (tmp_path / "folder").exists()


def test_a_place_that_cannot_be_written_is_one_line(app, tmp_path):
    path = two_substances(tmp_path)
    (tmp_path / "file").write_text("")
    for option, place in (("--out", "file"), ("--page", "no/page.html")):
        asked = [path, option, tmp_path / place]  # refused before anything is fitted
        result = run(app, *asked)
        assert (result.exit_code, result.stderr.count("\n")) == (2, 1)
        assert f"{option}: " in result.stderr
