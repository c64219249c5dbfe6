"""A break of one city by brute force: all cities jointly, nothing taken off beforehand.

One dense multivariate normal over all site-weeks: national drift, walk and shared error with
their priors, a walk of its own for every city, and the break columns of one city. Levels are
removed by an orthonormal basis of the complement of the site indicators. Shares nothing with the
engine, and unlike it knows the covariance of the national path as a whole.
"""

from dataclasses import replace
from itertools import product

import numpy as np

from reference import break_oracle
from reference.step_oracle import _nodes


def posterior(series, city, priors, national, *, origin, look, n_nodes=(7, 6, 8, 8)):
    """Return P(a break of ``city``), and E[effect at the look].

    ``priors`` are those of the city: its ``sigma_rw`` and ``sigma_site`` are every city's walk and
    white noise; ``national`` holds the shared error, the walk, the drift and the season.
    """
    own = series.site == city
    mine = replace(series, **{name: getattr(series, name)[own] for name in
                              ("y", "site", "day", "batch", "year", "slot", "noise")})  # fmt: skip
    found = break_oracle.hypotheses(mine, priors, origin=origin, look=look, cut=look)
    columns = np.zeros((len(found), series.y.size, 2))
    columns[:, own] = np.stack([item.columns for item in found])
    t = (series.day - series.day.min()) / 365.25
    same_site = (series.site[:, None] == series.site[None, :]).astype(float)
    levels = (series.site[:, None] == np.unique(series.site)[None, :]).astype(float)
    q, _ = np.linalg.qr(levels, mode="complete")
    basis = q[:, levels.shape[1] :]
    same_batch = (series.batch[:, None] == series.batch[None, :]).astype(float)
    same_year = (series.year[:, None] == series.year[None, :]).astype(float)
    shared = (1 - national.r_lab) * same_batch + national.r_lab * same_year
    walk = np.minimum(t[:, None], t[None, :])
    fixed = np.diag(series.noise) + national.drift_sd**2 * np.outer(t, t)
    fixed = fixed + break_oracle.season(series, national, moves=False)
    fixed = fixed + priors.drift_sd**2 * np.outer(t * own, t * own)
    parts = [basis.T @ m @ basis for m in (fixed, shared, walk, same_site * walk, np.eye(t.size))]
    scales = (national.sigma_shared, national.sigma_rw, priors.sigma_rw, priors.sigma_site)
    grids = [
        list(zip(*_nodes(prior, n), strict=True)) for prior, n in zip(scales, n_nodes, strict=True)
    ]
    prior = np.stack([item.covariance for item in found])
    mass = np.log([item.mass for item in found])
    ahead = np.stack([item.effect for item in found])
    x = np.einsum("ni,hnc->hic", basis, columns)
    z = basis.T @ series.y
    logs, effect = [], []
    for nodes in product(*grids):
        cov = parts[0] + sum(s**2 * part for (s, _), part in zip(nodes, parts[1:], strict=True))
        inverse = np.linalg.inv(cov)
        base = -0.5 * (np.linalg.slogdet(cov)[1] + z @ inverse @ z)
        base += np.log([w for _, w in nodes]).sum()
        score = np.einsum("hic,i->hc", x, inverse @ z)
        solved = np.tensordot(x, inverse, axes=(1, 0))  # (h, c, i)
        spread = np.eye(2) + prior @ (solved @ x)
        mean = np.einsum("hcd,hd->hc", np.linalg.solve(spread, prior), score)
        logs.append(mass + base - 0.5 * np.log(np.linalg.det(spread))
                    + 0.5 * (mean * score).sum(axis=1))  # fmt: skip
        effect.append((ahead * mean).sum(axis=1))
    weight = np.exp(np.array(logs) - np.max(logs))
    weight /= weight.sum()
    broken = np.array([item.kind not in ("none", "pulse") for item in found])
    return weight[:, broken].sum(), (weight * np.array(effect)).sum()
