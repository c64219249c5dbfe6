"""Site-weeks -> the design-only side of the break model: groups, cells, observations.

Sites that are visited in the same campaigns, analysed in the same batches and measured with a
noise that is constant in time form a *group*. A group's weighted mean series carries all that it
says about the nation; what is left between its sites only tells about the site-week error
(docs/engine.md, section 2). One group in one campaign and batch is a *cell*; the cells that share
campaign, batch and days are one *observation* of the nation.
"""

from dataclasses import dataclass

import numpy as np

from simdesign.fit.season import new_year_share, season_moves
from simdesign.records import LAB_STEP, Bools, Floats, Ints, Looks, Visits
from simdesign.units import DAYS_PER_YEAR


@dataclass(frozen=True, slots=True, kw_only=True)
class Panel:
    """Everything about a panel that does not depend on the measured values.

    Axes: ``v`` used visit, ``c`` cell, ``i`` observation, both in order of time, ``q`` site that
    is used, ``g`` group, ``j`` campaign time, ``k`` look.
    """

    visit: Ints  # (v,) index into the visits, grouped by cell
    visit_site: Ints  # (v,) q of each used visit
    variance: Floats  # (v,) known noise variance
    first_visit: Ints  # (c + 1,) slice of the used visits of cell c
    group: Ints  # (c,) g of cell c
    cell_observation: Ints  # (c,) i of cell c
    first_cell: Ints  # (i + 1,) slice of the cells of observation i
    group_size: Ints  # (g,) sites of a group
    site_group: Ints  # (q,)
    middle: Floats  # (i,) mean day
    time: Floats  # (i,) years since the first observation
    rank: Ints  # (i,) j of observation i
    times: Floats  # (j,) mean days, different and increasing
    slot: Ints  # (i,) calendar slot
    n_slot: int
    moves: bool  # some site's campaigns move through the year, and there are no slots
    new_year: Floats  # (i,) share of its days that lie at New Year
    batch: Ints  # (i,) place of the batch in the state of the national path
    new_batch: Bools  # (i,) the batch's first observation
    lab_year: Ints  # (i,) place of the laboratory's year in the state
    new_lab_year: Bools  # (i,) its first observation
    n_state: int
    n_observation: Ints  # (k,) observations known at look k
    n_cell: Ints  # (k,) cells known at look k


def build_panel(
    visits: Visits, usable: Bools, variance: Floats, looks: Looks, *, nugget: float
) -> Panel:
    """Lay out one replication's panel.

    Parameters
    ----------
    visits : Visits
    usable : ndarray of bool, shape (v,)
    variance : ndarray, shape (v,)
    looks : Looks
    nugget : float
        SD that is always added to a site-week [1].
    """
    used = np.flatnonzero(usable)
    sites, site_of = np.unique(visits.site[used], return_inverse=True)
    noise = variance[used] + nugget**2
    group_of_site = _groups(visits, used, site_of, noise, sites.size)
    group_of = group_of_site[site_of]
    keys = np.stack(
        [
            visits.middle_day[used], visits.campaign[used], visits.batch[used],
            visits.last_day[used], visits.slot[used], visits.year[used],
            new_year_share(visits.day[used]), group_of,
        ]
    )  # fmt: skip
    order = np.lexsort((site_of, *keys[::-1]))
    used, site_of, noise, keys = used[order], site_of[order], noise[order], keys[:, order]
    differs = np.diff(keys, axis=1) != 0.0
    cell = np.flatnonzero(_starts(differs.any(axis=0), used.size))
    observation = np.flatnonzero(_starts(differs[:-1].any(axis=0), used.size))
    borders: Ints = np.r_[observation, used.size].astype(np.int64)
    first_cell: Ints = np.asarray(np.searchsorted(cell, borders), dtype=np.int64)
    at = used[observation]
    middle = keys[0, observation]
    known = np.maximum.accumulate(visits.last_day[at]) + looks.report_lag
    n_observation = np.array([int((known <= day).sum()) for day in looks.day], dtype=np.int64)
    times, rank = np.unique(middle, return_inverse=True)
    batch, new_batch, n_batch = _places(visits.batch[at], 1)
    lab = visits.batch[at] // LAB_STEP
    lab_year, new_lab_year, n_state = _places(lab * LAB_STEP + visits.year[at], 1 + n_batch)
    return Panel(
        visit=used,
        visit_site=site_of.astype(np.int64),
        variance=noise,
        first_visit=np.r_[cell, used.size].astype(np.int64),
        group=keys[-1, cell].astype(np.int64),
        cell_observation=np.repeat(np.arange(at.size), np.diff(first_cell)),
        first_cell=first_cell,
        group_size=np.bincount(group_of_site).astype(np.int64),
        site_group=group_of_site,
        middle=middle,
        time=(middle - middle[0]) / DAYS_PER_YEAR if at.size else np.zeros(0),
        rank=rank.astype(np.int64),
        times=times,
        slot=visits.slot[at],
        n_slot=visits.n_slot,
        moves=visits.n_slot == 1 and season_moves(visits.middle_day[used], site_of),
        new_year=keys[6, observation],
        batch=batch,
        new_batch=new_batch,
        lab_year=lab_year,
        new_lab_year=new_lab_year,
        n_state=1 + n_batch + n_state,
        n_observation=n_observation,
        n_cell=first_cell[n_observation],
    )


def _starts(differs: np.ndarray, n: int) -> np.ndarray:
    """Return where a new block of equal keys starts."""
    return np.r_[True, differs] if n else np.zeros(0, dtype=bool)


def _groups(
    visits: Visits, used: np.ndarray, site_of: np.ndarray, noise: Floats, n_site: int
) -> Ints:
    """Return the group of every used site; a site whose noise varies stands alone."""
    seen: dict[object, int] = {}
    group = np.empty(n_site, dtype=np.int64)
    for site in range(n_site):
        mine = np.flatnonzero(site_of == site)
        at = used[mine]
        key: object = (
            visits.campaign[at].tobytes(), visits.batch[at].tobytes(), visits.day[at].tobytes()
        )  # fmt: skip
        if np.ptp(noise[mine]) > 0.0:
            key = site
        group[site] = seen.setdefault(key, len(seen))
    return group


def _places(names: np.ndarray, first: int) -> tuple[Ints, Bools, int]:
    """Give every name a place in the state while it is open: first place, where new, how many.

    A name is open from its first appearance to its last; a place is free again after that.
    """
    last = {name: i for i, name in enumerate(names.tolist())}
    place_of: dict[int, int] = {}
    free: list[int] = []
    n_place = 0
    place, fresh = np.zeros(names.size, dtype=np.int64), np.zeros(names.size, dtype=bool)
    for i, name in enumerate(names.tolist()):
        if name not in place_of:
            if not free:
                free, n_place = [first + n_place], n_place + 1
            place_of[name] = free.pop()
            fresh[i] = True
        place[i] = place_of[name]
        if last[name] == i:
            free.append(place_of[name])
    return place, fresh, n_place
