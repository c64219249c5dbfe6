"""Breaks of single cities against the nation: derived in docs/local.md.

The national path of a campaign is estimated from the *other* cities that were measured in the
same campaign and batch, and taken off. What is left is one series, with the city's own white
noise, walk and drift, and goes through the same engine as the nation.
"""

from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np

from simdesign._kernels.others_path import others_path
from simdesign.errors import SpecError
from simdesign.fit.exact import (
    COLUMNS,
    MOST_LEFT_OUT,
    Scan,
    fit_columns,
    left_out_share,
    patterns,
    scan_breaks,
)
from simdesign.fit.priors import BreakPriors, break_priors
from simdesign.fit.site_weeks import SiteWeeks, site_weeks
from simdesign.records import Fit, Floats, Ints, Looks, Observations, Status, Visits
from simdesign.spec.base import Spec
from simdesign.spec.estimator import ExactLocal, Scale
from simdesign.spec.local import LARGEST
from simdesign.spec.quantity import HalfNormal, LogNormal

LEVEL_PRECISION = 1.0
"""A city's level, once its mean is taken off, is N(0, 1): wide beside any error of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LocalBreaks:
    """What the data say about every city against the nation."""

    sites: tuple[str, ...]
    columns: dict[str, Floats]  # each (s, r, k): the numbers of a ``Fit``
    status: Ints  # (s, r, k)

    @property
    def score(self) -> Floats:
        """Log posterior odds of a break of the city, (s, r, k)."""
        return self.columns["score"]

    @property
    def prob_break(self) -> Floats:
        """P(a break of the city up to the look), (s, r, k)."""
        return self.columns["prob_break"]

    @property
    def largest(self) -> Ints:
        """The city with the largest score, of those that could be fitted if any, (r, k)."""
        good = np.where(self.status == Status.OK, self.score, -np.inf)
        any_score = np.where(np.isfinite(self.score), self.score, -np.inf)
        best = np.where((self.status == Status.OK).any(axis=0), good, any_score)
        return np.asarray(best.argmax(axis=0), dtype=np.int64)


class ExactLocalEngine:
    """A break of a named city, or the largest score over all of them."""

    spec_type: ClassVar[type[Spec]] = ExactLocal

    def __init__(self, name: str, spec: ExactLocal) -> None:
        self.name, self.spec = name, spec

    def fit(self, observations: Observations, looks: Looks, substance: str) -> Fit:
        """Fit every replication at every look; effects are those on the city's own level."""
        site = self.spec.site
        if site != LARGEST and site not in observations.sites:
            known = ", ".join(observations.sites)
            raise SpecError(
                f"estimators.{self.name}.site", site, f"must be {LARGEST} or of {known}"
            )
        sites = observations.sites if site == LARGEST else (site,)
        found = local_breaks(self.spec, observations, looks, substance, sites)
        best = found.largest[None]
        columns = {
            name: np.take_along_axis(value, best, axis=0)[0]
            for name, value in found.columns.items()
        }
        status = np.take_along_axis(found.status, best, axis=0)[0]
        return Fit(
            estimator=self.name,
            substance=substance,
            published_alarm=np.zeros(status.shape, dtype=bool),
            status=status,
            **columns,
        )


def local_breaks(
    spec: ExactLocal,
    observations: Observations,
    looks: Looks,
    substance: str,
    sites: tuple[str, ...] | None = None,
) -> LocalBreaks:
    """Fit cities one at a time, at every look.

    Parameters
    ----------
    spec : ExactLocal
        Its ``site`` is not looked at.
    observations : Observations
    looks : Looks
    substance : str
    sites : tuple of str, optional
        The cities wanted; None takes all.
    """
    priors = break_priors(spec, substance)
    reduced = site_weeks(observations, substance, priors.day_noise)
    names = observations.sites if sites is None else sites
    shape = (len(names), observations.n_rep, looks.day.size)
    columns = {column: np.full(shape, np.nan) for column in COLUMNS}
    status = np.full(shape, int(Status.OK), dtype=np.int64)
    for rows in patterns(reduced):
        for s, name in enumerate(names):
            site = observations.sites.index(name)
            for at, seen in _same_composition(reduced, rows, observations.visits, looks, site):
                scan = local_scan(reduced, rows, observations.visits, seen, priors, site)
                for column, value in fit_columns(scan).items():
                    columns[column][s, rows[:, None], at] = value
                too_early = at[scan.model.n_interval == 0]
                status[s, rows[:, None], too_early] = Status.TOO_LITTLE_DATA
    for s, name in enumerate(names):
        mine = observations.visits.site == observations.sites.index(name)
        share = left_out_share(reduced, observations.visits, looks, mine)
        status[s][share > MOST_LEFT_OUT] = Status.NOT_APPLICABLE
    for value in columns.values():
        value[status == Status.NOT_APPLICABLE] = np.nan
    return LocalBreaks(sites=tuple(names), columns=columns, status=status)


