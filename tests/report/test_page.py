"""The pages say what the measures say, and carry nothing in from outside."""

import csv
import dataclasses
import html
import io
import json
import re
import subprocess
import sys
import urllib.parse
from collections import Counter
from html.parser import HTMLParser

import pytest

from simdesign.errors import StoreError
from simdesign.report import write_page
from simdesign.report.environment import policy
from simdesign.report.folder import read_folder
from simdesign.report.likelihood import word
from simdesign.report.select import Selection
from simdesign.report.tables import measure_blocks, unread_streams
from simdesign.report.texts import Texts

VOID = {"meta", "img", "br", "link", "input", "hr", "path", "line", "circle", "use"}
OPEN_ENDED = {"tr", "td", "th"}  # HTML lets them end by themselves


class Document(HTMLParser):
    """Elements with their attributes, text per language, and whether tags are nested."""

    def __init__(self):
        super().__init__()
        self.elements, self.stack, self.text = [], [], {"en": [], "nl": [], None: []}

    def handle_starttag(self, tag, attributes):
        self.elements.append((tag, dict(attributes)))
        if tag not in VOID | OPEN_ENDED:
            self.stack.append((tag, dict(attributes).get("lang")))

    def handle_startendtag(self, tag, attributes):
        self.elements.append((tag, dict(attributes)))

    def handle_endtag(self, tag):
        if tag in VOID | OPEN_ENDED:
            return
        assert self.stack, f"</{tag}> closes nothing"
        assert self.stack.pop()[0] == tag

    def handle_data(self, data):
        inside = {tag for tag, _ in self.stack}
        if not inside & {"script", "style"}:
            languages = [lang for tag, lang in self.stack if lang and tag != "html"]
            self.text[languages[-1] if languages else None].append(data)


def parsed(text):
    found = Document()
    found.feed(text)
    found.close()
    assert found.stack == []
    return found


@pytest.fixture(scope="module")
def document(page):
    return parsed(page)


@pytest.fixture(scope="module")
def report(methods):
    return parsed(methods)


def said(document, lang):
    return " ".join(" ".join(document.text[lang]).split())


LOCAL = {"methods.html", "methods.html#limits-en", "page.html", "measures.csv",
         "measures.parquet"}  # fmt: skip


@pytest.mark.parametrize("which", ["page", "methods"])
def test_nothing_is_fetched(which, request, page, methods):
    text = {"page": page, "methods": methods}[which]
    document = parsed(text)
    addresses = [
        (tag, value)
        for tag, attributes in document.elements
        for name, value in attributes.items()
        if name in ("src", "href", "srcset", "poster", "action", "data", "xlink:href")
    ]
    assert len(addresses) > 10
    outside = [item for item in addresses if not item[1].startswith(("#", "data:"))]
    # a link is followed by a reader only: to a file beside the page, or to a source
    assert {tag for tag, _ in outside} == {"a"}
    away = {value for _, value in outside if value not in LOCAL}
    assert all(value.startswith("https://") for value in away)
    assert len(away) == (8 if which == "page" else 0)
    assert not {"link", "iframe", "object", "embed", "img"} & {tag for tag, _ in document.elements}
    assert not re.search(r"@import|url\(|fetch\(|XMLHttpRequest", text)
    policy = [a["content"] for tag, a in document.elements if "http-equiv" in a]
    assert len(policy) == 1
    assert policy[0].startswith("default-src 'none'")


def test_a_policy_allows_every_script_that_it_is_given_and_no_other():
    hashes = [re.findall(r"'sha256-([^']+)'", policy(list(texts))) for texts in ("", "a", "ab")]
    assert [len(found) for found in hashes] == [0, 1, 2]
    assert hashes[2][0] == hashes[1][0] == "ypeBEsobvcr6wjGzmiPcTaeG7/gUfE5yuYB3ha/uSLs="
    assert "script-src 'none'" in policy([])


@pytest.mark.parametrize("which", ["page", "methods"])
def test_a_study_cannot_add_elements(which, page, methods):
    text = {"page": page, "methods": methods}[which]
    document = parsed(text)
    scripts = [tag for tag, _ in document.elements if tag == "script"]
    assert len(scripts) == 1
    assert "<script>alert" not in text
    assert "<img" not in text
    assert "onerror" not in {name for _, attributes in document.elements for name in attributes}
    told = said(document, "en") + said(document, None)
    assert "<script>alert('title')</script> & <b>bold</b>" in told
    if which == "methods":
        assert "Does the page escape what a study says?" in told


