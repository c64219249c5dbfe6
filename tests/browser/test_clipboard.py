"""What the explorer's buttons put on the clipboard, read as another program would read it."""

import csv
import io
import re
from urllib.parse import parse_qs, urlparse
from xml.etree import ElementTree

import numpy as np
import pytest

from simdesign.report.numbers import of_hundred

BUDGET = 0.20
LINK = "substance=MDMA&size=0.3&sigma_shared=0.1&design=constructor&years=2&budget=0.2"
DRAWN = "() => Number(document.documentElement.dataset.explorerDrawn || 0) > 0"
PICTURE = """async () => {
  const item = (await navigator.clipboard.read())[0], blob = await item.getType('image/png');
  const start = [...new Uint8Array(await blob.slice(0, 8).arrayBuffer())];
  const picture = await createImageBitmap(blob), {width, height} = picture;
  const canvas = new OffscreenCanvas(width, height), context = canvas.getContext('2d');
  context.drawImage(picture, 0, 0);
  const points = new Uint32Array(context.getImageData(0, 0, width, height).data.buffer);
  const counts = {};
  for (const point of points) {
    const colour = [point & 255, point >> 8 & 255, point >> 16 & 255].join();
    counts[colour] = (counts[colour] || 0) + 1 }
  return {types: item.types, start, width, height, counts} }"""
STORED = ("delay_curve", "power", "false_alarm_prob", "restricted_mean_delay")


@pytest.fixture(params=["en", "nl"])
def lang(request):
    return request.param


@pytest.fixture
def explorer(look, pages):
    """Return a function that shows a link's settings, drawn, and the section of its language."""
    allowed = ["clipboard-read", "clipboard-write"]
    page = look(pages["page.html"], viewport={"width": 1200, "height": 900}, permissions=allowed)
    page.wait_for_function(DRAWN)

    def shown(lang, link=LINK):
        page.evaluate("link => { location.hash = link }", f"lang={lang}&{link}")
        page.wait_for_function(f"() => document.documentElement.lang === '{lang}'")
        page.wait_for_function(
            f"""() => document.querySelectorAll('.explorer[data-lang="{lang}"] svg').length === 2"""
        )
        return page, page.locator(f'.explorer[data-lang="{lang}"]')

    return shown


def copied(page, section, what, of=""):
    """Press a button and return the text on the clipboard."""
    page.evaluate("() => navigator.clipboard.writeText('nothing was copied')")
    selector = f'button[data-do="{what}"]' + (f'[data-of="{of}"]' if of else "")
    status = section.locator('[data-part="status"]')
    status.evaluate("e => { e.textContent = '' }")  # what is said after this is of this copy
    section.locator(selector).click()
    done = {"en": "Copied.", "nl": "Gekopieerd."}[section.get_attribute("data-lang")]
    page.wait_for_function("([e, text]) => e.textContent === text", arg=[
        status.element_handle(), done
    ])  # fmt: skip
    if what == "png":
        return page.evaluate(PICTURE)
    return page.evaluate("() => navigator.clipboard.readText()")


def rows_of(text):
    assert text.endswith("\r\n")
    table = list(csv.reader(io.StringIO(text, newline="")))
    assert {len(row) for row in table} == {len(table[0])}  # one table, no heads in between
    return [dict(zip(table[0], row, strict=True)) for row in table[1:]]


def at(results, row, scenario):
    """Return the stored row of a line of the copied table."""
    frame = results.measures(float(row["budget"]))
    mine = frame[
        (frame["measure"] == row["measure"]) & (frame["scenario"] == scenario)
        & (frame["substance"] == row["substance"]) & (frame["design"] == row["design"])
        & (frame["estimator"] == "toString") & (frame["threshold"] == "operating")
        & (frame["compared_with"] == "")
        & np.isclose(frame["budget"].astype(float), float(row["budget"]))
    ]  # fmt: skip
    if row["horizon"]:
        mine = mine[np.isclose(mine["horizon"].astype(float), float(row["horizon"]))]
    assert len(mine) == 1
    return mine.iloc[0]


def test_the_copied_table_is_tidy_and_holds_the_stored_numbers(explorer, results):
    page, section = explorer("nl")  # the other language copies the same, see below
    rows = rows_of(copied(page, section, "csv"))
    setting = {"study": "hostile_names", "substance": "MDMA", "kind": "level_shift",
               "size": "0.3", "sigma_shared": "0.1", "budget": "0.2"}  # fmt: skip
    assert all(row.items() >= setting.items() for row in rows)
    assert {row["basis"] for row in rows} == {"simulated"}
    designs = list(results.study.designs)
    assert {row["design"] for row in rows if row["measure"] == "power"} == set(designs)
    assert {row["design"] for row in rows if row["chosen"] == "yes"} == {"constructor"}
    curves = [row["design"] for row in rows if row["measure"] == "delay_curve"]
    assert set(curves) == {"constructor", "__proto__"}  # the chosen one, and the judged one
    alternative, quiet = scenarios(results, size=0.3, sigma=0.1)
    compared = 0
    for row in rows:
        if row["measure"] not in STORED:
            continue
        stored = at(results, row, quiet if row["measure"] == "false_alarm_prob" else alternative)
        half = 0.00501 if row["measure"] == "restricted_mean_delay" else 0.000501
        assert float(row["value"]) == pytest.approx(float(stored["value"]), abs=half)
        # an interval is as far off as its middle and twice its error
        for end in ("low", "high"):
            assert float(row[end]) == pytest.approx(float(stored[end]), abs=3.1 * half)
        compared += 1
    assert compared == 2 * 10 + 3 * len(designs)


