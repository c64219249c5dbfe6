"""The catalogue: named parameters of substances, catchments and the measuring chain, with sources.

Every number stands in a TOML file beside this one with its unit, its source and its status:
*read* in the source, *computed* from it, *recalled* without a look, or *assumed*.
"""

import math
import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from simdesign.errors import SpecError
from simdesign.spec.catalogue.shocks import shock_numbers

SUBSTANCES = ("cocaine", "MDMA", "amphetamine", "methamphetamine")
"""Names of the release; ``cocaine`` is measured as benzoylecgonine."""
CATCHMENT_SETS = ("dutch20",)
"""Sets of invented towns."""
TWINS = "dutch40"
"""The towns of dutch20, each beside another one of its size: for designs that add sites."""
CITIES = "dutch_cities"
"""The set of cities with their own names."""
_BY_SUBSTANCE = "_by_substance"
STATUSES = ("read", "computed", "recalled", "assumed")

_OWN_NUMBERS = "by_substance"
_CLASS_FIELDS = (
    "mass_share", "use_prob", "residue_mg", "dose_cv", "propensity_cv", "user_dose_cv", "habit_cv",
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One number of the catalogue, or one list of numbers, and where it comes from."""

    name: str
    value: float | tuple[float, ...]
    """Of a distribution or a rule of dates: the numbers in it."""
    unit: str
    source: str
    """Key into :func:`sources`."""
    status: str
    note: str


@cache
def _table(name: str) -> dict[str, Any]:
    return tomllib.loads((Path(__file__).parent / f"{name}.toml").read_text(encoding="utf-8"))


def sources() -> dict[str, str]:
    """Return what each source key stands for."""
    return dict(_table("sources"))


def catchments(name: str) -> list[dict[str, Any]]:
    """Return the fields of every catchment of a named set, smallest first.

    The level of a catchment is ``exp(log_slope log10(population) + scatter)``, divided by the
    population-weighted mean of the same, so that a substance's reference load is the
    population-weighted mean load of the set. A set whose name ends in ``_by_substance`` has
    ``levels`` too, from a scatter for each substance. ``dutch_cities`` are real, with levels from
    their loads. ``dutch40`` holds ``dutch20`` as it is, and before every town a twin of its size
    with the opposite scatter: ``{ kind = "spread", n = 20 }`` picks the towns of ``dutch20``.

    Raises
    ------
    SpecError
        When there is no such set.
    """
    if name == CITIES:
        return _cities()
    if name == TWINS:
        return _with_twins()
    file = name.removesuffix(_BY_SUBSTANCE)
    if file not in CATCHMENT_SETS:
        known = [item + end for item in CATCHMENT_SETS for end in ("", _BY_SUBSTANCE)]
        known += [TWINS, CITIES]
        raise SpecError("world.catchments", name, f"must be one of {', '.join(known)}")
    table = _table(file)
    found = [
        {"name": f"town-{number:02d}", "population": float(people), "level": level}
        for number, (people, level) in enumerate(
            zip(table["population"]["value"], _levels(table, "scatter"), strict=True), start=1
        )
    ]
    if file == name:
        return found
    levels = {item: _levels(table["by_substance"], item, table) for item in table["by_substance"]}
    return [
        {**town, "levels": {item: levels[item][row] for item in levels}}
        for row, town in enumerate(found)
    ]


def with_levels(given: Any) -> Any:
    """Return catchments of which those of a named set have levels by substance.

    Parameters
    ----------
    given : str or sequence
        A named set, or catchments as plain data; a catchment is one of a set when name,
        population and level agree, and keeps levels that it has.
    """
    if isinstance(given, str):
        return given + _BY_SUBSTANCE if given in CATCHMENT_SETS else given
    known = {
        (town["name"], town["population"], town["level"]): town["levels"]
        for name in CATCHMENT_SETS
        for town in catchments(name + _BY_SUBSTANCE)
    }
    if not isinstance(given, list | tuple):
        return given

    def filled(town: Any) -> Any:
        if not isinstance(town, dict) or town.get("levels") is not None:
            return town
        key = (town.get("name"), town.get("population"), town.get("level"))
        return {**town, "levels": known[key]} if key in known else town

    return [filled(town) for town in given]


def _with_twins() -> list[dict[str, Any]]:
    """Return the towns of ``dutch20``, each behind its twin, town 21 before town 1."""
    towns = catchments("dutch20")
    scatter = _table("dutch20")["scatter"]["value"]
    found = []
    for number, (town, extra) in enumerate(zip(towns, scatter, strict=True), start=len(towns) + 1):
        twin = {
            "name": f"town-{number:02d}", "population": town["population"],
            "level": town["level"] * math.exp(-2.0 * extra),
        }  # fmt: skip
        found += [twin, town]
    return found


def _cities() -> list[dict[str, Any]]:
    """Return the cities, whose levels are their loads over the reference loads."""
    found = []
    for city, table in _table(CITIES).items():
        levels = {
            name: entry["value"] / _table(name)["level"]["value"]
            for name, entry in table["load"].items()
        }
        found.append(
            {
                "name": city,
                "population": float(table["population"]["value"]),
                "level": levels["cocaine"],
                "levels": levels,
            }
        )
    return found


def _levels(table: dict[str, Any], key: str, common: dict[str, Any] | None = None) -> list[float]:
    common = common or table
    population, slope = common["population"]["value"], common["log_slope"]["value"]
    raw = [
        math.exp(slope * math.log10(people) + extra)
        for people, extra in zip(population, table[key]["value"], strict=True)
    ]
    mean = math.fsum(n * x for n, x in zip(population, raw, strict=True)) / math.fsum(population)
    return [level / mean for level in raw]


def substance_values(name: str) -> dict[str, Any]:
    """Return every field of a substance.

    A class's weekday weight is ``1 + weekday_contrast (w - 1)`` with w the observed profile
    scaled to mean 1; the contrasts, weighted by mass share, sum to 1, so that the classes
    together reproduce the observed profile.

    Raises
    ------
    SpecError
        When the catalogue does not hold the substance.
    """
    if name not in SUBSTANCES:
        raise SpecError("world.substances", name, f"must be one of {', '.join(SUBSTANCES)}")
    table = _table(name)
    values: dict[str, Any] = {
        key: entry["value"] for key, entry in table.items() if key not in ("weekday", "classes")
    }
    observed = table["weekday"]["value"]
    mean = math.fsum(observed) / 7.0
    values["classes"] = [
        {"name": label, **{key: entries[key]["value"] for key in _CLASS_FIELDS}}
        | {
            "weekday": [
                1.0 + entries["weekday_contrast"]["value"] * (weight / mean - 1.0)
                for weight in observed
            ]
        }
        for label, entries in table["classes"].items()
    ]
    return values


def measurement_values() -> dict[str, float]:
    """Return the daily errors and the sewage per inhabitant that all substances share."""
    return {key: float(entry["value"]) for key, entry in _table("measurement").items()}


def plugged_ranges(name: str) -> dict[str, tuple[float, ...]]:
    """Return low and high ends of what is plugged in for a substance, and another weekday profile.

    Raises
    ------
    SpecError
        When the catalogue does not hold the substance.
    """
    if name not in SUBSTANCES:
        raise SpecError("substance", name, f"must be one of {', '.join(SUBSTANCES)}")
    table = {**_table("plugged")[name], **_table("plugged")["common"]}
    return {key: tuple(_numbers(entry["value"])) for key, entry in table.items()}


def stream_values(name: str) -> dict[str, Any]:
    """Return every field of a substance's extra series (docs/streams.md).

    Raises
    ------
    SpecError
        When the catalogue does not hold the substance.
    """
    if name not in SUBSTANCES:
        raise SpecError("world.streams", name, f"must be one of {', '.join(SUBSTANCES)}")
    table = _table("streams")[name]
    values: dict[str, Any] = {key: item["value"] for key, item in table.items() if "value" in item}
    for series in ("purity", "survey"):
        values[series] = {key: entry["value"] for key, entry in table[series].items()}
    survey = values["survey"]
    survey["bias_drift"] = {"dist": "normal", "mean": 0.0, "sd": survey.pop("bias_drift_sd")}
    return values


def term_values(term: str, substance: str | None = None) -> Any:
    """Return what the catalogue has for an optional term of a world.

    Parameters
    ----------
    term : str
        A table of ``terms.toml``; a dot leads to a table within it, as in ``people.summer``.
    substance : str, optional
        Numbers below the term's ``by_substance`` are laid over the common ones.

    Returns
    -------
    dict or value
        Field -> value, a table within the term becoming a dict of its own; the value itself of
        a term that is a single entry.

    Raises
    ------
    SpecError
        When the catalogue does not hold the term.
    """
    table: Any = _table("terms")
    for key in term.split("."):
        if not isinstance(table, dict) or key not in table:
            raise SpecError("term", term, f"must be in {', '.join(_table('terms'))}")
        table = table[key]
    return _plain_values(table, substance)


def _plain_values(table: dict[str, Any], substance: str | None) -> Any:
    if "value" in table:
        return table["value"]
    common = {
        key: _plain_values(item, substance) for key, item in table.items() if key != _OWN_NUMBERS
    }
    own = table.get(_OWN_NUMBERS, {}).get(substance, {})
    return {**common, **{key: _plain_values(item, substance) for key, item in own.items()}}


def catalogue_entries() -> list[Entry]:
    """Return every number of the catalogue, for the page and for its test."""
    found: list[Entry] = []
    for file in (
        *CATCHMENT_SETS,
        CITIES,
        "measurement",
        *SUBSTANCES,
        "plugged",
        "practice",
        "streams",
        "terms",
    ):
        _collect(file, _table(file), found)
    _collect("shocks", shock_numbers(), found)
    return found


def _collect(path: str, table: dict[str, Any], found: list[Entry]) -> None:
    for key, item in table.items():
        if "value" not in item:
            _collect(f"{path}.{key}", item, found)
            continue
        value = item["value"]
        found.append(
            Entry(
                name=f"{path}.{key}",
                value=float(value) if isinstance(value, int | float) else tuple(_numbers(value)),
                unit=item["unit"],
                source=item["source"],
                status=item["status"],
                note=item["note"],
            )
        )


def _numbers(value: Any) -> list[float]:
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list):
        return [number for item in value for number in _numbers(item)]
    return [] if isinstance(value, str) else [float(value)]
