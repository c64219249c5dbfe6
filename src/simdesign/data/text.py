"""Bytes -> rows of cells: encoding, separator and decimal mark, understood or refused.

A file that leaves one reading is understood and the reading is noted; a file that leaves two
(`1,234` is a thousand or a little more than one) is refused with the way out.
"""

import csv
import io
import re
from typing import NamedTuple

from simdesign.errors import DataError

SEPARATORS = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "bars"}
_HINT = re.compile(r"sep=(.)\Z", re.IGNORECASE)
_DECIMAL_COMMA = re.compile(r"<?\s*[+-]?(\d+),(\d+)\Z", re.ASCII)
_DECIMAL_POINT = re.compile(r"<?\s*[+-]?\d+\.\d+\Z", re.ASCII)
_SIGNATURES = (
    (b"PK", "a spreadsheet or archive"),
    (b"\xd0\xcf\x11\xe0", "a spreadsheet of an old kind"),
    (b"\x1f\x8b", "a compressed file"),
    (b"%PDF", "a PDF"),
    (b"\xff\xfe", "UTF-16 text"),
    (b"\xfe\xff", "UTF-16 text"),
)


class Cells(NamedTuple):
    """The header and the rows of a file, and how its text was understood."""

    header: list[str]
    rows: list[tuple[int, tuple[str, ...]]]
    """(row number, one text a column)."""
    n_blank: int
    """Rows below the header without any text."""
    notes: tuple[str, ...]


def text_cells(content: bytes, name: str) -> Cells:
    """Split a text file into cells.

    Raises
    ------
    DataError
        No text, nothing in it, a row of another length, or two readings of a number.
    """
    text, notes = _decoded(content, name)
    separator, table = _split(text, name)
    filled = [(number, cells) for number, cells in table if any(cell.strip() for cell in cells)]
    if not filled:
        raise DataError(name, "file", "nothing", "must hold a header and at least one row")
    first, header = filled[0]
    rows = [(number, tuple(cells)) for number, cells in filled[1:]]
    last_number = table[-1][0]
    for number, cells in rows:
        if len(cells) != len(header):
            _refuse_length(name, number, cells, len(header), separator, number == last_number)
    if separator != ",":
        notes.append(f"read as separated by {SEPARATORS[separator]}")
        rows, commas = _with_decimal_points(name, header, rows)
        notes += ["read with decimal commas"] * commas
    if content[-1:] not in (b"\n", b"\r"):
        notes.append(
            "warning: the last line has no line end; if the file was cut off, the last value may be"
            " incomplete"
        )
    n_blank = sum(number > first for number, _ in table) - len(rows)
    return Cells(header, rows, n_blank, tuple(notes))


def _decoded(content: bytes, name: str) -> tuple[str, list[str]]:
    for signature, kind in _SIGNATURES:
        if content.startswith(signature):
            rule = "must be a text file in UTF-8 (save as CSV UTF-8), or Parquet"
            raise DataError(name, "file", kind, rule)
    if b"\0" in content:
        raise DataError(name, "file", "binary data", "must be a text file in UTF-8, or Parquet")
    try:
        return content.decode("utf-8-sig"), []
    except UnicodeDecodeError:
        pass
    try:
        text = content.decode("cp1252")
    except UnicodeDecodeError as error:
        rule = "must be text in UTF-8 or Latin-1 (Windows-1252)"
        raise DataError(name, "file", f"byte {error.start + 1}", rule) from None
    return text, ["warning: not UTF-8; read as Latin-1 (Windows-1252): check names with accents"]


def _split(text: str, name: str) -> tuple[str, list[tuple[int, list[str]]]]:
    """Return the separator and (row number, cells) of every row, blank ones too."""
    first_line = next((line for line in text.splitlines() if line.strip()), "")
    hint = _HINT.match(first_line.strip("\r\n"))
    if hint:  # a spreadsheet's own way to name the separator
        separator = hint[1]
        if separator not in SEPARATORS:
            raise DataError(name, "sep", separator, "must be a comma, semicolon, tab or bar", 1)
    else:
        bare = re.sub(r'"[^"]*"', "", first_line)
        separator = max(SEPARATORS, key=bare.count)
    lines = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    table = []
    try:
        for number, cells in enumerate(lines, start=1):
            if any("\n" in cell or "\r" in cell for cell in cells):
                rule = "must not run over a line end (is a quote missing?)"
                raise DataError(name, "text", _wide(cells)[:60], rule, number)
            table.append((number, cells))
    except csv.Error as error:
        rule = f"must be text separated by {SEPARATORS[separator]} with closed quotes"
        raise DataError(name, "text", str(error), rule, len(table) + 1) from None
    return separator, table[1:] if hint else table


def _wide(cells: list[str]) -> str:
    return next(cell for cell in cells if "\n" in cell or "\r" in cell)


def _refuse_length(
    name: str, number: int, cells: tuple[str, ...], n: int, separator: str, last: bool
) -> None:
    rule = f"must have the {n} fields of the header"
    others = [word for mark, word in SEPARATORS.items() if len(cells) == 1 and mark in cells[0]]
    if others:
        rule += f" (this row is separated by {others[0]})"
    elif len(cells) > n and separator == ",":
        rule += " (a decimal comma, or a comma in a text without quotes, adds one)"
    elif len(cells) < n and last:
        rule += " (it is the last row: the file may have been cut off)"
    raise DataError(name, "number of fields", len(cells), rule, number)


def _with_decimal_points(
    name: str, header: list[str], rows: list[tuple[int, tuple[str, ...]]]
) -> tuple[list[tuple[int, tuple[str, ...]]], bool]:
    """Return rows whose decimal commas are points, and whether there were any."""
    commas, points, plain = [], [], False
    for number, cells in rows:
        for column, cell in zip(header, cells, strict=True):
            found = _DECIMAL_COMMA.match(cell.strip())
            if found:
                commas.append((number, column, cell))
                thousands = len(found[2]) == 3 and len(found[1]) <= 3 and found[1] != "0"
                plain = plain or not thousands
            elif _DECIMAL_POINT.match(cell.strip()):
                points.append((number, column, cell))
    if not commas:
        return rows, False
    if points:
        number, column, cell = max(commas[0], points[0])
        other = min(commas[0], points[0])
        rule = (
            f"must have the decimal mark of all other numbers, see {other[2]!r} in row {other[0]}"
        )
        raise DataError(name, column, cell, rule, number)
    if not plain:
        number, column, cell = commas[0]
        rule = "must have a decimal point: this comma may stand for thousands as well"
        raise DataError(name, column, cell, rule, number)
    changed = [
        (
            number,
            tuple(
                cell.replace(",", ".") if _DECIMAL_COMMA.match(cell.strip()) else cell
                for cell in cells
            ),
        )
        for number, cells in rows
    ]
    return changed, True
