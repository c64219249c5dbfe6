"""A design as a policy: which campaigns come next, given the scores so far."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Protocol, get_args, runtime_checkable

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

Watched = Literal["prob_break", "score"]
"""Which number of a look a policy is told: a field of ``Fit``."""


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
    on: Watched = "prob_break"

    def candidates(self) -> tuple[Campaign, ...]:
        """Return base and extra campaigns."""
        return tuple(sorted((*self.base, *self.extra), key=lambda campaign: campaign.days))

    def next_campaigns(self, look: int, scores: Sequence[float]) -> list[Campaign]:
        """Return the base campaigns, with the extra ones when the last look asks for them."""
        return self.step(look, asked=look > 0 and bool(self.asks(np.array(scores[look - 1]))))

    def asks(self, score: Floats) -> Bools:
        """Say whether such a score asks for more; NaN does not."""
        return np.asarray((self.low < score) & (score < self.high))

    def step(self, look: int, *, asked: bool) -> list[Campaign]:
        """Return the campaigns after look number ``look`` and up to the next one."""
        campaigns = (*self.base, *self.extra) if asked else self.base
        found = _between_looks(campaigns, look, self.look_days)
        return sorted(found, key=lambda campaign: campaign.days)


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnPolicy:
    """A user's policy, with the rounds before the programme and with errors that name it."""

    made: Policy
    history: tuple[Campaign, ...]
    field: str
    uses: str

    @property
    def on(self) -> str:
        """Return which number of a look its scores are: its attribute ``on``, else ``score``."""
        return str(getattr(self.made, "on", "score"))

    def candidates(self) -> tuple[Campaign, ...]:
        """Return the rounds before the programme and all that it could ask for."""
        return (*self.history, *self.made.candidates())

    def next_campaigns(self, look: int, scores: Sequence[float]) -> list[Campaign]:
        """Return what the user's policy asks for.

        Raises
        ------
        SpecError
            When it fails, or asks for what is not among its candidates.
        """
        try:
            found = list(self.made.next_campaigns(look, scores))
        except Exception as error:
            rule = f"next_campaigns failed at look {look}: {type(error).__name__}: {error}"
            raise SpecError(self.field, self.uses, rule) from error
        known = set(self.made.candidates())
        for campaign in found:
            if campaign not in known:
                rule = f"next_campaigns at look {look} must return campaigns of candidates()"
                raise SpecError(self.field, self.uses, rule)
        return [*self.history, *found] if look == 0 else found


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
            on=schedule.on,
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
        own = OwnPolicy(made=made, history=tuple(history), field=place, uses=schedule.uses)
        _check_inside(own.made.candidates(), calendar, place, schedule.uses)
        if own.on not in get_args(Watched):
            raise SpecError(place, own.on, f"on must be one of {', '.join(get_args(Watched))}")
        return own
    campaigns = list(made)
    _check_inside(campaigns, calendar, place, schedule.uses)
    campaigns = in_order(restricted(campaigns, design, calendar, field))
    return FixedPolicy(campaigns=(*history, *campaigns), look_days=calendar.look_days)


def _check_inside(campaigns: Iterable[Campaign], calendar: Calendar, place: str, uses: str) -> None:
    for campaign in campaigns:
        if not campaign.days or not calendar.holds(campaign.days):
            raise SpecError(place, uses, "campaign outside the programme")


def watched(policy: Policy) -> str:
    """Return the field of ``Fit`` whose values a policy is told as scores."""
    return str(getattr(policy, "on", "score"))


def decided(policy: Policy, look: int, scores: Floats) -> Bools:
    """Return which candidates every replication asks for after one look and up to the next.

    Parameters
    ----------
    policy : Policy
    look : int
        Looks made so far.
    scores : ndarray, shape (r, look)
        What they gave; NaN = none.

    Returns
    -------
    ndarray of bool, shape (r, c)
        In the order of ``policy.candidates()``.
    """
    number = {campaign: i for i, campaign in enumerate(policy.candidates())}

    def chosen(campaigns: Iterable[Campaign]) -> Bools:
        mask = np.zeros(len(number), dtype=bool)
        mask[[number[campaign] for campaign in campaigns]] = True
        return mask

    n_rep = scores.shape[0]
    if isinstance(policy, TriggeredPolicy):  # two answers only, whatever the scores
        asked = policy.asks(scores[:, look - 1]) if look else np.zeros(n_rep, dtype=bool)
        more, base = (chosen(policy.step(look, asked=answer)) for answer in (True, False))
        return np.where(asked[:, None], more, base)
    found = np.zeros((n_rep, len(number)), dtype=bool)
    for r in range(n_rep):
        found[r] = chosen(policy.next_campaigns(look, scores[r].tolist()))
    return found


def foreseen(policy: Policy, scores: Floats, n_look: int) -> Bools:
    """Return what every replication asks for from now on if no later look gives a score.

    Parameters
    ----------
    policy : Policy
    scores : ndarray, shape (r, k)
        Of the looks so far.
    n_look : int
        Looks of the programme.

    Returns
    -------
    ndarray of bool, shape (r, 1 + n_look - k, c)
        After look ``k``, after look ``k + 1``, ... and after the last.
    """
    n_rep, k = scores.shape
    known = np.concatenate([scores, np.full((n_rep, n_look - k), np.nan)], axis=1)
    return np.stack([decided(policy, j, known[:, :j]) for j in range(k, n_look + 1)], axis=1)


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
    chosen = decided(policy, 0, scores[:, :0])
    for look in range(1, scores.shape[1] + 1):
        chosen |= decided(policy, look, scores[:, :look])
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
