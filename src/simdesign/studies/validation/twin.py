"""A world on the calendar of a real panel: the same sites, years and missing days, simulated.

Every substance is simulated by a world of its own, because a site's level differs between
substances. Luck is addressed by purpose and place: what substances share (flow, sampling,
people) is the same in all of these worlds, so that this is what one world of them all gives.
"""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import pydantic

from simdesign.records import Floats, Observations, Visits
from simdesign.sample import YEAR_STEP, MeasuringChain, week_of
from simdesign.simulate import prepare, regime
from simdesign.spec.base import spec_error
from simdesign.spec.change import NoChange
from simdesign.spec.design import Laboratory
from simdesign.spec.quantity import expectation
from simdesign.spec.study import Programme
from simdesign.spec.terms import terms_on
from simdesign.spec.world import Catchment, World
from simdesign.units import DAYS_PER_YEAR, date_of, weekday_of

HALF = 0.5
"""A day below the limit counts for a site's level with this share of its stand-in."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Twins:
    """A real panel in one world."""

    countries: dict[str, Observations]
    """Country -> all replications, of the shape and with the missing days of the real ones."""
    terms: frozenset[str]
    """Names of the optional terms that the world has."""

    @property
    def n_rep(self) -> int:
        """Number of replications."""
        return next(iter(self.countries.values())).n_rep


def twins(world: World, real: Mapping[str, Observations], *, seed: int, replications: int) -> Twins:
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
    """
    return Twins(
        countries={
            country: _twin(world, observations, country, seed, replications)
            for country, observations in real.items()
        },
        terms=terms_on(world),
    )


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
    there = ~np.isnan(load)
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


def world_at(world: World, real: Observations, u: int, programme: Programme, country: str) -> World:
    """Return the world with the panel's sites and one of its substances.

    Samples that a world would lose are not lost again: the real gaps are kept instead.
    """
    name = real.substances[u]
    substance = world.substances[name]
    levels = site_level(real, u, world, programme) / substance.level
    catchments = tuple(
        Catchment(name=f"{country} {site}", population=people, level=level)
        for site, people, level in zip(
            real.sites, real.population.tolist(), levels.tolist(), strict=True
        )
    )
    kept = {name: getattr(world, name) for name in World.model_fields}
    changed = {"catchments": catchments, "substances": {name: substance}, "missing": None}
    try:
        return World.model_validate(kept | changed)
    except pydantic.ValidationError as error:
        raise spec_error(error, f"world of {country}") from None


def visits_of(real: Observations) -> Visits:
    """Return the real visits with one laboratory, which analyses a campaign in its own week."""
    weeks = [week_of(int(day)) for day in real.visits.day[:, 0]]
    batch = np.array([year * YEAR_STEP + week for year, week in weeks], dtype=np.int64)
    return replace(real.visits, batch=batch)


def _twin(
    world: World, real: Observations, country: str, seed: int, replications: int
) -> Observations:
    programme, visits, luck = programme_of(real), visits_of(real), f"validate/{country}"
    load = np.empty((replications, *real.load.shape[1:]))
    censored = np.empty(load.shape, dtype=bool)
    for u in range(len(real.substances)):
        here = world_at(world, real, u, programme, country)
        scenario = prepare(here, NoChange(), programme, seed=seed, luck=luck)
        chain = MeasuringChain.of(here, seed=seed, luck=luck)
        for r in range(replications):
            chain.observe_into(
                scenario.truth(r), visits, replication=r, laboratory=Laboratory(),
                load=load[r, u : u + 1], censored=censored[r, u : u + 1],
            )  # fmt: skip
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
