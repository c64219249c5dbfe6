"""What a posterior says about the truth that was drawn, in the form that every check takes."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from simdesign.fit import build
from simdesign.fit.posterior_cdf import effect_at, posterior_parts, scale_evidence
from simdesign.records import Bools, Floats, Status
from simdesign.spec.estimator import ExactBreak, ExactSite, ExactStep
from simdesign.studies.calibration.draw import EVENTS, Drawn, Ground
from simdesign.studies.calibration.model import SCALES, AnalysisModel
from simdesign.studies.calibration.scales import n_node, scale_cdf, scale_grid

Exact = ExactBreak | ExactStep | ExactSite
EFFECT, GIVEN_BREAK = "effect", "effect_given_break"
PITS = (*SCALES, EFFECT, GIVEN_BREAK)
"""Quantities with a probability integral transform: the standard deviations, E with its atom at
zero, and E of those that broke."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """Posteriors beside truths, one replication an element; NaN = not to be compared."""

    pit: Mapping[str, Floats]  # each of ``PITS``: posterior CDF of the truth
    at_median: Mapping[str, Floats]  # each of ``SCALES``: posterior CDF at the prior median
    prob: Mapping[str, Floats]  # each of ``EVENTS``
    happened: Mapping[str, Bools]  # each of ``EVENTS``
    inside: Bools  # E lies in its 95 % interval
    failed: Bools  # the engine refused or failed


def effect_pits(
    below: Floats, atom: Floats, drawn: Drawn, uniform: Floats
) -> tuple[Floats, Floats]:
    """Return the transforms of E: randomised within the atom, and of those that broke.

    Parameters
    ----------
    below : ndarray, shape (r,)
        P(a break, and E < the truth).
    atom : ndarray, shape (r,)
        P(no break).
    drawn : Drawn
    uniform : ndarray, shape (r,)
        Places within the atom.
    """
    broken = drawn.events["broken"]
    share = np.where(broken, (drawn.effect > 0.0).astype(float), uniform)
    given = np.where(broken, below / np.maximum(1.0 - atom, 1e-300), np.nan)
    return below + share * atom, given


def exact_compared(
    spec: Exact, model: AnalysisModel, ground: Ground, drawn: Drawn, uniform: Floats
) -> Compared:
    """Fit drawn loads with the exact engine and compare."""
    seen, looks, substance = drawn.observations, ground.looks, ground.substance
    fit = build("checked", spec).fit(seen, looks, substance)
    parts = posterior_parts(spec, seen, looks, substance)
    found = effect_at(parts, np.ascontiguousarray(drawn.effect[:, None]))
    whole, given = effect_pits(found.below[:, 0], found.atom[:, 0], drawn, uniform)
    n_time = np.unique(seen.visits.middle_day).size
    pit, at_median = {EFFECT: whole, GIVEN_BREAK: given}, {}
    nothing = np.full(seen.n_rep, np.nan)
    for name in SCALES:
        grid = scale_grid(model.scales[name], n_node(name, n_time))
        if grid is None:
            pit[name] = at_median[name] = nothing
            continue
        evidence = scale_evidence(parts, name, grid.value)
        pit[name], at_median[name] = scale_cdf(grid, evidence[:, :, 0], drawn.scales[name])
    columns = (
        fit.prob_break, fit.prob_step, fit.prob_slope, fit.prob_both, fit.prob_pulse,
        fit.prob_three_year_change,
    )  # fmt: skip
    status = fit.status[:, 0]
    return Compared(
        pit=pit,
        at_median=at_median,
        prob={name: column[:, 0] for name, column in zip(EVENTS, columns, strict=True)},
        happened=drawn.events,
        inside=(fit.effect_low[:, 0] <= drawn.effect) & (drawn.effect <= fit.effect_high[:, 0]),
        failed=(status == Status.NOT_APPLICABLE) | (status == Status.FAILED),
    )


def joined(parts: list[Compared]) -> Compared:
    """Return the replications of several batches, those without a failed fit."""
    keep = [~part.failed for part in parts]

    def together(field: str, name: str) -> np.ndarray:
        return np.concatenate(
            [getattr(part, field)[name][ok] for part, ok in zip(parts, keep, strict=True)]
        )

    return Compared(
        pit={name: together("pit", name) for name in PITS},
        at_median={name: together("at_median", name) for name in SCALES},
        prob={name: together("prob", name) for name in EVENTS},
        happened={name: together("happened", name) for name in EVENTS},
        inside=np.concatenate([p.inside[ok] for p, ok in zip(parts, keep, strict=True)]),
        failed=np.concatenate([p.failed for p in parts]),
    )
