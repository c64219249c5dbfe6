"""Brute force for the step model: dense covariances and a plain product quadrature.

Shares nothing with the engine: every site-week is an entry of one multivariate normal, drift,
slots and step are added to its covariance, site levels are removed by an orthonormal basis of
the complement of the site indicators (restricted likelihood), and the three standard deviations
are integrated by Gauss-Legendre rules.
"""

from dataclasses import dataclass

import numpy as np
from scipy import stats

from simdesign.spec.quantity import HalfNormal, LogNormal


@dataclass(frozen=True, kw_only=True)
class Series:
    """One panel: entry i is the mean of one site in one campaign."""

    y: np.ndarray
    site: np.ndarray
    day: np.ndarray
    batch: np.ndarray
    year: np.ndarray
    slot: np.ndarray
    noise: np.ndarray  # known variance, nugget included


def log_evidences(series, priors, shared, walk, site, times):
    """Log evidence of no break and of a break before each time, at given standard deviations.

    ``shared``, ``walk`` and ``site`` have shape (n_node,); the result (n_node, 1 + n_time).
    """
    n = series.y.size
    t = (series.day - series.day.min()) / 365.25
    levels = (series.site[:, None] == np.unique(series.site)[None, :]).astype(float)
    q, _ = np.linalg.qr(levels, mode="complete")
    basis = q[:, levels.shape[1] :]
    same_batch = (series.batch[:, None] == series.batch[None, :]).astype(float)
    same_year = (series.year[:, None] == series.year[None, :]).astype(float)
    fixed = np.diag(series.noise) + priors.drift_sd**2 * np.outer(t, t)
    if np.unique(series.slot).size > 1:
        fixed = fixed + priors.slot_sd**2 * (series.slot[:, None] == series.slot[None, :])
    walk_part = np.minimum(t[:, None], t[None, :])
    shared_part = (1 - priors.r_lab) * same_batch + priors.r_lab * same_year
    constant = -0.5 * np.log(levels.sum(axis=0)).sum()
    z = basis.T @ series.y
    out = np.empty((shared.size, 1 + times.size))
    for h in range(1 + times.size):
        extra = fixed
        if h > 0:
            on = (series.day >= times[h - 1]).astype(float)
            extra = fixed + priors.step_sd**2 * np.outer(on, on)
        parts = [basis.T @ m @ basis for m in (extra, shared_part, walk_part, np.eye(n))]
        cov = (
            parts[0][None]
            + (shared**2)[:, None, None] * parts[1]
            + (walk**2)[:, None, None] * parts[2]
            + (site**2)[:, None, None] * parts[3]
        )
        factor = np.linalg.cholesky(cov)
        white = np.linalg.solve(factor, np.broadcast_to(z, (shared.size, z.size))[..., None])[
            ..., 0
        ]
        log_det = 2 * np.log(np.diagonal(factor, axis1=1, axis2=2)).sum(axis=1)
        out[:, h] = constant - 0.5 * (log_det + (white**2).sum(axis=1) + z.size * np.log(2 * np.pi))
    return out


def _nodes(prior, n):
    """Gauss-Legendre over the bulk of a prior, its density in the weights."""
    u, w = np.polynomial.legendre.leggauss(n)
    if isinstance(prior, HalfNormal):
        x = 0.5 * (u + 1) * 5.0 * prior.scale
        w = w * stats.halfnorm.pdf(x, scale=prior.scale)
    elif isinstance(prior, LogNormal):
        z = 4.5 * u
        x = prior.median * np.exp(prior.log_sd * z)
        w = w * stats.norm.pdf(z)
    else:
        return np.array([float(prior)]), np.ones(1)
    return x, w / w.sum()


def step_posterior(series, priors, *, origin_day, look_day, n_nodes=(20, 16, 14)):
    """Return P(break), posterior mean of the evidence (log), and P per admissible interval."""
    scales = (priors.sigma_shared, priors.sigma_rw, priors.sigma_site)
    grids = [_nodes(prior, n) for prior, n in zip(scales, n_nodes, strict=True)]
    shared, walk, site = (g.ravel() for g in np.meshgrid(*(g[0] for g in grids), indexing="ij"))
    weight = np.einsum("i,j,k->ijk", *(g[1] for g in grids)).ravel()
    times = np.unique(series.day)
    steps = times[2:]
    logs = log_evidences(series, priors, shared, walk, site, steps)
    top = logs.max()
    evidence = weight @ np.exp(logs - top)
    years = (look_day - origin_day) / 365.25
    none = np.exp(-priors.hazard * years)
    mass = (1 - none) * (times[2:] - times[1:-1]) / (look_day - origin_day)
    hidden = 1 - none - mass.sum()
    total = (none + hidden) * evidence[0] + mass @ evidence[1:]
    prob = mass * evidence[1:] / total
    return prob.sum() + hidden * evidence[0] / total, np.log(total) + top, prob
