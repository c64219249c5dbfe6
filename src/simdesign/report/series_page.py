"""The page of an analysis of real series: one HTML file that needs no network."""

import tempfile
import urllib.parse
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from markupsafe import Markup

from simdesign.report.environment import TEMPLATES
from simdesign.report.environment import environment as page_environment
from simdesign.report.tables import Table
from simdesign.report.texts import Texts


@dataclass(frozen=True, slots=True, kw_only=True)
class SeriesCurves:
    """What the figure of one series shows; ``j`` is a campaign, in order. NaN = not there."""

    is_index: bool
    x: tuple[float, ...]  # (j,) calendar year with its fraction
    mean: tuple[float, ...]  # (j,) weekly mean
    rule: tuple[str, ...]  # (j,) "increase", "decrease", "stable" or "none"
    level: tuple[float, ...]  # (j,) trend level
    low: tuple[float, ...]  # (j,)
    high: tuple[float, ...]  # (j,)
    cities: tuple[tuple[float, float], ...]  # of a panel: x and value of every city-week
    interval: tuple[float, ...]  # (j,) P(a break since the campaign before)
    known: tuple[float, ...]  # (j,) P(break), with the data until then
    alternative: str  # what it shows, in words


@dataclass(frozen=True, slots=True, kw_only=True)
class SeriesPart:
    """One series of one substance."""

    heading: str
    paragraph: str
    curves: SeriesCurves
    table: Table
    csv: str
    csv_name: str
    open: tuple[str, ...]  # what cannot be concluded


@dataclass(frozen=True, slots=True, kw_only=True)
class SubstancePart:
    """One substance: tables over all series, then each of them."""

    heading: str
    tables: tuple[tuple[Table, str], ...]  # and the line below
    series: tuple[SeriesPart, ...]
    notes: tuple[str, ...]


def write_series_page(
    path: Path, *, texts: Texts, title: str, intro: Sequence[str], parts: Sequence[SubstancePart]
) -> Path:
    """Write the page and return its path.

    Parameters
    ----------
    path : Path
        Of the HTML file; whole or absent.
    texts : Texts
        Of the analysis, in the language of the page.
    title : str
    intro : sequence of str
        Paragraphs above everything.
    parts : sequence of SubstancePart
    """
    # imported late: a command that only prints need not wait for the plotting library
    from simdesign.report.figures.series import panels_of_series

    environment = page_environment()
    environment.filters["data_uri"] = _data_uri
    text = environment.get_template("series.html.j2").render(
        t=texts,
        title=title,
        intro=list(intro),
        parts=[
            (part, [(item, panels_of_series(item.curves, texts)) for item in part.series])
            for part in parts
        ],
        css=Markup((TEMPLATES / "page.css").read_text(encoding="utf-8")),
    )
    with tempfile.NamedTemporaryFile(
        "w", dir=path.parent, prefix=f".{path.name}.", suffix=".tmp", delete=False, encoding="utf-8"
    ) as file:
        file.write(text)
    Path(file.name).chmod(0o644)
    return Path(file.name).replace(path)


def _data_uri(text: str) -> Markup:
    return Markup("data:text/csv;charset=utf-8," + urllib.parse.quote(text, safe=",.+-:;=/ "))
