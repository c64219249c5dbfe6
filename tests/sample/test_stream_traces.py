"""Which mechanism shows in which series: paired with the same world without a change."""

import numpy as np
import pytest

from sample import small
from simdesign.sample import BoughtStreams
from simdesign.simulate import simulate
from simdesign.spec.change import LevelShift, NoChange
from simdesign.spec.world import World

SIZE = 0.15
AT = small.programme(years=5)
SHARP = {
    "purity": {"samples": 10**10},
    "survey": {"every": 1, "respondents": 10**9, "design_effect": 1.0, "bias_drift": 0.0},
}
"""So many that what is left is the trace."""
SEEN = {
    "more_users": (1.0, 1.0 + SIZE),
    "new_light_users": (1.0, None),
    "heavier_use": (1.0, 1.0),
    "more_often": (1.0, 1.0),
    "more_per_occasion": (1.0, 1.0),
    "higher_purity": (1.0 + SIZE, 1.0),
}
"""Mechanism -> factor on purity and on prevalence; None: more than the load, many use little."""


def series(change, replication=0):
    of = World(
        catchments=[{"name": "A", "population": 3e5}, {"name": "B", "population": 1e5}],
        streams={"cocaine": SHARP},
        counts="off",
    )
    truth = simulate(of, change, AT, seed=3, luck="study", replication=replication)
    bought = BoughtStreams(of, AT, ("purity", "survey"), since=AT.start_day, seed=3, luck="study")
    found = bought.draw(truth, replication)
    return found["purity/cocaine"].value, found["survey/cocaine"].value


def ratios(mechanism, where="national"):
    change = LevelShift(size=SIZE, mechanism=mechanism, at=2.0, where=where)
    with_, without = series(change), series(NoChange())
    return [a / b for a, b in zip(with_, without, strict=True)]


@pytest.mark.parametrize("mechanism", SEEN)
def test_each_mechanism_shows_where_it_should_and_only_from_its_date_on(mechanism):
    purity, prevalence = ratios(mechanism)
    expected_purity, expected_prevalence = SEEN[mechanism]
    np.testing.assert_allclose(purity[:2], 1.0, rtol=1e-3)
    np.testing.assert_allclose(prevalence[:2], 1.0, rtol=2e-3)
    np.testing.assert_allclose(purity[3:], expected_purity, rtol=1e-3)
    if expected_prevalence is None:
        assert (prevalence[3:] > 1.0 + SIZE).all()
    else:
        np.testing.assert_allclose(prevalence[3:], expected_prevalence, rtol=2e-3)


@pytest.mark.parametrize("mechanism", ["more_users", "higher_purity"])
def test_a_change_in_one_town_is_not_national(mechanism):
    for ratio in ratios(mechanism, where=("B",)):
        np.testing.assert_allclose(ratio, 1.0, rtol=1e-12)


def test_the_trend_shows_in_both_as_far_as_it_is_theirs():
    for values in series(NoChange()):
        assert np.ptp(np.log(values)) > 0.005
