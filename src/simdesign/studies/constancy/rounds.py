"""The national means of a few rounds, given the parameters of a world: a Gaussian.

Derivation: docs/constancy.md. Nothing is simulated here; a test compares with the simulator.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from simdesign.records import Floats, Ints
from simdesign.sample import week_opens
from simdesign.spec.quantity import expectation
from simdesign.spec.substance import Substance
from simdesign.spec.world import World
from simdesign.units import DAYS_PER_YEAR, date_of, day_of

PILOT = ((2023, 46), (2024, 11), (2024, 37), (2024, 46))
"""Year and week of the pilot's rounds outside New Year; exact dates were not published."""
_DAYS = 7
_CHUNK = 4_000_000  # numbers held at once


@dataclass(frozen=True, slots=True, kw_only=True)
class Rounds:
    """Rounds (j) of seven days at all sites of a world."""

    opens: Ints  # (j,) first day
    year: Ints  # (j,) calendar year
    year_day: Floats  # (j,) day of the year of the middle day
    concentration: float
    """Sum of the squared weights of the sites in the national mean: 1 / effective sites [1]."""

    @property
    def time(self) -> Floats:
        """Years from the first round."""
        return np.asarray((self.opens - self.opens[0]) / DAYS_PER_YEAR)


def rounds_of(world: World, weeks: Sequence[tuple[int, int]] = PILOT) -> Rounds:
    """Return rounds in some weeks (year, week) at the catchments of a world.

    The national mean weighs sites by population, as the plain index does.
    """
    opens = np.array([week_opens(year, week) for year, week in weeks], dtype=np.int64)
    people = np.array([item.population for item in world.catchments])
    share = people / people.sum()
    middle = opens + _DAYS // 2
    starts = [day_of(date_of(int(day)).replace(month=1, day=1)) for day in middle]
    return Rounds(
        opens=opens,
        year=np.array([date_of(int(day)).year for day in opens], dtype=np.int64),
        year_day=(middle - np.array(starts)).astype(float),
        concentration=float((share**2).sum()),
    )


def shared_correlation(theta: Mapping[str, Floats], rounds: Rounds) -> Floats:
    """Return the correlation of the shared error between rounds, shape (n, j, j)."""
    lab, r_lab = theta["lab_share"][:, None, None], theta["r_lab"][:, None, None]
    same_year = (rounds.year[:, None] == rounds.year).astype(float)
    same = np.eye(rounds.opens.size)
    made_in_lab = r_lab * same_year + (1.0 - r_lab) * same
    return np.asarray(lab * made_in_lab + (1.0 - lab) * _swing(theta["shared_weeks"], rounds))


def within_year(theta: Mapping[str, Floats], rounds: Rounds) -> Floats:
    """Return the mean correlation of the shared error of two rounds of one calendar year, (n,)."""
    pairs = np.triu((rounds.year[:, None] == rounds.year), k=1)
    return np.asarray(shared_correlation(theta, rounds)[:, pairs].mean(axis=1))


def mean_and_covariance(
    theta: Mapping[str, Floats], rounds: Rounds, substance: Substance
) -> tuple[Floats, Floats]:
    """Return mean (n, j) and covariance (n, j, j) of the rounds' national log means.

    Relative to the level at the first round.

    Parameters
    ----------
    theta : mapping of str to ndarray, shape (n,)
        Parameters of a substance, by the names of its fields.
    rounds : Rounds
    substance : Substance
        For its day noise.
    """
    turn = 2.0 * np.pi / DAYS_PER_YEAR
    phase = turn * (rounds.year_day[None] - theta["season_peak"][:, None])
    mean = theta["season_amplitude"][:, None] * np.cos(phase)
    mean = mean + theta["drift"][:, None] * rounds.time[None]
    walk = np.minimum(rounds.time[:, None], rounds.time)
    k = rounds.concentration
    walks = theta["sigma_rw"] ** 2 + k * theta["sigma_rw_site"] ** 2
    # of joint draws the median: rows do not store day noise, and it is divided by the sites
    day_sd, rho = expectation(substance.day_sd), expectation(substance.day_rho)
    week = theta["sigma_site"] ** 2 + day_sd**2 * _mean_variance(rho)
    shared = theta["sigma_shared"] ** 2
    cov = (
        shared[:, None, None] * shared_correlation(theta, rounds)
        + walks[:, None, None] * walk
        + (k * week)[:, None, None] * np.eye(rounds.opens.size)
    )
    return mean, np.asarray(cov)


def constancy_prob(mean: Floats, cov: Floats, limits: Sequence[float], normals: Floats) -> Floats:
    """Return P(the largest round is at most ``1 + x`` times the smallest), shape (n, x).

    By simulation on common normals, so that it is smooth in the parameters.

    Parameters
    ----------
    mean, cov : ndarray of float64, shapes (n, j) and (n, j, j)
    limits : sequence of float
        x, for example 0.10.
    normals : ndarray of float64, shape (m, j)
    """
    root = np.linalg.cholesky(cov + 1e-12 * np.eye(cov.shape[-1]))
    out = np.empty((mean.shape[0], len(limits)))
    step = max(_CHUNK // normals.size, 1)
    bounds = np.log1p(np.asarray(limits))
    for first in range(0, mean.shape[0], step):
        part = slice(first, first + step)
        made = mean[part, None] + np.einsum("mk,njk->nmj", normals, root[part])
        spread = np.ptp(made, axis=2)
        out[part] = (spread[:, :, None] <= bounds).mean(axis=1)
    return out


def _swing(weeks: Floats, rounds: Rounds) -> Floats:
    """Return the correlation of seven-day means of the swing, shape (n, j, j)."""
    psi = np.exp(-1.0 / (7.0 * weeks))
    lag = np.abs(rounds.opens[:, None] - rounds.opens).astype(float)
    days = np.arange(-(_DAYS - 1), _DAYS)
    weight = (_DAYS - np.abs(days)) / _DAYS**2
    gap = np.abs(lag[..., None] + days)  # (j, j, 13)
    log_psi = np.log(psi)[:, None, None, None]
    together = (weight * np.exp(log_psi * gap[None])).sum(axis=-1)
    return np.asarray(together / together[:, :1, :1])


def _mean_variance(rho: float) -> float:
    """Return the variance of a seven-day mean of a unit process with correlation rho^k."""
    return math.fsum(
        (_DAYS - abs(k)) * rho ** abs(k) for k in range(-(_DAYS - 1), _DAYS)
    ) / _DAYS**2  # fmt: skip
