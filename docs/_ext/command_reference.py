"""The page of commands, written from the commands themselves when the site is built."""

from collections.abc import Iterator
from itertools import groupby
from typing import Any

from rich.text import Text
from sphinx.application import Sphinx
from typer.main import get_command

from simdesign.cli import app as command_line

PAGE = "reference/commands"


def _plain(text: str | None, mode: str | None) -> str:
    """Return help without the marks that colour it in a terminal."""
    return Text.from_markup(text or "").plain if mode == "rich" else text or ""


def _is_typed(line: str) -> bool:
    """Return whether a line of help is a command that somebody types."""
    return line.startswith(("simdesign ", "$ "))


def _paragraphs(text: str) -> Iterator[str]:
    """Yield paragraphs; commands keep their lines, in blocks of their own."""
    for part in text.replace("\b", "").split("\n\n"):
        lines = [line.strip() for line in part.splitlines() if line.strip()]
        for typed, group in groupby(lines, _is_typed):
            if typed:
                yield "\n".join(["```text", *group, "```"])
            else:
                yield " ".join(group)


def _rows(command: Any, context: Any) -> Iterator[str]:
    for parameter in command.params:
        # The library's own words: name with the kind of value, and help with the default.
        record = parameter.get_help_record(context)
        if record is not None:
            name, said = (
                " ".join(_plain(part, command.rich_markup_mode).split()) for part in record
            )
            yield f"`{name}`\n: {said}\n"


def _section(command: Any, path: str, parent: Any) -> Iterator[str]:
    context = command.context_class(command, info_name=path, parent=parent)
    if hasattr(command, "commands"):
        for name, inner in command.commands.items():
            if not inner.hidden:
                yield from _section(inner, f"{path} {name}", None)
        return
    yield f"## {path}\n"
    usage = " ".join(command.collect_usage_pieces(context))
    yield f"```text\n{path} {usage}\n```\n"
    for text in (command.help, command.epilog):
        for paragraph in _paragraphs(_plain(text, command.rich_markup_mode)):
            yield paragraph + "\n"
    yield from _rows(command, context)


def commands() -> str:
    """Return Markdown with one section for every command."""
    return "\n".join(_section(get_command(command_line), "simdesign", None))


def _add(app: Sphinx, docname: str, source: list[str]) -> None:
    if docname == PAGE:
        source[0] += "\n" + commands()


def setup(app: Sphinx) -> dict[str, Any]:
    """Add the sections while the page is read, at every build: the code may have changed."""
    app.connect("source-read", _add)
    app.connect("env-get-outdated", lambda app, env, added, changed, removed: [PAGE])
    return {"parallel_read_safe": True, "parallel_write_safe": True}
