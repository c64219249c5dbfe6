"""The command ``simdesign figures``: the figures of a study as files for a paper or a slide."""

from pathlib import Path
from typing import Annotated

import typer

from simdesign.errors import SpecError
from simdesign.studies import completion
from simdesign.studies.arguments import AsJson, Language, ResultsFolder
from simdesign.studies.console import say, say_json


def register(app: typer.Typer) -> None:
    """Add the command to an application."""
    app.command("figures")(figures_command)


def figures_command(
    folder: ResultsFolder,
    out: Annotated[
        Path | None, typer.Option("--out", help="Folder of the files; default: DIR/figures.")
    ] = None,
    form: Annotated[
        str,
        typer.Option(
            "--format", help="svg or pdf.", autocompletion=completion.one_of("svg", "pdf")
        ),
    ] = "svg",
    lang: Language = "en",
    as_json: AsJson = False,
) -> None:
    """Write every figure of a study as SVG or PDF, one file a panel."""
    if lang not in ("en", "nl"):
        raise SpecError("--lang", lang, "must be en or nl")
    if form not in ("svg", "pdf"):
        raise SpecError("--format", form, "must be svg or pdf")
    from simdesign.report import write_figures
    from simdesign.run import load

    study = load(folder).study.name  # refuses what is no results folder, in words
    paths = [str(path) for path in write_figures(folder, out or folder / "figures", lang, form)]
    if as_json:
        say_json({"study": study, "lang": lang, "figures": paths})
        return
    say(paths)
