"""The one way to the terminal: what every command prints, for a person or for a program.

On a terminal tables are drawn, as wide as it is. Elsewhere (a pipe, a file, ``TERM=dumb``) there is
plain text without colour or frames, in lines that are never folded. ``FORCE_COLOR`` draws in a
pipe too; ``NO_COLOR`` takes the colours away, not the frames. JSON is the same everywhere.

Standard output has what was asked for; what is said beside it goes to standard error.
"""

import os
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, redirect_stdout, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from simdesign.plain import json_text, one_line, printable

if TYPE_CHECKING:  # imported late, so that help stays quick
    from rich.console import Console

GAP = "  "
"""Between the columns of a plain table."""


class ReaderGoneError(Exception):
    """Whoever read standard output has gone, as ``head`` does: there is nobody to tell."""


@dataclass(frozen=True, slots=True)
class Grid:
    """A table of text."""

    caption: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    words: tuple[int, ...] = (0,)
    """Columns of words, which begin at the left; the others are numbers."""


class Headed(Protocol):
    """A table as ``report`` makes them."""

    @property
    def caption(self) -> str:
        """Return what stands above."""

    @property
    def columns(self) -> tuple[str, ...]:
        """Return the heads."""

    @property
    def rows(self) -> tuple[tuple[str, ...], ...]:
        """Return the cells, a row at a time."""

    @property
    def n_head(self) -> int:
        """Return how many cells of a row are its name."""


def grid_of(item: Headed) -> Grid:
    """Return a table of ``report`` as one that can be shown."""
    return Grid(item.caption, item.columns, item.rows, tuple(range(item.n_head)))


def say(text: str | Iterable[str]) -> None:
    """Print lines on standard output as they are; no lines, nothing."""
    lines = [text] if isinstance(text, str) else list(text)
    if lines:
        _write(printable("\n".join(lines)))


def note(text: str) -> None:
    """Print one line beside the answer, on standard error."""
    with suppress(BrokenPipeError):  # nobody listens: the answer may still be wanted
        print(f"simdesign: {one_line(text)}", file=sys.stderr, flush=True)


@contextmanager
def answer_only() -> Iterator[None]:
    """Send what libraries print meanwhile to standard error: the answer stands alone."""
    with redirect_stdout(sys.stderr):
        yield


def say_json(content: Any) -> None:
    """Print an answer for programs; numbers that are not finite are null."""
    encoding = (getattr(sys.stdout, "encoding", None) or "utf-8").lower().replace("-", "")
    _write(json_text(content, ascii_only=encoding != "utf8"))


def show(parts: Iterable[str | Grid], plain: Iterable[str] | None = None) -> None:
    """Print lines and tables; ``plain`` is how they read where nothing can be drawn.

    Without it tables are columns of text there.
    """
    if not draws():
        lines = [line for part in parts for line in plain_lines(part)] if plain is None else plain
        say("\n".join(lines).rstrip("\n"))
        return
    from rich.text import Text

    console = drawing_console()
    with console.capture() as drawn:
        for part in parts:
            found = Text(printable(part)) if isinstance(part, str) else _drawn(part)
            console.print(found, highlight=False)
    _write(drawn.get().rstrip("\n"))


def draws() -> bool:
    """Whether tables are drawn: on a terminal that can, or where colour is forced."""
    if os.environ.get("TERM", "").lower() in ("dumb", "unknown"):
        return False
    return sys.stdout.isatty() or bool(os.environ.get("FORCE_COLOR"))


def drawing_console() -> "Console":
    """Return a console as wide as the terminal."""
    from rich.console import Console

    return Console(file=sys.stdout, force_terminal=True)


def plain_lines(part: str | Grid) -> list[str]:
    """Return a line, or a table as its caption, its heads and its rows in columns of text."""
    if isinstance(part, str):
        return [part]
    cells = [_flat(part.columns), *map(_flat, part.rows)]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    out = [part.caption] if part.caption else []
    for row in cells:
        words = (
            f"{cell:{width}}" if n in part.words else f"{cell:>{width}}"
            for n, (cell, width) in enumerate(zip(row, widths, strict=True))
        )
        out.append(GAP.join(words).rstrip())
    return [*out, ""]


def _flat(row: Sequence[str]) -> list[str]:
    return [one_line(cell) for cell in row]


def _drawn(item: Grid) -> Any:
    from rich.table import Table
    from rich.text import Text

    caption = Text(printable(item.caption)) if item.caption else None
    table = Table(title=caption, title_justify="left")
    for n, head in enumerate(item.columns):
        words = n in item.words
        table.add_column(
            Text(printable(head)), justify="left" if words else "right", overflow="fold"
        )
    for row in item.rows:
        table.add_row(*(Text(printable(cell)) for cell in row))
    return table


def _write(text: str) -> None:
    try:
        print(text, flush=True)
    except BrokenPipeError:
        raise ReaderGoneError from None
