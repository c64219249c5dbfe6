"""What the commands on a file of real measurements share: their options, and how they refuse."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from simdesign.errors import SimDesignError
from simdesign.studies import completion
from simdesign.studies.console import answer_only, note

MeasuredFile = Annotated[Path, typer.Argument(help="The EUDA release or a tidy file.")]
Substances = Annotated[
    list[str],
    typer.Option(
        "--substance",
        autocompletion=completion.substances,
        help="For example cocaine; may be repeated.",
    ),
]
FromYear = Annotated[int | None, typer.Option("--from", help="First year that is used.")]
SiteTable = Annotated[
    Path | None,
    typer.Option("--sites", help="Site table of the release; else the one beside the file."),
]
Draws = Annotated[int, typer.Option("--draws", help="Draws of a chain.")]
Tune = Annotated[int, typer.Option("--tune", help="Steps of adaptation of a chain.")]
Seed = Annotated[int, typer.Option("--seed", help="Of the sampler.")]


@contextmanager
def refused_in_one_line() -> Iterator[None]:
    """Turn an error of ours into one line on stderr and its exit status."""
    try:
        with answer_only():
            yield
    except SimDesignError as error:
        note(str(error))
        raise typer.Exit(error.exit_status) from None
