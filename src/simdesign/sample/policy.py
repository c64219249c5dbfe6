"""A design as a policy: which campaigns come next, given the scores so far."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

import numpy as np

from simdesign.errors import SpecError
from simdesign.records import Bools, Floats, Observations, Visits
from simdesign.sample.calendar import Calendar, Campaign
from simdesign.sample.campaigns import (
    fixed_campaigns,
    history_campaigns,
    in_order,
    restricted,
    sampled_weeks,
)
from simdesign.spec.design import Design
from simdesign.spec.own import imported
from simdesign.spec.schedule import FixedWeeks, OwnSchedule, Triggered


@runtime_checkable
class Policy(Protocol):
    """Decides on campaigns. Everything that it could ask for is known beforehand."""

    def candidates(self) -> tuple[Campaign, ...]:
        """Return every campaign that could be asked for, in order of time."""
        ...

    def next_campaigns(self, look: int, scores: Sequence[float]) -> list[Campaign]:
        """Return the campaigns between look number ``look`` and the next one.

        Parameters
        ----------
        look : int
            Looks made so far; 0 asks for what comes before the first.
        scores : sequence of float
            What each look so far gave, shape (look,); NaN = none.
        """
        ...


def _between_looks(
    campaigns: Iterable[Campaign], look: int, look_days: Sequence[int]
) -> list[Campaign]:
    """Return the campaigns that open after look number ``look`` and not after the next one."""
    after = look_days[look - 1] if look else None
    until = look_days[look] if look < len(look_days) else None
    return [
        campaign
        for campaign in campaigns
        if (after is None or campaign.days[0] > after)
        and (until is None or campaign.days[0] <= until)
    ]


@dataclass(frozen=True, slots=True, kw_only=True)
class FixedPolicy:
    """Samples the same campaigns whatever the scores."""

    campaigns: tuple[Campaign, ...]
    look_days: tuple[int, ...]

    def candidates(self) -> tuple[Campaign, ...]:
        """Return all campaigns."""
        return self.campaigns

    def next_campaigns(self, look: int, scores: Sequence[float]) -> list[Campaign]:
        """Return the campaigns up to the next look; the scores do not matter."""
        return _between_looks(self.campaigns, look, self.look_days)


@dataclass(frozen=True, slots=True, kw_only=True)
class TriggeredPolicy:
    """Adds the extra campaigns after a look whose score lies strictly between two bounds."""

    base: tuple[Campaign, ...]
    extra: tuple[Campaign, ...]
    look_days: tuple[int, ...]
    low: float
    high: float

    def candidates(self) -> tuple[Campaign, ...]:
        """Return base and extra campaigns."""
        return tuple(sorted((*self.base, *self.extra), key=lambda campaign: campaign.days))

    def next_campaigns(self, look: int, scores: Sequence[float]) -> list[Campaign]:
        """Return the base campaigns, with the extra ones when the last look asks for them."""
        asked = look > 0 and self.low < scores[look - 1] < self.high
        campaigns = (*self.base, *self.extra) if asked else self.base
        found = _between_looks(campaigns, look, self.look_days)
        return sorted(found, key=lambda campaign: campaign.days)


def build_policy(design: Design, calendar: Calendar, field: str) -> Policy:
    """Return the policy of a design; errors name fields below ``field``."""
    schedule = design.schedule
    history = history_campaigns(design, calendar, field)
    if isinstance(schedule, Triggered):
        base, extra = (
            restricted(
                (
                    Campaign(days=days, sites=tuple(range(len(calendar.sites))), slot=slot)
                    for days, slot in sampled_weeks(part, calendar, f"{field}.schedule.{name}")
                ),
                design, calendar, field,
            )
            for name, part in (
                ("base", schedule.base), ("extra_weeks", FixedWeeks(weeks=schedule.extra_weeks)),
            )
        )  # fmt: skip
        return TriggeredPolicy(
            base=tuple(in_order([*history, *base])),
            extra=tuple(in_order(extra)),
            look_days=calendar.look_days,
            low=schedule.low,
            high=schedule.high,
        )
    if isinstance(schedule, OwnSchedule):
        return _own_policy(design, schedule, calendar, history, field)
    campaigns = fixed_campaigns(design, calendar, field)
    return FixedPolicy(campaigns=(*history, *campaigns), look_days=calendar.look_days)


def _own_policy(
    design: Design, schedule: OwnSchedule, calendar: Calendar, history: list[Campaign], field: str
) -> Policy:
    place = f"{field}.schedule.uses"
    make: Any = imported(place, schedule.uses)
    made = make(calendar, **schedule.options)
    if isinstance(made, Policy):
        return made
    campaigns = list(made)
    for campaign in campaigns:
        if not campaign.days or not calendar.holds(campaign.days):
            raise SpecError(place, schedule.uses, "campaign outside the programme")
    campaigns = in_order(restricted(campaigns, design, calendar, field))
    return FixedPolicy(campaigns=(*history, *campaigns), look_days=calendar.look_days)


def select(policy: Policy, visits: Visits, scores: Floats) -> Bools:
    """Return which visits were asked for, look by look, in every replication.

    Parameters
    ----------
    policy : Policy
    visits : Visits
        All that it could ask for, from ``schedule``.
    scores : ndarray, shape (r, k)
        Scores of the looks so far. Visits after look ``k`` and before the next are decided; later
        ones are not asked for yet.

    Returns
    -------
    ndarray of bool, shape (r, v)
    """
    number = {campaign.days: i for i, campaign in enumerate(policy.candidates())}
    n_rep, n_look = scores.shape
    chosen = np.zeros((n_rep, len(number)), dtype=bool)
    for r in range(n_rep):
        for look in range(n_look + 1):
            for campaign in policy.next_campaigns(look, scores[r, :look].tolist()):
                chosen[r, number[campaign.days]] = True
    return chosen[:, visits.campaign]


def keep(observations: Observations, taken: Bools) -> Observations:
    """Return the observations with the visits that were not taken missing.

    Parameters
    ----------
    observations : Observations
    taken : ndarray of bool, shape (r, v)
    """
    here = taken[:, None, :, None]
    return Observations(
        substances=observations.substances,
        sites=observations.sites,
        population=observations.population,
        reference_load=observations.reference_load,
        visits=observations.visits,
        load=np.where(here, observations.load, np.nan),
        censored=observations.censored & here,
        streams=observations.streams,
    )
