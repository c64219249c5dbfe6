"""The pages of a study in Chromium, for whatever controls and figures they have.

The study is the hostile one: if its names did anything, these tests would see it too.
"""

import json
import math
import re

import numpy as np
import pytest

from browser import axe, hands, scripts
from browser.hostile import NAMES, STUDY, UNSEEN
from browser.inert import is_inert, shows
from simdesign.plain import printable

WIDTHS = (360, 768, 1200, 1920)
PAPER = 718
"""Pixels between the margins of A4; Chromium prints what is wider, too, but smaller."""

MARK = {"en": ".", "nl": ","}
SEEN_ITEMS = """() => [...document.querySelectorAll('main td, main li')]
  .filter(e => e.checkVisibility({contentVisibilityAuto: true}))"""
CELLS = """() => [...document.querySelectorAll('.measure td')]
  .filter(e => e.checkVisibility()).map(e => e.textContent.trim())"""


@pytest.fixture(params=["en", "nl"])
def lang(request):
    return request.param


@pytest.fixture
def page(look, pages):
    return look(pages["page.html"], viewport={"width": 1200, "height": 900})


def switch(page, lang):
    page.click(f"button[value={lang}]")


def seen(page):
    """Return the text that can be seen, everything unfolded."""
    page.evaluate(scripts.OPEN_ALL)
    return page.inner_text("body")


def shown_languages(page):
    marked = "() => [...document.querySelectorAll('main [lang]:not(.keep)')]"
    return set(page.evaluate(f"{marked}.filter(e => e.checkVisibility())"
                             ".map(e => e.getAttribute('lang'))"))  # fmt: skip


def test_a_mouse_and_a_key_switch_the_language(page):
    first = page.title()
    assert (page.get_attribute("html", "lang"), shown_languages(page)) == ("en", {"en"})
    switch(page, "nl")
    assert (page.get_attribute("html", "lang"), shown_languages(page)) == ("nl", {"nl"})
    assert page.title() != first
    page.focus("button[value=en]")
    page.keyboard.press("Enter")
    assert (page.get_attribute("html", "lang"), shown_languages(page)) == ("en", {"en"})
    assert page.title() == first
    pressed = "() => [...document.querySelectorAll('button[aria-pressed=true][lang]')]"
    assert page.evaluate(f"{pressed}.map(e => e.value)") == ["en"]


def test_every_control_answers_the_mouse(page):
    found = hands.controls(page)
    assert {item["kind"] for item in found} >= {"within", "summary"}
    assert list(hands.dead_by_mouse(page)) == []


def test_every_control_answers_the_keyboard(page):
    switch(page, "nl")
    assert list(hands.dead_by_keyboard(page)) == []


def test_the_tab_key_reaches_every_control_and_shows_where_it_is(page, lang):
    switch(page, lang)
    page.evaluate(scripts.OPEN_ALL)
    found = page.evaluate(scripts.CONTROLS)
    page.evaluate(scripts.RECORD_FOCUS)
    for _ in range(len(found) + 1):
        page.keyboard.press("Tab")
    visits = page.evaluate("() => window.focused")
    reached = {number for number, _ in visits}
    # of buttons of one group the tab key reaches one, the arrows reach the others
    groups = {item["group"] for item in found if item["n"] in reached}
    missed = [it for it in found if it["n"] not in reached and it["group"] not in groups - {""}]
    assert missed == []
    numbers = [number for number, _ in visits if number >= 0][: len(reached - {-1})]
    start = numbers.index(min(numbers))  # the walk began at the button that was clicked
    assert numbers[start:] + numbers[:start] == sorted(numbers)  # in the order of the page
    assert [found[number]["said"] for number, marked in visits if number >= 0 and not marked] == []


def test_nothing_is_cut_off_at_any_width(page, lang):
    switch(page, lang)
    page.evaluate(scripts.OPEN_ALL)
    found = {}
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 900})
        found[width] = page.evaluate(scripts.CUT_OFF)
    assert found == {width: [] for width in WIDTHS}


def test_print_shows_what_the_screen_shows_and_no_buttons(page, lang):
    switch(page, lang)
    assert page.evaluate(f"() => {{ window.before = ({SEEN_ITEMS})(); return before.length }}")
    page.emulate_media(media="print")
    document = page.pdf(format="A4")
    assert document.startswith(b"%PDF")
    assert len(re.findall(rb"/Type\s*/Page\b", document)) >= 3
    assert len(document) > 20_000
    lost = f"() => {{ const now = new Set(({SEEN_ITEMS})());"
    lost += " return before.filter(e => !now.has(e)).map(e => e.textContent.slice(0, 60)) }"
    assert page.evaluate(lost) == []
    assert page.evaluate("() => [...document.querySelectorAll('button')]"
                         ".filter(e => e.checkVisibility()).length") == 0  # fmt: skip
    page.set_viewport_size({"width": PAPER, "height": 1000})
    assert page.evaluate(scripts.CUT_OFF) == []


def test_the_report_is_printed_with_all_tables_and_folded_again(look, pages):
    page = look(pages["methods.html"], viewport={"width": PAPER, "height": 1000})
    folded = "() => [...document.querySelectorAll('details')].map(e => e.open)"
    before = page.evaluate(folded)
    assert False in before
    page.evaluate("""() => addEventListener('beforeprint', () => {
      window.printed = [...document.querySelectorAll('details')].map(e => e.open) })""")
    page.pdf(format="A4")
    assert all(page.evaluate("() => window.printed"))
    assert page.evaluate(folded) == before
    page.emulate_media(media="print")
    page.evaluate(scripts.OPEN_ALL)
    assert page.evaluate(scripts.CUT_OFF) == []


