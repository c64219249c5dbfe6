"""What a replication will take, from whatever was measured of the study so far.

Shards say how long their replications took, elements how much memory their process had. Where
nothing is known, assumptions on the safe side stand in: too much time asked for is lowered by the
first element, too little would be a kill.
"""

import math

from simdesign.run.plan import LARGEST_TASK, Plan, Task
from simdesign.run.price import Price, stored_batches
from simdesign.run.share import DEFAULT_MIB, Costs, assumed_seconds
from simdesign.run.store import Store
from simdesign.run.submission import submissions

_MEMORY_SAFETY = 1.5
_LEAST_MIB = 512
_ROUND_MIB = 256


def expected_costs(plan: Plan, store: Store) -> Costs:
    """Return time and memory of a plan's replications, from the price of its usual tasks."""
    batches = stored_batches(plan, store)
    if not batches:
        return Costs(
            seconds=assumed_seconds(plan), peak_mib=_asked(_peak_mib(store)),
            source="assumptions: nothing measured",
        )  # fmt: skip
    price = Price(plan, batches)
    tasks = [
        Task(scenario=name, start=0, stop=LARGEST_TASK, cells=cells)
        for name, cells in plan.cells.items()
    ]
    seen = price.total(tasks).memory / 2**20
    n = len(batches)
    return Costs(
        seconds={task.scenario: price.seconds(task) / LARGEST_TASK for task in tasks},
        peak_mib=_asked(max(_peak_mib(store), math.ceil(seen))),
        source=f"{n} measured task{'s' * (n > 1)}",
    )


def _peak_mib(store: Store) -> int:
    """Return the largest memory that an element had; 0 when none has said so."""
    notes = [fate.note for item in submissions(store.folder) for fate in item.fates()]
    return max((note.peak_mib for note in notes if note is not None), default=0)


def _asked(peak_mib: int) -> int:
    """Return what to ask for, given what was needed; 0 when that is not known."""
    if peak_mib == 0:
        return DEFAULT_MIB
    return _ROUND_MIB * math.ceil(max(_MEMORY_SAFETY * peak_mib, _LEAST_MIB) / _ROUND_MIB)
