"""Brute force for mechanisms: all days of all sites and all series in one multivariate normal.

Shares nothing with the engine: no site-week means, no sufficient statistics of weekdays, no
Kalman filter. Levels of sites and series are removed by an orthonormal basis of the complement of
their indicators; profile, weeks, drifts and walks are entries of the covariance; every draw of a
trace and every day of a break is a hypothesis of its own, and the three standard deviations are
integrated by Gauss-Legendre rules.
"""

from dataclasses import dataclass
from itertools import pairwise, product

import numpy as np

from reference.step_oracle import _nodes

DAYS = 5
"""Days tried within each interval, at the middles of as many equal parts."""


@dataclass(frozen=True, kw_only=True)
class Days:
    """Every day of every visit."""

    log_load: np.ndarray  # (n,) less the plugged-in profile
    visit: np.ndarray  # (n,)
    site: np.ndarray  # (n,)
    day: np.ndarray  # (n,) calendar day
    middle: np.ndarray  # (n,) of the visit
    batch: np.ndarray
    year: np.ndarray
    variance: np.ndarray  # (n,) of day noise


@dataclass(frozen=True, kw_only=True)
class Series:
    """An extra series, and what a unit of the load's change does to its log in each trace."""

    log_value: np.ndarray  # (n,)
    variance: np.ndarray  # (n,)
    day: np.ndarray  # (n,) middle of the period
    period: float  # its length [d]
    drift_sd: float
    walk_sd: float
    moved: np.ndarray  # (t,)


def _gls_weights(days, rho):
    """Return for every day of every visit its weight in the visit's mean."""
    weight = np.zeros(days.day.size)
    for v in np.unique(days.visit):
        mine = np.flatnonzero(days.visit == v)
        inverse = np.linalg.inv(rho ** np.abs(days.day[mine, None] - days.day[None, mine]))
        weight[mine] = inverse.sum(axis=1) / inverse.sum()
    return weight


def _within_week(days, rho):
    """Return what a vector of weekdays does to every day, its visit's mean taken off, (n, 7)."""
    incidence = ((days.day[:, None] + 3) % 7 == np.arange(7)).astype(float)
    weight = _gls_weights(days, rho)
    same_visit = days.visit[:, None] == days.visit[None, :]
    shares = (same_visit * weight) @ incidence  # (n, 7), equal within a visit
    _, first = np.unique(days.visit, return_index=True)
    return incidence - shares, shares[first].mean(axis=0)


def _covariances(days, series, priors, spec, week_sd, rho):
    """Return the fixed covariance and those that the three variances multiply."""
    n, total = days.day.size, days.day.size + sum(item.day.size for item in series)
    years = (days.middle - days.middle.min()) / 365.25
    within, _ = _within_week(days, rho)
    same_visit = (days.visit[:, None] == days.visit[None, :]).astype(float)
    fixed = np.zeros((total, total))
    parts = {name: np.zeros((total, total)) for name in ("shared", "walk", "site")}
    noise = np.sqrt(days.variance[:, None] * days.variance[None, :])
    a = same_visit * (noise * rho ** np.abs(days.day[:, None] - days.day[None, :]))
    a += priors.nugget**2 * same_visit + priors.drift_sd**2 * np.outer(years, years)
    product_of_weeks = within @ within.T
    same_week = days.middle[:, None] == days.middle[None, :]
    a += product_of_weeks * (spec.profile_sd**2 + week_sd**2 * same_week)
    fixed[:n, :n] = a
    lab = days.batch // 10**6
    same_year = (days.year[:, None] == days.year[None, :]) & (lab[:, None] == lab[None, :])
    same_batch = days.batch[:, None] == days.batch[None, :]
    parts["shared"][:n, :n] = (1 - priors.r_lab) * same_batch + priors.r_lab * same_year
    parts["walk"][:n, :n] = np.minimum(years[:, None], years[None, :])
    parts["site"][:n, :n] = same_visit
    at = n
    for item in series:
        t = (item.day - item.day.min()) / 365.25
        block = np.diag(item.variance) + item.drift_sd**2 * np.outer(t, t)
        block = block + item.walk_sd**2 * np.minimum(t[:, None], t[None, :])
        fixed[at : at + t.size, at : at + t.size] = block
        at += t.size
    return fixed, parts


