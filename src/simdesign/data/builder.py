"""Collects days while a file is read, and turns them into a `LoadTable`."""

from dataclasses import dataclass, field

import numpy as np

from simdesign.data.names import SUBSTANCES
from simdesign.data.table import LoadTable, ReadReport

type Site = tuple[str, str]
"""(country, city as printed)."""


@dataclass(slots=True)
class DayCollector:
    """Grows while rows are read; `table` closes it."""

    site_number: dict[Site, int] = field(default_factory=dict)
    """Site -> index, in order of appearance."""
    lab_number: dict[str, int] = field(default_factory=dict)
    rows: list[tuple[int, int, int, float, bool, bool, int, int]] = field(default_factory=list)

    def add(
        self,
        site: Site,
        substance: str,
        day: int,
        load: float,
        censored: bool = False,
        loq_known: bool = False,
        n_days: int = 1,
        lab: str = "",
    ) -> None:
        """Add one day of one site and substance."""
        s = self.site_number.setdefault(site, len(self.site_number))
        u = SUBSTANCES.index(substance)
        place = self.lab_number.setdefault(lab, len(self.lab_number)) if lab else -1
        self.rows.append((s, u, day, load, censored, loq_known, n_days, place))

    def table(
        self, population: dict[Site, float], *, assumed_dates: bool, report: ReadReport
    ) -> LoadTable:
        """Return the sorted table; ``population`` has every site."""
        ordered = sorted(self.site_number)
        place = np.empty(len(ordered), dtype=np.int64)
        for new, key in enumerate(ordered):
            place[self.site_number[key]] = new
        columns = list(zip(*self.rows, strict=True))
        site = place[np.array(columns[0], dtype=np.int64)]
        substance, day = np.array(columns[1], dtype=np.int64), np.array(columns[2], dtype=np.int64)
        order = np.lexsort((day, substance, site))
        return LoadTable(
            sites=tuple(city for _, city in ordered),
            countries=tuple(country for country, _ in ordered),
            population=np.array([population[key] for key in ordered]),
            site=site[order],
            substance=substance[order],
            day=day[order],
            load=np.array(columns[3], dtype=float)[order],
            censored=np.array(columns[4], dtype=bool)[order],
            loq_known=np.array(columns[5], dtype=bool)[order],
            assumed_dates=assumed_dates,
            report=report,
            n_days=np.array(columns[6], dtype=np.int64)[order],
            labs=tuple(self.lab_number),
            lab=np.array(columns[7], dtype=np.int64)[order],
        )
