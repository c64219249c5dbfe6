"""Residue of a catchment's day given its expectation: how many use-days, how large each."""

import numpy as np

from simdesign._kernels._jit import njit
from simdesign._kernels.address import go_to


@njit
def class_residue(rng, expected, mass, residue, prob, dose_cv):
    r"""Draw a day's residue as a compound sum over user classes.

    .. math:: U_k \sim \mathrm{Binomial}(n_k, p_k'), \quad
              R = \sum_k \Gamma(U_k / v_k^2)\, r_k v_k^2

    with n_k the expected number of use-days over p_k, rounded up, and p_k' such that the
    expectation is kept. A sum of U gamma doses of mean r and variation v is one gamma of shape
    U / v^2.

    Parameters
    ----------
    rng : numpy.random.Generator
    expected : float
        Expected residue of all classes [g/d].
    mass : ndarray of float64, shape (n_class,)
        Share of each class in it, sum 1.
    residue : ndarray of float64, shape (n_class,)
        Mean residue of a use-day [g].
    prob : ndarray of float64, shape (n_class,)
        Probability that a user uses that day.
    dose_cv : ndarray of float64, shape (n_class,)
        Coefficient of variation of a use-day's residue.

    Returns
    -------
    float
        Residue [g/d].
    """
    total = 0.0
    for k in range(mass.size):
        use_days = expected * mass[k] / residue[k]
        if use_days > 0.0:
            users = np.int64(np.ceil(use_days / prob[k]))
            drawn = rng.binomial(users, use_days / users)
            if drawn > 0:
                spread = dose_cv[k] * dose_cv[k]
                if spread > 0.0:
                    total += residue[k] * spread * rng.standard_gamma(drawn / spread)
                else:
                    total += residue[k] * drawn
    return total


@njit
def daily_residue(
    rng, first, n_day, weekday, stage, grams, exact_below, noise, use_days, mass, residue,
    prob, dose_cv, expected, out,
):  # fmt: skip
    r"""Draw the residue load of consecutive days of one city.

    Where at least ``exact_below`` use-days are expected, the expectation is multiplied by a
    gamma factor of mean 1 and variance c / (expected g/d); else classes are drawn one by one.

    Parameters
    ----------
    rng : numpy.random.Generator
    first, n_day : int
        Days ``first`` to ``first + n_day - 1``.
    weekday : int
        Weekday of day ``first``, Monday = 0.
    stage : ndarray of int64, shape (n_day_in_all,)
        Stage of the change on every day.
    grams : float
        Residue of the city at a load of one [g/d per mg/(1000 inh d)].
    exact_below : float
        Expected use-days below which classes are drawn exactly.
    noise : ndarray of float64, shape (n_stage, 7)
        c at each stage, Monday to Sunday [g].
    use_days : ndarray of float64, shape (n_stage, 7)
        Expected use-days per gram of residue [1/g].
    mass, prob, dose_cv : ndarray of float64, shape (n_stage, 7, n_class)
        As in :func:`class_residue`.
    residue : ndarray of float64, shape (n_stage, n_class)
        As in :func:`class_residue` [g].
    expected, out : ndarray of float64, shape (n_day_in_all,)
        Read; written [mg/(1000 inh d)].
    """
    d = weekday
    for t in range(first, first + n_day):
        i = stage[t]
        mean = expected[t] * grams
        if mean * use_days[i, d] < exact_below:
            drawn = class_residue(rng, mean, mass[i, d], residue[i], prob[i, d], dose_cv[i, d])
            out[t] = drawn / grams
        else:
            shape = mean / noise[i, d]
            out[t] = expected[t] * rng.standard_gamma(shape) / shape
        d = d + 1 if d < 6 else 0


@njit
def panel_residue(
    rng, counter, flags, replication, site_word, year_word, first, n_day, weekday, changed,
    stage, grams, exact_below, noise, use_days, mass, residue, prob, dose_cv, expected, out,
):  # fmt: skip
    """Draw the residue loads of all cities, each programme year from a stream of its own.

    Parameters
    ----------
    rng : numpy.random.Generator
    counter, flags : ndarray
        Its memory, as in :func:`go_to`.
    replication : uint64
    site_word : ndarray of uint64, shape (n_site,)
    year_word : ndarray of uint64, shape (n_year,)
    first, n_day : ndarray of int64, shape (n_year,)
        Days of every year, as in :func:`daily_residue`.
    weekday : int
        Weekday of day 0, Monday = 0.
    changed : ndarray of bool, shape (n_site,)
        Cities in which the change happens; the others stay at stage 0.
    stage : ndarray of int64, shape (n_day_in_all,)
    grams : ndarray of float64, shape (n_site,)
    noise, use_days, mass : ndarray of float64, shape (n_site, ...)
        The rest as in :func:`daily_residue`.
    residue, prob, dose_cv : ndarray of float64
        As in :func:`daily_residue`, common to all cities.
    expected, out : ndarray of float64, shape (n_site, n_day_in_all)
    """
    never = np.zeros_like(stage)
    for s in range(site_word.size):
        here = stage if changed[s] else never
        for y in range(year_word.size):
            go_to(counter, flags, replication, site_word[s], year_word[y])
            daily_residue(
                rng, first[y], n_day[y], (weekday + first[y]) % 7, here, grams[s], exact_below,
                noise[s], use_days[s], mass[s], residue, prob, dose_cv, expected[s], out[s],
            )  # fmt: skip
