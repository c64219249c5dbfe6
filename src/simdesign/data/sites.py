"""The site table of a release -> population of each (country, city)."""

import math
from dataclasses import dataclass
from pathlib import Path

from simdesign.data.cells import MISSING, inhabitants
from simdesign.data.names import country_code
from simdesign.data.source import Source, column_key, read_source
from simdesign.errors import DataError

NEEDED = ("country", "city", "population")


@dataclass(frozen=True, slots=True)
class SiteTable:
    """Populations by (country, city). Site IDs are renumbered between editions: never a key."""

    name: str
    population: dict[tuple[str, str], float]
    aggregates: frozenset[tuple[str, str]]
    """Rows that add up many plants, such as "Sum of 59 WWTPs"."""
    rounded: frozenset[tuple[str, str]]
    """Populations printed with one significant digit, such as 3e+05."""
    plants: dict[tuple[str, str, str], float]
    """Populations by (country, city, Site ID), for cities with several plants in one edition."""


def city_key(country: str, city: str) -> tuple[str, str]:
    """Return what data and site table are joined on."""
    return country_code(country), " ".join(city.split()).casefold()


def find_sites(data: Path) -> Path | None:
    """Return the site table beside a data file: "site" in its name and the right columns."""
    for path in sorted(data.parent.glob("*.[cC][sS][vV]")):
        if "site" in path.name.casefold() and path != data:
            with path.open(encoding="utf-8-sig", errors="replace") as file:
                header = {
                    column_key(name.strip().strip('"')) for name in file.readline().split(",")
                }
            if header.issuperset(NEEDED):
                return path
    return None


def read_sites(path: str | Path) -> SiteTable:
    """Read a site table: the columns Country, City and Population, others are ignored.

    Raises
    ------
    DataError
        With file, row, field, value and rule.
    """
    source = read_source(path)
    for column in NEEDED:
        if column not in source.header:
            raise DataError(source.name, "header", column, "must be a column of a site table", 1)
    return _collected(source)


def _collected(source: Source) -> SiteTable:
    columns = {name: name for name in (*NEEDED, "location", "siteid") if name in source.header}
    population: dict[tuple[str, str], float] = {}
    plants: dict[tuple[str, str, str], float] = {}
    aggregates, rounded, several = set(), set(), set()
    for row, cells in source.records(columns):
        key = city_key(cells["country"], cells["city"])
        plant = (*key, cells.get("siteid", ""))
        text = cells["population"]
        value = math.nan
        if text.casefold() not in MISSING:
            value = inhabitants(source.name, row, text)
        if plants.get(plant, value) != value:
            name = f"{cells['country']} {cells['city']}"
            raise DataError(source.name, "city", name, "must have one population", row)
        if not math.isnan(value):
            plants[plant] = value
            if population.setdefault(key, value) != value:
                several.add(key)
        if cells.get("location", "").casefold().startswith("sum of"):
            aggregates.add(key)
        if "e" in text.casefold() and key in population:
            rounded.add(key)
    for key in several:  # which plant a row of data means is known by its Site ID only
        del population[key]
    return SiteTable(source.name, population, frozenset(aggregates), frozenset(rounded), plants)
