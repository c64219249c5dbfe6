"""What a reader hands on: one row per site, substance and day, and what happened on the way."""

import datetime as dt
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from typing import NamedTuple

import numpy as np

from simdesign.data.names import SUBSTANCES, country_code, substance_name
from simdesign.errors import DataError
from simdesign.records import Bools, Floats, Ints
from simdesign.units import day_of

DEFAULT_POPULATION = 200_000.0
"""Inhabitants of a site without a population: the median of the release's sites. It enters the
plugged-in count noise only."""


def _none() -> Ints:
    return np.zeros(0, dtype=np.int64)


class Tally(NamedTuple):
    """What is counted while a file is read; an empty country or substance means any."""

    kind: str  # "excluded" or "flagged"
    what: str
    country: str = ""
    substance: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadReport:
    """What was read, left out and noticed. Every exclusion is counted under its reason."""

    file: str
    sha256: str
    layout: str  # "release" or "tidy"
    n_rows: int  # rows below the header, blank ones too
    counts: Mapping[Tally, int] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    n_read: int = 0
    """Rows that were used. Before a selection ``n_read + sum(excluded.values()) == n_rows``."""

    @property
    def excluded(self) -> dict[str, int]:
        """What was left out: reason -> how many."""
        return self._sum("excluded")

    @property
    def flagged(self) -> dict[str, int]:
        """What was kept although it is remarkable: what -> how many."""
        return self._sum("flagged")

    def _sum(self, kind: str) -> dict[str, int]:
        total: dict[str, int] = {}
        for tally, n in self.counts.items():
            if tally.kind == kind:
                total[tally.what] = total.get(tally.what, 0) + n
        return total

    def of(self, country: str | None, substance: str | None) -> "ReadReport":
        """Return the counts of one country and substance only."""
        kept = {
            tally: n
            for tally, n in self.counts.items()
            if (country is None or tally.country in ("", country))
            and (substance is None or tally.substance in ("", substance))
        }
        return replace(self, counts=kept)

    def lines(self) -> list[str]:
        """Return the report as sentences."""
        left_out = [f"left out: {reason}: {n}" for reason, n in self.excluded.items() if n]
        noticed = [f"kept, but noticed: {what}: {n}" for what, n in self.flagged.items() if n]
        return [*left_out, *noticed, *self.notes]


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadTable:
    """Daily loads in long form, sorted by site, substance and day; ``i`` is one such day."""

    sites: tuple[str, ...]
    countries: tuple[str, ...]  # of each site; "" when the file names none
    population: Floats  # (s,) inhabitants
    site: Ints  # (i,) index into sites
    substance: Ints  # (i,) index into SUBSTANCES
    day: Ints  # (i,)
    load: Floats  # (i,) mg/(1000 inh d); NaN = no sample; the LOQ where censored, if it is known
    censored: Bools  # (i,) below the LOQ
    loq_known: Bools  # (i,) the load of a censored day is its LOQ
    assumed_dates: bool
    """The file prints no dates: every campaign stands in the week that contains 15 March."""
    report: ReadReport
    n_days: Ints = field(
        default_factory=_none
    )  # (i,) days that the measured mean covers; 1 = daily
    labs: tuple[str, ...] = ()
    lab: Ints = field(default_factory=_none)  # (i,) index into labs; -1 = not stated

    def __post_init__(self) -> None:
        for name, usual in (("n_days", 1), ("lab", -1)):
            if getattr(self, name).size != self.day.size:  # not given
                object.__setattr__(self, name, np.full(self.day.size, usual, dtype=np.int64))

    @property
    def measured(self) -> Bools:
        """Days with a sample, quantified or below the LOQ, shape (i,)."""
        return np.asarray(~np.isnan(self.load) | self.censored)

    def select(
        self,
        *,
        country: str | None = None,
        substance: str | None = None,
        from_year: int | None = None,
        sites: Collection[str] | None = None,
    ) -> "LoadTable":
        """Return the rows of a country and a substance from a year on, at some or all sites.

        Sites without rows go.

        Raises
        ------
        DataError
            An unknown name, or nothing left.
        """
        keep = np.ones(self.day.size, dtype=bool)
        if country is not None:
            country = self._known_country(country)
            keep &= np.array([c == country for c in self.countries])[self.site]
        if substance is not None:
            substance = self._known_substance(substance)
            keep &= self.substance == SUBSTANCES.index(substance)
        if sites is not None:
            keep &= np.array([name in sites for name in self.sites])[self.site]
        report = self.report.of(country, substance)
        if from_year is not None:
            early = keep & (self.day < day_of(dt.date(from_year, 1, 1)))
            keep &= ~early
            what = Tally("excluded", f"measured days before {from_year}")
            n_early = int((early & self.measured).sum())
            report = replace(report, counts={**report.counts, what: n_early})
        if not (keep & self.measured).any():
            wanted = {"country": country, "substance": substance, "from": from_year}
            given = ", ".join(f"{k} {v}" for k, v in wanted.items() if v is not None)
            raise DataError(
                self.report.file, "rows", 0, f"must be left by the selection ({given or 'all'})"
            )
        return self._kept(keep, report)

    def without_days(self, days: Ints) -> "LoadTable":
        """Return the rows of all other days; sites without rows go."""
        return self._kept(~np.isin(self.day, days), self.report)

    def _kept(self, keep: Bools, report: ReadReport) -> "LoadTable":
        used = np.unique(self.site[keep])
        place = np.full(len(self.sites), -1)
        place[used] = np.arange(used.size)
        return replace(
            self,
            sites=tuple(self.sites[s] for s in used),
            countries=tuple(self.countries[s] for s in used),
            population=self.population[used],
            site=place[self.site[keep]],
            substance=self.substance[keep],
            day=self.day[keep],
            load=self.load[keep],
            censored=self.censored[keep],
            loq_known=self.loq_known[keep],
            report=report,
            n_days=self.n_days[keep],
            lab=self.lab[keep],
        )

    def _known_country(self, text: str) -> str:
        code = country_code(text)
        known = sorted({c for c in self.countries if c})
        if not known:
            raise DataError(self.report.file, "country", text, "cannot be chosen: none in the file")
        if code not in known:
            raise DataError(self.report.file, "country", text, f"must be one of {', '.join(known)}")
        return code

    def _known_substance(self, text: str) -> str:
        name = substance_name(text)
        known = [SUBSTANCES[u] for u in np.unique(self.substance)]
        if name not in known:
            raise DataError(
                self.report.file, "substance", text, f"must be one of {', '.join(known)}"
            )
        return str(name)
