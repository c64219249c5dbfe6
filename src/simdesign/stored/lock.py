"""The lock of published results: read by whoever reads them or runs them again."""

from pathlib import Path
from typing import Any

from simdesign.errors import StoreError
from simdesign.stored.paths import PublishedPaths
from simdesign.stored.reading import read_plain
from simdesign.stored.records import Lock


def read_lock(published: Path) -> dict[str, Any]:
    """Return the lock of published results.

    Raises
    ------
    StoreError
        When the folder holds none, or one that cannot be understood.
    """
    path = PublishedPaths(published).lock
    try:
        return read_plain(path, Lock)
    except FileNotFoundError:
        rule = f"holds no {path.name} of published results"
        raise StoreError(str(published), rule) from None
