"""Scores and a threshold -> the first look that raises the alarm."""

import numpy as np

from simdesign.records import Bools, Floats, Ints


def largest_scores(score: Floats) -> Floats:
    """Return the largest score of every programme, shape (n_rep,), from shape (n_rep, n_look).

    A look without a score cannot raise an alarm; a programme without any has minus infinity.
    """
    return np.asarray(np.where(np.isnan(score), -np.inf, score).max(axis=1, initial=-np.inf))


def first_alarms(score: Floats, thresholds: Floats) -> Ints:
    """Return the first look whose score exceeds each threshold.

    Parameters
    ----------
    score : ndarray of float64, shape (n_rep, n_look)
        NaN raises no alarm.
    thresholds : ndarray of float64, shape (n_threshold,)

    Returns
    -------
    ndarray of int64, shape (n_threshold, n_rep)
        Number of the look, ``n_look`` where there is no alarm.
    """
    so_far = np.maximum.accumulate(np.where(np.isnan(score), -np.inf, score), axis=1)
    thresholds = np.asarray(thresholds, dtype=float)
    n, n_rep = thresholds.size, score.shape[0]
    order = np.argsort(thresholds, kind="stable")
    # a look stays silent for the thresholds from the first one that is not below its score
    silent_from = np.searchsorted(thresholds[order], so_far, side="left")
    cell = silent_from * n_rep + np.arange(n_rep)[:, None]
    silent = np.bincount(cell.ravel(), minlength=(n + 1) * n_rep).reshape(n + 1, n_rep)[:n]
    first = np.empty((n, n_rep), dtype=np.int64)
    first[order] = np.cumsum(silent, axis=0)
    return first


def published_alarms(alarm: Bools) -> Ints:
    """Return the first look at which a rule as published gives alarm, shape (1, n_rep)."""
    n_look = alarm.shape[1]
    return np.where(alarm.any(axis=1), alarm.argmax(axis=1), n_look)[None, :].astype(np.int64)
