"""What a running study says: a bar on a terminal, a line now and then elsewhere."""

import sys
import time
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeRemainingColumn

_LINE_EVERY = 10.0  # seconds between plain lines


class Reporter:
    """Counts replications on standard error; silent when not wanted."""

    def __init__(self, total: int, *, quiet: bool = False) -> None:
        self.total, self.done, self.quiet = total, 0, quiet
        self._started = self._spoken = time.monotonic()
        self._bar: Progress | None = None
        self._id: TaskID | None = None
        if not quiet and sys.stderr.isatty():
            self._bar = Progress(
                TextColumn("{task.description}"), BarColumn(),
                TextColumn("{task.completed:.0f}/{task.total:.0f} replications"),
                TextColumn("{task.fields[rate]}"), TimeRemainingColumn(),
                console=Console(stderr=True),
            )  # fmt: skip

    def __enter__(self) -> Self:
        if self._bar is not None:
            self._bar.start()
            self._id = self._bar.add_task("simulating", total=self.total, rate="")
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._bar is not None:
            self._bar.stop()
        elif kind is None:
            self._line()

    def advance(self, n: int) -> None:
        """Note that so many replications are stored."""
        self.done += n
        if self._bar is not None and self._id is not None:
            self._bar.update(self._id, advance=n, rate=f"{self._rate():.0f}/s")
        elif time.monotonic() - self._spoken > _LINE_EVERY:
            self._line()

    def say(self, text: str) -> None:
        """Print a line beside the bar."""
        if self.quiet:
            return
        if self._bar is not None:
            self._bar.console.print(text, highlight=False)
        else:
            print(text, file=sys.stderr, flush=True)

    def _rate(self) -> float:
        return self.done / max(time.monotonic() - self._started, 1e-9)

    def _line(self) -> None:
        if self.quiet or self.total == 0:
            return
        self._spoken = time.monotonic()
        rate = self._rate()
        rest = (
            f", {(self.total - self.done) / rate:.0f} s left" if 0 < self.done < self.total else ""
        )
        text = f"{self.done} of {self.total} replications, {rate:.0f}/s{rest}"
        print(text, file=sys.stderr, flush=True)
