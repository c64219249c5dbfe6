"""Changes that happened: what was seen, turned into descriptions of a change and of its world."""

import math
import tomllib
from functools import cache
from pathlib import Path
from typing import Any

from simdesign.errors import SpecError


@cache
def _shocks() -> dict[str, Any]:
    return tomllib.loads(Path(__file__).with_suffix(".toml").read_text(encoding="utf-8"))


def shock_names() -> tuple[str, ...]:
    """Return the names of all changes of the catalogue."""
    return tuple(_shocks())


def shock(name: str) -> dict[str, Any]:
    """Return the fields of a change of the catalogue.

    A ratio q of loads after so many years y is a level shift of q - 1, or the slope
    ``log(q) / y``, less the drift that the world starts with: what was seen holds it.

    Raises
    ------
    SpecError
        When the catalogue does not hold it.
    """
    table = _entry(name)
    ratio = {substance: float(item["value"]) for substance, item in table["ratio"].items()}
    change = {key: table[key] for key in ("kind", "mechanism", "where")}
    if "at" in table:
        change["at"] = table["at"]["value"]
    if table["kind"] == "level_shift":
        return change | {"size": {item: q - 1.0 for item, q in ratio.items()}}
    years = float(table["years"]["value"])
    start = table.get("start", {})
    slope = {
        item: math.log(q) / years - start.get(item, {}).get("drift", {"value": 0.0})["value"]
        for item, q in ratio.items()
    }
    return change | {"slope": slope} | ({} if table.get("goes_on") else {"years": years})


def shock_world(name: str) -> dict[str, Any]:
    """Return fields of a world in which a change of the catalogue begins where it did.

    Raises
    ------
    SpecError
        When the catalogue does not hold it.
    """
    table = _entry(name)
    substances: dict[str, dict[str, float]] = {item: {} for item in table["ratio"]}
    for item, fields in table.get("start", {}).items():
        substances[item] = {field: entry["value"] for field, entry in fields.items()}
    return {"catchments": table["catchments"], "substances": substances}


def shock_about(name: str) -> str:
    """Return what a change of the catalogue was, in words."""
    return str(_entry(name)["about"])


def shock_numbers() -> dict[str, Any]:
    """Return the numbers of all changes, each with its unit, source and status."""
    return {
        name: {key: item for key, item in table.items() if isinstance(item, dict)}
        for name, table in _shocks().items()
    }


def _entry(name: str) -> dict[str, Any]:
    if name not in _shocks():
        rule = f"must be a table, or one of {', '.join(_shocks())}"
        raise SpecError("change", name, rule)
    found: dict[str, Any] = _shocks()[name]
    return found
