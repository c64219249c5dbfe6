"""The command ``simdesign attribution``: which mechanism can be told by which measurements."""

import math
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer

from simdesign.errors import SpecError
from simdesign.studies import completion
from simdesign.studies.arguments import AsJson, Language, ReadableFolder
from simdesign.studies.console import Grid, grid_of, say_json, show

if TYPE_CHECKING:  # imported late, so that help stays quick
    from collections.abc import Sequence

    from simdesign.report import AttributionCell, AttributionTarget

LANGUAGES = ("en", "nl")


def register(app: typer.Typer) -> None:
    """Add the command to an application."""
    app.command("attribution")(attribution_command)


def attribution_command(
    folder: ReadableFolder,
    target: Annotated[
        float, typer.Option("--target", help="Share of programmes to be named rightly.")
    ] = 0.8,
    wrong: Annotated[
        float, typer.Option("--wrong", help="Largest share that may be named wrongly.")
    ] = 0.1,
    moment: Annotated[
        str,
        typer.Option(
            "--at",
            autocompletion=completion.one_of("last", "alarm"),
            help="last: the last look of all; alarm: the first alarm, given one.",
        ),
    ] = "last",
    change: Annotated[
        float | None,
        typer.Option("--change", help="Size in the confusion matrices; default: the largest."),
    ] = None,
    lang: Language = "en",
    as_json: AsJson = False,
) -> None:
    """Print how often the mechanism of a break is named rightly, and what would tell it."""
    from simdesign.report import (
        AttributionTarget,
        attribution_cells,
        attribution_parts,
        attribution_sizes,
    )
    from simdesign.run import read

    _check(target, wrong, moment, lang)
    results = read(folder)
    study, size = results.study, results.plan.size
    cells = attribution_cells(study, size, results.records(), moment)
    if not cells:
        kinds = ", ".join(sorted({item.kind for item in study.estimators.values()}))
        rule = f"must hold one of kind exact_mechanism, and rows of it; there are {kinds}"
        raise SpecError("estimators", len(study.estimators), rule, str(folder))
    sizes = attribution_sizes(cells)
    if change is not None and not any(math.isclose(change, item) for item in sizes):
        rule = f"must be one of {', '.join(f'{item:g}' for item in sizes)}"
        raise SpecError("--change", change, rule)
    asked = AttributionTarget(correct=target, wrong=wrong)
    if as_json:
        content = {"study": study.name, "size": size, "at": moment, **asdict(asked)}
        content |= {"cells": [_plain(cell, asked) for cell in cells]}
        say_json(content)
        return
    head, parts = attribution_parts(study, size, results.records(), asked, moment, change, lang)
    show(_shown(head, parts))


def _check(target: float, wrong: float, moment: str, lang: str) -> None:
    for option, value in (("--target", target), ("--wrong", wrong)):
        if not 0.0 < value < 1.0:
            raise SpecError(option, value, "must be in (0, 1)")
    if target + wrong > 1.0 + 1e-12:
        rule = f"must be at most 1 - {target:g}, which --target leaves for what is not right"
        raise SpecError("--wrong", wrong, rule)
    if moment not in ("last", "alarm"):
        raise SpecError("--at", moment, "must be last or alarm")
    if lang not in LANGUAGES:
        raise SpecError("--lang", lang, f"must be one of {', '.join(LANGUAGES)}")


def _shown(head: str, parts: "Sequence[Any]") -> list[str | Grid]:
    found: list[str | Grid] = [head]
    for part in parts:
        found += [f"\n{part.title}", *(f"- {line}" for line in part.lines)]
        found += [grid_of(item) for item in (part.cheapest, *part.maps, *part.confusion)]
        found.append(part.note)
    return found


def _plain(cell: "AttributionCell", target: "AttributionTarget") -> dict[str, Any]:
    """Return a cell as JSON values."""
    reached = cell.prob_reached(target)
    return {
        "substance": cell.substance, "world": cell.world, "mechanism": cell.mechanism,
        "right": cell.right, "size": cell.size, "design": cell.way.design,
        "estimator": cell.way.estimator, "weekdays": cell.way.weekdays,
        "streams": list(cell.way.streams), "cost_per_year": cell.way.cost_per_year,
        "shares": {
            name: {"value": item.value, "mcse": item.mcse, "n_rep": item.n_rep}
            for name, item in cell.shares.items()
        },
        "meets": cell.meets(target), "prob_reached": reached,
    }  # fmt: skip
