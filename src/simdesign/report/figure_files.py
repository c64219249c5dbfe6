"""The figures of a study as files of their own: SVG or PDF, one a panel."""

import re
from html import escape
from pathlib import Path

from simdesign.errors import WriteError
from simdesign.report.folder import Folder, read_folder
from simdesign.report.methods import check_figures, more_figures
from simdesign.report.model_check import stamp_of
from simdesign.report.select import Selection, middle_cell
from simdesign.report.shown_figures import Figure, substance_figures
from simdesign.report.texts import Texts
from simdesign.report.written import write_bytes

FORMATS = ("svg", "pdf")


def write_figures(results_dir: Path, out: Path, lang: str = "en", form: str = "svg") -> list[Path]:
    """Write every panel of every figure as a file, and return their paths.

    Parameters
    ----------
    results_dir : path
        A results folder.
    out : path
        Made when it is not there.
    lang : {"en", "nl"}
        Figures for methodologists (nested-loop and zip plots, model check) are in English.
    form : {"svg", "pdf"}

    Raises
    ------
    StoreError
        When the folder is no results folder.
    WriteError
    """
    import vl_convert

    folder = read_folder(results_dir)
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise WriteError(str(out), error.strerror or str(error)) from None
    written = []
    for name, svg in _files(folder, lang):
        content = svg.encode() if form == "svg" else vl_convert.svg_to_pdf(svg)
        path = out / f"{name}.{form}"
        write_bytes(path, content)
        written.append(path)
    return written


def _files(folder: Folder, lang: str) -> list[tuple[str, str]]:
    texts, cell = Texts(lang), middle_cell(folder)
    smallest = folder.study.decision.margin.smallest_change
    groups: list[tuple[str, list[Figure]]] = []
    for substance in folder.substances:
        selection = Selection(folder, substance, cell)
        found = substance_figures(selection, cell, smallest, texts)
        groups.append((substance, found + more_figures(selection, cell, Texts("en"))))
    groups.append(("check", check_figures(stamp_of(folder, Texts("en")))))
    return [
        (
            f"{group}-{_slug(figure.title)}-{n}",
            standalone(panel.svg, panel.title, panel.alternative),
        )
        for group, figures in groups
        for figure in figures
        for n, panel in enumerate(figure.panels, start=1)
    ]


def _slug(title: str) -> str:
    """Return a title as the name of a file."""
    return re.sub(r"[^a-z0-9]+", "-", title.lower()).strip("-")[:60]


def standalone(svg: str, title: str, alternative: str) -> str:
    """Return a picture of a page as a file: with the letters that the page's style gives it.

    Its title and its text alternative go into the file, too.
    """
    from simdesign.report.figures.style import FONT, INK

    def lettered(found: re.Match[str]) -> str:
        head = found.group()
        for name, value in (("fill", INK), ("font-size", "12px"), ("font-family", FONT)):
            if f" {name}=" not in head:
                head += f' {name}="{value}"'
        return head

    whole = re.sub(r"<text\b[^>]*?(?=/?>)", lettered, svg)
    whole = whole.replace(' aria-hidden="true" focusable="false"', ' role="img"', 1)
    words = f"<title>{escape(title)}</title><desc>{escape(alternative)}</desc>"
    return whole.replace(">", f">{words}", 1)
