"""The command ``simdesign analyse``: P(break) in real series, when, how large, what stays open."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from simdesign.errors import DataError, SimDesignError

if TYPE_CHECKING:  # imported late, so that help stays quick
    from simdesign.studies.analysis import Analysis

WIDTH = 150
"""Columns of the table where the output is no terminal."""


def register(app: typer.Typer) -> None:
    """Add the command to an application."""
    app.command("analyse")(analyse_command)


def analyse_command(
    file: Annotated[Path, typer.Argument(help="The EUDA release or a tidy CSV file.")],
    country: Annotated[
        str, typer.Option("--country", help="Country code, for example NL; needed if several.")
    ] = "",
    substance: Annotated[
        str, typer.Option("--substance", help="For example cocaine; needed if several.")
    ] = "",
    sites: Annotated[
        Path | None,
        typer.Option("--sites", help="Site table of the release; else the one beside the file."),
    ] = None,
    from_year: Annotated[
        int | None, typer.Option("--from", help="First year that is used.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Report for each series and the panel P(break), when, how large, and what stays open."""
    try:
        analysis = analysis_of_file(file, country, substance, sites, from_year)
    except SimDesignError as error:
        typer.echo(f"simdesign: {error}", err=True)
        raise typer.Exit(2) from None
    if as_json:
        from simdesign.studies.analysis_words import plain_analysis

        typer.echo(json.dumps(plain_analysis(analysis), indent=2, ensure_ascii=False))
        return
    from rich.console import Console

    from simdesign.studies.analysis_page import print_analysis

    console = Console()
    print_analysis(analysis, console if console.is_terminal else Console(width=WIDTH))


def analysis_of_file(
    file: Path,
    country: str = "",
    substance: str = "",
    sites: Path | None = None,
    from_year: int | None = None,
) -> "Analysis":
    """Read a file and analyse one substance of one country.

    Raises
    ------
    DataError
        A mistake in the file or in what is asked of it.
    """
    from simdesign.data import SUBSTANCES, read
    from simdesign.studies.analysis import analyse, check_supported

    if from_year is not None and not 1990 <= from_year <= 2100:
        raise DataError("command line", "--from", from_year, "must be a year from 1990 to 2100")
    table = read(file, sites)
    country = country or _only(str(file), "--country", sorted(set(table.countries)))
    part = table.select(country=country or None)
    named = [SUBSTANCES[int(u)] for u in sorted(set(part.substance.tolist()))]
    part = part.select(
        substance=substance or _only(str(file), "--substance", named), from_year=from_year
    )
    name = SUBSTANCES[int(part.substance[0])]
    check_supported(part, name)
    return analyse(part, name, part.countries[0])


def _only(file: str, option: str, names: list[str]) -> str:
    if len(names) == 1:
        return names[0]
    rule = f"must be given, the file holds {', '.join(name or '(none)' for name in names)}"
    raise DataError(file, option, "", rule)
