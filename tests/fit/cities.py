"""Panels whose cities wander on their own, and a city that may break: for local breaks."""

from dataclasses import replace

import numpy as np

from fit import panels
from fit.test_break_oracle import look_after, series_of
from reference import local_oracle
from simdesign.fit.local import local_scan
from simdesign.fit.priors import break_priors
from simdesign.fit.site_weeks import SiteWeeks
from simdesign.spec.estimator import ExactBreak, ExactLocal


def weeks(rng, n_site, n_year, *, gaps=0.0, walk=0.07, noise=(0.001, 0.010)):
    """Return visits and site-week means; city 0 has a break in two of three panels."""
    n = n_site * n_year
    keep = None
    if gaps:
        keep = rng.random(n) >= gaps
        keep[:n_site] = True
    where = panels.visits(n_site, n_year, keep=keep)
    year = where.year - 2026
    variance = rng.uniform(*noise, n_site)[where.site]
    nation = rng.normal(0, 0.08, n_year) + np.cumsum(rng.normal(0, 0.05, n_year))
    y = nation[year] + np.cumsum(rng.normal(0, walk, (n_site, n_year)), axis=1)[where.site, year]
    years = (where.middle_day - panels.START) / 365.25
    start, kind = rng.uniform(0, n_year), rng.integers(3)
    if kind == 1:
        y = y + (where.site == 0) * rng.normal(0, 0.4) * (years > start)
    elif kind == 2:
        y = y + (where.site == 0) * rng.normal(0, 0.13) * np.maximum(years - start, 0)
    y = y + np.sqrt(variance + 0.07**2) * rng.normal(size=where.site.size)
    shape = (1, y.size)
    return where, SiteWeeks(
        mean=y[None], variance=variance[None], usable=np.ones(shape, dtype=bool),
        left_out=np.zeros(shape, dtype=bool),
    )  # fmt: skip


KNOWN = {"sigma_shared": 0.08, "nation": 0.06, "walk": 0.07, "site": 0.07}


def against_joint(where, reduced, *, known=None, n_nodes=(7, 6, 8, 8), city=0):
    """Return (P, E) of the engine less those of the joint dense model, and the joint P.

    ``known`` fixes the standard deviations: what differs is then the national path alone.
    """
    local, nation = break_priors(ExactLocal(), "cocaine"), break_priors(ExactBreak(), "cocaine")
    if known is not None:
        local = replace(local, sigma_rw=known["walk"], sigma_site=known["site"])
        nation = replace(nation, sigma_shared=known["sigma_shared"], sigma_rw=known["nation"])
    look = look_after(where)
    got = local_scan(reduced, np.array([0]), where, look, local, city).summary
    prob, effect = local_oracle.posterior(
        series_of(where, reduced, local.nugget), city, local, nation, origin=look.origin_day,
        look=float(look.day[0]), n_nodes=n_nodes,
    )  # fmt: skip
    return got.prob[0, 0] - prob, got.effect[0, 0, 0] - effect, prob


def unchanged(rng, n_rep, n_site, n_year, *, walk=0.10, shared=0.05, nation=0.05):
    """Return observations without any break; every city's walk has an SD from HalfN(``walk``)."""
    where = panels.visits(n_site, n_year)
    year = where.year - 2026
    own = np.abs(walk * rng.standard_normal((n_rep, n_site, 1)))
    paths = np.cumsum(own * rng.standard_normal((n_rep, n_site, n_year)), axis=2)
    common = np.cumsum(nation * rng.standard_normal((n_rep, n_year)), axis=1)
    common += shared * rng.standard_normal((n_rep, n_year))
    log = common[:, year] + paths[:, where.site, year]
    log += 0.07 * rng.standard_normal(log.shape)
    daily = log[:, :, None] + 0.134 * rng.standard_normal((*log.shape, 7))
    return panels.observe(where, 900.0 * np.exp(daily))
