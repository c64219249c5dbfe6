"""Sewage per inhabitant: its mean, spread, memory and shared weather; and it changes no load."""

import numpy as np
import pytest

from mc import assert_mean
from simdesign.simulate import simulate
from simdesign.simulate.calendar import Calendar
from simdesign.simulate.sewer import Sewers
from simdesign.spec.change import NoChange
from simdesign.spec.study import Programme
from simdesign.spec.world import Catchment, World

TOWNS = (Catchment(name="A", population=2e5), Catchment(name="B", population=5e4))
FLAT = {"dry": 220.0, "cv": 0.4, "rho": 0.5, "shared": 0.6, "season": 0.0, "capacity": 1e9}
LOG_VARIANCE = np.log1p((0.4 * 300 / 80) ** 2)


def world(catchments=TOWNS, **rain):
    return World(catchments=catchments, rain={**FLAT, **rain})


def litres(of, n_rep, years=4, history=0):
    sewers = Sewers(of, Calendar.of(Programme(years=years), history), seed=3, luck="study")
    return np.stack([sewers.litres(replication) for replication in range(n_rep)])


def standard_rain(drawn):
    """Return the standardised log rain behind flat-season sewage."""
    return (np.log((drawn - 220.0) / 80.0) + LOG_VARIANCE / 2) / np.sqrt(LOG_VARIANCE)


def test_mean_and_variation_are_the_stated_ones():
    drawn = litres(world(), 600, years=1)
    day = drawn[:, 0, ::60]  # two months apart: independent
    assert_mean(day, 300.0)
    rain = standard_rain(drawn)[:, 0, 100]
    assert_mean(rain, 0.0)
    assert_mean(rain**2, 1.0)
    # A log-normal with these two moments of the log has CV 0.4 x 300 / 80 around 80.
    mean, variance = 80.0, 80.0**2 * np.expm1(LOG_VARIANCE)
    assert np.sqrt(variance) / (220 + mean) == pytest.approx(0.4, rel=1e-12)
    assert (drawn > 220.0).all()


@pytest.mark.parametrize("rho", [0.0, 0.5, 0.9])
def test_rain_remembers_the_day_before_and_cities_share_the_weather(rho):
    rain = standard_rain(litres(world(rho=rho), 1_500, years=1))
    assert_mean(rain[:, 0, 50] * rain[:, 0, 51], rho)
    assert_mean(rain[:, 0, 50] * rain[:, 0, 53], rho**3)
    assert_mean(rain[:, 0, 50] * rain[:, 1, 50], 0.6)


def test_all_weather_is_shared_or_none():
    together = litres(world(shared=1.0), 2)
    np.testing.assert_array_equal(together[:, 0], together[:, 1])
    apart = standard_rain(litres(world(shared=0.0), 1_500, years=1))
    assert_mean(apart[:, 0, 50] * apart[:, 1, 50], 0.0)


def test_without_variation_sewage_is_its_mean_or_the_season():
    np.testing.assert_allclose(litres(world(cv=0.0), 1), 300.0, rtol=1e-14)
    wave = litres(world(cv=0.0, season=0.5, season_peak=350.0), 1)[0, 0]
    assert wave.mean() == pytest.approx(300.0, abs=0.1)  # four years have whole waves
    assert wave.max() == pytest.approx(220.0 + 80.0 * 1.5)
    assert np.argmax(wave[:365]) + 1 == 350


def test_history_and_other_cities_change_no_number():
    of, more = world(), world((*TOWNS, Catchment(name="C", population=1e4)))
    plain = litres(of, 2)
    assert np.array_equal(litres(more, 2)[:, :2], plain)
    assert np.array_equal(litres(of, 2, history=3)[:, :, -plain.shape[2] :], plain)
    assert np.array_equal(litres(of, 2, years=6)[:, :, : plain.shape[2]], plain)


def test_the_past_continues_the_same_weather():
    """Across the programme's start neighbouring days are correlated as everywhere."""
    days = Calendar.of(Programme(years=1), 1).start
    rain = standard_rain(litres(world(), 1_500, years=1, history=1))
    assert_mean(rain[:, 0, days - 1] * rain[:, 0, days], 0.5)
    assert_mean(rain[:, 0, days - 1] * rain[:, 0, days + 1], 0.25)


def test_rain_changes_no_load():
    def draw(of):
        return simulate(of, NoChange(), Programme(years=1), seed=1, luck="study", replication=0)

    wet, dry = draw(world()), draw(World(catchments=TOWNS))
    assert (dry.litres == 300.0).all()
    assert (wet.litres != dry.litres).all()
    for field in ("expected_load", "trend_load", "residue_load", "waste_load"):
        assert np.array_equal(getattr(wet, field), getattr(dry, field))