def test_regions_have_names_of_their_own(look, pages):
    for path in pages.values():
        page = look(path)
        page.evaluate(scripts.OPEN_ALL)
        assert axe.findings(page, only=("landmark-unique",)) == []


def test_axe_finds_nothing_grave(page, lang):
    switch(page, lang)
    page.evaluate(scripts.OPEN_ALL)
    page.evaluate(scripts.THIN, 2)
    # Colours do not depend on the language, and are the dearest to look at.
    assert axe.grave(page, without=() if lang == "en" else ("color-contrast",)) == []


def test_figures_are_drawn_and_have_words(page, lang):
    switch(page, lang)
    page.evaluate(scripts.OPEN_ALL)
    figures = page.evaluate(
        "() => [...document.querySelectorAll('main svg, main canvas')]"
        ".filter(e => !e.ownerSVGElement && e.checkVisibility())"
        ".map(e => [e, e.getBoundingClientRect()]).filter(([e, r]) => r.width > 100)"
        ".map(([e, r]) => ({size: r.height, parts: e.querySelectorAll('*').length,"
        " canvas: e.tagName === 'canvas', words: [...['[role=img]', 'figure', 'section']"
        ".map(x => e.closest(x))].map(x => x?.getAttribute('aria-label')"
        " || x?.querySelector('figcaption, h2, h3')?.textContent || '').join(' ').trim()}))"
    )
    assert len(figures) > 3
    drawn = [it["size"] > 20 and (it["canvas"] or it["parts"] > 0) for it in figures]
    assert all(drawn)
    assert [it for it in figures if len(it["words"]) < 10] == []


def stored_verdicts(results):
    return json.loads((results.folder / "verdict.json").read_text())["verdicts"]


def in_answers(page):
    """Return the numbers of a hundred that have an interval behind them, in what is answered.

    Of several numbers before an interval it is that of the last one which lies in it.
    """
    shown = "() => [...document.querySelectorAll('.answer')].filter(e => e.checkVisibility())"
    found = []
    for text in page.evaluate(f"{shown}.map(e => e.textContent)"):
        said = re.sub(r"\d+\s*%|(?:[Oo]f|[Vv]an)(?: de)? 100\b", "", text)
        for match in re.finditer(r"\((\d+) (?:to|tot) (\d+);", said):
            low, high = map(int, match.groups())
            before = [int(number) for number in re.findall(r"\d+", said[: match.start()])]
            found.append(next(n for n in reversed(before) if low <= n <= high))
    return found


def test_answers_have_the_stored_numbers(page, results, lang):
    switch(page, lang)
    names = ("reference_value", "best_value")
    values = [100 * v[name] for v in stored_verdicts(results) for name in names]
    stored = {n for x in values for n in (round(x), math.floor(x + 0.5))}  # halves go either way
    shown = in_answers(page)
    assert len(shown) >= 4
    assert set(shown) <= stored


def test_verdicts_have_the_stored_numbers(look, pages, results):
    form = re.compile(r"difference ([+-]?\d+), Monte Carlo error (\d+)\.(\d+)")
    verdicts = stored_verdicts(results)
    differences = [(v["best_value"] - v["reference_value"], v["mcse"]) for v in verdicts]
    differences += [(v["worth"], v["worth_mcse"]) for v in verdicts if v["worth"] is not None]
    # a difference of shown numbers, and an error, may be off by one in their last digit
    near = {(round(100 * value) + a, round(1000 * mcse) + b) for value, mcse in differences
            for a in (-1, 0, 1) for b in (-1, 0, 1)}  # fmt: skip
    text = seen(look(pages["methods.html"])).replace("\N{MINUS SIGN}", "-")
    found = [(int(more), int(whole + part)) for more, whole, part in form.findall(text)]
    assert len(found) >= 2
    assert set(found) <= near


def test_verdicts_have_the_stored_codes(page, results, lang):
    switch(page, lang)
    codes = page.evaluate("() => [...document.querySelectorAll('.code')].filter(e =>"
                          " e.checkVisibility()).map(e => e.className.split(' ')[1])")  # fmt: skip
    assert codes
    assert set(codes) <= {v["code"] for v in stored_verdicts(results)}


def test_tables_have_the_stored_numbers(look, pages, results, lang):
    frame = results.measures()
    stored = frame[["value", "mcse"]].dropna().to_numpy()
    form = re.compile(r"(-?\d+)([.,])(\d+) \((\d+)[.,](\d+)\)\Z")
    found, strange = 0, []
    for path in pages.values():
        page = look(path)
        here = lang
        if page.locator(f"button[value={lang}]").count():
            switch(page, lang)
        else:
            here = page.get_attribute("html", "lang")
        page.evaluate(scripts.OPEN_ALL)
        for cell in page.evaluate(CELLS):
            match = form.match(cell.replace("\N{MINUS SIGN}", "-"))
            if match is None:
                continue
            found += 1
            whole, mark, part, error, error_part = match.groups()
            # rounded to the digits that are shown
            half = 0.5 * np.array([10.0 ** -len(part), 10.0 ** -len(error_part)]) + 1e-9
            given = [float(f"{whole}.{part}"), float(f"{error}.{error_part}")]
            if mark != MARK[here] or not (abs(stored - given) <= half).all(axis=1).any():
                strange.append(cell)
    assert found > 50
    assert strange == []


def test_names_are_shown_and_do_nothing(look, pages):
    for name, path in pages.items():
        page = look(path)
        for lang in ("nl", "en"):
            if page.locator(f"button[value={lang}]").count():
                page.click(f"button[value={lang}]")
                shows(page, [printable(STUDY["title"][lang])])
        is_inert(page)
        if name == "methods.html":
            shows(page, [*NAMES, printable(" ".join(UNSEEN.values()))])
