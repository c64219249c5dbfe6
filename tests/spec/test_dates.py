"""Rules of dates against tables, against another algorithm and against a plain calendar."""

import calendar
import datetime as dt

import pytest
from dateutil.easter import easter as other_easter

from simdesign.spec.dates import (
    DateList,
    Feast,
    FixedDate,
    WeekdayOfMonth,
    easter,
    kings_day,
    public_holidays,
)


@pytest.mark.parametrize(
    "text",
    ["1818-03-22", "1943-04-25", "2000-04-23", "2024-03-31", "2025-04-20", "2026-04-05",
     "2027-03-28", "2038-04-25"],
)  # fmt: skip
def test_easter_falls_on_known_dates(text):
    date = dt.date.fromisoformat(text)  # the earliest and the latest possible are among them
    assert easter(date.year) == date


def test_easter_agrees_with_another_algorithm_for_five_centuries():
    assert [easter(year) for year in range(1700, 2200)] == [
        other_easter(year) for year in range(1700, 2200)
    ]


def test_moving_feasts_keep_their_weekday():
    for year in range(2020, 2060):
        days = {name: Feast(name=name).dates(year)[0] for name in (
            "carnival", "easter", "ascension", "whitsun")}  # fmt: skip
        assert [days[n].weekday() for n in days] == [6, 6, 3, 6]
        assert days["carnival"] < days["easter"] < days["ascension"] < days["whitsun"]
    assert Feast(name="carnival").dates(2026) == (dt.date(2026, 2, 15),)
    assert Feast(name="ascension").dates(2026) == (dt.date(2026, 5, 14),)
    assert Feast(name="whitsun").dates(2026) == (dt.date(2026, 5, 24),)


def test_kings_day_is_never_a_sunday():
    assert kings_day(2025) == dt.date(2025, 4, 26)  # the 27th was a Sunday
    assert kings_day(2026) == dt.date(2026, 4, 27)
    assert Feast(name="kings_day").dates(2031) == (dt.date(2031, 4, 26),)
    assert all(kings_day(year).weekday() != 6 for year in range(2014, 2100))


def test_public_holidays_of_a_year():
    found = sorted(public_holidays(2026))
    wanted = [(1, 1), (4, 5), (4, 6), (4, 27), (5, 14), (5, 24), (5, 25), (12, 25), (12, 26)]
    assert found == [dt.date(2026, month, day) for month, day in wanted]


@pytest.mark.parametrize("number", [1, 2, 3, 4, -1])
def test_weekdays_of_a_month_are_those_of_the_calendar(number):
    for year in (2024, 2026, 2027):
        for month in (2, 7, 10):
            for weekday in range(7):
                rule = WeekdayOfMonth(month=month, weekday=weekday, number=number)
                listed = [
                    day
                    for day in calendar.Calendar().itermonthdates(year, month)
                    if day.month == month and day.weekday() == weekday
                ]
                assert rule.dates(year) == (listed[number - 1 if number > 0 else -1],)


def test_a_list_has_dates_in_its_own_years_only():
    rule = DateList(days=["2026-07-03", "2026-09-01", "2028-07-02"])
    assert [len(rule.dates(year)) for year in (2025, 2026, 2027, 2028)] == [0, 2, 0, 1]


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: FixedDate(month=2, day=29), "month 2 has 28 days"),
        (lambda: FixedDate(month=4, day=31), "month 4 has 30 days"),
        (lambda: FixedDate(month=13, day=1), "month"),
        (lambda: Feast(name="sinterklaas"), "name"),
        (lambda: WeekdayOfMonth(month=5, weekday=7, number=1), "weekday"),
        (lambda: WeekdayOfMonth(month=5, weekday=1, number=5), "number"),
        (lambda: DateList(days=[]), "days"),
        (lambda: DateList(days=["2026-02-30"]), "days"),
        (lambda: DateList(days=["2026-02-03", "2026-02-01"]), "in order, each once"),
    ],
)
def test_dates_that_do_not_exist_are_refused(make, message):
    with pytest.raises(ValueError, match=message):
        make()
