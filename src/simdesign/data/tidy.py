"""A tidy file: one row per site, substance and day, or per mean over several days.

docs/data.md states the columns. A row says when, where, which substance and how much; how much is a
load or a concentration with flow and population. The dates of a site and substance stand in order.
"""

import math
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from simdesign.data.amounts import Amount, amount
from simdesign.data.builder import DayCollector, Site
from simdesign.data.cells import day as day_in
from simdesign.data.cells import inhabitants, number, year
from simdesign.data.means import LONGEST_MEAN, known_spread, laid_out
from simdesign.data.names import (
    ASSUMED_NOTE,
    SUBSTANCES,
    WEEK,
    assumed_week,
    country_code,
    substance_name,
    week_position,
)
from simdesign.data.sites import city_key, read_sites
from simdesign.data.source import Source
from simdesign.data.table import DEFAULT_POPULATION, LoadTable, ReadReport, Tally
from simdesign.errors import DataError
from simdesign.units import date_of

COLUMNS = (
    "site", "country", "date", "year", "weekday", "days", "substance", "load", "unit",
    "concentration", "flow", "population", "loq", "loqconcentration", "censored", "lab",
)  # fmt: skip
"""Columns of a tidy file as `column_key` spells them; ``city`` is another word for ``site``."""


@dataclass(slots=True)
class _State:
    """What earlier rows said; grows while rows are read."""

    days: DayCollector = field(default_factory=DayCollector)
    population: dict[Site, float] = field(default_factory=dict)
    counts: Counter[Tally] = field(default_factory=Counter)
    seen: dict[tuple[Site, str, int], int] = field(default_factory=dict)
    latest: dict[tuple[Site, str], tuple[int, int]] = field(default_factory=dict)
    spelling: dict[tuple[str, str], Site] = field(default_factory=dict)
    countries: dict[str, tuple[bool, int]] = field(default_factory=dict)
    longest: int = 1
    outside: set[str] = field(default_factory=set)


def read_tidy(source: Source, sites: str | Path | None = None) -> LoadTable:
    """Turn a tidy file into a table of days.

    Parameters
    ----------
    source : Source
        The data file.
    sites : path, optional
        Site table with populations, for a file without that column.

    Raises
    ------
    DataError
        With file, row, field, value and rule.
    """
    fields = _fields(source, sites)
    table = None if sites is None else read_sites(sites)
    state = _State()
    n_read = 0
    for row, cells in source.records(fields):
        site = _site(source, row, cells, state)
        name = substance_name(cells["substance"])
        if name is None:
            rule = f"must be one of {', '.join(SUBSTANCES)}"
            raise DataError(source.name, "substance", cells["substance"][:60], rule, row)
        first, n_days = _when(source, row, cells)
        _must_be_new(source, row, cells, state, (site, name), first, n_days)
        people = math.nan
        if "population" in cells:
            people = inhabitants(source.name, row, cells["population"])
            if state.population.get(site, people) != people:
                what = "days on which a site's population changes (the last one is used)"
                state.counts[Tally("flagged", what, site[0], name)] += 1
            state.population[site] = people
        found = amount(source.name, row, cells, people)
        if math.isnan(found.load):
            state.counts[Tally("excluded", "days without a sample", site[0], name)] += 1
        else:
            n_read += 1
        _add(state, site, name, first, n_days, found, people, cells.get("lab", ""))
    if n_read == 0:
        raise DataError(source.name, "rows", 0, "must hold at least one measured load")
    notes = [*source.notes, *_notes(state, undated="date" not in fields)]
    if "population" not in fields:
        known = {} if table is None else table.population
        state.population = {
            site: known.get(city_key(*site), DEFAULT_POPULATION) for site in state.days.site_number
        }
        missing = [site for site in state.population if city_key(*site) not in known]
        notes += _population_notes(missing, sites)
    if source.n_blank:
        state.counts[Tally("excluded", "blank rows")] = source.n_blank
    report = ReadReport(
        file=source.name, sha256=source.sha256, layout="tidy",
        n_rows=len(source.rows) + source.n_blank, counts=dict(state.counts), notes=tuple(notes),
        n_read=n_read,
    )  # fmt: skip
    return state.days.table(state.population, assumed_dates="date" not in fields, report=report)


def _fields(source: Source, sites: str | Path | None) -> dict[str, str]:
    """Return field -> column of this file after checking that they are the right ones."""
    columns = {name: name for name in COLUMNS if name in source.header}
    if "site" not in columns and "city" in source.header:
        columns["site"] = "city"
    needed = ["site", "substance"]
    needed += [] if "date" in columns else ["year"]
    if "date" not in columns and "days" not in columns:
        needed.append("weekday")
    if "concentration" in columns or "loqconcentration" in columns:
        needed += ["flow", "population"]
    if "concentration" not in columns:
        needed.append("load")
    for name in needed:
        if name not in columns:
            rule = "must be a column (a tidy file has site, date or year and weekday, substance, "
            rule += "load, population)"
            if name in ("flow", "population"):
                rule = "must be a column beside a concentration (ng/L): m3/d, inhabitants"
            raise DataError(source.name, "header", name, rule, 1)
    for name in source.header:
        if name not in columns.values():
            rule = f"is no column of a tidy file; these are: {', '.join(sorted(COLUMNS))}"
            raise DataError(source.name, "header", name[:60], rule, 1)
    if "date" in columns and ("year" in columns or "weekday" in columns):
        raise DataError(source.name, "header", "date", "must not stand beside year or weekday", 1)
    if sites is not None and "population" in columns:
        raise DataError(str(sites), "file", "given", "is not used: this file has populations")
    return columns


