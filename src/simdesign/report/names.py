"""Names of designs, estimators, scenarios and levels as a reader would say them."""

import math
from collections.abc import Mapping, Sequence

from simdesign.report.design_words import Speech, names_of
from simdesign.report.estimator_words import estimator_names as estimator_names
from simdesign.report.numbers import NARROW, general, percent
from simdesign.report.texts import Texts
from simdesign.spec.departures import DEFAULT, DEPARTURE
from simdesign.spec.study import Study

_SHARES = (
    "lab_share", "r_lab", "share_of_years", "sigma_site", "sigma_rw", "sigma_rw_site", "drift",
    "season_amplitude",
)  # fmt: skip
"""Factors that are said in per cent: shares, and standard deviations of logarithms."""


def design_names(study: Study, texts: Texts) -> dict[str, str]:
    """Return a readable name of every design, no two equal."""
    n_site = len(study.world.catchments)
    return names_of(study, Speech(texts=texts, n_site=n_site))


def short_names(study: Study, texts: Texts) -> dict[str, str]:
    """Return a name of every design that fits beside a line of a figure."""
    n_site = len(study.world.catchments)
    return names_of(study, Speech(texts=texts, short=True, n_site=n_site))


def departure_name(name: str, texts: Texts) -> str:
    """Return what a departure is in words; a name of the study's own without its underscores."""
    key = f"departure_names.{name}"
    return texts(key) if texts.has(key) else name.replace("_", " ")


def level(sigma: float, texts: Texts) -> str:
    """Return a shared error in per cent: an SD of logs of 0.06 is about 6 %."""
    return percent(sigma, texts.lang) if math.isfinite(sigma) else texts("verdict.fixed_level")


def at_level(sigma: float, texts: Texts) -> str:
    """Return a shared error as a title, or that of worlds without levels of it."""
    if not math.isfinite(sigma):
        return texts("figures.panel_fixed")
    return texts("figures.panel_plain", level=level(sigma, texts))


def level_cells(sigma: float, texts: Texts) -> tuple[str, ...]:
    """Return the cell of a table that says the level; none in worlds without levels."""
    return (level(sigma, texts),) if math.isfinite(sigma) else ()


def level_heads(levels: Sequence[float], texts: Texts) -> tuple[str, ...]:
    """Return the head over such cells."""
    return (texts("tables.shared"),) if any(map(math.isfinite, levels)) else ()


def moves(yearly: float, texts: Texts) -> str:
    """Return a change of slope as a verb: rises by 2 % a year more than before."""
    key = "frequency.rises" if yearly > 0 else "frequency.falls"
    return texts(key, yearly=percent(abs(yearly), texts.lang))


def size(change: float, texts: Texts) -> str:
    """Return the size of a change with its sign."""
    return percent(change, texts.lang, sign=True)


def change_name(change: float, texts: Texts, yearly: float = math.nan) -> str:
    """Return a change in words: its size, or a change of slope by the year and by its size."""
    if not math.isfinite(yearly):
        return size(change, texts)
    return texts("tables.slope", yearly=size(yearly, texts), size=size(change, texts))


def cell_world(study: Study, cell: Mapping[str, float | str], texts: Texts) -> str:
    """Return the factor levels of a cell, whose keys are the last words of their paths."""
    return world(_by_path(study, cell), texts)


def shown_world(study: Study, cell: Mapping[str, float | str], texts: Texts) -> str:
    """Return the worlds of a cell as a noun: worlds in which a season wanders by 15 days."""
    levels = _by_path(study, cell)
    default = levels.pop(DEPARTURE, None)
    parts = _said(levels, texts, "where_factors")
    if default is None:
        return texts("where_factors.worlds", parts=texts.all_of(parts))
    first = world({DEPARTURE: default}, texts)
    if not parts:
        return first
    return texts("where_factors.worlds_of", world=first, parts=texts.all_of(parts))


def _by_path(study: Study, cell: Mapping[str, float | str]) -> dict[str, float | str]:
    grids = [study.factors, *(size.factors for size in study.sizes.values() if size.factors)]
    paths = {path.split(".")[-1]: path for grid in grids for path in grid}
    paths[DEPARTURE.split(".")[-1]] = DEPARTURE
    return {paths.get(name, name): value for name, value in cell.items()}


def world(levels: Mapping[str, float | str], texts: Texts) -> str:
    """Return the factor levels of a world, without the shared error."""
    return ", ".join(_said(levels, texts, "factors"))


def _said(levels: Mapping[str, float | str], texts: Texts, section: str) -> list[str]:
    """Return every level of a factor but the shared error in the words of a section."""
    said = []
    idle = any(path.endswith(".lab_share") and value == 0.0 for path, value in levels.items())
    for path, value in sorted(levels.items()):
        name = factor_name(path, texts)
        if name == "sigma_shared" or (idle and name == "r_lab" and section != "factors"):
            continue  # of an error that a laboratory has no part in, nothing lasts its year
        if path == DEPARTURE:
            key = "departure_default" if value == DEFAULT else "departure"
            said.append(texts(f"factors.{key}", value=departure_name(str(value), texts)))
            continue
        key = f"{section}.{name}"
        end = {0.0: "_none", 1.0: "_all"}.get(value, "") if isinstance(value, float) else ""
        key = f"{key}{end}" if texts.has(f"{key}{end}") else key
        text = factor_value(name, value, texts)
        said.append(
            texts(key, value=text)
            if texts.has(key)
            else texts(f"{section}.other", name=name, value=text)
        )
    return said


def factor_name(path: str, texts: Texts) -> str:
    """Return the last word of a factor's path, or the last two: a season drifts, too."""
    longer = "_".join(path.split(".")[-2:])
    return longer if texts.has(f"factors.{longer}") else path.split(".")[-1]


def factor_value(name: str, value: float | str, texts: Texts) -> str:
    """Return a level of a factor: in per cent where it is a share or an SD of logarithms."""
    if isinstance(value, str):
        return _switch(value, texts)
    if name in _SHARES:
        return f"{general(100.0 * value, texts.lang)}{NARROW}%"
    return general(value, texts.lang)


def _switch(value: str, texts: Texts) -> str:
    """Return a level that is no number: an optional term that is off, on, or a text or table."""
    if value == "False":
        return texts("factors.off")
    return texts("factors.on") if value in ("True", "{}") else value
