"""axe-core, injected into a page: what keeps people from using it."""

from importlib.resources import files
from typing import Any

SOURCE = (files("axe_playwright_python") / "axe.min.js").read_text(encoding="utf-8")
RUN = """([off, only]) => axe.run(document, {preload: false, resultTypes: ['violations'],
    ...(only.length ? {runOnly: {type: 'rule', values: only}} : {}),
    rules: Object.fromEntries(off.map(name => [name, {enabled: false}]))}).then(found =>
  found.violations.map(v => [v.impact, v.id, v.nodes.length, v.nodes[0].html.slice(0, 200)]))"""
GRAVE = ("serious", "critical")


def findings(
    page: Any, without: tuple[str, ...] = (), only: tuple[str, ...] = ()
) -> list[tuple[str, str]]:
    """Return (impact, what and where) of what axe-core finds in what is shown.

    Without some of its rules, or by some of them only.
    """
    if not page.evaluate("() => 'axe' in window"):
        page.evaluate(SOURCE)
    found = page.evaluate(RUN, [list(without), list(only)])
    return [(impact, f"{rule}: {n} times, first {where}") for impact, rule, n, where in found]


def grave(page: Any, without: tuple[str, ...] = ()) -> list[str]:
    """Return the serious and critical findings."""
    return [text for impact, text in findings(page, without) if impact in GRAVE]
