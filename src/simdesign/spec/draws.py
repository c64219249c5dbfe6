"""A table of posterior draws of an estimated world: the joint design prior of a study.

A table has the columns ``substance``, ``draw`` and parameters of a substance by name; it is CSV or
Parquet. ``estimate = "NL"`` takes a shipped one, ``estimate = "folder/world.parquet"`` one of your
own, seen from the study file. What a world holds afterwards are the draws themselves
(:class:`~simdesign.spec.quantity.Draws`), so that neither results nor hashes depend on where the
file was. Rules and their reasons: docs/design_prior.md.
"""

import csv
import hashlib
import io
import math
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field

from simdesign.errors import SpecError
from simdesign.spec.base import Spec
from simdesign.spec.catalogue import SUBSTANCES
from simdesign.spec.quantity import Draws

SHIPPED = Path(__file__).parent / "catalogue" / "estimates"
"""Folder of the shipped estimates."""

_ANY, _SD = (-math.inf, math.inf, "must be a finite number"), (0.0, math.inf, "must be >= 0")
_SHARE = (0.0, 1.0, "must be in [0, 1]")
RANGES: dict[str, tuple[float, float, str]] = {
    "sigma_shared": _SD,
    "lab_share": _SHARE,
    "r_lab": _SHARE,
    "shared_weeks": (math.ulp(0.0), math.inf, "must be > 0"),
    "sigma_site": _SD,
    "day_sd": _SD,
    "day_rho": (math.nextafter(-1.0, 0.0), math.nextafter(1.0, 0.0), "must be in (-1, 1)"),
    "drift": _ANY,
    "sigma_rw": _SD,
    "sigma_rw_site": _SD,
    "season_amplitude": _SD,
    "season_peak": _ANY,
}
"""Parameters that a table may hold: smallest and largest value, and the rule in words."""
_KEYS = ("substance", "draw")


class Estimate(Spec):
    """Where the draws of a substance come from. It determines no number: the draws do."""

    name: str
    """Of the shipped estimate or of the file, without its folder."""
    sha256: str
    """Of the file's bytes."""
    n_draw: Annotated[int, Field(ge=1)]
    n_effective: Annotated[int, Field(ge=1)] | None = None
    """Independent draws that they are worth, for the parameter that is worth the fewest; None: the
    TOML file beside the table does not say."""
    fields: tuple[str, ...]
    """Parameters that are drawn from the table."""
    ignored: tuple[str, ...] = ()
    """Columns that are no parameters a world can draw."""
    provenance: dict[str, str] = {}
    """What the TOML file beside the table says of its making."""


class _Table:
    """Columns of a table as they were read, and where each row stands in the file."""

    def __init__(self, place: str, columns: Mapping[str, Sequence[Any]], first_row: int) -> None:
        self.place, self.columns, self._first = place, columns, first_row

    def error(self, row: int, column: str, value: object, rule: str) -> SpecError:
        """Return an error of one value; rows of a text file count its header."""
        return SpecError(f"{self.place}: row {row + self._first}: {column}", value, rule)


def with_draws(given: Mapping[str, Any], substance: str, folder: Path | None) -> dict[str, Any]:
    """Return the plain fields of a substance whose named estimate has become draws.

    Parameters
    ----------
    given : mapping
        As in a study file. A parameter given beside ``estimate`` wins over the draws.
    substance : str
    folder : Path or None
        Of the study file, from where a relative path is seen.

    Raises
    ------
    SpecError
        With the file, the row, the column, the value and the rule.
    """
    named = given.get("estimate")
    if named is False:
        return {**given, "estimate": None}
    if not isinstance(named, str):
        return dict(given)
    path = _path_of(named, substance, folder)
    draws, n_draw, ignored, digest = _read(path, substance)
    used = {name: values for name, values in draws.items() if name not in given}
    if not used:
        rule = "must leave a parameter to the draws: every column is given beside it"
        raise SpecError(f"substances.{substance}.estimate", named, rule)
    beside = _beside(path, digest)
    origin = Estimate(
        name=named if path.parent == SHIPPED else path.stem, sha256=digest, n_draw=n_draw,
        n_effective=_effective(beside, substance, used, n_draw),
        fields=tuple(used), ignored=ignored, provenance=_provenance(beside),
    )  # fmt: skip
    return {**given, **used, "estimate": origin}


