"""One city among many: what an alarm of its own means for a network (docs/network.md).

Arrays have the draw axis of ``Alarms``: draw 0 is the study, the others are resamples.
"""

import math
from dataclasses import replace

import numpy as np

from simdesign.evaluate.detection import Alarms
from simdesign.evaluate.measure import Measure, resampled_measure
from simdesign.records import Bools, Floats, Ints


def expected_false_cities(rate: Measure, n: int) -> Measure:
    """Return the expected number of cities with a false alarm among ``n`` like this one.

    Expectations add up whether the cities' alarms depend on each other or not.

    Parameters
    ----------
    rate : Measure
        P(any alarm in the programme) of one city when nothing breaks.
    n : int
    """
    return replace(
        rate,
        value=n * rate.value,
        mcse=n * rate.mcse,
        low=n * rate.low,
        high=n * rate.high,
        influence=None if rate.influence is None else n * rate.influence,
        draws=None if rate.draws is None else n * rate.draws,
    )


def any_false_city(rate: Measure, n_searched: int, n: int) -> Measure:
    """Return P(at least one false alarm among ``n`` cities), from that among ``n_searched``.

    Cities are independent given the world, so it holds in a fixed world only; in a mixture of
    worlds it is an upper bound when ``n`` is larger (Jensen).

    Parameters
    ----------
    rate : Measure
        P(at least one false alarm) among the cities that were searched.
    n_searched, n : int
    """
    power = n / n_searched

    def grown(share: float) -> float:
        return 1.0 - (1.0 - share) ** power if math.isfinite(share) else math.nan

    slope = power * (1.0 - rate.value) ** (power - 1.0) if rate.value < 1.0 else 0.0
    return Measure(
        value=grown(rate.value), mcse=slope * rate.mcse, n_rep=rate.n_rep,
        n_failed=rate.n_failed, low=grown(rate.low), high=grown(rate.high),
    )  # fmt: skip


def right_city_prob(alarms: Alarms, right: Bools) -> Measure:
    """Return P(the alarm is about the city that changed | a true alarm of the search).

    Parameters
    ----------
    alarms : Alarms
        Of the search over all cities, after the break.
    right : ndarray of bool, shape (r, k)
        The largest score of a look is that of the city that changed.
    """
    padded = np.concatenate([right, np.zeros((right.shape[0], 1), dtype=bool)], axis=1)
    known = np.isfinite(alarms.delay) & ~alarms.premature
    n = int(alarms.at(known)[0].sum())
    return resampled_measure(alarms.share(padded & known, known), n, alarms.n_failed, share=True)


def reported_effect(look: Ints, weight: Floats, effect: Floats, n_failed: int = 0) -> Measure:
    """Return the mean of |E| at a first alarm: the size of the change that is reported.

    Parameters
    ----------
    look : ndarray of int64, shape (d, r)
        First look with an alarm, ``k`` where there is none.
    weight : ndarray, shape (d, r)
    effect : ndarray of float64, shape (r, k)
        E of the city that is reported, on the log scale.
    n_failed : int
    """
    n_look = effect.shape[1]
    padded = np.concatenate([np.abs(effect), np.full((effect.shape[0], 1), np.nan)], axis=1)
    values = padded[np.arange(effect.shape[0])[None, :], np.minimum(look, n_look)]
    known = np.isfinite(values) & (weight > 0.0)
    part = (weight * np.where(known, values, 0.0)).sum(axis=1)
    whole = (weight * known).sum(axis=1)
    with np.errstate(divide="ignore", invalid="ignore"):
        mean = np.where(np.isnan(weight).any(axis=1), np.nan, part / whole)
    return resampled_measure(mean, int(known[0].sum()), n_failed)
