"""The published pages: no complaint on the console, no request, nothing grave for axe-core."""

from pathlib import Path

import pytest

from browser import axe, scripts

RESULTS = Path(__file__).parents[2] / "results"
PAGES = sorted(RESULTS.glob("*/*.html"))
LARGEST = 1_500_000
"""Bytes that a committed page may have."""


def test_there_are_pages():
    assert len(PAGES) >= 5
    assert [path for path in PAGES if path.stat().st_size > LARGEST] == []


@pytest.mark.parametrize("path", PAGES, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_a_page_is_quiet_and_everybody_can_use_it(look, path):
    page = look(path, viewport={"width": 1200, "height": 900})
    assert page.title()
    page.evaluate(scripts.THIN, 1)
    page.evaluate(scripts.OPEN_ALL)
    assert page.evaluate(scripts.CUT_OFF) == []
    # Colours are looked at on the page of the small study, which has the same style sheet.
    assert axe.grave(page, without=("color-contrast",)) == []
