"""How strongly a change shows in a national series: the change in its own standard errors.

The series has one mean a round over the sites visited together. What the sites and days of a round
are adds to it is ``round_variance``; all else is common to them. docs/explorer.md derives both.
"""

from dataclasses import dataclass

import numpy as np
from scipy import linalg

from simdesign.records import Floats, Ints
from simdesign.units import DAYS_PER_YEAR

DRIFT_SD = 0.10
"""Of the drift that is fitted beside the change [1/year], as in the engine."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rounds:
    """When a design measures; ``j`` rounds in the order of their days."""

    day: Floats  # (j,) mean day of the samples
    known: Floats  # (j,) day on which the last sample of the round is taken
    batch: Ints  # (j,) equal numbers were analysed together
    year: Ints  # (j,) calendar year of the laboratory


@dataclass(frozen=True, slots=True, kw_only=True)
class SharedNoise:
    """What all sites of a round share: SDs on the log scale."""

    batch: float
    year: float
    week: float
    weeks: float  # correlation time of the part of the week
    walk: float  # random walk [1/sqrt(year)]


def round_variance(
    sigma_site: float, day_sd: float, day_rho: float, count: float, residue: Floats, days: Ints
) -> float:
    """Return the variance of a round's national mean that its sites and days make.

    ``1 / sum_s 1 / (sigma_site^2 + day_sd^2 A + c / (residue_s n))`` with ``A`` the mean of
    ``rho^|t_i - t_j|`` over all pairs of the ``n`` days of a site.

    Parameters
    ----------
    sigma_site, day_sd, day_rho : float
        Totals of the world (docs/world.md).
    count : float
        Count noise c [g/d].
    residue : ndarray, shape (s,)
        Residue of every site [g/d].
    days : ndarray of int64, shape (n,)
        Days of a visit.
    """
    gap = np.abs(days[:, None] - days[None, :])
    together = float(np.mean(np.power(day_rho, gap)))  # 0^0 = 1: a day with itself
    site = sigma_site**2 + day_sd**2 * together + count / (residue * days.size)
    return float(1.0 / np.sum(1.0 / site))


def signals(
    rounds: Rounds, noise: SharedNoise, own: float, change: Floats, known_by: Floats
) -> Floats:
    """Return |change| / SE for several dates of the break and several days of looking back.

    The change is a column of known shape with an unknown factor, beside a free level and a drift
    with prior SD ``DRIFT_SD``; the noise of the series is known. 0 where nothing can be told.

    Parameters
    ----------
    rounds : Rounds
    noise : SharedNoise
    own : float
        Variance that sites and days add to a round, ``round_variance``.
    change : ndarray, shape (b, j)
        What each break adds to the log level of every round.
    known_by : ndarray, shape (b, h)
        Last day of samples that may be used.

    Returns
    -------
    ndarray, shape (b, h)
    """
    years = (rounds.day - rounds.day[0]) / DAYS_PER_YEAR
    gap = np.abs(rounds.day[:, None] - rounds.day[None, :])
    covariance = (
        noise.walk**2 * np.minimum(years[:, None], years[None, :])
        + noise.batch**2 * (rounds.batch[:, None] == rounds.batch[None, :])
        + noise.year**2 * (rounds.year[:, None] == rounds.year[None, :])
        + noise.week**2 * np.exp(-gap / (7.0 * noise.weeks))
        + own * np.eye(years.size)
    )
    columns = np.concatenate([np.ones((1, years.size)), years[None, :], change]).T
    white = linalg.solve_triangular(linalg.cholesky(covariance, lower=True), columns, lower=True)
    found = np.zeros(known_by.shape)
    for number in range(found.size):
        row, place = np.unravel_index(number, found.shape)
        m = int(np.searchsorted(rounds.known, known_by[row, place], side="right"))
        common, own_column = white[:m, :2], white[:m, 2 + row]
        gram = common.T @ common + np.diag([0.0, 1.0 / DRIFT_SD**2])
        if m < 2:
            continue
        beside = common.T @ own_column
        left = own_column @ own_column - beside @ np.linalg.solve(gram, beside)
        found[row, place] = np.sqrt(max(float(left), 0.0))
    return found
