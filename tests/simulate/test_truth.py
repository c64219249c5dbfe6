"""Each term of the world has its sign and its limit."""

import datetime as dt

import numpy as np
import pytest

from mc import assert_mean
from simdesign.errors import SpecError
from simdesign.records import MISSING_DAY
from simdesign.simulate import DRAWN_FIELDS, prepare, simulate
from simdesign.spec.catalogue import SUBSTANCES, catchments
from simdesign.spec.change import LevelShift, NoChange
from simdesign.spec.quantity import Choice, HalfNormal
from simdesign.spec.study import Programme
from simdesign.spec.world import World
from simdesign.units import DAYS_PER_YEAR, day_of

QUIET = {
    "sigma_site": 0.0, "sigma_shared": 0.0, "day_sd": 0.0, "lab_repeat_sd": 0.0, "drift": 0.0,
    "sigma_rw": 0.0, "sigma_rw_site": 0.0, "season_amplitude": 0.0,
}  # fmt: skip
TOWNS = catchments("dutch20")[:4]


def world(weekdays=False, counts="off", **values):
    return World(
        catchments=TOWNS, counts=counts, weekdays=weekdays, flow_sd=0, sampling_sd=0,
        substances={"cocaine": QUIET | values},
    )  # fmt: skip


def draw(described, change=None, programme=None, replication=0):
    return simulate(
        described,
        change or NoChange(),
        programme or Programme(years=2),
        seed=1,
        luck="study",
        replication=replication,
    )


def test_a_world_without_any_term_has_its_levels():
    truth = draw(world())
    level = 900.0 * np.array([town["level"] for town in TOWNS])
    for loads in (truth.expected_load, truth.trend_load, truth.residue_load):
        np.testing.assert_allclose(loads[0], level[:, None] * np.ones(truth.n_day), rtol=1e-12)


def test_the_days_are_the_programme_s():
    programme = Programme(start=dt.date(2027, 3, 1), years=3)
    truth = draw(world(), programme=programme)
    assert truth.first_day == programme.start_day
    assert truth.n_day == programme.end_day - programme.start_day
    assert truth.change_day == MISSING_DAY
    assert not truth.change_effect.any()


def test_weekdays_fall_on_their_days_with_mean_one():
    truth = draw(world(weekdays=True))
    week = truth.expected_load[0, 0] / (900.0 * TOWNS[0]["level"])
    assert week[:7].mean() == pytest.approx(1.0, rel=1e-12)
    sunday = day_of(dt.date(2026, 1, 4)) - truth.first_day
    thursday = day_of(dt.date(2026, 1, 8)) - truth.first_day
    assert week[:7].argmax() == sunday
    assert week[4:11].argmin() + 4 == thursday


def test_drift_is_a_straight_line_per_year():
    truth = draw(world(drift=0.1))
    logs = np.log(truth.trend_load[0, 0] / (900.0 * TOWNS[0]["level"]))
    np.testing.assert_allclose(logs, 0.1 * np.arange(truth.n_day) / DAYS_PER_YEAR, atol=1e-12)


def test_season_peaks_on_its_day_and_is_no_trend():
    truth = draw(world(season_amplitude=0.2, season_peak=200.0))
    logs = np.log(truth.expected_load[0, 0] / truth.trend_load[0, 0])
    assert logs[:365].argmax() == 199  # day 200 of the year
    assert logs.max() == pytest.approx(0.2, rel=1e-9)
    assert np.ptp(truth.trend_load[0, 0]) < 1e-9


def test_walks_are_trend_and_swings_are_not():
    truth = draw(world(sigma_rw=0.1, sigma_shared=0.1))
    trend = np.log(truth.trend_load[0])
    assert np.ptp(trend, axis=1).min() > 0.01
    np.testing.assert_allclose(trend - trend[:, :1], (trend - trend[:, :1])[:1] * np.ones((4, 1)))
    swing = np.log(truth.expected_load[0] / truth.trend_load[0])
    np.testing.assert_allclose(swing, swing[:1] * np.ones((4, 1)), atol=1e-12)
    assert np.ptp(swing) > 0.01


