"""Designs as data: what can be expressed, what comes back unchanged, what is refused and how."""

import itertools
import re

import pydantic
import pytest
from hypothesis import given
from hypothesis import strategies as st

from simdesign.spec.base import canonical_json, plain, spec_error
from simdesign.spec.design import SPREAD_DAYS, Design, Rounds
from simdesign.spec.schedule import PILOT_WEEKS, check_weeks

WEEK = {"kind": "fixed_weeks", "weeks": [11]}
DESIGNS = {
    "fixed week": {"schedule": WEEK},
    "pilot history": {"schedule": WEEK, "history": "pilot"},
    "city history": {"schedule": WEEK, "history": {"kind": "annual", "since": 2011}},
    "pilot rhythm": {"schedule": {"kind": "pilot_rhythm"}},
    "rounds": {"schedule": {"kind": "rounds", "per_year": 12}},
    "Switzerland": {"schedule": {"kind": "every_days", "interval": 13}},
    "New Zealand": {"schedule": {"kind": "monthly"}},
    "Australia": {
        "schedule": {
            "kind": "groups",
            "groups": [
                {"sites": ["A", "B"], "schedule": {"kind": "rounds", "per_year": 6}},
                {"sites": "rest", "schedule": {"kind": "rounds", "per_year": 3}},
            ],
        }
    },
    "stratified": {"schedule": {"kind": "stratified_days", "per_year": 56}},
    "continuous": {"schedule": {"kind": "continuous"}},
    "three days": {"schedule": WEEK, "days": 3},
    "weekend": {"schedule": WEEK, "days": "weekend"},
    "weekdays": {"schedule": WEEK, "days": ["Mon", "Thu"], "start_weekday": "Mon"},
    "rotating": {"schedule": WEEK, "sites": {"kind": "rotating", "n": 5}},
    "largest": {"schedule": WEEK, "sites": {"kind": "largest", "n": 5}},
    "spread": {"schedule": WEEK, "sites": {"kind": "spread", "n": 5}},
    "named": {"schedule": WEEK, "sites": ["A", "C"]},
    "random": {"schedule": {"kind": "random_weeks", "per_year": 2}},
    "staggered": {"schedule": {"kind": "staggered", "weeks": [9, 11, 13]}},
    "dates": {"schedule": {"kind": "dates", "first_days": ["2026-03-18", "2027-03-17"]}},
    "laboratories": {"schedule": WEEK, "laboratory": {"n": 2, "standards": 0.5}},
    "stored": {"schedule": WEEK, "laboratory": {"batch": "year"}},
    "streams": {"schedule": WEEK, "streams": ["purity", "survey"]},
    "triggered": {"schedule": {"kind": "triggered", "base": WEEK, "extra_weeks": [20, 28, 36, 44]}},
    "own": {"schedule": {"kind": "own", "uses": "mine.designs:Every", "options": {"n": 2}}},
    "own prices": {"schedule": WEEK, "cost": {"per_sample": 800.0}},
}


@pytest.mark.parametrize("content", DESIGNS.values(), ids=DESIGNS)
def test_every_design_survives_the_trip_to_plain_data_and_back(content):
    design = Design.model_validate(content)
    again = Design.model_validate(plain(design))
    assert again == design
    assert canonical_json(plain(again)) == canonical_json(plain(design))