def local_scan(
    reduced: SiteWeeks,
    rows: Ints,
    visits: Visits,
    looks: Looks,
    priors: BreakPriors,
    site: int,
) -> Scan:
    """Run the engine on one city less the nation, for replications of one pattern.

    The national path is estimated from everything that is reported by the last look.
    """
    mean, variance, usable, inflation = difference(reduced, rows, visits, looks, priors, site)
    own = SiteWeeks(
        mean=mean,
        variance=np.repeat(variance[None], rows.size, axis=0),
        usable=np.repeat(usable[None], rows.size, axis=0),
        left_out=np.zeros((rows.size, visits.n_visit), dtype=bool),
    )
    wider = replace(
        priors,
        sigma_rw=scaled(priors.sigma_rw, inflation**0.5),
        sigma_site=scaled(priors.sigma_site, inflation**0.5),
    )
    return scan_breaks(own, np.arange(rows.size), visits, looks, wider)


def difference(
    reduced: SiteWeeks, rows: Ints, visits: Visits, looks: Looks, priors: BreakPriors, site: int
) -> tuple[Floats, Floats, np.ndarray, float]:
    """Return a city's site-weeks less the national path of the other cities.

    Returns
    -------
    mean : ndarray, shape (n_row, n_visit)
    variance : ndarray, shape (n_visit,)
        Known noise variance of the difference, without the city's nugget.
    usable : ndarray of bool, shape (n_visit,)
        Visits of the city that another one shares campaign and batch with.
    inflation : float
        Variance of the difference's white noise and walk, in units of one city's.
    """
    own, others, cell = _pairs(reduced.usable[rows[0]], visits, looks, site)
    mean = np.zeros((rows.size, visits.n_visit))
    variance = np.ones(visits.n_visit)
    usable = np.zeros(visits.n_visit, dtype=bool)
    if own.size == 0:
        return mean, variance, usable, 1.0
    typical = _typical(priors.sigma_site) ** 2
    noise = reduced.variance[rows[0]]
    names, site_of = np.unique(visits.site[others], return_inverse=True)
    y = reduced.mean[rows][:, others]
    constant = _is_constant(noise[others], site_of, cell, own.size)
    if not constant:
        y = y - _levels(y, site_of, names.size)[:, site_of]
    path, covariance, share = others_path(
        np.ascontiguousarray(y), 1.0 / (typical + noise[others] + priors.nugget**2), cell,
        site_of.astype(np.int64), own.size, names.size, np.inf if constant else LEVEL_PRECISION,
    )  # fmt: skip
    total = np.diagonal(covariance) if constant else _centred_diagonal(covariance)
    share = share * total * _precision(noise[others], cell, own.size, typical, priors.nugget)
    inflation = 1.0 + float(share.sum()) / own.size
    mean[:, own] = reduced.mean[rows][:, own] - path
    variance[own] = noise[own] + np.maximum(total - typical * (inflation - 1.0), 0.0)
    usable[own] = True
    return mean, variance, usable, inflation


def _pairs(usable: np.ndarray, visits: Visits, looks: Looks, site: int) -> tuple[Ints, Ints, Ints]:
    """Return the city's visits, those of others in the same campaign and batch, and their place."""
    known = usable & (visits.last_day + looks.report_lag <= looks.day[-1])
    key = np.stack([visits.campaign, visits.batch], axis=1)
    at = {tuple(key[v].tolist()): v for v in np.flatnonzero(known & (visits.site == site))}
    others = [
        v for v in np.flatnonzero(known & (visits.site != site)) if tuple(key[v].tolist()) in at
    ]
    own = sorted({int(at[tuple(key[v].tolist())]) for v in others})
    place = {v: j for j, v in enumerate(own)}
    cell = [place[int(at[tuple(key[v].tolist())])] for v in others]
    return (
        np.array(own, dtype=np.int64),
        np.array(others, dtype=np.int64),
        np.array(cell, dtype=np.int64),
    )


