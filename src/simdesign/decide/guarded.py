"""The worst world of the design prior: bins of the null mixture, and the guarded threshold."""

from dataclasses import dataclass

import numpy as np

from simdesign.decide.thresholds import Threshold, calibrated_threshold
from simdesign.records import Floats, Ints

CENTRAL = 0.90
"""Part of the design prior, in each of the two directions, that the guard covers."""
LEAST_PER_BIN = 200
"""Programmes a bin should hold: with fewer the worst bin is mostly the unluckiest."""
MOST_BINS = 5
"""Bins along one direction."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bins:
    """Equally filled bins of the central part of the null mixture by two drawn parameters."""

    label: Ints  # (n_null,) number of the bin, -1 outside the central part
    shared: Floats  # (n_bin,) mean sigma_shared of a bin [1]
    walk: Floats  # (n_bin,) mean sigma_rw of a bin [1/sqrt(year)]

    @property
    def n_bin(self) -> int:
        """Number of bins."""
        return int(self.shared.size)


def prior_bins(sigma_shared: Floats, sigma_rw: Floats) -> Bins:
    """Cut the central 90 % of both drawn parameters into equally filled cells.

    The number of cells grows with the number of programmes, at least 200 in each, up to 5 x 5.
    A parameter that does not vary is not cut.

    Parameters
    ----------
    sigma_shared, sigma_rw : ndarray of float64, shape (n_null,)
        As drawn in each programme of the null mixture. A programme whose world could not be
        made has NaN and is in no bin.
    """
    inside = _central(sigma_shared) & _central(sigma_rw)
    varies = [np.unique(x[inside]).size > 1 for x in (sigma_shared, sigma_rw)]
    cells = max(1, int(inside.sum()) // LEAST_PER_BIN)
    along = cells if sum(varies) == 1 else int(np.sqrt(cells))
    along = min(max(along, 1), MOST_BINS)
    label = np.full(sigma_shared.size, -1, dtype=np.int64)
    members = np.flatnonzero(inside)
    bins: list[np.ndarray] = []
    for column in _parts(members, sigma_shared, along if varies[0] else 1):
        bins += _parts(column, sigma_rw, along if varies[1] else 1)
    bins = [part for part in bins if part.size]
    for number, part in enumerate(bins):
        label[part] = number
    return Bins(
        label=label,
        shared=np.array([sigma_shared[part].mean() for part in bins]),
        walk=np.array([sigma_rw[part].mean() for part in bins]),
    )


def guarded_threshold(largest: Floats, bins: Bins, budget: float, counts: Floats) -> Threshold:
    """Return the largest of the thresholds that the bins would need, each on its own.

    The worst bin's false-alarm probability then is at most the budget. The guard sees the average
    of a bin, not its worst corner, and the largest of several estimates is a little too large;
    both shrink as the study grows.

    Parameters
    ----------
    largest : ndarray of float64, shape (n_null,)
    bins : Bins
    budget : float
    counts : ndarray, shape (n_draw, n_null)

    Raises
    ------
    ValueError
        Without any bin: a guard that saw no world would be an alarm that never sounds.
    """
    if bins.n_bin == 0:
        raise ValueError("bins: at least one must hold a programme with known parameters")
    value, draws = -np.inf, np.full(counts.shape[0], -np.inf)
    for number in range(bins.n_bin):
        inside = bins.label == number
        own = calibrated_threshold(largest[inside], budget, counts[:, inside])
        value, draws = max(value, own.value), np.maximum(draws, own.draws)
    attained = float(np.mean(largest > value)) if largest.size else 0.0
    return Threshold(value=value, attained=attained, draws=draws, n_null=largest.size)


def _central(values: Floats) -> np.ndarray:
    known = np.isfinite(values)
    if not known.any():
        return known
    tail = 0.5 * (1.0 - CENTRAL)
    low, high = np.quantile(values[known], [tail, 1.0 - tail])
    return np.asarray((values >= low) & (values <= high))


def _parts(members: Ints, values: Floats, n: int) -> list[Ints]:
    return np.array_split(members[np.argsort(values[members], kind="stable")], n)