def test_structure_serves_a_screen_reader(document):
    tags = [tag for tag, _ in document.elements]
    for landmark in ("header", "nav", "main", "footer"):
        assert landmark in tags
    assert dict(document.elements)["html"]["lang"] == "nl"
    titles = [attributes["lang"] for tag, attributes in document.elements if tag == "h1"]
    assert sorted(titles) == ["en", "nl"]
    svgs = [a for tag, a in document.elements if tag == "svg"]
    # the sprite; two designs, noticed and false alarms, in each language; curves of two levels
    assert len(svgs) == 1 + 2 * 4 + 2
    assert all(a["aria-hidden"] == "true" for a in svgs)
    names = [a["id"] for _, a in document.elements if "id" in a]
    assert len(set(names)) == len(names)
    links = [a["href"][1:] for _, a in document.elements if a.get("href", "").startswith("#")]
    assert set(links) <= set(names)
    regions = [a for _, a in document.elements if a.get("role") == "region"]
    assert all(a["tabindex"] == "0" and a["aria-label"] for a in regions)


def test_a_picture_for_both_languages_says_in_each_what_it_shows(page):
    pictures = re.findall(r'<div class="panel">.*?</div>', page, re.DOTALL)
    assert len(pictures) == 2
    for text in pictures:
        for lang, start in (("en", "from "), ("nl", "van ")):
            alternative = re.search(rf'<p class="alternative" lang="{lang}">([^<]*)</p>', text)[1]
            assert start in alternative
            assert re.search(r"\d", alternative)
        labels = re.findall(r"<text[^>]*>([^<]*)</text>", text)
        assert "Years since the break" in labels
        assert "Jaren sinds de breuk" in labels
        assert labels.count("0") <= 2  # a number that both share stands once


def test_the_report_has_its_figures_with_words(report):
    pictures = [a for _, a in report.elements if a.get("role") == "img"]
    svgs = [a for tag, a in report.elements if tag == "svg"]
    # map, power, delay curves, false alarms, nested loop, zip of two designs, and perhaps a check
    assert len(pictures) == len(svgs) >= 2 + 4 + 2 + 1 + 1 + 2
    for title in ("Where it is as good", "How often a break", "How soon", "False alarms depend",
                  "nested-loop plot", "zip plot"):  # fmt: skip
        assert title in said(report, None)
    assert all(re.search(r"\d", a["aria-label"]) for a in pictures)
    names = [a["id"] for _, a in report.elements if "id" in a]
    assert len(set(names)) == len(names)
    links = [a["href"][1:] for _, a in report.elements if a.get("href", "").startswith("#")]
    assert set(links) <= set(names)


def test_the_report_says_what_the_run_cost_and_what_has_no_score(results, report):
    told = said(report, None)
    status = results.status()
    assert f"{status['rows']} in {status['files']} files" in told
    assert "too little data" in told
    assert "Paired differences" in told


def test_verdicts_are_there_in_both_languages(results, document, report):
    words = {
        "en": ("as good", "not as good", "cannot be told", "no design notices"),
        "nl": ("even goed", "minder goed", "niet te zeggen", "geen meetplan merkt"),
    }
    codes = ("as_good", "not_as_good", "cannot_tell", "neither_notices")
    verdicts = results.verdicts()
    assert {(v.topic, v.threshold) for v in verdicts} == {
        ("picture", ""), ("break", "operating"), ("break", "oracle"),
    }  # fmt: skip
    shown = [
        a["class"].split()[1]
        for tag, a in report.elements
        if tag == "span" and a.get("class", "").startswith("code ")
    ]
    assert sorted(shown) == sorted(v.code.value for v in verdicts)
    used = [v for v in verdicts if v.threshold != "oracle"]
    for lang in ("en", "nl"):
        for verdict in used:
            assert words[lang][codes.index(verdict.code.value)] in said(document, lang)


