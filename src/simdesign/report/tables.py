"""Tables of the page: plain text cells, so that the template escapes every one of them."""

import math
from collections.abc import Collection
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from simdesign.evaluate import Headline
from simdesign.report.folder import Folder
from simdesign.report.names import at_level, change_name, level, level_cells, level_heads
from simdesign.report.numbers import general, grouped, of_hundred, with_error
from simdesign.report.select import POWER_YEARS, Cell, Selection, Value
from simdesign.report.texts import LANGUAGES, Texts, both
from simdesign.report.verdicts import Wording, hardest
from simdesign.spec.catalogue import catalogue_entries
from simdesign.spec.estimator import Rule, judging
from simdesign.spec.mechanism import ExactMechanism
from simdesign.spec.study import Study
from simdesign.spec.terms import term_entries

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A table in one language."""

    caption: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    n_head: int = 1
    """Leading cells of a row that name it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """A table of one measure for both languages: numbers are converted, words stand twice."""

    title: dict[str, str]
    heads: tuple[dict[str, str], ...]
    """Columns that name a row."""
    designs: tuple[str, ...]
    rows: tuple[tuple[tuple[str, ...], tuple[str, ...]], ...] = field(default=())
    """Names and numbers of each row."""


def hundred_with_interval(value: Value, lang: str) -> str:
    """Return ``62 (58-66)``: a number of 100 and its 95 % Monte Carlo interval."""
    if not math.isfinite(value.value):
        return "\N{EN DASH}"
    middle = of_hundred(value.value, value.mcse, lang)
    if not (math.isfinite(value.low) and math.isfinite(value.high)):
        return middle
    low, high = (of_hundred(x, 0.0, lang) for x in (value.low, value.high))
    return f"{middle} ({low}\N{EN DASH}{high})"


_SAME = 1e-6  # the table of measures has ten digits


def cost_table(selection: Selection, designs: dict[str, str], change: float, texts: Texts) -> Table:
    """Return cost a year and power of every design, cheapest first."""
    rows = []
    years = selection.folder.study.programme.years
    for name, label in designs.items():
        cost = selection.one("cost_per_year", design=name, role="").value
        high = selection.one("cost_p95", design=name, role="").value / years
        said = grouped(cost, texts.lang)
        if high > cost * (1.0 + _SAME):  # it depends on what the scores ask for
            said = texts("figures.cost_up_to", cost=said, high=grouped(high, texts.lang))
        cells = [
            hundred_with_interval(
                selection.one(
                    "power", shared=shared, design=name, estimator=selection.folder.judging,
                    threshold="operating", horizon=POWER_YEARS, change=change,
                ),
                texts.lang,
            )
            for shared in selection.levels
        ]  # fmt: skip
        rows.append((cost, (label, said, *cells)))
    rows.sort(key=lambda row: (math.isnan(row[0]), row[0]))
    heads = tuple(at_level(shared, texts) for shared in selection.levels)
    return Table(
        caption=texts("figures.cost_title"),
        columns=(texts("tables.design"), texts("figures.cost_year"), *heads),
        rows=tuple(cells for _, cells in rows),
    )


def unread_streams(folder: Folder, texts: Texts) -> str:
    """Return which series the judged design buys and the judging method does not read; maybe none.

    Those of other designs alone are options, and told there.
    """
    judge = folder.study.estimators[folder.judging]
    read = judge.streams if isinstance(judge, ExactMechanism) else ()
    bought = folder.study.designs[folder.study.decision.reference].streams
    names = [texts(f"designs.stream_{kind}") for kind in bought if kind not in read]
    return texts("figures.unread", streams=texts.all_of(names)) if names else ""


