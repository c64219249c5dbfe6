"""Small panels for the tests of estimators: log-normal weeks with known parts."""

import numpy as np

from simdesign.records import Looks, Observations, Visits
from simdesign.units import DAYS_PER_YEAR

START = 20454  # 2026-01-01


def visits(n_site, n_year, *, rounds=1, n_day=7, stagger=0, keep=None, lab_step=10**6,
           year_days=DAYS_PER_YEAR):  # fmt: skip
    """Return ``rounds`` campaigns a year; ``stagger`` = days between two halves of the sites."""
    rows = []
    for year in range(n_year):
        for slot in range(rounds):
            for site in range(n_site):
                late = stagger * (site % 2)
                first = START + int(year_days * year) + slot * (360 // rounds) + late
                campaign = 2 * (year * rounds + slot) + (1 if late else 0)
                batch = lab_step + (2026 + year) * 100 + 2 * slot + (1 if late else 0)
                rows.append((campaign, site, slot, batch, 2026 + year, first))
    rows = [row for i, row in enumerate(sorted(rows)) if keep is None or keep[i]]
    campaign, site, slot, batch, year, first = (
        np.array(c, dtype=np.int64) for c in zip(*rows, strict=True)
    )
    return Visits(
        site=site, campaign=campaign, slot=slot, batch=batch, year=year,
        day=first[:, None] + np.arange(n_day)[None, :],
        history=np.zeros(site.size, dtype=bool), n_slot=rounds,
    )  # fmt: skip


def draw(rng, where, n_rep, *, shared=0.05, walk=0.03, site=0.07, day=0.134, step=0.0,
         step_day=None, drift=0.05, level=900.0, population=100_000.0):  # fmt: skip
    """Draw observations of cocaine; ``step`` is the log change from ``step_day`` on."""
    n_site = int(where.site.max()) + 1
    batches, batch = np.unique(where.batch, return_inverse=True)
    times, rank = np.unique(where.middle_day, return_inverse=True)
    gaps = np.diff(times, prepend=times[0]) / DAYS_PER_YEAR
    path = np.cumsum(rng.standard_normal((n_rep, times.size)) * np.sqrt(gaps), axis=1) * walk
    log = rng.normal(0.0, 0.3, (n_rep, n_site))[:, where.site] + path[:, rank]
    log += drift * (where.middle_day - START) / DAYS_PER_YEAR
    log += shared * rng.standard_normal((n_rep, batches.size))[:, batch]
    log += site * rng.standard_normal(log.shape)
    if step_day is not None:
        log += step * (where.middle_day >= step_day)
    daily = log[:, :, None] + day * rng.standard_normal((*log.shape, where.day.shape[1]))
    return observe(where, level * np.exp(daily), level=level, population=population)


def observe(where, load, *, level=900.0, population=100_000.0, censored=None):
    """Wrap loads (n_rep, n_visit, n_day) of cocaine."""
    n_site = int(where.site.max(initial=0)) + 1
    load = load[:, None]
    return Observations(
        substances=("cocaine",),
        sites=tuple(f"s{i}" for i in range(n_site)),
        population=np.full(n_site, population),
        reference_load=np.full((1, n_site), level),
        visits=where,
        load=np.ascontiguousarray(load),
        censored=np.zeros(load.shape, dtype=bool) if censored is None else censored[:, None],
    )


def looks(n_year, *, lag=90):
    """One look a year, at the year's end plus the lag."""
    day = START + np.round(DAYS_PER_YEAR * np.arange(1, n_year + 1)).astype(np.int64) + lag
    return Looks(day=day, report_lag=lag, origin_day=START, start_day=START)