def _site(source: Source, row: int, cells: dict[str, str], state: _State) -> Site:
    """Return country and name; one spelling of a name, that of its first row."""
    if not cells["site"]:
        raise DataError(source.name, "site", "", "must not be empty", row)
    site = (country_code(cells.get("country", "")), " ".join(cells["site"].split()))
    key = city_key(*site)
    named, where = state.countries.setdefault(key[1], (bool(site[0]), row))
    if named != bool(site[0]):
        rule = f"must be given in all rows of {site[1]} or in none, see row {where}"
        raise DataError(source.name, "country", cells.get("country", ""), rule, row)
    return state.spelling.setdefault(key, site)


def _when(source: Source, row: int, cells: dict[str, str]) -> tuple[int, int]:
    """Return the first day of a row and how many days its value covers."""
    n_days = 1
    if cells.get("days", "") not in ("", "1"):
        value = number(source.name, row, "days", cells["days"])
        if not (1 <= value <= LONGEST_MEAN and value == int(value)):
            rule = f"must be a whole number of days from 1 to {LONGEST_MEAN}"
            raise DataError(source.name, "days", cells["days"], rule, row)
        n_days = int(value)
    if "date" in cells:
        return day_in(source.name, row, cells["date"]), n_days
    start = assumed_week(year(source.name, row, cells["year"]))
    if not cells.get("weekday", ""):
        if n_days == len(WEEK):
            return start, n_days
        rule = "must be given, unless days is 7: a mean over the whole week of the year"
        raise DataError(source.name, "weekday", "", rule, row)
    position = week_position(cells["weekday"])
    if position is None:
        rule = f"must be one of {', '.join(WEEK)}"
        raise DataError(source.name, "weekday", cells["weekday"], rule, row)
    if position + n_days > len(WEEK):
        rule = f"must leave room for {n_days} days in a week from Wednesday to Tuesday"
        raise DataError(source.name, "weekday", cells["weekday"], rule, row)
    return start + position, n_days


def _must_be_new(
    source: Source,
    row: int,
    cells: dict[str, str],
    state: _State,
    series: tuple[Site, str],
    first: int,
    n_days: int,
) -> None:
    site, name = series
    for today in range(first, first + n_days):
        where = state.seen.setdefault((site, name, today), row)
        if where != row:
            what = f"{site[1]} {name} {date_of(today)}"
            rule = f"must be unique, see row {where}"
            raise DataError(source.name, "site, substance, day", what, rule, row)
    before, where = state.latest.get(series, (first, row))
    if "date" in cells and first < before:  # weekdays may be listed from any day
        rule = f"must not lie before row {where} of the same site and substance"
        raise DataError(source.name, "date", cells["date"], rule, row)
    state.latest[series] = (first, row)


def _add(
    state: _State,
    site: Site,
    name: str,
    first: int,
    n_days: int,
    found: Amount,
    people: float,
    lab: str,
) -> None:
    """Add the days of a row, and count what is remarkable."""
    flagged = {
        "loads of 0, read as below an unknown limit of quantification": found.load == 0.0,
        "loads computed from concentration, flow and population": found.computed,
        "means over several days, laid out as their days (docs/data.md)": n_days > 1,
    }
    for what, holds in flagged.items():
        if holds:
            state.counts[Tally("flagged", what, site[0], name)] += 1
    if n_days == 1 or found.censored or math.isnan(found.load):
        value = math.nan if found.load == 0.0 else found.load
        start = first + max(0, (n_days - len(WEEK)) // 2)
        loads = [value] * min(n_days, len(WEEK))
    else:
        people = DEFAULT_POPULATION if math.isnan(people) else people
        spread = known_spread(name, found.load, people)
        start, laid = laid_out(found.load, first, n_days, spread)
        loads = laid.tolist()
        state.longest = max(state.longest, n_days)
        if not spread.variance:
            state.outside.add(name)
    for place, value in enumerate(loads):
        state.days.add(
            site, name, start + place, value, censored=found.censored,
            loq_known=found.censored and found.load > 0.0, n_days=n_days, lab=lab,
        )  # fmt: skip


def _notes(state: _State, *, undated: bool) -> list[str]:
    notes = [ASSUMED_NOTE] if undated else []
    if state.longest > len(WEEK):
        notes.append("of a mean over more than a week the seven middle days are laid out")
    if state.outside:
        names = ", ".join(sorted(state.outside))
        notes.append(f"means of {names}: laid out flat, no weekday profile or day noise is known")
    return notes


def _population_notes(missing: list[Site], sites: str | Path | None) -> list[str]:
    origin = [] if sites is None else [f"populations from {Path(sites).name}"]
    if not missing:
        return origin
    names = ", ".join(" ".join(filter(None, site)) for site in missing[:5])
    names += " and others" if len(missing) > 5 else ""
    return [
        *origin,
        f"warning: no population is known and {DEFAULT_POPULATION:,.0f} inhabitants are taken (it "
        f"sets the small-town part of the noise only): {names}",
    ]
