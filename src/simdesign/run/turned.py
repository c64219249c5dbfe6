"""Designs of a study as schedules whose sites and days can be turned, and their rounds."""

from dataclasses import dataclass, replace

import numpy as np

from simdesign.evaluate import Rounds
from simdesign.records import MISSING_DAY, Ints, Visits
from simdesign.run.plan import Plan, visits_of
from simdesign.run.policies import may_ask
from simdesign.spec.base import plain
from simdesign.spec.design import SPREAD_DAYS, Design
from simdesign.spec.schedule import SINGLE_DAYS, WEEKDAYS

WEEK = 7


@dataclass(frozen=True, slots=True, kw_only=True)
class Turned:
    """A design as a schedule with a number of sites and of days a week."""

    base: str
    """Design of the same schedule with most sites and days; its own name where it is alone."""
    sites: int
    days: int
    """Of a site in one round."""
    turns_days: bool
    """False for single days, a weekend, or days by name."""
    is_whole: bool
    """Every round visits all its sites on the same days, in one batch: sites and days can turn."""


def turned_designs(plan: Plan) -> dict[str, Turned]:
    """Return every design of a study as a schedule, sites and days."""
    visits = visits_of(plan.study, plan.scenarios[0])
    groups: dict[str, list[str]] = {}
    for name, design in plan.study.designs.items():
        groups.setdefault(_schedule(name, design), []).append(name)
    found: dict[str, Turned] = {}
    for members in groups.values():
        mine = {}
        for name in members:
            design = plan.study.designs[name]
            whole = not may_ask(design) and _is_whole(visits[name])
            mine[name] = Turned(
                base=name, sites=_n_site(visits[name]), days=_n_day(visits[name]),
                turns_days=_turns_days(design), is_whole=whole,
            )  # fmt: skip
        base = max(
            members, key=lambda name: (mine[name].is_whole, mine[name].sites, mine[name].days)
        )
        found |= {name: replace(item, base=base) for name, item in mine.items()}
    return {name: found[name] for name in plan.study.designs}


def rounds_of(visits: Visits) -> tuple[Rounds, Ints]:
    """Return the rounds of a design that visits all its sites together, and a round's days."""
    first = np.unique(visits.campaign, return_index=True)[1]
    days = [row[row != MISSING_DAY] for row in visits.day[first]]
    return Rounds(
        day=np.array([item.mean() for item in days]),
        known=np.array([float(item.max()) for item in days]),
        batch=visits.batch[first], year=visits.year[first],
    ), days[-1] - days[-1][0]  # fmt: skip


def days_of(n: int) -> Ints:
    """Return which days of a Wednesday-to-Tuesday week a number of days samples, from 0."""
    start = WEEKDAYS.index("Wed")
    return np.array(sorted((WEEKDAYS.index(day) - start) % WEEK for day in SPREAD_DAYS[:n]))


def _rank(item: Turned) -> tuple[bool, int, int]:
    return item.is_whole, item.sites, item.days


def _schedule(name: str, design: Design) -> str:
    """Return what designs that differ in sites and days only have in common."""
    content = plain(design)
    sites, days = content.pop("sites"), content.pop("days")
    panel = sites if isinstance(sites, dict) else {"kind": "spread"}
    turns = panel["kind"] == "spread" and isinstance(days, int)
    return repr(content if turns else (name, days, sites, content))


def _n_site(visits: Visits) -> int:
    programmed = visits.site[~visits.history]
    return int(np.unique(programmed).size)


def _n_day(visits: Visits) -> int:
    return int((visits.day[~visits.history] != MISSING_DAY).sum(axis=1).max())


def _turns_days(design: Design) -> bool:
    return isinstance(design.days, int) and not isinstance(design.schedule, SINGLE_DAYS)


def _is_whole(visits: Visits) -> bool:
    """Say whether every round visits all sites on the same days in one batch."""
    n_site = np.unique(visits.site).size
    order = np.argsort(visits.campaign, kind="stable")
    starts = np.flatnonzero(np.diff(visits.campaign[order], prepend=-1))
    size = np.diff(np.append(starts, order.size))
    if (size != n_site).any():
        return False
    first = np.repeat(order[starts], size)
    same_days = (visits.day[order] == visits.day[first]).all()
    return bool(same_days and (visits.batch[order] == visits.batch[first]).all())
