"""What would change the verdicts, in plain English: lines of text, or tables to be drawn."""

from collections.abc import Mapping
from itertools import groupby
from operator import itemgetter
from typing import Any

from simdesign.studies.console import Grid


def lines(content: Mapping[str, Any]) -> list[str]:
    """Return the table in words: per option the verdicts, then the flips."""
    out = [f"{content['study']}, size {content['size']}: what would change the verdicts"]
    rows = [row for row in content["rows"] if row["topic"] == "break"]
    for name, members in groupby(rows, key=itemgetter("group", "option", "substance")):
        codes = ", ".join(f"{_place(row)}: {row['code']} ({_numbers(row)})" for row in members)
        out.append(f"{' | '.join(name)} | {codes}")
    out += [f"flip | {_flip_words(item)}" for item in content["flips"]]
    out += [
        f"analysis | {item['substance']} | {item['field']}"
        f" {', '.join(format(v, 'g') for v in item['values'])} | {_place(item)}: {item['text']}"
        for item in content["grids"]
    ]
    for item in content["margins"]:
        out.append(
            f"margin | {item['topic']} {item['threshold']} | {item['substance']} | {_place(item)}"
            f" | {item['measure']} {item['margin']:g}: as good from "
            f"{_shown(item['as_good_from'])}, not as good below {_shown(item['not_as_good_below'])}"
        )
    out += [
        f"refused | {item['group']} {item['option']} | {item['substance']}: {item['reason']}"
        for item in content["refused"]
    ]
    return out


def grids(content: Mapping[str, Any]) -> list[str | Grid]:
    """Return the same as tables that can be drawn: a table an option, then the flips."""
    out: list[str | Grid] = [
        f"{content['study']}, size {content['size']}: what would change the verdicts"
    ]
    rows = [row for row in content["rows"] if row["topic"] == "break"]
    heads = ("option", "substance", "world", "verdict", "difference")
    for group, members in groupby(rows, key=itemgetter("group")):
        cells = tuple(
            (row["option"], row["substance"], _place(row), row["code"], _numbers(row))
            for row in members
        )
        out.append(Grid(group, heads, cells, (0, 1, 2, 3)))
    flips = tuple(
        (
            f"{item['topic']} {item.get('threshold', '')}".strip(), item["substance"],
            _place(item), f"{item['group']} {_where(item)}", item["before"], item["after"],
        )
        for item in content["flips"]
    )  # fmt: skip
    along = tuple(
        (
            item["substance"], item["field"], ", ".join(format(v, "g") for v in item["values"]),
            _place(item), item["text"],
        )
        for item in content["grids"]
    )  # fmt: skip
    margins = tuple(
        (
            f"{item['topic']} {item['threshold']}".strip(), item["substance"], _place(item),
            item["measure"], f"{item['margin']:g}", _shown(item["as_good_from"]),
            _shown(item["not_as_good_below"]),
        )
        for item in content["margins"]
    )  # fmt: skip
    refused = tuple(
        (f"{item['group']} {item['option']}", item["substance"], item["reason"])
        for item in content["refused"]
    )
    tables = (
        Grid("flips", ("of", "substance", "world", "along", "before", "after"), flips,
             tuple(range(6))),
        Grid("analysis", ("substance", "field", "values", "world", "flips"), along,
             tuple(range(5))),
        Grid("margins", ("of", "substance", "world", "measure", "margin", "as good from",
                         "not as good below"), margins, (0, 1, 2, 3)),
        Grid("refused", ("option", "substance", "why"), refused, (0, 1, 2)),
    )  # fmt: skip
    return [*out, *(table for table in tables if table.rows)]


def _numbers(row: Mapping[str, Any]) -> str:
    if row["reference_value"] is None or row["mcse"] is None:
        return "no numbers"
    return f"{row['reference_value'] - row['best_value']:+.3f}, MCSE {row['mcse']:.3f}"


def _place(item: Mapping[str, Any]) -> str:
    said = [f"{path.split('.')[-1]} {level}" for path, level in item["world"].items()]
    return ", ".join(said) or "world"


def _flip_words(item: Mapping[str, Any]) -> str:
    return (
        f"{item['topic']} {item.get('threshold', '')} | {item['substance']} | {_place(item)} | "
        f"{item['group']} {_where(item)}: {item['before']} -> {item['after']}"
    )


def _where(item: Mapping[str, Any]) -> str:
    return f"{item['low']:g} to {item['high']:g}" if "low" in item else str(item["option"])


def _shown(value: float | None) -> str:
    return "no margin" if value is None else f"{value:.3g}"
