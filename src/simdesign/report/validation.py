"""The page of a world against real weeks: one HTML file that needs no network."""

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from markupsafe import Markup

from simdesign.report.environment import TEMPLATES
from simdesign.report.environment import environment as page_environment
from simdesign.report.tables import Table


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """Values along a curve, each with an interval; NaN where there is none."""

    name: str
    value: tuple[float, ...]
    low: tuple[float, ...]
    high: tuple[float, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Curve:
    """What was measured and what was simulated at the same few places."""

    title: str
    x_title: str
    y_title: str
    places: tuple[str, ...]
    real: Span
    simulated: tuple[Span, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """One substance in one group of countries."""

    title: str
    curves: tuple[Curve, ...]
    table: Table


def write_validation_page(
    path: Path, *, title: str, intro: Sequence[str], summary: Table, sections: Sequence[Section]
) -> Path:
    """Write the page and return its path.

    Parameters
    ----------
    path : Path
        Of the HTML file; whole or absent.
    title : str
    intro : sequence of str
        Paragraphs above everything.
    summary : Table
    sections : sequence of Section
    """
    # imported late: a command that only prints need not wait for the plotting library
    from simdesign.report.figures.compared import panel_of_curve

    environment = page_environment()
    text = environment.get_template("validation.html.j2").render(
        title=title,
        intro=list(intro),
        summary=summary,
        sections=[
            (item.title, [panel_of_curve(curve) for curve in item.curves], item.table)
            for item in sections
        ],
        css=Markup((TEMPLATES / "page.css").read_text(encoding="utf-8")),
    )
    with tempfile.NamedTemporaryFile(
        "w", dir=path.parent, prefix=f".{path.name}.", delete=False, encoding="utf-8"
    ) as file:
        file.write(text)
    Path(file.name).chmod(0o644)
    return Path(file.name).replace(path)
