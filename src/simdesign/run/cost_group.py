"""Which tasks cost alike: what decides how long a replication takes, and what does not.

The number of sites, substances, designs and estimators decides, and the terms of the world that
are switched on; how large a number is hardly does. Tasks of one group are priced together, and
what they differ in nevertheless is part of the price's error.
"""

from collections.abc import Iterable
from functools import lru_cache
from typing import Any

from simdesign.run.plan import Cell, Plan
from simdesign.spec.base import content_hash, plain
from simdesign.spec.study import Scenario


class CostGroups:
    """Group of every scenario of a plan and choice of its cells."""

    def __init__(self, plan: Plan) -> None:
        self._scenarios = {item.name: item for item in plan.scenarios}
        self._shapes: dict[str, str] = {}

    def group(self, scenario: str, cells: Iterable[Cell]) -> str:
        """Return the name of the group of a task of this scenario with these cells."""
        if scenario not in self._shapes:
            self._shapes[scenario] = content_hash(shape_of(self._scenarios[scenario]))
        return f"{self._shapes[scenario]}.{self.cells(cells)}"

    @staticmethod
    def cells(cells: Iterable[Cell]) -> str:
        """Return the name of a choice of cells: the second half of a group's name."""
        return _cells_hash(tuple(cells))


@lru_cache(maxsize=256)  # a large study has many tasks of the same cells
def _cells_hash(cells: tuple[Cell, ...]) -> str:
    return content_hash(sorted([c.substance, c.design, c.estimator] for c in cells))


def shape_of(scenario: Scenario) -> dict[str, Any]:
    """Return a scenario without what hardly costs anything.

    Of the substances' numbers nothing is left, fixed or drawn; of others whether they are zero,
    which may switch something off. Catchments stay as they are.
    """
    world = plain(scenario.world)
    towns, substances = world.pop("catchments"), world.pop("substances")
    return {
        "world": _shape(world),
        "change": _shape(plain(scenario.change)),
        "substances": _shape(substances, zero_matters=False),
        "catchments": towns,
    }


def _shape(value: Any, *, zero_matters: bool = True) -> Any:
    if isinstance(value, dict):
        if "dist" in value:  # a number that is drawn
            return True
        return {key: _shape(item, zero_matters=zero_matters) for key, item in value.items()}
    if isinstance(value, list):
        return [_shape(item, zero_matters=zero_matters) for item in value]
    if isinstance(value, int | float) and not isinstance(value, bool):
        return value != 0 or not zero_matters
    return value
