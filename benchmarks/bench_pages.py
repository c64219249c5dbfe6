"""How long a page takes in the browser: first drawing, loaded, and the answer of each control.

Without arguments the committed pages; else the files given. Times are those of the browser's own
clock in milliseconds: the best of several openings, and from the use of a control to the frame in
which the last of its changes is drawn:

    python benchmarks/bench_pages.py [PAGE ...]
"""

import platform
import statistics
import sys
from pathlib import Path
from typing import Any

import chromium

ROOT = Path(__file__).parents[1]
OPENINGS = 3
PAINTED = """() => new Promise(done => { const ask = () => {
  const found = performance.getEntriesByName('first-contentful-paint')[0];
  if (!found) return setTimeout(ask, 10);
  done([found.startTime, performance.getEntriesByType('navigation')[0].loadEventEnd]) }; ask() })"""
QUIET = 400
"""Milliseconds without a change after which a control has answered for good."""
MOST = 12
"""Controls of one kind that are tried."""
ANSWER = """([kind, quiet, most]) => new Promise(done => {
  const all = [...document.querySelectorAll(kind)].filter(e => e.checkVisibility()).slice(0, most);
  const times = [];
  let drawn = 0; // when the frame after the last change began
  new MutationObserver(() => requestAnimationFrame(() => { drawn = performance.now() }))
    .observe(document, {subtree: true, childList: true, attributes: true, characterData: true});
  const next = () => {
    const e = all.shift();
    if (!e) return done(times);
    const start = performance.now();
    if (e.tagName === 'SELECT') { e.selectedIndex = (e.selectedIndex + 1) % e.options.length }
    else if (e.type === 'range') { e.value = Number(e.value) === Number(e.max) ? e.min : e.max }
    else { e.click() }
    if (e.tagName === 'SELECT' || e.type === 'range') for (const name of ['input', 'change'])
      e.dispatchEvent(new Event(name, {bubbles: true}));
    const wait = () => { const now = performance.now();
      if (now - Math.max(start, drawn) < quiet) return setTimeout(wait, 50);
      if (drawn > start) times.push(drawn - start);
      next() };
    setTimeout(wait, quiet) };
  next() })"""
KINDS = {
    "language": "button[lang]",
    "fold": "main summary",
    "choice": "main select, main input[type=radio], main input[type=checkbox]",
    "slider": "main input[type=range]",
}


def measured(browser: Any, path: Path) -> dict[str, str]:
    """Return the times of one page [ms] as text."""
    painted, loaded = [], []
    for _ in range(OPENINGS):
        page, _ = chromium.opened(browser, path, viewport={"width": 1200, "height": 900})
        first, done = page.evaluate(PAINTED)
        painted.append(first)
        loaded.append(done)
        if len(painted) < OPENINGS:
            page.context.close()
    found = {"first drawing": f"{min(painted):.0f}", "loaded": f"{min(loaded):.0f}"}
    for name, kind in KINDS.items():
        times = page.evaluate(ANSWER, [kind, QUIET, MOST])
        if times:
            found[name] = f"{statistics.median(times):.0f} (worst of {len(times)} {max(times):.0f})"
    page.context.close()
    return found


def main() -> None:
    paths = [Path(name) for name in sys.argv[1:]] or sorted(ROOT.glob("results/*/*.html"))
    command = chromium.executable()
    if command is None:
        print("no Chromium found: install chromium")
        return
    with chromium.started(command) as browser:
        print(f"{platform.machine()}, Chromium {browser.version}, milliseconds")
        for path in paths:
            size = path.stat().st_size / 1e6
            times = ", ".join(f"{name} {time}" for name, time in measured(browser, path).items())
            print(f"{path.parent.name}/{path.name}, {size:.2f} MB: {times}")


if __name__ == "__main__":
    main()
