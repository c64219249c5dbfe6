"""What would change the verdicts: the stored table as sentences and tables of the page."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from simdesign.evaluate import Code
from simdesign.report.folder import Folder
from simdesign.report.names import (
    at_level,
    cell_world,
    estimator_names,
    factor_name,
    factor_value,
    level,
    level_cells,
    level_heads,
    world,
)
from simdesign.report.numbers import general, number, percent
from simdesign.report.select import Cell
from simdesign.report.tables import Table
from simdesign.report.verdicts import Wording

type _Flip = tuple[str, str, tuple[tuple[str, str], ...]]
"""Key of a sentence, the levels of other factors, and its words."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StabilityPart:
    """What would change the verdicts on one substance, in the world of the figures."""

    title: str
    flips: tuple[str, ...]
    remarks: tuple[str, ...]
    """What was not tried or not possible: for the report."""
    tables: tuple[Table, ...]


def stability_tables(folder: Folder, cell: Cell, wording: Wording) -> list[StabilityPart]:
    """Return a part for every substance; nothing when the table was not made for these rows."""
    content = folder.stability
    if content is None:
        return []
    texts = wording.texts
    shown = cell_world(folder.study, cell, texts)
    found = []
    for substance in folder.substances:
        mine = {
            name: [item for item in content[name] if item["substance"] == substance]
            for name in ("rows", "flips", "margins", "grids", "refused")
        }
        here = {
            name: [item for item in mine[name] if world(item["world"], texts) == shown]
            for name in ("rows", "margins", "grids")
        }
        tables = [
            _options(here["rows"], folder, wording),
            _margins(here["margins"], wording),
            *([_grids(here["grids"], wording)] if here["grids"] else []),
        ]
        found.append(
            StabilityPart(
                title=texts.heading(substance),
                flips=tuple(_sentences(mine["flips"], folder, shown, wording)),
                remarks=tuple(
                    _remarks(mine["refused"], folder, wording, any_grid=bool(mine["grids"]))
                ),
                tables=tuple(tables),
            )
        )  # fmt: skip
    return found


def option_name(group: str, option: str, folder: Folder, wording: Wording) -> str:
    """Return one choice in words."""
    texts = wording.texts
    if group in ("budget", "constancy"):
        return texts(f"stability.{group}", value=_share(group, float(option), wording))
    if group == "estimator":
        return texts("stability.estimator", name=estimator_names(folder.study, texts)[option])
    if group == "design_prior":
        return texts("stability.design_prior", name=option)
    return texts(f"stability.{option}")


def _options(rows: Sequence[Mapping[str, Any]], folder: Folder, wording: Wording) -> Table:
    texts = wording.texts
    breaks = [row for row in rows if row["topic"] == "break"]
    levels = sorted({_number(row["sigma_shared"]) for row in breaks}, key=_order)
    options = {(row["group"], row["option"]): None for row in breaks}
    found = []
    for group, option in options:
        cells = []
        for sigma in levels:
            row = next(
                (
                    item
                    for item in breaks
                    if (item["group"], item["option"]) == (group, option)
                    and _order(_number(item["sigma_shared"])) == _order(sigma)
                ),
                None,
            )
            cells.append("\N{EN DASH}" if row is None else _cell(row, wording))
        found.append((option_name(group, option, folder, wording), *cells))
    heads = [at_level(sigma, texts) for sigma in levels]
    return Table(
        caption=texts("stability.options"), columns=(texts("stability.option"), *heads),
        rows=tuple(found),
    )  # fmt: skip


def _cell(row: Mapping[str, Any], wording: Wording) -> str:
    """Return a verdict with the difference in power and its Monte Carlo error."""
    code, lang = wording.code(Code(row["code"])), wording.lang
    mine, best, mcse = (_number(row[name]) for name in ("reference_value", "best_value", "mcse"))
    if not math.isfinite(mine - best):
        return code
    gap = number(100.0 * (mine - best), lang, 0, sign=True)
    return f"{code}, {gap} ({number(100.0 * mcse, lang, 1)})"


def _margins(items: Sequence[Mapping[str, Any]], wording: Wording) -> Table:
    texts = wording.texts
    rows = []
    for item in items:
        bounds = (
            _margin(item[name], item["measure"], wording)
            for name in ("margin", "as_good_from", "not_as_good_below")
        )
        rows.append(
            (
                wording.topic(item["topic"], item["threshold"]),
                *level_cells(_number(item["sigma_shared"]), texts),
                texts(f"stability.{item['measure']}"),
                *bounds,
            )
        )  # fmt: skip
    heads = ("stability.measure", "tables.margin", "stability.as_good_from",
             "stability.not_as_good_below")  # fmt: skip
    shared = level_heads([_number(item["sigma_shared"]) for item in items], texts)
    return Table(
        caption=texts("stability.margins"),
        columns=(texts("tables.topic"), *shared, *(texts(name) for name in heads)),
        rows=tuple(rows), n_head=2 + len(shared),
    )  # fmt: skip


def _margin(value: float | None, measure: str, wording: Wording) -> str:
    """Return a margin in its unit: years of delay, or so many of 100."""
    texts = wording.texts
    if value is None:
        return texts("stability.no_margin")
    if measure == "restricted_mean_delay":
        return texts("stability.in_years", value=number(value, texts.lang, 1))
    return texts("stability.in_hundred", value=number(100.0 * value, texts.lang, 0))


