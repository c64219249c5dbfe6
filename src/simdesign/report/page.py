"""The page of a study: one HTML file that needs no network and no server."""

import base64
import dataclasses
import hashlib
import math
import tempfile
import urllib.parse
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from markupsafe import Markup

from simdesign.errors import WriteError
from simdesign.evaluate import Average
from simdesign.report.ademp import ademp_rows, provenance_rows
from simdesign.report.attribution import AttributionTarget
from simdesign.report.attribution_tables import CATALOGUE as MECHANISM_TEXTS
from simdesign.report.attribution_tables import attribution_parts, mechanism
from simdesign.report.beside import average_lines, composition, worth_lines
from simdesign.report.departures import departure_parts
from simdesign.report.environment import TEMPLATES
from simdesign.report.environment import environment as page_environment
from simdesign.report.explorer import CATALOGUE as EXPLORER_TEXTS
from simdesign.report.explorer import explorer_of, factor_label
from simdesign.report.folder import Folder, read_folder
from simdesign.report.frequencies import (
    TYPICAL_CHANGE,
    any_substance_sentence,
    frequency_sentences,
)
from simdesign.report.model_check import stamp_of
from simdesign.report.names import design_names, level, world
from simdesign.report.numbers import general, number
from simdesign.report.options import options_parts
from simdesign.report.select import Cell, Selection, middle_cell
from simdesign.report.stability import stability_tables
from simdesign.report.tables import (
    Table,
    assumption_table,
    cost_table,
    download_csv,
    measure_blocks,
    verdict_table,
)
from simdesign.report.texts import LANGUAGES, Texts
from simdesign.report.verdicts import COLUMNS, Group, Wording, groups_of
from simdesign.report.worlds import world_sentences
from simdesign.spec.departures import DEFAULT, DEPARTURE
from simdesign.spec.local import ExactLocal
from simdesign.spec.study import Study
from simdesign.stored import Paths

if TYPE_CHECKING:
    from simdesign.report.figures import Panel


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """A figure as the template shows it."""

    title: str
    intro: str
    panels: tuple["Panel", ...]
    table: Table


@dataclass(frozen=True, slots=True, kw_only=True)
class VerdictRow:
    """One level of the shared error: its three verdicts, each a code, its word and numbers."""

    level: str
    cells: tuple[tuple[str, str, str, str], ...]
    """Topic, code, word, numbers."""


@dataclass(frozen=True, slots=True, kw_only=True)
class VerdictGroup:
    """The verdicts of one substance in one kind of world."""

    title: str
    main: bool
    """The world of the figures; the others are folded away."""
    summaries: tuple[str, ...]
    flips: tuple[str, ...]
    open_level: str
    composition: str
    """What the shared error of this world is made of, and what helps against each part."""
    averages: tuple[str, ...]
    heads: tuple[str, ...]
    rows: tuple[VerdictRow, ...]


def write_page(
    results_dir: str | Path,
    lang: str = "en",
    digest: str = "",
    *,
    to: Path | None = None,
    protocol: str | None = None,
) -> Path:
    """Write ``page.html`` into a results folder, or a page elsewhere, and return its path.

    Parameters
    ----------
    results_dir : path
        Holds ``manifest.json``, ``measures.csv`` and ``verdict.json``.
    lang : {"en", "nl"}
        Language that shows first; the file holds both.
    digest : str
        Digest of the rows, when the caller has it; else the page says how to print it.
    to : Path, optional
        Another place for the page.
    protocol : str, optional
        Text of the registered protocol; the page then says whether the results match it.

    Raises
    ------
    StoreError
        When one of the files is missing or cannot be read.
    """
    folder = dataclasses.replace(read_folder(results_dir, digest), protocol=protocol)
    path = Paths(folder.path).page if to is None else to
    text = page_html(folder, lang)
    try:
        _write_whole(path, text)
    except OSError as error:
        raise WriteError(str(path), error.strerror or str(error)) from None
    return path


def _write_whole(path: Path, text: str) -> None:
    """Write a file that appears whole or not at all."""
    with tempfile.NamedTemporaryFile(
        "w", dir=path.parent, prefix=f".{path.name}.", suffix=".tmp", delete=False, encoding="utf-8"
    ) as file:
        try:
            file.write(text)
            file.flush()
            Path(file.name).chmod(0o644)
            Path(file.name).replace(path)
        except BaseException:
            Path(file.name).unlink(missing_ok=True)
            raise


def page_html(folder: Folder, lang: str = "en") -> str:
    """Return the page as text."""
    Texts(lang)  # refuses an unknown language before anything is drawn
    cell = middle_cell(folder)
    views = [_view(folder, cell, Texts(name)) for name in LANGUAGES]
    views.sort(key=lambda view: view["lang"] != lang)
    script = (TEMPLATES / "page.js").read_text(encoding="utf-8")
    explorer = explorer_of(folder)
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
        script=Markup(script),
        script_hashes=(
            base64.b64encode(hashlib.sha256(script.encode()).digest()).decode(),
            *(explorer.hashes if explorer else ()),
        ),
        explorer=explorer,
        factor_label=factor_label,
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
        "explorer": Texts(texts.lang, EXPLORER_TEXTS),
        "programme_years": study.programme.years,
        "title": _title(study, texts.lang),
        "question": texts(f"page.question_{'city' if local else 'default'}", reference=reference),
        "claim": texts("page.claim_city" if local else "page.claim"),
        "aims": study.aims,
        "incomplete": texts("page.incomplete", n=folder.n_missing) if folder.n_missing else "",
        "stamp": stamp_of(folder, texts),
        "verdicts": _verdict_groups(folder, cell, wording),
        "margins": wording.margins(),
        "frequencies": [(name, lines) for name, lines in sentences if lines],
        "frequency_intro": texts(
            "frequency.intro", budget=number(100 * folder.budget, texts.lang, 0)
        ),
        "any_substance": any_substance_sentence(folder, texts),
        "only_cell": texts("tables.only_cell", world=world(cell, texts)) if cell else "",
        "figures": [
            (texts.substance(s.substance), _figures(s, cell, smallest, texts)) for s in selections
        ],
        "verdict_table": verdict_table(folder, wording),
        "stability": stability_tables(folder, cell, wording),
        "departures": departure_parts(folder, selections, wording),
        "attribution": _attribution(folder, texts.lang),
        "one_mechanism": _one_mechanism(folder, texts),
        "options": options_parts(folder, texts),
        "held": world_sentences(folder, texts),
        "assumed_title": title,
        "assumptions": assumptions,
        "ademp": ademp_rows(folder, texts),
        "provenance": provenance_rows(folder, texts),
    }


