"""What an analysis owes to what it takes for granted: plugged-in values and priors, for one series.

Shown by ``analyse``: the key ``sensitivity`` of a series' JSON, and a line of words.
"""

import math
from typing import Any

from simdesign.fit import hazard_flip, plugged_sensitivity, prior_flip
from simdesign.records import Looks, Observations, Status
from simdesign.report import Texts, number
from simdesign.spec.estimator import Exact

NAMES = {
    "day_sd": "day noise", "day_rho": "correlation of days", "count_noise": "count noise",
    "weekday": "weekday profile", "r_lab": "laboratory's year part", "nugget": "nugget",
}  # fmt: skip
"""Field -> what JSON calls it."""
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
    english = Texts("en", "analysis_texts.toml")
    if table.plugged.status != Status.OK:
        empty: dict[str, Any] = {
            "plugged_in": [], "prob_low": None, "prob_high": None, "prior_flips": []
        }  # fmt: skip
        return {**empty, "text": sensitivity_line(empty, english)}
    moved = []
    if flips:
        moved = [hazard_flip(spec, observations, looks, substance, *HAZARDS)] + [
            prior_flip(spec, observations, looks, substance, field, low, high, n_grid=N_GRID)
            for field, low, high in MOVED
        ]
    low, high = table.prob_range
    found: dict[str, Any] = {
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
    }
    return {**found, "text": sensitivity_line(found, english)}


def sensitivity_line(found: dict[str, Any], texts: Texts) -> str:
    """Return one line of words about the data of a series' sensitivity."""
    lang = texts.lang
    if not found["plugged_in"]:
        return texts("sensitivity.nothing")
    most = max(found["plugged_in"], key=lambda row: abs(row["shift"]))
    field = next(key for key, name in NAMES.items() if name == most["what"])
    parts = [
        texts(
            "sensitivity.range", low=number(found["prob_low"], lang),
            high=number(found["prob_high"], lang), most=texts(f"sensitivity.{field}"),
            shift=number(most["shift"], lang, sign=True),
        )
    ]  # fmt: skip
    told = [item for item in found["prior_flips"] if item["at"]]
    if told:
        where = ", ".join(_where(item, texts) for item in told)
        parts.append(texts("sensitivity.half", where=where))
    quiet = [item["prior"] for item in found["prior_flips"] if not item["at"]]
    if quiet:
        parts.append(
            texts(
                "sensitivity.quiet",
                priors=", ".join(texts(f"sensitivity.{name}") for name in quiet),
            )
        )
    return "; ".join(parts)


def _where(item: dict[str, Any], texts: Texts) -> str:
    def short(value: float) -> str:
        return f"{value:.3g}".replace(".", ",") if texts.lang == "nl" else f"{value:.3g}"

    values = texts("sensitivity.and").join(short(value) for value in item["at"])
    return texts(
        "sensitivity.where",
        prior=texts(f"sensitivity.{item['prior']}"),
        values=values,
        default=short(item["default"]),
    )
