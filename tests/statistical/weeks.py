"""Simulated campaigns through the real stages: world -> truth -> observations -> national means."""

import numpy as np

from simdesign.sample import MeasuringChain, schedule
from simdesign.simulate import prepare
from simdesign.spec.change import NoChange
from simdesign.spec.design import Design
from simdesign.spec.study import Programme
from simdesign.spec.world import World

QUIET = {
    "drift": 0.0, "sigma_rw": 0.0, "sigma_rw_site": 0.0, "season_amplitude": 0.0,
    "lab_repeat_sd": 0.0, "loq": 0.0, "day_sd": 0.134, "day_rho": 0.35, "sigma_site": 0.10,
    "sigma_shared": 0.05, "lab_share": 1.0, "r_lab": 0.0,
}  # fmt: skip


def log_normal_world(counts="off", **values):
    """Return a world without counts, weekdays, drift, walks and season: the closed form's world."""
    return World(
        substances={"cocaine": {**QUIET, **values}},
        counts=counts, weekdays=False, flow_sd=0.0, sampling_sd=0.0,
    )  # fmt: skip


def national_log_means(world, weeks, n_rep, *, years=2, change=None, seed=1):
    """Mean over sites and days of log loads, one a campaign: shape (n_rep, n_campaign).

    The known level of every site is taken off.
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
    site_mean = np.log(load[:, 0]).mean(axis=2) - level[visits.site]
    n_campaign = int(visits.campaign.max()) + 1
    return np.stack(
        [site_mean[:, visits.campaign == j].mean(axis=1) for j in range(n_campaign)], axis=1
    )


def national_se(shared, *, site=0.10, day=0.134, rho=0.35, n=7, n_site=20):
    """Return sqrt(shared^2 + (site^2 + day^2 [1 + 2 sum (1 - k/n) rho^k] / n) / S)."""
    k = np.arange(1, n)
    inflation = 1 + 2 * ((1 - k / n) * rho**k).sum()
    return np.sqrt(shared**2 + (site**2 + day**2 * inflation / n) / n_site)
