"""Recognises a file by its columns and reads it."""

from pathlib import Path

import numpy as np

from simdesign.data.euda import read_euda
from simdesign.data.names import SUBSTANCES, WEEK
from simdesign.data.source import read_source
from simdesign.data.table import LoadTable
from simdesign.data.tidy import read_tidy
from simdesign.errors import DataError

MOST_USUAL_LOAD = 10_000.0
"""mg/(1000 inh d): the median of a substance in a file is not larger. The largest median of a
week in the 2025 release, of any substance and city, is 2,961."""


def read(path: str | Path, sites: str | Path | None = None) -> LoadTable:
    """Read a release or a tidy file, as text or Parquet.

    Parameters
    ----------
    path : path
        The data file.
    sites : path, optional
        Site table with populations, for a release or a tidy file without that column.

    Raises
    ------
    DataError
        With file, row (the header is row 1), field, value and rule.
    """
    source = read_source(path)
    if any(day in source.header for day in WEEK):
        return _plausible(read_euda(source, sites))
    if any(name in source.header for name in ("site", "load", "concentration")):
        return _plausible(read_tidy(source, sites))
    if "city" in source.header:
        return _plausible(read_euda(source, sites))
    rule = (
        "must be those of the EUDA release (Year, Metabolite, Country, City, Wednesday ... Tuesday)"
        " or of a tidy file (site, date, substance, load, population)"
    )
    raise DataError(source.name, "columns", ", ".join(source.header)[:80], rule, 1)


def _plausible(table: LoadTable) -> LoadTable:
    """Refuse a file whose usual load of a substance is one that no city has."""
    for u in np.unique(table.substance):
        mine = (table.substance == u) & table.measured & ~table.censored
        usual = float(np.median(table.load[mine])) if mine.any() else 0.0
        if usual > MOST_USUAL_LOAD:
            rule = (
                f"must be in mg/(1000 inh d), where half of the {SUBSTANCES[u]} days above "
                f"{MOST_USUAL_LOAD:,.0f} cannot be; are these ng/L (a concentration) or mg/d?"
            )
            raise DataError(table.report.file, "load", f"median {usual:.4g}", rule)
    return table
