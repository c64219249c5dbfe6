"""Recognises a file by its columns and reads it."""

from pathlib import Path

from simdesign.data.euda import read_euda
from simdesign.data.names import WEEK
from simdesign.data.source import read_source
from simdesign.data.table import LoadTable
from simdesign.data.tidy import read_tidy
from simdesign.errors import DataError


def read(path: str | Path, sites: str | Path | None = None) -> LoadTable:
    """Read a release or a tidy file.

    Parameters
    ----------
    path : path
        The data file.
    sites : path, optional
        Site table of a release; a tidy file carries its own populations.

    Raises
    ------
    DataError
        With file, row (the header is row 1), field, value and rule.
    """
    source = read_source(path)
    if "city" in source.header or any(day in source.header for day in WEEK):
        return read_euda(source, sites)
    if "site" in source.header or "load" in source.header:
        if sites is not None:
            raise DataError(str(sites), "file", "given", "is not used: a tidy file has populations")
        return read_tidy(source)
    rule = (
        "must be those of the EUDA release (Year, Metabolite, Country, City, Wednesday ... Tuesday)"
        " or of a tidy file (site, date, substance, load, population)"
    )
    raise DataError(source.name, "columns", ", ".join(source.header)[:80], rule, 1)
