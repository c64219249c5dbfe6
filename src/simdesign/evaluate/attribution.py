"""By which mechanism a break is said to have come: right, wrong or not told (docs/mechanisms.md).

A decision is the number of the class of mechanisms that is named; numbers below 0 name none,
which is *cannot be told*. Tables have axes (replication, look).
"""

from dataclasses import dataclass

import numpy as np

from simdesign.evaluate.detection import Alarms
from simdesign.evaluate.measure import Measure, mean_measure, resampled_measure
from simdesign.records import Bools, Floats, Ints


@dataclass(frozen=True, slots=True, kw_only=True)
class Attribution:
    """One row of a confusion matrix, and what is right in it."""

    named: tuple[Measure, ...]
    """P(a class is named), in the order of the classes."""
    abstained: Measure
    """P(none is named)."""
    wrong: Measure
    """P(another class than the right one is named); any, where none is right."""
    correct: Measure | None
    """P(the right class is named); None where none is right."""


def attribution(
    decision: Ints, known: Bools, n_class: int, right: int | None, n_failed: int = 0
) -> Attribution:
    """Return what is said at one look, over all programmes, whether they raised an alarm or not.

    Parameters
    ----------
    decision : ndarray of int64, shape (r,)
    known : ndarray of bool, shape (r,)
        Replications with a fit.
    n_class : int
    right : int, optional
        Number of the right class; None where any name is wrong.
    n_failed : int
    """

    def share(hit: Bools) -> Measure:
        return mean_measure(hit.astype(float), known, n_failed, share=True)

    return Attribution(
        named=tuple(share(decision == number) for number in range(n_class)),
        abstained=share(decision < 0),
        wrong=share((decision >= 0) & (decision != _number(right))),
        correct=None if right is None else share(decision == right),
    )


def attribution_at_alarm(
    alarms: Alarms, decision: Ints, known: Bools, n_class: int, right: int | None
) -> Attribution:
    """Return what is said at the look of the first alarm, given that it is no premature one.

    Parameters
    ----------
    alarms : Alarms
        After a break; with nothing premature, false alarms.
    decision : ndarray of int64, shape (r, k)
    known : ndarray of bool, shape (r, k)
    n_class, right
        As in ``attribution``.
    """
    no_alarm = np.zeros((decision.shape[0], 1), dtype=bool)
    heard = np.concatenate([known, no_alarm], axis=1) & ~alarms.premature
    said = np.concatenate([decision, no_alarm.astype(np.int64)], axis=1)
    n = int(alarms.at(heard)[0].sum())

    def share(hit: Bools) -> Measure:
        found = alarms.share(hit & heard, heard)
        return resampled_measure(found, n, alarms.n_failed, share=True)

    return Attribution(
        named=tuple(share(said == number) for number in range(n_class)),
        abstained=share(said < 0),
        wrong=share((said >= 0) & (said != _number(right))),
        correct=None if right is None else share(said == right),
    )


def true_class_prob(prob: Floats, right: int, n_failed: int = 0) -> Measure:
    """Return the mean posterior probability of the right class.

    Parameters
    ----------
    prob : ndarray of float64, shape (r, n_class)
    right, n_failed : int
    """
    mine = prob[:, right]
    return mean_measure(mine, np.isfinite(mine), n_failed)


def _number(right: int | None) -> int:
    return -1 if right is None else right