def _columns(days, series, break_day, traces, rho):
    """Return the columns of step and slope from a day on, (n, trace, 2)."""
    within, mean = _within_week(days, rho)
    unit = traces @ mean
    scaled = traces / unit[:, None]
    effect = 1.0 + within @ scaled.T  # (n, t)
    shape = np.column_stack(
        [days.middle >= break_day, np.maximum(days.middle - break_day, 0.0) / 365.25]
    )
    blocks = [effect[:, :, None] * shape[:, None, :]]
    for item in series:
        fine = np.linspace(-0.5, 0.5, 2001)
        fine = 0.5 * (fine[1:] + fine[:-1]) * item.period
        t = item.day[:, None] + fine
        after = t >= break_day
        shape = np.stack(
            [after.mean(axis=1), (after * (t - break_day)).mean(axis=1) / 365.25], axis=1
        )
        blocks.append((item.moved / unit)[None, :, None] * shape[:, None, :])
    return np.concatenate(blocks)


def posterior(
    days, series, traces, mechanism, priors, spec, *, week_sd, origin, look, n_nodes=(9, 7, 6)
):  # fmt: skip
    """Return the posterior over mechanisms given a break, (3,).

    ``traces`` (t, 7) are the changes of the log load on each weekday, ``mechanism`` (t,) whose
    they are.
    """
    rho = priors.day_noise.rho
    y = np.concatenate([days.log_load, *(item.log_value for item in series)])
    owner = np.concatenate(
        [days.site, *(np.full(s.day.size, -1 - i) for i, s in enumerate(series))]
    )
    levels = (owner[:, None] == np.unique(owner)[None, :]).astype(float)
    q, _ = np.linalg.qr(levels, mode="complete")
    basis = q[:, levels.shape[1] :]
    fixed, parts = _covariances(days, series, priors, spec, week_sd, rho)
    small = {name: basis.T @ part @ basis for name, part in parts.items()}
    base = basis.T @ fixed @ basis
    kinds = {
        "step": (priors.kinds.step, np.diag([priors.step_sd**2, 0.0])),
        "slope": (priors.kinds.slope, np.diag([0.0, priors.slope_sd**2])),
        "both": (priors.kinds.both, np.diag([priors.step_sd**2, priors.slope_sd**2])),
    }
    times = np.unique(days.middle)
    mass, stack = [], []
    for before, after in pairwise(times[1:]):
        for start, end in pairwise(np.linspace(before, after, DAYS + 1)):
            columns = _columns(days, series, 0.5 * (start + end), traces, rho)
            stack.append(np.moveaxis(np.tensordot(basis, columns, axes=(0, 0)), 0, 1))
            mass.append((np.ceil(after) - np.ceil(before)) / (look - origin) / DAYS)
    x, mass = np.array(stack), np.array(mass)  # (date, trace, entry, 2), (date,)
    turned = x.swapaxes(2, 3).copy()
    z = basis.T @ y
    scales = (priors.sigma_shared, priors.sigma_rw, priors.sigma_site)
    grids = [_nodes(prior, m) for prior, m in zip(scales, n_nodes, strict=True)]
    logs = []
    for (s, ws), (w, ww), (i, wi) in product(*(list(zip(*grid, strict=True)) for grid in grids)):
        cov = base + s**2 * small["shared"] + w**2 * small["walk"] + i**2 * small["site"]
        inverse = np.linalg.inv(cov)
        none = np.log(ws * ww * wi) - 0.5 * (np.linalg.slogdet(cov)[1] + z @ inverse @ z)
        score = turned @ (inverse @ z)
        gram = turned @ (inverse @ x)
        row = [np.full((1, mechanism.size), np.log(1.0 - mass.sum()) + none)]  # none holds it
        for share, prior in kinds.values():
            spread = np.eye(2) + prior @ gram
            mean = np.linalg.solve(spread, (score @ prior)[..., None])[..., 0]
            row.append(np.log(share * mass)[:, None] + none - 0.5 * np.log(np.linalg.det(spread))
                       + 0.5 * (mean * score).sum(axis=2))  # fmt: skip
        logs.append(np.concatenate(row))
    logs = np.array(logs)
    weight = np.exp(logs - logs.max()).sum(axis=(0, 1))
    found = np.array(
        [p * weight[mechanism == m].mean() for m, p in enumerate(spec.mechanisms.values)]
    )
    return found / found.sum()
