"""The EUDA/SCORE release: one row per year, substance and site with seven daily loads.

Columns are found by name, so that any edition can be read. ``0`` means below the limit of
quantification, never a real zero; blank and ``NA`` mean that there is no sample.
"""

import math
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from simdesign.data.builder import DayCollector, Site
from simdesign.data.cells import load, number, plausible, year
from simdesign.data.names import ASSUMED_NOTE, WEEK, assumed_week, country_code, substance_name
from simdesign.data.sites import SiteTable, city_key, find_sites, read_sites
from simdesign.data.source import Source
from simdesign.data.table import DEFAULT_POPULATION, LoadTable, ReadReport, Tally
from simdesign.errors import DataError

SUBSTANCE_COLUMNS = ("metabolite", "substance", "drug", "target")
MEAN_TOLERANCE = 0.01
"""Relative difference from which a printed mean counts as inconsistent with its days."""


def read_euda(source: Source, sites: str | Path | None = None) -> LoadTable:
    """Turn a release into a table of days.

    Parameters
    ----------
    source : Source
        The data file.
    sites : path, optional
        Site table; without it the one beside the file is used, else a default population.

    Raises
    ------
    DataError
        With file, row, field, value and rule.
    """
    columns = _columns(source)
    table = _site_table(source, sites)
    plants = _several_plants(source, columns)
    plant_of: dict[Site, str] = {}
    days = DayCollector()
    counts: Counter[Tally] = Counter()
    seen: dict[tuple[int, str, tuple[str, str], str], int] = {}
    spelling: dict[tuple[tuple[str, str], str], Site] = {}
    n_read = 0
    for row, cells in source.records(columns):
        name = substance_name(cells["substance"])
        if name is None:
            what = f"rows of a substance that is not understood ({cells['substance'][:40]})"
            counts[Tally("excluded", what)] += 1
            continue
        when = year(source.name, row, cells["year"])
        printed = _site(source, row, cells)
        city = city_key(*printed)
        plant = cells.get("siteid", "") if city in plants else ""
        key = (when, name, city, plant)
        if key in seen:
            what = f"{printed[0]} {printed[1]} {when} {name}"
            rule = f"must be unique, see row {seen[key]}"
            raise DataError(source.name, "site, year, substance", what, rule, row)
        seen[key] = row
        if plant:
            printed = (printed[0], f"{printed[1]}, plant {plant}")
        site = spelling.setdefault((city, plant), printed)
        plant_of[site] = plant
        loads = [
            plausible(source.name, row, weekday, cells[weekday], load(source.name, row, weekday,
                                                                      cells[weekday]))
            for weekday in WEEK
        ]  # fmt: skip
        if all(math.isnan(value) for value in loads):
            counts[Tally("excluded", "site-weeks without a sample", site[0], name)] += 1
            continue
        n_read += 1
        for what in _remarks(source, row, cells, loads):
            counts[Tally("flagged", what, site[0], name)] += 1
        for position, value in enumerate(loads):
            below = value == 0.0
            day = assumed_week(when) + position
            days.add(site, name, day, math.nan if below else value, censored=below)
    if not days.rows:
        raise DataError(source.name, "rows", 0, "must hold at least one measured load")
    population, notes = _populations(days, table, plant_of)
    if table is not None:
        counts += _site_remarks(days, table, plant_of)
    if plants:
        what = "cities with several plants in one year (each is a site of its own)"
        for country, _ in plants:
            counts[Tally("flagged", what, country)] += 1
    if source.n_blank:
        counts[Tally("excluded", "blank rows")] = source.n_blank
    report = ReadReport(
        file=source.name, sha256=source.sha256, layout="release",
        n_rows=len(source.rows) + source.n_blank, counts=dict(counts),
        notes=(*source.notes, ASSUMED_NOTE, *notes), n_read=n_read,
    )  # fmt: skip
    return days.table(population, assumed_dates=True, report=report)


def _several_plants(source: Source, columns: dict[str, str]) -> set[tuple[str, str]]:
    """Return the cities with rows of several Site IDs for one year and substance.

    Within one edition a Site ID tells plants apart; between editions it changes.
    """
    if "siteid" not in columns:
        return set()
    ids: dict[tuple[str, str, tuple[str, str]], set[str]] = {}
    for _, cells in source.records(columns):
        city = city_key(cells["country"], cells["city"])
        group = (cells["year"], cells["substance"].casefold(), city)
        ids.setdefault(group, set()).add(cells["siteid"])
    return {city for (_, _, city), found in ids.items() if len(found) > 1 and "" not in found}


