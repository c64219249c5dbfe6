"""Where drawn standard deviations lie in their posteriors.

The posterior density of one standard deviation is its prior density times the evidence that the
engine has with it held at a value. The logarithm of that evidence is smooth: it is computed at
some nodes, interpolated by a cubic spline and integrated by the trapezoidal rule on a grid that
is ``FINER`` times finer.
"""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.integrate import cumulative_trapezoid
from scipy.interpolate import CubicSpline

from simdesign.records import Floats
from simdesign.spec.breaks import Scale
from simdesign.spec.quantity import HalfNormal, LogNormal

REACH = {"half": 4.0, "log": 3.4}
"""Last node of a half-normal prior in units of its scale, of a log-normal one in log-SDs: 6e-5 and
7e-4 of the prior lie beyond, as with the engine itself."""
FINER = 20
N_NODE = {"sigma_shared": 13, "sigma_rw": 10, "sigma_site": 15}
"""Nodes of each with up to ``FEW`` campaign times; docs/model_check.md has the error left."""
FEW = 10
HALF_NORMAL_MEDIAN = 0.6744897501960817


@dataclass(frozen=True, slots=True, kw_only=True)
class ScaleGrid:
    """Nodes of one standard deviation, evenly spaced in a variable ``u``."""

    u: Floats  # (n,)
    value: Floats  # (n,) the standard deviation [1]
    prior: Scale

    def log_prior(self, u: Floats) -> Floats:
        """Return the log prior density of u, up to a constant."""
        if isinstance(self.prior, HalfNormal):
            half: Floats = -0.5 * (0.5 * np.sinh(u)) ** 2 + np.log(np.cosh(u))
            return half
        return np.asarray(-0.5 * u**2)

    def u_of(self, value: Floats) -> Floats:
        """Return u of a standard deviation."""
        if isinstance(self.prior, HalfNormal):
            return np.asarray(np.arcsinh(value / (0.5 * self.prior.scale)))
        assert isinstance(self.prior, LogNormal)
        return np.asarray(np.log(value / self.prior.median) / self.prior.log_sd)

    @property
    def median(self) -> float:
        """Prior median of the standard deviation."""
        if isinstance(self.prior, HalfNormal):
            return HALF_NORMAL_MEDIAN * self.prior.scale
        assert isinstance(self.prior, LogNormal)
        return self.prior.median


def n_node(name: str, n_time: int) -> int:
    """Return the nodes for a panel.

    A log evidence grows like the number ``n`` of campaign times and a cubic spline errs by the
    fourth power of the spacing: with a spacing like ``n ** -0.25`` the error stays.
    """
    return math.ceil(N_NODE[name] * math.sqrt(math.sqrt(max(1.0, n_time / FEW))))


def scale_grid(prior: Scale, n: int) -> ScaleGrid | None:
    """Return ``n`` nodes; None for a point mass, which has nothing to be checked."""
    if isinstance(prior, HalfNormal) and prior.scale > 0:
        u = np.linspace(0.0, math.asinh(2.0 * REACH["half"]), n)
        return ScaleGrid(u=u, value=0.5 * prior.scale * np.sinh(u), prior=prior)
    if isinstance(prior, LogNormal) and prior.log_sd > 0:
        u = np.linspace(-REACH["log"], REACH["log"], n)
        return ScaleGrid(u=u, value=prior.median * np.exp(prior.log_sd * u), prior=prior)
    return None


def scale_cdf(grid: ScaleGrid, log_evidence: Floats, at: Floats) -> tuple[Floats, Floats]:
    """Return the posterior distribution function at values, and at the prior's median.

    Parameters
    ----------
    grid : ScaleGrid
    log_evidence : ndarray, shape (n, r)
        At the nodes, up to a constant of each replication.
    at : ndarray, shape (r,)
        Standard deviations.

    Returns
    -------
    cdf, median_cdf : ndarray, shape (r,)
    """
    # even in the standard deviation, so that its slope at zero is zero
    flat = isinstance(grid.prior, HalfNormal)
    left: Any = (1, np.zeros(at.size)) if flat else "not-a-knot"
    spline: Any = CubicSpline(grid.u, log_evidence, axis=0, bc_type=(left, "not-a-knot"))
    u = np.linspace(grid.u[0], grid.u[-1], (grid.u.size - 1) * FINER + 1)
    log_density = spline(u) + grid.log_prior(u)[:, None]
    density: Floats = np.exp(log_density - log_density.max(axis=0))
    mass: Floats = np.asarray(cumulative_trapezoid(density, u, axis=0, initial=0))
    mass /= mass[-1]
    wanted, middle = grid.u_of(at), float(grid.u_of(np.array([grid.median]))[0])
    cdf = np.array([np.interp(x, u, mass[:, r]) for r, x in enumerate(wanted.tolist())])
    median_cdf = np.array([np.interp(middle, u, mass[:, r]) for r in range(at.size)])
    return cdf, median_cdf
