"""Estimators that differ in one prior, and what changes along it: tables and flip points."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from simdesign.evaluate import Code, FlipPoint, Verdict, flip_point, worst_excess
from simdesign.run import VERDICT_YEARS, Results, make_plan
from simdesign.run.assess import Assessment, assess
from simdesign.spec.base import plain
from simdesign.spec.breaks import BreakModel
from simdesign.spec.estimator import (
    DEFAULT_PRIORS,
    SITE_WALK_PRIORS,
    ExactCity,
    ExactLocal,
    ExactSite,
)
from simdesign.spec.plugged import plugged_noise

SHOWN = (
    ("false_alarm_prob", math.nan), ("power", VERDICT_YEARS), ("restricted_mean_delay", 3.0),
    ("effect_bias", math.nan), ("effect_coverage", math.nan),
)  # fmt: skip
"""Measures in the table, with their horizon."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Grid:
    """Estimators of one study that differ in one number, for one substance."""

    substance: str
    field: str  # dotted path in the estimator's description, for example sigma_shared.scale
    value: tuple[float, ...]  # increasing
    estimator: tuple[str, ...]  # in the order of the values


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One measure along a grid."""

    scenario: str
    design: str
    measure: str
    threshold: str
    value: tuple[float, ...]
    mcse: tuple[float, ...]
    flip: FlipPoint | None  # of power, at the level asked for


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """The verdict along a grid, in one world."""

    world: dict[str, float | str]
    topic: str
    threshold: str
    code: tuple[Code, ...]
    excess: tuple[float, ...]  # worst (loss - margin) / margin: above 0 is not as good
    mcse: tuple[float, ...]
    flip: FlipPoint


@dataclass(frozen=True, slots=True, kw_only=True)
class Sensitivity:
    """What depends on one prior."""

    grid: Grid
    lines: tuple[Line, ...]
    judged: tuple[Judged, ...]


def grids(results: Results) -> list[Grid]:
    """Return every series of the study's break models that differ in one number only.

    Defaults are written out per substance first, so that a model that leaves a prior to its
    default belongs to the grid of the models that name it.
    """
    found = []
    for substance in sorted(results.plan.scenarios[0].world.substances):
        flat = {
            name: resolved(spec, substance)
            for name, spec in results.study.estimators.items()
            if isinstance(spec, BreakModel)
        }
        for field in sorted({key for item in flat.values() for key in item}):
            groups: dict[str, dict[float, str]] = {}
            for name, item in flat.items():
                value = item.get(field)
                if isinstance(value, bool) or not isinstance(value, int | float):
                    continue
                rest = repr(sorted((k, repr(v)) for k, v in item.items() if k != field))
                groups.setdefault(rest, {})[float(value)] = name
            found += [
                Grid(
                    substance=substance, field=field, value=tuple(sorted(group)),
                    estimator=tuple(group[value] for value in sorted(group)),
                )
                for group in groups.values()
                if len(group) > 1
            ]  # fmt: skip
    return found


def resolved(spec: BreakModel, substance: str) -> dict[str, Any]:
    """Return a description as dotted paths to values, with the substance's defaults in it."""
    content = plain(spec)
    defaults: dict[str, Any] = dict(DEFAULT_PRIORS[substance])
    if isinstance(spec, ExactSite | ExactCity | ExactLocal):
        defaults["sigma_rw"] = SITE_WALK_PRIORS[substance]
    noise = plugged_noise(substance)
    defaults |= {"day_sd": noise.day_sd, "day_rho": noise.rho, "count_noise": noise.count_noise}
    for name, default in defaults.items():
        if name in content and content[name] is None:
            content[name] = plain(default)
    return dict(_flat(content, ""))


def _flat(content: Mapping[str, Any], prefix: str) -> list[tuple[str, Any]]:
    found: list[tuple[str, Any]] = []
    for key, item in content.items():
        path = f"{prefix}{key}"
        found += _flat(item, f"{path}.") if isinstance(item, dict) else [(path, item)]
    return found


def sensitivities(results: Results, level: float, budget: float | None = None) -> list[Sensitivity]:
    """Evaluate every grid of a finished study: nothing is simulated or fitted.

    Parameters
    ----------
    results : Results
    level : float
        Power whose crossing is a flip.
    budget : float, optional
        False-alarm budget, instead of the study's.
    """
    used = results.study.decision.budget if budget is None else budget
    assessed: dict[str, Assessment] = {}
    found = []
    for grid in grids(results):
        for name in grid.estimator:
            if name not in assessed:
                assessed[name] = _alone(results, name, budget)
        mine = [assessed[name] for name in grid.estimator]
        found.append(
            Sensitivity(
                grid=grid, lines=tuple(_lines(grid, mine, used, level)),
                judged=tuple(judged_along(grid, [item.verdicts for item in mine])),
            )
        )  # fmt: skip
    return found


def _alone(results: Results, name: str, budget: float | None) -> Assessment:
    """Assess a study as if it had one estimator: then verdicts rest on it."""
    plan = results.plan
    study = plan.study.model_copy(update={"estimators": {name: plan.study.estimators[name]}})
    alone = make_plan(study, plan.size, plan.replications, plan.folder)
    return assess(results.store, alone, budget)


def _lines(grid: Grid, assessed: list[Assessment], budget: float, level: float) -> list[Line]:
    tables = [
        {
            (row["scenario"], row["design"], row["measure"], row["threshold"]): row
            for row in item.table.rows
            if row["substance"] == grid.substance
            and not row["compared_with"]
            and row["threshold"] in ("", "operating")
            and (row["threshold"] == "" or abs(row["budget"] - budget) < 1e-12)
            and any(
                row["measure"] == measure
                and (row["horizon"] == years or (math.isnan(years) and math.isnan(row["horizon"])))
                for measure, years in SHOWN
            )
        }
        for item in assessed
    ]
    found = []
    for key in tables[0]:
        if not all(key in table for table in tables):
            continue
        value = np.array([table[key]["value"] for table in tables], dtype=float)
        mcse = np.array([table[key]["mcse"] for table in tables], dtype=float)
        x = np.array(grid.value)
        found.append(
            Line(
                scenario=key[0], design=key[1], measure=key[2], threshold=key[3],
                value=tuple(value.tolist()), mcse=tuple(mcse.tolist()),
                flip=flip_point(x, value, mcse, level) if key[2] == "power" else None,
            )
        )  # fmt: skip
    return found


def judged_along(grid: Grid, verdicts_of: list[list[Verdict]]) -> list[Judged]:
    """Return the verdicts about breaks along a grid, given those of each of its estimators."""
    tables = [
        {
            (item.topic, item.threshold, tuple(sorted(item.world.items()))): item
            for item in one
            if item.substance == grid.substance and item.topic == "break"
        }
        for one in verdicts_of
    ]
    found = []
    for key in tables[0]:
        if not all(key in table for table in tables):
            continue
        verdicts = [table[key] for table in tables]
        worst = [worst_excess(item) for item in verdicts]
        excess, mcse = np.array([w[0] for w in worst]), np.array([w[1] for w in worst])
        found.append(
            Judged(
                world=dict(key[2]), topic=key[0], threshold=key[1],
                code=tuple(item.code for item in verdicts),
                excess=tuple(excess.tolist()), mcse=tuple(mcse.tolist()),
                flip=flip_point(np.array(grid.value), excess, mcse, 0.0),
            )
        )  # fmt: skip
    return found
