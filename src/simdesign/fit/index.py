"""The plain national index: what a table of yearly means would show, without any model."""

import numpy as np

from simdesign.records import MISSING_DAY, Floats, Looks, Observations


def log_index(observations: Observations, looks: Looks, substance: str) -> Floats:
    """Return the log level of every look's year less that of the first year, (n_rep, n_look).

    0 at the first look; NaN where a year or the first year is empty.
    """
    level = log_level(observations, looks, substance)
    return np.asarray(level - level[:, :1])


def log_level(
    observations: Observations, looks: Looks, substance: str, slot: int | None = None
) -> Floats:
    """Return the design-based national log level of every look's year.

    A site's year is the mean of its site-week means (arithmetic, over the days that were
    measured); the nation's year is the mean over the sites visited, weighted by population. The
    year of look ``k`` holds what was reported since the look before; a day below LOQ counts with
    half its LOQ, as is common practice. Every sum runs within one replication, so that a value
    does not depend on what it is computed with.

    Parameters
    ----------
    observations : Observations
    looks : Looks
    substance : str
    slot : int, optional
        Only what was sampled in this calendar slot; None takes all.

    Returns
    -------
    ndarray of float64, shape (n_rep, n_look)
        Log of mg/(1000 inh d); NaN where a year is empty.
    """
    visits = observations.visits
    u = observations.substances.index(substance)
    period = np.searchsorted(looks.day, visits.last_day + looks.report_lag, side="left")
    wanted = (period < looks.day.size) & ~visits.history
    used = np.flatnonzero(wanted if slot is None else wanted & (visits.slot == slot))
    n_rep, n_look = observations.n_rep, looks.day.size
    out = np.full((n_rep, n_look), np.nan)
    if used.size == 0:
        return out
    load = observations.load[:, u, used]
    load = np.where(observations.censored[:, u, used], 0.5 * load, load)
    present = (visits.day[used] != MISSING_DAY)[None] & np.isfinite(load)
    n_day = present.sum(axis=2)
    week = np.where(present, load, 0.0).sum(axis=2) / np.maximum(n_day, 1)
    n_site = len(observations.sites)
    cell = period[used] * n_site + visits.site[used]
    order = np.argsort(cell, kind="stable")
    cells, first = np.unique(cell[order], return_index=True)
    total = np.add.reduceat(week[:, order], first, axis=1)
    count = np.add.reduceat((n_day > 0)[:, order].astype(float), first, axis=1)
    site_year = np.zeros((n_rep, n_look * n_site))
    weight = np.zeros((n_rep, n_look * n_site))
    people = observations.population[cells % n_site]
    site_year[:, cells] = people * total / np.maximum(count, 1.0)
    weight[:, cells] = people * (count > 0)
    shape = (n_rep, n_look, n_site)
    with np.errstate(divide="ignore", invalid="ignore"):
        nation = site_year.reshape(shape).sum(axis=2) / weight.reshape(shape).sum(axis=2)
        out[:] = np.log(nation)
    return np.where(np.isfinite(out), out, np.nan)
