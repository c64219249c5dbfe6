"""What would change the verdicts: the stored table as sentences and tables of the page."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from simdesign.evaluate import Code
from simdesign.report.folder import Folder
from simdesign.report.names import (
    cell_world,
    estimator_names,
    factor_name,
    factor_value,
    level,
    world,
)
from simdesign.report.numbers import general, number, percent
from simdesign.report.select import Cell
from simdesign.report.tables import Table
from simdesign.report.verdicts import Wording


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
    heads = [texts("figures.panel_plain", level=level(sigma, texts)) for sigma in levels]
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
                level(_number(item["sigma_shared"]), texts),
                texts(f"stability.{item['measure']}"),
                *bounds,
            )
        )  # fmt: skip
    heads = ("tables.topic", "tables.shared", "stability.measure", "tables.margin",
             "stability.as_good_from", "stability.not_as_good_below")  # fmt: skip
    return Table(
        caption=texts("stability.margins"), columns=tuple(texts(name) for name in heads),
        rows=tuple(rows), n_head=3,
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
    rows = []
    for item in items:
        codes = ", ".join(
            f"{general(value, texts.lang)}: {wording.code(Code(code))}"
            for value, code in zip(item["values"], item["codes"], strict=True)
        )
        sigma = next((v for k, v in item["world"].items() if k.endswith(".sigma_shared")), math.nan)
        answer = texts(f"stability.along_{item['answer']}")
        rows.append((item["field"], level(_number(sigma), texts), codes, answer))
    heads = ("stability.field", "tables.shared", "tables.code", "stability.answer")
    return Table(
        caption=texts("stability.grids"), columns=tuple(texts(name) for name in heads),
        rows=tuple(rows), n_head=2,
    )  # fmt: skip


def _sentences(
    flips: Sequence[Mapping[str, Any]], folder: Folder, shown: str, wording: Wording
) -> list[str]:
    """Return a sentence for every flip in the world of the figures."""
    texts = wording.texts
    found = []
    for item in flips:
        threshold = item.get("threshold", "operating" if item["topic"] == "break" else "")
        common = {
            "topic": wording.topic(item["topic"], threshold),
            "before": wording.code(Code(item["before"])),
            "after": wording.code(Code(item["after"])),
        }
        if "sigma_shared" not in item:  # a factor of the worlds; the shared error is told above
            if item["group"] != "sigma_shared" and "low" in item:
                where = _other_levels(item["world"], wording)
                name = _factor_name(folder, item["group"], wording)
                found.append(
                    texts(
                        "stability.flip_factor", name=_factor(name, wording),
                        where=where, low=factor_value(name, item["low"], texts),
                        high=factor_value(name, item["high"], texts), **common,
                    )
                )  # fmt: skip
            continue
        if world(item["world"], texts) != shown:
            continue
        where = wording.where(_number(item["sigma_shared"]))
        if "low" in item:
            low, high = (_share(item["group"], item[end], wording) for end in ("low", "high"))
            found.append(
                texts(
                    "stability.flip_between", where=where, low=low, high=high,
                    what=texts(f"stability.what_{item['group']}"), **common,
                )
            )  # fmt: skip
        else:
            how = said_choice(item["group"], item["option"], folder, wording)
            found.append(texts("stability.flip_option", where=where, how=how, **common))
    return found or [texts("stability.no_flip")]


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


def _other_levels(levels: Mapping[str, Any], wording: Wording) -> str:
    sigma = next((v for k, v in levels.items() if k.endswith(".sigma_shared")), math.nan)
    said = [wording.where(_number(sigma))]
    rest = world(levels, wording.texts)
    return ", ".join([*said, rest] if rest else said)


def _number(value: float | None) -> float:
    return math.nan if value is None else float(value)


def _order(value: float) -> float:
    return -1.0 if math.isnan(value) else value
