"""Users and purity follow their shares of the national trend, and loads do not notice."""

import numpy as np
import pytest

from sample import small
from simdesign.simulate import simulate
from simdesign.spec.change import NoChange
from simdesign.spec.world import World

QUIET = {"sigma_rw": 0.1, "sigma_rw_site": 0.0, "drift": 0.04}


def truth(history=0, **shares):
    world = World(
        catchments=[{"name": "A", "population": 3e5}],
        substances={"cocaine": QUIET},
        weekdays=False,
        streams={"cocaine": shares},
    )
    return simulate(
        world, NoChange(), small.programme(years=4), seed=3, luck="study", replication=1,
        history_years=history,
    )  # fmt: skip


@pytest.mark.parametrize("history", [0, 2])
def test_the_shares_make_the_trend(history):
    found = truth(history, trend_in_users=0.6, trend_in_purity=0.1)
    start = found.n_day - truth().n_day
    trend = found.trend_load[0, 0] / found.trend_load[0, 0, start]
    np.testing.assert_allclose(found.users[0], trend**0.6, rtol=1e-10)
    np.testing.assert_allclose(found.purity[0], 0.743 * trend**0.1, rtol=1e-10)
    assert np.ptp(trend) > 0.05


def test_without_a_share_users_and_purity_stay():
    found = truth(trend_in_users=0.0, trend_in_purity=0.0)
    assert (found.users == 1.0).all()
    assert (found.purity == 0.743).all()


def test_purity_stops_at_its_ceiling():
    world = {"purity": 0.88, "purity_ceiling": 0.89, "drift": 0.5}
    made = World(
        catchments=[{"name": "A", "population": 3e5}],
        substances={"cocaine": world},
        streams={"cocaine": {"trend_in_users": 0.0, "trend_in_purity": 1.0}},
    )
    found = simulate(
        made, NoChange(), small.programme(years=3), seed=3, luck="study", replication=0
    )
    assert found.purity.max() == found.purity[0, -1] == 0.89


def test_loads_are_the_same_whatever_the_shares():
    one, two = truth(), truth(trend_in_users=0.0, trend_in_purity=0.5)
    for name in ("expected_load", "trend_load", "residue_load"):
        np.testing.assert_array_equal(getattr(one, name), getattr(two, name))
