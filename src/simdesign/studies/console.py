"""Where tables of measured files are printed: a terminal, or lines of one width elsewhere."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:  # imported late, so that help stays quick
    from rich.console import Console

WIDTH = 150
"""Columns of the tables where the output is no terminal."""


def wide_console() -> "Console":
    """Return a console as wide as the terminal, or ``WIDTH`` columns."""
    from rich.console import Console

    console = Console()
    return console if console.is_terminal else Console(width=WIDTH)
