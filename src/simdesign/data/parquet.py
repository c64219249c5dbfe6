"""A Parquet file -> the same cells as a text file: row 1 is the header, row 2 the first row."""

import datetime as dt
import io
import math
from decimal import Decimal

from simdesign.data.text import Cells
from simdesign.errors import DataError

SIGNATURE = b"PAR1"


def parquet_cells(content: bytes, name: str) -> Cells:
    """Turn every value into the text that a CSV file would hold.

    Raises
    ------
    DataError
        A damaged file, or a column of lists, structures or bytes.
    """
    import pyarrow as pa  # imported late: reading text needs none of it
    import pyarrow.parquet as pq

    try:
        table = pq.read_table(io.BytesIO(content))
        columns = [column.to_pylist() for column in table.columns]
    except (pa.ArrowException, OSError, ValueError) as error:
        reason = str(error).splitlines()[0][:80]
        raise DataError(name, "file", reason, "must be a whole Parquet file") from None
    header = [str(column) for column in table.column_names]
    texts = [
        [_text(name, column, row, value) for row, value in enumerate(values, start=2)]
        for column, values in zip(header, columns, strict=True)
    ]
    table_rows = list(enumerate(zip(*texts, strict=True), start=2))
    rows = [(number, cells) for number, cells in table_rows if any(c.strip() for c in cells)]
    return Cells(header, rows, len(table_rows) - len(rows), ("read as Parquet",))


def _text(name: str, column: str, row: int, value: object) -> str:
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dt.datetime):
        midnight = value.time() == dt.time() and value.tzinfo is None
        return value.date().isoformat() if midnight else value.isoformat()
    if isinstance(value, float):
        return repr(value)
    if isinstance(value, str | int | dt.date | Decimal):
        return str(value)
    kind = type(value).__name__
    raise DataError(name, column, kind, "must be a text, number, date or truth value", row)
