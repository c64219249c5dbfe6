"""Every user one by one against the regimes and the two ways of drawing counts.

The agents share no formula with the simulator (tests/reference/agent_twin.py). Towns are the
independent units: a statistic is computed within each, around the weekday means of its own
people, and its mean over towns is compared within five standard errors of the difference.
"""

import math

import agent_agreement as twin
import numpy as np
import pytest

from mc import Z, assert_mean

ALIKE = {label: {"propensity_cv": 0.0, "habit_cv": 0.0, "user_dose_cv": 0.0}
         for label in ("light", "regular", "heavy")}  # fmt: skip


def assert_same(one, other, what):
    """Assert that two (value, standard error) differ by chance."""
    off, error = abs(one[0] - other[0]), math.hypot(one[1], other[1])
    assert off <= Z * error, f"{what}: {one[0]:.5g} against {other[0]:.5g}, {off / error:.1f} SE"


def assert_agreement(name, inhabitants, mechanism, size, ways=("exact", "gamma"), **terms):
    n_town, n_week = size
    world = twin.world_of(name, inhabitants, **terms)
    mean = twin.expectation(world, mechanism)
    by_class = twin.agents(world, mechanism, n_town, n_week, seed=1)
    slow = by_class.sum(axis=1)
    found = twin.moments(slow, mean)
    noise, shares = twin.noise_of(world, mechanism), twin.shares_of(world, mechanism)
    for day in range(7):  # agents against tables: the week, its count noise and its classes
        assert_mean(found["weekday"][:, day], 0.0)
        assert_mean(found["noise"][:, day], noise[day])
        for k in range(shares.shape[1]):
            assert_mean(by_class[:, k, :, day].mean(axis=1) / mean[day], shares[day, k])
    said = twin.summary(slow, mean)
    for way in ways:
        world = twin.world_of(name, inhabitants, counts=way, **terms)
        fast = twin.simulated(world, mechanism, 3 * n_town, n_week, seed=2)
        drawn = twin.summary(fast, mean)
        for day in range(7):
            assert_mean(fast[:, :, day].mean(axis=1) / mean[day] - 1, 0.0)
        for key in ("mean", "c", "lag-1"):
            assert_same(said[key], drawn[key], f"{way} {key}")


@pytest.mark.parametrize("mechanism", twin.MECHANISMS, ids=str)
def test_small_towns_agree_by_every_mechanism(mechanism):
    assert_agreement("cocaine", 5_000, mechanism, (60, 20))


@pytest.mark.parametrize("mechanism", [None, "heavier_use"])
def test_users_who_differ_for_years_agree(mechanism):
    assert_agreement("cocaine", 5_000, mechanism, (100, 20), spread=twin.SPREAD)


@pytest.mark.parametrize("name", ["cocaine", "MDMA"])
def test_carry_over_agrees(name):
    assert_agreement(name, 5_000, None, (60, 20), **twin.CARRIED)


@pytest.mark.parametrize(
    ("inhabitants", "mechanism", "size"),
    [(50_000, "heavier_use", (40, 10)), (700_000, "more_often", (32, 4))],
)
def test_larger_towns_agree(inhabitants, mechanism, size):
    spread_and_carried = {"spread": twin.SPREAD} | twin.CARRIED
    assert_agreement("cocaine", inhabitants, mechanism, size, ("gamma",), **spread_and_carried)


def test_exact_classes_are_as_skew_as_users_and_gamma_variables_more_than_twice():
    world = twin.world_of("cocaine", 5_000, spread=ALIKE)
    mean = twin.expectation(world, None)
    users, gamma = twin.skewness(world), twin.skewness(world, gamma=True)
    slow = twin.agents(world, None, 200, 25, seed=3).sum(axis=1)
    value, error = twin.summary(slow, mean)["skewness"]
    assert abs(value - users) < Z * error
    assert value + Z * error < gamma  # the difference is real
    for counts, wanted in (("exact", users), ("gamma", gamma)):
        world = twin.world_of("cocaine", 5_000, counts=counts, spread=ALIKE)
        value, error = twin.summary(twin.simulated(world, None, 800, 50, 4), mean)["skewness"]
        assert abs(value - wanted) < Z * error
    assert 2.0 < gamma / users < 3.0


@pytest.mark.parametrize("name", ["cocaine", "MDMA"])
def test_towns_divide_over_the_classes_alike(name):
    world = twin.world_of(name, 5_000, spread=twin.SPREAD)
    slow = twin.agents_shares(world, 1500, seed=5)
    fast = twin.drawn_shares(world, 6000, seed=6)
    for k in range(3):
        assert_same(twin.mean_of(slow[:, k]), twin.mean_of(fast[:, k]), "mean share")
        spread = [twin.mean_of((x[:, k] - x[:, k].mean()) ** 2) for x in (slow, fast)]
        assert_same(*spread, "variance of a share")
        assert np.sqrt(spread[0][0]) > 0.001
