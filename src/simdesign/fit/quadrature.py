"""Nodes and weights over the standard deviations that the engine integrates out.

A likelihood depends on a standard deviation through its square, so it is even in it; with a
half-normal prior the integrand is an even, smooth function on the whole line. The substitution
``sigma = a sinh(u)`` keeps it so and packs nodes near zero; the trapezoidal rule then converges
exponentially, and the boundary at zero is simply the middle of the line (half a weight).
"""

import math
from dataclasses import dataclass

import numpy as np

from simdesign._kernels.break_scan import Lattice
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
        value = np.array([a * math.sinh(x) for x in u.tolist()])
        stretch = np.array([math.log(math.cosh(x)) for x in u.tolist()])
        log_weight = -0.5 * (value / prior.scale) ** 2 + stretch
        log_weight[0] += math.log(0.5)
    elif isinstance(prior, LogNormal) and prior.log_sd > 0:
        u = np.linspace(-LOG_NORMAL_REACH, LOG_NORMAL_REACH, n)
        value = np.array([prior.median * math.exp(prior.log_sd * x) for x in u.tolist()])
        log_weight = -0.5 * u**2
    else:
        point = _point(prior)
        return Nodes(value=np.array([point]), log_weight=np.zeros(1))
    total = math.log(sum(math.exp(x) for x in log_weight.tolist()))
    return Nodes(value=value, log_weight=log_weight - total)


def _point(prior: Scale) -> float:
    if isinstance(prior, HalfNormal):
        return 0.0
    return prior.median if isinstance(prior, LogNormal) else float(prior)


@dataclass(frozen=True, slots=True, kw_only=True)
class Resolution:
    """How fine the nodes are. More campaigns leave a narrower posterior."""

    n_shared: int
    n_walk: int
    site_spacing: float  # between coarse nodes of the log site-week SD
    site_refinement: int  # fine nodes for each coarse one
    site_negligible: float  # a site node whose log weight lies so far below the best is left out

    @property
    def doubled(self) -> "Resolution":
        """Twice as many nodes in every dimension."""
        return Resolution(
            n_shared=2 * self.n_shared - 1,
            n_walk=2 * self.n_walk - 1,
            site_spacing=0.5 * self.site_spacing,
            site_refinement=self.site_refinement,
            site_negligible=self.site_negligible + 4.0,
        )


SHARED_REACH = math.asinh(2.0 * HALF_NORMAL_REACH)
"""Range of the substituted variable of a half-normal prior."""


def resolution(n_time: int) -> Resolution:
    """Return the nodes for a panel.

    A standard deviation that ``n`` campaigns tell about is known to 1/sqrt(2n) of itself at best,
    which is its spread in the substituted variable: the spacing is 1.8 of these at most. Evidences
    of more campaigns bend more between two nodes of the site-week SD.
    """
    spacing = min(0.25, 1.8 / math.sqrt(2.0 * max(n_time, 1)))
    return Resolution(
        n_shared=math.ceil(SHARED_REACH / spacing) + 1 if n_time > FEW_TIMES else 10,
        n_walk=8 if n_time <= FEW_TIMES else 10 + n_time // 100,
        site_spacing=0.30 if n_time <= FEW_TIMES else 0.20 if n_time <= MANY_TIMES else 0.10,
        site_refinement=8,
        site_negligible=5.0,
    )


FEW_TIMES = 15
"""Up to so many campaign times the posterior of the standard deviations is wide."""
MANY_TIMES = 60


COARSEST = 4
"""Every so-manieth node of each dimension comes first in a large lattice."""
LARGE = 150
"""Nodes of a lattice in which two rounds of halving save more than they cost."""


def lattice(shared: Scale, walk: Scale, size: Resolution, year_share: float) -> Lattice:
    """Return the nodes of (shared SD, walk SD), a coarse lattice first and then its halvings.

    A node waits for the up to four of the next coarser lattice around it: it is passed over where
    none of them carries weight. Within a lattice large weights come first, so that sums are
    seldom rescaled.
    """
    first, second = scale_nodes(shared, size.n_shared), scale_nodes(walk, size.n_walk)
    n, m = first.value.size, second.value.size
    places = [(i, j) for i in range(n) for j in range(m)]
    weight = {(i, j): float(first.log_weight[i] + second.log_weight[j]) for i, j in places}
    coarsest = COARSEST if n * m > LARGE else 2

    def stride(place: tuple[int, int]) -> int:
        step = coarsest
        while place[0] % step or place[1] % step:
            step //= 2
        return step

    places.sort(key=lambda place: (-stride(place), -weight[place]))
    number = {place: order for order, place in enumerate(places)}
    neighbours = np.full((len(places), 4), -1, dtype=np.int64)
    for order, (i, j) in enumerate(places):
        step = stride((i, j))
        if step < coarsest:
            near = [
                number[a, b]
                for a in ((i - step, i + step) if i % (2 * step) else (i,))
                for b in ((j - step, j + step) if j % (2 * step) else (j,))
                if (a, b) in number
            ]
            neighbours[order, : len(near)] = near
    return Lattice(
        shared_variance=np.array([float(first.value[i]) ** 2 for i, _ in places]),
        walk_variance=np.array([float(second.value[j]) ** 2 for _, j in places]),
        log_weight=np.array([weight[place] for place in places]),
        neighbours=neighbours,
        year_share=year_share,
    )


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
