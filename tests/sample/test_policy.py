"""Policies: fixed designs ignore scores, a triggered one asks for more when it cannot tell."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sample.small import POPULATION, SITES, WEEK, design, programme, truth, world
from simdesign.sample import (
    Campaign,
    FixedPolicy,
    Policy,
    TriggeredPolicy,
    decided,
    foreseen,
    keep,
    observe,
    part_of,
    policy,
    schedule,
    select,
    stack,
    visits_among,
)
from simdesign.units import date_of

EXTRA = [5, 20, 28, 36, 44]
TRIGGERED = {"kind": "triggered", "base": WEEK, "extra_weeks": EXTRA}


def laid(schedule_of, years=4, **fields):
    arguments = (design(schedule_of, **fields), programme(years), SITES[:3], POPULATION[:3])
    return policy(*arguments), schedule(*arguments)


@given(scores=st.lists(st.floats(-5, 5), min_size=4, max_size=4))
def test_a_fixed_design_ignores_its_scores(scores):
    fixed, visits = laid({"kind": "rounds", "per_year": 3}, history="pilot")
    assert isinstance(fixed, FixedPolicy)
    steps = [fixed.next_campaigns(look, scores[:look]) for look in range(5)]
    assert tuple(campaign for step in steps for campaign in step) == fixed.candidates()
    assert select(fixed, visits, np.array([scores])).all()


def test_campaigns_come_between_the_look_before_and_the_next():
    fixed, _ = laid({"kind": "rounds", "per_year": 3})
    looks = programme(4).look_days
    for look in range(1, 4):
        for campaign in fixed.next_campaigns(look, [0.5] * look):
            assert looks[look - 1] < campaign.days[0] <= looks[look]


@pytest.mark.parametrize(
    ("score", "asked"),
    [(0.1, False), (0.3, False), (0.31, True), (0.89, True), (0.9, False), (np.nan, False)],
)
def test_extra_weeks_follow_a_look_that_cannot_tell(score, asked):
    triggered, visits = laid(TRIGGERED)
    assert isinstance(triggered, TriggeredPolicy)
    mask = select(triggered, visits, np.array([[0.1, score]]))[0]
    taken = visits.day[mask, 0]
    looks = programme(4).look_days
    extra = [day for day in taken.tolist() if date_of(day).month != 3]
    if not asked:
        assert extra == []
    else:
        assert len(extra) == 3 * len(EXTRA)
        assert all(looks[1] < day <= looks[2] for day in extra)
    base = taken[[date_of(day).month == 3 for day in taken.tolist()]]
    assert base.size == 3 * 4  # week 11 of the years up to the third look, end of March 2029
    assert base.max() <= looks[2]


def test_selecting_is_one_row_a_replication_and_grows_with_the_looks():
    triggered, visits = laid(TRIGGERED)
    scores = np.array([[0.1, 0.5, 0.1, 0.1], [0.5, 0.5, 0.95, 0.1], [0.1, 0.1, 0.1, 0.1]])
    before = np.zeros((3, visits.n_visit), dtype=bool)
    for look in range(5):
        mask = select(triggered, visits, scores[:, :look])
        assert (mask >= before).all()
        before = mask
    n_base = 3 * 4
    assert before.sum(axis=1).tolist() == [n_base + 15, n_base + 30, n_base]


def test_what_was_not_asked_for_is_missing_and_the_rest_is_untouched():
    of = world(3)
    triggered, visits = laid(TRIGGERED)
    seen = observe(truth(of), visits, of, seed=1, luck="study", replication=0)
    mask = select(triggered, visits, np.array([[0.5, 0.1]]))
    kept = keep(seen, mask)
    assert np.isnan(kept.load[0, 0][~mask[0]]).all()
    assert np.array_equal(kept.load[0, 0][mask[0]], seen.load[0, 0][mask[0]])
    assert not kept.censored.any()


def test_the_base_of_a_triggered_design_is_the_same_design_alone():
    triggered, visits = laid(TRIGGERED)
    _, alone = laid(WEEK)
    mask = select(triggered, visits, np.full((1, 4), 0.1))[0]
    assert np.array_equal(visits.day[mask], alone.day)
    assert np.array_equal(visits.batch[mask], alone.batch)


class EveryOther:
    """A user's policy: a week in the years that follow an even number of looks."""

    def __init__(self, calendar, week):
        self.calendar = calendar
        self.campaigns = tuple(
            Campaign(days=days, sites=(0, 1), slot=slot)
            for days, slot in calendar.fixed_weeks((week,))
        )

    def candidates(self):
        return self.campaigns

    def next_campaigns(self, look, scores):
        assert len(scores) == look
        return [self.campaigns[look]] if look % 2 == 0 and look < len(self.campaigns) else []


def test_an_own_policy_is_used_as_it_is():
    of = {"kind": "own", "uses": f"{__name__}:EveryOther", "options": {"week": 20}}
    own, visits = laid(of)
    assert isinstance(own, Policy)
    mask = select(own, visits, np.zeros((2, 3)))
    assert mask.tolist() == [[True, True, False, False, True, True, False, False]] * 2


def test_an_own_policy_has_the_rounds_before_the_programme_too():
    of = {"kind": "own", "uses": f"{__name__}:EveryOther", "options": {"week": 20}}
    own, visits = laid(of, history="pilot")
    assert visits.history.sum() == 5 * 3
    assert select(own, visits, np.zeros((1, 0)))[0, visits.history].all()


@given(scores=st.lists(st.floats(-0.5, 1.5) | st.just(np.nan), min_size=3, max_size=3))
def test_what_is_decided_is_what_the_policy_says_one_by_one(scores):
    triggered, _ = laid(TRIGGERED, history="pilot")
    candidates = triggered.candidates()
    for look in range(4):
        said = triggered.next_campaigns(look, scores[:look])
        mask = decided(triggered, look, np.array([scores[:look]]))[0]
        assert mask.tolist() == [campaign in said for campaign in candidates]
    ahead = foreseen(triggered, np.array([scores[:2]]), 4)
    assert ahead.shape == (1, 3, len(candidates))
    assert np.array_equal(ahead[:, 0], decided(triggered, 2, np.array([scores[:2]])))
    assert not ahead[0, 1:][:, [date_of(item.days[0]).month != 3 for item in candidates]].any()


@pytest.mark.parametrize("history", ["none", "pilot"])
def test_the_base_taken_out_is_the_base_laid_alone(history):
    triggered, visits = laid(TRIGGERED, history=history)
    _, alone = laid(WEEK, history=history)
    mask = select(triggered, visits, np.full((1, 4), 0.1))[0]
    base = visits_among(visits, mask)
    for name in ("site", "campaign", "slot", "batch", "year", "day", "history"):
        assert np.array_equal(getattr(base, name), getattr(alone, name)), name
    assert base.n_slot == alone.n_slot


def test_a_part_of_a_record_has_its_replications_visits_and_streams():
    of = world(3)
    _, visits = laid(TRIGGERED)
    seen = stack(
        [observe(truth(of), visits, of, seed=1, luck="study", replication=r) for r in range(4)]
    )
    chosen = visits.slot != 0
    part = part_of(seen, np.array([3, 1]), chosen)
    assert np.array_equal(part.load, seen.load[[3, 1]][:, :, chosen])
    assert part.visits.n_visit == chosen.sum()
    assert part.visits.campaign.max() + 1 == np.unique(visits.campaign[chosen]).size
    assert part.visits.n_slot == 5
