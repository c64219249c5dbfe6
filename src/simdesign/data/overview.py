"""What was understood of a file: counts of sites, substances, years, campaigns and days."""

from typing import Any

import numpy as np

from simdesign.data.names import SUBSTANCES
from simdesign.data.table import LoadTable
from simdesign.data.weeks import ENOUGH_DAYS, weeks_of
from simdesign.units import date_of


def overview(table: LoadTable) -> dict[str, Any]:
    """Return counts of a table, ready for JSON."""
    measured = table.measured
    years = sorted({date_of(int(day)).year for day in np.unique(table.day[measured])})
    return {
        "countries": sorted({name for name in table.countries if name}),
        "sites": len(table.sites),
        "years": [years[0], years[-1]],
        "years_with_data": len(years),
        "dates": "assumed" if table.assumed_dates else "given",
        "population": [float(table.population.min()), float(table.population.max())],
        "laboratories": list(table.labs),
        "days": int(measured.sum()),
        "days_below_loq": int(table.censored.sum()),
        "days_from_means": int((measured & (table.n_days > 1)).sum()),
        "substances": [
            _substance(table, int(u)) for u in np.unique(table.substance[measured])
        ],
    }  # fmt: skip


def _substance(table: LoadTable, u: int) -> dict[str, Any]:
    mine = (table.substance == u) & table.measured
    weeks = weeks_of(table, u)
    quantified = mine & ~table.censored
    median = float(np.median(table.load[quantified])) if quantified.any() else None
    return {
        "substance": SUBSTANCES[u],
        "sites": int(np.unique(table.site[mine]).size),
        "site_campaigns": int(weeks.site.size),
        "short_campaigns": int((weeks.n_day < ENOUGH_DAYS).sum()),
        "days": int(mine.sum()),
        "days_below_loq": int(table.censored[mine].sum()),
        "median_load": median,
    }
