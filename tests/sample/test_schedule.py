"""Every schedule as a schedule: right days, right sites, inside the programme."""

import datetime as dt
from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sample.small import SCHEDULES, days_of, design, lay, programme
from simdesign.records import MISSING_DAY
from simdesign.sample import week_of, week_opens
from simdesign.spec.schedule import WEEKDAYS
from simdesign.units import date_of, day_of, weekday_of

CAMPAIGNS_PER_YEAR = {
    "fixed": 1, "first and last week": 2, "rounds": 12, "pilot_rhythm": 4, "monthly": 12,
    "random_weeks": 4, "stratified_days": 56, "staggered": 4, "groups": 6, "triggered": 5,
}  # fmt: skip


# ------------------------------------------------------------------ the week


@given(year=st.integers(1990, 2100), week=st.integers(1, 52), start=st.sampled_from(list(WEEKDAYS)))
def test_a_week_opens_on_its_weekday_and_stays_in_its_year(year, week, start):
    opens = week_opens(year, week, start)
    assert weekday_of(opens) == WEEKDAYS.index(start)
    assert date_of(opens).year == date_of(opens + 6).year == year
    day_of_year = opens - day_of(dt.date(year, 1, 1))
    in_place = 7 * (week - 1) <= day_of_year < 7 * week
    assert in_place or (week == 52 and opens == week_opens(year, 51, start))


@given(year=st.integers(1990, 2100), week=st.integers(1, 51), within=st.integers(0, 6))
def test_the_week_of_a_day_is_the_week_that_holds_it(year, week, within):
    assert week_of(week_opens(year, week) + within) == (year, week)


def test_known_weeks():
    assert date_of(week_opens(2026, 11)) == dt.date(2026, 3, 18)
    assert date_of(week_opens(2024, 1)) == dt.date(2024, 1, 3)
    assert date_of(week_opens(2025, 1)) == dt.date(2025, 1, 1)
    assert date_of(week_opens(2026, 52)) == dt.date(2026, 12, 23)  # 30 December would spill over
    assert date_of(week_opens(2025, 52)) == dt.date(2025, 12, 24)


# ------------------------------------------------------------------ all schedules


@pytest.mark.parametrize("kind", SCHEDULES)
@settings(max_examples=8, deadline=None)
@given(
    start=st.dates(dt.date(2020, 1, 1), dt.date(2030, 12, 31)).filter(
        lambda date: (date.month, date.day) != (2, 29)
    ),
    years=st.integers(2, 4),
)
def test_every_schedule_keeps_the_order_of_visits_and_the_programme(kind, start, years):
    at = programme(years, start.isoformat())
    visits = lay(design(SCHEDULES[kind]), at)
    present = visits.day != MISSING_DAY
    assert visits.day[present].min() >= at.start_day
    assert visits.day[present].max() < at.end_day
    assert np.array_equal(present, np.sort(present, axis=1)[:, ::-1])  # padding at the end
    order = np.lexsort((visits.site, visits.campaign))
    assert np.array_equal(order, np.arange(visits.n_visit))
    for number in range(visits.campaign.max() + 1):
        days = visits.day[visits.campaign == number]
        assert (days == days[0]).all()
    first = visits.day[np.searchsorted(visits.campaign, np.arange(visits.campaign.max() + 1)), 0]
    assert (np.diff(first) > 0).all()
    for site in range(20):
        days = days_of(visits, site)
        assert days.size == np.unique(days).size
    assert visits.slot.max() < visits.n_slot
    assert not visits.history.any()


@pytest.mark.parametrize("kind", CAMPAIGNS_PER_YEAR)
def test_every_year_has_its_number_of_campaigns(kind):
    visits = lay(design(SCHEDULES[kind]))
    first = visits.day[np.searchsorted(visits.campaign, np.arange(visits.campaign.max() + 1)), 0]
    per_year = Counter(date_of(day).year for day in first.tolist())
    assert per_year == dict.fromkeys(range(2026, 2036), CAMPAIGNS_PER_YEAR[kind])


