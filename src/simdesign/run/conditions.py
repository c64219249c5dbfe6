"""What a finished study knows of a condition: who alarmed, how nearly, who is to be refitted."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

import numpy as np

from simdesign import decide, evaluate
from simdesign.errors import StoreError
from simdesign.evaluate import Peaks
from simdesign.records import Bools, Floats, Ints
from simdesign.run.grid import Grid, load_grid
from simdesign.run.plan import Plan
from simdesign.run.resamples import Resamples
from simdesign.run.store import Store
from simdesign.seeds import Purpose, stream
from simdesign.spec.study import Scenario
from simdesign.units import DAYS_PER_YEAR

MIXTURE = "null_mixture"


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """One scenario, design and substance, as the fast estimator left it."""

    scenario: Scenario
    design: str
    substance: str
    replication: Ints  # (n,) that are judged: all nulls, or those followed for the horizon
    look_day: Ints  # (k,)
    premature: Bools  # (n, k) looks whose alarm would rule out one that counts
    counts: Bools  # (n, k) looks whose alarm counts
    n_look: Ints  # (n,) first looks that decide the outcome: what the slow estimator must fit
    fast: Peaks  # (n,)
    thresholds: Floats  # (1 + d,) of the fast estimator, on the study and on its resamples
    stratum: Ints  # (n,)
    priority: Floats  # (n,) uniform numbers: the smallest of a stratum are fitted first
    n_failed: int  # replications with a look that the fast estimator did not fit
    content: str  # hash of everything that determines the slow scores

    @property
    def key(self) -> tuple[str, str, str]:
        """Scenario, design, substance."""
        return self.scenario.name, self.design, self.substance

    @property
    def is_null(self) -> bool:
        """Whether nothing breaks."""
        return self.scenario.role != "alternative"

    def queue(self, stratum: int) -> Ints:
        """Return the places of a stratum's replications in the order in which they are fitted."""
        members = np.flatnonzero(self.stratum == stratum)
        return members[np.argsort(self.priority[members], kind="stable")]


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which conditions are asked for; an empty collection asks for all."""

    scenarios: Collection[str] = ()
    designs: Collection[str] = ()
    substances: Collection[str] = ()

    def scenario(self, item: Scenario) -> bool:
        """Say whether a scenario is asked for; fixed worlds without a change only by name."""
        return item.name in self.scenarios or (not self.scenarios and item.role != "null_world")


def conditions(
    store: Store,
    plan: Plan,
    contents: Mapping[tuple[str, str, str], str],
    luck: Resamples,
    *,
    fast: str,
    budget: float,
    horizon: float,
    wanted: Wanted,
) -> list[Condition]:
    """Return the conditions of a finished study, the null mixture first.

    The null mixture is always among them: it sets thresholds.

    Parameters
    ----------
    store, plan
        The finished study.
    contents : mapping
        (scenario, design, substance) -> hash of what determines the slow scores.
    luck : Resamples
    fast : str
        Name of the estimator whose threshold is used.
    budget : float
        False-alarm budget of its operating threshold.
    horizon : float
        Years after the break within which an alarm counts.
    wanted : Wanted

    Raises
    ------
    StoreError
        When no replication of the null mixture is stored: nothing sets a threshold.
    """
    mixture = next(item for item in plan.scenarios if item.role == MIXTURE)
    thresholds: dict[tuple[str, str], Floats] = {}
    found = []
    for scenario in (mixture, *(s for s in plan.scenarios if s is not mixture)):
        if scenario is not mixture and not wanted.scenario(scenario):
            continue
        grid = load_grid(store, plan, scenario)
        if scenario is mixture and not grid.replication.size:
            raise StoreError(str(store.folder), f"holds no replication of {MIXTURE}; run it first")
        for design in _first(plan.study.decision.reference, grid.designs):
            if wanted.designs and design not in wanted.designs:
                continue
            for substance in grid.substances:
                if wanted.substances and substance not in wanted.substances:
                    continue
                if scenario is mixture:
                    largest = decide.largest_scores(grid.cell("score", design, fast, substance))
                    counts = luck.counts(scenario, grid.replication)
                    limit = decide.calibrated_threshold(largest, budget, counts)
                    values = np.concatenate([[limit.value], limit.draws])
                    thresholds[design, substance] = values
                cell = (design, fast, substance)
                found.append(
                    _condition(
                        plan, grid, cell, thresholds[design, substance], horizon,
                        contents[scenario.name, design, substance],
                    )
                )  # fmt: skip
    return found


def _condition(
    plan: Plan, grid: Grid, cell: tuple[str, str, str], thresholds: Floats, horizon: float,
    content: str,
) -> Condition:  # fmt: skip
    design, _, substance = cell
    score, day, lag = grid.cell("score", *cell), grid.look_day, plan.study.programme.report_lag
    if grid.scenario.role == "alternative":
        # the rules of evaluate.alarms_after_break and evaluate.power_within
        since = grid.change_day.astype(float)[:, None]
        delay = (day[None, :] - since) / DAYS_PER_YEAR
        used = np.flatnonzero(delay[:, -1] >= horizon)
        premature = (day[None, :] - lag < since)[used]
        within = (delay <= horizon)[used]
    else:
        used = np.arange(grid.n_rep)
        premature = np.zeros(score.shape, dtype=bool)
        within = np.ones(score.shape, dtype=bool)
    replication = grid.replication[used]
    fitted = evaluate.peaks(score[used], premature, within & ~premature)
    alarm = fitted.alarm(thresholds[:1])[0]
    name = f"refine/{grid.scenario.name}/{design}/{substance}"
    rng = stream(plan.study.seed, Purpose.BOOTSTRAP, name)
    return Condition(
        scenario=grid.scenario, design=design, substance=substance, replication=replication,
        look_day=day, premature=premature, counts=within & ~premature,
        n_look=np.maximum(within.sum(axis=1), 1).astype(np.int64),
        fast=fitted, thresholds=thresholds,
        stratum=evaluate.strata_by_distance(alarm, fitted.margin(float(thresholds[0]))),
        priority=rng.random(int(replication.max(initial=0)) + 1)[replication],
        n_failed=grid.n_failed(*cell), content=content,
    )  # fmt: skip


def _first(name: str, names: Collection[str]) -> list[str]:
    return sorted(names, key=lambda item: (item != name, item))
