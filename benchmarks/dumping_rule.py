"""False flags of the dumping rule on clean AR(1) weeks, and dumps found: numbers of docs/data.md.

    python benchmarks/dumping_rule.py [--sites 400]

Day noise is large (0.5), so that the least ratio of 3 does not hide false flags.
"""

import argparse

import numpy as np

from simdesign.data.day_doubts import odd_days
from simdesign.data.table import LoadTable, ReadReport
from simdesign.data.weeks import weeks_of

DAY_SD = 0.5
FIRST_DAY = 18000


def clean_weeks(rng: np.random.Generator, shape: tuple[int, int], rho: float) -> np.ndarray:
    """Return AR(1) log loads with SD `DAY_SD`, shape (site, week, 7)."""
    noise = rng.standard_normal((*shape, 7))
    for day in range(1, 7):
        noise[..., day] = rho * noise[..., day - 1] + np.sqrt(1 - rho**2) * noise[..., day]
    return 5.0 + DAY_SD * noise


def table_of(log_load: np.ndarray) -> LoadTable:
    """Return cocaine of weeks that begin every 28 days, shape (site, week, 7) of log loads."""
    n_site, n_week, _ = log_load.shape
    day = FIRST_DAY + 28 * np.arange(n_week)[:, None] + np.arange(7)
    n = log_load.size
    return LoadTable(
        sites=tuple(f"S{s:04d}" for s in range(n_site)), countries=("NL",) * n_site,
        population=np.full(n_site, 1e5), site=np.repeat(np.arange(n_site), n_week * 7),
        substance=np.zeros(n, dtype=np.int64), day=np.tile(day.ravel(), n_site),
        load=np.exp(log_load).ravel(), censored=np.zeros(n, dtype=bool),
        loq_known=np.zeros(n, dtype=bool), assumed_dates=False,
        report=ReadReport(file="made", sha256="", layout="tidy", n_rows=n),
    )  # fmt: skip


def flagged(table: LoadTable) -> set[tuple[str, int]]:
    """Return (site, day) of every dumping-like day."""
    return {
        (doubt.site, doubt.day)
        for doubt in odd_days(table, 0, weeks_of(table, 0))
        if doubt.kind == "dumping-like days" and doubt.day is not None
    }


def flagged_weeks(table: LoadTable) -> int:
    """Return how many weeks have a dumping-like day."""
    return len({(site, (day - FIRST_DAY) // 28) for site, day in flagged(table)})


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sites", type=int, default=400)
    n_site = parser.parse_args().sites
    rng = np.random.default_rng(11)
    print("weeks a site   rho   clean weeks   with a false flag (MCSE)   dumps x10 found")
    for n_week in (1, 4, 10, 40):
        for rho in (0.0, 0.35, 0.6):
            log_load = clean_weeks(rng, (n_site * 10 // n_week, n_week), rho)
            n_clean = log_load[..., 0].size
            share = flagged_weeks(table_of(log_load)) / n_clean
            error = np.sqrt(share * (1 - share) / n_clean)
            site = np.arange(log_load.shape[0])
            log_load[site, 0, site % 7] += np.log(10.0)
            put = {(f"S{s:04d}", FIRST_DAY + s % 7) for s in site.tolist()}
            found = len(put & flagged(table_of(log_load))) / len(put)
            print(
                f"{n_week:12d}   {rho:.2f}   {n_clean:11d}   {share:.5f} ({error:.5f})"
                f"        {found:15.2f}"
            )


if __name__ == "__main__":
    main()