@pytest.mark.parametrize("n", range(1, 8))
@pytest.mark.parametrize("start", WEEKDAYS)
def test_a_campaign_has_its_number_of_days_within_one_week(n, start):
    visits = lay(design({"kind": "rounds", "per_year": 4}, days=n, start_weekday=start))
    assert visits.day.shape[1] == n
    opens = visits.day - (visits.day + 3 - WEEKDAYS.index(start)) % 7
    assert (opens == opens[:, :1]).all()


@pytest.mark.parametrize(
    ("days", "wanted"),
    [(["Sat", "Sun"], {"Sat", "Sun"}), ("weekend", {"Fri", "Sat", "Sun", "Mon"}),
     (["Tue"], {"Tue"}), (7, set(WEEKDAYS))],
)  # fmt: skip
@pytest.mark.parametrize("kind", ["fixed", "monthly", "continuous", "random_weeks"])
def test_only_the_chosen_weekdays_are_sampled(kind, days, wanted):
    visits = lay(design(SCHEDULES[kind], days=days))
    sampled = {WEEKDAYS[weekday_of(day)] for day in days_of(visits).tolist()}
    assert sampled == wanted


def test_the_same_week_is_the_same_days_in_every_design():
    annual = set(days_of(lay(design())).tolist())
    for kind in ("rounds", "pilot_rhythm", "triggered", "continuous"):
        assert annual <= set(days_of(lay(design(SCHEDULES[kind]))).tolist())
    assert set(days_of(lay(design(days=3))).tolist()) < annual
    staggered = lay(design(SCHEDULES["staggered"]))
    in_week_11 = staggered.site[np.isin(staggered.day[:, 0], list(annual))]
    assert set(in_week_11.tolist()) == set(range(1, 20, 4))


# ------------------------------------------------------------------ one schedule at a time


@given(interval=st.integers(2, 40), offset=st.integers(0, 1))
@settings(max_examples=25, deadline=None)
def test_every_n_days_has_equal_distances(interval, offset):
    visits = lay(
        design({"kind": "every_days", "interval": interval, "offset": offset}), programme(2)
    )
    days = days_of(visits)
    assert days[0] == programme().start_day + offset
    assert (np.diff(days) == interval).all()
    assert days[-1] + interval >= programme(2).end_day


def test_thirteen_days_walk_through_all_weekdays():
    days = days_of(lay(design(SCHEDULES["every_days"])))
    assert all(len({weekday_of(day) for day in days[i : i + 7].tolist()}) == 7 for i in range(99))
    assert 28 <= days.size / 10 <= 28.2


def test_continuous_is_every_day_once():
    at = programme(3)
    days = days_of(lay(design(SCHEDULES["continuous"]), at))
    assert np.array_equal(days, np.arange(at.start_day, at.end_day))


def cells(days):
    season = {12: 0, 1: 0, 2: 0, 3: 1, 4: 1, 5: 1, 6: 2, 7: 2, 8: 2}
    return Counter(
        (date_of(day).year, season.get(date_of(day).month, 3), weekday_of(day))
        for day in days.tolist()
    )


def test_stratified_days_fill_every_weekday_and_season_equally():
    counts = cells(days_of(lay(design(SCHEDULES["stratified_days"]))))
    assert len(counts) == 10 * 28
    assert set(counts.values()) == {2}


def stratified(per_year, seed):
    of = design({"kind": "stratified_days", "per_year": per_year})
    return days_of(lay(of, programme(1), n_site=1, seed=seed))


@given(per_year=st.integers(1, 336), seed=st.integers(0, 3))
@settings(max_examples=20, deadline=None)
def test_stratified_days_differ_by_one_at_most(per_year, seed):
    counts = cells(stratified(per_year, seed))
    assert sum(counts.values()) == per_year
    sizes = [counts.get((2026, season, weekday), 0) for season in range(4) for weekday in range(7)]
    assert max(sizes) - min(sizes) <= 1


