"""Slots, batches and history of a laid design, and what cannot be laid."""

import datetime as dt

import numpy as np
import pytest

from sample.small import SCHEDULES, WEEK, days_of, design, lay, programme
from simdesign.errors import SpecError
from simdesign.sample import Campaign, first_day_of, schedule
from simdesign.units import date_of, day_of, weekday_of

# ------------------------------------------------------------------ slots, batches, history


def test_slots_are_calendar_slots_where_a_site_has_several():
    assert lay(design()).n_slot == 1
    assert lay(design(SCHEDULES["staggered"])).n_slot == 1  # each site has one week only
    assert lay(design(SCHEDULES["random_weeks"])).n_slot == 1
    assert lay(design(SCHEDULES["every_days"])).n_slot == 1
    visits = lay(design(SCHEDULES["pilot_rhythm"]), n_site=1)
    assert visits.n_slot == 4
    assert visits.slot.tolist() == [0, 1, 2, 3] * 10


def test_the_pilot_is_history_and_shares_its_slots():
    visits = lay(design(history="pilot"), n_site=2)
    assert visits.history.tolist() == [True] * 10 + [False] * 20
    opened = [date_of(day).isoformat() for day in visits.day[visits.site == 0][:5, 0].tolist()]
    assert opened == ["2023-11-15", "2024-01-03", "2024-03-13", "2024-09-11", "2024-11-13"]
    assert visits.n_slot == 4
    assert visits.slot[visits.site == 1].tolist() == [3, 0, 1, 2, 3] + [1] * 10
    assert first_day_of(visits, lay(design())) == day_of(dt.date(2023, 11, 15))


def test_a_city_series_is_history_of_its_cities():
    of = design(history={"kind": "annual", "since": 2017, "weeks": [11], "sites": ["A", "B"]})
    visits = lay(of, n_site=4)
    assert np.bincount(visits.site).tolist() == [19, 19, 10, 10]
    assert visits.n_slot == 1


def test_batches_by_week_laboratory_and_storage():
    def batches(**laboratory):
        of = design({"kind": "rounds", "per_year": 4}, laboratory=laboratory)
        return lay(of, programme(2))

    weekly = batches()
    assert sorted(set(weekly.batch.tolist()))[:4] == [202611, 202624, 202637, 202650]
    assert set(batches(batch="year").batch.tolist()) == {202650, 202750}
    assert set(batches(batch="quarter").batch.tolist()) == set(weekly.batch.tolist())
    two = batches(n=2)
    assert np.array_equal(two.batch // 10**6, two.site % 2)
    assert np.array_equal(two.batch % 10**6, weekly.batch)
    named = lay(design(laboratory={"n": 2, "groups": [["C"], ["A", "B"]]}), n_site=3)
    assert (named.batch // 10**6).tolist() == [1, 1, 0] * 10


def test_stored_samples_are_one_batch_a_period():
    of = design(SCHEDULES["every_days"], laboratory={"batch": "month"})
    visits = lay(of, programme(2), n_site=1)
    months = [(date_of(day).year, date_of(day).month) for day in visits.day[:, 0].tolist()]
    assert len(set(visits.batch.tolist())) == len(set(months)) == 24
    assert len(set(zip(months, visits.batch.tolist(), strict=True))) == 24
    assert set(visits.year.tolist()) == {2026, 2027}


# ------------------------------------------------------------------ refusals


@pytest.mark.parametrize(
    ("of", "message"),
    [
        (design(sites=["Z"]), r"designs\.x\.sites: must be a site of the world, got 'Z'"),
        (design(sites={"kind": "largest", "n": 21}), r"sites\.n: must not exceed the 20 sites"),
        (
            design({"kind": "dates", "first_days": ["2026-03-18", "2036-03-19"]}),
            r"designs\.x\.schedule\.first_days\.1: campaign outside the programme.*"
            r"2026-01-01 to 2035-12-31, got '2036-03-19'",
        ),
        (
            design({"kind": "dates", "first_days": ["2035-12-28"]}),
            "campaign outside the programme",
        ),
        (
            design(laboratory={"n": 2, "groups": [["A"], ["B"]]}),
            r"laboratory\.groups: needs a laboratory, got 'C'",
        ),
        (
            design(
                {
                    "kind": "groups",
                    "groups": [{"sites": ["Q", "X"], "schedule": WEEK},
                               {"sites": "rest", "schedule": WEEK}],
                }
            ),
            r"schedule\.groups\.0\.sites: must be a site of the world, got 'X'",
        ),
        (
            design({"kind": "own", "uses": "nowhere:Name"}),
            r"schedule\.uses: must be importable .*'nowhere:Name'",
        ),
    ],
)  # fmt: skip
def test_a_design_that_cannot_be_laid_is_refused(of, message):
    with pytest.raises(SpecError, match=message):
        lay(of, field="designs.x")


def test_no_sites_and_no_campaigns_are_refused():
    with pytest.raises(SpecError, match="at least one site"):
        schedule(design(), programme(), (), ())
    with pytest.raises(SpecError, match=r"wholly inside the programme, 2026-03-20 to 2027-03-19"):
        lay(design({"kind": "fixed_weeks", "weeks": [11]}), programme(1, "2026-03-20"))
    with pytest.raises(SpecError, match="must end before the programme starts on 2024-06-01"):
        lay(design(history="pilot"), programme(2, "2024-06-01"))


# ------------------------------------------------------------------ a user's own


def fortnights(calendar, weekday=0):
    """Return single days of every second week, as a user would write it."""
    first = calendar.start_day + (weekday - weekday_of(calendar.start_day)) % 7
    return [
        Campaign(days=(day,), sites=(0, 1))
        for day in range(first, calendar.end_day, 14)
    ]  # fmt: skip


def twice(calendar):
    return [
        Campaign(days=(calendar.start_day, calendar.start_day + 1), sites=(0,)),
        Campaign(days=(calendar.start_day + 1,), sites=(0,)),
    ]


def too_late(calendar):
    return [Campaign(days=(calendar.end_day,), sites=(0,))]


def test_an_own_schedule_is_called_with_calendar_and_options():
    of = design({"kind": "own", "uses": f"{__name__}:fortnights", "options": {"weekday": 2}})
    visits = lay(of, programme(1))
    assert {weekday_of(day) for day in visits.day[:, 0].tolist()} == {2}
    assert (np.diff(days_of(visits)) == 14).all()
    assert set(visits.site.tolist()) == {0, 1}


@pytest.mark.parametrize(
    ("name", "message"),
    [("twice", "A on 2026-01-02"), ("too_late", "campaign outside the programme")],
)
def test_an_impossible_own_schedule_is_refused(name, message):
    with pytest.raises(SpecError, match=message):
        lay(design({"kind": "own", "uses": f"{__name__}:{name}"}))
