"""A file -> its rows as text, whatever its format: what every reader starts from."""

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from simdesign.data.parquet import SIGNATURE, parquet_cells
from simdesign.data.text import text_cells
from simdesign.errors import DataError


@dataclass(frozen=True, slots=True)
class Source:
    """One file with its header; row numbers count the header as row 1."""

    name: str
    sha256: str
    header: tuple[str, ...]
    """Column names as `column_key` spells them."""
    rows: tuple[tuple[int, tuple[str, ...]], ...]
    """(row number, one text a column)."""
    n_blank: int = 0
    """Rows below the header without any text; not in ``rows``."""
    notes: tuple[str, ...] = ()
    """How the text was understood where that is not obvious."""

    def records(self, columns: Mapping[str, str]) -> Iterator[tuple[int, dict[str, str]]]:
        """Yield (row number, field -> text) for ``columns``, a field -> column name."""
        position = {field: self.header.index(column) for field, column in columns.items()}
        for row, cells in self.rows:
            yield row, {field: cells[i].strip() for field, i in position.items()}


def column_key(name: str) -> str:
    """Return a column name without case, spaces, underscores and dots: editions differ in them."""
    return "".join(ch for ch in name.casefold() if ch.isalnum())


def read_source(path: str | Path) -> Source:
    """Read a text file or a Parquet file.

    Raises
    ------
    DataError
        Missing or unreadable file, no text, a row of another length, two readings of a number.
    """
    path = Path(path)
    content = _bytes(path)
    cells = (parquet_cells if content.startswith(SIGNATURE) else text_cells)(content, str(path))
    header = tuple(column_key(name) for name in cells.header)
    for key in header:
        if key and header.count(key) > 1:
            raise DataError(str(path), "header", key, "must name every column once", 1)
    if not cells.rows:
        raise DataError(str(path), "rows", 0, "must be at least one below the header")
    return Source(
        str(path), hashlib.sha256(content).hexdigest(), header, tuple(cells.rows),
        cells.n_blank, cells.notes,
    )  # fmt: skip


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        raise DataError(str(path), "file", path.name, "must exist") from None
    except (OSError, ValueError) as error:  # a folder, no permission, no name at all
        reason = getattr(error, "strerror", None) or str(error)
        raise DataError(str(path), "file", reason, "must be readable") from None
