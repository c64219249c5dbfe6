"""Files of a results folder that ``report`` writes: whole, or absent."""

import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from simdesign.errors import WriteError
from simdesign.report.folder import WORDS


def write_text(path: Path, text: str) -> None:
    """Write a text file.

    Raises
    ------
    WriteError
    """
    _whole(path, lambda place: place.write_text(text, encoding="utf-8"))


def write_parquet(path: Path, measures: Path) -> None:
    """Write a table of measures as Parquet: the rows and columns of the CSV, numbers as numbers.

    Raises
    ------
    WriteError
    """
    import pyarrow as pa
    import pyarrow.csv
    import pyarrow.parquet

    words = pyarrow.csv.ConvertOptions(column_types=dict.fromkeys(WORDS, pa.string()))
    table = pyarrow.csv.read_csv(measures, convert_options=words)
    numbers = [
        pa.field(field.name, pa.float64() if pa.types.is_null(field.type) else field.type)
        for field in table.schema
    ]
    table = table.cast(pa.schema(numbers))
    _whole(path, lambda place: pyarrow.parquet.write_table(table, place, compression="zstd"))


def write_bytes(path: Path, content: bytes) -> None:
    """Write a file of bytes.

    Raises
    ------
    WriteError
    """
    _whole(path, lambda place: place.write_bytes(content))


def _whole(path: Path, write: Callable[[Path], Any]) -> None:
    try:
        with tempfile.NamedTemporaryFile(
            dir=path.parent, prefix=f".{path.name}.", suffix=".tmp", delete=False
        ) as file:
            place = Path(file.name)
        try:
            write(place)
            place.chmod(0o644)
            place.replace(path)
        except BaseException:
            place.unlink(missing_ok=True)
            raise
    except OSError as error:
        raise WriteError(str(path), error.strerror or str(error)) from None
