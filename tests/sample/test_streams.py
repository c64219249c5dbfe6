"""Purity tests and surveys: means, errors, lags, and numbers that depend on their address alone."""

import dataclasses
import datetime as dt

import numpy as np
import pytest
from scipy import stats

import mc
from sample import small
from simdesign.sample import BoughtStreams
from simdesign.units import DAYS_PER_YEAR, date_of, day_of

BOTH = ("purity", "survey")
START = day_of(dt.date(2026, 1, 1))
YEARS = 6
AT = small.programme(years=YEARS)
N_REP = 4_000


def world(substances=("cocaine",), **series):
    """Return a world whose series of cocaine have some fields replaced."""
    streams = {"cocaine": series} if series else {}
    plain = small.world(2, substances={name: {} for name in substances})
    return type(plain).model_validate(plain.model_dump() | {"streams": streams})


def truth(of, purity=0.7, users=1.0, first_day=START, end=None):
    """Return a truth with given paths of purity and users, shape (t,) or constant."""
    n_day = (AT.end_day if end is None else end) - first_day
    made = small.truth(of, first_day=first_day, n_day=n_day)
    shape = (len(of.substances), n_day)
    return dataclasses.replace(
        made,
        purity=np.broadcast_to(purity, shape).copy(),
        users=np.broadcast_to(users, shape).copy(),
    )


def bought(of, kinds=BOTH, *, at=AT, since=START, seed=5, luck="study"):
    return BoughtStreams(of, at, kinds, since=since, seed=seed, luck=luck)


def draws(source, real, name, n_rep=N_REP):
    """Return values and standard errors of many replications, each (r, n)."""
    series = [source.draw(real, r)[name] for r in range(n_rep)]
    return np.array([s.value for s in series]), np.array([s.standard_error for s in series])


def year_of(day):
    return date_of(day).year


