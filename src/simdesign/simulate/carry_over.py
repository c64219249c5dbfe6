"""What carry-over between days does to a truth, to count noise and to a shared swing."""

import math

import numpy as np

from simdesign._kernels.carry_over import carry_over
from simdesign.records import Floats
from simdesign.simulate.calendar import Calendar
from simdesign.spec.carry_over import AT_ONCE, WEEK


def spread_over_days(
    shares: tuple[float, ...],
    calendar: Calendar,
    factor: Floats,
    arriving: Floats,
    trend: Floats,
    expected: Floats,
    residue: Floats,
) -> None:
    """Turn loads of use into loads of excretion, in place; nothing happens without carry-over.

    The programme and its history are spread apart: each begins as if the week before it had
    been like its first day, so that the programme does not depend on whether there is a history.

    Parameters
    ----------
    shares : tuple of float
        Excreted on the day of use and the days after, sum 1.
    calendar : Calendar
    factor : ndarray, shape (s, 7)
        Load factor of use before any change, Monday to Sunday [1].
    arriving : ndarray, shape (s, t)
        Log deviation of what arrives, on the day on which it arrives [1].
    trend, expected, residue : ndarray, shape (s, t)
        Changed [mg/(1000 inh d)].
    """
    if shares == AT_ONCE:
        return
    weights = np.array(shares)
    for first, last in ((0, calendar.start), (calendar.start, calendar.n_day)):
        if first == last:
            continue
        weekday = (calendar.weekday + first) % WEEK
        for s in range(trend.shape[0]):
            carry_over(
                weights, factor[s], weekday, first, last - first, arriving[s], trend[s],
                expected[s], residue[s],
            )  # fmt: skip


def carried_noise(shares: tuple[float, ...], factor: Floats, noise: Floats) -> Floats:
    """Return c of a day's excreted residue from c of a day's use, both Monday to Sunday [g].

    With load factor f, use-days independent between days and no deviation of what arrives,

        c'(d) = sum_j w_j^2 c(d - j) f(d - j) / sum_j w_j f(d - j) .

    Counts of days h apart then share ``sum_j w_j w_{j+h}`` in place of ``sum_j w_j^2``.
    """
    return np.array(
        [
            math.fsum(w * w * noise[d - j] * factor[d - j] for j, w in enumerate(shares))
            / math.fsum(w * factor[d - j] for j, w in enumerate(shares))
            for d in range(WEEK)
        ]
    )


def carried_covariance(shares: tuple[float, ...], phi: float, lag: int) -> float:
    """Return the covariance of days ``lag`` apart of a carried-over process of unit variance.

    Before carry-over its correlation is phi^k; after it ``sum_ij w_i w_j phi^|lag + i - j|``.
    """
    return math.fsum(
        w * v * phi ** abs(lag + i - j) for i, w in enumerate(shares) for j, v in enumerate(shares)
    )
