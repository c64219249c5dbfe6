"""A file -> its rows as text. What every reader shares: decoding, the header, numbers."""

import csv
import hashlib
import io
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from simdesign.errors import DataError

MISSING = frozenset({"", "na", "n/a", "nan", "-", "null", "none"})
"""Texts that mean *no measurement*, in lower case."""


@dataclass(frozen=True, slots=True)
class Source:
    """One comma-separated file with its header; row numbers count the header as row 1."""

    name: str
    sha256: str
    header: tuple[str, ...]
    """Column names as `column_key` spells them."""
    rows: tuple[tuple[int, tuple[str, ...]], ...]
    """(row number, one text a column)."""

    def records(self, columns: Mapping[str, str]) -> Iterator[tuple[int, dict[str, str]]]:
        """Yield (row number, field -> text) for ``columns``, a field -> column name."""
        position = {field: self.header.index(column) for field, column in columns.items()}
        for row, cells in self.rows:
            yield row, {field: cells[i].strip() for field, i in position.items()}


def column_key(name: str) -> str:
    """Return a column name without case, spaces, underscores and dots: editions differ in them."""
    return "".join(ch for ch in name.casefold() if ch.isalnum())


def read_source(path: str | Path) -> Source:
    """Read a comma-separated text file.

    Raises
    ------
    DataError
        Missing or unreadable file, no text, wrong delimiter, a row of another length.
    """
    path = Path(path)
    content = _bytes(path)
    text = _decoded(content, path)
    lines = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        table = [(number, cells) for number, cells in enumerate(lines, start=1)]
    except csv.Error as error:
        raise DataError(str(path), "text", str(error), "must be comma-separated text") from None
    table = [(number, cells) for number, cells in table if any(cell.strip() for cell in cells)]
    if not table:
        raise DataError(str(path), "file", "nothing", "must hold a header and at least one row")
    _, names = table[0]
    _check_delimiter(path, names)
    header = tuple(column_key(name) for name in names)
    for key in header:
        if key and header.count(key) > 1:
            raise DataError(str(path), "header", key, "must name every column once", 1)
    rows = []
    for number, cells in table[1:]:
        if len(cells) != len(header):
            rule = f"must have the {len(header)} fields of the header"
            if len(cells) > len(header):
                rule += " (a decimal comma, or a comma in a text without quotes, adds one)"
            raise DataError(str(path), "number of fields", len(cells), rule, number)
        rows.append((number, tuple(cells)))
    if not rows:
        raise DataError(str(path), "rows", 0, "must be at least one below the header")
    return Source(str(path), hashlib.sha256(content).hexdigest(), header, tuple(rows))


def number(source: str, row: int, field: str, text: str) -> float:
    """Return a finite number, or NaN for a text that means *missing*."""
    if text.casefold() in MISSING:
        return math.nan
    try:
        value = float(text)
    except ValueError:
        rule = "must be a number"
        if text.count(",") == 1 and text.replace(",", "").replace("-", "").isdigit():
            rule += " with a decimal point, not a decimal comma"
        raise DataError(source, field, text, rule, row) from None
    if not math.isfinite(value):
        raise DataError(source, field, text, "must be a finite number", row)
    return value


def load(source: str, row: int, field: str, text: str) -> float:
    """Return a load >= 0, or NaN where there is none."""
    value = number(source, row, field, text)
    if value < 0:
        raise DataError(source, field, text, "must not be negative", row)
    return value


def year(source: str, row: int, text: str) -> int:
    """Return a calendar year."""
    value = number(source, row, "year", text)
    if not (1990 <= value <= 2100 and value == int(value)):
        raise DataError(source, "year", text, "must be a year from 1990 to 2100", row)
    return int(value)


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        raise DataError(str(path), "file", path.name, "must exist") from None
    except OSError as error:
        raise DataError(str(path), "file", error.strerror, "must be readable") from None


def _decoded(content: bytes, path: Path) -> str:
    if content[:2] in (b"PK", b"\xff\xfe", b"\xfe\xff") or b"\0" in content[:4096]:
        kind = "a spreadsheet or archive" if content[:2] == b"PK" else "no UTF-8 text"
        raise DataError(str(path), "file", kind, "must be a comma-separated text file in UTF-8")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("cp1252", errors="replace")  # older exports; only names are hit


def _check_delimiter(path: Path, names: list[str]) -> None:
    for other, word in ((";", "semicolons"), ("\t", "tabs"), ("|", "bars")):
        if len(names) == 1 and other in names[0]:
            rule = f"must be separated by commas, this file is separated by {word}"
            raise DataError(str(path), "header", names[0][:60], rule, 1)
