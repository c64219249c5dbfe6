"""The page says what the measures say, in two languages, and carries nothing in from outside."""

import csv
import html
import io
import json
import re
import subprocess
import sys
import urllib.parse
from html.parser import HTMLParser

import pytest

from simdesign.errors import StoreError
from simdesign.report import write_page
from simdesign.report.folder import read_folder
from simdesign.report.select import Selection
from simdesign.report.tables import measure_blocks

VOID = {"meta", "img", "br", "link", "input", "hr", "path", "line"}
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


@pytest.fixture(scope="module")
def document(page):
    found = Document()
    found.feed(page)
    found.close()
    assert found.stack == []
    return found


def shared_numbers(text):
    """Return the cells of the tables that stand once for both languages."""
    blocks = re.findall(r'<details class="measure">.*?</details>', text, re.DOTALL)
    return re.findall(r"<td>(\d\D\d+ \(\d\D\d+\))", "".join(blocks))


def said(document, lang):
    return " ".join(" ".join(document.text[lang]).split())


def test_nothing_is_fetched(page, document):
    addresses = [
        value
        for _, attributes in document.elements
        for name, value in attributes.items()
        if name in ("src", "href", "srcset", "poster", "action", "data", "xlink:href")
    ]
    assert len(addresses) > 10
    assert [a for a in addresses if not a.startswith(("#", "data:"))] == []
    assert not {"link", "iframe", "object", "embed", "img"} & {tag for tag, _ in document.elements}
    assert not re.search(r"@import|url\(|fetch\(|XMLHttpRequest", page)
    policy = [a["content"] for tag, a in document.elements if "http-equiv" in a]
    assert len(policy) == 1
    assert policy[0].startswith("default-src 'none'")


def test_a_study_cannot_add_elements(page, document):
    scripts = [tag for tag, _ in document.elements if tag == "script"]
    assert len(scripts) == 1
    assert "<script>alert" not in page
    assert "<img" not in page
    assert "onerror" not in {name for _, attributes in document.elements for name in attributes}
    assert "<script>alert('title')</script> & <b>bold</b>" in said(document, "en")
    assert "Does the page escape what a study says?" in said(document, "en")


def test_structure_serves_a_screen_reader(document):
    tags = [tag for tag, _ in document.elements]
    for landmark in ("header", "nav", "main", "footer"):
        assert landmark in tags
    assert dict(document.elements)["html"]["lang"] == "nl"
    titles = [attributes["lang"] for tag, attributes in document.elements if tag == "h1"]
    assert sorted(titles) == ["en", "nl"]
    pictures = [a for _, a in document.elements if a.get("role") == "img"]
    svgs = [a for tag, a in document.elements if tag == "svg"]
    # two languages: sufficiency map, power, delay curves, false alarms
    assert len(pictures) == len(svgs) == 2 * (2 + 4 + 2 + 1)
    assert all(a["aria-hidden"] == "true" for a in svgs)
    assert all(re.search(r"\d", a["aria-label"]) for a in pictures)
    names = [a["id"] for _, a in document.elements if "id" in a]
    assert len(set(names)) == len(names)
    links = [a["href"][1:] for _, a in document.elements if a.get("href", "").startswith("#")]
    assert set(links) <= set(names)
    regions = [a for _, a in document.elements if a.get("role") == "region"]
    assert all(a["tabindex"] == "0" and a["aria-label"] for a in regions)


def test_verdicts_are_there_in_both_languages(results, document):
    words = {
        "en": ("as good", "not as good", "cannot be told", "no design notices"),
        "nl": ("even goed", "minder goed", "niet te zeggen", "geen meetplan merkt"),
    }
    codes = ("as_good", "not_as_good", "cannot_tell", "neither_notices")
    verdicts = results.verdicts()
    assert {(v.topic, v.threshold) for v in verdicts} == {
        ("picture", ""), ("break", "operating"), ("break", "oracle"),
    }  # fmt: skip
    for lang in ("en", "nl"):
        shown = [
            a["class"].split()[1]
            for tag, a in document.elements
            if tag == "span" and a.get("class", "").startswith("code ")
        ]
        assert sorted(shown) == sorted(2 * [v.code.value for v in verdicts])
        for verdict in verdicts:
            assert words[lang][codes.index(verdict.code.value)] in said(document, lang)


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
    link = next(a for _, a in document.elements if "download" in a)
    assert link["download"] == "page_test.csv"
    text = urllib.parse.unquote(link["href"].partition(",")[2])
    rows = list(csv.DictReader(io.StringIO(text)))
    frame = results.measures()
    frame = frame[frame["size"] != -0.2]  # the curves shown are those of the change nearest 20 %
    part = frame[(frame.measure == "delay_curve") & (frame.threshold == "operating")
                 & (frame.estimator == "exact") & (frame.compared_with == "")]  # fmt: skip
    curve = [row for row in rows if row["measure"] == "delay_curve"]
    assert len(curve) == len(part) > 0
    total = sum(float(row["value"]) for row in curve)
    assert total == pytest.approx(float(part["value"].sum()), abs=1e-4 * len(curve))


def test_dutch_has_decimal_commas_and_english_points(page, pages):
    english = pages["en"].read_text(encoding="utf-8")
    for text, decimal, other in ((page, ",", "."), (english, ".", ",")):
        cells = shared_numbers(text)
        assert len(cells) > 50
        assert all(decimal in cell and other not in cell for cell in cells)


@pytest.mark.parametrize("lang", ["en", "nl"])
def test_sentences_use_the_decimal_sign_of_their_language(document, lang):
    errors = re.findall(r"Monte[- ]Carlo ?(?:error|fout) (\d+\D\d)\)", said(document, lang))
    # six verdicts, what knowing is worth at two levels, averages over two distributions
    assert len(errors) == 6 + 2 + 2
    assert {text[-2] for text in errors} == {"." if lang == "en" else ","}


def test_assumptions_and_provenance_are_stated(results, document):
    english = said(document, "en")
    assert "cocaine.lab_share" in english
    assert "cocaine.day_sd" not in english  # computed from data
    for text in (results.study.hash(), "simdesign run study.toml --size quick", "Kernel hash"):
        assert text in english


def test_the_page_is_small_and_written_whole(results, page):
    assert len(page.encode()) < 1_500_000
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
        assert "<svg" not in text


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
