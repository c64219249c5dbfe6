"""What the rules share: the national series as known at each look, and the record they return."""

from collections.abc import Callable, Iterator

import numpy as np
from scipy import stats

from simdesign.fit.index import log_level
from simdesign.records import Bools, Fit, Floats, Ints, Looks, Observations, Status

Verdict = tuple[Floats, Bools, Floats]
"""Score, alarm as published and change of the log level that is seen; (n,) each."""
LEAST_P = 1e-300
"""A series without any noise gives p = 0, whose score would be infinite."""
ROUNDING = 1e-12
"""Spread of a series, relative to its size, that is the rounding of a constant one."""


def histories(series: Floats, least: int) -> Iterator[tuple[int, Ints, Floats, Floats]]:
    """Yield what is known at each look, replications with the same gaps together.

    Parameters
    ----------
    series : ndarray, shape (r, k)
        One value a look, NaN where a year has none.
    least : int
        Fewer values are too little data.

    Yields
    ------
    k : int
        The look.
    rows : ndarray of int, shape (n,)
        Replications.
    x : ndarray, shape (m,)
        Years of the known values, m >= ``least``.
    y : ndarray, shape (n, m)
        The values.
    """
    for k in range(series.shape[1]):
        known = np.isfinite(series[:, : k + 1])
        gaps, pattern = np.unique(known, axis=0, return_inverse=True)
        for number, present in enumerate(gaps):
            if present.sum() >= least:
                rows = np.flatnonzero(pattern == number)
                columns = np.flatnonzero(present)
                yield k, rows, columns.astype(float), series[np.ix_(rows, columns)]


def judge_series(
    name: str,
    observations: Observations,
    looks: Looks,
    substance: str,
    least: int,
    rule: Callable[[Floats, Floats], Verdict],
) -> Fit:
    """Apply a rule to the yearly national log means known at each look.

    Parameters
    ----------
    name : str
        Of the estimator.
    observations, looks, substance
    least : int
        Years that the rule needs.
    rule : callable
        Of years (m,) and values (n, m).
    """
    series = log_level(observations, looks, substance)
    score, effect = np.full(series.shape, np.nan), np.full(series.shape, np.nan)
    alarm = np.zeros(series.shape, dtype=bool)
    for k, rows, x, y in histories(series, least):
        score[rows, k], alarm[rows, k], effect[rows, k] = rule(x, y)
    return judged(name, substance, score, alarm, effect)


def judged(
    name: str,
    substance: str,
    score: Floats,
    alarm: Bools,
    effect: Floats,
    prob_break: Floats | None = None,
) -> Fit:
    """Return the record of a rule; a score that is not finite is too little data."""
    nothing = np.full(score.shape, np.nan)
    known = np.isfinite(score)
    return Fit(
        estimator=name,
        substance=substance,
        score=np.where(known, score, np.nan),
        published_alarm=np.asarray(alarm & known, dtype=bool),
        prob_break=nothing if prob_break is None else np.where(known, prob_break, np.nan),
        effect=np.where(known, effect, np.nan),
        effect_low=nothing,
        effect_high=nothing,
        break_day=nothing,
        log_evidence=nothing,
        status=np.where(known, int(Status.OK), int(Status.TOO_LITTLE_DATA)).astype(np.int64),
    )


def normal_score(p: Floats) -> Floats:
    """Return the standard normal whose two-sided p value is ``p``: the same scale for any n."""
    return np.asarray(stats.norm.isf(0.5 * np.maximum(p, LEAST_P)))


def constant(y: Floats) -> Bools:
    """Return which rows (n, m) vary by no more than rounding, shape (n,)."""
    size = np.maximum(np.abs(y).max(axis=1), 1.0)
    return np.asarray(np.ptp(y, axis=1) <= ROUNDING * size)


def centred(values: Floats) -> Floats:
    """Return values less their mean over the last axis."""
    return np.asarray(values - values.sum(axis=-1, keepdims=True) / values.shape[-1])


def straight_line(x: Floats, y: Floats) -> tuple[Floats, Floats]:
    """Return slopes (n,) and residuals (n, m) of least-squares lines through ``y`` (n, m).

    In plain sums, not by a library's solver, so that the bits do not depend on the machine.
    """
    run, rise = centred(x), centred(y)
    slope = (rise * run).sum(axis=1) / (run * run).sum()
    return slope, rise - slope[:, None] * run
