"""What every backend is that waits for its workers."""

from collections.abc import Callable, Iterator, Sequence
from typing import Protocol, Self

from simdesign.errors import StoppedError


class LostWorkersError(StoppedError):
    """Workers died, and some jobs with them; the others are stored. Lost jobs can be tried again.

    The message says what is known of the cause, for one line.
    """


class Backend(Protocol):
    """A way to call one function on many jobs. As a context, it lets go of its workers at the end.

    A job whose worker dies is no result: it is missing, and ``map`` says so with
    ``LostWorkersError`` after it has given all that it has.
    """

    @property
    def workers(self) -> int:
        """Number of workers that can be expected: it sets the size of tasks, no number."""
        ...

    @property
    def at_hand(self) -> int:
        """Number of them that can measure something now, one a processor."""
        ...

    def map[T, R](self, function: Callable[[T], R], jobs: Sequence[T]) -> Iterator[R]:
        """Call ``function`` on every job and yield the results as they come, in any order."""
        ...

    def notes(self) -> list[str]:
        """Return what a user should know of these workers, one line each."""
        ...

    def __enter__(self) -> Self: ...

    def __exit__(self, *error: object) -> None: ...
