"""One replication from its address, with everything shown: data, truth, the fit at every look."""

import math
import traceback
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from simdesign.errors import SpecError
from simdesign.fit import build
from simdesign.records import Observations
from simdesign.run.plan import Cell, Plan
from simdesign.run.replay import Replay
from simdesign.run.results import Results
from simdesign.run.schema import DRAWN, KEY, Rows
from simdesign.run.verify import (
    OUTSIDE,
    Comparison,
    compare,
    compare_alarms,
    computed,
    operating_thresholds,
)
from simdesign.sample import part_of, select, watched
from simdesign.units import date_of

NOT_STORED = "not stored"
TRACEBACK_LINES = 12
"""Last lines of a failure that are shown."""
_FACTS = ("change_day", *DRAWN)
"""Columns with one value in a replication."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Campaign:
    """What the laboratory reported of one campaign, of one substance."""

    number: int
    first: str
    """Date of the first sample."""
    last: str
    mean: dict[str, float | None]
    """Site -> mean load of its days [mg/(1000 inh d)]; None when every day is missing."""
    days: dict[str, int]
    """Site -> days with a value."""
    censored: dict[str, int]
    """Site -> days below the limit of quantification, which count with the limit itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Replayed:
    """A replication under one design and estimator."""

    address: dict[str, Any]
    truth: dict[str, Any]
    """Date of the change, and parameters as drawn."""
    campaigns: list[Campaign]
    looks: list[dict[str, Any]]
    """Per look its date and all columns of its row that are numbers of this look."""
    stored: str
    """One of the answers of ``verify``, or ``not stored``."""
    outside: bool
    """The estimator is not promised to repeat bit for bit."""
    largest: dict[str, float]
    """Column -> largest difference from the stored rows, where there is any."""
    failure: list[str] = field(default_factory=list)
    """Last lines of the exception, when there was one."""


def replayed(
    results: Results, *, scenario: str, replication: int, design: str, estimator: str,
    substance: str | None = None,
) -> Replayed:  # fmt: skip
    """Compute one replication again, by the code that computes a study.

    Parameters
    ----------
    results : Results
    scenario, design, estimator : str
    replication : int
        Also one that was never run.
    substance : str, optional
        May be left out where the scenario has one only.

    Raises
    ------
    SpecError
        For a name that the study does not have.
    StoreError
        When a shard is damaged.
    """
    plan = results.plan
    cell = _cell(plan, scenario, replication, design, estimator, substance)
    item = next(s for s in plan.scenarios if s.name == scenario)
    rows = computed(plan, scenario, (cell,), [replication])
    stored = _stored(results, cell, scenario, replication)
    comparison = Comparison()
    if stored is not None:
        compare(comparison, stored, rows)
        if comparison.largest:
            compare_alarms(comparison, stored, rows, operating_thresholds(results))
    replay = Replay(plan.study, item, design)
    seen, failure = _watched(replay, plan, cell, replication, rows)
    change = int(rows["change_day"][0])
    return Replayed(
        address={
            "study": plan.study.name, "scenario": scenario, "replication": replication,
            "design": design, "estimator": estimator, "substance": cell.substance,
        },
        truth={
            "change_day": None if change < 0 else date_of(change).isoformat(),
            **{name: _plain(rows[name][0]) for name in DRAWN},
        },
        campaigns=[] if seen is None else _campaigns(seen, cell.substance),
        looks=_looks(rows),
        stored=NOT_STORED if stored is None else str(comparison.answer),
        outside=plan.study.estimators[estimator].kind in OUTSIDE,
        largest=comparison.largest, failure=failure,
    )  # fmt: skip


def _cell(
    plan: Plan, scenario: str, replication: int, design: str, estimator: str, substance: str | None
) -> Cell:
    names = [item.name for item in plan.scenarios]
    for option, value, known in (
        ("--scenario", scenario, names),
        ("--design", design, list(plan.study.designs)),
        ("--estimator", estimator, list(plan.study.estimators)),
    ):
        if value not in known:
            raise SpecError(option, value, f"must be one of {_listed(known)}")
    if not 0 <= replication < 2**31:
        raise SpecError("--replication", replication, "must be in [0, 2**31)")
    there = {c.substance: c for c in plan.cells[scenario]
             if c.design == design and c.estimator == estimator}  # fmt: skip
    if substance is None and len(there) == 1:
        return next(iter(there.values()))
    if substance not in there:
        raise SpecError("--substance", substance, f"must be one of {_listed(list(there))}")
    return there[substance]


def _listed(names: list[str]) -> str:
    shown = ", ".join(names[:20])
    return f"{shown} and {len(names) - 20} more" if len(names) > 20 else shown


def _stored(results: Results, cell: Cell, scenario: str, replication: int) -> Rows | None:
    rows = results.store.rows(results.plan, scenario, replications=[replication])
    use = np.ones(rows["look"].size, dtype=bool)
    for name in ("substance", "design", "estimator"):
        use &= rows[name] == getattr(cell, name)
    return {name: values[use] for name, values in rows.items()} if use.any() else None


def _watched(
    replay: Replay, plan: Plan, cell: Cell, replication: int, rows: Rows
) -> tuple[Observations | None, list[str]]:
    """Return the data that were asked for, and the end of the exception, if there was any."""
    seen = None
    try:
        seen = replay.observations([replication])
        if replay.policy is not None:
            told = rows[watched(replay.policy)][None]
            taken = select(replay.policy, seen.visits, told)[0]
            seen = part_of(seen, np.zeros(1, dtype=np.int64), taken)
        if (rows["reason"] != "").any():
            spec = plan.study.estimators[cell.estimator]
            build(cell.estimator, spec).fit(seen, replay.looks, cell.substance)
    except Exception:
        return seen, traceback.format_exc().rstrip().splitlines()[-TRACEBACK_LINES:]
    return seen, []


def _campaigns(seen: Observations, substance: str) -> list[Campaign]:
    load = seen.load[0, seen.substances.index(substance)]
    censored = seen.censored[0, seen.substances.index(substance)]
    visits = seen.visits
    sampled = visits.day >= 0
    out = []
    for number in np.unique(visits.campaign):
        mine = np.flatnonzero(visits.campaign == number)
        days = visits.day[mine][sampled[mine]]
        names = [seen.sites[visits.site[v]] for v in mine]
        values = [load[v][sampled[v] & np.isfinite(load[v])] for v in mine]
        out.append(
            Campaign(
                number=int(number) + 1,
                first=date_of(int(days.min())).isoformat(),
                last=date_of(int(days.max())).isoformat(),
                mean={
                    name: float(value.mean()) if value.size else None
                    for name, value in zip(names, values, strict=True)
                },
                days={n: int(value.size) for n, value in zip(names, values, strict=True)},
                censored={n: int(censored[v].sum()) for n, v in zip(names, mine, strict=True)},
            )
        )
    return out


def _looks(rows: Rows) -> list[dict[str, Any]]:
    return [
        {"date": date_of(int(rows["look_day"][k])).isoformat()}
        | {
            name: _plain(values[k])
            for name, values in rows.items()
            if (name not in KEY or name == "look") and name not in _FACTS
        }
        for k in range(rows["look"].size)
    ]


def _plain(value: Any) -> Any:
    """Return a number, truth value or text of JSON; None for what is no number."""
    plain = value.item() if isinstance(value, np.generic) else value
    return None if isinstance(plain, float) and not math.isfinite(plain) else plain
