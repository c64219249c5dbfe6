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
    """First alarms of programmes with a break, on the study and on its resamples.

    Tables have a column per look and a last one for "no alarm".
    """

    look: Ints  # (d, r) number of the alarm's look, n_look = none
    weight: Floats  # (d, r) how often a replication is in the resample; ones in draw 0
    delay: Floats  # (r, k + 1) years from the break to the report of an alarm; infinity = none
    premature: Bools  # (r, k + 1) no sample from after the break could be known
    follow_up: Floats  # (r,) years from the break to the last look
    n_failed: int

    def at(self, table: np.ndarray) -> np.ndarray:
        """Return a table's value at each alarm, shape (d, r)."""
        n_rep, n_column = table.shape
        return np.asarray(np.take(table.ravel(), self.look + np.arange(n_rep) * n_column))

    def total(self, table: np.ndarray) -> Floats:
        """Return the weighted sum over replications of a table's value at the alarm, (d,)."""
        return np.asarray(np.einsum("dr,dr->d", self.weight, self.at(table.astype(float))))

    def share(self, part: np.ndarray, whole: np.ndarray) -> Floats:
        """Return the ratio of two totals, (d,); NaN where nothing is in the denominator."""
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.asarray(self.total(part) / self.total(whole))


def alarms_after_break(
    look: Ints,
    weight: Floats,
    look_day: Ints,
    report_lag: int,
    change_day: Ints,
    n_failed: int,
) -> Alarms:
    """Return first alarms with their delays.

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
    day = np.append(look_day.astype(float), np.inf)[None, :]
    since = change_day.astype(np.float64)[:, None]
    return Alarms(
        look=look,
        weight=weight,
        delay=(day - since) / DAYS_PER_YEAR,
        premature=day - report_lag < since,
        follow_up=(day[0, -2] - since[:, 0]) / DAYS_PER_YEAR,
        n_failed=n_failed,
    )


def power_within(alarms: Alarms, years: Floats) -> list[Measure]:
    """Return P(first alarm within so many years after the break), for several horizons.

    Premature alarms are a competing event: a programme that cried wolf before the break counts as
    one that did not notice it. Each horizon is judged over the replications whose programme lasts
    that long after the break, so that horizons beyond the shortest one have different
    populations and numbers of replications; ``cumulative_incidence`` is the curve over all.

    Parameters
    ----------
    alarms : Alarms
    years : ndarray of float64, shape (h,)
        Increasing.
    """
    n_draw, n = alarms.look.shape[0], years.size
    followed = years[None, :] <= alarms.follow_up[:, None]  # (r, h)
    # a noticed break counts at the horizons from its delay up to the end of its follow-up
    noticed = np.where(alarms.premature, np.inf, alarms.delay)
    start = np.searchsorted(years, noticed, side="left")  # (r, k + 1)
    stop = followed.sum(axis=1)
    first = alarms.at(np.where(start < stop[:, None], start, n))
    last = np.where(first < n, stop[None, :], n)
    row = np.arange(n_draw)[:, None] * (n + 1)
    size, weight = n_draw * (n + 1), alarms.weight.ravel()
    steps = np.bincount((row + first).ravel(), weight, size)
    steps -= np.bincount((row + last).ravel(), weight, size)
    part = np.cumsum(steps.reshape(n_draw, n + 1), axis=1)[:, :n]
    whole = np.einsum("dr,rh->dh", alarms.weight, followed.astype(float))
    with np.errstate(divide="ignore", invalid="ignore"):
        share = part / whole
    return [
        resampled_measure(share[:, h], int(followed[:, h].sum()), alarms.n_failed, share=True)
        for h in range(n)
    ]


def power(alarms: Alarms, years: float) -> Measure:
    """Return P(first alarm within so many years after the break); see ``power_within``."""
    return power_within(alarms, np.array([years]))[0]


def power_given_quiet(alarms: Alarms, years: float) -> Measure:
    """Return P(alarm within so many years | no alarm before the break)."""
    quiet = (alarms.follow_up >= years)[:, None] & ~alarms.premature
    n = int(alarms.at(quiet)[0].sum())
    share = alarms.share(quiet & (alarms.delay <= years), quiet)
    return resampled_measure(share, n, alarms.n_failed, share=True)


def premature_prob(alarms: Alarms) -> Measure:
    """Return P(alarm before the break could have been seen)."""
    share = alarms.share(alarms.premature, np.ones(alarms.premature.shape))
    return resampled_measure(share, alarms.follow_up.size, alarms.n_failed, share=True)


def _known_effect(alarms: Alarms, effect: Floats) -> tuple[Floats, Bools]:
    """Return E with a column for "no alarm", and where a true alarm has one; (r, k + 1)."""
    padded = np.concatenate([effect, np.full((effect.shape[0], 1), np.nan)], axis=1)
    return padded, np.isfinite(padded) & ~alarms.premature


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
    estimate, known = _known_effect(alarms, effect)
    wrong = known & (np.sign(estimate) != np.sign(true_effect)[:, None])
    n = int(alarms.at(known)[0].sum())
    return resampled_measure(alarms.share(wrong, known), n, alarms.n_failed, share=True)


def type_m(alarms: Alarms, effect: Floats, true_effect: Floats) -> Measure:
    """Return the mean of |E| / |true effect| at a true alarm, the exaggeration (type M)."""
    estimate, known = _known_effect(alarms, effect)
    ratio = np.where(known, np.abs(estimate) / np.abs(true_effect)[:, None], 0.0)
    n = int(alarms.at(known)[0].sum())
    return resampled_measure(alarms.share(ratio, known), n, alarms.n_failed)


def false_alarm_prob(look: Ints, weight: Floats, n_look: int, n_failed: int) -> Measure:
    """Return P(any alarm in the programme) when nothing breaks; ``look`` as in ``Alarms``."""
    return alarm_share(look < n_look, weight, n_failed)


def alarm_share(hit: Bools, weight: Floats, n_failed: int = 0) -> Measure:
    """Return the share of programmes with an alarm.

    Parameters
    ----------
    hit : ndarray of bool, shape (d, r)
        At the threshold of every draw.
    weight : ndarray, shape (d, r)
    n_failed : int
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        share = np.einsum("dr,dr->d", weight, hit.astype(float)) / weight.sum(axis=1)
    return resampled_measure(share, hit.shape[1], n_failed, share=True)
