"""The command ``simdesign explore``: numbers of the page's what-if explorer, from stored rows."""

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import typer

from simdesign.errors import SpecError
from simdesign.studies.arguments import AsJson, ReadableFolder
from simdesign.studies.console import say, say_json

if TYPE_CHECKING:  # imported late, so that help stays quick
    from simdesign.records import Floats
    from simdesign.run import Results
    from simdesign.run.explored import Explored
    from simdesign.run.explored_surface import Surface
    from simdesign.spec.study import Scenario

FORMAT = 1
SHARE = 1000
"""Shares are stored as whole thousandths: far below their Monte Carlo errors."""
YEAR = 100
"""Delays are stored in hundredths of a year."""
UNITS = ("per_sample", "per_site_round", "per_round", "per_batch", "per_stream", "per_programme")
_PARTS = ("samples", "site_rounds", "rounds", "batches", "streams", "programme")


def register(app: typer.Typer) -> None:
    """Add the command to an application."""
    app.command("explore")(explore_command)


def explore_command(folder: ReadableFolder, as_json: AsJson = False) -> None:
    """Compute what the page's what-if explorer shows: every design at several alarm budgets."""
    from simdesign.run import Published, read, write_atomic
    from simdesign.stored import ExploreFile, Paths

    results, path = read(folder), Paths(folder).explore
    if isinstance(results, Published):
        content = results.found_later(path, ExploreFile)
    else:
        results.save()
        content = explore(results)
        text = json.dumps(content, ensure_ascii=False, separators=(",", ":")) + "\n"
        write_atomic(path, text.encode())
    if as_json:
        say_json(content)
        return
    say(lines(content))


def explore(results: "Results") -> dict[str, Any]:
    """Return the explorer's numbers as JSON values; docs/explorer.md states every axis.

    Raises
    ------
    SpecError
        When no change is stored together with its unchanged world.
    """
    from simdesign.run import HORIZONS, judging_estimator, plain_json
    from simdesign.run.explored import TIMES, explored, ordinary
    from simdesign.run.explored_surface import refusal, surface
    from simdesign.run.turned import turned_designs

    plan = results.plan
    found = explored(results)
    if not found:
        rule = "must hold complete replications of a change and of its unchanged world"
        raise SpecError(str(results.folder), results.study.name, rule)
    factors = _factors(found)
    content = {
        "explore": FORMAT, "state": results.state(), "study": results.study.name,
        "size": plan.size, "estimator": judging_estimator(plan),
        "reference": plan.study.decision.reference, "budget": plan.study.decision.budget,
        "budgets": list(found[0].budgets), "horizons": list(HORIZONS), "times": list(TIMES),
        "programme_years": plan.study.programme.years, "units": _units(),
        "factors": [{"path": path, "levels": levels} for path, levels in factors.items()],
        "designs": [
            {
                "design": name, "base": item.base, "sites": item.sites, "days": item.days,
                "turns_days": item.turns_days and item.is_whole, "turns_sites": item.is_whole,
                "counts": counts,
            }
            for (name, item), counts in zip(
                turned_designs(plan).items(), _counts(results), strict=True
            )
        ],
        "substances": [
            _substance(one, factors, surface(plan, own), refusal(plan, own))
            for one, own in zip(found, map(ordinary, found), strict=True)
        ],
    }  # fmt: skip
    plain: dict[str, Any] = plain_json(content)
    return plain


def lines(content: dict[str, Any]) -> list[str]:
    """Return what was computed, in words."""
    n_design, n_budget = len(content["designs"]), len(content["budgets"])
    out = []
    for part in content["substances"]:
        n = len(part["cells"])
        out.append(
            f"{part['substance']}: {n} changes in {len(part['worlds'])} worlds, {n_design} designs,"
            f" {n_budget} budgets"
        )
        made = part["surface"]
        if made is None:
            out.append(f"  sites and days: as simulated only ({part['refused'] or 'no slope'})")
            continue
        own = content["budgets"].index(content["budget"])
        told = made["error"][own]
        what = (
            "designs with other sites or days" if made["checked"] == "sites_days" else "schedules"
        )
        for years, error, luck, n_out in zip(
            content["horizons"], told, made["luck"][own], made["n_out"][own], strict=True
        ):
            if error is not None:
                out.append(
                    f"  power within {years:g} years of {what} left out: error {error:.3f}"
                    f" (Monte Carlo alone {luck:.3f}; {n_out} predictions)"
                )
    return out


def _factors(found: "Sequence[Explored]") -> dict[str, list[float | str]]:
    """Return factors of the worlds and their levels, in order of the study."""
    from simdesign.run.judge import levels
    from simdesign.spec.departures import DEPARTURE

    factors: dict[str, list[float | str]] = {}
    for one in found:
        for world in one.worlds:
            for path, level in levels(world.factors).items():
                known = factors.setdefault(path, [])
                if level not in known:
                    known.append(level)
    return {
        # departures stay as the study names them, its own world first
        path: known if path == DEPARTURE else sorted(known, key=lambda x: (isinstance(x, str), x))
        for path, known in factors.items()
    }


