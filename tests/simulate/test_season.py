"""The second harmonic and the wandering peak: what they mean, and what they leave alone."""

import numpy as np
import pytest

from mc import assert_mean
from simdesign.spec.quantity import HalfNormal
from simdesign.spec.world import World
from simulate.quiet import QUIET, prepared, quiet, truth

OFF = {"half_year_amplitude": 0.0, "half_year_peak": 100.0, "drift": 0.0}


def season(amplitude=0.0, peak=15.0, **values):
    """Log season of every day of a world with an annual harmonic and the optional part."""
    world = quiet()
    one = QUIET | {"season_amplitude": amplitude, "season_peak": peak, "season": OFF | values}
    return World.model_validate(world.model_dump() | {"substances": {"cocaine": one}})


def logs(world, **keywords):
    found = truth(world, **keywords)
    np.testing.assert_allclose(found.trend_load, found.trend_load[:, :, :1] * np.ones(found.n_day))
    return np.log(found.expected_load[0] / found.trend_load[0])


def test_a_second_harmonic_has_two_equal_maxima_a_year():
    found = logs(season(half_year_amplitude=0.2, half_year_peak=60.0))[0]
    year = found[:365]
    assert set(np.flatnonzero(year > 0.2 * np.cos(4 * np.pi / 365.25)) + 1) >= {60, 243}
    assert year.max() == pytest.approx(0.2, rel=1e-9)
    assert year.min() == pytest.approx(-0.2, rel=1e-3)
    assert year.mean() == pytest.approx(0.0, abs=1e-3)  # the year is not a whole period


def test_harmonics_add_up():
    both = logs(season(0.1, 15.0, half_year_amplitude=0.2))
    one, two = logs(season(0.1, 15.0)), logs(season(half_year_amplitude=0.2))
    np.testing.assert_allclose(both, one + two, atol=1e-14)


def test_all_of_it_at_zero_is_the_same_season():
    with_term = truth(season(0.1, 15.0))
    core = World.model_validate(
        quiet().model_dump()
        | {"substances": {"cocaine": QUIET | {"season_amplitude": 0.1, "season_peak": 15.0}}}
    )
    np.testing.assert_array_equal(with_term.expected_load, truth(core).expected_load)


def peaks(world, replication, years, history_years=0):
    """Days by which the annual maximum is later than day 183, in every year."""
    found = truth(world, replication, years=years, history_years=history_years)
    log = np.log(found.expected_load[0, 0] / found.trend_load[0, 0])
    n = years + history_years
    middle = [np.argmax(log[round(365.25 * k) : round(365.25 * (k + 1))]) + 1 for k in range(n)]
    return np.array(middle) - 183.0


def test_the_peak_wanders_and_the_season_never_jumps():
    world = season(0.3, 183.0, drift=10.0)
    late = peaks(world, 1, years=8)
    assert np.unique(late).size > 4
    log = logs(world, replication=1, years=8)[0]
    # The steepest an undisturbed season can be is 2 pi a / 365.25 a day; a late year is
    # stretched or squeezed by the wander of its peak, here by less than a third.
    assert np.abs(np.diff(log)).max() < 1.35 * 2 * np.pi * 0.3 / 365.25
    still = logs(season(0.3, 183.0), years=8)[0]
    np.testing.assert_allclose(log[0], still[0], atol=1e-15)  # not late on the first day


def test_the_wander_is_a_random_walk_over_years():
    # A quarter of a year after 1 January: there the season is -a sin(late), which has an inverse.
    world = prepared(season(0.3, 1 + 365.25 / 4, drift=10.0), years=4)
    border = [0, 365, 730, 1095]  # 1 January 2026 to 2029
    late = []
    for replication in range(1500):
        found = world.truth(replication)
        log = np.log(found.expected_load[0, 0, border] / found.trend_load[0, 0, border])
        late.append(-np.arcsin(log / 0.3) * 365.25 / (2 * np.pi))
    late = np.array(late)
    np.testing.assert_allclose(late[:, 0], 0.0, atol=1e-9)
    for year in (1, 2, 3):
        assert_mean(late[:, year], 0.0)
        assert_mean(late[:, year] ** 2, 100.0 * year)
    assert_mean((late[:, 2] - late[:, 1]) * late[:, 1], 0.0)  # steps are independent


def test_a_history_and_a_longer_programme_leave_the_wander_of_the_years_between():
    world = season(0.3, 183.0, drift=10.0, half_year_amplitude=0.1)
    short = logs(world, years=2)
    np.testing.assert_array_equal(logs(world, years=5)[:, : short.shape[1]], short)
    longer = logs(world, years=2, history_years=3)
    np.testing.assert_allclose(longer[:, -short.shape[1] :], short, atol=1e-14)
    assert np.unique(peaks(world, 0, years=2, history_years=3)[:3]).size > 1


def test_drawn_parameters_are_told_and_belong_to_one_substance():
    content = {"half_year_amplitude": HalfNormal(scale=0.1), "half_year_peak": 80.0, "drift": 5.0}
    world = quiet(substances=("cocaine", "MDMA"), season=content)
    first, second = (truth(world, replication).drawn for replication in (0, 1))
    name = "season.half_year_amplitude"
    assert len({first[f"{s}.{name}"] for s in world.substances}) == 2
    assert first[f"cocaine.{name}"] != second[f"cocaine.{name}"]
    assert first["MDMA.season.drift"] == 5.0
    alone = truth(quiet(season=content))
    np.testing.assert_array_equal(alone.expected_load[0], truth(world).expected_load[0])