def test_a_question_is_answered_in_two_sentences(page):
    answers = re.findall(r'<div class="answer">.*?</div>', page, re.DOTALL)
    assert len(answers) == 2 * 2  # picture and break, in each language
    for text in answers:
        paragraphs = [html.unescape(p) for p in re.findall(r"<p>([^<]*)</p>", text)]
        assert len(paragraphs) == 2
        for paragraph in paragraphs:
            assert paragraph.endswith(".")
            assert not re.search(r"\.\s", paragraph)


def test_words_beside_numbers_are_those_of_the_scale(document):
    for lang, notice, word_of in (
        ("en", r"(\d+) of 100 (?:notice|raise)[^;]*; ([a-z ]+)\)", "en"),
        ("nl", r"(\d+) van de 100 (?:merken|geven)[^;]*; ([a-z ]+)\)", "nl"),
    ):
        found = re.findall(notice, said(document, lang))
        assert len(found) == 4
        for number, shown in found:
            assert shown == word(int(number) / 100, word_of)


def test_natural_frequencies_equal_the_measures(results, document):
    frame = results.measures()
    row = frame[
        (frame.measure == "power") & (frame.horizon == 3) & (frame["size"] == 0.3)
        & (frame.sigma_shared == 0.0) & (frame.design == "annual") & (frame.estimator == "exact")
        & (frame.threshold == "operating") & (frame.budget == 0.1) & (frame.compared_with == "")
    ]  # fmt: skip
    assert len(row) == 1
    value, mcse = float(row["value"].iloc[0]), float(row["mcse"].iloc[0])
    hit = 10 * round(10 * value) if mcse >= 0.1 else round(100 * value)
    text = f"with a real 30\N{NO-BREAK SPACE}% rise, {hit} ("
    english = said(document, "en").replace("30 %", "30\N{NO-BREAK SPACE}%")
    assert f"Shared error 0 %, one round a year: of 100 ten-year programmes {text}".replace(
        "\N{NO-BREAK SPACE}", " "
    ) in english.replace("\N{NO-BREAK SPACE}", " ")


def test_every_number_of_the_full_table_is_a_measure(results):
    folder = read_folder(results.folder)
    blocks = measure_blocks(folder, {})
    assert len(blocks) > 12
    selection = Selection(folder, "cocaine", {})
    block = next(b for b in blocks if "within 3 years of the break" in b.title["en"])
    checked = 0
    for (change, shared, estimator, threshold), numbers in block.rows:
        size = float(change.replace("\N{MINUS SIGN}", "-").split("\N{NO-BREAK SPACE}")[0]) / 100
        sigma = float(shared.split("\N{NO-BREAK SPACE}")[0]) / 100
        for design, text in zip(folder.designs, numbers[:-2], strict=True):
            value = selection.one(
                "power", design=design, shared=sigma, change=size, estimator=estimator,
                threshold=threshold, horizon=3.0,
            )  # fmt: skip
            shown, error = text.rstrip(")").split(" (")
            assert abs(float(shown) - value.value) <= 0.5 * 10 ** -len(shown.split(".")[1]) + 1e-12
            assert abs(float(error) - value.mcse) <= 0.5 * 10 ** -len(error.split(".")[1]) + 1e-12
            assert int(numbers[-2]) == value.n_rep
            checked += 1
    # two changes x two levels x two designs x (three thresholds of the engine, two of the rule)
    assert checked == 2 * 2 * 2 * 5


def test_the_download_holds_the_numbers_of_the_figures(results, document):
    link = next(a for _, a in document.elements if a.get("download"))
    assert link["download"] == "page_test.csv"
    text = urllib.parse.unquote(link["href"].partition(",")[2])
    rows = list(csv.DictReader(io.StringIO(text)))
    frame = results.measures()
    frame = frame[frame["size"] != -0.2]  # the curves shown are those of the change nearest 30 %
    part = frame[(frame.measure == "delay_curve") & (frame.threshold == "operating")
                 & (frame.estimator == "exact") & (frame.compared_with == "")]  # fmt: skip
    curve = [row for row in rows if row["measure"] == "delay_curve"]
    assert len(curve) == len(part) > 0
    total = sum(float(row["value"]) for row in curve)
    assert total == pytest.approx(float(part["value"].sum()), abs=1e-4 * len(curve))


