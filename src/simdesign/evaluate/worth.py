r"""What the samples of a design are worth in euro, once losses are stated (docs/options.md).

A lasting change comes within the programme with probability :math:`\pi`. Every year without notice
loses w, counted up to :math:`\tau` years; every alarm without a change, or before it, loses f:

.. math:: L = \pi (w\,T + f\,P) + (1 - \pi) f F

with the restricted mean delay T (a premature alarm counts :math:`\tau`), the probability of a
premature alarm P and that of any alarm when nothing changes, F. Without samples the best is never
to alarm, :math:`\pi w \tau`. The expected value of sample information is how much of that a design
saves at the threshold that saves most (Raiffa & Schlaifer 1961), never less than nothing.
"""

from dataclasses import dataclass

import numpy as np

from simdesign.records import Floats, Ints


@dataclass(frozen=True, slots=True, kw_only=True)
class Stakes:
    """What is at stake: losses and the chance of a change."""

    missed_per_year: float  # w, euro/year
    false_alarm: float  # f, euro
    prob_change: float  # pi
    years: float  # tau, at which the delay is cut

    @property
    def blind(self) -> float:
        """Expected loss without samples: never to alarm [euro]."""
        return self.prob_change * self.missed_per_year * self.years

    def loss(self, delay: Floats, premature: Floats, false_alarm: Floats) -> Floats:
        """Return the expected loss [euro], of any shape that the three have in common."""
        changed = self.missed_per_year * delay + self.false_alarm * premature
        same = self.false_alarm * false_alarm
        return np.asarray(self.prob_change * changed + (1.0 - self.prob_change) * same)


def dearest_false_alarm(
    stakes: Stakes, delay: Floats, premature: Floats, false_alarm: Floats
) -> float:
    """Return the loss of a false alarm above which never to alarm is best [euro].

    The largest f at which some design and threshold still loses less than no samples at all,
    w pi (tau - T) / (pi P + (1 - pi) F); zero when none shortens the delay.

    Parameters
    ----------
    stakes : Stakes
    delay, premature, false_alarm : ndarray of float64, shape (m, b)
        Of every design and threshold, averaged over scenarios.
    """
    pi = stakes.prob_change
    saved = pi * stakes.missed_per_year * (stakes.years - delay)
    alarms = pi * premature + (1.0 - pi) * false_alarm
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = np.where(saved > 0.0, saved / alarms, 0.0)
    known = ratio[~np.isnan(delay) & ~np.isnan(alarms)]
    return float(known.max(initial=0.0))


def information(blind: float, loss: Floats) -> tuple[Floats, Ints]:
    """Return the value of every design's samples, and the threshold that gives it.

    The threshold is chosen on the study (the least loss) and kept in its resamples, so that errors
    are those of a decision that is taken once.

    Parameters
    ----------
    blind : float
        Expected loss without samples.
    loss : ndarray of float64, shape (d, m, b)
        Averaged over scenarios; the study first.

    Returns
    -------
    value : ndarray of float64, shape (d, m)
        Zero where never to alarm is best, NaN where nothing is known.
    chosen : ndarray of int64, shape (m,)
        Number of the threshold; -1 for never to alarm.
    """
    known = np.where(np.isnan(loss[0]), np.inf, loss[0])
    best = known.argmin(axis=1)
    value = blind - np.take_along_axis(loss, best[None, :, None], axis=2)[:, :, 0]
    never = ~(known.min(axis=1) < blind)
    unknown = np.isnan(loss[0]).all(axis=1)
    value = np.where(never[None, :] & ~unknown[None, :], 0.0, value)
    return value, np.where(never, -1, best).astype(np.int64)


def break_even(gain: Floats, more_units: Floats, more_else: Floats) -> Floats:
    """Return the price of a unit at which what a design gains is what it costs more [euro].

    Parameters
    ----------
    gain : ndarray of float64
        Value of its information less that of the reference [euro].
    more_units : ndarray of float64
        Units (samples) more than the reference takes; NaN is returned where it is none.
    more_else : ndarray of float64
        What else it costs more [euro].
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        price = (gain - more_else) / more_units
    return np.asarray(np.where(np.abs(more_units) > 0.0, price, np.nan))
