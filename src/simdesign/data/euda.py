"""The EUDA/SCORE release: one row per year, substance and site with seven daily loads.

Columns are found by name, so that any edition can be read. ``0`` means below the limit of
quantification, never a real zero; blank and ``NA`` mean that there is no sample.
"""

import math
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from simdesign.data.builder import DayCollector
from simdesign.data.names import WEEK, assumed_week, country_code, substance_name
from simdesign.data.sites import SiteTable, city_key, find_sites, read_sites
from simdesign.data.source import Source, load, number, year
from simdesign.data.table import DEFAULT_POPULATION, LoadTable, ReadReport, Tally
from simdesign.errors import DataError

SUBSTANCE_COLUMNS = ("metabolite", "substance", "drug", "target")
MEAN_TOLERANCE = 0.01
"""Relative difference from which a printed mean counts as inconsistent with its days."""
ASSUMED_NOTE = (
    "the file prints no dates: every campaign is placed in the week (Wednesday to Tuesday) that "
    "contains 15 March of its year; real campaigns lay in March to May"
)


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
    days = DayCollector()
    counts: Counter[Tally] = Counter()
    seen: dict[tuple[int, str, tuple[str, str]], int] = {}
    for row, cells in source.records(columns):
        name = substance_name(cells["substance"])
        if name is None:
            what = f"rows of a substance that is not understood ({cells['substance']})"
            counts[Tally("excluded", what)] += 1
            continue
        when = year(source.name, row, cells["year"])
        site = _site(source, row, cells)
        key = (when, name, city_key(*site))
        if key in seen:
            what = f"{site[0]} {site[1]} {when} {name}"
            raise DataError(
                source.name,
                "site, year, substance",
                what,
                f"must be unique, see row {seen[key]}",
                row,
            )
        seen[key] = row
        loads = [load(source.name, row, weekday, cells[weekday]) for weekday in WEEK]
        if all(math.isnan(value) for value in loads):
            counts[Tally("excluded", "site-weeks without a sample", site[0], name)] += 1
            continue
        for what in _remarks(source, row, cells, loads):
            counts[Tally("flagged", what, site[0], name)] += 1
        for position, value in enumerate(loads):
            below = value == 0.0
            day = assumed_week(when) + position
            days.add(site, name, day, math.nan if below else value, censored=below)
    if not days.rows:
        raise DataError(source.name, "rows", 0, "must hold at least one measured load")
    population, notes = _populations(days, table)
    if table is not None:
        counts += _site_remarks(days, table)
    report = ReadReport(
        file=source.name, sha256=source.sha256, layout="release", n_rows=len(source.rows),
        counts=dict(counts), notes=(ASSUMED_NOTE, *notes),
    )  # fmt: skip
    return days.table(population, assumed_dates=True, report=report)


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
    if "dailymean" in source.header:
        columns["dailymean"] = "dailymean"
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
    days: DayCollector, table: SiteTable | None
) -> tuple[dict[tuple[str, str], float], list[str]]:
    """Return the population of every site, and what had to be assumed."""
    known = {} if table is None else table.population
    population, missing = {}, []
    for site in days.site_number:
        value = known.get(city_key(*site))
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


def _site_remarks(days: DayCollector, table: SiteTable) -> Counter[Tally]:
    """Count what is remarkable about sites."""
    counts: Counter[Tally] = Counter()
    for site in days.site_number:
        key = city_key(*site)
        remarks = {
            "cities measured at several plants together": "(" in site[1]
            and key not in table.aggregates,
            "sites that add up many plants (a nation, no city)": key in table.aggregates,
            "populations printed with one digit": key in table.rounded,
        }
        for what, holds in remarks.items():
            counts[Tally("flagged", what, site[0])] += holds
    return counts