def _attribution(folder: Folder, lang: str) -> dict[str, Any] | None:
    """Return what is said about mechanisms; None where no estimator asks."""
    if not folder.attribution:
        return None
    intro, parts = attribution_parts(
        folder.study, folder.size, folder.attribution, AttributionTarget(), lang=lang
    )
    heading = Texts(lang, MECHANISM_TEXTS)("attribution.heading")
    return {"heading": heading, "intro": intro, "parts": parts}


def _one_mechanism(folder: Folder, texts: Texts) -> str:
    """Return which mechanism figures and sentences show, where a study has several."""
    if not folder.mechanism:
        return ""
    name = mechanism(folder.mechanism, Texts(texts.lang, MECHANISM_TEXTS))
    return texts("tables.only_mechanism", mechanism=name)


def _title(study: Study, lang: str) -> str:
    titles = {str(key): text for key, text in study.title.items()}
    return titles.get(lang) or titles.get("en") or study.name


def _verdict_groups(folder: Folder, cell: Cell, wording: Wording) -> list[VerdictGroup]:
    """Return substances in the order of the study, the world of the figures before the others."""
    shown = world(cell, wording.texts)
    # departures have a section of their own
    own = [v for v in folder.verdicts if v.world.get(DEPARTURE, DEFAULT) == DEFAULT]
    groups = groups_of(own, wording.texts)
    order = {name: number for number, name in enumerate(folder.study.world.substances)}
    groups.sort(key=lambda group: (group.world != shown, group.world, order[group.substance]))
    return [
        _verdict_group(group, wording, group.world == shown, folder.averages) for group in groups
    ]


def _verdict_group(
    group: Group, wording: Wording, main: bool, averages: Sequence[Average]
) -> VerdictGroup:
    columns = [column for key in COLUMNS if (column := group.column(*key))]
    title = wording.texts.substance(group.substance)
    if group.world:
        title += ", " + group.world
    rows = []
    for index, item in enumerate(columns[0] if columns else []):
        cells = tuple(
            (
                wording.topic(column[index].topic, column[index].threshold),
                column[index].code.value,
                wording.code(column[index].code),
                wording.numbers(column[index]),
            )
            for column in columns
            if index < len(column)
        )
        rows.append(VerdictRow(level=level(item.sigma_shared, wording.texts), cells=cells))
    summaries = [wording.summary(column) for column in columns]
    if not group.judges_breaks:
        summaries.append(wording.no_break_judged(group.substance))
    flips = [line for column in columns for line in wording.flip_lines(column)]
    return VerdictGroup(
        title=title,
        main=main,
        summaries=tuple(summaries),
        flips=(*flips, *worth_lines(wording, group)),
        open_level=wording.open_level(group.substance),
        composition=composition(wording, group),
        averages=tuple(average_lines(wording, group, averages)),
        heads=tuple(wording.topic(column[0].topic, column[0].threshold) for column in columns),
        rows=tuple(rows),
    )


def _figures(selection: Selection, cell: Cell, smallest: float, texts: Texts) -> list[Figure]:
    # imported late: a command that only prints a verdict need not wait for the plotting library
    from simdesign.report.figures import (
        delay_figure,
        false_alarm_figure,
        power_figure,
        sufficiency_figure,
    )

    folder = selection.folder
    if not selection.changes:  # a study that has just begun
        return []
    found = []
    sufficiency = sufficiency_figure(folder, selection.substance, cell, texts)
    if sufficiency is not None:
        found.append(
            Figure(
                title=texts("figures.map_title"), intro=sufficiency[2],
                panels=tuple(sufficiency[0]), table=sufficiency[1],
            )
        )  # fmt: skip
    panels, table = power_figure(selection, texts)
    found.append(
        Figure(
            title=texts("figures.power_title"), intro=texts("figures.power_intro"),
            panels=tuple(panels), table=table,
        )
    )  # fmt: skip
    change = selection.change_near(smallest)
    delay = delay_figure(selection, change, texts)
    if delay is not None:
        found.append(
            Figure(
                title=texts("figures.delay_title", size=selection.named(change, texts)),
                intro=texts("figures.delay_intro"), panels=tuple(delay[0]), table=delay[1],
            )
        )  # fmt: skip
    false = false_alarm_figure(selection, texts)
    if false is not None:
        budget = general(100 * folder.budget, texts.lang)
        found.append(
            Figure(
                title=texts("figures.false_title"),
                intro=texts("figures.false_intro", budget=budget),
                panels=tuple(false[0]), table=false[1],
            )
        )  # fmt: skip
    typical = selection.change_near(TYPICAL_CHANGE)
    found.append(
        Figure(
            title=texts("figures.cost_title"),
            intro=texts("figures.cost_intro", size=selection.named(typical, texts)),
            panels=(),
            table=cost_table(selection, design_names(folder.study, texts), typical, texts),
        )
    )
    return found
