"""How good a predictive distribution was: mixtures of normals against what came."""

import numpy as np
from scipy.special import logsumexp, ndtr

from simdesign.records import Floats, Ints

LEVELS = (0.5, 0.8, 0.95)
"""Central intervals whose coverage is reported."""


def log_score(value: float, mean: Floats, variance: Floats) -> float:
    """Return the log density of a value under an equal mixture of normals, shape (n,) each."""
    z2 = (value - mean) ** 2 / variance
    return float(logsumexp(-0.5 * (z2 + np.log(2.0 * np.pi * variance))) - np.log(mean.size))


def crps(value: float, mean: Floats, variance: Floats) -> float:
    r"""Return the continuous ranked probability score; smaller is better.

    .. math:: \tfrac1n\sum_i A(y-\mu_i,\sigma_i^2)
              -\tfrac1{2n^2}\sum_{ij}A(\mu_i-\mu_j,\sigma_i^2+\sigma_j^2)

    with :math:`A(m,s^2)=E|N(m,s^2)|`.
    """
    first = _mean_absolute(value - mean, variance).mean()
    pairs = _mean_absolute(mean[:, None] - mean, variance[:, None] + variance).mean()
    return float(first - 0.5 * pairs)


def _mean_absolute(m: Floats, variance: Floats) -> Floats:
    sd = np.sqrt(variance)
    z = m / sd
    density = np.exp(-0.5 * z**2) / np.sqrt(2.0 * np.pi)
    return np.asarray(2.0 * sd * density + m * (2.0 * ndtr(z) - 1.0))


def probability_below(value: float, mean: Floats, variance: Floats) -> float:
    """Return the mixture's distribution function at a value."""
    return float(ndtr((value - mean) / np.sqrt(variance)).mean())


def covered(probability: Floats, level: float) -> Floats:
    """Return 1 where a value lay in the central interval, from its distribution function."""
    tail = 0.5 * (1.0 - level)
    return np.asarray((probability >= tail) & (probability <= 1.0 - tail), dtype=float)


def clustered(values: Floats, cluster: Ints) -> tuple[float, float]:
    r"""Return a mean and its standard error, values of one cluster being dependent.

    .. math:: se^2 = \frac{G}{G-1}\,\frac1{n^2}\sum_g\Big(\sum_{i\in g}(x_i-\bar x)\Big)^2

    with G clusters; NaN for a single one.
    """
    mean = float(values.mean())
    _, group = np.unique(cluster, return_inverse=True)
    total = np.bincount(group.ravel(), weights=values - mean)
    g = total.size
    if g < 2:
        return mean, float("nan")
    return mean, float(np.sqrt(g / (g - 1.0) * (total**2).sum()) / values.size)
