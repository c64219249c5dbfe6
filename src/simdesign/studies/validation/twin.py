"""A world on the calendar of a real panel: the same sites, years and missing days, simulated.

Every substance is simulated by a world of its own, because a site's level differs between
substances and a catchment of a world has one. Luck is addressed by purpose and place: what
substances share (flow, sampling, people) is the same in all of these worlds, so that this is
what one world with all substances would give.
"""

import datetime as dt
from collections.abc import Iterator, Mapping

import numpy as np
import pydantic

from simdesign.records import MISSING_DAY, Floats, Observations
from simdesign.sample import MeasuringChain
from simdesign.simulate import prepare, regime
from simdesign.spec.base import spec_error
from simdesign.spec.change import NoChange
from simdesign.spec.design import Laboratory
from simdesign.spec.quantity import expectation
from simdesign.spec.study import Programme
from simdesign.spec.world import Catchment, World
from simdesign.units import DAYS_PER_YEAR, date_of, weekday_of

HALF = 0.5
"""A day below the limit counts for a site's level with this share of its stand-in."""


def twins(
    world: World, real: Mapping[str, Observations], *, seed: int, replications: int
) -> dict[str, Observations]:
    """Simulate every country of a panel and measure it where the real one was measured.

    A country is a nation of its own, with its own walk, swing and laboratory.

    Parameters
    ----------
    world : World
        Its catchments are replaced by the panel's sites.
    real : mapping of str to Observations
        Country -> the real weeks, one replication.
    seed : int
    replications : int

    Returns
    -------
    dict
        Country -> observations with all replications, of the shape and with the missing days
        of the real ones.
    """
    return {
        country: _twin(world, observations, country, seed, replications)
        for country, observations in real.items()
    }


def site_level(observations: Observations, u: int, world: World, programme: Programme) -> Floats:
    """Return the load of every site at the programme's start that its weeks ask for, shape (s,).

    The mean over measured days of the log load, without the world's weekday factor, and brought
    back to the start by the world's drift. A site without a sample has the mean of the others.
    """
    name = observations.substances[u]
    substance = world.substances[name]
    factor = np.log(regime(name, substance, weekdays=world.weekdays).factor)
    visits = observations.visits
    load, below = observations.load[0, u], observations.censored[0, u]
    there = ~np.isnan(load) & (visits.day != MISSING_DAY)
    weekday = np.array([[weekday_of(int(day)) for day in row] for row in visits.day])
    years = (visits.day - programme.start_day) / DAYS_PER_YEAR
    # NaN where there is no sample, which `there` leaves out
    logs = np.log(np.where(below, HALF, 1.0) * load) - factor[weekday]
    logs -= expectation(substance.drift) * years
    site = np.broadcast_to(visits.site[:, None], load.shape)[there]
    n = np.bincount(site, minlength=len(observations.sites))
    mean = np.bincount(site, logs[there], len(observations.sites)) / np.maximum(n, 1)
    return np.asarray(np.exp(np.where(n > 0, mean, mean[n > 0].mean())))


def programme_of(observations: Observations) -> Programme:
    """Return whole calendar years that hold all visits."""
    day = observations.visits.day
    first, last = date_of(int(day[:, 0].min())).year, date_of(int(day.max())).year
    return Programme(start=dt.date(first, 1, 1), years=last - first + 1)


def world_at(
    world: World, observations: Observations, u: int, programme: Programme, country: str
) -> World:
    """Return the world with the panel's sites and one substance alone."""
    name = observations.substances[u]
    substance = world.substances[name]
    level = site_level(observations, u, world, programme)
    catchments = tuple(
        Catchment(name=f"{country} {site}", population=people, level=at / substance.level)
        for site, people, at in zip(
            observations.sites, observations.population.tolist(), level.tolist(), strict=True
        )
    )
    kept = {**world.model_dump(), "catchments": catchments}
    try:
        return World(**{**kept, "substances": {name: kept["substances"][name]}})
    except pydantic.ValidationError as error:
        raise spec_error(error, f"world of {country} {name}") from None


def _twin(
    world: World, real: Observations, country: str, seed: int, replications: int
) -> Observations:
    programme = programme_of(real)
    load = np.empty((replications, *real.load.shape[1:]))
    censored = np.empty(load.shape, dtype=bool)
    for u in range(len(real.substances)):
        here = world_at(world, real, u, programme, country)
        for r, (measured, below) in enumerate(
            _measurements(here, real, programme, country, seed, replications)
        ):
            load[r, u], censored[r, u] = measured, below
    missing = np.isnan(real.load[0])
    load[:, missing] = np.nan
    censored[:, missing] = False
    return Observations(
        substances=real.substances,
        sites=real.sites,
        population=real.population.copy(),
        reference_load=real.reference_load.copy(),
        visits=real.visits,
        load=load,
        censored=censored,
    )


def _measurements(
    world: World,
    real: Observations,
    programme: Programme,
    country: str,
    seed: int,
    replications: int,
) -> Iterator[tuple[Floats, np.ndarray]]:
    """Yield loads and flags of one substance, each (v, d)."""
    luck = f"validate/{country}"
    scenario = prepare(world, NoChange(), programme, seed=seed, luck=luck)
    chain = MeasuringChain.of(world, seed=seed, luck=luck)
    shape = (1, *real.visits.day.shape)
    for replication in range(replications):
        load, censored = np.empty(shape), np.empty(shape, dtype=bool)
        chain.observe_into(
            scenario.truth(replication), real.visits, replication=replication,
            laboratory=Laboratory(), load=load, censored=censored,
        )  # fmt: skip
        yield load[0], censored[0]
