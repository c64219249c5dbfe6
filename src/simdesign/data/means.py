r"""A mean over several days -> the daily loads that say the same to a model of daily logarithms.

With daily loads :math:`L_d = w_d\,e^{\mu + e_d}`, a known weekday profile :math:`w`, and
:math:`e` an AR(1) with variance :math:`\sigma^2` and lag-1 correlation :math:`\rho`, the
arithmetic mean is :math:`A = e^\mu \frac1n\sum_d w_d e^{e_d}`. Matching two moments,

.. math::

   s^2 = \log\Bigl(1 + \frac{\sum_{ij} w_i w_j (e^{\sigma^2\rho^{|i-j|}} - 1)}
                              {(\sum_i w_i)^2}\Bigr), \qquad
   E\log A = \mu + \log\bar w + \tfrac12(\sigma^2 - s^2).

The days are laid out as :math:`w_d A/\bar w\, e^{-(\sigma^2 - s^2)/2}`: the logarithms of all of
them, less the profile, have the expectation :math:`\mu`. docs/data.md derives it.
"""

from typing import NamedTuple

import numpy as np

from simdesign.data.names import WEEK
from simdesign.records import Floats
from simdesign.spec.catalogue import SUBSTANCES as IN_CATALOGUE
from simdesign.spec.plugged import plugged_noise
from simdesign.units import residue_g_per_day, weekday_of

LONGEST_MEAN = 31
"""Days that a mean may cover; a longer one is no campaign."""


MOST_VARIANCE = 1.0
"""Of a day's log load: a few grams of residue from a hamlet would give any number."""


class Spread(NamedTuple):
    """What is known about the days under a mean."""

    variance: float  # of a day's log load [1]
    rho: float  # correlation of consecutive days [1]
    weekday: Floats  # (7,) multipliers from Monday to Sunday


def known_spread(substance: str, load: float, population: float) -> Spread:
    """Return the plugged-in day noise of a site; flat and without noise outside the catalogue.

    Parameters
    ----------
    substance : str
    load : float
        The mean [mg/(1000 inh d)].
    population : float
        Inhabitants.
    """
    if substance not in IN_CATALOGUE:
        return Spread(0.0, 0.0, np.ones(len(WEEK)))
    noise = plugged_noise(substance)
    residue = residue_g_per_day(np.array(load), np.array(population))
    variance = noise.day_sd**2 + noise.count_noise / max(float(residue), 1e-9)
    return Spread(min(variance, MOST_VARIANCE), noise.rho, noise.weekday)


def log_variance(weight: Floats, variance: float, rho: float) -> float:
    """Return the variance of the log of a weighted mean of AR(1) log-normal days, s^2 above."""
    apart = np.abs(np.subtract.outer(np.arange(weight.size), np.arange(weight.size)))
    covariance = np.expm1(variance * rho**apart)
    return float(np.log1p(weight @ covariance @ weight / weight.sum() ** 2))


def laid_out(mean: float, first_day: int, n_days: int, spread: Spread) -> tuple[int, Floats]:
    """Return the first day and the daily loads of a mean over ``n_days`` consecutive days.

    Of a mean over more than a week the seven middle days are laid out: a campaign is a week.
    """
    days = first_day + np.arange(n_days)
    weight = spread.weekday[[weekday_of(int(day)) for day in days]]
    shift = 0.5 * (spread.variance - log_variance(weight, spread.variance, spread.rho))
    loads = weight * (mean / weight.mean()) * np.exp(-shift)
    start = max(0, (n_days - len(WEEK)) // 2)
    return first_day + start, loads[start : start + len(WEEK)]