def test_the_national_walk_has_its_sd_per_year():
    programme = Programme(years=2)
    prepared = prepare(
        world(sigma_rw=0.1, sigma_rw_site=0.2), NoChange(), programme, seed=2, luck="study"
    )
    last = []
    for replication in range(600):
        logs = np.log(prepared.truth(replication).trend_load[0])
        last.append(logs[:, -1] - logs[:, 0])
    last = np.array(last)
    years = (prepared.n_day - 1) / DAYS_PER_YEAR
    assert_mean(last[:, 0] ** 2, years * (0.1**2 + 0.2**2))
    assert_mean(last[:, 0] * last[:, 1], years * 0.1**2)


def test_all_of_the_shared_error_in_the_laboratory_leaves_no_swing():
    truth = draw(world(sigma_shared=0.1, lab_share=1.0))
    np.testing.assert_allclose(truth.expected_load, truth.trend_load, rtol=1e-12)


def test_drawn_holds_every_parameter_of_every_substance():
    described = World(
        catchments=TOWNS,
        substances={
            "cocaine": {"sigma_shared": HalfNormal(scale=0.08), "r_lab": Choice(values=(0, 0.8))},
            "MDMA": {},
        },
    )
    truth = draw(described, LevelShift(size=0.2, at=1.25))
    fields = (*DRAWN_FIELDS, "day_sd", "day_rho", "totals_met")
    wanted = {f"{name}.{field}" for name in ("cocaine", "MDMA") for field in fields}
    assert set(truth.drawn) == wanted | {"change.size", "change.at"}
    assert truth.drawn["change.size"] == 0.2
    assert truth.drawn["change.at"] == 1.25
    assert truth.change_day == truth.first_day + int(1.25 * 365.25)
    assert truth.drawn["cocaine.r_lab"] in (0.0, 0.8)
    assert truth.drawn["MDMA.sigma_site"] == 0.224
    null = draw(described)
    assert null.drawn["change.size"] == 0.0
    assert np.isnan(null.drawn["change.at"])


def test_break_days_fill_programme_years_three_to_seven():
    programme = Programme()
    prepared = prepare(
        World(catchments=TOWNS[:1], counts="off"), LevelShift(), programme, seed=1, luck="study"
    )
    after = np.array([prepared.truth(r).change_day for r in range(300)]) - programme.start_day
    assert after.min() >= int(2 * DAYS_PER_YEAR)
    assert after.max() < 7 * DAYS_PER_YEAR
    assert_mean(after, 4.5 * DAYS_PER_YEAR - 0.5)


@pytest.mark.parametrize("name", SUBSTANCES)
@pytest.mark.parametrize("counts", ["gamma", "exact"])
def test_every_substance_gives_positive_finite_expectations(name, counts):
    truth = draw(World(substances={name: {}}, counts=counts))
    assert np.isfinite(truth.expected_load).all()
    assert (truth.expected_load > 0).all()
    assert (truth.residue_load >= 0).all()
    assert truth.residue_load.mean() == pytest.approx(truth.expected_load.mean(), rel=0.02)


def test_a_hamlet_is_drawn_class_by_class_even_with_gamma_counts():
    hamlet = [{"name": "hamlet", "population": 200.0, "level": 1.0}]
    described = world(counts="gamma").model_copy(
        update={"catchments": World(catchments=hamlet).catchments}
    )
    truth = draw(described)  # 0.18 g of residue a day: about three use-days
    assert (truth.residue_load == 0).any()
    exact = draw(described.model_copy(update={"counts": "exact"}))
    np.testing.assert_array_equal(truth.residue_load, exact.residue_load)


def test_a_negative_history_is_refused():
    with pytest.raises(SpecError, match="history_years: must be >= 0, got -1"):
        prepare(world(), NoChange(), Programme(), seed=1, luck="study", history_years=-1)
