"""What a replication will take, from whatever was measured of the study so far.

Shards say how long their replications took, elements how much memory their process had. Where
nothing is known, assumptions on the safe side stand in: too much time asked for is lowered by the
first element, too little would be a kill.
"""

import math

from simdesign.run.plan import Plan
from simdesign.run.share import DEFAULT_MIB, Costs, assumed_seconds
from simdesign.run.store import Store
from simdesign.run.submission import submissions

_MEMORY_SAFETY = 1.5
_LEAST_MIB = 512
_ROUND_MIB = 256


def expected_costs(plan: Plan, store: Store) -> Costs:
    """Return time and memory of a plan's replications."""
    assumed = assumed_seconds(plan)
    spent: dict[str, list[float]] = {}
    for shard in store.shards():
        if shard.scenario in plan.cells and shard.seconds > 0.0 and shard.cells:
            share = len(shard.cells) / len(plan.cells[shard.scenario])
            each = shard.seconds / (shard.stop - shard.start) / share
            spent.setdefault(shard.scenario, []).append(each)
    peak = _peak_mib(store)
    if not spent:
        return Costs(
            seconds=assumed, peak_mib=peak or DEFAULT_MIB, source="assumptions: nothing measured"
        )
    # Shards of few replications carry the preparation of many: the mean stays on the safe side.
    measured = {name: sum(values) / len(values) for name, values in spent.items()}
    ratio = max(measured[name] / assumed[name] for name in measured)
    seconds = {name: measured.get(name, ratio * assumed[name]) for name in plan.cells}
    n = sum(map(len, spent.values()))
    return Costs(seconds=seconds, peak_mib=peak or DEFAULT_MIB, source=f"{n} shards")


def _peak_mib(store: Store) -> int:
    """Return what to ask for, given what elements needed; 0 when none has said so."""
    notes = [fate.note for item in submissions(store.folder) for fate in item.fates()]
    peak = max((note.peak_mib for note in notes if note is not None), default=0)
    if peak == 0:
        return 0
    return _ROUND_MIB * math.ceil(max(_MEMORY_SAFETY * peak, _LEAST_MIB) / _ROUND_MIB)
