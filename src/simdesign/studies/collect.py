"""The command ``simdesign collect``: check, merge, evaluate."""

import json
from dataclasses import asdict

import typer

from simdesign.studies.arguments import AsJson, ResultsFolder
from simdesign.studies.console import say, say_json


def register(app: typer.Typer) -> None:
    """Add the command to an application."""
    app.command("collect")(collect_command)


def collect_command(
    folder: ResultsFolder,
    as_json: AsJson = False,
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
        say_json(content)
    else:
        say(
            f"{found.files_before} shards checked, {found.files_after} after merging"
            + (f", {found.swept} left-over files removed" if found.swept else "")
        )
        say(verdict_lines(results))
        say(f"measures: {results.store.measures_path}")
        say(f"page: {page}")
    if status["missing"]:
        say_missing(status["missing"], folder)
