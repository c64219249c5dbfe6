"""A design that asks for more: its replications followed look by look, each with its own rounds.

The estimator of a cell is also what its trigger listens to, so that every estimator has its own
programme (docs/designs.md). Replications are fitted with what they asked for so far and what they
will ask for if no later look says anything; where a look asks for something else, the
replications that ask alike go on together from there. One that never asks for more is thereby
fitted once, with its base alone: its rows are those of the base design, bit for bit.

A fit is made at all looks, also those before the departure: a rule of practice makes its yearly
series of them.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from simdesign.records import Bools, Ints, Observations
from simdesign.sample import Policy, decided, foreseen, part_of

Fitted = tuple[Sequence[np.ndarray], np.ndarray]
"""Columns of a fit, (r, k) each, and why it failed where it did, (r, k); empty where not."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Followed:
    """What a policy's replications say and took."""

    columns: list[np.ndarray]  # (r, k) each, in the order of the fit's
    reasons: np.ndarray  # (r, k) why a look failed
    taken: Bools  # (r, v) visits that were asked for


def follow(
    policy: Policy,
    seen: Observations,
    fit: Callable[[Observations], Fitted],
    *,
    n_look: int,
    watched: int,
    lost: Bools | None = None,
) -> Followed:
    """Fit replications look by look, with what each asked for.

    A look whose fit failed gives no score, and neither does any look of a lost replication.

    Parameters
    ----------
    policy : Policy
    seen : Observations
        Everything that it could ask for.
    fit : callable
        Observations of some replications -> their columns and reasons at all looks.
    n_look : int
    watched : int
        Place of the column whose values the policy is told.
    lost : ndarray of bool, shape (r,), optional
        Replications without a world.
    """
    mute = np.zeros(seen.n_rep, dtype=bool) if lost is None else lost
    scores = np.full((seen.n_rep, n_look), np.nan)
    steps = foreseen(policy, scores[:, :0], n_look)  # (r, 1 + k, c)
    columns: list[np.ndarray] = []
    reasons = np.full(scores.shape, "", dtype=object)
    waiting = [(0, np.arange(seen.n_rep))]
    while waiting:
        first, rows = waiting.pop()
        chosen = steps[rows[0]].any(axis=0)  # the same in all of them
        found, why = fit(part_of(seen, rows, chosen[seen.visits.campaign]))
        columns = columns or [np.empty(scores.shape, dtype=values.dtype) for values in found]
        for target, values in zip(columns, found, strict=True):
            target[rows, first:] = values[:, first:]
        reasons[rows, first:] = why[:, first:]
        told = np.where((why != "") | mute[rows, None], np.nan, found[watched])
        scores[rows, first:] = told[:, first:]
        for look in range(first + 1, n_look):
            departs = (decided(policy, look, scores[rows, :look]) != steps[rows, look]).any(axis=1)
            gone, rows = rows[departs], rows[~departs]
            if gone.size:
                steps[gone, look:] = foreseen(policy, scores[gone, :look], n_look)
                waiting += [(look, gone[alike]) for alike in _alike(steps[gone, look:])]
    steps[:, n_look] = decided(policy, n_look, scores)
    taken = steps.any(axis=1)[:, seen.visits.campaign]
    return Followed(columns=columns, reasons=reasons, taken=taken)


def _alike(steps: Bools) -> list[Ints]:
    """Return the places of replications with the same steps ahead of them, (r, step, c)."""
    _, number = np.unique(steps.reshape(steps.shape[0], -1), axis=0, return_inverse=True)
    return [np.flatnonzero(number.ravel() == n) for n in range(int(number.max()) + 1)]