def without_origins(world: Mapping[str, Any]) -> dict[str, Any]:
    """Return the plain data of a world without what says where draws come from.

    What is left determines numbers and is hashed: a table that is moved, renamed or described
    anew changes nothing.
    """
    substances = {
        name: {key: item for key, item in fields.items() if key != "estimate"}
        for name, fields in world["substances"].items()
    }
    return {**world, "substances": substances}


def shipped_estimates() -> tuple[str, ...]:
    """Return the names of the shipped estimates."""
    return tuple(sorted(path.stem for path in SHIPPED.glob("*.csv")))


def _path_of(named: str, substance: str, folder: Path | None) -> Path:
    field, known = f"substances.{substance}.estimate", shipped_estimates()
    if named in known:
        return SHIPPED / f"{named}.csv"
    path = Path(named)
    shipped = f"a shipped estimate ({', '.join(known) or 'there is none'})"
    if not path.is_absolute():
        if folder is None:
            rule = f"must be {shipped} or an absolute path: there is no file to see it from"
            raise SpecError(field, named, rule)
        path = folder / path
    if path.suffix == ".toml":  # a world file: its draws lie beside it
        beside = [path.with_suffix(end) for end in (".parquet", ".csv")]
        path = next((item for item in beside if item.is_file()), beside[0])
    if path.suffix not in (".csv", ".parquet"):
        raise SpecError(field, named, f"must be {shipped} or a .csv, .parquet or .toml file")
    if not path.is_file():
        raise SpecError(field, named, f"must be {shipped} or an existing file ({path})")
    return path


def _read(
    path: Path, substance: str
) -> tuple[dict[str, Draws], int, tuple[str, ...], str]:  # fmt: skip
    """Return a substance's draws by parameter, their number, ignored columns and the checksum."""
    try:
        content = path.read_bytes()
    except OSError as error:
        raise SpecError(path.name, error.strerror, "must be readable") from None
    table = _parquet(path, content) if path.suffix == ".parquet" else _csv(path, content)
    rows = _rows_of(table)
    if not rows:
        raise SpecError(path.name, 0, "must hold draws: it has no row below its columns")
    if substance not in rows:
        raise SpecError(
            f"{path.name}: substance", substance, f"must be in the table: {', '.join(rows)}"
        )
    numbers = sorted(rows[substance])
    _check_same_draws(table, rows)
    found = {}
    for name in RANGES:
        if name in table.columns:
            values = _values(table, name, [rows[substance][number] for number in numbers])
            if values:
                found[name] = Draws(values=values)
    if not found:
        rule = f"must have a column of {', '.join(RANGES)}"
        raise SpecError(path.name, list(table.columns), rule)
    ignored = tuple(name for name in table.columns if name not in RANGES and name not in _KEYS)
    return found, len(numbers), ignored, hashlib.sha256(content).hexdigest()


def _csv(path: Path, content: bytes) -> _Table:
    try:
        reader = csv.reader(io.StringIO(content.decode("utf-8-sig"), newline=""), strict=True)
        lines = [(reader.line_num, line) for line in reader]
    except (UnicodeDecodeError, csv.Error) as error:
        raise SpecError(path.name, str(error), "must be a table of comma-separated text") from None
    names = [name.strip() for name in lines[0][1]] if lines else []
    _check_columns(path, names)
    for row, line in lines[1:]:
        if len(line) != len(names):
            raise SpecError(f"{path.name}: row {row}", len(line), f"must have {len(names)} fields")
    columns = {name: [line[n].strip() for _, line in lines[1:]] for n, name in enumerate(names)}
    return _Table(path.name, columns, 2)


def _parquet(path: Path, content: bytes) -> _Table:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        table = pq.read_table(pa.BufferReader(content))
    except (OSError, pa.ArrowException):
        raise SpecError(path.name, f"{len(content)} bytes", "must be a Parquet table") from None
    _check_columns(path, table.column_names)
    for name in RANGES:
        if name in table.column_names:
            kind = table.schema.field(name).type
            if not (pa.types.is_floating(kind) or pa.types.is_integer(kind)):
                raise SpecError(f"{path.name}: {name}", str(kind), "must be a column of numbers")
    return _Table(path.name, {name: table[name].to_pylist() for name in table.column_names}, 1)


