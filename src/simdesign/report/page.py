"""The pages of a study: HTML files that need no network and no server."""

import dataclasses
import math
import urllib.parse
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from markupsafe import Markup

from simdesign.report.ademp import provenance_rows
from simdesign.report.adviser import AdviserWords, is_local
from simdesign.report.asked import asked
from simdesign.report.departures import departure_parts
from simdesign.report.environment import TEMPLATES, policy
from simdesign.report.environment import environment as page_environment
from simdesign.report.explorer import CATALOGUE as EXPLORER_TEXTS
from simdesign.report.explorer import explorer_of, factor_label
from simdesign.report.folder import Folder, read_folder
from simdesign.report.frequencies import any_substance_sentence, frequency_intro
from simdesign.report.icons import SPRITE
from simdesign.report.likelihood import ADVISER, scale_table
from simdesign.report.methods import attribution_view, methods_html, one_mechanism, title_of
from simdesign.report.model_check import stamp_of
from simdesign.report.names import shown_world
from simdesign.report.numbers import number
from simdesign.report.options import options_parts
from simdesign.report.select import Cell, Selection, middle_cell
from simdesign.report.sources import GLOSSARY, SOURCES
from simdesign.report.stability import stability_tables
from simdesign.report.tables import assumption_table, cost_table, download_csv, unread_streams
from simdesign.report.texts import LANGUAGES, Texts
from simdesign.report.town import town_view
from simdesign.report.verdicts import Wording
from simdesign.report.when import shown_levels, when_figure
from simdesign.report.worlds import world_sentences
from simdesign.report.written import write_parquet, write_text
from simdesign.stored import Paths, PublishedPaths


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
    table = paths.measures if to is None else PublishedPaths(page.parent).measures
    write_text(methods, methods_html(folder, table.name, tables=to is None))
    if to is None:
        write_parquet(paths.measures_parquet, paths.measures)
    write_text(page, page_html(folder, lang, table=table.name))
    return page


def page_html(folder: Folder, lang: str = "en", *, table: str = "") -> str:
    """Return the adviser's page as text.

    Parameters
    ----------
    folder : Folder
    lang : {"en", "nl"}
        Language that shows first.
    table : str
        Name of the table of measures beside the page; default: that of a results folder.
    """
    Texts(lang)  # refuses an unknown language before anything is drawn
    cell = middle_cell(folder)
    selections = [Selection(folder, name, cell) for name in folder.substances]
    views = [_view(folder, cell, selections, name) for name in LANGUAGES]
    views.sort(key=lambda view: view["lang"] != lang)
    script = (TEMPLATES / "page.js").read_text(encoding="utf-8")
    explorer = explorer_of(folder)
    adviser = {name: Texts(name, ADVISER) for name in LANGUAGES}
    towns = {name: town_view(folder, item) for name, item in adviser.items()}
    return page_environment().get_template("page.html.j2").render(
        lang=lang,
        views=views,
        texts={name: Texts(name) for name in LANGUAGES},
        adviser=adviser,
        languages=LANGUAGES,
        curves=[found for item in selections if (found := when_figure(item)) is not None],
        towns=towns if all(towns.values()) else None,
        explorer=explorer,
        glossary=GLOSSARY,
        sources=SOURCES,
        sprite=SPRITE,
        table_file=table or Paths(folder.path).measures.name,
        csv=_data_uri(folder, cell, selections),
        csv_name=f"{folder.study.name}.csv",
        css=Markup((TEMPLATES / "page.css").read_text(encoding="utf-8")),
        script=Markup(script),
        policy=policy([script, *(explorer.allowed if explorer else ())]),
        factor_label=factor_label,
    )  # fmt: skip


def _data_uri(folder: Folder, cell: Cell, selections: Sequence[Selection]) -> Markup:
    """Return the numbers of the page as a link to CSV."""
    changes = [item.typical_change for item in selections]
    levels = {level for item in selections for level in shown_levels(item)}
    text = download_csv(folder, cell, changes[0] if changes else math.nan, levels)
    return Markup("data:text/csv;charset=utf-8," + urllib.parse.quote(text, safe=",.+-:;=/ "))


def _view(folder: Folder, cell: Cell, selections: Sequence[Selection], lang: str) -> dict[str, Any]:
    """Return what one language shows."""
    study, texts, words = folder.study, Texts(lang), AdviserWords(folder, lang)
    wording = words.wording
    local = is_local(folder)
    typical = [item.typical_change for item in selections]
    title, _ = assumption_table(folder, texts)
    return {
        "lang": lang,
        "t": texts,
        "a": words.own,
        "explorer": Texts(lang, EXPLORER_TEXTS),
        "programme_years": study.programme.years,
        "title": title_of(folder, lang),
        "local": local,
        "question": texts(
            f"page.question_{'city' if local else 'default'}",
            reference=words.names[study.decision.reference],
        ),
        "asked": asked(folder, selections, wording),
        "claim": texts("page.claim_city" if local else "page.claim"),
        "incomplete": texts("page.incomplete", n=folder.n_missing) if folder.n_missing else "",
        "stamp": stamp_of(folder, texts),
        "verdicts": words.verdicts(cell),
        "margins": wording.margins(),
        "scale": scale_table(words.own),
        "changes": _changes(folder, cell, wording),
        "frequencies": words.frequencies(selections),
        "remarks": [
            text
            for text in (
                texts("tables.only_cell", world=shown_world(study, cell, texts)) if cell else "",
                words.one_of(),
                words.assumed_worlds(),
                words.small(selections),
                *(words.searched(item) for item in selections),
            )
            if text
        ],
        "unread": unread_streams(folder, texts),
        "budget": number(100 * folder.budget, lang, 0),
        "frequency_intro": frequency_intro(folder, texts, local=local),
        "any_substance": any_substance_sentence(folder, texts),
        "one_mechanism": one_mechanism(folder, texts),
        "options": options_parts(folder, texts),
        "cost_intro": texts(
            "figures.cost_intro",
            size=selections[0].named(typical[0], texts),
        )
        if selections and math.isfinite(typical[0])
        else "",
        "costs": [
            (texts.heading(item.substance), cost_table(item, words.names, change, texts))
            for item, change in zip(selections, typical, strict=True)
            if math.isfinite(change)
        ],
        "attribution": attribution_view(folder, lang),
        "departures": departure_parts(folder, selections, wording),
        "held": world_sentences(folder, texts),
        "assumed_title": title,
        "provenance": provenance_rows(folder, texts),
    }


def _changes(folder: Folder, cell: Cell, wording: Wording) -> list[tuple[str, tuple[str, ...]]]:
    """Return which other choices would change the verdicts, by substance."""
    parts = stability_tables(folder, cell, wording)
    return [(item.title, item.flips) for item in parts if item.flips]