def _units() -> list[float]:
    from simdesign.spec.design import Cost

    return [float(getattr(Cost(), name)) for name in UNITS]


def _counts(results: "Results") -> list[list[float]]:
    """Return units of every design over the programme, so that default prices give its cost.

    A unit with a price of its own in a design counts by its ratio to the default; without a default
    price it counts as samples.
    """
    from simdesign.run.asked import costs_of
    from simdesign.run.option_draws import null_mixture

    costs, units = costs_of(results.plan, null_mixture(results)), _units()
    found = []
    for name in results.study.designs:
        row = []
        extra = 0.0
        for part, usual in zip(_PARTS, units, strict=True):
            spent = costs[name].parts[part] if name in costs else float("nan")
            row.append(spent / usual if usual > 0.0 else 1.0)
            extra += 0.0 if usual > 0.0 else spent
        row[0] += extra / units[0]
        found.append([round(value, 4) for value in row])
    return found


def _substance(
    one: "Explored",
    factors: dict[str, list[float | str]],
    made: "Surface | None",
    refused: str,
) -> dict[str, Any]:
    from simdesign.run.judge import levels

    changes = [_change(scenario, one.substance) for _, scenario in one.cells]
    known = [item for i, item in enumerate(changes) if item not in changes[:i]]
    return {
        "substance": one.substance, "delay_years": one.delay_years,
        "worlds": [
            [factors[path].index(levels(world.factors)[path]) for path in factors]
            for world in one.worlds
        ],
        "changes": known,
        "cells": [
            [world, known.index(change)]
            for (world, _), change in zip(one.cells, changes, strict=True)
        ],
        "scenarios": [scenario.name for _, scenario in one.cells],
        "power": _whole(one.power[..., 0], SHARE), "power_error": _whole(one.power[..., 1], SHARE),
        "curve": _whole(one.curve[..., 0], SHARE), "curve_error": _whole(one.curve[..., 1], SHARE),
        "delay": _whole(one.delay[..., 0], YEAR), "delay_error": _whole(one.delay[..., 1], YEAR),
        "false_alarm": _whole(one.false_alarm[..., 0], SHARE),
        "false_alarm_error": _whole(one.false_alarm[..., 1], SHARE),
        "n_rep": int(one.n_rep.max()),
        "surface": None if made is None else _surface(made), "refused": refused,
    }  # fmt: skip


def _change(scenario: "Scenario", substance: str) -> dict[str, Any]:
    """Return a change as the explorer names it: kind, mechanism, size, what else is a factor."""
    from simdesign.run.judge import levels
    from simdesign.spec.effect import shown_size, yearly_change

    change = scenario.change
    mechanism = getattr(change, "mechanism", "")
    if isinstance(mechanism, dict):
        mechanism = "+".join(mechanism)
    elif not isinstance(mechanism, str):
        mechanism = type(mechanism).__name__.lower()
    yearly = yearly_change(scenario, substance)
    other = {
        path.split(".")[-1]: level
        for path, level in levels(scenario.factors).items()
        if path.startswith("change.") and path.split(".")[1] not in ("size", "slope", "mechanism")
    }
    return {
        "kind": str(change.kind), "mechanism": mechanism,
        "size": round(shown_size(scenario, substance), 6),
        "yearly": None if yearly != yearly else round(yearly, 6), "other": other,
    }  # fmt: skip


def _surface(made: "Surface") -> dict[str, Any]:
    def numbers(name: str) -> list[list[float]]:
        return [[_short(getattr(item, name)) for item in row] for row in made.checks]

    return {
        "bases": list(made.bases), "shape_of": list(made.shape_of),
        "scale_of": [_short(x) for x in made.scale_of], "sites": list(made.sites),
        "shares": [_short(x) for x in made.shares.ravel().tolist()],
        "own": [[_short(x) for x in row] for row in made.own.tolist()],
        "slope": [[_short(x) for x in row] for row in made.slope.tolist()],
        "error": numbers("error"), "luck": numbers("luck"), "worst": numbers("worst"),
        "n_out": [[item.n for item in row] for row in made.checks], "checked": made.checked,
    }  # fmt: skip


def _short(value: float) -> float:
    """Return a number with four significant digits."""
    return float(f"{value:.4g}")


def _whole(values: "Floats", unit: int) -> list[int | None]:
    """Return numbers in whole parts of a unit, in the order of their axes; None = not known."""
    import numpy as np

    known = np.isfinite(values.ravel())
    scaled = np.rint(np.where(known, values.ravel(), 0.0) * unit).astype(int)
    return [int(x) if k else None for x, k in zip(scaled, known, strict=True)]
