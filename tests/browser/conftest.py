"""The browser, one hostile study run once, and pages that are watched until a test ends."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import chromium
import pytest

import simdesign
from browser.hostile import STUDY
from simdesign.cli import call


@pytest.fixture(scope="package")
def browser() -> Iterator[Any]:
    # Closed when the last test of this folder is done: while playwright's loop lives, no other
    # test of the process could start one of its own.
    path = chromium.executable()
    if path is None:
        pytest.skip("no Chromium found: install chromium to look at the pages")
    with chromium.started(path) as found:
        yield found


@pytest.fixture
def look(browser) -> Iterator[Callable[..., Any]]:
    """Return a function that opens a page; no page may complain or ask for anything."""
    watches = []

    def opened(path: Path, **context: Any) -> Any:
        page, watch = chromium.opened(browser, path, **context)
        watches.append((page, watch))
        return page

    yield opened
    for page, _ in watches:
        page.context.close()
    assert [text for _, watch in watches for text in watch.complaints] == []


@pytest.fixture(scope="package")
def results(tmp_path_factory):
    study = simdesign.Study.from_dict(STUDY)
    results = simdesign.run(study, tmp_path_factory.mktemp("hostile"), workers=1)
    results.save()
    return results


@pytest.fixture(scope="package")
def pages(results) -> dict[str, Path]:
    """Return every page that `simdesign report` writes for the study, by name, English first."""
    assert call(["explore", str(results.folder)]) == 0  # its numbers are on the page, too
    assert call(["report", str(results.folder), "--lang", "en"]) == 0
    return {path.name: path for path in sorted(results.folder.glob("*.html"))}
