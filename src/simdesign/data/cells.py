"""One cell's text -> a number, a load, a date or a truth value, or an error with its row."""

import datetime as dt
import math
import re

from simdesign.errors import DataError
from simdesign.units import day_of

MISSING = frozenset({"", "na", "n/a", "nan", "-", "null", "none"})
"""Texts that mean *no measurement*, in lower case."""
MOST_LOAD = 1e6
"""mg/(1000 inh d): a kilogram per thousand inhabitants and day is no load of any residue."""
MOST_PEOPLE = 1e8
TRUE, FALSE = frozenset({"true", "1", "yes", "y"}), frozenset({"false", "0", "no", "n", ""})

_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?\Z", re.ASCII | re.IGNORECASE)
_DATE = re.compile(r"(\d{4}-\d\d-\d\d)([T ]00:00(:00)?)?\Z", re.ASCII)
_THOUSANDS = re.compile(r"\d{1,3}\.\d{3}\Z", re.ASCII)


def number(source: str, row: int, field: str, text: str) -> float:
    """Return a finite number, or NaN for a text that means *missing*."""
    if text.casefold() in MISSING:
        return math.nan
    if not _NUMBER.match(text):
        rule = "must be a number"
        if text.casefold().lstrip("+-") in ("inf", "infinity"):
            rule = "must be a finite number"
        elif "," in text:
            rule += " with a decimal point, not a decimal comma, and without thousands separators"
        raise DataError(source, field, text[:60], rule, row)
    value = float(text)
    if not math.isfinite(value):
        raise DataError(source, field, text[:60], "must be a finite number", row)
    return value


def load(source: str, row: int, field: str, text: str) -> float:
    """Return a load >= 0, or NaN where there is none."""
    value = number(source, row, field, text)
    if value < 0:
        raise DataError(source, field, text, "must not be negative", row)
    return value


def plausible(source: str, row: int, field: str, text: str, value: float) -> float:
    """Return a load in mg/(1000 inh d), or NaN, after checking its order of magnitude."""
    if value >= MOST_LOAD:
        rule = f"must be below {MOST_LOAD:,.0f} mg/(1000 inh d); is it in another unit?"
        raise DataError(source, field, text, rule, row)
    return value


def limited(source: str, row: int, field: str, text: str) -> tuple[float, bool]:
    """Return a value >= 0 and whether it is written as ``<value``, which is below the limit."""
    if not text.startswith("<"):
        return load(source, row, field, text), False
    value = load(source, row, field, text[1:].strip())
    if not value > 0.0:
        raise DataError(source, field, text, "must name a limit above 0", row)
    return value, True


def inhabitants(source: str, row: int, text: str) -> float:
    """Return a number of inhabitants above 0."""
    value = number(source, row, "population", text)
    if not 0.0 < value <= MOST_PEOPLE:
        rule = f"must be > 0 and at most {MOST_PEOPLE:,.0f}"
        raise DataError(source, "population", text, rule, row)
    if _THOUSANDS.match(text):
        rule = "must not have a thousands separator: write inhabitants as a whole number"
        raise DataError(source, "population", text, rule, row)
    return value


def year(source: str, row: int, text: str) -> int:
    """Return a calendar year."""
    value = number(source, row, "year", text)
    if not (1990 <= value <= 2100 and value == int(value)):
        raise DataError(source, "year", text, "must be a year from 1990 to 2100", row)
    return int(value)


def day(source: str, row: int, text: str) -> int:
    """Return the integer day of a date like 2024-03-15."""
    found = _DATE.match(text)
    try:
        date = dt.date.fromisoformat(found[1] if found else "")
    except ValueError:
        rule = "must be a date like 2024-03-15 (in other forms day and month can be mistaken)"
        raise DataError(source, "date", text[:60], rule, row) from None
    year(source, row, str(date.year))
    return day_of(date)


def flag(source: str, row: int, field: str, text: str) -> bool:
    """Return a truth value; blank is false."""
    word = text.casefold()
    if word not in TRUE | FALSE:
        raise DataError(source, field, text, "must be true or false", row)
    return word in TRUE