REFUSED = [
    ({"schedule": {"kind": "fixed_weeks", "weeks": []}}, "schedule.*weeks.*at least 1"),
    ({"schedule": {"kind": "fixed_weeks", "weeks": [12, 11]}}, "increasing order.*12, 11"),
    ({"schedule": {"kind": "fixed_weeks", "weeks": [11, 11]}}, "each once"),
    ({"schedule": {"kind": "fixed_weeks", "weeks": [53]}}, "weeks.0.*less than or equal to 52.*53"),
    ({"schedule": {"kind": "fixed_weeks", "weeks": [0]}}, "greater than or equal to 1"),
    ({"schedule": {"kind": "fixed_weeks", "weeks": [51, 52]}}, "51 and 52 can be the same"),
    ({"schedule": {"kind": "fixed_weeks", "weeks": ["11"]}}, "valid integer"),
    ({"schedule": {"kind": "fixed_week", "weeks": [11]}}, "schedule.*fixed_week'"),
    ({"schedule": {**WEEK, "week": 3}}, "week: unknown key, got 3"),
    ({"schedule": {"kind": "rounds", "per_year": 0}}, "per_year.*greater than or equal to 1"),
    ({"schedule": {"kind": "monthly", "months": [3, 3]}}, "months must be in increasing order"),
    ({"schedule": {"kind": "every_days", "interval": 1}}, "interval.*or equal to 2"),
    ({"schedule": {"kind": "every_days", "offset": 13}}, "offset must be below the interval 13"),
    ({"schedule": {"kind": "every_days"}, "days": 3}, "samples single days, leave days out"),
    ({"schedule": {"kind": "stratified_days", "per_year": 337}}, "or equal to 336"),
    (
        {"schedule": {"kind": "random_weeks", "first_week": 9, "last_week": 10, "per_year": 3}},
        "must hold 3 weeks or more",
    ),
    (
        {"schedule": {"kind": "random_weeks", "last_week": 52}},
        "use last_week 51",
    ),
    (
        {"schedule": {"kind": "dates", "first_days": ["2026-03-18", "2026-03-20"]}},
        "7 days or more apart",
    ),
    ({"schedule": {"kind": "staggered", "weeks": [9]}}, "at least 2"),
    (
        {"schedule": {"kind": "staggered", "weeks": [9, 11], "groups": [["A"]]}},
        "one for each of the 2 weeks",
    ),
    (
        {"schedule": {"kind": "staggered", "weeks": [9, 11], "groups": [["A"], ["A"]]}},
        "'A' must be in one group only",
    ),
    (
        {"schedule": {"kind": "staggered", "weeks": [9, 11], "groups": [["A"], []]}},
        "a group needs at least one site",
    ),
    (
        {"schedule": {"kind": "groups", "groups": [{"sites": "rest", "schedule": WEEK}] * 2}},
        "only one group can have the rest",
    ),
    (
        {"schedule": {"kind": "triggered", "base": WEEK, "extra_weeks": [11]}},
        "week 11 is in the base",
    ),
    (
        {"schedule": {"kind": "triggered", "base": WEEK, "extra_weeks": [20], "low": 0.9}},
        "low: must be below high, 0.9, or no look",
    ),
    (
        {"schedule": {"kind": "triggered", "base": {"kind": "continuous"}, "extra_weeks": [20]}},
        "must have fixed weeks",
    ),
    ({"schedule": {"kind": "own", "uses": "designs.Every"}}, "uses.*designs.Every"),
    ({"schedule": WEEK, "days": 0}, "days.*or equal to 1"),
    ({"schedule": WEEK, "days": 8}, "days.*or equal to 7.*8"),
    ({"schedule": WEEK, "days": []}, "days.*at least 1"),
    ({"schedule": WEEK, "days": ["Mon", "Mon"]}, "days: each can be named once"),
    ({"schedule": WEEK, "days": ["Monday"]}, "days.*'Mon'.*'Monday'"),
    ({"schedule": WEEK, "days": 2.5}, "days: must be 1 to 7"),
    ({"schedule": WEEK, "sites": []}, "sites: at least one is needed"),
    ({"schedule": WEEK, "sites": ["A", "A"]}, "sites: each can be named once"),
    ({"schedule": WEEK, "sites": {"kind": "largest", "n": 0}}, "sites.*n.*or equal to 1, got 0"),
    ({"schedule": WEEK, "sites": {"kind": "best", "n": 3}}, 'sites: must be "all"'),
    ({"schedule": WEEK, "history": "pilots"}, "history.*'none' or 'pilot'"),
    ({"schedule": WEEK, "history": 5}, 'history: must be "none"'),
    ({"schedule": WEEK, "laboratory": {"n": 0}}, "laboratory.n"),
    ({"schedule": WEEK, "laboratory": {"n": 2, "groups": [["A"]]}}, "each of the 2 laboratories"),
    ({"schedule": WEEK, "laboratory": {"standards": 1.5}}, "laboratory.standards.*1.5"),
    ({"schedule": WEEK, "laboratory": {"batch": "day"}}, "laboratory.batch.*'day'"),
    ({"schedule": WEEK, "streams": ["rain"]}, "streams.0"),
    ({"schedule": WEEK, "streams": ["purity", "purity"]}, "streams: each can be named once"),
    ({"schedule": WEEK, "cost": {"per_sample": -1.0}}, "cost.per_sample.*-1"),
    ({"schedule": WEEK, "site": ["A"]}, "site: unknown key"),
]


@pytest.mark.parametrize(("content", "message"), REFUSED)
def test_a_mistake_is_one_line_with_field_rule_and_value(content, message):
    with pytest.raises(pydantic.ValidationError) as caught:
        Design.model_validate(content)
    text = str(spec_error(caught.value, "study.toml"))
    assert re.search(message, text), text
    assert "\n" not in text


def test_the_pilot_rhythm_has_the_four_announced_slots():
    design = Design.model_validate(DESIGNS["pilot rhythm"])
    assert design.schedule.weeks == PILOT_WEEKS == (1, 11, 37, 46)


@given(n=st.integers(1, 26), first=st.integers(1, 52))
def test_rounds_are_evenly_spread_and_contain_their_first_week(n, first):
    weeks = Rounds(per_year=n, first_week=first).weeks
    assert len(weeks) == n
    assert first in weeks
    assert check_weeks(weeks) == weeks
    gaps = [b - a for a, b in zip(weeks, (*weeks[1:], weeks[0] + 52), strict=True)]
    assert max(gaps) - min(gaps) <= 1


def test_fewer_days_are_among_more_days_and_three_hold_weekend_and_working_days():
    chosen = [
        set(Design.model_validate({"schedule": WEEK, "days": n}).weekdays) for n in range(1, 8)
    ]
    assert [len(days) for days in chosen] == list(range(1, 8))
    assert all(a < b for a, b in itertools.pairwise(chosen))
    assert chosen[2] == {"Wed", "Fri", "Sun"}
    assert chosen[6] == set(SPREAD_DAYS)


def test_the_weekend_is_that_of_the_european_tables():
    design = Design.model_validate(DESIGNS["weekend"])
    assert design.weekdays == ("Mon", "Fri", "Sat", "Sun")