def scenarios(results, *, size, sigma):
    """Return the names of a change and of its unchanged world."""
    found = {}
    for item in results.plan.scenarios:
        levels = {path.split(".")[-1]: level for path, level in item.factors.items()}
        if levels.get("sigma_shared") == sigma and levels.get("size", size) == size:
            found[item.role] = item.name
    return found["alternative"], found["null_world"]


def test_at_the_study_s_own_budget_the_numbers_are_not_rounded(explorer, results):
    page, section = explorer("nl", LINK.replace("budget=0.2", "budget=0.1"))
    rows = rows_of(copied(page, section, "csv"))
    alternative, quiet = scenarios(results, size=0.3, sigma=0.1)
    for row in rows:
        if row["measure"] in ("power", "restricted_mean_delay", "false_alarm_prob"):
            stored = at(results, row, quiet if row["measure"][0] == "f" else alternative)
            for name in ("value", "low", "high"):
                # an error of stored numbers: 5 digits of a thousandth, or of a hundredth, kept
                assert float(row[name]) == pytest.approx(float(stored[name]), abs=2e-7)


def test_both_languages_copy_the_same_numbers(explorer):
    tables = {}
    for lang in ("en", "nl"):
        page, section = explorer(lang, f"{LINK}&per_sample=1234.5")
        rows = rows_of(copied(page, section, "csv"))
        assert all(f"lang={lang}" in row["link"] for row in rows)
        tables[lang] = [{k: v for k, v in row.items() if k not in ("name", "link")} for row in rows]
    assert tables["en"] == tables["nl"]
    costs = [float(row["value"]) for row in tables["en"] if row["measure"] == "cost_per_year"]
    assert max(costs) > 10_000  # without a separator, which would make 10.000 ten


def test_the_link_of_a_line_shows_the_same_answer(explorer):
    lang = "nl"
    page, section = explorer(lang)
    before = section.locator('[data-part="sentence"]').inner_text()
    link = rows_of(copied(page, section, "csv"))[0]["link"]
    assert link == copied(page, section, "link")
    given = parse_qs(urlparse(link).fragment)
    assert (given["substance"], given["budget"], given["lang"]) == (["MDMA"], ["0.2"], [lang])
    section.locator('[data-do="rest"]').click()
    assert section.locator('[data-part="sentence"]').inner_text() != before
    page.goto(link)
    assert section.locator('[data-part="sentence"]').inner_text() == before


def test_an_estimate_is_called_one(explorer):
    page, section = explorer("en", LINK + "&sites=5")
    if "Not simulated" not in section.locator('[data-part="basis"]').inner_text():
        pytest.fail("this study must be able to estimate other numbers of sites")
    mine = [row for row in rows_of(copied(page, section, "csv")) if row["chosen"] == "yes"]
    assert {row["basis"] for row in mine} == {"estimated"}
    assert {row["sites"] for row in mine} == {"5"}
    alarms = [row for row in mine if row["measure"] == "false_alarm_prob"]
    assert [(row["value"], row["low"]) for row in alarms] == [("", "")]  # not known


def test_the_copied_sentence_says_what_is_shown(explorer, results, lang):
    page, section = explorer(lang)
    text = copied(page, section, "sentence")
    shown = [section.locator(f'[data-part="{part}"]').text_content() for part in
             ("sentence", "basis")]  # fmt: skip
    assert text == " ".join(shown)
    alternative, quiet = scenarios(results, size=0.3, sigma=0.1)
    row = {"substance": "MDMA", "design": "constructor", "budget": BUDGET}
    power = at(results, row | {"measure": "power", "horizon": 2.0}, alternative)
    alarm = at(results, row | {"measure": "false_alarm_prob", "horizon": ""}, quiet)
    for found in (power, alarm):
        n = of_hundred(float(found["value"]), float(found["mcse"]), lang)
        low, high = (of_hundred(float(found[end]), 0.0, lang) for end in ("low", "high"))
        to = {"en": "to", "nl": "tot"}[lang]
        assert re.search(rf"\b{n} (er )?\({low} {to} {high}\)", text)


def test_the_copied_vector_drawing_is_one(explorer, lang):
    page, section = explorer(lang)
    axes = {
        "curve": {"en": "years since the break", "nl": "jaren sinds de breuk"},
        "front": {"en": "cost a year (units)", "nl": "kosten per jaar (eenheden)"},
    }
    for of, axis in axes.items():
        picture = ElementTree.fromstring(copied(page, section, "svg", of))
        assert picture.tag == "{http://www.w3.org/2000/svg}svg"
        assert float(picture.get("width")) > 200
        words = " ".join(picture.itertext())
        assert axis[lang] in words
        assert len(list(picture.iter("{http://www.w3.org/2000/svg}path"))) > 5
        assert list(picture.iter("{http://www.w3.org/2000/svg}script")) == []


def test_the_copied_picture_is_one(explorer):
    page, section = explorer("nl")
    for of in ("curve", "front"):
        picture = copied(page, section, "png", of)
        assert picture["types"] == ["image/png"]
        assert bytes(picture["start"]) == b"\x89PNG\r\n\x1a\n"
        assert picture["width"] > 600  # twice the size on the screen
        assert picture["height"] > 600
        counts = picture["counts"]
        assert max(counts, key=counts.get) == "255,255,255"
        assert counts["0,114,178"] > 50  # the chosen design's blue