def verdict_table(folder: Folder, wording: Wording) -> Table:
    """Return the comparison that was hardest for every verdict."""
    texts, rows = wording.texts, []
    for item in folder.verdicts:
        loss = hardest(item)
        if loss is None:
            continue
        change = (
            change_name(loss.size, texts, loss.yearly)
            if math.isfinite(loss.size)
            else texts("tables.no_change")
        )
        rows.append(
            (
                wording.topic(item.topic, item.threshold),
                texts.substance(item.substance),
                *level_cells(item.sigma_shared, texts),
                wording.code(item.code),
                f"{loss.measure}, {change}, {wording.design(loss.other)}",
                with_error(loss.loss, loss.mcse, texts.lang),
                general(loss.margin, texts.lang),
                str(loss.n_rep),
            )
        )
    shared = level_heads([item.sigma_shared for item in folder.verdicts], texts)
    before, after = (
        tuple(texts(f"tables.{name}") for name in names)
        for names in (("topic", "substance"), ("code", "hardest", "loss", "margin", "n_rep"))
    )
    return Table(
        caption=texts("verdict.how"), columns=(*before, *shared, *after), rows=tuple(rows),
        n_head=3 + len(shared),
    )  # fmt: skip


def assumption_table(folder: Folder, texts: Texts) -> tuple[str, Table]:
    """Return how many numbers are assumed, and all of those behind this study's worlds."""
    used = {*folder.substances, "measurement", "dutch20"}
    entries = [item for item in catalogue_entries() if item.name.split(".")[0] in used]
    worlds = [item.world for item in folder.study.scenarios(folder.size)]
    entries += {item.name: item for world in worlds for item in term_entries(world)}.values()
    open_ones = [item for item in entries if item.status in ("assumed", "recalled")]
    rows = []
    for item in open_ones:
        value = (
            texts("limits.several", n=len(item.value))
            if isinstance(item.value, tuple)
            else general(item.value, texts.lang)
        )
        status = texts("limits.assumed_status" if item.status == "assumed" else "limits.recalled")
        rows.append((item.name, value, item.unit, status, item.note))
    title = texts("limits.assumed", n=len(open_ones), total=len(entries))
    columns = tuple(texts(f"limits.{key}") for key in ("name", "value", "unit", "status", "note"))
    return title, Table(caption=title, columns=columns, rows=tuple(rows))


SHOWN = (
    "power", "power_at_least", "power_at_most", "assurance", "power_given_quiet", "premature_prob",
    "restricted_mean_delay", "restricted_mean_delay_at_least", "restricted_mean_delay_at_most",
    "false_alarm_prob", "false_alarm_prob_at_least", "false_alarm_prob_at_most",
    "false_alarm_worst_cell", "false_alarm_any_substance", "effect_bias", "effect_rmse",
    "effect_coverage", "dating_error", "type_s", "type_m", "level_bias", "level_rmse",
    "large_error_prob", "right_verdict_prob", "rounds_differ_prob", "expected_false_cities",
    "any_false_city", "right_city_prob", "reported_effect", "cost", "cost_p95", "extra_prob",
)  # fmt: skip
"""Measures of the full table, in its order."""
_POWERS = ("power", "assurance")


def shown_rows(folder: Folder, cell: Cell) -> "pd.DataFrame":
    """Return the rows of the full table: default budget, the figures' world."""
    frame = folder.measures
    keep = frame["compared_with"] == ""
    keep &= frame["budget"].isna() | ((frame["budget"] - folder.budget).abs() < 1e-9)
    for name, wanted in cell.items():
        keep &= frame[name].isna() | (frame[name] == wanted)
    keep &= frame["measure"].isin(SHOWN) & (frame["role"] != "")
    is_read = headline(folder.study)
    found = frame[keep]
    columns = ("measure", "estimator", "threshold", "budget", "horizon")
    read = [
        is_read(m, estimator=e, threshold=t, budget=b, horizon=h, paired=False)
        for m, e, t, b, h in zip(*(found[name] for name in columns), strict=True)
    ]
    return found.loc[np.array(read, dtype=bool)]


def headline(study: Study) -> Headline:
    """Return what says of a study's measures whether they are published and tabulated."""
    rules = {name for name, spec in study.estimators.items() if isinstance(spec, Rule)}
    return Headline(
        judging=judging(study.estimators), budget=study.decision.budget, rules=frozenset(rules)
    )


_CURVES = ("delay_curve", "cost_per_year", "false_alarm_by_sigma_shared", "large_error_prob")
_CSV = (
    "substance",
    "design",
    "threshold",
    "measure",
    "horizon",
    "value",
    "mcse",
    "n_rep",
    "n_failed",
)


