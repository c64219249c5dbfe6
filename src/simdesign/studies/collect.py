"""The command ``simdesign collect``: check, merge, evaluate."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer


def register(app: typer.Typer) -> None:
    """Add the command to an application."""
    app.command("collect")(collect_command)


def collect_command(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Results folder.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Check every shard, merge small ones, then write measures and page."""
    from simdesign.report import write_page
    from simdesign.run import load
    from simdesign.run.collect import compact
    from simdesign.studies.commands import say_missing
    from simdesign.studies.words import verdict_lines

    results = load(folder)
    found = compact(results.store)
    status = results.status(digest=False)
    results.save()
    page = write_page(results.folder, "en")
    if as_json:
        verdict = json.loads(results.store.verdict_path.read_text(encoding="utf-8"))
        content = {
            **asdict(found), "missing": status["missing"], "digest": verdict["digest"],
            "measures": str(results.store.measures_path), "page": str(page),
        }  # fmt: skip
        typer.echo(json.dumps(content, indent=1))
    else:
        typer.echo(
            f"{found.files_before} shards checked, {found.files_after} after merging"
            + (f", {found.swept} left-over files removed" if found.swept else "")
        )
        typer.echo("\n".join(verdict_lines(results)))
        typer.echo(f"measures: {results.store.measures_path}")
        typer.echo(f"page: {page}")
    if status["missing"]:
        say_missing(status["missing"], folder)
