"""Known answers of the conversions."""

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simdesign import units


def test_twelve_nanograms_a_litre_in_forty_thousand_cubic_metres_are_480_milligrams():
    assert units.load_mg_per_day(12.0, 40_000.0) == pytest.approx(480.0)


def test_normalised_load_of_amsterdam_west():
    # 1206.28 mg/(1000 inh d) over 699,648 people are 844 g/d
    assert units.norm_load(843_971.0, 699_648.0) == pytest.approx(1206.28, abs=0.01)
    assert units.residue_g_per_day(1206.28, 699_648.0) == pytest.approx(843.97, abs=0.01)


@given(st.dates(min_value=dt.date(1900, 1, 1), max_value=dt.date(2200, 1, 1)))
def test_days_and_dates_go_both_ways(date):
    day = units.day_of(date)
    assert units.date_of(day) == date
    assert units.weekday_of(day) == date.weekday()