def download_csv(folder: Folder, cell: Cell, change: float, levels: Collection[float]) -> str:
    """Return the rows behind verdicts, sentences and figures as CSV.

    ``change`` is the one whose delay curves are shown, at these levels of the shared error.
    """
    frame = folder.measures
    keep = frame["compared_with"] == ""
    keep &= frame["budget"].isna() | ((frame["budget"] - folder.budget).abs() < 1e-9)
    for name, wanted in cell.items():
        keep &= frame[name].isna() | (frame[name] == wanted)
    keep &= frame["estimator"].isin(("", folder.judging)) & (frame["threshold"] != "guarded")
    curve = frame["measure"].isin(_CURVES) & frame["threshold"].isin(("", "operating"))
    shown = (frame["change"] == change) & (frame["shared"].isin(levels) | frame["shared"].isna())
    curve &= (frame["measure"] != "delay_curve") | shown
    power = frame["measure"].isin(_POWERS) & (frame["horizon"] == POWER_YEARS)
    keep &= curve | power | (frame["measure"] == "false_alarm_prob")
    factors = [name for name in folder.factors if name not in cell]  # the cell is in the text
    columns = [name for name in frame.columns if name in factors] + list(_CSV)
    return str(frame.loc[keep, columns].to_csv(index=False, float_format="%.4g"))


def measure_blocks(folder: Folder, cell: Cell) -> list[Block]:
    """Return the full table, a block for every measure and horizon."""
    frame = shown_rows(folder, cell)
    heads = ("change", "shared", "estimator", "threshold")
    titles = tuple(both(f"tables.{name}") for name in heads)
    several = len(folder.substances) > 1
    blocks = []
    for measure in SHOWN:
        part = frame[frame["measure"] == measure]
        for horizon in sorted(part["horizon"].dropna().unique()) or [math.nan]:
            here = part if math.isnan(horizon) else part[part["horizon"] == horizon]
            for substance in sorted(here["substance"].unique()):
                rows = here[here["substance"] == substance]
                title = _title(measure, horizon)
                if several and substance:
                    title = {lang: f"{substance}: {text}" for lang, text in title.items()}
                block_rows = tuple(_block_rows(rows, folder))
                if block_rows:
                    blocks.append(
                        Block(title=title, heads=titles, designs=folder.designs, rows=block_rows)
                    )
    return blocks


def _title(measure: str, horizon: float) -> dict[str, str]:
    text = "" if math.isnan(horizon) else f"{horizon:g}"
    titles = {lang: Texts(lang)(f"measures.{measure}", h=text) for lang in LANGUAGES}
    return {lang: title.replace("1 years", "1 year") for lang, title in titles.items()}


def _block_rows(
    frame: "pd.DataFrame", folder: Folder
) -> list[tuple[tuple[str, ...], tuple[str, ...]]]:
    texts = Texts("en")
    found: dict[tuple[str, ...], dict[str, pd.Series]] = {}
    for _, row in frame.iterrows():
        mixture = row["role"] == "null_mixture"
        change = "0"
        if math.isfinite(row["change"]):
            change = change_name(row["change"], texts, row["yearly"])
        elif row["role"] == "alternative":  # no one size: its name tells it
            change = str(row["scenario"]).rpartition(",")[2]
        shared = level(row["shared"], texts) if math.isfinite(row["shared"]) else ""
        key: tuple[str, ...] = (
            "mixture" if mixture else change,
            shared,
            str(row["estimator"]),
            str(row["threshold"]),
        )
        found.setdefault(key, {})[str(row["design"])] = row
    rows: list[tuple[tuple[str, ...], tuple[str, ...]]] = []
    for key, cells in found.items():
        numbers = [
            with_error(float(cells[name]["value"]), float(cells[name]["mcse"]), "en")
            if name in cells
            else "\N{EN DASH}"
            for name in folder.designs
        ]
        counts = [int(item["n_rep"]) for item in cells.values()]
        failed = [int(item["n_failed"]) for item in cells.values()]
        rows.append((key, (*numbers, _range(counts), _range(failed))))
    return rows


def _range(values: list[int]) -> str:
    low, high = min(values), max(values)
    return str(low) if low == high else f"{low}\N{EN DASH}{high}"
