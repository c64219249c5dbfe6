"""From a signal to a power beside one that was simulated, and how wrong that is (docs/explorer.md).

``probit power = intercept of the scenario + slope * signal``: the slope is fitted on all designs of
a study, the intercept is replaced by the simulated design that is nearest in signal.
"""

from dataclasses import dataclass

import numpy as np
from scipy import optimize
from scipy.special import ndtr, ndtri

from simdesign.records import Bools, Floats, Ints


@dataclass(frozen=True, slots=True, kw_only=True)
class LeftOut:
    """What the surface says about designs that it was not told of."""

    error: float  # root mean square of predicted less simulated power
    luck: float  # root mean square Monte Carlo error of the simulated power
    worst: float  # largest absolute difference
    n: int  # designs x scenarios that were left out


def probit(power: Floats, n_rep: Ints) -> Floats:
    """Return the normal quantile of a power; 0 and 1 become half a replication."""
    half = 0.5 / np.maximum(n_rep, 1)
    return np.asarray(ndtri(np.clip(power, half, 1.0 - half)))


def fitted_slope(signal: Floats, power: Floats, error: Floats, n_rep: Ints) -> float:
    """Return the common slope of probit power on signal, each scenario with its intercept.

    Least squares with the weights ``(phi(y) / error)^2`` of the delta method; not below 0. NaN
    where no scenario has two designs of different signal.

    Parameters
    ----------
    signal, power, error : ndarray, shape (s, m)
        Of scenario and design; NaN where there is none. ``error`` is the Monte Carlo error.
    n_rep : ndarray of int64, shape (s, m)
    """
    y = probit(power, n_rep)
    density = np.exp(-0.5 * y * y) / np.sqrt(2.0 * np.pi)
    least = 0.5 / np.maximum(n_rep, 1)  # an error of 0 at power 0 or 1 is none
    weight = (density / np.maximum(error, least)) ** 2
    known = np.isfinite(signal) & np.isfinite(y) & np.isfinite(weight)
    weight = np.where(known, weight, 0.0)
    total = weight.sum(axis=1, keepdims=True)
    x, y = np.where(known, signal, 0.0), np.where(known, y, 0.0)
    with np.errstate(divide="ignore", invalid="ignore"):
        dx = x - (weight * x).sum(axis=1, keepdims=True) / total
        dy = y - (weight * y).sum(axis=1, keepdims=True) / total
    weight = np.where(total > 0.0, weight, 0.0)
    dx, dy = np.where(weight > 0.0, dx, 0.0), np.where(weight > 0.0, dy, 0.0)
    spread = float((weight * dx * dx).sum())
    if spread <= 0.0:
        return float("nan")
    return max(float((weight * dx * dy).sum()) / spread, 0.0)


def shifted(power: Floats, n_rep: Ints, shift: Floats) -> Floats:
    """Return a power after its normal quantile was shifted."""
    return np.asarray(ndtr(probit(power, n_rep) + shift))


def left_out(
    signal: Floats, power: Floats, error: Floats, n_rep: Ints, group: Ints, out: Bools
) -> LeftOut:
    """Return the cross-validated error: every design once predicted from the others.

    Parameters
    ----------
    signal, power, error, n_rep : ndarray, shape (s, m)
        As of ``fitted_slope``.
    group : ndarray of int64, shape (m,)
        A design is predicted from the nearest one (in signal) of its group.
    out : ndarray of bool, shape (m,)
        Designs that are left out in turn.
    """
    missed, luck = [], []
    for number in np.flatnonzero(out):
        others = np.arange(group.size) != number
        slope = fitted_slope(
            signal[:, others], power[:, others], error[:, others], n_rep[:, others]
        )
        near = np.flatnonzero(others & (group == group[number]))
        if not near.size or not np.isfinite(slope):
            continue
        for row in range(signal.shape[0]):
            gap = np.abs(signal[row, near] - signal[row, number])
            gap = np.where(np.isfinite(power[row, near]), gap, np.nan)
            if not np.isfinite(gap).any() or not np.isfinite(power[row, number]):
                continue
            anchor = near[np.nanargmin(gap)]
            shift = slope * (signal[row, number] - signal[row, anchor])
            told = shifted(power[row, anchor], n_rep[row, anchor], shift)
            missed.append(float(told - power[row, number]))
            luck.append(float(error[row, number]))
    if not missed:
        return LeftOut(error=float("nan"), luck=float("nan"), worst=float("nan"), n=0)
    wrong = np.array(missed)
    return LeftOut(
        error=float(np.sqrt(np.mean(wrong**2))),
        luck=float(np.sqrt(np.mean(np.square(luck)))),
        worst=float(np.abs(wrong).max()), n=wrong.size,
    )  # fmt: skip


def shares(variance: Floats, own: Floats, walk: Floats) -> Floats:
    """Return A, B, C >= 0 of ``SE^2 = A + B own + C walk``, least relative squares, shape (3,).

    Parameters
    ----------
    variance : ndarray, shape (k,)
        SE^2 for several numbers of sites and days.
    own, walk : ndarray, shape (k,)
        What sites and days make of a round's mean, and of the sites' own walks; relative to the
        design whose shares are asked for, which has 1 and 1.
    """
    columns = np.stack([np.ones(own.size), own, walk], axis=1) / variance[:, None]
    return np.asarray(optimize.nnls(columns, np.ones(own.size))[0])
