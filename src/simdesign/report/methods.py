"""The methodologist's report: everything behind the adviser's page, in one file, in English."""

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from markupsafe import Markup

from simdesign.report.ademp import ademp_rows, provenance_rows
from simdesign.report.attribution import AttributionTarget
from simdesign.report.attribution_tables import CATALOGUE as MECHANISM_TEXTS
from simdesign.report.attribution_tables import attribution_parts, mechanism
from simdesign.report.departures import departure_parts
from simdesign.report.environment import TEMPLATES, policy
from simdesign.report.environment import environment as page_environment
from simdesign.report.folder import Folder
from simdesign.report.frequencies import (
    any_substance_sentence,
    frequency_intro,
    frequency_sentences,
)
from simdesign.report.likelihood import ADVISER
from simdesign.report.model_check import Stamp, stamp_of
from simdesign.report.names import design_names, estimator_names, level, shown_world
from simdesign.report.numbers import number
from simdesign.report.options import options_parts
from simdesign.report.paired import paired_table
from simdesign.report.select import POWER_YEARS, Cell, Selection, middle_cell
from simdesign.report.shown_figures import Figure, substance_figures
from simdesign.report.stability import stability_tables
from simdesign.report.stored_rows import (
    RunCost,
    Silent,
    intervals,
    run_cost,
    scenario_of,
    shown_silent,
    silent_rows,
)
from simdesign.report.tables import Table, assumption_table, measure_blocks, verdict_table
from simdesign.report.texts import Texts
from simdesign.report.verdict_groups import verdict_groups
from simdesign.report.verdicts import Wording
from simdesign.report.worlds import world_sentences
from simdesign.spec.local import ExactLocal
from simdesign.stored import Paths

if TYPE_CHECKING:
    from simdesign.report.figures import Panel

_LEVEL = 0.01
"""Family-wise level of the model check (docs/model_check.md)."""


def methods_html(folder: Folder, table: str = "", *, tables: bool = True) -> str:
    """Return the report as text.

    Parameters
    ----------
    folder : Folder
    table : str
        Name of the table of measures beside the report; default: that of a results folder.
    tables : bool
        Hold a table of every measure; else the report names the files beside it, which have them.
    """
    cell = middle_cell(folder)
    texts = Texts("en")
    script = (TEMPLATES / "page.js").read_text(encoding="utf-8")
    return page_environment().get_template("methods.html.j2").render(
        view=_view(folder, cell, texts),
        t=texts,
        table_file=table or Paths(folder.path).measures.name,
        blocks=measure_blocks(folder, cell) if tables else [],
        css=Markup((TEMPLATES / "page.css").read_text(encoding="utf-8")),
        scripts=[Markup(script)],
        policy=policy([script]),
    )  # fmt: skip


def _view(folder: Folder, cell: Cell, texts: Texts) -> dict[str, Any]:
    study = folder.study
    wording = Wording("en", study)
    local = isinstance(study.estimators.get(folder.judging), ExactLocal)
    selections = [Selection(folder, name, cell) for name in folder.substances]
    smallest = study.decision.margin.smallest_change
    title, assumptions = assumption_table(folder, texts)
    sentences = [(texts.substance(s.substance), frequency_sentences(s, texts)) for s in selections]
    stamp = stamp_of(folder, texts)
    return {
        "lang": "en",
        "title": title_of(folder, "en"),
        "name": study.name,
        "question": texts(
            f"page.question_{'city' if local else 'default'}",
            reference=design_names(study, texts)[study.decision.reference],
        ),
        "incomplete": texts("page.incomplete", n=folder.n_missing) if folder.n_missing else "",
        "stamp": stamp,
        "checks": check_figures(stamp),
        "verdicts": verdict_groups(folder, cell, wording),
        "margins": wording.margins(),
        "frequencies": [(name, lines) for name, lines in sentences if lines],
        "budget": number(100 * folder.budget, "en", 0),
        "frequency_intro": frequency_intro(folder, texts, local=local),
        "any_substance": any_substance_sentence(folder, texts),
        "only_cell": texts("tables.only_cell", world=shown_world(study, cell, texts))
        if cell
        else "",
        "figures": [
            (
                texts.substance(s.substance),
                substance_figures(s, cell, smallest, texts) + more_figures(s, cell, texts),
            )
            for s in selections
        ],
        "verdict_table": verdict_table(folder, wording),
        "paired": paired_table(folder, cell, texts),
        "stability": stability_tables(folder, cell, wording),
        "departures": departure_parts(folder, selections, wording),
        "attribution": attribution_view(folder, "en"),
        "one_mechanism": one_mechanism(folder, texts),
        "options": options_parts(folder, texts),
        "held": world_sentences(folder, texts),
        "assumed_title": title,
        "assumptions": assumptions,
        "ademp": ademp_rows(folder, texts),
        "failed": _failed_table(folder, texts),
        "cost": _cost_rows(run_cost(folder.path)),
        "provenance": provenance_rows(folder, texts),
    }


def title_of(folder: Folder, lang: str) -> str:
    """Return the title of a study in one language; its name where it has none."""
    own = Texts(lang, ADVISER)
    if own.has(f"titles.{folder.study.name}"):
        return own(f"titles.{folder.study.name}")
    titles = {str(key): text for key, text in folder.study.title.items()}
    return titles.get(lang) or titles.get("en") or folder.study.name


def attribution_view(folder: Folder, lang: str) -> dict[str, Any] | None:
    """Return what is said about mechanisms; None where no estimator asks."""
    if not folder.attribution:
        return None
    intro, parts = attribution_parts(
        folder.study, folder.size, folder.attribution, AttributionTarget(), lang=lang,
        designs=design_names(folder.study, Texts(lang)),
    )  # fmt: skip
    heading = Texts(lang, MECHANISM_TEXTS)("attribution.heading")
    return {"heading": heading, "intro": intro, "parts": parts}


