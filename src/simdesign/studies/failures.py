"""The command ``simdesign failures``: what failed, how often, and the command that shows one."""

import shlex
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from simdesign.studies.arguments import AsJson, ResultsFolder
from simdesign.studies.console import say, say_json

if TYPE_CHECKING:  # imported late, so that help stays quick
    from simdesign.run import Kind

_CELLS = 12  # conditions printed of a kind; --json has all
_KINDS = 3  # kinds in the summary of ``status``


def register(app: typer.Typer) -> None:
    """Add the command to an application."""
    app.command("failures")(failures_command)


def failures_command(
    folder: ResultsFolder,
    as_json: AsJson = False,
) -> None:
    """List failed fits by kind, with counts per condition and a command that replays one."""
    from simdesign.run import failures, load

    results = load(folder)
    results.store.examine()  # a changed byte could hide a failure
    kinds = failures(results.store, results.plan)
    if as_json:
        content = {
            "study": results.study.name,
            "failures": [kind.plain(folder) for kind in kinds],
        }
        say_json(content)
        return
    say(lines(kinds, folder))


def lines(kinds: Sequence["Kind"], folder: Path) -> list[str]:
    """Return every kind with its conditions and its command."""
    if not kinds:
        return ["no row failed"]
    found = []
    for kind in kinds:
        found.append(f"{kind.message}: {_count(kind)}")
        cells = list(kind.rows.items())
        for cell, n in cells[:_CELLS]:
            found.append(f"  {', '.join(cell)}: {n} rows of {len(kind.replications[cell])}")
        if len(cells) > _CELLS:
            found.append(f"  and {len(cells) - _CELLS} more conditions (see --json)")
        if kind.example != kind.message:
            found.append(f"  the first: {kind.example}")
        found.append(f"  {kind.first.replay(folder)}")
    return found


def summary(kinds: Sequence["Kind"], folder: Path) -> list[str]:
    """Return one line for each of the most frequent kinds."""
    found = [f"  {kind.message}: {_count(kind)}" for kind in kinds[:_KINDS]]
    if kinds:
        more = f"{len(kinds) - _KINDS} more kinds, " if len(kinds) > _KINDS else ""
        found.append(f"  {more}see simdesign failures {shlex.quote(str(folder))}")
    return found


def _count(kind: "Kind") -> str:
    return f"{kind.n_row} rows of {kind.n_replication} replications"