def _grids(items: Sequence[Mapping[str, Any]], wording: Wording) -> Table:
    texts = wording.texts
    rows: list[tuple[str, ...]] = []
    sigmas: list[float] = []
    for item in items:
        codes = ", ".join(
            f"{general(value, texts.lang)}: {wording.code(Code(code))}"
            for value, code in zip(item["values"], item["codes"], strict=True)
        )
        sigma = next((v for k, v in item["world"].items() if k.endswith(".sigma_shared")), math.nan)
        sigmas.append(_number(sigma))
        answer = texts(f"stability.along_{item['answer']}")
        rows.append((item["field"], *level_cells(sigmas[-1], texts), codes, answer))
    shared = level_heads(sigmas, texts)
    return Table(
        caption=texts("stability.grids"),
        columns=(
            texts("stability.field"), *shared, texts("tables.code"), texts("stability.answer")
        ),
        rows=tuple(rows), n_head=1 + len(shared),
    )  # fmt: skip


def _sentences(
    flips: Sequence[Mapping[str, Any]], folder: Folder, shown: str, wording: Wording
) -> list[str]:
    """Return the flips in the world of the figures, those alike but for the level in one sentence.

    Factors of the worlds have their flips in every other world; the shared error is told above.
    """
    texts = wording.texts
    found: dict[_Flip, list[float]] = {}
    for item in flips:
        threshold = item.get("threshold", "operating" if item["topic"] == "break" else "")
        common = (
            ("topic", wording.topic(item["topic"], threshold)),
            ("before", wording.code(Code(item["before"]))),
            ("after", wording.code(Code(item["after"]))),
        )
        rest = ""
        if "sigma_shared" not in item:
            if item["group"] == "sigma_shared" or "low" not in item:
                continue
            sigma = next(
                (v for k, v in item["world"].items() if k.endswith(".sigma_shared")), math.nan
            )
            rest, name = world(item["world"], texts), _factor_name(folder, item["group"], wording)
            low, high = (factor_value(name, item[end], texts) for end in ("low", "high"))
            key, more = "flip_factor", {"name": _factor(name, wording), "low": low, "high": high}
        elif world(item["world"], texts) != shown:
            continue
        elif "low" in item:
            sigma, key = item["sigma_shared"], "flip_between"
            low, high = (_share(item["group"], item[end], wording) for end in ("low", "high"))
            more = {"what": texts(f"stability.what_{item['group']}"), "low": low, "high": high}
        else:
            sigma, key = item["sigma_shared"], "flip_option"
            more = {"how": said_choice(item["group"], item["option"], folder, wording)}
        found.setdefault((key, rest, (*common, *more.items())), []).append(_number(sigma))
    said = []
    for (key, rest, items), sigmas in found.items():
        words = dict(items)
        place = [words.pop("topic"), _at_levels(sigmas, wording), rest]
        said.append(
            texts(f"stability.{key}", place=", ".join(text for text in place if text), **words)
        )
    return said or [texts("stability.no_flip")]


def _at_levels(sigmas: Sequence[float], wording: Wording) -> str:
    """Return at which levels of the shared error; empty in worlds without levels."""
    texts = wording.texts
    known = sorted(sigma for sigma in set(sigmas) if math.isfinite(sigma))
    said = texts.all_of([level(sigma, texts) for sigma in known])
    return texts("stability.at_levels", levels=said) if known else ""


def said_choice(group: str, option: str, folder: Folder, wording: Wording) -> str:
    """Return another choice as the end of a sentence."""
    texts = wording.texts
    if group in ("budget", "constancy"):
        return texts(f"stability.how_{group}", value=_share(group, float(option), wording))
    if group == "estimator":
        return texts("stability.how_estimator", name=estimator_names(folder.study, texts)[option])
    if group == "design_prior":
        return texts("stability.how_design_prior", name=option)
    return texts(f"stability.how_{option}")


def _share(group: str, value: float, wording: Wording) -> str:
    """Return a budget, or a difference of rounds that is stored in per cent."""
    return percent(value * (1.0 if group == "budget" else 0.01), wording.lang)


def _remarks(
    refused: Sequence[Mapping[str, Any]], folder: Folder, wording: Wording, *, any_grid: bool
) -> list[str]:
    """Return what was not tried, and what the stored rows do not allow."""
    texts, found = wording.texts, []
    if not any_grid:
        found.append(texts("stability.no_grids"))
    for item in refused:
        option = option_name(item["group"], item["option"], folder, wording)
        found.append(texts("stability.refused", option=option, reason=item["reason"]))
    return found


def _factor_name(folder: Folder, name: str, wording: Wording) -> str:
    """Return the name of a factor that is stored by the last word of its path."""
    size = folder.study.size(folder.size)
    paths = folder.study.factors if size.factors is None else size.factors
    path = next((path for path in paths if path.split(".")[-1] == name), name)
    return factor_name(path, wording.texts)


def _factor(name: str, wording: Wording) -> str:
    key = f"stability.factor_{name}"
    return wording.texts(key) if wording.texts.has(key) else name


def _number(value: float | None) -> float:
    return math.nan if value is None else float(value)


def _order(value: float) -> float:
    return -1.0 if math.isnan(value) else value
