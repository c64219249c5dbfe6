"""The pages of a study: HTML files that need no network and no server."""

import dataclasses
import math
import urllib.parse
from pathlib import Path
from typing import Any

from markupsafe import Markup

from simdesign.report.ademp import ademp_rows, provenance_rows
from simdesign.report.departures import departure_parts
from simdesign.report.environment import TEMPLATES, policy
from simdesign.report.environment import environment as page_environment
from simdesign.report.folder import Folder, read_folder
from simdesign.report.frequencies import any_substance_sentence, frequency_sentences
from simdesign.report.methods import attribution_view, methods_html, one_mechanism, title_of
from simdesign.report.model_check import stamp_of
from simdesign.report.names import design_names, world
from simdesign.report.numbers import number
from simdesign.report.options import options_parts
from simdesign.report.select import Cell, Selection, middle_cell
from simdesign.report.shown_figures import substance_figures
from simdesign.report.stability import stability_tables
from simdesign.report.tables import assumption_table, download_csv, measure_blocks, verdict_table
from simdesign.report.texts import LANGUAGES, Texts
from simdesign.report.verdict_groups import verdict_groups
from simdesign.report.verdicts import Wording
from simdesign.report.worlds import world_sentences
from simdesign.report.written import write_parquet, write_text
from simdesign.spec.local import ExactLocal
from simdesign.stored import Paths


def write_page(
    results_dir: str | Path,
    lang: str = "en",
    digest: str = "",
    *,
    to: Path | None = None,
    protocol: str | None = None,
) -> Path:
    """Write ``page.html`` and ``methods.html`` into a results folder; return the page's path.

    Parameters
    ----------
    results_dir : path
        Holds ``manifest.json``, ``measures.csv`` and ``verdict.json``.
    lang : {"en", "nl"}
        Language that shows first; the file holds both.
    digest : str
        Digest of the rows, when the caller has it; else the page says how to print it.
    to : Path, optional
        Another place for the page, to be published: ``methods.html`` goes beside it, and points to
        the table of measures in place of holding it. In a results folder ``measures.parquet`` is
        written, too.
    protocol : str, optional
        Text of the registered protocol; the page then says whether the results match it.

    Raises
    ------
    ValueError
        For a language that is none of these.
    StoreError
        When one of the files is missing or cannot be read.
    """
    Texts(lang)  # refuses an unknown language before anything is read
    folder = dataclasses.replace(read_folder(results_dir, digest), protocol=protocol)
    paths = Paths(folder.path)
    page = paths.page if to is None else to
    methods = Paths(page.parent).methods
    write_text(methods, methods_html(folder, tables=to is None))
    if to is None:
        write_parquet(paths.measures_parquet, paths.measures)
    write_text(page, page_html(folder, lang))
    return page


def page_html(folder: Folder, lang: str = "en") -> str:
    """Return the page as text."""
    Texts(lang)  # refuses an unknown language before anything is drawn
    cell = middle_cell(folder)
    views = [_view(folder, cell, Texts(name)) for name in LANGUAGES]
    views.sort(key=lambda view: view["lang"] != lang)
    script = (TEMPLATES / "page.js").read_text(encoding="utf-8")
    environment = page_environment()
    environment.filters["shared_number"] = lambda text: _shared_number(text, lang)
    return environment.get_template("page.html.j2").render(
        lang=lang,
        views=views,
        texts={name: Texts(name) for name in LANGUAGES},
        languages=LANGUAGES,
        blocks=measure_blocks(folder, cell),
        csv=_data_uri(folder, cell),
        csv_name=f"{folder.study.name}.csv",
        css=Markup((TEMPLATES / "page.css").read_text(encoding="utf-8")),
        scripts=[Markup(script)],
        policy=policy([script]),
    )


def _shared_number(text: str, lang: str) -> str:
    """Return a number that stands once for both languages, in the language that shows first."""
    return text.replace(".", ",") if lang == "nl" else text


def _data_uri(folder: Folder, cell: Cell) -> Markup:
    smallest = folder.study.decision.margin.smallest_change
    found = [Selection(folder, name, cell).change_near(smallest) for name in folder.substances]
    text = download_csv(folder, cell, found[0] if found else math.nan)
    return Markup("data:text/csv;charset=utf-8," + urllib.parse.quote(text, safe=",.+-:;=/ "))


def _view(folder: Folder, cell: Cell, texts: Texts) -> dict[str, Any]:
    """Return everything that one language shows."""
    study = folder.study
    wording = Wording(texts.lang, study)
    reference = design_names(study, texts)[study.decision.reference]
    local = isinstance(study.estimators.get(folder.judging), ExactLocal)
    selections = [Selection(folder, name, cell) for name in folder.substances]
    smallest = study.decision.margin.smallest_change
    title, assumptions = assumption_table(folder, texts)
    sentences = [(texts.substance(s.substance), frequency_sentences(s, texts)) for s in selections]
    return {
        "lang": texts.lang,
        "t": texts,
        "title": title_of(folder, texts.lang),
        "question": texts(f"page.question_{'city' if local else 'default'}", reference=reference),
        "claim": texts("page.claim_city" if local else "page.claim"),
        "aims": study.aims,
        "incomplete": texts("page.incomplete", n=folder.n_missing) if folder.n_missing else "",
        "stamp": stamp_of(folder, texts),
        "verdicts": verdict_groups(folder, cell, wording),
        "margins": wording.margins(),
        "frequencies": [(name, lines) for name, lines in sentences if lines],
        "frequency_intro": texts(
            "frequency.intro", budget=number(100 * folder.budget, texts.lang, 0)
        ),
        "any_substance": any_substance_sentence(folder, texts),
        "only_cell": texts("tables.only_cell", world=world(cell, texts)) if cell else "",
        "figures": [
            (texts.substance(s.substance), substance_figures(s, cell, smallest, texts))
            for s in selections
        ],
        "verdict_table": verdict_table(folder, wording),
        "stability": stability_tables(folder, cell, wording),
        "departures": departure_parts(folder, selections, wording),
        "attribution": attribution_view(folder, texts.lang),
        "one_mechanism": one_mechanism(folder, texts),
        "options": options_parts(folder, texts),
        "held": world_sentences(folder, texts),
        "assumed_title": title,
        "assumptions": assumptions,
        "ademp": ademp_rows(folder, texts),
        "provenance": provenance_rows(folder, texts),
    }