def _columns(source: Source) -> dict[str, str]:
    """Return field -> column of this edition."""
    columns = {}
    for field in ("year", "country", "city", *WEEK):
        if field not in source.header:
            raise DataError(
                source.name, "header", field, "must be a column of a release, and is missing", 1
            )
        columns[field] = field
    for name in SUBSTANCE_COLUMNS:
        if name in source.header:
            columns["substance"] = name
            break
    else:
        raise DataError(source.name, "header", "metabolite", "must be a column of a release", 1)
    for name in ("dailymean", "siteid"):
        if name in source.header:
            columns[name] = name
    return columns


def _site(source: Source, row: int, cells: dict[str, str]) -> tuple[str, str]:
    for field in ("country", "city"):
        if not cells[field]:
            raise DataError(source.name, field, "", "must not be empty", row)
    return country_code(cells["country"]), " ".join(cells["city"].split())


def _site_table(source: Source, sites: str | Path | None) -> SiteTable | None:
    path = Path(sites) if sites is not None else find_sites(Path(source.name))
    return None if path is None else read_sites(path)


def _populations(
    days: DayCollector, table: SiteTable | None, plant_of: dict[Site, str]
) -> tuple[dict[Site, float], list[str]]:
    """Return the population of every site, and what had to be assumed."""
    known = {} if table is None else table.population
    population, missing = {}, []
    for site in days.site_number:
        plant = plant_of[site]
        city = city_key(site[0], site[1].removesuffix(f", plant {plant}"))
        value = known.get(city)
        if plant and table is not None:
            value = table.plants.get((*city, plant))
        if value is None:
            missing.append(f"{site[0]} {site[1]}")
        population[site] = DEFAULT_POPULATION if value is None else value
    if table is None:
        note = (
            f"warning: no site table beside the file; every site is taken to have "
            f"{DEFAULT_POPULATION:,.0f} inhabitants (it sets the small-town part of the noise only)"
        )
        return population, [note]
    notes = [f"populations from {Path(table.name).name}: one static number a site"]
    if missing:
        names = ", ".join(missing[:5]) + (" and others" if len(missing) > 5 else "")
        notes.append(
            f"warning: not in the site table and taken to have {DEFAULT_POPULATION:,.0f} "
            f"inhabitants: {names}"
        )
    return population, notes


def _remarks(source: Source, row: int, cells: dict[str, str], loads: list[float]) -> Iterator[str]:
    """Yield what is remarkable about a row that is kept."""
    measured = [value for value in loads if not math.isnan(value)]
    if len(measured) < len(WEEK):
        yield "site-weeks with fewer than seven days"
    if 0.0 in measured:
        yield "site-weeks with days below the limit of quantification"
    printed = number(source.name, row, "daily mean", cells.get("dailymean", ""))
    simple = sum(measured) / len(measured)
    candidates = [simple]
    weekday = [loads[i] for i in (0, 1, 6) if not math.isnan(loads[i])]
    weekend = [loads[i] for i in (2, 3, 4, 5) if not math.isnan(loads[i])]
    if weekday and weekend:  # Tuesday to Thursday against Friday to Monday
        means = sum(weekday) / len(weekday), sum(weekend) / len(weekend)
        candidates.append((3.0 * means[0] + 4.0 * means[1]) / 7.0)
    if min(abs(printed - value) for value in candidates) > MEAN_TOLERANCE * max(simple, 1.0):
        yield "printed daily means that differ from the mean of their days (not used)"


def _site_remarks(
    days: DayCollector, table: SiteTable, plant_of: dict[Site, str]
) -> Counter[Tally]:
    """Count what is remarkable about sites."""
    counts: Counter[Tally] = Counter()
    for site in days.site_number:
        key = city_key(site[0], site[1].removesuffix(f", plant {plant_of[site]}"))
        remarks = {
            "cities measured at several plants together": "(" in site[1]
            and key not in table.aggregates,
            "sites that add up many plants (a nation, no city)": key in table.aggregates,
            "populations printed with one digit": key in table.rounded,
        }
        for what, holds in remarks.items():
            counts[Tally("flagged", what, site[0])] += holds
    return counts
