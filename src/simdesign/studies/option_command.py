"""The command ``simdesign options``: which design to choose, from stored rows and stated losses."""

import json
import math
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from simdesign.errors import SpecError, StoreError
from simdesign.studies.arguments import AsJson, ReadableFolder
from simdesign.studies.console import say_json, show

if TYPE_CHECKING:  # imported late, so that help stays quick
    from simdesign.spec.losses import LossFile


def register(app: typer.Typer) -> None:
    """Add the command to an application."""
    app.command("options")(options_command)


def options_command(
    folder: ReadableFolder,
    losses: Annotated[
        Path | None,
        typer.Option("--losses", help="TOML file with [losses], [prices] and [extra] in euro."),
    ] = None,
    missed_per_year: Annotated[
        float | None,
        typer.Option("--missed-per-year", help="Euro a year for which a change goes unnoticed."),
    ] = None,
    false_alarm: Annotated[
        float | None, typer.Option("--false-alarm", help="Euro for an alarm without a change.")
    ] = None,
    price_per_sample: Annotated[
        float | None,
        typer.Option(
            "--price-per-sample", help="Euro; other unit prices keep their relation to it."
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Table what every design finds, costs and needs; with losses, what its samples are worth."""
    from simdesign.run import Published, read, write_atomic
    from simdesign.stored import OptionsFile, Paths
    from simdesign.studies.option_table import option_table
    from simdesign.studies.option_words import grids, lines

    given = {
        "--missed-per-year": missed_per_year, "--false-alarm": false_alarm,
        "--price-per-sample": price_per_sample,
    }  # fmt: skip
    stated = stated_losses(losses, given)
    results, path = read(folder), Paths(folder).options
    if isinstance(results, Published):
        if stated is not None:
            rule = "holds no rows, which losses and prices need; simdesign reproduce makes them"
            raise StoreError(str(folder), rule)
        content = results.found_later(path, OptionsFile)
    else:
        results.save()
        content = option_table(results, stated, str(losses) if losses is not None else "")
        text = json.dumps(content, indent=1, ensure_ascii=False) + "\n"
        write_atomic(path, text.encode())
    if as_json:
        say_json(content)
        return
    show(grids(content), lines(content))


def stated_losses(path: Path | None, given: dict[str, float | None]) -> "LossFile | None":
    """Return losses and prices from a file or from options; None when nothing is stated.

    Raises
    ------
    SpecError
        When both are given, one loss without the other, or a number that cannot be.
    """
    from simdesign.spec.losses import Losses, LossFile, Prices, read_losses

    known = {name: value for name, value in given.items() if value is not None}
    for name, value in known.items():
        if path is not None:
            raise SpecError(name, value, "cannot be combined with --losses, which says it")
        if not 0.0 < value < math.inf:
            raise SpecError(name, value, "must be > 0 euro")
    if path is not None:
        return read_losses(path)
    if not known:
        return None
    pair = ("--missed-per-year", "--false-alarm")
    for one, other in (pair, pair[::-1]):
        if one in known and other not in known:
            raise SpecError(
                one, known[one], f"needs {other}: losses are weighed against each other"
            )
    losses, prices = None, None
    if pair[0] in known:
        losses = Losses(missed_per_year=known[pair[0]], false_alarm=known[pair[1]])
    if "--price-per-sample" in known:
        prices = Prices(per_sample=known["--price-per-sample"])
    return LossFile(losses=losses, prices=prices)
