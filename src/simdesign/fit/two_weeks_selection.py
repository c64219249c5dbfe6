"""The largest rise among several cities: what being selected does (docs/leeuwarden.md, 5)."""

from dataclasses import dataclass

import numpy as np
from scipy.special import ndtr

from simdesign.fit.two_weeks import (
    NODES,
    CityModel,
    Estimate,
    Mixture,
    NoiseDraws,
    Parts,
    TwoWeeks,
    averaged,
    normal_density,
    parts,
)
from simdesign.records import Floats

COMMON_NODES = 40
"""Gauss points of what all cities have in common, over six standard deviations to each side."""
REACH = 6.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Reached:
    """How easily the largest of several rises is as large as the one observed."""

    noise: Estimate  # no city has changed at all
    no_break: Estimate  # cities drift and wander, none has a break


def largest_posterior(
    weeks: TwoWeeks, draws: NoiseDraws, model: CityModel, n_cities: int, *,
    nodes: int = NODES, common_nodes: int = COMMON_NODES,
) -> Mixture:  # fmt: skip
    """Return the posterior of the city's real change, given that its rise was the largest, (13)."""
    p = parts(weeks, draws, model, nodes)
    variance = p.nation + p.shared
    common, share = _common(p.drift, variance, common_nodes)  # (s, q)
    gap = weeks.log_ratio - common
    spread = p.own + p.noise[:, None]  # (s, c)
    below = _below(gap, spread, p.weight)
    joint = p.weight * normal_density(gap[:, :, None], spread[:, None, :])
    joint *= (share * below ** (n_cities - 1))[:, :, None]
    # of the common part, the nation's walk is real and the shared error is not
    real = np.divide(p.nation, variance, out=np.zeros_like(variance), where=variance > 0.0)
    keep = p.own / spread
    mean = (p.drift + real * (common.T - p.drift)).T[:, :, None] + keep[:, None, :] * gap[
        :, :, None
    ]
    sd = np.sqrt((real * p.shared)[:, None] + keep * p.noise[:, None])
    flat = (draws.n, -1)
    return Mixture(
        weight=joint.reshape(flat), mean=mean.reshape(flat),
        sd=np.broadcast_to(sd[:, None, :], joint.shape).reshape(flat),
        is_break=np.tile(p.is_break, common_nodes),
    )  # fmt: skip


def prob_reached(
    weeks: TwoWeeks, draws: NoiseDraws, model: CityModel, n_cities: int,
    common_nodes: int = COMMON_NODES,
) -> Reached:  # fmt: skip
    """Return P(the largest of ``n_cities`` rises is at least the observed one), (14)."""
    p = parts(weeks, draws, model)
    nothing = np.zeros(draws.n)
    return Reached(
        noise=_reached(weeks, n_cities, common_nodes, nothing, p.shared, nothing, p),
        no_break=_reached(
            weeks, n_cities, common_nodes, p.drift, p.nation + p.shared, p.own[:, 0], p
        ),
    )


def _reached(
    weeks: TwoWeeks, n_cities: int, common_nodes: int, mean: Floats, variance: Floats,
    own: Floats, p: Parts,
) -> Estimate:  # fmt: skip
    common, share = _common(mean, variance, common_nodes)
    spread = (own + p.noise)[:, None]
    below = _below(weeks.log_ratio - common, spread, np.ones(1))
    value = (share * (1.0 - below**n_cities)).sum(axis=1, keepdims=True)
    return averaged(np.ones_like(value), value)


def _common(mean: Floats, variance: Floats, nodes: int) -> tuple[Floats, Floats]:
    """Return points of a normal number and their probabilities, both (s, q)."""
    node, weight = np.polynomial.legendre.leggauss(nodes)
    weight = weight * np.exp(-0.5 * (REACH * node) ** 2)
    points = mean[:, None] + np.sqrt(variance)[:, None] * (REACH * node)
    return points, np.broadcast_to(weight / weight.sum(), points.shape)


def _below(gap: Floats, spread: Floats, weight: Floats) -> Floats:
    """Return P(another city's rise is smaller), given what all have in common, (12)."""
    return np.asarray(ndtr(gap[:, :, None] / np.sqrt(spread)[:, None, :]) @ weight)
