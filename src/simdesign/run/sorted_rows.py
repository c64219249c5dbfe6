"""Parts of a table in any order -> one sorted table without repeats, and its digest.

Text columns are kept as numbers of words until the end: they sort and compare like numbers.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from simdesign.run.schema import COLUMNS, KEY


@dataclass(frozen=True, slots=True, kw_only=True)
class CodedRows:
    """Rows whose text columns hold positions in sorted lists of words."""

    values: dict[str, np.ndarray]
    words: dict[str, tuple[str, ...]]

    def plain(self) -> dict[str, np.ndarray]:
        """Return the columns with their text."""
        return {
            name: np.array(self.words[name] or ("",))[values] if name in self.words else values
            for name, values in self.values.items()
        }

    def update(self, digest: Any, names: Sequence[str]) -> None:
        """Feed some columns to a digest.

        Little endian; one NaN and one zero; text as UTF-8, padded with zero bytes to the longest
        that occurs.
        """
        for name in names:
            values = self.values[name]
            digest.update(name.encode() + b"\0")
            if name in self.words:
                used = np.unique(values)
                spelt = np.zeros(len(self.words[name]), dtype=object)
                spelt[:] = [word.encode() for word in self.words[name]]
                width = max((len(spelt[code]) for code in used), default=1)
                digest.update(spelt.astype(f"S{max(width, 1)}")[values].tobytes())
                continue
            if values.dtype.kind == "f":
                values = np.where(np.isnan(values), np.nan, values) + 0.0
            little = values.dtype.newbyteorder("<")
            digest.update(np.ascontiguousarray(values.astype(little)).tobytes())


def coded(table: pa.Table) -> CodedRows:
    """Return the rows of an Arrow table."""
    values, words = {}, {}
    for name in table.column_names:
        column = table.column(name)
        if COLUMNS[name] != "str":
            values[name] = np.asarray(column.to_numpy())
            continue
        column = pa.chunked_array(column.chunks, column.type).unify_dictionaries().combine_chunks()
        if isinstance(column, pa.ChunkedArray):  # as older versions of Arrow return it
            column = column.chunk(0)
        found = column.dictionary.to_pylist()
        words[name] = tuple(sorted(found))
        place = {word: number for number, word in enumerate(words[name])}
        to = np.array([place[word] for word in found], dtype=np.int32)
        values[name] = to[column.indices.to_numpy(zero_copy_only=False)]
    return CodedRows(values=values, words=words)


def selected(
    rows: CodedRows,
    n_rep: int,
    cells: Sequence[tuple[str, str, str]] | None,
    replications: Collection[int] | None = None,
) -> CodedRows:
    """Return the rows of the first replications, and of some cells unless all are wanted.

    A cell is (substance, design, estimator). Of the first replications only some, if given.
    """
    use = rows.values["replication"] < n_rep
    if replications is not None:
        use &= np.isin(rows.values["replication"], list(replications))
    if cells is not None:
        mine = np.zeros(use.size, dtype=bool)
        for cell in cells:
            part = np.ones(use.size, dtype=bool)
            for name, word in zip(("substance", "design", "estimator"), cell, strict=True):
                known = word in rows.words[name]
                part &= rows.values[name] == (rows.words[name].index(word) if known else -1)
            mine |= part
        use &= mine
    if use.all():
        return rows
    return CodedRows(values={k: v[use] for k, v in rows.values.items()}, words=rows.words)


def joined(parts: Sequence[CodedRows], names: Sequence[str]) -> CodedRows:
    """Return all rows sorted by the key within a scenario, each once."""
    words = {
        name: tuple(sorted({word for part in parts for word in part.words[name]}))
        for name in names
        if COLUMNS[name] == "str"
    }
    if not parts:
        empty = {n: np.empty(0, dtype=np.int32 if n in words else COLUMNS[n]) for n in names}
        return CodedRows(values=empty, words=words)
    values = {}
    for name in names:
        pieces = [part.values[name] for part in parts]
        if name in words:
            place = {word: number for number, word in enumerate(words[name])}
            pieces = [
                np.array([place[w] for w in part.words[name]], dtype=np.int32)[piece]
                for part, piece in zip(parts, pieces, strict=True)
            ]
        values[name] = np.concatenate(pieces)
    address = np.zeros(values["replication"].size, dtype=np.int64)
    for name in KEY[1:]:
        column = values[name].astype(np.int64)
        address = address * (int(column.max(initial=0)) + 1) + column
    order = np.argsort(address, kind="stable")
    first = np.ones(order.size, dtype=bool)
    first[1:] = np.diff(address[order]) > 0
    order = order[first]
    for name in names:  # one by one: never two copies of everything
        values[name] = values[name][order]
    return CodedRows(values=values, words=words)
