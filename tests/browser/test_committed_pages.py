"""The published pages, in both languages: quiet, whole at every width and on paper, for everybody.

What their numbers are compared with is in ``test_committed_numbers.py``.
"""

from pathlib import Path

import pytest

from browser import axe, hands, scripts
from browser.test_study_pages import PAPER, WIDTHS, switch

RESULTS = Path(__file__).parents[2] / "results"
PAGES = sorted(RESULTS.glob("*/*.html"))
FOR_ADVISERS = [path for path in PAGES if path.name == "page.html"]
LARGEST = 1_500_000
"""Bytes that a committed page may have."""


def languages(page):
    """Yield each language that a page has, while the page shows it."""
    found = [lang for lang in ("nl", "en") if page.locator(f"button[value={lang}]").count()]
    for lang in found:
        page.evaluate("lang => document.querySelector(`button[value=${lang}]`).click()", lang)
        yield lang
    if not found:
        yield page.get_attribute("html", "lang")


def name(path):
    return f"{path.parent.name}-{path.stem}"


def test_there_are_pages():
    assert len(FOR_ADVISERS) >= 5
    assert [path for path in PAGES if path.stat().st_size > LARGEST] == []


@pytest.mark.parametrize("path", PAGES, ids=name)
def test_a_page_is_whole_and_everybody_can_use_it(look, path):
    page = look(path, viewport={"width": PAPER, "height": 900})
    cut, grave = {}, {}
    page.evaluate(scripts.OPEN_ALL)
    page.emulate_media(media="print")
    for lang in languages(page):
        cut[lang, "paper"] = page.evaluate(scripts.CUT_OFF)
    page.emulate_media(media="screen")
    page.evaluate(scripts.THIN, 1)
    for lang in languages(page):
        assert page.title()
        for width in WIDTHS if path.parent.name == "annual_claim" else (WIDTHS[0], 1200):
            page.set_viewport_size({"width": width, "height": 900})
            cut[lang, width] = page.evaluate(scripts.CUT_OFF)
        assert axe.findings(page, only=("landmark-unique",)) == []
        # Colours of the report are those of the page: one style sheet.
        grave[lang] = axe.grave(page, () if path in FOR_ADVISERS else ("color-contrast",))
    assert grave == {key: [] for key in grave}
    assert cut == {key: [] for key in cut}


def test_every_control_answers_mouse_and_keyboard(look):
    page = look(RESULTS / "annual_claim" / "page.html", viewport={"width": 1200, "height": 900})
    switch(page, "nl")
    assert len(hands.controls(page)) > 30
    assert list(hands.dead_by_mouse(page)) == []
    switch(page, "en")
    assert list(hands.dead_by_keyboard(page)) == []
