"""How help is shown: drawn on a terminal, plain in a pipe, examples always as they are typed.

The library reads ``[words in brackets]`` of help as markup and folds an epilogue like prose. Here
help is text: brackets stay, and an example is one line that can be copied.
"""

from typing import Any

import typer
from typer.core import TyperCommand, TyperGroup

from simdesign.studies.console import draws, say
from simdesign.studies.manual import MANUAL, Entry, examples_text, statuses_text

_OTHERS = "Commands"


class ManualCommand(TyperCommand):
    """A command whose help ends with its examples."""

    def format_help(self, ctx: Any, formatter: Any) -> None:
        """Write help, drawn where that can be."""
        _drawn(self, ctx, formatter, TyperCommand)

    def format_epilog(self, ctx: Any, formatter: Any) -> None:
        """Write the examples as they are typed."""
        _as_typed(self, formatter)


class ManualGroup(TyperGroup):
    """Commands in panels, in the order of the manual."""

    def list_commands(self, ctx: Any) -> list[str]:
        """Return the names: those of the manual in its order, then the others."""
        places = {name.partition(" ")[0]: place for place, name in reversed([*enumerate(MANUAL)])}
        return sorted(super().list_commands(ctx), key=lambda name: places.get(name, len(MANUAL)))

    def format_help(self, ctx: Any, formatter: Any) -> None:
        """Write help, drawn where that can be."""
        _drawn(self, ctx, formatter, TyperGroup)

    def format_epilog(self, ctx: Any, formatter: Any) -> None:
        """Write the exit statuses as they are."""
        _as_typed(self, formatter)

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        """Write the commands below the names of their panels."""
        panels: dict[str, list[tuple[str, str]]] = {}
        known = {name: self.get_command(ctx, name) for name in self.list_commands(ctx)}
        width = max(map(len, known), default=0)
        for name, command in known.items():
            if command is not None and not command.hidden:
                panel = getattr(command, "rich_help_panel", None) or _OTHERS
                words = command.short_help or (command.help or "").partition("\n\n")[0]
                panels.setdefault(panel, []).append((name.ljust(width), " ".join(words.split())))
        for panel, rows in panels.items():
            with formatter.section(panel):
                formatter.write_dl(rows)


def apply_manual(app: typer.Typer) -> None:
    """Give every command of an application its place and its examples."""
    app.info.epilog = statuses_text()
    for command in app.registered_commands:
        _enter(command, "")
    for group in app.registered_groups:
        inner = group.typer_instance
        if inner is None:
            continue
        entries = [_enter(command, f"{group.name} ") for command in inner.registered_commands]
        group.cls = ManualGroup
        group.rich_help_panel = next((item.panel for item in entries if item), _OTHERS)


def _enter(command: Any, prefix: str) -> Entry | None:
    name = command.name or command.callback.__name__
    entry = MANUAL.get(prefix + name)
    command.cls = ManualCommand
    if entry is not None:
        command.rich_help_panel, command.epilog = entry.panel, examples_text(entry)
    return entry


def _drawn(command: Any, ctx: Any, formatter: Any, plain: type[Any]) -> None:
    if not draws():
        command.rich_markup_mode = None
        plain.format_help(command, ctx, formatter)
        return
    from rich.markup import escape

    command.rich_markup_mode = "rich"
    epilog, command.epilog = command.epilog, None
    inner = list(getattr(command, "commands", {}).values())
    for item in (command, *command.params, *inner):  # once: help is the last that is done
        item.help = escape(item.help) if getattr(item, "help", None) else None
    plain.format_help(command, ctx, formatter)
    if epilog:
        say(f" {line}" for line in epilog.splitlines())


def _as_typed(command: Any, formatter: Any) -> None:
    if command.epilog:
        formatter.write_paragraph()
        formatter.write(f"{command.epilog}\n")