def test_purity_is_the_period_s_mean_with_the_error_of_so_many_samples():
    of = world(purity={"per_year": 4, "samples": 400, "sample_sd": 0.2})
    days = np.arange(START, AT.end_day)
    path = 0.5 + 0.3 * (days - START) / days.size
    source = bought(of, ("purity",))
    value, error = draws(source, truth(of, purity=path), "purity/cocaine", 2_000)
    assert value.shape == (2_000, 4 * YEARS)
    np.testing.assert_allclose(error, 0.2 / np.sqrt(100), rtol=1e-12)
    quarter = np.array([4 * year_of(d) + (date_of(d).month - 1) // 3 for d in days])
    expected = np.array([path[quarter == q].mean() for q in np.unique(quarter)])
    for i in (0, 7, 23):
        mc.assert_mean(value[:, i], expected[i])
        mc.assert_mean((value[:, i] - expected[i]) ** 2, 0.02**2)
    mc.assert_mean((value[:, 3] - expected[3]) * (value[:, 4] - expected[4]), 0.0)


def test_a_year_s_error_is_the_mean_of_its_quarters_errors():
    year = bought(world(purity={"per_year": 1}), ("purity",))
    quarters = bought(world(purity={"per_year": 4}), ("purity",))
    real = truth(world())
    for r in range(3):
        whole = year.draw(real, r)["purity/cocaine"].value
        parts = quarters.draw(real, r)["purity/cocaine"].value.reshape(YEARS, 4)
        np.testing.assert_allclose(whole, parts.mean(axis=1), rtol=1e-12)


def test_purity_stays_a_share():
    of = world(purity={"samples": 1, "sample_sd": 0.5})
    value, _ = draws(bought(of, ("purity",)), truth(of, purity=0.95), "purity/cocaine", 200)
    assert value.max() == 1.0
    assert value.min() >= 0.0


SURVEY = {"every": 1, "respondents": 3_000, "design_effect": 1.5, "prevalence": 0.02}


def test_prevalence_is_that_of_the_users_of_the_year():
    of = world(survey=SURVEY | {"bias_drift": 0.0})
    days = np.arange(START, AT.end_day)
    users = np.where(days < START + 1000, 1.0, 1.4)
    value, error = draws(bought(of), truth(of, users=users), "survey/cocaine")
    for i, year in enumerate(range(2026, 2026 + YEARS)):
        in_year = np.array([year_of(d) == year for d in days])
        expected = 0.02 * users[in_year].mean()
        mc.assert_mean(value[:, i], expected)
        variance = 1.5 * expected * (1 - expected) / 3_000
        mc.assert_mean((value[:, i] - expected) ** 2, variance)
        # the stated error knows the estimate only, and adds half a positive answer
        assert np.mean(error[:, i] ** 2) == pytest.approx(variance, rel=0.03)
    assert not np.array_equal(value[:, 0], value[:, 1])


def test_few_users_give_counts_and_never_an_error_of_zero():
    of = world(survey=SURVEY | {"prevalence": 1e-4, "bias_drift": 0.0})
    value, error = draws(bought(of), truth(of), "survey/cocaine", 1_000)
    counts = value[:, 0] * 2_000
    np.testing.assert_allclose(counts, np.round(counts), atol=1e-9)
    for k in (0, 1):
        mc.assert_proportion(
            int((np.round(counts) == k).sum()), 1_000, stats.binom.pmf(k, 2_000, 1e-4)
        )
    assert error.min() > 0.0


def test_a_constant_and_a_drifting_bias_of_response():
    fields = SURVEY | {"bias": -0.5, "bias_drift": 0.2}
    of = world(survey=fields)
    value, _ = draws(bought(of), truth(of), "survey/cocaine")
    for i in (0, 5):
        middle = (day_of(dt.date(2026 + i, 1, 1)) + day_of(dt.date(2026 + i, 12, 31))) // 2
        years = (middle - START) / DAYS_PER_YEAR
        mc.assert_mean(value[:, i], 0.02 * np.exp(-0.5 + 0.2 * years))


def test_a_drift_that_is_a_distribution_is_drawn_once_a_replication():
    many = {"respondents": 10**9, "design_effect": 1.0}
    drift = {"dist": "normal", "mean": 0.0, "sd": 0.05}
    of = world(survey=SURVEY | many | {"bias_drift": drift})
    value, _ = draws(bought(of), truth(of), "survey/cocaine", 2_000)
    years = (bought(of).draw(truth(of), 0)["survey/cocaine"].day - START) / DAYS_PER_YEAR
    slope = np.log(value / 0.02) / years
    assert np.ptp(slope, axis=1).max() < 0.01  # one drift for all years of a replication
    mc.assert_mean(slope[:, -1], 0.0)
    mc.assert_mean(slope[:, -1] ** 2, 0.05**2)


def test_more_users_never_give_fewer_positive_answers():
    of = world(survey=SURVEY)
    source = bought(of)
    for r in range(50):
        few = source.draw(truth(of), r)["survey/cocaine"].value
        many = source.draw(truth(of, users=1.01), r)["survey/cocaine"].value
        assert (many >= few).all()


def test_everybody_is_the_most_that_can_say_yes():
    of = world(survey=SURVEY | {"prevalence": 0.9})
    value, _ = draws(bought(of), truth(of, users=3.0), "survey/cocaine", 5)
    assert (value == 1.0).all()


def test_days_and_reports_of_both_series():
    of = world(
        purity={"per_year": 4, "report_lag": 30},
        survey={"every": 2, "offset": 1, "report_lag": 200},
    )
    found = bought(of).draw(truth(of), 0)
    assert list(found) == ["purity/cocaine", "survey/cocaine"]
    assert [item.kind for item in found.values()] == ["purity", "survey"]
    purity, survey = found.values()
    assert date_of(purity.day[0]) == dt.date(2026, 2, 14)
    assert date_of(purity.reported_day[0] - 30) == dt.date(2026, 3, 31)
    assert purity.day.size == 4 * YEARS
    assert [year_of(day) for day in survey.day] == [2027, 2029, 2031]
    assert date_of(survey.reported_day[0] - 200) == dt.date(2027, 12, 31)
    known = purity.known_at(int(purity.reported_day[4]))
    np.testing.assert_array_equal(known.value, purity.value[:5])
    assert purity.known_at(int(purity.reported_day[4]) - 1).value.size == 4


def test_only_whole_periods_within_what_is_looked_at():
    of = world(purity={"per_year": 4}, survey={"every": 1})
    early = day_of(dt.date(2024, 5, 1))
    found = bought(of, since=early).draw(truth(of, first_day=early), 0)
    assert date_of(found["purity/cocaine"].day[0]) == dt.date(2024, 8, 15)
    assert year_of(found["survey/cocaine"].day[0]) == 2025
    late = bought(of).draw(truth(of), 0)
    for name, series in late.items():  # looking back adds numbers and changes none
        np.testing.assert_array_equal(found[name].value[-series.value.size :], series.value)


def test_a_number_depends_on_its_address_alone():
    of = world()
    real = truth(of)
    one = bought(of).draw(real, 3)
    bought(of).draw(real, 2)
    wide = world(("MDMA", "cocaine"))
    others = [
        bought(of).draw(real, 3),
        bought(of, ("survey", "purity")).draw(real, 3),
        bought(wide).draw(truth(wide), 3),
    ]
    for other in others:
        for name, series in one.items():
            np.testing.assert_array_equal(other[name].value, series.value)
    longer = small.programme(years=YEARS + 2)
    more = bought(of, at=longer).draw(truth(of, end=longer.end_day), 3)
    for name, series in one.items():
        np.testing.assert_array_equal(more[name].value[: series.value.size], series.value)
    values = [
        bought(of).draw(real, 4),
        bought(of, seed=6).draw(real, 3),
        bought(of, luck="null").draw(real, 3),
    ]
    for name, series in one.items():
        for other in values:
            assert (other[name].value != series.value).any()


def test_a_failed_world_has_the_same_series_without_values():
    of = world()
    source = bought(of)
    blank, found = source.unknown(), source.draw(truth(of), 0)
    assert list(blank) == list(found)
    for name, series in found.items():
        assert np.isnan(blank[name].value).all()
        np.testing.assert_array_equal(blank[name].reported_day, series.reported_day)


def test_nothing_bought_is_nothing():
    assert bought(world(), ()).draw(truth(world()), 0) == {}
