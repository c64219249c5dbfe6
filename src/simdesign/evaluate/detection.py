"""Alarms after a break: how often, how soon, and with which sign.

Arrays have a draw axis ``d``: draw 0 is the study itself, the others are resamples of the null
programmes (another threshold) and of the replications (``weights``), so that the error of the
threshold is part of every Monte Carlo standard error.
"""

from dataclasses import dataclass

import numpy as np

from simdesign.evaluate.measure import Measure, resampled_measure
from simdesign.records import Bools, Floats, Ints
from simdesign.units import DAYS_PER_YEAR


@dataclass(frozen=True, slots=True, kw_only=True)
class Alarms:
    """First alarms of programmes with a break, on the study and on its resamples."""

    delay: Floats  # (d, r) years from the break to the report of the alarm; infinity = none
    premature: Bools  # (d, r) raised before any sample from after the break could be known
    weight: Floats  # (d, r) how often a replication is in the resample; ones in draw 0
    follow_up: Floats  # (r,) years from the break to the last look
    look: Ints  # (d, r) number of the alarm's look, n_look = none
    n_failed: int


def alarms_after_break(
    look: Ints,
    weight: Floats,
    look_day: Ints,
    report_lag: int,
    change_day: Ints,
    n_failed: int,
) -> Alarms:
    """Return delays and premature alarms.

    Parameters
    ----------
    look : ndarray of int64, shape (d, r)
        First look that raises the alarm, ``n_look`` where none does.
    weight : ndarray, shape (d, r)
    look_day : ndarray of int64, shape (n_look,)
    report_lag : int
        An alarm is premature when the look could not know a sample taken on the break day or
        later. The rule is the same for every design.
    change_day : ndarray of int64, shape (r,)
    n_failed : int
    """
    day = np.append(look_day.astype(float), np.inf)[look]
    return Alarms(
        delay=(day - change_day) / DAYS_PER_YEAR,
        premature=day - report_lag < change_day,
        weight=weight,
        follow_up=(float(look_day[-1]) - change_day.astype(np.float64)) / DAYS_PER_YEAR,
        look=look,
        n_failed=n_failed,
    )


def _ratio(part: Floats, whole: Floats) -> Floats:
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(part.sum(axis=1) / whole.sum(axis=1))


def incidence(alarms: Alarms, years: Floats) -> list[Measure]:
    """Return P(first alarm within so many years after the break), for several horizons.

    The cumulative incidence with premature alarms as a competing event: a programme that cried
    wolf before the break counts as one that did not notice it. Each horizon is judged over the
    replications whose programme lasts that long after the break.

    Parameters
    ----------
    alarms : Alarms
    years : ndarray of float64, shape (h,)
        Increasing.
    """
    n_draw, n = alarms.delay.shape[0], years.size
    followed = years[None, :] <= alarms.follow_up[:, None]  # (r, h)
    whole = alarms.weight @ followed  # (d, h)
    # a noticed break counts at the horizons from its delay up to the end of its follow-up
    noticed = np.where(alarms.premature, np.inf, alarms.delay)
    first = np.searchsorted(years, noticed, side="left")
    last = np.broadcast_to(followed.sum(axis=1)[None, :], first.shape)
    row = np.arange(n_draw)[:, None] * (n + 1)
    size = n_draw * (n + 1)
    weight = np.where(first < last, alarms.weight, 0.0).ravel()
    steps = np.bincount((row + first).ravel(), weight, size)
    steps -= np.bincount((row + last).ravel(), weight, size)
    part = np.cumsum(steps.reshape(n_draw, n + 1), axis=1)[:, :n]
    with np.errstate(divide="ignore", invalid="ignore"):
        share = np.clip(part / whole, 0.0, 1.0)  # the cumulated sum rounds
    return [
        resampled_measure(share[:, h], int(followed[:, h].sum()), alarms.n_failed, share=True)
        for h in range(n)
    ]


def power(alarms: Alarms, years: float) -> Measure:
    """Return P(first alarm within so many years after the break); see ``incidence``."""
    return incidence(alarms, np.array([years]))[0]


def power_given_quiet(alarms: Alarms, years: float) -> Measure:
    """Return P(alarm within so many years | no alarm before the break)."""
    followed = alarms.follow_up >= years
    weight = alarms.weight * followed * ~alarms.premature
    n = int((followed & ~alarms.premature[0]).sum())
    return resampled_measure(
        _ratio(weight * (alarms.delay <= years), weight), n, alarms.n_failed, share=True
    )


def premature_prob(alarms: Alarms) -> Measure:
    """Return P(alarm before the break could have been seen)."""
    return resampled_measure(
        _ratio(alarms.weight * alarms.premature, alarms.weight),
        alarms.premature.shape[1],
        alarms.n_failed,
        share=True,
    )


def restricted_mean_delay(alarms: Alarms, years: float) -> Measure:
    """Return the mean delay, counted up to so many years [years].

    tau - integral of the cumulative incidence from 0 to tau: a break that is not noticed within
    tau, or whose programme cried wolf before, counts with tau.
    """
    followed = alarms.follow_up >= years
    delay = np.where(alarms.premature, years, np.minimum(alarms.delay, years))
    weight = alarms.weight * followed
    return resampled_measure(_ratio(weight * delay, weight), int(followed.sum()), alarms.n_failed)


def _at_alarm(alarms: Alarms, values: Floats) -> tuple[Floats, Bools]:
    """Return values (r, k) at the look of each true alarm, (d, r), and where there is one."""
    n_rep, n_look = values.shape
    padded = np.concatenate([values, np.full((n_rep, 1), np.nan)], axis=1)
    at = padded[np.arange(n_rep)[None, :], alarms.look]
    return at, (alarms.look < n_look) & ~alarms.premature & np.isfinite(at)


def type_s(alarms: Alarms, effect: Floats, true_effect: Floats) -> Measure:
    """Return P(wrong sign of E | a true alarm), the type S error.

    Parameters
    ----------
    alarms : Alarms
    effect : ndarray of float64, shape (r, k)
        E as estimated at each look.
    true_effect : ndarray of float64, shape (r,)
        Full effect of the break.
    """
    at, known = _at_alarm(alarms, effect)
    wrong = known & (np.sign(at) != np.sign(true_effect)[None, :])
    values = _ratio(alarms.weight * wrong, alarms.weight * known)
    return resampled_measure(values, int(known[0].sum()), alarms.n_failed, share=True)


def type_m(alarms: Alarms, effect: Floats, true_effect: Floats) -> Measure:
    """Return the mean of |E| / |true effect| at a true alarm, the exaggeration (type M)."""
    at, known = _at_alarm(alarms, effect)
    ratio = np.where(known, np.abs(at) / np.abs(true_effect)[None, :], 0.0)
    values = _ratio(alarms.weight * ratio, alarms.weight * known)
    return resampled_measure(values, int(known[0].sum()), alarms.n_failed)


def false_alarm_prob(look: Ints, weight: Floats, n_look: int, n_failed: int) -> Measure:
    """Return P(any alarm in the programme) when nothing breaks; ``look`` as in ``Alarms``."""
    hit = look < n_look
    n = int((weight[0] > 0).sum())
    return resampled_measure(_ratio(weight * hit, weight), n, n_failed, share=True)
