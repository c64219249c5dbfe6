"""What would change the verdicts, as lines of plain English for the terminal."""

from collections.abc import Mapping
from itertools import groupby
from operator import itemgetter
from typing import Any


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


def _numbers(row: Mapping[str, Any]) -> str:
    if row["reference_value"] is None or row["mcse"] is None:
        return "no numbers"
    return f"{row['reference_value'] - row['best_value']:+.3f}, MCSE {row['mcse']:.3f}"


def _place(item: Mapping[str, Any]) -> str:
    said = [f"{path.split('.')[-1]} {level}" for path, level in item["world"].items()]
    return ", ".join(said) or "world"


def _flip_words(item: Mapping[str, Any]) -> str:
    where = f"{item['low']:g} to {item['high']:g}" if "low" in item else item["option"]
    return (
        f"{item['topic']} {item.get('threshold', '')} | {item['substance']} | {_place(item)} | "
        f"{item['group']} {where}: {item['before']} -> {item['after']}"
    )


def _shown(value: float | None) -> str:
    return "no margin" if value is None else f"{value:.3g}"
