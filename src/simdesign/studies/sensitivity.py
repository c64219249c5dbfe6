"""The command ``simdesign sensitivity``: what depends on the analysis priors of a study."""

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from simdesign.errors import SpecError
from simdesign.studies.arguments import AsJson, ResultsFolder
from simdesign.studies.console import Grid, say_json, show

if TYPE_CHECKING:  # imported late, so that help stays quick
    from simdesign.studies.prior_grid import Judged, Sensitivity

WORDS = {
    "as_good": "as good", "not_as_good": "not as good", "cannot_tell": "cannot be told",
    "neither_notices": "no design notices",
}  # fmt: skip


def register(app: typer.Typer) -> None:
    """Add the command to an application."""
    app.command("sensitivity")(sensitivity_command)


def sensitivity_command(
    folder: ResultsFolder,
    power: Annotated[
        float, typer.Option("--power", help="Power whose crossing counts as a flip.")
    ] = 0.8,
    budget: Annotated[
        float | None, typer.Option("--budget", help="False-alarm probability per programme.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Table measures and verdicts of estimators that differ in one prior; find the flip point."""
    from simdesign.run import load
    from simdesign.studies.prior_grid import sensitivities

    for option, value in (("--power", power), ("--budget", budget)):
        if value is not None and not 0.0 < value < 1.0:
            raise SpecError(option, value, "must be in (0, 1)")
    results = load(folder)
    found = sensitivities(results, power, budget)
    if not found:
        names = ", ".join(results.study.estimators)
        rule = f"must hold two break models that differ in one number; it has {names}"
        raise SpecError("estimators", len(results.study.estimators), rule)
    if as_json:
        content = [asdict(item) for item in found]
        say_json({"study": results.study.name, "grids": content})
        return
    show(
        [part for item in found for part in grids(item, power)],
        [line for item in found for line in lines(item, power)],
    )


def lines(item: "Sensitivity", power: float) -> list[str]:
    """Return one grid in words: a table row a measure, then the flips."""
    grid = item.grid
    heads = [f"{value:g}" for value in grid.value]
    out = [
        f"{grid.substance}: {grid.field} = {', '.join(heads)} ({', '.join(grid.estimator)})",
        *(
            f"  {line.scenario or 'all'} | {line.design} | {line.measure}: "
            + ", ".join(f"{v:.3f} ({m:.3f})" for v, m in zip(line.value, line.mcse, strict=True))
            + (f" | power {power:g}: {line.flip.text}" if line.flip else "")
            for line in item.lines
        ),
    ]
    for judged in item.judged:
        codes = ", ".join(WORDS[code] for code in judged.code)
        out.append(
            f"  verdict, {_place(judged)}, {judged.threshold} threshold: {codes} | as good or not: "
            f"{judged.flip.text}"
        )
    return [*out, ""]


def grids(item: "Sensitivity", power: float) -> list[Grid]:
    """Return the same as tables that can be drawn: measures, and verdicts when there are any."""
    grid = item.grid
    heads = tuple(f"{value:g}" for value in grid.value)
    caption = f"{grid.substance}: {grid.field} ({', '.join(grid.estimator)})"
    names = (0, 1, 2, 3 + len(heads))
    measures = tuple(
        (
            line.scenario or "all", line.design, line.measure,
            *(f"{v:.3f} ({m:.3f})" for v, m in zip(line.value, line.mcse, strict=True)),
            line.flip.text if line.flip else "",
        )
        for line in item.lines
    )  # fmt: skip
    verdicts = tuple(
        (
            _place(judged), judged.threshold, *(WORDS[code] for code in judged.code),
            judged.flip.text,
        )
        for judged in item.judged
    )  # fmt: skip
    first = ("scenario", "design", "measure", *heads, f"power {power:g}")
    second = ("verdict in", "threshold", *heads, "as good or not")
    found = [Grid(caption, first, measures, names)]
    if verdicts:
        found.append(Grid(caption, second, verdicts, tuple(range(len(second)))))
    return found


def _place(judged: "Judged") -> str:
    said = (
        f"{path.split('.')[-1]} {level if isinstance(level, str) else format(level, 'g')}"
        for path, level in judged.world.items()
    )
    return ", ".join(said) or "world"