def _check_columns(path: Path, names: Sequence[str]) -> None:
    for name in _KEYS:
        if name not in names:
            raise SpecError(path.name, list(names), f"must have the column {name!r}")
    for name in names:
        if names.count(name) > 1:
            raise SpecError(path.name, name, "must have every column once")


def _rows_of(table: _Table) -> dict[str, dict[int, int]]:
    """Return substance -> number of a draw -> its row."""
    found: dict[str, dict[int, int]] = {}
    names, numbers = (table.columns[name] for name in _KEYS)
    for row, (name, given) in enumerate(zip(names, numbers, strict=True)):
        if name not in SUBSTANCES:
            raise table.error(row, "substance", name, f"must be one of {', '.join(SUBSTANCES)}")
        try:
            number = int(given)
            if isinstance(given, float) and number != given:
                raise ValueError
        except (TypeError, ValueError, OverflowError):
            raise table.error(row, "draw", given, "must be a whole number") from None
        own = found.setdefault(name, {})
        if number in own:
            raise table.error(row, "draw", number, f"must be there once for {name}")
        own[number] = row
    return found


def _check_same_draws(table: _Table, rows: Mapping[str, Mapping[int, int]]) -> None:
    """Refuse substances with different draws: one draw is one state of all of them."""
    first = next(iter(rows))
    for name, own in rows.items():
        for number in sorted(own.keys() ^ rows[first].keys()):
            other = first if number in own else name
            row = own.get(number, rows[first].get(number, 0))
            rule = f"must be there for every substance: {other} has no such draw"
            raise table.error(row, "draw", number, rule)


def _values(table: _Table, name: str, rows: Sequence[int]) -> tuple[float, ...]:
    """Return a column of one substance; nothing when all of it is empty."""
    given = [table.columns[name][row] for row in rows]
    if all(value in ("", None) for value in given):
        return ()
    least, greatest, rule = RANGES[name]
    found = []
    for row, value in zip(rows, given, strict=True):
        if value in ("", None):
            raise table.error(
                row, name, value, "must be there for every draw of a substance or none"
            )
        try:
            number = float(value)
        except ValueError:
            raise table.error(row, name, value, "must be a number") from None
        if not math.isfinite(number):
            raise table.error(row, name, value, "must be finite")
        if not least <= number <= greatest:
            raise table.error(row, name, number, rule)
        found.append(number)
    return tuple(found)


def _beside(path: Path, digest: str) -> dict[str, Any]:
    """Return the TOML file beside a table; empty without one.

    Raises
    ------
    SpecError
        When it cannot be read, or says that it belongs to another table.
    """
    beside = path.with_suffix(".toml")
    if not beside.is_file():
        return {}
    try:
        content = tomllib.loads(beside.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise SpecError(beside.name, str(error), "must be a readable TOML file") from None
    said = _provenance(content).get("draws_sha256", digest)
    if said != digest:
        rule = f"must be the checksum of {path.name}, which is {digest}"
        raise SpecError(f"{beside.name}: draws_sha256", said, rule)
    return content


def _provenance(content: Mapping[str, Any]) -> dict[str, str]:
    """Return the entries of ``[provenance]``, or all without such a table."""
    table = content.get("provenance", content)
    table = table if isinstance(table, dict) else {}
    return {key: str(value) for key, value in table.items() if not isinstance(value, dict | list)}


def _effective(
    content: Mapping[str, Any], substance: str, fields: Iterable[str], n_draw: int
) -> int | None:
    """Return the smallest ``ess`` of ``[posterior.SUBSTANCE.PARAMETER]``; None where none is."""
    found = []
    for name in fields:
        table: Any = content
        for key in ("posterior", substance, name, "ess"):
            table = table.get(key) if isinstance(table, dict) else None
        if isinstance(table, int | float) and math.isfinite(table):
            found.append(float(table))
    return max(1, min(n_draw, int(min(found)))) if found else None
