"""What policies asked for, from stored rows: costs, how often they asked, and triggers that failed.

A policy is a function of the scores that it is told, and these are in the rows: nothing else is
stored of what a replication took.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from simdesign import evaluate
from simdesign.evaluate import DesignCost, Measure
from simdesign.records import Bools, Floats, Visits
from simdesign.run.grid import Grid
from simdesign.run.judge import judging_estimator
from simdesign.run.plan import Plan, visits_of
from simdesign.run.policies import may_ask, policies_of
from simdesign.run.tidy import Table
from simdesign.sample import Policy, TriggeredPolicy, foreseen, select, watched
from simdesign.spec.study import Scenario

ASK_IN = 0.1
"""Share of unchanged programmes that a suggested bound would let ask once."""
_WORDS = {"prob_break": "P(break)", "score": "score"}


@dataclass(slots=True)
class _Trigger:
    """What one cell's trigger was told, over every scenario."""

    policy: TriggeredPolicy
    n_programme: int = 0
    n_ever: int = 0
    n_always: int = 0
    lowest: float = np.inf
    highest: float = -np.inf
    unchanged: Floats = field(default_factory=lambda: np.zeros((0, 0)))  # (r, k) null mixture


class Asked:
    """The policies of a study with what their replications took.

    Fixed designs are not among them.
    """

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._laid: dict[tuple[object, ...], tuple[dict[str, Visits], dict[str, Policy]]] = {}
        self._triggers: dict[tuple[str, str, str], _Trigger] = {}

    @property
    def designs(self) -> list[str]:
        """Names of the policies, sorted."""
        if not any(map(may_ask, self._plan.study.designs.values())):
            return []
        return sorted(self._on(self._plan.scenarios[0])[1])

    def taken(self, grid: Grid, design: str, estimator: str, substance: str) -> Bools:
        """Return the visits that every replication of a cell asked for, (r, v)."""
        visits, policies = self._on(grid.scenario)
        told = grid.cell(watched(policies[design]), design, estimator, substance)
        return select(policies[design], visits[design], told)

    def costs(self, grid: Grid) -> dict[str, DesignCost]:
        """Return what every policy costs in a scenario, listening to the judging estimator.

        A round is paid for when the programme of any substance asks for it: samples are analysed
        for all of them.
        """
        estimator = judging_estimator(self._plan)
        visits = self._on(grid.scenario)[0]
        found = {}
        for design in self.designs:
            taken = np.any(
                [self.taken(grid, design, estimator, name) for name in grid.substances], axis=0
            )
            found[design] = self._cost(design, visits[design], taken)
        return found

    def add(self, grid: Grid, weight: Floats, table: Table) -> None:
        """Add cost and how often more was asked for, per cell of a scenario."""
        visits, policies = self._on(grid.scenario)
        for design in self.designs:
            policy, n_look = policies[design], grid.look_day.size
            base = foreseen(policy, np.zeros((1, 0)), n_look)[0].any(axis=0)
            more = ~base[visits[design].campaign]
            for estimator in grid.estimators:
                for substance in grid.substances:
                    cell = (design, estimator, substance)
                    taken = self.taken(grid, *cell)
                    n_failed = grid.n_failed(*cell)
                    cost = self._cost(design, visits[design], taken)
                    asked = (taken & more).any(axis=1)
                    every = np.ones(grid.n_rep, dtype=bool)
                    for name, value in (
                        ("cost", evaluate.mean_measure(cost.totals, every, n_failed)),
                        ("cost_p95", evaluate.high_cost(cost.totals, weight, n_failed)),
                        ("extra_prob", evaluate.mean_measure(
                            asked.astype(float), every, n_failed, share=True)),
                    ):  # fmt: skip
                        table.add(
                            name, value, scenario=grid.scenario, substance=substance,
                            design=design, estimator=estimator,
                        )  # fmt: skip
                    self._note(grid, cell, policy)

    def notes(self) -> list[str]:
        """Return a line for every trigger that never asked, and for every one that always does."""
        return [line for key, item in self._triggers.items() for line in _lines(key, item)]

    def _note(self, grid: Grid, cell: tuple[str, str, str], policy: Policy) -> None:
        if not isinstance(policy, TriggeredPolicy) or not grid.n_rep:
            return
        told = grid.cell(policy.on, *cell)[:, _deciding(policy, grid.look_day.size)]
        asks = policy.asks(told)
        item = self._triggers.setdefault(cell, _Trigger(policy))
        item.n_programme += grid.n_rep
        item.n_ever += int(asks.any(axis=1).sum())
        item.n_always += int(asks.all(axis=1).sum())
        item.lowest = min(item.lowest, float(np.nanmin(told, initial=np.inf)))
        item.highest = max(item.highest, float(np.nanmax(told, initial=-np.inf)))
        if grid.scenario.role == "null_mixture":
            item.unchanged = told

    def _cost(self, design: str, visits: Visits, taken: Bools) -> DesignCost:
        study = self._plan.study
        return evaluate.design_cost(study.designs[design], visits, study.programme, taken)

    def _on(self, scenario: Scenario) -> tuple[dict[str, Visits], dict[str, Policy]]:
        """Return visits and policies on a scenario's sites."""
        sites = tuple((item.name, item.population) for item in scenario.world.catchments)
        if sites not in self._laid:
            study = self._plan.study
            self._laid[sites] = visits_of(study, scenario), policies_of(study, scenario)
        return self._laid[sites]


