"""One thing in a file that somebody should look at."""

from dataclasses import dataclass

from simdesign.data.names import SUBSTANCES
from simdesign.data.table import LoadTable
from simdesign.units import date_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Doubt:
    """What, where and when; a doubt is no error, and nothing is changed because of it."""

    kind: str
    country: str
    site: str
    substance: str
    day: int | None
    text: str

    @staticmethod
    def of(
        table: LoadTable, kind: str, site: int, substance: int | None, day: int | None, text: str
    ) -> "Doubt":
        """Build one from a table's numbers."""
        return Doubt(
            kind=kind, country=table.countries[site], site=table.sites[site],
            substance="" if substance is None else SUBSTANCES[substance], day=day, text=text,
        )  # fmt: skip

    def when(self, *, assumed_dates: bool) -> str:
        """Return the date; where dates are assumed, year and weekday."""
        if self.day is None:
            return ""
        date = date_of(self.day)
        return f"{date.year} {date:%a}" if assumed_dates else date.isoformat()
