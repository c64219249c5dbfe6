"""The machine's own Chromium, driven by playwright: for ``bench_pages.py`` and the tests.

The browser that playwright would download is not used: Debian's is there, and is kept up to date.
"""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page, sync_playwright

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
OPTIONS = (
    "--no-sandbox",  # root has none
    "--disable-gpu",
    "--disable-dev-shm-usage",  # a container's may be too small
    "--host-resolver-rules=MAP * ~NOTFOUND",  # whatever asks for an address gets none
)


def executable() -> str | None:
    """Return the path of a Chromium of this machine, None when there is none."""
    return next((path for name in NAMES if (path := shutil.which(name))), None)


@contextmanager
def started(path: str) -> Iterator[Browser]:
    """Start a browser and close it again."""
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=path, args=list(OPTIONS))
        try:
            yield browser
        finally:
            browser.close()


@dataclass(slots=True)
class Watch:
    """What a page did from the moment it was opened."""

    url: str
    console: list[str] = field(default_factory=list)
    """Errors and warnings on the console, and scripts that ended in an exception."""
    requests: list[str] = field(default_factory=list)
    """Addresses asked for, without what the page holds itself."""
    dialogs: list[str] = field(default_factory=list)
    """Windows such as that of ``alert``."""

    @property
    def complaints(self) -> list[str]:
        """Everything that a page should not do."""
        return self.console + self.requests + self.dialogs


def opened(browser: Browser, path: Path, **context: Any) -> tuple[Page, Watch]:
    """Open a file in a window of its own, and watch it; ``context`` is playwright's."""
    page = browser.new_context(**context).new_page()
    watch = Watch(path.absolute().as_uri())

    def said(message: Any) -> None:
        if message.type in ("error", "warning", "assert"):
            watch.console.append(f"{message.type}: {message.text}")

    def asked(request: Any) -> None:
        # a link that somebody follows, or a file that is saved, is no request of the page
        if not request.is_navigation_request() and not request.url.startswith(("data:", "blob:")):
            watch.requests.append(request.url)

    def shown(dialog: Any) -> None:
        watch.dialogs.append(f"{dialog.type}: {dialog.message}")
        dialog.dismiss()

    page.on("console", said)
    page.on("pageerror", lambda error: watch.console.append(f"exception: {error}"))
    page.on("request", asked)
    page.on("dialog", shown)
    page.goto(watch.url)
    return page, watch
