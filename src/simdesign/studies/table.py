"""The command ``simdesign table``: one measure, by two columns of the table of measures."""

import math
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Annotated, Any

import typer

from simdesign.errors import SpecError
from simdesign.studies.arguments import AsJson, ReadableFolder
from simdesign.studies.console import Grid, say, say_json, show

_NOTHING = "no such measure"
_SHARED_ERROR = "sigma_shared"
"""The factor that decides most verdicts."""
_FREE = ("value", "mcse", "low", "high", "n_rep", "n_failed")
"""Columns that are results: they neither choose rows nor head a table."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Crossed:
    """One measure in cells of rows and columns."""

    rows: tuple[str, ...]
    columns: tuple[str, ...]
    cell: Mapping[tuple[str, str], tuple[float, float]]
    """(row, column) -> value and Monte Carlo standard error; absent where there is none."""
    taken: Mapping[str, str] = MappingProxyType({})
    """Column -> the level that was taken where none was chosen."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """What the page shows: of numbers the middle level, but for these."""

    size: float
    """Of the change: the nearest to this."""
    horizon: float
    """Likewise."""
    words: tuple[str, ...]
    """Of words the first of these; else the one that comes first."""


def register(app: typer.Typer) -> None:
    """Add the command to an application."""
    app.command("table")(table_command)


def table_command(
    folder: ReadableFolder,
    measure: Annotated[str, typer.Option("--measure", help="For example power.")] = "power",
    horizon: Annotated[
        float | None, typer.Option("--horizon", help="Years, or another argument of the measure.")
    ] = None,
    rows: Annotated[str, typer.Option("--rows", help="Column that heads the lines.")] = "design",
    columns: Annotated[
        str | None,
        typer.Option(
            "--columns",
            help="Column that heads the columns; default: sigma_shared, else the first factor.",
        ),
    ] = None,
    where: Annotated[
        list[str] | None,
        typer.Option("--where", metavar="COLUMN=VALUE", help="Choose rows; several times."),
    ] = None,
    paired: Annotated[
        bool, typer.Option("--paired", help="Differences from the judged design.")
    ] = False,
    per: Annotated[float, typer.Option("--per", help="Multiply: 100 makes percentages.")] = 1.0,
    as_json: AsJson = False,
) -> None:
    """Print one measure by two columns of the table of measures, with Monte Carlo errors.

    Without --where the estimator is the one that verdicts rest on, the threshold the operating
    one and the budget the study's; of every other column the level that the page shows is taken,
    and named.
    """
    from simdesign.report.select import TYPICAL_CHANGE
    from simdesign.run import VERDICT_YEARS, judging_estimator, read
    from simdesign.spec.departures import DEFAULT

    if not (math.isfinite(per) and per > 0.0):
        raise SpecError("--per", per, "must be a number above 0")
    results = read(folder)
    decision = results.study.decision
    chosen = {
        "measure": measure,
        "compared_with": decision.reference if paired else "",
        **_asked(where or ()),
    }
    if horizon is not None:
        chosen["horizon"] = f"{horizon:g}"
    usual = {
        "estimator": judging_estimator(results.plan), "threshold": "operating",
        "budget": f"{decision.budget:g}",
    }  # fmt: skip
    study = results.study
    named = (*study.designs, *study.estimators, *(item.name for item in results.plan.scenarios))
    records = results.records()
    if columns is None:
        columns = usual_columns(study.factors, records[0] if records else ())
    page = Shown(
        size=max(TYPICAL_CHANGE, decision.margin.smallest_change),
        horizon=VERDICT_YEARS,
        words=(DEFAULT, *study.world.substances),
    )
    shown = page if not where and horizon is None else None
    found = crossed(records, rows, columns, chosen, usual, named, shown)
    if as_json:
        cells = [
            {rows: r, columns: c, "value": value, "mcse": mcse}
            for (r, c), (value, mcse) in found.cell.items()
        ]
        say_json({"study": results.study.name, "taken": dict(found.taken), "cells": cells})
        return
    if found.taken:
        taken = ", ".join(f"{name}={level}" for name, level in found.taken.items())
        say(f"{measure}, {taken}; --where chooses others")
    show(grids(found, rows, columns, per), lines(found, rows, columns, per))


def usual_columns(factors: Iterable[str], known: Collection[str]) -> str:
    """Return what heads the columns unless something else is asked for: a factor of the study.

    Parameters
    ----------
    factors : iterable of str
        Paths of the study's factors, in its order.
    known : collection of str
        Columns of the table of measures: a factor's is the last word of its path, or all of it.
    """
    words = [(path.rpartition(".")[2], path) for path in factors]
    wanted = [_SHARED_ERROR, *(name for pair in words for name in pair)]
    return next((name for name in wanted if name in known), "size")


def crossed(
    records: Iterable[Mapping[str, Any]],
    rows: str,
    columns: str,
    chosen: Mapping[str, str],
    usual: Mapping[str, str],
    named: Sequence[str] = (),
    shown: Shown | None = None,
) -> Crossed:
    """Return one value for every pair of levels of two columns.

    Parameters
    ----------
    records : iterable of mapping
        Rows of the tidy table of measures.
    rows, columns : str
        Columns of it, whose levels head the lines and the columns.
    chosen : mapping
        Column -> the level that is wanted, as text.
    usual : mapping
        Likewise, but rows that have nothing there are kept; left out for what is chosen or heads.
    named : sequence of str
        Levels that are names, in the order wanted; numbers stand before them, by size.
    shown : Shown, optional
        Take the level that the page shows of every column that has several in a cell. Without it
        they are refused.

    Raises
    ------
    SpecError
        For an unknown column or level, and where a cell would hold several values.
    """
    kept = list(records)
    known = list(kept[0]) if kept else []
    for name in (rows, columns, *chosen):
        if name not in known or name in _FREE:
            rule = f"must be one of {', '.join(item for item in known if item not in _FREE)}"
            raise SpecError("column", name, rule)
    if rows == columns:
        raise SpecError("--columns", columns, "must be another column than --rows")
    for name, level in chosen.items():
        before, kept = kept, [item for item in kept if _level(item[name]) == level]
        if not kept:
            levels = dict.fromkeys(_level(item[name]) or "(none)" for item in before)
            raise SpecError(name, level, f"must be one of {', '.join(levels)}")
    for name, level in usual.items():
        if name not in (rows, columns, *chosen):
            kept = [item for item in kept if _level(item[name]) in ("", level)]
    heads = [item for item in kept if _level(item[rows]) and _level(item[columns])]
    taken: dict[str, str] = {}
    while shown is not None and (name := _several(heads, rows, columns)):
        taken[name] = _taken(name, [_level(item[name]) for item in heads], shown)
        heads = [item for item in heads if _level(item[name]) == taken[name]]
    _refuse_several(heads, rows, columns)
    return Crossed(
        taken=taken,
        rows=_ordered((_level(item[rows]) for item in heads), named),
        columns=_ordered((_level(item[columns]) for item in heads), named),
        cell={
            (_level(item[rows]), _level(item[columns])): (item["value"], item["mcse"])
            for item in heads
        },
    )


def grids(found: Crossed, rows: str, columns: str, per: float = 1.0) -> list[str | Grid]:
    """Return the table: value, and its Monte Carlo standard error in brackets."""
    if not found.cell:
        return [_NOTHING]
    cells = _cells(found, per)
    body = tuple((r, *(cells.get((r, c), "-") for c in found.columns)) for r in found.rows)
    return [Grid(columns, (rows, *found.columns), body)]


def lines(found: Crossed, rows: str, columns: str, per: float = 1.0) -> list[str]:
    """Return the same as text."""
    if not found.cell:
        return [_NOTHING]
    first = max(len(rows), *(len(item) for item in found.rows))
    cells = _cells(found, per)
    width = max(len(item) for item in (*cells.values(), *found.columns))

    def line(name: str, words: Iterable[str]) -> str:
        return "  ".join([f"{name:{first}}", *(f"{word:>{width}}" for word in words)])

    return [
        f"{'':{first}}  {columns}",
        line(rows, found.columns),
        *(line(r, (cells.get((r, c), "-") for c in found.columns)) for r in found.rows),
    ]


def _cells(found: Crossed, per: float) -> dict[tuple[str, str], str]:
    digits = _digits(per * mcse for _, mcse in found.cell.values())
    return {
        key: _words(value * per, mcse * per, digits) for key, (value, mcse) in found.cell.items()
    }


def _ordered(levels: Iterable[str], named: Sequence[str]) -> tuple[str, ...]:
    places = {name: place for place, name in enumerate(named)}

    def place(level: str) -> tuple[float, float, str]:
        try:
            return 0.0, float(level), ""
        except ValueError:
            return 1.0, float(places.get(level, len(places))), level

    return tuple(sorted(set(levels), key=place))


def _refuse_several(kept: Sequence[Mapping[str, Any]], rows: str, columns: str) -> None:
    for name, other, item in _clashes(kept, rows, columns):
        rule = f"several rows in one cell: choose one, --where {name}={_level(item[name])} say"
        raise SpecError(name, f"{_level(other[name])}, {_level(item[name])}", rule)


def _several(kept: Sequence[Mapping[str, Any]], rows: str, columns: str) -> str:
    """Return a column that has several levels in one cell; empty without any."""
    return next((name for name, _, _ in _clashes(kept, rows, columns)), "")


def _clashes(
    kept: Sequence[Mapping[str, Any]], rows: str, columns: str
) -> Iterable[tuple[str, Mapping[str, Any], Mapping[str, Any]]]:
    """Yield pairs of rows that belong to one cell, with a column in which they differ."""
    seen: dict[tuple[str, str], Mapping[str, Any]] = {}
    for item in kept:
        other = seen.setdefault((_level(item[rows]), _level(item[columns])), item)
        if other is item:
            continue
        named = [n for n in item if n not in _FREE and _level(item[n]) != _level(other[n])]
        # the scenario is what its factors say; a factor is the better thing to ask for
        name = next((n for n in named if n not in ("scenario", "role")), named[0] if named else "")
        yield name, other, item


def _taken(name: str, levels: Sequence[str], shown: Shown) -> str:
    """Return the level that is shown where none was chosen."""
    known = [level for level in dict.fromkeys(levels) if level]
    try:
        numbers = sorted(known, key=float)
    except ValueError:
        # words have no middle
        return next((word for word in shown.words if word in known), known[0])
    if name == "horizon":
        return min(numbers, key=lambda level: abs(float(level) - shown.horizon))
    if name == "size":
        return min(numbers, key=lambda level: abs(float(level) - shown.size))
    return numbers[len(numbers) // 2]


def _asked(where: Iterable[str]) -> dict[str, str]:
    found = {}
    for text in where:
        name, sign, level = text.partition("=")
        if not sign or not name:
            raise SpecError("--where", text, "must be COLUMN=VALUE")
        try:
            found[name] = f"{float(level):g}"
        except ValueError:
            found[name] = level
    return found


def _level(value: Any) -> str:
    if isinstance(value, float):
        return "" if math.isnan(value) else f"{value:g}"
    return str(value)


def _digits(errors: Iterable[float]) -> int:
    """Return the decimals of a table: two significant digits of its largest error, at least one."""
    largest = max((error for error in errors if math.isfinite(error)), default=0.0)
    return 3 if largest <= 0.0 else max(1, 1 - math.floor(math.log10(largest)))


def _words(value: float, mcse: float, digits: int) -> str:
    if not math.isfinite(value):
        return "-"
    error = f" ({mcse:.{digits}f})" if math.isfinite(mcse) else ""
    return f"{value:.{digits}f}{error}"