def one_mechanism(folder: Folder, texts: Texts) -> str:
    """Return which mechanism figures and sentences show, where a study has several."""
    if not folder.mechanism:
        return ""
    name = mechanism(folder.mechanism, Texts(texts.lang, MECHANISM_TEXTS))
    return texts("tables.only_mechanism", mechanism=name)


def more_figures(selection: Selection, cell: Cell, texts: Texts) -> list[Figure]:
    """Return the nested-loop plot and the zip plots of a substance, where the data allow them."""
    from simdesign.report.figures import nested_loop_figure, zip_figure

    folder, found = selection.folder, []
    if not selection.changes:
        return []
    nested = nested_loop_figure(folder, selection.substance)
    if nested is not None:
        found.append(
            _figure(
                "Power over all combinations of the factors (nested-loop plot)",
                "Combinations stand side by side in nested order; the steps below say which levels"
                " they have, lowest level lowest. Bands are 95 % Monte Carlo intervals. Operating"
                " threshold. Where a study has more designs than can be told apart, those that"
                " notice most.",
                *nested,
            )
        )
    shared = selection.levels[len(selection.levels) // 2]
    change = selection.typical_change
    scenario = scenario_of(folder.measures, cell, shared, change, selection.kind)
    where = f"{selection.named(change, texts)} at a shared error of {level(shared, texts)}"
    plots = [
        (design_names(folder.study, texts)[name], item)
        for name in _compared(selection, shared, change)
        if (
            item := intervals(
                folder.path, scenario=scenario, substance=selection.substance, design=name,
                estimator=folder.judging,
            )
        ) is not None
    ]  # fmt: skip
    zipped = zip_figure(plots, where)
    if zipped is not None:
        found.append(
            _figure(
                "Intervals of the effect against its truth (zip plot)",
                f"The 95 % credible intervals of E at the last look less the true effect, {where}:"
                " sorted by how far off they are, dark where the truth is outside. A prior that"
                " holds breaks for rare pulls estimates towards none: intervals that miss lie on"
                " that side.",
                *zipped,
            )
        )
    return found


def _compared(selection: Selection, shared: float, change: float) -> list[str]:
    """Return the judged design and the one that notices most of this change."""
    folder = selection.folder
    reference = folder.study.decision.reference
    power = {
        name: value
        for name in folder.designs
        if name != reference
        and math.isfinite(
            value := selection.one(
                "power", shared=shared, design=name, estimator=folder.judging,
                threshold="operating", horizon=POWER_YEARS, change=change,
            ).value
        )
    }  # fmt: skip
    return [reference, *([max(power, key=lambda name: power[name])] if power else [])]


def check_figures(stamp: Stamp) -> list[Figure]:
    """Return the figures of the model check, where its tables lie beside it."""
    from simdesign.report.figures import reliability_figure, tests_figure

    found = []
    curves = _rows_of_checks(stamp, "curves")
    reliability = reliability_figure(curves, stamp.judging)
    if reliability is not None:
        found.append(
            _figure(
                "Reliability of P(break)",
                "On data drawn from the estimator's own model: of the draws to which it gave this"
                " probability, so many had a break. Bars are 95 % intervals.",
                *reliability,
            )
        )
    tests = _rows_of_checks(stamp, "tests")
    sorted_p = tests_figure([row for row in tests if row["p"]], _LEVEL)
    if sorted_p is not None:
        found.append(
            _figure(
                "Simulation-based calibration: all tests of the posterior",
                "Ranks of drawn standard deviations and effects (chi-square, Kolmogorov), events"
                " against their probabilities, and the data-averaged posterior against the prior:"
                " sorted p-values, against those of a calibrated model with a pointwise 95 % band"
                " for independent tests. Several tests use the same draws, so the band is a guide;"
                " the check itself goes by the adjusted p-value.",
                *sorted_p,
            )
        )
    return found


def _rows_of_checks(stamp: Stamp, table: str) -> list[dict[str, str]]:
    """Return the rows of a table about what was checked of a study, from every check."""
    from simdesign.report.figures import read_table

    return [
        row
        for folder, cells in stamp.checks
        for row in read_table(Paths(folder).model_check_table(table), cells)
    ]


def _figure(title: str, intro: str, panels: "Sequence[Panel]", table: Table) -> Figure:
    return Figure(title=title, intro=intro, panels=tuple(panels), table=table)


def _failed_table(folder: Folder, texts: Texts) -> Table | None:
    """Return the rows without a score by estimator and reason; None where every row has one."""
    rows: list[Silent] = shown_silent(silent_rows(folder.path))
    if not rows:
        return None
    names = estimator_names(folder.study, texts)
    return Table(
        caption="Rows without a score",
        columns=("Estimator", "Status", "Reason", "Rows"),
        rows=tuple(
            (names.get(r.estimator, r.estimator), r.status, r.reason, str(r.n)) for r in rows
        ),
    )


def _cost_rows(cost: RunCost | None) -> list[tuple[str, str]]:
    if cost is None:
        return []
    return [
        ("Rows", f"{cost.n_row} in {cost.n_file} files, {cost.n_byte / 1e6:.1f} MB"),
        ("Failed rows", str(cost.n_failed)),
        ("Core-hours in tasks", f"{cost.hours:.2f} (CPU {cost.cpu_hours:.2f})"),
        ("Largest memory of a worker", f"{cost.peak_mib:.0f} MiB"),
        ("Machines", ", ".join(cost.machines) or "\N{EN DASH}"),
    ]
