"""Small synthetic panels for the tests of ``estimate``, without a file."""

import csv
from pathlib import Path

import numpy as np

from simdesign.estimate.priors import PRIORS, Family
from simdesign.estimate.weeks import SiteWeeks

WEEK = np.array([2, 3, 4, 5, 6, 0, 1])  # Wednesday to Tuesday


def panel(
    n_country: int = 3, n_site: int = 5, n_year: int = 8, *, limit: float | None = None
) -> SiteWeeks:
    """Return a full panel of seven-day weeks at a load of 100; values are to be simulated."""
    sites = n_country * n_site
    site = np.repeat(np.arange(sites), n_year)
    country = np.repeat(np.arange(n_country), n_site)
    year = np.tile(np.arange(n_year), sites)
    load = np.full((site.size, 7), 0.0)
    below = np.zeros(load.shape, dtype=bool)
    if limit is not None:  # every day could fall below it
        load[:], below[:] = limit, True
    return SiteWeeks(
        substance="cocaine",
        countries=("NL", "BE", "DE", "CH", "AT")[:n_country],
        sites=tuple(f"town {s}" for s in range(sites)),
        site_country=country,
        population=np.full(sites, 300_000.0),
        typical_load=np.full(sites, 100.0),
        cell_country=np.repeat(np.arange(n_country), n_year),
        cell_time=np.tile(np.arange(n_year) - n_year // 2, n_country).astype(float),
        cell_year=np.tile(np.arange(n_year) + 2017, n_country),
        site=site,
        cell=country[site] * n_year + year,
        log_load=load,
        censored=below,
        weekday=np.tile(WEEK, (site.size, 1)),
        laid_out=np.zeros(load.shape, dtype=bool),
        noisy=np.zeros(site.size, dtype=bool),
        epoch=2017.0 + n_year // 2,
        left_out={},
    )


def middle() -> dict[str, float]:
    """Return a plausible value of every hyperparameter."""
    found = {
        item.name: item.scale if item.family is not Family.HALF_NORMAL else 0.5 * item.scale
        for item in PRIORS
    }
    return found | {
        "sigma_shared": 0.12, "sigma_rw": 0.05, "sigma_rw_site": 0.08, "sigma_site": 0.12,
        "day_scale": 0.15, "drift": 0.05, "count": 0.04, "day_rho": 0.35, "odd_share": 0.08,
        "odd_excess": 2.0, "spread_site": 0.3, "spread_shared": 0.2, "day_site": 0.2,
    }  # fmt: skip


def write_release(path: Path, weeks: SiteWeeks) -> Path:
    """Write site-weeks in the layout of the release; a day below its limit is 0."""
    days = ("Wednesday", "Thursday", "Friday", "Saturday", "Sunday", "Monday", "Tuesday")
    loads = np.where(weeks.censored, 0.0, np.exp(weeks.log_load))
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(("Year", "Metabolite", "Country", "City", *days))
        for w in range(weeks.n_week):
            place = weeks.countries[weeks.country[w]], weeks.sites[weeks.site[w]]
            row = [f"{value:.6g}" for value in loads[w]]
            writer.writerow((weeks.year[w], weeks.substance, *place, *row))
    return path
