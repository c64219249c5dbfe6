"""A tidy file: one row per site, substance and day.

Columns ``site``, ``substance``, ``load``, ``population``; the day as ``date`` (YYYY-MM-DD) or as
``year`` and ``weekday`` (then in the assumed week of a release); ``censored`` and ``country`` are
optional. The load of a censored row is its limit of quantification, or 0 where that is not known; a
blank load means that there is no sample. The dates of a site and substance stand in order.
"""

import datetime as dt
import math
from collections import Counter

from simdesign.data.builder import DayCollector
from simdesign.data.euda import ASSUMED_NOTE
from simdesign.data.names import (
    SUBSTANCES,
    WEEK,
    assumed_week,
    country_code,
    substance_name,
    week_position,
)
from simdesign.data.source import Source, load, number, year
from simdesign.data.table import LoadTable, ReadReport, Tally
from simdesign.errors import DataError
from simdesign.units import day_of

REQUIRED = ("site", "substance", "load", "population")
OPTIONAL = ("censored", "country")
TRUE, FALSE = frozenset({"true", "1", "yes", "y"}), frozenset({"false", "0", "no", "n", ""})


def read_tidy(source: Source) -> LoadTable:
    """Turn a tidy file into a table of days.

    Raises
    ------
    DataError
        With file, row, field, value and rule.
    """
    fields = _fields(source)
    days = DayCollector()
    population: dict[tuple[str, str], float] = {}
    counts: Counter[Tally] = Counter()
    seen: dict[tuple[tuple[str, str], str, int], int] = {}
    latest: dict[tuple[tuple[str, str], str], tuple[int, int]] = {}
    for row, cells in source.records({name: name for name in fields}):
        if not cells["site"]:
            raise DataError(source.name, "site", "", "must not be empty", row)
        site = (country_code(cells.get("country", "")), " ".join(cells["site"].split()))
        name = substance_name(cells["substance"])
        if name is None:
            rule = f"must be one of {', '.join(SUBSTANCES)}"
            raise DataError(source.name, "substance", cells["substance"], rule, row)
        day = _day(source, row, cells)
        if (site, name, day) in seen:
            what = f"{site[1]} {name} {dt.date(1970, 1, 1) + dt.timedelta(days=day)}"
            rule = f"must be unique, see row {seen[site, name, day]}"
            raise DataError(source.name, "site, substance, day", what, rule, row)
        seen[site, name, day] = row
        before, where = latest.get((site, name), (day, row))
        if "date" in cells and day < before:  # weekdays may be listed from any day
            rule = f"must not lie before row {where} of the same site and substance"
            raise DataError(source.name, "date", cells["date"], rule, row)
        latest[site, name] = (day, row)
        people = number(source.name, row, "population", cells["population"])
        if not people > 0:
            raise DataError(source.name, "population", cells["population"], "must be > 0", row)
        if population.get(site, people) != people:
            what = "days on which a site's population changes (the last one is used)"
            counts[Tally("flagged", what, site[0], name)] += 1
        population[site] = people
        value = load(source.name, row, "load", cells["load"])
        below = _flag(source, row, cells.get("censored", ""))
        if math.isnan(value):
            counts[Tally("excluded", "days without a sample", site[0], name)] += 1
            if below:
                raise DataError(
                    source.name, "load", cells["load"], "must be the LOQ where censored", row
                )
        if value == 0.0 and not below:
            rule = "must be > 0, or censored (then the LOQ, or 0 where that is not known)"
            raise DataError(source.name, "load", cells["load"], rule, row)
        if value == 0.0:
            what = "loads of 0, read as below an unknown limit of quantification"
            counts[Tally("flagged", what, site[0], name)] += 1
        known = below and value > 0.0
        days.add(
            site, name, day, math.nan if value == 0.0 else value,
            censored=below, loq_known=known,
        )  # fmt: skip
    undated = "date" not in fields
    report = ReadReport(
        file=source.name, sha256=source.sha256, layout="tidy", n_rows=len(source.rows),
        counts=dict(counts), notes=(ASSUMED_NOTE,) if undated else (),
    )  # fmt: skip
    return days.table(population, assumed_dates=undated, report=report)


def _fields(source: Source) -> list[str]:
    """Return the columns of this file after checking that they are the right ones."""
    when = ["date"] if "date" in source.header else ["year", "weekday"]
    for name in (*REQUIRED, *when):
        if name not in source.header:
            rule = "must be a column (a tidy file has site, date or year and weekday, substance, "
            raise DataError(source.name, "header", name, rule + "load, population)", 1)
    allowed = {*REQUIRED, *OPTIONAL, "date", "year", "weekday"}
    for name in source.header:
        if name not in allowed:
            rule = f"is no column of a tidy file; these are: {', '.join(sorted(allowed))}"
            raise DataError(source.name, "header", name, rule, 1)
    return [*REQUIRED, *when, *(name for name in OPTIONAL if name in source.header)]


def _day(source: Source, row: int, cells: dict[str, str]) -> int:
    if "date" in cells:
        try:
            date = dt.date.fromisoformat(cells["date"])
        except ValueError:
            raise DataError(
                source.name, "date", cells["date"], "must be a date like 2024-03-15", row
            ) from None
        year(source.name, row, str(date.year))
        return day_of(date)
    position = week_position(cells["weekday"])
    if position is None:
        rule = f"must be one of {', '.join(WEEK)}"
        raise DataError(source.name, "weekday", cells["weekday"], rule, row)
    return assumed_week(year(source.name, row, cells["year"])) + position


def _flag(source: Source, row: int, text: str) -> bool:
    word = text.casefold()
    if word in TRUE:
        return True
    if word in FALSE:
        return False
    raise DataError(source.name, "censored", text, "must be true or false", row)
