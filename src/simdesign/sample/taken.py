"""What was asked for as a record of its own: some replications that took the same visits."""

import numpy as np

from simdesign.records import Bools, Ints, Observations, Visits


def visits_among(visits: Visits, chosen: Bools) -> Visits:
    """Return the chosen visits as if nothing else had ever been possible.

    Campaigns and calendar slots are numbered anew, in the same order; where every site is left
    with one slot there are none, as in ``schedule``. Batches keep their numbers, and with them
    their luck.

    Parameters
    ----------
    visits : Visits
    chosen : ndarray of bool, shape (v,)
    """
    site = visits.site[chosen]
    slot, n_slot = _slots(visits.slot[chosen], site)
    return Visits(
        site=site,
        campaign=np.unique(visits.campaign[chosen], return_inverse=True)[1].astype(np.int64),
        slot=slot,
        batch=visits.batch[chosen],
        year=visits.year[chosen],
        day=visits.day[chosen],
        history=visits.history[chosen],
        n_slot=n_slot,
    )


def _slots(slot: Ints, site: Ints) -> tuple[Ints, int]:
    used, number = np.unique(slot, return_inverse=True)
    pairs = np.unique(site * used.size + number)
    if pairs.size == np.unique(site).size:  # the sites' own levels hold their places in the year
        return np.zeros(slot.size, dtype=np.int64), 1
    return number.astype(np.int64), used.size


def part_of(observations: Observations, rows: Ints, chosen: Bools) -> Observations:
    """Return some replications with the chosen visits only.

    Parameters
    ----------
    observations : Observations
    rows : ndarray of int, shape (n,)
        Replications, as places in the record.
    chosen : ndarray of bool, shape (v,)
    """
    place = np.flatnonzero(chosen)
    load, censored = (
        np.stack([item[r][:, place] for r in rows])
        for item in (observations.load, observations.censored)
    )
    return Observations(
        substances=observations.substances,
        sites=observations.sites,
        population=observations.population,
        reference_load=observations.reference_load,
        visits=visits_among(observations.visits, chosen),
        load=load,
        censored=censored,
        streams={
            name: tuple(series[r] for r in rows) for name, series in observations.streams.items()
        },
    )