def _is_constant(noise: Floats, site_of: Ints, cell: Ints, n_cell: int) -> bool:
    """Say whether the same cities are there in every campaign, with the same noise.

    Their levels then add the same to every campaign, and drop out.
    """
    n_site = int(site_of.max(initial=-1)) + 1
    if np.unique(cell * n_site + site_of).size < n_cell * n_site:
        return False
    return all(np.ptp(noise[site_of == q]) == 0.0 for q in range(n_site))


def _same_composition(
    reduced: SiteWeeks, rows: Ints, visits: Visits, looks: Looks, site: int
) -> list[tuple[Ints, Looks]]:
    """Return groups of looks that one national path serves.

    With the same cities in every campaign, a campaign's path does not depend on the others. If
    not, the cities' levels are estimated from all of them, and each look does so anew: it must
    not know what is reported later.
    """
    own, others, cell = _pairs(reduced.usable[rows[0]], visits, looks, site)
    _, site_of = np.unique(visits.site[others], return_inverse=True)
    every = np.arange(looks.day.size)
    if _is_constant(reduced.variance[rows[0]][others], site_of, cell, own.size):
        return [(every, looks)]
    return [(every[k : k + 1], replace(looks, day=looks.day[k : k + 1].copy())) for k in every]


def _levels(y: Floats, site_of: Ints, n_site: int) -> Floats:
    """Return each city's mean, (r, q)."""
    out = np.zeros((y.shape[0], n_site))
    for v, q in enumerate(site_of.tolist()):
        out[:, q] += y[:, v]
    return np.asarray(out / np.bincount(site_of, minlength=n_site))


def _precision(noise: Floats, cell: Ints, n_cell: int, typical: float, nugget: float) -> Floats:
    """Return the sum of the inverse variances of every campaign's other cities."""
    return np.bincount(cell, 1.0 / (typical + noise + nugget**2), minlength=n_cell)


def _centred_diagonal(covariance: Floats) -> Floats:
    """Return the variances that matter: a constant of the path is absorbed by the city's level.

    The factor makes it exact for equal, independent errors.
    """
    n = covariance.shape[0]
    row = covariance.sum(axis=1) / n
    centred = np.diagonal(covariance) - 2.0 * row + row.sum() / n
    return np.asarray(centred * n / max(n - 1, 1) if n > 1 else np.diagonal(covariance))


def scaled(prior: Scale, factor: float) -> Scale:
    """Return the prior of a standard deviation times a factor."""
    match prior:
        case HalfNormal():
            return HalfNormal(scale=prior.scale * factor)
        case LogNormal():
            return LogNormal(median=prior.median * factor, log_sd=prior.log_sd)
    return prior * factor


def _typical(prior: Scale) -> float:
    match prior:
        case HalfNormal():
            return prior.scale
        case LogNormal():
            return prior.median
    return float(prior)


def searched(score: Floats, prior: float) -> tuple[Floats, Floats]:
    """Return P(some city has broken) and P(this one has), when all of them were searched.

    A break has come to one of the cities with the probability ``prior``, to each equally likely:
    a city's Bayes factor is its posterior odds over the prior ones of a city asked about alone.

    Parameters
    ----------
    score : ndarray, shape (s, ...)
        Log posterior odds of cities asked about alone.
    prior : float
        P(a break by the look), of a city asked about alone and of all of them together.

    Returns
    -------
    somewhere : ndarray, shape (...)
    each : ndarray, shape (s, ...)
    """
    log_factor = score - np.log(prior / (1.0 - prior))
    top = np.maximum(log_factor.max(axis=0), 0.0)
    part = prior / score.shape[0] * np.exp(log_factor - top)
    total = part.sum(axis=0) + (1.0 - prior) * np.exp(-top)
    return part.sum(axis=0) / total, part / total
