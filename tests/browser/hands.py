"""Hands for a page: each kind of control used by mouse or by keyboard, and whether it answered."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlparse

from browser import scripts

PATIENCE = 5_000
"""Milliseconds until a control counts as dead; a busy machine is slow, benchmarks/ has times."""

PLACE = """n => {
  const e = document.querySelector(`[data-control="${n}"]`);
  for (const part of [e, ...(e.labels || [])]) {
    part.scrollIntoView({block: 'center', inline: 'center', behavior: 'instant'});
    for (const r of part.getClientRects()) {
      const x = r.left + r.width / 2, y = r.top + r.height / 2;
      const hit = document.elementFromPoint(x, y);
      if (r.right <= 0) return 'for keys'; // shown when it has the focus
      if (hit && (part === hit || part.contains(hit))) return [x, y, r.left, r.width] } }
  return null }"""
STATE = """n => { const e = document.querySelector(`[data-control="${n}"]`);
  if (e.tagName === 'SUMMARY') return e.parentElement.open;
  return ['checkbox', 'radio'].includes(e.type) ? e.checked : String(e.value) }"""
SHOWS_TARGET = """name => { const e = document.getElementById(name);
  return Boolean(e && e.checkVisibility()) && location.hash === '#' + name }"""


def controls(page: Any) -> list[dict[str, Any]]:
    """Open everything that is folded, number what can be used, and return its description.

    Buttons that switch the language are not among them: they would hide the others.
    """
    page.evaluate(scripts.OPEN_ALL)
    # a page that still glides to the last target is not where a mouse is led to
    page.evaluate("() => { document.documentElement.style.scrollBehavior = 'auto' }")
    found = page.evaluate(scripts.CONTROLS)
    return [item for item in found if not (item["tag"] == "button" and item["lang"])]


def dead_by_mouse(page: Any) -> Iterator[str]:
    """Yield the controls that cannot be reached with a mouse or do not answer it."""
    for item in controls(page):
        place = page.evaluate(PLACE, item["n"])
        if place == "for keys":
            continue
        if place is None:
            yield f"{_name(item)}: covered"
        elif not _answers(page, item, lambda at=place, it=item: _by_mouse(page, it, at)):
            yield f"{_name(item)}: no answer to the mouse"


def dead_by_keyboard(page: Any) -> Iterator[str]:
    """Yield the controls that do not answer to keys when they have the focus."""
    for item in controls(page):
        page.evaluate("n => document.querySelector(`[data-control='${n}']`).focus()", item["n"])
        if not _answers(page, item, lambda it=item: _by_keyboard(page, it)):
            yield f"{_name(item)}: no answer to the keyboard"


def _answers(page: Any, item: dict[str, Any], use: Any) -> bool:
    """Use a control, put it back as it was, and say whether the page answered."""
    kind, n = item["kind"], item["n"]
    if kind == "region" or (kind == "radio" and item["checked"]):
        return True  # one only scrolls, the other is answered already
    if kind == "elsewhere":
        return _leads_somewhere(page, item["href"])
    if kind == "download":
        with page.expect_download(timeout=PATIENCE) as caught:
            use()
        return Path(caught.value.path()).stat().st_size > 0
    if kind == "within":
        use()
        return bool(page.evaluate(SHOWS_TARGET, item["href"][1:]))
    before = page.evaluate(STATE, n)
    saved: list[Any] = []

    def keep(download: Any) -> None:
        saved.append(download)

    page.on("download", keep)
    page.evaluate(scripts.COUNT_CHANGES, n)
    use()
    try:
        page.wait_for_function(scripts.CHANGED, timeout=PATIENCE)
        answered = True
    except Exception as error:
        if "Timeout" not in type(error).__name__:
            raise
        answered = bool(saved)
    page.evaluate("() => window.watching.disconnect()")
    page.remove_listener("download", keep)
    if kind == "summary":
        answered = page.evaluate(STATE, n) is not before
        page.evaluate(scripts.OPEN_ALL)
    elif kind != "button":
        answered = answered and page.evaluate(STATE, n) != before
        page.evaluate(scripts.PUT_BACK, [n, before, item["group"], item["chosen"]])
    return answered


def _by_mouse(page: Any, item: dict[str, Any], place: list[float]) -> None:
    x, y, left, width = place
    match item["kind"]:
        case "select":
            chosen = page.locator(f'[data-control="{item["n"]}"]')
            chosen.select_option(index=0 if item["chosen"] else 1)
        case "range":
            middle = item["value"] < 0.5 * (item["min"] + item["max"])
            page.mouse.click(left + (0.9 if middle else 0.1) * width, y)
        case "number" | "text" | "textarea":
            page.mouse.click(x, y)
            _typed(page, item)
        case _:
            page.mouse.click(x, y)


def _by_keyboard(page: Any, item: dict[str, Any]) -> None:
    match item["kind"]:
        case "select":
            page.keyboard.press("ArrowUp" if item["chosen"] else "ArrowDown")
        case "range":
            page.keyboard.press("ArrowLeft" if item["value"] >= item["max"] else "ArrowRight")
        case "checkbox":
            page.keyboard.press("Space")
        case "radio":
            page.keyboard.press("Space")
        case "number" | "text" | "textarea":
            _typed(page, item)
        case _:
            page.keyboard.press("Enter")


def _typed(page: Any, item: dict[str, Any]) -> None:
    """Type another number; leaving the field makes it count."""
    page.keyboard.press("Control+A")
    step = item["step"] if item["value"] + item["step"] <= item["max"] else -item["step"]
    page.keyboard.type(f"{item['value'] + step:g}")
    page.keyboard.press("Enter")


def _leads_somewhere(page: Any, href: str) -> bool:
    """Whether a link goes to the web, or to a file that lies beside the page."""
    address = urlparse(page.evaluate("h => new URL(h, location.href).href", href))
    if address.scheme == "file":
        return Path(unquote(address.path)).is_file()
    return address.scheme in ("https", "http", "mailto")


def _name(item: dict[str, Any]) -> str:
    return f"{item['kind']} {item['said']!r}"
