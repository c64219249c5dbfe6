"""Arguments and options that several commands share: one meaning, one help, one completion."""

from pathlib import Path
from typing import Annotated

import typer

from simdesign.studies import completion

ResultsFolder = Annotated[
    Path,
    typer.Argument(
        metavar="DIR", help="Results folder.", autocompletion=completion.results_folders
    ),
]
"""It holds rows."""
ReadableFolder = Annotated[
    Path,
    typer.Argument(
        metavar="DIR",
        help="Results folder, or published results.",
        autocompletion=completion.readable_folders,
    ),
]
PublishedFolder = Annotated[
    Path,
    typer.Argument(
        metavar="RESULTS", help="Published results.", autocompletion=completion.published_folders
    ),
]
StudyFile = Annotated[
    Path,
    typer.Argument(
        metavar="STUDY", help="Study file (TOML).", autocompletion=completion.study_files
    ),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Language = Annotated[
    str,
    typer.Option(
        "--lang",
        help="Language: en or nl.",
        autocompletion=completion.one_of(*completion.LANGUAGES),
    ),
]
PageLanguage = Annotated[
    str,
    typer.Option(
        "--lang",
        help="Language shown first: en or nl.",
        autocompletion=completion.one_of(*completion.LANGUAGES),
    ),
]
"""Of a page that holds both."""
Workers = Annotated[
    int | None, typer.Option("--workers", help="Worker processes; default: all processors.")
]
