"""Site-weeks -> the design-only side of the break model: groups, observations, break intervals.

Sites that are visited in the same campaigns, analysed in the same batches and measured with a
noise that is constant in time form a *group*. A group's weighted mean series carries all that it
says about the nation; what is left between its sites only tells about the site-week error
(docs/engine.md, section 2). A panel in which all sites are visited each time is one group.
"""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from simdesign.records import LAB_STEP, Bools, Floats, Ints, Looks, Visits
from simdesign.units import DAYS_PER_YEAR


@dataclass(frozen=True, slots=True, kw_only=True)
class Panel:
    """Everything about a panel that does not depend on the measured values.

    Axes: ``v`` used visit, ``i`` observation = one group in one campaign and batch, in order of
    time, ``q`` site that is used, ``g`` group, ``m`` break interval, ``k`` look.
    """

    visit: Ints  # (v,) index into the visits, grouped by observation
    visit_site: Ints  # (v,) q of each used visit
    variance: Floats  # (v,) known noise variance
    first_visit: Ints  # (i + 1,) slice of the used visits of observation i
    group: Ints  # (i,) g of observation i
    group_size: Ints  # (g,) sites of a group
    site_group: Ints  # (q,)
    time: Floats  # (i,) years since the first observation
    slot: Ints  # (i,) calendar slot
    n_slot: int
    lab: Ints  # (i,) laboratory 0..n_lab-1
    n_lab: int
    new_batch: Bools  # (i,) the batch differs from the one before
    new_year: Bools  # (i,) the laboratory's year differs from its observation before
    interval: Ints  # (i,) number of break intervals that end at or before observation i
    interval_start: Ints  # (m,) first day a break of interval m may have
    interval_end: Ints  # (m,) day before which it must have come
    n_observation: Ints  # (k,) observations known at look k
    n_interval: Ints  # (k,) admissible intervals at look k
    interleaved: bool  # a batch comes back after another one: not served


def build_panel(
    visits: Visits,
    usable: Bools,
    variance: Floats,
    looks: Looks,
    *,
    nugget: float,
    break_intervals: tuple[int, ...] | None = None,
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
    break_intervals : tuple of int, optional
        Numbers of the campaign times before which a break is admitted; None admits all that
        have two campaign times before them.
    """
    used = np.flatnonzero(usable)
    sites, site_of = np.unique(visits.site[used], return_inverse=True)
    noise = variance[used] + nugget**2
    group_of_site = _groups(visits, used, site_of, noise, sites.size)
    middle = visits.middle_day[used]
    group_of = group_of_site[site_of]
    order = np.lexsort((site_of, group_of, visits.batch[used], visits.campaign[used], middle))
    used, site_of, noise, middle, group_of = (
        used[order], site_of[order], noise[order], middle[order], group_of[order],
    )  # fmt: skip
    batch = visits.batch[used]
    starts = np.flatnonzero(
        np.r_[
            True,
            (np.diff(group_of) != 0) | (np.diff(batch) != 0) | (np.diff(middle) != 0),
        ]
        if used.size
        else np.zeros(0, dtype=bool)
    )
    first = np.r_[starts, used.size].astype(np.int64)
    when = middle[starts]
    known = np.array([visits.last_day[used[a:b]].max() for a, b in pairwise(first)])
    known = np.maximum.accumulate(known) + looks.report_lag
    n_observation = np.array(
        [int((known <= day).sum()) for day in looks.day],
        dtype=np.int64,
    )
    times, rank = np.unique(when, return_inverse=True)
    admissible = np.arange(2, times.size)
    if break_intervals is not None:
        admissible = np.array([m for m in break_intervals if 0 < m < times.size], dtype=int)
    interval = np.searchsorted(admissible, rank, side="right")
    batches, years, labs = (
        batch[starts],
        visits.year[used[starts]],
        batch[starts] // LAB_STEP,
    )
    names, lab = np.unique(labs, return_inverse=True)
    new_batch = np.r_[True, batches[1:] != batches[:-1]] if starts.size else np.zeros(0, bool)
    return Panel(
        visit=used,
        visit_site=site_of.astype(np.int64),
        variance=noise,
        first_visit=first,
        group=group_of[starts].astype(np.int64),
        group_size=np.bincount(group_of_site).astype(np.int64),
        site_group=group_of_site,
        time=(when - when[0]) / DAYS_PER_YEAR if starts.size else np.zeros(0),
        slot=visits.slot[used[starts]],
        n_slot=visits.n_slot,
        lab=lab.astype(np.int64),
        n_lab=max(1, names.size),
        new_batch=new_batch,
        new_year=_new_year(lab, years),
        interval=interval.astype(np.int64),
        interval_start=np.ceil(times[admissible - 1]).astype(np.int64),
        interval_end=np.ceil(times[admissible]).astype(np.int64),
        n_observation=n_observation,
        n_interval=np.array([interval[n - 1] if n else 0 for n in n_observation], dtype=np.int64),
        interleaved=bool(new_batch.sum() > np.unique(batches).size),
    )


def _groups(
    visits: Visits, used: np.ndarray, site_of: np.ndarray, noise: Floats, n_site: int
) -> Ints:
    """Return the group of every used site; a site whose noise varies stands alone."""
    seen: dict[object, int] = {}
    group = np.empty(n_site, dtype=np.int64)
    for site in range(n_site):
        mine = np.flatnonzero(site_of == site)
        key: object = (tuple(visits.campaign[used[mine]]), tuple(visits.batch[used[mine]]),
                       tuple(map(tuple, visits.day[used[mine]])))  # fmt: skip
        if np.ptp(noise[mine]) > 0.0:
            key = site
        group[site] = seen.setdefault(key, len(seen))
    return group


def _new_year(lab: np.ndarray, years: np.ndarray) -> Bools:
    last: dict[int, int] = {}
    fresh = np.zeros(lab.size, dtype=bool)
    for i, (number, year) in enumerate(zip(lab.tolist(), years.tolist(), strict=True)):
        fresh[i] = last.get(number) != year
        last[number] = year
    return fresh
