"""Error of P(break) that the engine's lattice makes, against one of about ten times as many nodes.

    python benchmarks/quadrature_error.py [--panels 100]

Prints, per substance and kind of panel, the median, 99 % quantile and maximum of the absolute
difference. Panels are drawn with standard deviations from the priors' neighbourhood.
"""

import argparse
from unittest import mock

import numpy as np

from simdesign.fit import quadrature
from simdesign.fit.exact import scan_breaks
from simdesign.fit.priors import break_priors
from simdesign.fit.quadrature import Resolution, resolution
from simdesign.fit.site_weeks import SiteWeeks
from simdesign.records import Looks, Visits
from simdesign.spec.estimator import ExactBreak


def fine(n_time: int) -> Resolution:
    """Return a resolution with about ten times as many nodes, none of them left out early."""
    size = resolution(n_time)
    return Resolution(
        n_shared=3 * size.n_shared, n_walk=3 * size.n_walk, site_spacing=size.site_spacing / 3,
        site_refinement=4, site_negligible=20.0,
    )  # fmt: skip


def visits_of(n_site: int, n_campaign: int, rounds: int) -> Visits:
    """Return a panel in which all sites are visited each time."""
    campaign = np.repeat(np.arange(n_campaign), n_site)
    first = 20454 + (365.25 * campaign / rounds).astype(np.int64)
    year = 2026 + campaign // rounds
    return Visits(
        site=np.tile(np.arange(n_site), n_campaign), campaign=campaign, slot=campaign % rounds,
        batch=10**6 + 100 * year + campaign % rounds, year=year,
        day=first[:, None] + np.arange(7)[None, :], history=np.zeros(campaign.size, dtype=bool),
        n_slot=rounds,
    )  # fmt: skip


def reduced(rng: np.random.Generator, visits: Visits, substance: str) -> SiteWeeks:
    """Draw site-week means of one replication; a break in every second one."""
    scale = 1.0 if substance == "cocaine" else 2.5
    shared, walk = abs(rng.normal(0, 0.07 * scale)), abs(rng.normal(0, 0.06))
    site = 0.07 * scale * np.exp(0.4 * rng.normal())
    noise = rng.uniform(0.002, 0.01, int(visits.site.max()) + 1)[visits.site]
    n_campaign = int(visits.campaign.max()) + 1
    step = np.sqrt(365.25 / visits.n_slot / 365.25) * walk
    nation = np.cumsum(rng.normal(0, step, n_campaign)) + rng.normal(0, shared, n_campaign)
    if rng.random() < 0.5:
        nation[int(rng.integers(1, n_campaign)) :] += rng.normal(0, 0.3)
    y = nation[visits.campaign] + rng.normal(size=visits.n_visit) * np.sqrt(site**2 + noise)
    return SiteWeeks(
        mean=y[None], variance=noise[None], usable=np.ones((1, y.size), dtype=bool),
        left_out=np.zeros((1, y.size), dtype=bool),
    )  # fmt: skip


def probability(visits: Visits, data: SiteWeeks, substance: str, size: Resolution | None) -> float:
    """Return P(break) at one look after the last campaign."""
    day = np.array([int(visits.day.max()) + 91])
    looks = Looks(day=day, report_lag=90, origin_day=20454, start_day=20454)
    priors = break_priors(ExactBreak(), substance)
    scan = scan_breaks(data, np.array([0]), visits, looks, priors, size=size)
    return float(scan.summary.prob[0, 0])


def main() -> None:
    """Print a line per substance and kind of panel."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--panels", type=int, default=100)
    n = parser.parse_args().panels
    for substance in ("cocaine", "MDMA"):
        for label, sites, campaigns, rounds in (
            ("up to 6 sites x 8", (1, 7), (3, 9), 1),
            ("20 sites x 10", (20, 21), (10, 11), 1),
            ("20 sites x 20", (20, 21), (20, 21), 2),
            ("20 sites x 60", (20, 21), (60, 61), 6),
            ("20 sites x 120", (20, 21), (120, 121), 12),
        ):
            rng = np.random.default_rng(1)
            error = []
            for _ in range(n):
                where = visits_of(int(rng.integers(*sites)), int(rng.integers(*campaigns)), rounds)
                data = reduced(rng, where, substance)
                value = probability(where, data, substance, None)
                finer = fine(np.unique(where.middle_day).size)
                with mock.patch.object(quadrature, "HALF_NORMAL_REACH", 5.5):
                    error.append(abs(value - probability(where, data, substance, finer)))
            print(
                f"{substance:10s} {label:20s} median {np.median(error):.5f}"
                f"  99 % {np.quantile(error, 0.99):.5f}  max {np.max(error):.5f}",
                flush=True,
            )


if __name__ == "__main__":
    main()
