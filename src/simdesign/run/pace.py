"""How fast a study goes, how long it will go on, and how precise it is by now.

A running study and `simdesign status` in another shell say the same, because both look at what was
stored in the last minutes. What is left is counted in predicted seconds: replications of one
scenario may take far longer than those of another. Only what is said depends on a clock.
"""

import contextlib
import math
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from simdesign.run.plan import Plan, Task, missing_tasks
from simdesign.run.price import Price
from simdesign.run.store import Store
from simdesign.run.waves import next_tasks

_WINDOW, _AT_LEAST = 120.0, 20
"""Seconds, and tasks, over which a rate is taken: the longer of the two."""
_PATIENCE = 3.0  # times the longest recent task without a new shard: then nobody is at work
_GRACE = 30.0  # seconds for starting and for the way of a file


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """A task that was stored."""

    at: float
    """When, in seconds of some clock."""
    n_rep: int
    took: float
    """Seconds by the clock."""
    predicted: float
    """Processor seconds that it was priced at; what it took without a price."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rate:
    """Recent speed."""

    replications: float
    """Per second."""
    work: float
    """Predicted processor seconds done per second: the workers that are at work, in effect."""


def recent_rate(events: Sequence[Event], since: float, until: float) -> Rate | None:
    """Return the speed over the last minutes; None before anything is done.

    Parameters
    ----------
    events : sequence of Event
        In order of time.
    since : float
        When the work began.
    until : float
        Now.
    """
    if not events or until <= since:
        return None
    first = min(len(events) - min(_AT_LEAST, len(events)), _first_after(events, until - _WINDOW))
    start = max(since, events[first - 1].at) if first > 0 else since
    chosen, span = events[first:], max(until - start, 1e-3)
    return Rate(
        replications=sum(item.n_rep for item in chosen) / span,
        work=sum(item.predicted for item in chosen) / span,
    )


def _first_after(events: Sequence[Event], at: float) -> int:
    return next((i for i, item in enumerate(events) if item.at > at), len(events))


def worst_mcse(n_rep: int) -> float:
    """Return the largest Monte Carlo error that a probability can have: that at one half."""
    return 0.5 / math.sqrt(n_rep) if n_rep > 0 else math.inf


class StudyProgress:
    """What is done and what is left of a plan, while it runs."""

    def __init__(self, plan: Plan, tasks: Iterable[Task]) -> None:
        missing = {item.name: 0 for item in plan.scenarios}
        for task in tasks:
            missing[task.scenario] += task.n_rep
        self._plan, self._done = (
            plan,
            {s.name: plan.n_rep(s) - missing[s.name] for s in plan.scenarios},
        )
        self._events: list[Event] = []
        self._left: dict[tuple[str, int], float] = {}
        self._price: Price | None = None
        self._since = time.monotonic()

    def expect(self, tasks: Sequence[Task], price: Price | None) -> None:
        """Note what is still to be done, and what it will cost as far as that is known."""
        self._price = price
        if price is not None:
            self._left = {(task.scenario, task.start): price.seconds(task) for task in tasks}

    def add(self, task: Task, took: float) -> None:
        """Note that a task is stored."""
        self._done[task.scenario] += task.n_rep
        predicted = self._left.pop((task.scenario, task.start), took)
        now = time.monotonic()
        self._events.append(Event(at=now, n_rep=task.n_rep, took=took, predicted=predicted))

    @property
    def rate(self) -> Rate | None:
        """Recent speed."""
        return recent_rate(self._events, self._since, time.monotonic())

    @property
    def seconds_left(self) -> float | None:
        """Predicted seconds by the clock; None while it is not known."""
        rate = self.rate
        if rate is None or rate.work <= 0.0 or self._price is None:
            return None
        return sum(self._left.values()) / rate.work

    @property
    def mcse(self) -> float:
        """Largest Monte Carlo error of a probability in any alternative by now."""
        return worst_mcse(least_done(self._plan, self._done))


def least_done(plan: Plan, done: Mapping[str, int]) -> int:
    """Return the replications of the alternative that has fewest; of any scenario without one."""
    chosen = [item.name for item in plan.scenarios if item.role == "alternative"]
    return min(done[name] for name in chosen or done)


def pace(plan: Plan, store: Store, now: float | None = None) -> dict[str, Any]:
    """Return speed, time left and precision of a study, from its shards alone.

    Returns
    -------
    dict
        ``rate`` (replications per second; 0 when nothing is missing, or nobody has stored
        anything for long),
        ``remaining_core_seconds`` and ``remaining_seconds`` (None when there is no price or
        no rate), ``mcse_at_most`` (of a probability in the least complete alternative; None
        before that has a replication).
    """
    now = time.time() if now is None else now
    tasks, price = next_tasks(plan, store, 1)
    done = {item.name: plan.n_rep(item) for item in plan.scenarios}
    for task in missing_tasks(plan, store.coverage()):
        done[task.scenario] -= task.n_rep
    least = least_done(plan, done)
    core_seconds = None if price is None else price.total(tasks).seconds
    rate = _rate_of_shards(store, now) if tasks else None
    seconds = None
    if core_seconds is not None and rate is not None and rate.work > 0.0:
        seconds = round(core_seconds / rate.work, 1)
    return {
        "rate": 0.0 if rate is None else round(rate.replications, 3),
        "remaining_core_seconds": None if core_seconds is None else round(core_seconds, 1),
        "remaining_seconds": seconds,
        "mcse_at_most": round(worst_mcse(least), 5) if least > 0 else None,
    }


def _rate_of_shards(store: Store, now: float) -> Rate | None:
    events = []
    for shard in store.shards():
        if shard.n_part > 1:  # its time is that of the merging
            continue
        with contextlib.suppress(FileNotFoundError):  # merged into another one just now
            events.append(
                Event(
                    at=shard.path.stat().st_mtime, n_rep=shard.stop - shard.start,
                    took=shard.seconds, predicted=shard.cpu_seconds or shard.seconds,
                )
            )  # fmt: skip
    events.sort(key=lambda event: event.at)
    if not events:
        return None
    last = events[-1].at
    patience = _GRACE + _PATIENCE * max(item.took for item in events[-_AT_LEAST:])
    if now - last > patience:
        return None
    pauses = [i for i, (a, b) in enumerate(pairwise(events), 1) if b.at - b.took - a.at > patience]
    events = events[pauses[-1] :] if pauses else events  # of the run that is going on
    since = min(item.at - item.took for item in events)
    return recent_rate(events, since, last)
