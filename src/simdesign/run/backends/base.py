"""What every backend is that waits for its workers."""

from collections.abc import Callable, Iterator, Sequence
from typing import Protocol


class Backend(Protocol):
    """A way to call one function on many jobs."""

    @property
    def workers(self) -> int:
        """Number of workers that can be expected: it sets the size of tasks, no number."""
        ...

    def map[T, R](self, function: Callable[[T], R], jobs: Sequence[T]) -> Iterator[R]:
        """Call ``function`` on every job and yield the results as they come, in any order."""
        ...
