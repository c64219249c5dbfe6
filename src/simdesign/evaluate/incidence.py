"""How soon a break is noticed, over all breaks, although some programmes end early.

A break date is drawn and the programme ends on a fixed day, so late breaks are followed for a
shorter time. Three things can happen after a break: a true alarm at its delay; a premature alarm,
a competing event at time 0 that never becomes a true one; or the end of the programme, which
censors. Censoring is by the calendar and assumed independent of how fast an alarm comes: a break
late in the programme would, followed longer, have been noticed as often as an early one.
"""

from dataclasses import dataclass

import numpy as np

from simdesign.evaluate.detection import Alarms
from simdesign.evaluate.measure import Measure, resampled_measure
from simdesign.records import Floats


@dataclass(frozen=True, slots=True, kw_only=True)
class _Late:
    """Steps of the incidence after the first programme has ended."""

    time: Floats  # (m,) years since the break
    mass: Floats  # (d, m) height of each step


def noticed(
    alarms: Alarms, years: Floats, restrictions: tuple[float, ...]
) -> tuple[list[Measure], list[Measure]]:
    """Return the cumulative incidence and the restricted mean delays, in one pass.

    Parameters
    ----------
    alarms : Alarms
    years : ndarray of float64, shape (h,)
        Increasing; see ``cumulative_incidence``.
    restrictions : tuple of float
        See ``restricted_mean_delay``.
    """
    n_draw, n = alarms.look.shape[0], years.size
    end = float(alarms.follow_up.min(initial=np.inf))  # until then nobody is censored
    early = ~alarms.premature & (alarms.delay <= end)
    late = _late_steps(alarms, end, max([*years, *restrictions]))
    cell = np.where(early, np.searchsorted(years, alarms.delay, side="left"), n)
    place = np.arange(n_draw)[:, None] * (n + 1) + alarms.at(cell)
    steps = np.bincount(place.ravel(), alarms.weight.ravel(), n_draw * (n + 1))
    with np.errstate(divide="ignore", invalid="ignore"):
        share = steps.reshape(n_draw, n + 1)[:, :n] / alarms.weight.sum(axis=1, keepdims=True)
    share = np.cumsum(share, axis=1)
    share += late.mass @ (late.time[:, None] <= years[None, :]).astype(float)
    curve = [_measure(alarms, share[:, h], float(years[h]), share=True) for h in range(n)]
    delays = []
    for tau in restrictions:
        gained = np.maximum(tau - np.where(early, alarms.delay, tau), 0.0)
        area = alarms.share(gained, np.ones(gained.shape))
        area = area + late.mass @ np.maximum(tau - late.time, 0.0)
        delays.append(_measure(alarms, tau - area, tau, share=False))
    return curve, delays


def cumulative_incidence(alarms: Alarms, years: Floats) -> list[Measure]:
    """Return P(noticed within so many years after the break) over all breaks.

    The Aalen-Johansen estimate; it never falls, and is the plain share of noticed breaks as long
    as no programme has ended. NaN at horizons that no programme is followed to.

    Parameters
    ----------
    alarms : Alarms
    years : ndarray of float64, shape (h,)
        Increasing.

    References
    ----------
    Aalen, O.O., Johansen, S. (1978). An empirical transition matrix for non-homogeneous Markov
    chains based on censored observations. Scandinavian Journal of Statistics 5, 141-150.
    """
    return noticed(alarms, years, ())[0]


def restricted_mean_delay(alarms: Alarms, years: float) -> Measure:
    """Return the mean delay, counted up to so many years [years].

    tau - integral of the cumulative incidence from 0 to tau, over all breaks: one that is not
    noticed within tau, or whose programme cried wolf before, counts with tau.
    """
    return noticed(alarms, np.empty(0), (years,))[1][0]


def _measure(alarms: Alarms, values: Floats, years: float, *, share: bool) -> Measure:
    if not np.any(alarms.follow_up >= years):
        values, n = np.full(values.shape, np.nan), 0
    else:
        n = alarms.follow_up.size
    return resampled_measure(values, n, alarms.n_failed, share=share)


def _late_steps(alarms: Alarms, end: float, until: float) -> _Late:
    """Return the steps at alarms more than ``end`` and at most ``until`` years after the break."""
    n_draw = alarms.look.shape[0]
    true = ~alarms.premature & np.isfinite(alarms.delay)
    counts = true & (alarms.delay > end) & (alarms.delay <= until)
    time = np.unique(alarms.delay[counts])
    m = time.size
    if m == 0:
        return _Late(time=time, mass=np.zeros((n_draw, 0)))
    # where each programme is counted: the step of its alarm; the first step that it does not
    # live to see (m + its number; 2 m: it sees all); early alarms; premature ones
    early, premature, n_place = 2 * m + 1, 2 * m + 2, 2 * m + 3
    place = np.where(counts, np.searchsorted(time, alarms.delay, side="left"), 2 * m)
    place[true & (alarms.delay <= end)] = early
    place[alarms.premature] = premature
    place[:, -1] = m + np.searchsorted(time, alarms.follow_up, side="right")
    row = np.arange(n_draw)[:, None] * n_place
    filled = np.bincount((row + alarms.at(place)).ravel(), alarms.weight.ravel(), n_draw * n_place)
    table = filled.reshape(n_draw, n_place)
    total = alarms.weight.sum(axis=1, keepdims=True)
    heard, lost = table[:, :m], table[:, m : 2 * m]
    waiting = total - table[:, early : early + 1] - table[:, premature : premature + 1]
    at_risk = waiting - np.cumsum(lost + heard, axis=1) + heard
    with np.errstate(divide="ignore", invalid="ignore"):
        start = waiting / total  # P(no alarm yet) when the first programme ends
        left = np.where(heard > 0.0, 1.0 - heard / at_risk, 1.0)
    still = start * np.cumprod(left, axis=1)
    return _Late(time=time, mass=np.concatenate([start, still[:, :-1]], axis=1) - still)
