"""The break model at given standard deviations, as one dense multivariate normal a hypothesis.

Shares nothing with the PyMC engine's algebra: each site-week is an entry, every hypothesis adds
its columns to the covariance, and flat site levels are removed by an orthonormal basis of the
complement of the site indicators.
"""

from dataclasses import dataclass

import numpy as np
from scipy.stats import multivariate_normal


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What the model says at one point; ``h`` hypothesis."""

    log_density: float  # of the data, hypotheses summed out, up to (n - q)/2 log 2 pi
    log_joint: np.ndarray  # (h,)
    first_mean: np.ndarray  # (h,)
    second_mean: np.ndarray  # (h,)
    effect_variance: np.ndarray  # (h,)


def answer(data, shared, walk, site):
    """Return the answer for the engine's own tables and three standard deviations."""
    cell, place = np.nonzero(data["seen"])
    y = data["mean"][cell, place]
    cov = np.diag(site**2 + data["noise"][cell, place])
    national = shared**2 * data["shared"] + walk**2 * data["walk"] + data["fixed"]
    cov = cov + national[np.ix_(cell, cell)]
    levels = (place[:, None] == np.unique(place)[None, :]).astype(float)
    q, _ = np.linalg.qr(levels, mode="complete")
    basis = q[:, levels.shape[1] :]
    n = basis.shape[1]
    base = 0.5 * n * np.log(2 * np.pi) - 0.5 * np.linalg.slogdet(levels.T @ levels)[1]
    z = basis.T @ y
    logs, means, variances = [], [], []
    for h in range(data["log_prior"].size):
        x = basis.T @ np.column_stack([data["first"][cell, h], data["second"][cell, h]])
        prior = np.diag([data["first_sd"][h] ** 2, data["second_sd"][h] ** 2])
        whole = basis.T @ cov @ basis + x @ prior @ x.T
        logs.append(data["log_prior"][h] + base + multivariate_normal(np.zeros(n), whole).logpdf(z))
        weight = np.linalg.solve(whole, x @ prior).T
        gain = np.array([data["first_gain"][h], data["second_gain"][h]])
        means.append(weight @ z)
        variances.append(gain @ (prior - weight @ x @ prior) @ gain)
    total = np.logaddexp.reduce(logs)
    return Answer(
        log_density=total, log_joint=np.array(logs) - total, first_mean=np.array(means)[:, 0],
        second_mean=np.array(means)[:, 1], effect_variance=np.array(variances),
    )  # fmt: skip
