"""The table of measures as it is published: CSV, compressed to a tenth."""

import gzip
import zlib
from pathlib import Path

from simdesign.errors import StoreError


def write_published_table(path: Path, text: str) -> None:
    """Write a table; the same text gives the same bytes, since no time is in them."""
    path.write_bytes(gzip.compress(text.encode(), mtime=0))


def read_published_table(path: Path) -> str:
    """Return a table as text.

    Raises
    ------
    StoreError
        When the file is absent, damaged, or no such table.
    """
    try:
        return gzip.decompress(path.read_bytes()).decode()
    except (OSError, EOFError, zlib.error, UnicodeDecodeError):
        raise StoreError(str(path), "must be a readable table of measures") from None
