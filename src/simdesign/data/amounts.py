"""One row of a tidy file -> its load: from a load, or from concentration, flow and population."""

import math
from typing import NamedTuple

from simdesign.data.cells import MISSING, flag, limited, number, plausible
from simdesign.errors import DataError
from simdesign.units import load_mg_per_day, milligrams, norm_load

AGREEMENT = 0.02
"""Relative difference up to which two statements of one value agree: rounding, no more."""
PER_1000 = frozenset(
    {"mg/1000inh/d", "mg/d/1000inh", "mg/1000inhd", "mg/d1000inh", "ug/inh/d", "ug/d/inh"}
)
TOTALS = frozenset({"mg/d", "g/d"})
CONCENTRATIONS = frozenset({"ng/l", "ug/l", "mg/l", "ng/ml", "ug/ml", "pg/ml"})
_SAME = (("µ", "u"), ("μ", "u"), ("inhabitants", "inh"), ("inhabitant", "inh"), ("people", "inh"),
         ("persons", "inh"), ("person", "inh"), ("capita", "inh"), ("cap", "inh"), ("inh.", "inh"),
         ("day", "d"), ("1000p/", "1000inh/"))  # fmt: skip


class Amount(NamedTuple):
    """What a row says about its load."""

    load: float  # mg/(1000 inh d); NaN = no sample; the LOQ where censored, 0 if it is not known
    censored: bool
    computed: bool
    """From concentration, flow and population."""


def unit_key(text: str) -> str:
    """Return a unit without spaces, brackets and dots, in the words of the tables above."""
    key = "".join(ch for ch in text.casefold() if ch not in " ()[]*·_")
    for old, new in _SAME:
        key = key.replace(old, new)
    return key


def amount(source: str, row: int, cells: dict[str, str], population: float) -> Amount:
    """Return the load of a row.

    Parameters
    ----------
    source : str
    row : int
        Row number.
    cells : dict
        Field -> text; absent fields are absent columns.
    population : float
        Inhabitants; NaN where the file has none.

    Raises
    ------
    DataError
        Missing parts, a concentration that is called a load, or statements that disagree.
    """
    factor = _to_norm_load(source, row, cells.get("unit", ""), population)
    printed, printed_below = limited(source, row, "load", cells.get("load", ""))
    printed = plausible(source, row, "load", cells.get("load", ""), printed * factor)
    computed, computed_below = _from_concentration(source, row, cells, population)
    if not math.isnan(printed) and not math.isnan(computed):
        _must_agree(source, row, cells, printed, computed)
    use_computed = math.isnan(printed)
    value = computed if use_computed else printed
    from_parts = not math.isnan(computed) and use_computed
    below = printed_below or computed_below
    limit = _limit(source, row, cells, population, factor)
    flagged = flag(source, row, "censored", cells.get("censored", ""))
    denied = bool(cells.get("censored", "")) and not flagged
    given = "concentration" if use_computed and "concentration" in cells else "load"
    text = cells.get(given, "")
    if below and denied:
        raise DataError(source, "censored", cells["censored"], f"must not deny {text!r}", row)
    if below and not math.isnan(limit) and abs(limit - value) > AGREEMENT * limit:
        raise DataError(source, given, text, f"must name the LOQ of its row ({limit:.4g})", row)
    if flagged and math.isnan(value):
        if math.isnan(limit):
            raise DataError(source, given, text, "must be the LOQ where censored", row)
        value = limit
    if math.isnan(value):
        return Amount(math.nan, False, False)
    if not math.isnan(limit) and not below:
        if flagged and value > limit * (1.0 + AGREEMENT):
            rule = f"must not lie above its LOQ ({limit:.4g}) where censored"
            raise DataError(source, given, text, rule, row)
        if denied and value < limit:
            rule = f"must not lie below its LOQ ({limit:.4g}) unless censored"
            raise DataError(source, given, text, rule, row)
        if flagged or value < limit:
            return Amount(limit, True, from_parts)
    below = below or flagged
    if value == 0.0 and not below:
        rule = "must be > 0, or censored (then the LOQ, or 0 where that is not known)"
        raise DataError(source, given, text, rule, row)
    return Amount(value, below, from_parts)


def _to_norm_load(source: str, row: int, unit: str, population: float) -> float:
    """Return the factor from a load's unit to mg/(1000 inh d)."""
    key = unit_key(unit)
    if key in MISSING or key in PER_1000:
        return 1.0
    if key in CONCENTRATIONS:
        rule = (
            "must be the unit of a load: a concentration belongs in the column concentration "
            "(ng/L), beside flow (m3/d) and population"
        )
        raise DataError(source, "unit", unit, rule, row)
    if key not in TOTALS:
        rule = "must be mg/1000inh/d, ug/inh/d, mg/d or g/d"
        raise DataError(source, "unit", unit, rule, row)
    if math.isnan(population):
        raise DataError(source, "unit", unit, "needs a column population", row)
    return norm_load(milligrams(1.0) if key == "g/d" else 1.0, population)


def _from_concentration(
    source: str, row: int, cells: dict[str, str], population: float
) -> tuple[float, bool]:
    """Return the load of a concentration [ng/L] and a flow [m3/d], or NaN."""
    text = cells.get("concentration", "")
    value, below = limited(source, row, "concentration", text)
    if math.isnan(value):
        return math.nan, False
    computed = norm_load(load_mg_per_day(value, _flow(source, row, cells)), population)
    return plausible(source, row, "concentration", text, computed), below


def _flow(source: str, row: int, cells: dict[str, str]) -> float:
    flow = number(source, row, "flow", cells.get("flow", ""))
    if not flow > 0.0:
        raise DataError(
            source, "flow", cells.get("flow", ""), "must be > 0 m3/d beside a concentration", row
        )
    return flow


def _must_agree(
    source: str, row: int, cells: dict[str, str], printed: float, computed: float
) -> None:
    if abs(printed - computed) <= AGREEMENT * max(printed, computed):
        return
    rule = (
        f"must be concentration x flow / population = {computed:.4g} mg/(1000 inh d) within "
        f"{AGREEMENT:.0%}"
    )
    if cells["load"] == cells["concentration"]:
        rule += " (it repeats the concentration)"
    raise DataError(source, "load", cells["load"], rule, row)


def _limit(source: str, row: int, cells: dict[str, str], population: float, factor: float) -> float:
    """Return the LOQ as a load, or NaN."""
    limit = number(source, row, "loq", cells.get("loq", "")) * factor
    as_concentration = number(source, row, "loq_concentration", cells.get("loqconcentration", ""))
    if not math.isnan(as_concentration):
        flow = _flow(source, row, cells)
        computed = norm_load(load_mg_per_day(as_concentration, flow), population)
        if not math.isnan(limit) and abs(limit - computed) > AGREEMENT * max(limit, computed):
            rule = f"must be loq_concentration x flow / population = {computed:.4g}"
            raise DataError(source, "loq", cells["loq"], rule, row)
        limit = computed
    if limit <= 0.0:
        text = cells.get("loq", "") or cells.get("loqconcentration", "")
        raise DataError(source, "loq", text, "must be > 0, or blank where it is not known", row)
    return limit
