"""What a running study says: a bar on a terminal, a line now and then elsewhere."""

import math
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn
from rich.table import Column

from simdesign.plain import printable
from simdesign.run.pace import Rate, StudyProgress
from simdesign.run.plan import Plan, Task
from simdesign.run.price import Price

_LINE_EVERY = 10.0  # seconds between plain lines
_BAR = 16  # columns
_OF_ALL = "MCSE of a probability"
_ENOUGH = 20
"""Replications from which the mean rate says something: the first ones load what all share."""


class Reporter:
    """Says how far a run is, on standard error; silent when not wanted."""

    def __init__(
        self, total: int, *, quiet: bool = False, plan: Plan | None = None,
        tasks: Sequence[Task] = (),
    ) -> None:  # fmt: skip
        """Begin with so many replications to do; with a plan, its missing tasks say of what."""
        self.total, self.done, self.quiet = total, 0, quiet
        self._study = None if plan is None else StudyProgress(plan, tasks)
        self._started = self._spoken = time.monotonic()
        self._bar: Progress | None = None
        self._id: TaskID | None = None
        console = Console(stderr=True)
        if not quiet and sys.stderr.isatty() and not console.is_dumb_terminal:
            words = "{task.completed:.0f}/{task.total:.0f} replications{task.fields[rest]}"
            self._bar = Progress(
                BarColumn(bar_width=_BAR),
                TextColumn(words, table_column=Column(no_wrap=False)),  # all of it, if narrow
                console=console,
            )  # fmt: skip

    def __enter__(self) -> Self:
        if self._bar is not None:
            self._bar.start()
            self._id = self._bar.add_task("", total=self.total, rest="")
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
        if kind is KeyboardInterrupt and self.total:
            self.say(f"interrupted: at least {self.done} of {self.total} replications are kept")

    def expect(self, tasks: Sequence[Task], price: Price | None) -> None:
        """Note what the missing tasks will cost, as far as that is known."""
        if self._study is not None:
            self._study.expect(tasks, price)

    def advance(self, n: int, task: Task | None = None, seconds: float = 0.0) -> None:
        """Note that so many replications are stored; better, which task, and how long it took."""
        self.done += n
        if self._study is not None and task is not None:
            self._study.add(task, seconds)
        if self._bar is not None and self._id is not None:
            rest = self._rest().replace(_OF_ALL, "MCSE")  # 80 columns are not many
            self._bar.update(self._id, advance=n, rest=f", {rest}")
        elif time.monotonic() - self._spoken > _LINE_EVERY:
            self._line()

    def say(self, text: str) -> None:
        """Print a line beside the bar."""
        if self.quiet:
            return
        if self._bar is not None:
            self._bar.console.print(printable(text), highlight=False, markup=False)
        else:
            _tell(text)

    def _line(self) -> None:
        if self.quiet or self.total == 0:
            return
        self._spoken = time.monotonic()
        text = f"{self.done} of {self.total} replications, {self._rest()}"
        _tell(text)

    def _rest(self) -> str:
        """Return rate, time left and precision, as far as they are known."""
        rate: Rate | None = None if self._study is None else self._study.rate
        mean = self.done / max(time.monotonic() - self._started, 1e-9)
        each = mean if rate is None else rate.replications
        left = None if self._study is None else self._study.seconds_left
        if left is None and self.done >= _ENOUGH:
            left = (self.total - self.done) / mean
        parts = [f"{each:.3g}/s"]
        if left is not None and self.done < self.total:
            parts.append(f"{duration(left)} left")
        if self._study is not None and math.isfinite(self._study.mcse):
            parts.append(f"{_OF_ALL} <= {self._study.mcse:.3f}")
        return ", ".join(parts)


def _tell(text: str) -> None:
    with suppress(BrokenPipeError):  # nobody listens any more: no reason to stop computing
        print(printable(text), file=sys.stderr, flush=True)


def duration(seconds: float) -> str:
    """Return a time in words that a person reads at a glance."""
    if seconds < 90.0:
        return f"{seconds:.0f} s"
    if seconds < 5400.0:
        return f"{seconds / 60.0:.0f} min"
    if seconds < 172800.0:
        return f"{seconds / 3600.0:.1f} h"
    return f"{seconds / 86400.0:.1f} days"
