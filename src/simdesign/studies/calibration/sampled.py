"""Engines that sample: ranks among thinned draws take the place of distribution functions."""

from typing import Any

import numpy as np

from simdesign.errors import SpecError
from simdesign.fit import build
from simdesign.records import Floats, Looks, Status
from simdesign.seeds import Purpose, stream
from simdesign.spec.base import Spec
from simdesign.studies.calibration.draw import EVENTS, Drawn, Ground, Luck
from simdesign.studies.calibration.model import SCALES, AnalysisModel
from simdesign.studies.calibration.posterior import (
    EFFECT,
    GIVEN_BREAK,
    PITS,
    Compared,
)
from simdesign.studies.calibration.scales import scale_grid

KEPT = 100
"""Draws of a posterior that are ranked: far fewer than were made, so that they hardly depend on one
another (Talts et al. 2018, section 5.1)."""


def sampled_compared(
    spec: Spec, model: AnalysisModel, ground: Ground, drawn: Drawn, luck: Luck,
    replications: np.ndarray,
) -> Compared:  # fmt: skip
    """Fit drawn loads one by one with an engine that samples and compare.

    The rank of a truth among draws becomes a transform by placing it at random between its
    neighbours, and among its equals. What the engine refuses or does not reach counts as failed.
    """
    tree_of = _tree_of(spec)
    n = replications.size
    pit = {name: np.full(n, np.nan) for name in PITS}
    at_median = {name: np.full(n, np.nan) for name in SCALES}
    one: Looks = ground.looks
    fit = build("checked", spec).fit(drawn.observations, one, ground.substance)
    failed = fit.status[:, 0] != Status.OK
    for r, replication in enumerate(replications.tolist()):
        if failed[r]:
            continue
        tree = tree_of(spec, drawn.observations, one, ground.substance, replication=r)
        posterior = tree["posterior"]
        rng = stream(luck.seed, Purpose.BOOTSTRAP, luck.group + "/ranks", replication)
        for name in SCALES:
            grid = scale_grid(model.scales[name], 2)
            if grid is not None:
                draws = _thinned(posterior[name])
                pit[name][r] = _rank(draws, float(drawn.scales[name][r]), rng)
                at_median[name][r] = float((draws <= grid.median).mean())
        effect = _thinned(posterior["effect"])
        pit[EFFECT][r] = _rank(effect, float(drawn.effect[r]), rng)
        moved = effect[effect != 0.0]
        if drawn.events["broken"][r] and moved.size:
            pit[GIVEN_BREAK][r] = _rank(moved, float(drawn.effect[r]), rng)
    columns = (
        fit.prob_break, fit.prob_step, fit.prob_slope, fit.prob_both, fit.prob_pulse,
        fit.prob_three_year_change,
    )  # fmt: skip
    return Compared(
        pit=pit,
        at_median=at_median,
        prob={name: column[:, 0] for name, column in zip(EVENTS, columns, strict=True)},
        happened=drawn.events,
        inside=(fit.effect_low[:, 0] <= drawn.effect) & (drawn.effect <= fit.effect_high[:, 0]),
        failed=failed,
    )


def _tree_of(spec: Spec) -> Any:
    """Return the function that gives a fit's draws; imported late, and only for its own specs."""
    from simdesign.fit.pymc_fit import PymcEngine, posterior_tree

    if not isinstance(spec, PymcEngine.spec_type):
        raise SpecError("estimators", type(spec).__name__, "has no draws that can be ranked")
    return posterior_tree


def _thinned(values: Any) -> Floats:
    """Return ``KEPT`` draws, evenly over all chains."""
    flat = np.asarray(values, dtype=float).ravel()
    at = np.linspace(0, flat.size - 1, min(KEPT, flat.size)).round().astype(int)
    return np.asarray(flat[at])


def _rank(draws: Floats, truth: float, rng: np.random.Generator) -> float:
    below, equal = int((draws < truth).sum()), int((draws == truth).sum())
    return float((below + rng.random() * (equal + 1)) / (draws.size + 1))
