"""Extra series beside the loads as the mechanism engine wants them: logs, errors, known when."""

import math
from dataclasses import dataclass

import numpy as np

from simdesign._kernels.stream_terms import stream_terms
from simdesign.records import Floats, Looks, Observations, Stream
from simdesign.spec.mechanism import ExactMechanism, StreamKind
from simdesign.units import DAYS_PER_YEAR

LEAST_SD = 1e-3
"""No value of a series has a smaller relative standard error [1]."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SeriesTerms:
    """What the series that are there say about a break on each date (``stream_terms``)."""

    kinds: tuple[StreamKind, ...]
    beta: Floats  # (r, series, k, date, 2)
    gamma: Floats  # (r, series, k, date, 3)


def bought(
    spec: ExactMechanism, observations: Observations, substance: str
) -> tuple[StreamKind, ...]:
    """Return the kinds of series that the description wants and the observations have."""
    return tuple(kind for kind in spec.streams if f"{kind}/{substance}" in observations.streams)


def series_terms(
    spec: ExactMechanism, observations: Observations, rows: np.ndarray, looks: Looks,
    substance: str, zero_day: float, begin: Floats, origin: Floats,
) -> SeriesTerms:  # fmt: skip
    """Return scores and information of replications ``rows``.

    Parameters
    ----------
    spec : ExactMechanism
    observations : Observations
    rows : ndarray of int64
    looks : Looks
    substance : str
    zero_day : float
        Day from which years count.
    begin, origin : ndarray, shape (date,)
        Day of a break and of the first campaign after it [years].
    """
    kinds = bought(spec, observations, substance)
    shape = (rows.size, len(kinds), looks.day.size, begin.size)
    beta, gamma = np.zeros((*shape, 2)), np.zeros((*shape, 3))
    for s, kind in enumerate(kinds):
        model = spec.stream_model(kind)
        records = observations.streams[f"{kind}/{substance}"]
        for place, r in enumerate(rows.tolist()):
            value, variance, day, known = _usable(records[r], looks)
            if value.size < 2:
                continue
            beta[place, s], gamma[place, s] = stream_terms(
                value, variance, (day - zero_day) / DAYS_PER_YEAR, _period(day), known,
                begin, origin, model.drift_sd**-2, model.walk_sd**2,
            )  # fmt: skip
    return SeriesTerms(kinds=kinds, beta=beta, gamma=gamma)


def _usable(record: Stream, looks: Looks) -> tuple[Floats, Floats, Floats, np.ndarray]:
    """Return log values, their error variances, days, and how many are known at each look.

    What is not positive has no logarithm and is left out. A value counts as known when those
    before it are.
    """
    order = np.argsort(record.day, kind="stable")
    value, error = record.value[order], record.standard_error[order]
    ok = np.isfinite(value) & np.isfinite(error) & (value > 0.0)
    value, error, at = value[ok], error[ok], order[ok]
    logs = np.array([math.log(x) for x in value.tolist()])
    relative = np.maximum(error / value, LEAST_SD)
    reported = np.maximum.accumulate(record.reported_day[at]) if at.size else record.day[at]
    known = np.array([int((reported <= day).sum()) for day in looks.day], dtype=np.int64)
    return logs, relative**2, record.day[at].astype(np.float64), known


def _period(day: Floats) -> float:
    """Return how long a value's period is [years]: the shortest gap, a year at most."""
    return min(float(np.diff(day).min()) / DAYS_PER_YEAR, 1.0)
