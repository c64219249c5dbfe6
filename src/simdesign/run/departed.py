"""Measures of every departure less those of the default world, paired: both share their luck."""

from collections.abc import Iterator, Mapping

import numpy as np

from simdesign import evaluate
from simdesign.evaluate import Measure
from simdesign.records import Ints
from simdesign.run.judge import Address
from simdesign.run.plan import Plan
from simdesign.spec.departures import in_default
from simdesign.spec.study import Scenario


def differences(
    plan: Plan, known: Mapping[Address, Measure], replications: Mapping[str, Ints]
) -> Iterator[tuple[Scenario, Address, Measure]]:
    """Yield every measure of a departure minus the same one in the default world.

    Parameters
    ----------
    plan : Plan
    known : mapping
        Measures at the decision's budget.
    replications : mapping
        Scenario -> its complete replications. In a study that is not finished they may differ
        between worlds; a pair is formed of the same ones or not at all.
    """
    addresses: dict[str, list[Address]] = {}
    for address in known:
        addresses.setdefault(address.scenario, []).append(address)
    for scenario in plan.scenarios:
        if not scenario.departure:
            continue
        default = in_default(scenario.name, scenario.departure)
        mine, theirs = (replications.get(name) for name in (scenario.name, default))
        if mine is None or theirs is None or not np.array_equal(mine, theirs):
            continue
        for address in addresses.get(scenario.name, ()):
            other = known.get(address._replace(scenario=default))
            if other is not None:
                yield scenario, address, evaluate.difference(known[address], other)
