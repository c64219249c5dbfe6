"""Which mechanism can be told by which measurements: the table of measures as one record a cell.

A *way* is a design with an estimator that asks by which mechanism a break came; ways of one design
differ in what they look at. docs/mechanisms.md, section 8, defines the measures and the target.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from simdesign.evaluate import effective_size, prob_reached
from simdesign.spec.attribution import (
    EXPLANATIONS,
    EXPLANATIONS_LIGHT,
    class_of,
    mechanism_name,
    used_streams,
)
from simdesign.spec.effect import size_of
from simdesign.spec.mechanism import MECHANISM_CLASSES, ExactMechanism
from simdesign.spec.study import Study

SETTLED = 0.975
"""A target counts as reached, or missed, from this probability on; in between it is open."""
TOGETHER = {"explanations": EXPLANATIONS, "explanations_light": EXPLANATIONS_LIGHT}
"""Mechanisms that must be told apart at once."""
MOMENTS = {"last": "", "alarm": "operating"}
"""When a mechanism is asked for -> threshold of the rows: at the last look of all programmes, or
at the first alarm of those that raise one."""
_NAMES = (*(f"named_{name}" for name in MECHANISM_CLASSES), "attribution_abstained",
          "attribution_wrong", "attribution_correct", "true_class_prob")  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """A probability with its Monte Carlo error."""

    value: float = math.nan
    mcse: float = math.nan
    n_rep: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class AttributionTarget:
    """What a way must reach: so often right, and not more often wrong."""

    correct: float = 0.8
    wrong: float = 0.1


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """A design, and what an analysis of it looks at."""

    design: str
    estimator: str
    weekdays: bool
    streams: tuple[str, ...]
    cost_per_year: float


@dataclass(frozen=True, slots=True, kw_only=True)
class AttributionCell:
    """What one way says about one true mechanism at one size."""

    substance: str
    world: str
    """Levels of the world's factors; empty without any."""
    mechanism: str
    right: str | None
    """Class whose name is right; None where every name is wrong."""
    size: float
    """Of the change three years after the break [1]; NaN without a change."""
    way: Way
    shares: Mapping[str, Share]
    """Measure -> its value."""

    def share(self, name: str) -> Share:
        """Return one measure; NaN where the study has none."""
        return self.shares.get(name, Share())

    @property
    def correct(self) -> Share:
        """P(the right class is named)."""
        return self.share("attribution_correct")

    @property
    def wrong(self) -> Share:
        """P(another class is named)."""
        return self.share("attribution_wrong")

    def prob_reached(self, target: AttributionTarget) -> float:
        """Return the probability that the way really reaches a target; NaN where none is right."""
        sizes = [
            effective_size(item.value, item.mcse, item.n_rep)
            for item in (self.correct, self.wrong)
            if math.isfinite(item.value)
        ]
        if len(sizes) < 2 or not min(sizes) > 0:
            return math.nan
        return prob_reached(
            self.correct.value, self.wrong.value, min(sizes), target.correct, target.wrong
        )

    def meets(self, target: AttributionTarget) -> bool:
        """Whether the shares that were found meet a target."""
        return self.correct.value >= target.correct and self.wrong.value <= target.wrong

    def shortfall(self, target: AttributionTarget) -> float:
        """Return by how much a target is missed, 0 where it is met."""
        if not math.isfinite(self.correct.value):
            return math.inf
        return max(target.correct - self.correct.value, self.wrong.value - target.wrong, 0.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """One way for some mechanisms at one size: the weakest of them decides."""

    way: Way
    size: float
    weakest: AttributionCell
    prob: float
    """Of the weakest mechanism: at most so probable is it that all of them reach the target."""
    meets: bool

    @property
    def state(self) -> str:
        """``can``, ``cannot``, or ``open``: the Monte Carlo error leaves it open."""
        if self.prob >= SETTLED:
            return "can"
        return "cannot" if self.prob <= 1.0 - SETTLED else "open"


def asks(study: Study) -> bool:
    """Whether an estimator of a study asks by which mechanism a break came."""
    return any(isinstance(item, ExactMechanism) for item in study.estimators.values())


def attribution_cells(
    study: Study, size: str, records: Iterable[Mapping[str, Any]], moment: str = "last"
) -> list[AttributionCell]:
    """Return every cell of a study, in the order of its scenarios; false alarms are NaN in size.

    Parameters
    ----------
    study : Study
    size : str
    records : iterable of mapping
        Rows of the tidy table of measures.
    moment : {"last", "alarm"}
    """
    budget, threshold = study.decision.budget, MOMENTS[moment]
    cost: dict[tuple[str, str], float] = {}
    found: dict[tuple[str, str, str, str], dict[str, Share]] = {}
    for row in records:
        if row["measure"] == "attribution_cost":
            cost[row["design"], row["estimator"]] = float(row["value"])
        is_mine = row["measure"] in _NAMES and row["threshold"] == threshold
        if is_mine and (not threshold or math.isclose(float(row["budget"]), budget)):
            key = (row["scenario"], row["substance"], row["design"], row["estimator"])
            found.setdefault(key, {})[row["measure"]] = Share(
                value=float(row["value"]), mcse=float(row["mcse"]), n_rep=int(row["n_rep"])
            )
    ways = _ways(study, cost)
    cells = []
    for scenario in study.scenarios(size):
        for substance in scenario.world.substances:
            for way in ways:
                shares = found.get((scenario.name, substance, way.design, way.estimator))
                if shares is None:
                    continue
                changes = scenario.role == "alternative"
                cells.append(
                    AttributionCell(
                        substance=substance, world=_world(scenario.factors),
                        mechanism=mechanism_name(scenario.change),
                        right=class_of(scenario.change),
                        size=size_of(scenario, substance) if changes else math.nan,
                        way=way, shares=shares,
                    )
                )  # fmt: skip
    return cells


def _world(factors: Mapping[str, Any]) -> str:
    mine = {path: level for path, level in factors.items() if path.startswith("world.")}
    return ", ".join(f"{path.split('.')[-1]} = {level}" for path, level in mine.items())


def parts_of(cells: Iterable[AttributionCell]) -> dict[tuple[str, str], list[AttributionCell]]:
    """Return the cells of every substance and world."""
    found: dict[tuple[str, str], list[AttributionCell]] = {}
    for cell in cells:
        found.setdefault((cell.substance, cell.world), []).append(cell)
    return found


def _ways(study: Study, cost: Mapping[tuple[str, str], float]) -> list[Way]:
    """Return every way, cheapest first."""
    ways = [
        Way(
            design=design, estimator=name, weekdays=item.weekdays,
            streams=used_streams(item, spec.streams),
            cost_per_year=cost.get((design, name), math.nan),
        )
        for design, spec in study.designs.items()
        for name, item in study.estimators.items()
        if isinstance(item, ExactMechanism)
    ]  # fmt: skip
    return sorted(ways, key=lambda way: (math.isnan(way.cost_per_year), way.cost_per_year))


def attribution_sizes(cells: Iterable[AttributionCell]) -> list[float]:
    """Return the sizes of changes, increasing."""
    return sorted({cell.size for cell in cells if math.isfinite(cell.size)})


def groups_of(cells: Iterable[AttributionCell]) -> dict[str, tuple[str, ...]]:
    """Return what is asked together: the explanations, then every mechanism alone."""
    present = [cell.mechanism for cell in cells if cell.right is not None]
    names = list(dict.fromkeys(present))
    together = {key: members for key, members in TOGETHER.items() if set(members) <= set(names)}
    return together | {name: (name,) for name in names}


def judged(
    cells: Sequence[AttributionCell], mechanisms: Sequence[str], target: AttributionTarget
) -> list[Judged]:
    """Return every way at every size at which all these mechanisms were simulated.

    ``cells`` are those of one substance and one world; cheapest first within a size.
    """
    found = []
    for size in attribution_sizes(cells):
        here = [cell for cell in cells if cell.size == size and cell.mechanism in mechanisms]
        for way in dict.fromkeys(cell.way for cell in here):
            mine = [cell for cell in here if cell.way == way]
            if {cell.mechanism for cell in mine} != set(mechanisms):
                continue
            probs = {id(cell): cell.prob_reached(target) for cell in mine}
            if any(math.isnan(prob) for prob in probs.values()):
                continue
            weakest = min(mine, key=lambda cell: (probs[id(cell)], -cell.shortfall(target)))
            found.append(
                Judged(
                    way=way, size=size, weakest=weakest, prob=probs[id(weakest)],
                    meets=all(cell.meets(target) for cell in mine),
                )
            )  # fmt: skip
    return found


def cheapest(items: Sequence[Judged]) -> Judged | None:
    """Return the cheapest way that meets the target by the shares that were found."""
    meeting = [item for item in items if item.meets]
    return min(meeting, key=lambda item: item.way.cost_per_year) if meeting else None


def nearest(items: Sequence[Judged], target: AttributionTarget) -> Judged | None:
    """Return the way that misses the target by least; of equals the cheapest."""
    if not items:
        return None
    return min(
        items, key=lambda item: (item.weakest.shortfall(target), item.way.cost_per_year)
    )  # fmt: skip
