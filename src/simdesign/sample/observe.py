"""Truth -> Observations: what the laboratory reports of what left the catchments.

Noise has an address and no history: flow, sampling and repeatability belong to a (city, day),
batch error to a laboratory's batch, the year part to a laboratory's year. A design that samples
less therefore sees a subset of what a denser one sees, and adding a design, a site or a
substance changes no other number. The formulas are in docs/measuring.md.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np

from simdesign._kernels.measure import add_errors, censor
from simdesign.records import Bools, Floats, Observations, Stream, Truth, Visits
from simdesign.sample.address import YEAR_START, keys_of, site_number
from simdesign.sample.arrival import Arrival
from simdesign.sample.handling import SampleError, sample_errors
from simdesign.sample.laboratory import LaboratoryErrors
from simdesign.sample.streams import BoughtStreams
from simdesign.seeds import Purpose
from simdesign.spec.design import Laboratory
from simdesign.spec.totals import shared_parts
from simdesign.spec.world import World
from simdesign.units import loq_load

_SHARED = ("sigma_shared", "lab_share", "r_lab")
_WEEKLY = Laboratory()


@dataclass(frozen=True, slots=True, kw_only=True)
class MeasuringChain:
    """How one world is measured under one study seed and luck group; prepared once.

    Axes: ``u`` substance, ``s`` site.
    """

    substances: tuple[str, ...]
    sites: tuple[str, ...]
    reference_load: Floats  # (u, s) mg/(1000 inh d)
    arrival: Arrival
    sample_errors: tuple[SampleError, ...]
    laboratories: LaboratoryErrors
    repeat_sd: Floats  # (u,) repeatability [1]
    loq: Floats  # (u,) ng/L
    site_number: np.ndarray  # (s,) uint64
    repeat_keys: np.ndarray  # (u, 10, 2) uint64

    @classmethod
    def of(cls, world: World, *, seed: int, luck: str) -> Self:
        """Prepare the chain of a world.

        Parameters
        ----------
        world : World
        seed : int
            Study seed.
        luck : str
            Luck group, ``Scenario.luck``.
        """
        names = tuple(world.substances)
        substances = [world.substances[name] for name in names]
        numbers = np.array([site_number(item.name) for item in world.catchments], dtype=np.uint64)
        return cls(
            substances=names,
            sites=tuple(item.name for item in world.catchments),
            reference_load=np.array(
                [
                    [item.level * town.level_of(name) for town in world.catchments]
                    for name, item in world.substances.items()
                ]
            ),
            arrival=Arrival.of(world, numbers, seed=seed, luck=luck),
            sample_errors=sample_errors(world, numbers, seed=seed, luck=luck),
            laboratories=LaboratoryErrors.of(world, seed=seed, luck=luck),
            repeat_sd=np.array([item.lab_repeat_sd for item in substances]),
            loq=np.array([item.loq for item in substances]),
            site_number=numbers,
            repeat_keys=np.stack(
                [keys_of(seed, Purpose.SAMPLING, f"{luck}/{name}") for name in names]
            ),
        )

    def observe_into(
        self,
        truth: Truth,
        visits: Visits,
        *,
        replication: int,
        laboratory: Laboratory,
        load: Floats,
        censored: Bools,
    ) -> None:
        """Write one replication's measurements into arrays that the caller keeps.

        Parameters
        ----------
        truth : Truth
            Of the same world and replication; its ``drawn`` holds ``<substance>.sigma_shared``,
            ``.lab_share`` and ``.r_lab``.
        visits : Visits
        replication : int
        laboratory : Laboratory
            The design's arrangement; its batches are in the visits already.
        load : ndarray, shape (u, v, d), changed
            mg/(1000 inh d); NaN where a visit has no such day or its sample is missing; the LOQ
            where censored.
        censored : ndarray of bool, shape (u, v, d), changed

        Raises
        ------
        ValueError
            When truth and chain have other substances or sites, or a visit is outside the truth.
        """
        self._check(truth, visits)
        sample = np.zeros(visits.day.shape)
        for source in self.sample_errors:
            source.add(replication, visits, sample)
        parts = [
            shared_parts(*(truth.drawn[f"{name}.{field}"] for field in _SHARED))
            for name in self.substances
        ]
        batch = self.laboratories.of_visits(replication, visits, laboratory, parts)
        for u in range(len(self.substances)):
            self.arrival.write(truth, visits, u, load[u])
            add_errors(
                self.repeat_keys[u], np.uint64(replication), visits.site, visits.day,
                self.site_number, YEAR_START, self.repeat_sd[u], sample, batch[u], load[u],
            )  # fmt: skip
            censor(
                self.loq[u], loq_load(1.0, 1.0), truth.litres, truth.first_day,
                visits.site, visits.day, load[u], censored[u],
            )  # fmt: skip
            self.arrival.withhold(truth, visits, u, replication, load[u], censored[u])

    def _check(self, truth: Truth, visits: Visits) -> None:
        if truth.substances != self.substances or truth.sites != self.sites:
            raise ValueError("truth and chain must have the same substances and sites, in order")
        first, last = int(visits.day[:, 0].min()), int(visits.day.max())
        if first < truth.first_day or last >= truth.first_day + truth.n_day:
            end = truth.first_day + truth.n_day - 1
            raise ValueError(
                f"days {first} to {last} are sampled, the truth holds {truth.first_day} to {end}"
            )

    def gather(
        self,
        visits: Visits,
        population: Floats,
        load: Floats,
        censored: Bools,
        streams: Sequence[dict[str, Stream]] = (),
    ) -> Observations:
        """Make a record of filled arrays.

        Parameters
        ----------
        visits : Visits
        population : ndarray, shape (s,)
        load, censored : ndarray, shape (r, u, v, d)
            Become read-only.
        streams : sequence of dict, one a replication
            Extra streams that the design buys.
        """
        names = list(streams[0]) if streams else []
        return Observations(
            substances=self.substances,
            sites=self.sites,
            population=population,
            reference_load=self.reference_load,
            visits=visits,
            load=load,
            censored=censored,
            streams={name: tuple(item[name] for item in streams) for name in names},
        )


def observe(
    truth: Truth,
    visits: Visits,
    world: World,
    *,
    seed: int,
    luck: str,
    replication: int,
    laboratory: Laboratory = _WEEKLY,
    streams: BoughtStreams | None = None,
) -> Observations:
    """Measure one replication; prepare a ``MeasuringChain`` where many are wanted.

    Parameters
    ----------
    truth : Truth
    visits : Visits
        From ``schedule``.
    world : World
    seed : int
        Study seed.
    luck : str
        Luck group.
    replication : int
    laboratory : Laboratory
        The design's arrangement.
    streams : BoughtStreams, optional
        The extra series that the design buys.

    Returns
    -------
    Observations
        With one replication.
    """
    chain = MeasuringChain.of(world, seed=seed, luck=luck)
    shape = (1, len(chain.substances), *visits.day.shape)
    load, censored = np.empty(shape), np.empty(shape, dtype=bool)
    chain.observe_into(
        truth, visits, replication=replication, laboratory=laboratory,
        load=load[0], censored=censored[0],
    )  # fmt: skip
    bought = {} if streams is None else streams.draw(truth, replication)
    return chain.gather(visits, truth.population, load, censored, [bought])


def stack(observations: Sequence[Observations]) -> Observations:
    """Join observations of the same visits along the replication axis.

    Raises
    ------
    ValueError
        When they are none, or not of the same substances, sites and visits.
    """
    if not observations:
        raise ValueError("nothing to stack")
    first = observations[0]
    for other in observations[1:]:
        same = (
            other.substances == first.substances
            and other.sites == first.sites
            and (other.visits is first.visits or np.array_equal(other.visits.day, first.visits.day))
            and np.array_equal(other.visits.site, first.visits.site)
        )
        if not same:
            raise ValueError("only observations of the same substances, sites and visits stack")
    return Observations(
        substances=first.substances,
        sites=first.sites,
        population=first.population,
        reference_load=first.reference_load,
        visits=first.visits,
        load=np.concatenate([item.load for item in observations]),
        censored=np.concatenate([item.censored for item in observations]),
        streams={
            name: tuple(stream for item in observations for stream in item.streams[name])
            for name in first.streams
        },
    )