def test_the_parquet_file_is_the_table_of_measures(results, pages):
    import pandas as pd

    found = pd.read_parquet(pages["nl"].with_name("measures.parquet"))
    table = pd.read_csv(results.folder / "measures.csv", keep_default_na=False)
    assert list(found.columns) == list(table.columns)
    assert len(found) == len(table)
    assert found["value"].sum() == pytest.approx(
        pd.to_numeric(table["value"], errors="coerce").sum()
    )
    assert found["design"].tolist() == table["design"].tolist()


def numbers_of(page, name, lang):
    """Return the numbers of a section, with the separators of English."""
    pattern = rf'<section[^>]*aria-labelledby="{name}-{lang}">(.*?)</section>'
    text = re.sub(r"<[^>]*>", " ", re.search(pattern, page, re.DOTALL)[1])
    found = re.findall(r"\d+(?:[.,]\d+)*", html.unescape(text))
    return Counter(x.translate(str.maketrans(".,", ",.")) if lang == "nl" else x for x in found)


@pytest.mark.parametrize("name", ["verdict", "frequency", "options", "limits", "glossary"])
def test_both_languages_hold_the_same_numbers(page, name):
    english = numbers_of(page, name, "en")
    assert english == numbers_of(page, name, "nl")
    assert len(english) > (0 if name == "glossary" else 2)


def test_sentences_use_the_decimal_sign_of_their_language(report):
    errors = re.findall(r"Monte[- ]Carlo ?(?:error|fout) (\d+\D\d)\)", said(report, None))
    # six verdicts, what knowing is worth at two levels, averages over two distributions
    assert len(errors) == 6 + 2 + 2


def test_assumptions_and_provenance_are_stated(results, document, report):
    english = said(report, None)
    assert "cocaine.lab_share" in english
    assert "cocaine.day_sd" not in english  # computed from data
    for text in (results.study.hash(), "simdesign run study.toml --size quick", "Kernel hash"):
        assert text in english
    assert results.study.hash() in said(document, "nl")


def test_the_page_is_small_and_written_whole(results, page):
    assert len(page.encode()) < 700_000  # the explorer must fit beside it into 1.5 MB
    assert [p.name for p in results.folder.glob("*.tmp")] == []
    assert html.unescape(page).count("One measurement") == 0  # no text of another study


def test_a_folder_without_results_is_refused(tmp_path, results):
    with pytest.raises(StoreError, match=r"holds no manifest\.json"):
        write_page(tmp_path)
    (tmp_path / "manifest.json").write_bytes((results.folder / "manifest.json").read_bytes())
    with pytest.raises(StoreError, match=r"holds no measures\.csv"):
        write_page(tmp_path)
    assert not (tmp_path / "page.html").exists()


def test_an_unfinished_study_has_a_page(tmp_path, results):
    for name in ("manifest.json", "measures.csv", "verdict.json"):
        (tmp_path / name).write_bytes((results.folder / name).read_bytes())
    verdict = json.loads((tmp_path / "verdict.json").read_text())
    verdict |= {"verdicts": [], "flips": [], "n_missing": 160}
    (tmp_path / "verdict.json").write_text(json.dumps(verdict))
    lines = (tmp_path / "measures.csv").read_text().splitlines(keepends=True)
    for kept in (lines[:1], [line for line in lines if ",alternative," not in line]):
        (tmp_path / "measures.csv").write_text("".join(kept))
        text = write_page(tmp_path).read_text(encoding="utf-8")
        assert "160 replications are missing" in text
        assert 'class="icons"' not in text
        assert 'class="panel"' not in text


def test_printing_a_verdict_loads_no_plotting_library():
    code = (
        "import sys; from simdesign.report import verdict_text; verdict_text([]);"
        "print([name for name in ('altair', 'vl_convert', 'pandas') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_an_unknown_language_is_refused(results):
    with pytest.raises(ValueError, match="lang: must be one of en, nl"):
        write_page(results.folder, "de")


def test_only_series_of_the_judged_design_are_said_to_be_in_the_cost(results):
    folder = read_folder(results.folder)
    assert unread_streams(folder, Texts("en")) == ""
    designs = folder.study.designs

    def bought(name):
        with_series = designs[name].model_copy(update={"streams": ("purity",)})
        study = folder.study.model_copy(update={"designs": {**designs, name: with_series}})
        return unread_streams(dataclasses.replace(folder, study=study), Texts("en"))

    assert "a purity series" in bought("annual")
    assert bought("four_rounds") == ""  # an option of its own
