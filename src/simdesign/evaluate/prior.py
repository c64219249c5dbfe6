"""A parameter's distribution as numbers: values or density, and values that stand for it."""

from typing import Any

import numpy as np
from scipy import stats

from simdesign.records import Floats
from simdesign.spec.quantity import (
    Choice,
    Draws,
    HalfNormal,
    LogNormal,
    Normal,
    Parameter,
    Quantity,
    Uniform,
)

N_PRIOR = 4000
"""Equally spaced quantiles that stand for a continuous distribution."""


def atoms(quantity: Parameter) -> tuple[float, ...]:
    """Return the possible values of a discrete parameter; none of a continuous one."""
    match quantity:
        case Choice() | Draws():
            return quantity.values
        case Normal(sd=0.0):
            return (quantity.mean,)
        case HalfNormal(scale=0.0):
            return (0.0,)
        case LogNormal(log_sd=0.0):
            return (quantity.median,)
        case Normal() | HalfNormal() | LogNormal() | Uniform():
            return ()
        case _:
            return (float(quantity),)


def _continuous(quantity: Parameter) -> Any:
    """Return the frozen distribution of SciPy of a parameter without atoms."""
    match quantity:
        case Normal():
            return stats.norm(quantity.mean, quantity.sd)
        case HalfNormal():
            return stats.halfnorm(scale=quantity.scale)
        case LogNormal():
            return stats.lognorm(quantity.log_sd, scale=quantity.median)
        case Uniform():
            return stats.uniform(quantity.low, quantity.high - quantity.low)
        case _:
            raise TypeError(f"no continuous distribution: {quantity!r}")


def log_density(quantity: Quantity, value: Floats) -> Floats:
    """Return the log density of a parameter's distribution, or the log probability of a value.

    Values and choices have probabilities, everything else densities; minus infinity outside.
    """
    x = np.asarray(value, dtype=float)
    values = atoms(quantity)
    with np.errstate(divide="ignore", invalid="ignore"):
        if values:
            found = np.log((x[..., None] == np.array(values)).mean(axis=-1))
        else:
            found = _continuous(quantity).logpdf(x)
    return np.asarray(np.where(np.isnan(x), np.nan, found))


def prior_values(quantity: Parameter) -> Floats:
    """Return equally likely values of a parameter: its atoms or draws, else its quantiles."""
    values = atoms(quantity)
    if values:
        return np.array(values, dtype=float)
    share = (np.arange(N_PRIOR) + 0.5) / N_PRIOR
    return np.asarray(_continuous(quantity).ppf(share), dtype=float)
