"""A release -> the real panel: which sites, years and days a world is asked to simulate."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from simdesign.data import LoadTable, read, to_observations
from simdesign.errors import DataError
from simdesign.records import Observations
from simdesign.studies.validation.weeks import Weeks

HOME = "NL"
"""The country that the catalogue's world describes: it is judged alone, all others together."""
FEWEST_SITES = 3
"""Sites with a complete week that a group must have for every substance."""
_YEARS = (1990, 2100)


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Countries that are judged together."""

    name: str
    countries: tuple[str, ...]

    @property
    def home(self) -> bool:
        """Whether this is the country whose data set the catalogue's parameters."""
        return self.countries == (HOME,)


@dataclass(frozen=True, slots=True, kw_only=True)
class Panel:
    """Real weeks: observations of every country, all on the same substances."""

    file: str
    sha256: str
    notes: tuple[str, ...]
    substances: tuple[str, ...]
    groups: tuple[Group, ...]
    countries: dict[str, Observations]

    def weeks(self, group: Group, replication: int = 0) -> dict[str, Weeks]:
        """Return the weeks of a group for every substance, with the same rows."""
        return weeks_of(self.countries, group, replication)


def weeks_of(
    countries: dict[str, Observations], group: Group, replication: int = 0
) -> dict[str, Weeks]:
    """Return the weeks of a group of countries: substance -> weeks, with the same rows."""
    parts = [countries[name] for name in group.countries]
    return {name: Weeks.of(parts, u, replication) for u, name in enumerate(parts[0].substances)}


def real_panel(
    file: str | Path,
    *,
    sites: str | Path | None = None,
    countries: Sequence[str] = (HOME,),
    substances: Sequence[str],
    from_year: int = 2017,
) -> Panel:
    """Read the panel of some countries and substances from a release.

    Raises
    ------
    DataError
        A mistake in the file, an unknown country or substance, too few sites.
    """
    if not _YEARS[0] <= from_year <= _YEARS[1]:
        rule = f"must be a year from {_YEARS[0]} to {_YEARS[1]}"
        raise DataError("command line", "--from", from_year, rule)
    for option, names in (("--countries", countries), ("--substances", substances)):
        if not names or len(set(names)) < len(names):
            rule = "must name at least one, each once"
            raise DataError("command line", option, ",".join(names), rule)
    table = read(file, sites)
    if not table.assumed_dates:
        rule = "must be a release: one week a year, Wednesday to Tuesday, without dates"
        raise DataError(table.report.file, "layout", table.report.layout, rule)
    for name in substances:
        table.select(substance=name)  # refuses an unknown one, with the names that there are
    parts = {name: table.select(country=name, from_year=from_year) for name in countries}
    known = {part.countries[0]: _observed(part, name, substances) for name, part in parts.items()}
    groups = tuple(_groups(known))
    panel = Panel(
        file=table.report.file,
        sha256=table.report.sha256,
        notes=table.report.notes,
        substances=tuple(substances),
        groups=groups,
        countries=known,
    )
    for group in groups:
        _check_size(panel, group)
    return panel


def _observed(part: LoadTable, country: str, substances: Sequence[str]) -> Observations:
    try:
        return to_observations(part, substances)
    except DataError as error:
        rule = f"must be some for {', '.join(substances)} in {country}"
        raise DataError(error.source, "loads", 0, rule) from None


def _groups(countries: Iterable[str]) -> Iterable[Group]:
    others = tuple(name for name in countries if name != HOME)
    if HOME in countries:
        yield Group(name=HOME, countries=(HOME,))
    if others:
        yield Group(name="+".join(others), countries=others)


def _check_size(panel: Panel, group: Group) -> None:
    for name, weeks in panel.weeks(group).items():
        n = int(np.unique(weeks.site[weeks.complete]).size)
        if n < FEWEST_SITES:
            rule = f"must be at least {FEWEST_SITES} for {name} in {group.name}"
            raise DataError(panel.file, "sites with a complete week", n, rule)
