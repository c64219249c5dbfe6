"""Draws of worlds in a file: Parquet with its provenance, or a small CSV that a project ships."""

import csv
import io
import json
import os
import tempfile
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from simdesign.errors import DataError
from simdesign.records import Floats

PROVENANCE = b"simdesign.estimate"
"""Key of the metadata in a Parquet file."""
DIGITS = 6
"""Significant digits in a CSV."""

Columns = Mapping[str, Floats]
Draws = Mapping[str, Columns]
"""Substance -> name of a parameter -> (n,) values; every substance has the same names."""


def write_draws(path: Path, draws: Draws, provenance: Mapping[str, object]) -> None:
    """Write a Parquet file, whole or not at all.

    One row per substance and draw: ``substance``, ``draw`` and the parameters.
    """
    names = list(next(iter(draws.values())))
    substance = [name for name, columns in draws.items() for _ in columns[names[0]]]
    number = np.concatenate([np.arange(columns[names[0]].size) for columns in draws.values()])
    values = {
        name: pa.array(np.concatenate([columns[name] for columns in draws.values()]))
        for name in names
    }
    table = pa.table({"substance": pa.array(substance), "draw": pa.array(number), **values})
    text = json.dumps(provenance, ensure_ascii=False, sort_keys=True)
    table = table.replace_schema_metadata({PROVENANCE: text.encode()})
    buffer = io.BytesIO()
    pq.write_table(table, buffer, compression="zstd")
    write_whole(path, buffer.getvalue())


def read_draws(path: Path) -> tuple[dict[str, dict[str, Floats]], dict[str, object]]:
    """Read a Parquet file of :func:`write_draws`: the draws and their provenance.

    Raises
    ------
    DataError
        Not such a file.
    """
    try:
        table = pq.read_table(path)
    except (OSError, pa.ArrowException) as error:
        reason = f"must be a readable Parquet file ({type(error).__name__})"
        raise DataError(str(path), "file", path.name, reason) from None
    metadata = table.schema.metadata or {}
    if PROVENANCE not in metadata:
        rule = "must hold draws of estimate-world, and has no provenance"
        raise DataError(str(path), "metadata", "", rule)
    substance = np.array(table["substance"].to_pylist())
    names = [name for name in table.column_names if name not in ("substance", "draw")]
    values = {name: table[name].to_numpy() for name in names}
    draws = {
        str(item): {name: values[name][substance == item] for name in names}
        for item in dict.fromkeys(substance.tolist())
    }
    return draws, json.loads(metadata[PROVENANCE])


def csv_of(draws: Draws) -> str:
    """Return the same rows as CSV with six significant digits."""
    names = list(next(iter(draws.values())))
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(["substance", "draw", *names])
    for substance, columns in draws.items():
        for i in range(columns[names[0]].size):
            row = [f"{columns[name][i]:.{DIGITS}g}" for name in names]
            writer.writerow([substance, i, *row])
    return out.getvalue()


def write_whole(path: Path, content: bytes) -> None:
    """Write a file that appears whole or not at all."""
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=".tmp")
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
        Path(name).chmod(0o644)
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
