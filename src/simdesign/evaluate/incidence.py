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
    n_draw, n = alarms.look.shape[0], years.size
    end = _first_end(alarms)
    early = ~alarms.premature & (alarms.delay <= end)
    cell = np.where(early, np.searchsorted(years, alarms.delay, side="left"), n)
    place = np.arange(n_draw)[:, None] * (n + 1) + alarms.at(cell)
    steps = np.bincount(place.ravel(), alarms.weight.ravel(), n_draw * (n + 1))
    with np.errstate(divide="ignore", invalid="ignore"):
        share = steps.reshape(n_draw, n + 1)[:, :n] / alarms.weight.sum(axis=1, keepdims=True)
    share = np.cumsum(share, axis=1)
    if n and years[-1] > end:
        late = _late_steps(alarms, end, float(years[-1]))
        share += late.mass @ (late.time[:, None] <= years[None, :]).astype(float)
    return [_measure(alarms, share[:, h], float(years[h]), share=True) for h in range(n)]


def restricted_mean_delay(alarms: Alarms, years: float) -> Measure:
    """Return the mean delay, counted up to so many years [years].

    tau - integral of the cumulative incidence from 0 to tau, over all breaks: one that is not
    noticed within tau, or whose programme cried wolf before, counts with tau.
    """
    end = _first_end(alarms)
    early = ~alarms.premature & (alarms.delay <= end)
    gained = np.where(early, np.maximum(years - np.where(early, alarms.delay, years), 0.0), 0.0)
    area = alarms.share(gained, np.ones(gained.shape))
    if years > end:
        late = _late_steps(alarms, end, years)
        area = area + late.mass @ np.maximum(years - late.time, 0.0)
    return _measure(alarms, years - area, years, share=False)


def _measure(alarms: Alarms, values: Floats, years: float, *, share: bool) -> Measure:
    if not np.any(alarms.follow_up >= years):
        values, n = np.full(values.shape, np.nan), 0
    else:
        n = alarms.follow_up.size
    return resampled_measure(values, n, alarms.n_failed, share=share)


def _first_end(alarms: Alarms) -> float:
    """Return how long after its break the programme ends that ends first [years]."""
    return float(alarms.follow_up.min(initial=np.inf))


def _late_steps(alarms: Alarms, end: float, until: float) -> _Late:
    """Return the steps at alarms more than ``end`` and at most ``until`` years after the break."""
    n_draw = alarms.look.shape[0]
    counts = ~alarms.premature & (alarms.delay > end) & (alarms.delay <= until)
    time = np.unique(alarms.delay[counts])
    m = time.size
    row = np.arange(n_draw)[:, None] * (m + 1)
    flat, size = alarms.weight.ravel(), n_draw * (m + 1)
    # an alarm is counted at its own time; a programme without one leaves after its last look
    event = np.where(counts, np.searchsorted(time, alarms.delay, side="left"), m)
    heard = np.bincount((row + alarms.at(event)).ravel(), flat, size).reshape(n_draw, m + 1)[:, :m]
    gone = np.full(alarms.delay.shape, m)
    gone[:, -1] = np.searchsorted(time, alarms.follow_up, side="right")
    lost = np.bincount((row + alarms.at(gone)).ravel(), flat, size).reshape(n_draw, m + 1)[:, :m]
    total = alarms.weight.sum(axis=1)
    before = alarms.total(~alarms.premature & (alarms.delay <= end))
    quiet = total - alarms.total(alarms.premature)
    at_risk = (quiet - before)[:, None] - np.cumsum(lost, axis=1) - np.cumsum(heard, axis=1) + heard
    with np.errstate(divide="ignore", invalid="ignore"):
        left = np.where(heard > 0.0, 1.0 - heard / at_risk, 1.0)
        start = ((quiet - before) / total)[:, None]  # P(no alarm yet) when the first one ends
    # rounding cannot make a share negative: counts are whole numbers
    still = start * np.cumprod(left, axis=1)
    previous = np.concatenate([start, still[:, :-1]], axis=1) if m else still
    return _Late(time=time, mass=previous - still)
