"""What an analysis owes to what it takes for granted: plugged-in values and priors, for one series.

Shown by ``analyse``: the key ``sensitivity`` of a series' JSON, and a line of words.
"""

import math
from typing import Any

from simdesign.fit import (
    PluggedTable,
    PriorFlip,
    hazard_flip,
    plugged_sensitivity,
    prior_flip,
)
from simdesign.records import Looks, Observations, Status
from simdesign.spec.estimator import Exact

NAMES = {
    "day_sd": "day noise", "day_rho": "correlation of days", "count_noise": "count noise",
    "weekday": "weekday profile", "r_lab": "laboratory's year part", "nugget": "nugget",
}  # fmt: skip
HAZARDS = (0.005, 0.5)
"""Break intensities between which its flip point is sought: one in 200 and in two years."""
MOVED = (("sigma_shared", 0.01, 0.4), ("sigma_rw", 0.01, 0.4), ("step_sd", 0.05, 1.0))
"""Other priors, and their ranges: from an eighth of the smallest default scale of a standard
deviation to twice the largest; steps of 5 % to more than double."""
N_GRID = 5
"""Values of each that are tried."""


def series_sensitivity(
    spec: Exact, observations: Observations, looks: Looks, substance: str, *, flips: bool = True
) -> dict[str, Any]:
    """Return one series' sensitivity as data for JSON; flip points of priors cost most of it.

    Returns
    -------
    dict
        ``plugged_in`` (rows: what, end, value, prob_break, shift, log_effect), ``prob_low``,
        ``prob_high``, ``prior_flips`` (rows: prior, default, from, to, at) and ``text``. Without
        an answer of the engine the lists are empty.
    """
    table = plugged_sensitivity(spec, observations, looks, substance)
    if table.plugged.status != Status.OK:
        return {"plugged_in": [], "prob_low": None, "prob_high": None, "prior_flips": [],
                "text": "nothing learnt: there is nothing that could depend on it"}  # fmt: skip
    moved = []
    if flips:
        moved = [hazard_flip(spec, observations, looks, substance, *HAZARDS)] + [
            prior_flip(spec, observations, looks, substance, field, low, high, n_grid=N_GRID)
            for field, low, high in MOVED
        ]
    low, high = table.prob_range
    return {
        "plugged_in": [
            {
                "what": NAMES[row.name],
                "end": row.end,
                "value": None if math.isnan(row.value) else row.value,
                "prob_break": row.answer.prob_break,
                "shift": table.shift(row),
                "log_effect": row.answer.effect,
            }
            for row in table.rows
        ],
        "prob_low": low,
        "prob_high": high,
        "prior_flips": [
            {
                "prior": item.field,
                "default": item.default,
                "from": item.grid[0],
                "to": item.grid[-1],
                "at": list(item.at),
            }
            for item in moved
        ],
        "text": sensitivity_text(table, moved),
    }


def sensitivity_text(table: PluggedTable, flips: list[PriorFlip]) -> str:
    """Return one line of words."""
    low, high = table.prob_range
    most = table.largest
    parts = [
        f"with each plugged-in value at the ends of its range P(break) goes from {low:.2f} to "
        f"{high:.2f} (most by the {NAMES[most.name]}, {table.shift(most):+.2f})"
    ]
    told = [item for item in flips if item.at]
    if told:
        parts.append("it is one half where " + ", ".join(_where(item) for item in told))
    quiet = [item.field for item in flips if not item.at]
    if quiet:
        parts.append(f"no flip along {', '.join(quiet)}")
    return "; ".join(parts)


def _where(item: PriorFlip) -> str:
    values = " and ".join(f"{value:.3g}" for value in item.at)
    return f"{item.field} is {values} (default {item.default:.3g})"
