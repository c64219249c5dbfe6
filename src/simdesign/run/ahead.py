"""Reading many small files: the next ones are under way while one is worked on."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor

THREADS = 4
"""Mostly they wait: a file system on the network answers each question in milliseconds."""
WINDOW = 16
"""Results that may wait for their turn: what bounds the memory."""


def ahead[T, R](function: Callable[[T], R], items: Iterable[T]) -> Iterator[R]:
    """Yield ``function(item)`` for every item, in their order.

    What a call raises is raised when its turn comes; later calls are dropped then.
    """
    waiting: deque[Future[R]] = deque()
    pool = ThreadPoolExecutor(THREADS)
    try:
        for item in items:
            waiting.append(pool.submit(function, item))
            if len(waiting) > WINDOW:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
    finally:
        pool.shutdown(wait=True, cancel_futures=True)
