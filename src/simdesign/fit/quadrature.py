"""Nodes and weights over the standard deviations that the engine integrates out.

A likelihood depends on a standard deviation through its square, so it is even in it; with a
half-normal prior the integrand is an even, smooth function on the whole line. The substitution
``sigma = a sinh(u)`` keeps it so and packs nodes near zero; the trapezoidal rule then converges
exponentially, and the boundary at zero is simply the middle of the line (half a weight).
"""

import math
from dataclasses import dataclass

import numpy as np

from simdesign.records import Floats
from simdesign.spec.estimator import Scale
from simdesign.spec.quantity import HalfNormal, LogNormal

HALF_NORMAL_REACH = 4.0
"""Largest node in units of the prior's scale; 6e-5 of the prior lies beyond."""
LOG_NORMAL_REACH = 3.4
"""Reach in log-SDs; 7e-4 of the prior lies beyond."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Nodes:
    """Nodes of one standard deviation and the log of prior density times spacing."""

    value: Floats  # (n,)
    log_weight: Floats  # (n,)


def scale_nodes(prior: Scale, n: int) -> Nodes:
    """Return ``n`` nodes for a prior; a point mass gives one node of weight one."""
    if isinstance(prior, HalfNormal) and prior.scale > 0:
        a = 0.5 * prior.scale
        u = np.linspace(0.0, math.asinh(HALF_NORMAL_REACH * prior.scale / a), n)
        value = a * np.sinh(u)
        log_weight = -0.5 * (value / prior.scale) ** 2 + np.log(np.cosh(u))
        log_weight[0] += math.log(0.5)
    elif isinstance(prior, LogNormal) and prior.log_sd > 0:
        u = np.linspace(-LOG_NORMAL_REACH, LOG_NORMAL_REACH, n)
        value = prior.median * np.exp(prior.log_sd * u)
        log_weight = -0.5 * u**2
    else:
        point = _point(prior)
        return Nodes(value=np.array([point]), log_weight=np.zeros(1))
    return Nodes(value=value, log_weight=log_weight - np.log(np.exp(log_weight).sum()))


def _point(prior: Scale) -> float:
    if isinstance(prior, HalfNormal):
        return 0.0
    return prior.median if isinstance(prior, LogNormal) else float(prior)


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteNodes:
    """A coarse grid of the site-week SD, and the fine grid it is integrated on.

    The likelihood between sites is narrow and cheap and lives on the fine grid; the national
    likelihood is smooth in the site-week SD and dear and lives on the coarse one, which is every
    ``refinement``-th node of the fine one.
    """

    coarse: Floats  # (n,)
    fine: Floats  # ((n - 1) * refinement + 1,)
    log_weight: Floats  # as fine: prior
    refinement: int


def site_nodes(prior: Scale, spacing: float, refinement: int) -> SiteNodes:
    """Return the grids for a log-normal prior; other priors get their own nodes, not refined."""
    if isinstance(prior, LogNormal) and prior.log_sd > 0:
        reach = LOG_NORMAL_REACH * prior.log_sd
        n = max(2, math.ceil(2.0 * reach / spacing) + 1)
        fine = scale_nodes(prior, (n - 1) * refinement + 1)
        return SiteNodes(
            coarse=fine.value[::refinement],
            fine=fine.value,
            log_weight=fine.log_weight,
            refinement=refinement,
        )
    nodes = scale_nodes(prior, 21)
    return SiteNodes(
        coarse=nodes.value, fine=nodes.value, log_weight=nodes.log_weight, refinement=1
    )
