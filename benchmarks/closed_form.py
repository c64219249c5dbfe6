"""The closed form of the national log mean, a log-normal world that has it, and what counts add.

    python benchmarks/closed_form.py [--replications 2000]

Prints, per level of the shared error, the standard error of the national log mean of one round at
20 sites: by the formula, simulated without counts, and simulated with counts in the same luck;
and the change that two such years detect with 80 % power at a two-sided level of 5 %.
"""

import argparse
from typing import Any

import numpy as np

from simdesign.sample import MeasuringChain, schedule
from simdesign.simulate import prepare
from simdesign.spec.change import Change, NoChange
from simdesign.spec.design import Design
from simdesign.spec.study import Programme
from simdesign.spec.world import World

QUIET = {
    "drift": 0.0, "sigma_rw": 0.0, "sigma_rw_site": 0.0, "season_amplitude": 0.0,
    "lab_repeat_sd": 0.0, "loq": 0.0, "day_sd": 0.134, "day_rho": 0.35, "sigma_site": 0.10,
    "sigma_shared": 0.05, "lab_share": 1.0, "r_lab": 0.0,
}  # fmt: skip


def log_normal_world(
    counts: str = "off", flow_sd: float = 0.0, sampling_sd: float = 0.0, **values: Any
) -> World:
    """Return a world without counts, weekdays, drift, walks and season: the closed form's world."""
    return World(
        substances={"cocaine": {**QUIET, **values}},
        counts=counts, weekdays=False, flow_sd=flow_sd, sampling_sd=sampling_sd,
    )  # fmt: skip


def daily_log_residuals(
    world: World,
    weeks: tuple[int, ...],
    n_rep: int,
    *,
    years: int = 2,
    change: Change | None = None,
    seed: int = 1,
) -> np.ndarray:
    """Return log loads less the known level of their site, (n_rep, n_campaign, n_site, n_day).

    Through the real stages: world, truth, measuring chain.
    """
    programme = Programme(years=years)
    names = [item.name for item in world.catchments]
    population = np.array([item.population for item in world.catchments])
    design = Design(schedule={"kind": "fixed_weeks", "weeks": weeks})
    visits = schedule(design, programme, names, population)
    prepared = prepare(world, change or NoChange(), programme, seed=seed, luck="study")
    chain = MeasuringChain.of(world, seed=seed, luck="study")
    shape = (n_rep, 1, *visits.day.shape)
    load, censored = np.empty(shape), np.zeros(shape, dtype=bool)
    for r in range(n_rep):
        chain.observe_into(
            prepared.truth(r), visits, replication=r, laboratory=design.laboratory,
            load=load[r], censored=censored[r],
        )  # fmt: skip
    level = np.log([world.substances["cocaine"].level * item.level for item in world.catchments])
    residual = np.log(load[:, 0]) - level[visits.site][None, :, None]
    # visits are ordered by campaign, then site, and every site is visited each time
    return residual.reshape(n_rep, int(visits.campaign.max()) + 1, len(names), -1)


def national_log_means(
    world: World, weeks: tuple[int, ...], n_rep: int, **kwargs: Any
) -> np.ndarray:
    """Return means over sites and days of log loads, one a campaign: (n_rep, n_campaign)."""
    return daily_log_residuals(world, weeks, n_rep, **kwargs).mean(axis=(2, 3))


def national_se(
    shared: float,
    *,
    site: float = 0.10,
    day: float = 0.134,
    rho: float = 0.35,
    n: int = 7,
    n_site: int = 20,
) -> float:
    """Return sqrt(shared^2 + (site^2 + day^2 [1 + 2 sum (1 - k/n) rho^k] / n) / S)."""
    k = np.arange(1, n)
    inflation = 1 + 2 * ((1 - k / n) * rho**k).sum()
    return float(np.sqrt(shared**2 + (site**2 + day**2 * inflation / n) / n_site))


def main() -> None:
    """Print a line per level of the shared error."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--replications", type=int, default=2000)
    n_rep = parser.parse_args().replications
    print("shared   SE formula   no counts (MCSE)    with counts (MCSE)   detectable change")
    for shared in (0.0, 0.05, 0.10, 0.15):
        expected = national_se(shared)
        parts = []
        for counts in ("off", "gamma"):
            world = log_normal_world(counts=counts, sigma_shared=shared)
            se = national_log_means(world, (11,), n_rep, years=1)[:, 0].std(ddof=1)
            parts.append(f"{se:.5f} ({se / np.sqrt(2 * n_rep):.5f})")
        change = np.exp((1.960 + 0.842) * np.sqrt(2) * expected) - 1
        print(f"{shared:6.2f} {expected:11.5f}   {parts[0]}   {parts[1]}   {100 * change:+11.1f} %")


if __name__ == "__main__":
    main()