@given(per_year=st.integers(28, 335))
@settings(max_examples=20, deadline=None)
def test_more_stratified_days_contain_fewer(per_year):
    fewer = set(stratified(per_year, 0).tolist())
    assert fewer < set(stratified(per_year + 1, 0).tolist())
    assert fewer != set(stratified(per_year, 1).tolist())


def test_random_weeks_move_depend_on_seed_and_draw_alone_and_are_nested():
    def days(**fields):
        seed = fields.pop("seed", 1)
        return days_of(lay(design({"kind": "random_weeks", **fields}), seed=seed)).tolist()

    assert days() == days()
    assert days() != days(seed=2)
    assert days() != days(draw=1)
    assert set(days()) < set(days(per_year=4))
    assert len({week_of(day)[1] for day in days()}) > 5


def test_monthly_is_one_full_week_in_every_month():
    visits = lay(design(SCHEDULES["monthly"]))
    months = [{date_of(day).month for day in row} for row in visits.day[visits.site == 0].tolist()]
    assert [next(iter(month)) for month in months] == list(range(1, 13)) * 10
    assert all(len(month) == 1 for month in months)
    assert visits.n_slot == 12
    assert np.array_equal(visits.slot[visits.site == 3], np.tile(np.arange(12), 10))


def test_groups_have_schedules_of_their_own():
    visits = lay(design(SCHEDULES["groups"]), programme(1))
    per_site = np.bincount(visits.site)
    assert per_site.tolist() == [6, 6] + [3] * 18


def test_staggered_sites_have_one_week_each_and_mixed_sizes():
    visits = lay(design(SCHEDULES["staggered"]), programme(2))
    for site in range(20):
        mine = visits.site == site
        assert mine.sum() == 2
        assert len({week_of(day)[1] for day in visits.day[mine, 0].tolist()}) == 1
    groups = [visits.site[visits.campaign == number].tolist() for number in range(4)]
    assert groups == [list(range(start, 20, 4)) for start in range(4)]
    assert [len(set(visits.batch[visits.campaign == n].tolist())) for n in range(8)] == [1] * 8
    assert len(set(visits.batch.tolist())) == 8


def test_staggered_groups_can_be_named():
    of = design({"kind": "staggered", "weeks": [9, 11], "groups": [["C"], ["A", "B"]]})
    visits = lay(of, programme(1), n_site=3)
    assert visits.site.tolist() == [2, 0, 1]


# ------------------------------------------------------------------ sites


@given(n=st.integers(1, 20), years=st.integers(1, 3))
@settings(max_examples=30, deadline=None)
def test_a_rotating_panel_has_its_size_and_covers_all_sites(n, years):
    at = programme(10)
    visits = lay(design(sites={"kind": "rotating", "n": n, "years": years}), at)
    panels = [set(visits.site[visits.campaign == c].tolist()) for c in range(10)]
    assert all(len(panel) == n for panel in panels)
    turns = -(-20 // n) * years
    if turns <= 10:
        assert set().union(*panels[:turns]) == set(range(20))
    assert all(panels[c] == panels[c - c % years] for c in range(10))


def test_a_rotating_panel_mixes_large_and_small():
    visits = lay(design(sites={"kind": "rotating", "n": 5}))
    for c in range(4):
        sites = visits.site[visits.campaign == c]
        assert (sites < 4).sum() == (sites >= 16).sum() == 1


@pytest.mark.parametrize(
    ("choice", "wanted"),
    [("all", list(range(20))), (["T", "A"], [0, 19]), ({"kind": "largest", "n": 3}, [0, 1, 2]),
     ({"kind": "spread", "n": 4}, [2, 7, 12, 17]), ({"kind": "spread", "n": 20}, list(range(20)))],
)  # fmt: skip
def test_a_subset_of_sites(choice, wanted):
    visits = lay(design(sites=choice), programme(1))
    assert visits.site.tolist() == wanted
