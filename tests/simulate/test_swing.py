"""How long the shared swing and the deviation of a city last: as long as is said, on the days."""

import numpy as np
import pytest

from mc import assert_mean
from simdesign.simulate import prepare
from simdesign.spec.change import NoChange
from simdesign.spec.study import Programme
from simdesign.spec.world import World

QUIET = {
    "sigma_site": 0.0, "sigma_shared": 0.0, "day_sd": 0.0, "lab_repeat_sd": 0.0, "drift": 0.0,
    "sigma_rw": 0.0, "sigma_rw_site": 0.0, "season_amplitude": 0.0,
}  # fmt: skip
TOWNS = [{"name": name, "population": 1e5} for name in ("here", "there")]
LAGS = (7, 28, 84)


def deviations(n_rep=1500, **values):
    """Return the log load beyond its trend, shape (replication, town, day)."""
    of = World(
        catchments=TOWNS, counts="off", weekdays=False, flow_sd=0, sampling_sd=0,
        substances={"cocaine": QUIET | values},
    )  # fmt: skip
    prepared = prepare(of, NoChange(), Programme(years=1), seed=8, luck="study")
    found = []
    for replication in range(n_rep):
        truth = prepared.truth(replication)
        found.append(np.log(truth.expected_load[0, :, 50:250] / truth.trend_load[0, :, 50:250]))
    return np.array(found)


@pytest.mark.parametrize("weeks", [1.0, 4.0, 12.0])
def test_the_swing_fades_with_its_correlation_time_and_keeps_the_campaign_s_total(weeks):
    found = deviations(sigma_shared=0.1, lab_share=0.0, shared_weeks=weeks)
    np.testing.assert_allclose(found[:, 0], found[:, 1], atol=1e-12)  # the nation's
    week = found[:, 0, :7].mean(axis=1)
    assert_mean(week**2, 0.1**2)  # whatever lasts for how long
    first = found[:, 0, 0]
    variance = 0.1**2 / mean_of_seven(np.exp(-1 / (7 * weeks)))
    for lag in LAGS:
        assert_mean(first * found[:, 0, lag], variance * np.exp(-lag / (7 * weeks)))


def mean_of_seven(phi):
    """Variance of a seven-day mean of a unit process, from its matrix."""
    days = np.arange(7)
    return (phi ** np.abs(days[:, None] - days)).mean()


@pytest.mark.parametrize("site_days", [3.0, 10.0, 40.0])
def test_a_city_s_deviation_fades_with_its_own_and_is_nobody_else_s(site_days):
    found = deviations(sigma_site=0.2, site_days=site_days)
    variance = 0.2**2 / mean_of_seven(np.exp(-1 / site_days))
    assert_mean(found[:, 0, :7].mean(axis=1) ** 2, 0.2**2)
    assert_mean(found[:, 0, 0] * found[:, 1, 0], 0.0)
    for lag in (7, 28):
        assert_mean(found[:, 0, 0] * found[:, 0, lag], variance * np.exp(-lag / site_days))


def test_without_either_nothing_swings():
    assert np.abs(deviations(2)).max() < 1e-12