def _deciding(policy: TriggeredPolicy, n_look: int) -> Bools:
    """Return the looks after which extra weeks can be asked for and another look comes, (k,)."""
    return np.array(
        [
            look < n_look and policy.step(look, asked=True) != policy.step(look, asked=False)
            for look in range(1, n_look + 1)
        ]
    )


def _lines(cell: tuple[str, str, str], item: _Trigger) -> list[str]:
    design, estimator, substance = cell
    place = f"designs.{design}: with {estimator}, {substance}, "
    what, low, high = _WORDS[item.policy.on], item.policy.low, item.policy.high
    if not np.isfinite(item.highest):
        return [f"{place}no look of {item.n_programme} programmes gave a {what}"]
    if not item.n_ever:
        line = f"{place}never asked in {item.n_programme} programmes"
    elif item.n_always == item.n_programme:
        line = f"{place}always asked, after every look of {item.n_programme} programmes"
    elif item.unchanged.size and item.policy.asks(item.unchanged).any(axis=1).all():
        line = (
            f"{place}always asked at least once, in all {len(item.unchanged)} unchanged programmes"
        )
    else:
        return []
    bounds = f"low {low:g}, high {high:g}; {what} ran from {item.lowest:.3g} to {item.highest:.3g}"
    largest = np.sort(np.nanmax(item.unchanged, axis=1, initial=-np.inf))
    if largest.size:
        passing = largest[max(largest.size - int(np.ceil(ASK_IN * largest.size)) - 1, 0)]
        if np.isfinite(passing) and passing < high:
            bounds += f"; low = {passing:.3g} lets one unchanged programme in ten ask"
    return [f"{line} ({bounds})"]


def costs_of(plan: Plan, mixture: Grid) -> Mapping[str, DesignCost]:
    """Return what every design of a study costs: policies by what unchanged programmes asked for.

    Parameters
    ----------
    plan : Plan
    mixture : Grid
        The null mixture; without a replication a policy is not among the designs returned.
    """
    visits = visits_of(plan.study, plan.scenarios[0])
    asked = Asked(plan)
    found = asked.costs(mixture) if mixture.n_rep else {}
    for name, design in plan.study.designs.items():
        if name not in asked.designs:
            found[name] = evaluate.design_cost(design, visits[name], plan.study.programme)
    return {name: found[name] for name in plan.study.designs if name in found}


def design_measures(cost: DesignCost, weight: Floats) -> dict[str, Measure]:
    """Return cost, cost a year and its 95th percentile; exact where the schedule is fixed."""
    if cost.totals.size == 1:
        return {
            name: Measure(value=value, mcse=0.0, n_rep=1, low=value, high=value)
            for name, value in (
                ("cost", cost.total), ("cost_per_year", cost.per_year), ("cost_p95", cost.high),
            )
        }  # fmt: skip
    every = np.ones(cost.totals.size, dtype=bool)
    return {
        "cost": evaluate.mean_measure(cost.totals, every),
        "cost_per_year": evaluate.mean_measure(cost.totals / cost.years, every),
        "cost_p95": evaluate.high_cost(cost.totals, weight),
    }
