"""Odd days through the whole chain: the totals hold, and the tail is where the release has it."""

import numpy as np
from scipy.stats import norm

from mc import assert_mean, assert_proportion
from simdesign.sample import MeasuringChain, schedule
from simdesign.simulate import prepare
from simdesign.simulate.totals import mean_variance
from simdesign.spec.catalogue import catchments
from simdesign.spec.change import NoChange
from simdesign.spec.design import Design
from simdesign.spec.study import Programme
from simdesign.spec.world import World

N_REP, YEARS = 60, 6
STEADY = {"drift": 0.0, "sigma_rw": 0.0, "sigma_rw_site": 0.0, "season_amplitude": 0.0}
ALONE = {"sigma_shared": 0.0, "sigma_site": 0.0, "loq": 0.0}  # day noise and nothing else


def log_errors(world):
    """Return reported log loads around their level, shape (replication x campaign, site, day)."""
    programme = Programme(years=YEARS)
    prepared = prepare(world, NoChange(), programme, seed=4, luck="study")
    chain = MeasuringChain.of(world, seed=4, luck="study")
    design = Design.model_validate({"schedule": {"kind": "rounds", "per_year": 4}})
    towns = world.catchments
    visits = schedule(
        design, programme, [town.name for town in towns], [town.population for town in towns]
    )
    load = np.empty((N_REP, 1, *visits.day.shape))
    censored = np.empty(load.shape, dtype=bool)
    for replication in range(N_REP):
        chain.observe_into(
            prepared.truth(replication), visits, replication=replication,
            laboratory=design.laboratory, load=load[replication], censored=censored[replication],
        )  # fmt: skip
    error = np.log(load[:, 0] / chain.reference_load[0][visits.site][:, None])
    return error.reshape(-1, len(towns), 7)


def test_odd_days_take_their_variance_from_the_day_and_make_its_tail():
    world = World(
        catchments=catchments("dutch20")[:12], counts="off", weekdays=False,
        substances={"cocaine": STEADY | ALONE}, odd_days={},
    )  # fmt: skip
    item, odd = world.substances["cocaine"], world.odd_days
    error = log_errors(world)
    assert_mean((error**2).mean(axis=(1, 2)), item.day_sd**2)
    of_mean = item.day_sd**2 * mean_variance(item.day_rho)
    assert_mean((error.mean(axis=2) ** 2).mean(axis=1), of_mean)

    day = error[:, :, 3].ravel()  # sites and campaigns are independent, the days of one are not
    core = np.sqrt(item.day_sd**2 - odd.share * odd.sd**2)
    tail = np.hypot(core, odd.sd)

    def beyond(x):
        return 2 * ((1 - odd.share) * norm.sf(x / core) + odd.share * norm.sf(x / tail))

    for x in (0.117, 3 * 0.117, 4 * 0.117):  # 0.117: the release's robust SD of Dutch days
        assert_proportion(int((np.abs(day) > x).sum()), day.size, beyond(x))
    assert 0.02 < beyond(3 * 0.117) < 0.04
