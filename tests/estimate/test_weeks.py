"""From a file to site-weeks: what is kept, linked, left out and refused."""

import csv
from pathlib import Path

import numpy as np
import pytest

from simdesign.data import read
from simdesign.errors import DataError
from simdesign.estimate.arrays import model_arrays
from simdesign.estimate.priors import PRIORS, Family, prior_draws, scaled
from simdesign.estimate.weeks import site_weeks

HEADER = (
    "Year", "Metabolite", "Country", "City",
    "Wednesday", "Thursday", "Friday", "Saturday", "Sunday", "Monday", "Tuesday",
)  # fmt: skip


def release(path: Path, rows: list[tuple[int, str, str, list[object]]]) -> Path:
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(HEADER)
        for year, country, city, days in rows:
            writer.writerow([year, "cocaine", country, city, *days])
    return path


WEEK: list[object] = [80, 90, 100, 110, 120, 100, 90]


@pytest.fixture
def table(tmp_path):
    rows = [
        (year, country, city, WEEK)
        for country, city in (("NL", "A"), ("NL", "B"), ("BE", "C"), ("FR", "D"))
        for year in (2015, 2018, 2019)
    ]
    rows[1] = (2018, "NL", "A", [80, 0, "NA", 110, 0, 0, 90])
    rows += [(2019, "NL", "E", [0] * 7)]  # never quantified
    return read(release(tmp_path / "all.csv", rows))


def test_the_country_comes_first_and_others_only_when_asked_for(table):
    assert site_weeks(table, "cocaine", "NL").countries == ("NL",)
    assert site_weeks(table, "cocaine", "nl", neighbours=("FR", "DE", "BE")).countries == (
        "NL", "FR", "BE",
    )  # fmt: skip
    every = site_weeks(table, "cocaine", "NL", neighbours=None)
    assert every.countries == ("NL", "BE", "FR")
    assert [every.sites[s] for s in every.site[::3]] == ["A", "B", "C", "D"]
    assert (every.country == np.repeat([0, 0, 1, 2], 3)).all()


def test_what_is_left_out_is_counted(table):
    weeks = site_weeks(table, "cocaine", "NL")
    assert weeks.left_out == {
        "sites without any quantified day": 1, "site-weeks of such sites": 1,
    }  # fmt: skip
    assert weeks.n_week == 6


def test_zero_is_censored_at_the_least_quantified_load_and_na_is_nothing(table):
    weeks = site_weeks(table, "cocaine", "NL")
    days = weeks.log_load[1]
    np.testing.assert_array_equal(weeks.censored[1], [0, 1, 0, 0, 1, 1, 0])
    assert np.isnan(days[2])
    np.testing.assert_allclose(np.exp(days[[1, 4, 5]]), 80.0)
    assert weeks.weekday[1].tolist() == [2, 3, 4, 5, 6, 0, 1]


def test_a_day_follows_the_last_quantified_day_of_its_week(table):
    weeks = site_weeks(table, "cocaine", "NL")
    data = model_arrays(weeks, PRIORS)
    mine = data["clear_week"] == 1
    assert data["clear_gap"][mine].tolist() == [0, 3, 3]
    assert data["below_gap"].tolist() == [1, 1, 2]
    before = data["clear_value"][data["below_before"]]
    np.testing.assert_allclose(np.exp(before), [80.0, 110.0, 110.0])


def test_dutch_weeks_before_2017_are_an_era_of_their_own(table):
    weeks = site_weeks(table, "cocaine", "NL", neighbours=None)
    assert (weeks.noisy == ((weeks.country == 0) & (weeks.year < 2017))).all()
    assert weeks.noisy.sum() == 2
    assert not site_weeks(table, "cocaine", "NL", from_year=2017).noisy.any()


def test_years_after_an_origin_are_not_seen(table):
    weeks = site_weeks(table, "cocaine", "NL", neighbours=None, until_year=2018)
    assert weeks.year.max() == 2018
    assert weeks.typical_load == pytest.approx([95.0, 100.0, 100.0, 100.0])


@pytest.mark.parametrize(
    ("rows", "rule"),
    [
        ([(y, "NL", "A", WEEK) for y in (2018, 2019)], "must have at least two sites"),
        ([(2019, "NL", c, WEEK) for c in "AB"], "must have at least two years"),
        ([(y, "NL", c, [0] * 7) for c in "AB" for y in (2018, 2019)], "must have a quantified day"),
    ],
)
def test_what_cannot_carry_an_estimate_is_refused_in_one_line(tmp_path, rows, rule):
    table = read(release(tmp_path / "all.csv", rows))
    with pytest.raises(DataError, match=rule) as error:
        site_weeks(table, "cocaine", "NL")
    assert "\n" not in str(error.value)


def test_scaled_priors_and_their_draws():
    wide = scaled(sigma_shared=2.0)
    assert [item.name for item in wide] == [item.name for item in PRIORS]
    rng = np.random.default_rng(1)
    draws = prior_draws(wide, 20_000, rng)
    n = 20_000
    for item in wide:
        if item.family is Family.HALF_NORMAL:  # E x^2 = scale^2, SD sqrt(2) scale^2
            error = np.sqrt(2.0 / n) * item.scale**2
            assert abs((draws[item.name] ** 2).mean() - item.scale**2) < 5.0 * error, item.name
        elif item.family is Family.LOG_NORMAL:
            error = item.spread / np.sqrt(n)
            assert abs(np.log(draws[item.name]).mean() - np.log(item.scale)) < 5.0 * error
    with pytest.raises(ValueError, match="must be one of"):
        scaled(day_rho=2.0)
    with pytest.raises(ValueError, match="above 0"):
        scaled(sigma_rw=0.0)
