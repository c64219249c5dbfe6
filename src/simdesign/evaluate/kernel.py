r"""A smooth density of a table of joint draws: importance weights for an estimated design prior.

A table of draws has no density, so stored replications cannot be weighted to it exactly. Here its
draws are smoothed with normal kernels of covariance :math:`h^2 S`, around centres that are moved
towards their mean by :math:`\sqrt{1 - h^2}`, so that mean and covariance S stay those of the draws
(West 1993, JRSS B 55:409), with Scott's :math:`h = n^{-1/(d + 4)}`. Parameters with a log-normal
old prior are smoothed on the log scale; half-normal ones are reflected at zero, where such a
density may be positive.
"""

from collections.abc import Mapping

import numpy as np

from simdesign.evaluate.prior import atoms, log_density
from simdesign.evaluate.reweight import Weights, weights_of
from simdesign.records import Floats
from simdesign.spec.quantity import HalfNormal, LogNormal, Normal, Parameter

MOST_DRAWS = 1000
"""Draws that are smoothed, evenly spaced in the table: more change the density less than h does."""
_CHUNK = 500


def smooth_fields(old: Mapping[str, Parameter], table: Mapping[str, object]) -> tuple[str, ...]:
    """Return the parameters of a table that the stored replications drew from a density."""
    return tuple(
        name
        for name, prior in old.items()
        if name in table and isinstance(prior, Normal | HalfNormal | LogNormal) and not atoms(prior)
    )


def table_weights(
    drawn: Mapping[str, Floats],
    old: Mapping[str, Parameter],
    table: Mapping[str, tuple[float, ...]],
    n_effective: float,
) -> Weights:
    """Return the weights of replications for the smoothed density of a table of draws.

    Parameters
    ----------
    drawn : mapping of str to ndarray, shape (n,)
        Stored value of every parameter of ``old``; NaN where the world could not be made.
    old : mapping of str to distribution
        Design prior of the parameters that are weighted (``smooth_fields``), independent.
    table : mapping of str to tuple of float
        Joint draws of them, at least two.
    n_effective : float
        Independent draws that they are worth.
    """
    names = list(old)
    logs = [isinstance(old[name], LogNormal) for name in names]
    point = np.stack([np.asarray(drawn[name], dtype=float) for name in names], axis=1)
    draws = np.stack([np.asarray(table[name], dtype=float) for name in names], axis=1)
    known = ~np.isnan(point).any(axis=1)
    log_old, log_new = np.zeros(known.size), np.full(known.size, -np.inf)
    for column, name in enumerate(names):
        prior = old[name]
        if isinstance(prior, Normal | HalfNormal | LogNormal):
            log_old[known] += log_density(prior, point[known, column])
    mirrored = [n for n, name in enumerate(names) if isinstance(old[name], HalfNormal)]
    log_new[known] = _log_kernel(point[known], draws, np.array(logs), mirrored, n_effective)
    ratio = np.zeros(known.size)
    ratio[known] = np.exp(log_new[known] - log_old[known])
    return weights_of(ratio, known, [])


def _log_kernel(
    point: Floats, draws: Floats, logs: "np.ndarray", mirrored: list[int], n_effective: float
) -> Floats:
    """Return the log density at points (n, d) of smoothed draws (m, d)."""
    jacobian = np.where(logs, np.log(np.where(logs, point, 1.0)), 0.0).sum(axis=1)
    at = np.where(logs, np.log(np.where(logs, point, 1.0)), point)
    scaled = np.where(logs, np.log(np.where(logs, np.maximum(draws, 1e-300), 1.0)), draws)
    n, d = scaled.shape
    h = float(max(min(n_effective, n), 2.0) ** (-1.0 / (d + 4)))
    middle = scaled.mean(axis=0)
    covariance = np.atleast_2d(np.cov(scaled, rowvar=False))
    chosen = scaled[np.linspace(0, n - 1, min(n, MOST_DRAWS)).astype(int)]
    centre = middle + np.sqrt(1.0 - h**2) * (chosen - middle)
    factor = np.linalg.cholesky(h**2 * covariance)
    inverse = np.linalg.inv(factor)
    constant = -0.5 * d * np.log(2.0 * np.pi) - np.log(np.diag(factor)).sum()
    there = centre @ inverse.T
    total = np.full(at.shape[0], -np.inf)
    for signs in _signs(d, mirrored):
        here = (at * signs) @ inverse.T
        for first in range(0, here.shape[0], _CHUNK):
            part = slice(first, first + _CHUNK)
            gap = here[part, None, :] - there[None, :, :]
            value = -0.5 * np.einsum("nmd,nmd->nm", gap, gap)
            top = value.max(axis=1)
            mean = np.log(np.exp(value - top[:, None]).mean(axis=1)) + top
            total[part] = np.logaddexp(total[part], mean)
    return np.asarray(total + constant - jacobian)


def _signs(d: int, mirrored: list[int]) -> list[Floats]:
    """Return every combination of signs of the mirrored dimensions."""
    found = [np.ones(d)]
    for n in mirrored:
        other = [item.copy() for item in found]
        for item in other:
            item[n] = -1.0
        found += other
    return found
