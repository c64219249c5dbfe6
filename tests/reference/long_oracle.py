"""Up to two breaks by brute force: dense covariances, days one by one, every pair of them.

A break's prior goes into the covariance of the data, so that no coefficient is ever solved for.
"""

from itertools import combinations_with_replacement, product

import numpy as np

from reference import break_oracle
from reference.step_oracle import _nodes


def posterior(series, priors, *, origin, look, n_nodes=(7, 6, 6)):
    """Return P(0, 1, 2 breaks), P(one in the last three years), P(pair of intervals) by index.

    Days before the second campaign are not shown by the data; the look lies later than three
    years after it.
    """
    cut = look - 3 * 365.25
    found = break_oracle.hypotheses(series, priors, origin=origin, look=look, cut=cut)
    items = [item for item in found if item.kind not in ("none", "pulse")]
    mass = np.array([item.mass for item in items])
    mass = mass / mass.sum()
    times = np.unique(series.day)
    age = np.array([np.inf if item.kind == "hidden" else item.effect[1] for item in items])
    interval = np.searchsorted(times, look - age * 365.25) - 2
    interval = np.where((age < np.inf) & (interval < times.size - 2), interval, -1)
    t = (series.day - series.day.min()) / 365.25
    levels = (series.site[:, None] == np.unique(series.site)[None, :]).astype(float)
    q, _ = np.linalg.qr(levels, mode="complete")
    basis = q[:, levels.shape[1] :]
    same_batch = (series.batch[:, None] == series.batch[None, :]).astype(float)
    same_year = (series.year[:, None] == series.year[None, :]).astype(float)
    shared = (1 - priors.r_lab) * same_batch + priors.r_lab * same_year
    fixed = np.diag(series.noise) + priors.drift_sd**2 * np.outer(t, t)
    parts = [basis.T @ m @ basis for m in
             (fixed, shared, np.minimum(t[:, None], t[None, :]), np.eye(t.size))]  # fmt: skip
    one = np.array([
        basis.T @ item.columns @ item.covariance @ item.columns.T @ basis for item in items
    ])  # fmt: skip
    pairs = np.array(list(combinations_with_replacement(range(len(items)), 2)))
    extra = np.concatenate([np.zeros_like(one[:1]), one, one[pairs[:, 0]] + one[pairs[:, 1]]])
    z = basis.T @ series.y
    scales = (priors.sigma_shared, priors.sigma_rw, priors.sigma_site)
    grids = [list(zip(*_nodes(p, n), strict=True)) for p, n in zip(scales, n_nodes, strict=True)]
    logs = []
    for nodes in product(*grids):
        cov = parts[0] + sum(s**2 * part for (s, _), part in zip(nodes, parts[1:], strict=True))
        root = np.linalg.cholesky(cov + extra)
        white = np.linalg.solve(root, np.broadcast_to(z[:, None], (*root.shape[:2], 1)))[..., 0]
        logs.append(
            np.log([w for _, w in nodes]).sum()
            - np.log(np.diagonal(root, axis1=1, axis2=2)).sum(axis=1)
            - 0.5 * (white**2).sum(axis=1)
        )
    evidence = np.exp(np.array(logs) - np.max(logs)).sum(axis=0)
    expected = priors.hazard * (look - origin) / 365.25
    p0, p1 = np.exp(-expected), expected * np.exp(-expected)
    twice = np.where(pairs[:, 0] == pairs[:, 1], 1.0, 2.0)
    weight = np.concatenate([
        [p0], p1 * mass, (1 - p0 - p1) * twice * mass[pairs[:, 0]] * mass[pairs[:, 1]]
    ]) * evidence  # fmt: skip
    weight /= weight.sum()
    n = len(items)
    single, double = weight[1 : 1 + n], weight[1 + n :]
    late = age <= 3.0
    recent = single[late].sum() + double[late[pairs[:, 0]] | late[pairs[:, 1]]].sum()
    by_pair = np.zeros((times.size - 2, times.size - 2))
    for (a, b), value in zip(interval[pairs], double, strict=True):
        if min(a, b) >= 0:
            by_pair[min(a, b), max(a, b)] += value
    return np.array([weight[0], single.sum(), double.sum()]), recent, by_pair
