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
from reference.agent_twin import classes_of, town
from reference.agent_twin import substituted as gone_and_come
from simdesign.simulate import prepare
from simdesign.simulate.mechanism import substituted
from simdesign.spec.change import LevelShift, Substitution
from simdesign.spec.study import Programme

ALIKE = {label: {"propensity_cv": 0.0, "habit_cv": 0.0, "user_dose_cv": 0.0}
         for label in ("light", "regular", "heavy")}  # fmt: skip


def assert_same(one, other, what):
    """Assert that two (value, standard error) differ by chance."""
    off, error = abs(one[0] - other[0]), math.hypot(one[1], other[1])
    assert off <= Z * error, f"{what}: {one[0]:.5g} against {other[0]:.5g}, {off / error:.1f} SE"


def assert_agreement(
    name, inhabitants, mechanism, size, ways=("exact", "gamma"), change=twin.SIZE, **terms
):
    n_town, n_week = size
    world = twin.world_of(name, inhabitants, **terms)
    mean = twin.expectation(world, mechanism, change)
    by_class = twin.agents(world, mechanism, n_town, n_week, seed=1, size=change)
    slow = by_class.sum(axis=1)
    found = twin.moments(slow, mean)
    noise = twin.noise_of(world, mechanism, change)
    shares = twin.shares_of(world, mechanism, change)
    for day in range(7):  # agents against tables: the week, its count noise and its classes
        assert_mean(found["weekday"][:, day], 0.0)
        assert_mean(found["noise"][:, day], noise[day])
        for k in range(shares.shape[1]):
            assert_mean(by_class[:, k, :, day].mean(axis=1) / mean[day], shares[day, k])
    said = twin.summary(slow, mean)
    for way in ways:
        world = twin.world_of(name, inhabitants, counts=way, **terms)
        fast = twin.simulated(world, mechanism, 3 * n_town, n_week, seed=2, size=change)
        drawn = twin.summary(fast, mean)
        for day in range(7):
            assert_mean(fast[:, :, day].mean(axis=1) / mean[day] - 1, 0.0)
        for key in ("mean", "c", "lag-1"):
            assert_same(said[key], drawn[key], f"{way} {key}")
        if way == "exact":  # gamma variables are more skew: by how much, see below
            assert_same(said["skewness"], drawn["skewness"], "exact skewness")
        elif name == "cocaine":  # MDMA has fewer than 30 use-days in a village: exact in part
            wanted = twin.skewness(world, mechanism, gamma=True, size=change)
            assert_same((wanted, 0.0), drawn["skewness"], "gamma skewness")


@pytest.mark.parametrize("mechanism", twin.MECHANISMS, ids=str)
def test_small_towns_agree_by_every_mechanism(mechanism):
    assert_agreement("cocaine", 5_000, mechanism, (60, 20))


@pytest.mark.parametrize("mechanism", twin.MECHANISMS[1:], ids=str)
def test_falls_agree_by_every_mechanism(mechanism):
    assert_agreement("cocaine", 5_000, mechanism, (60, 20), ("gamma",), change=-0.08)


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


@pytest.mark.parametrize("inhabitants", [30_000, 200_000, 700_000])
@pytest.mark.parametrize("mechanism", twin.MECHANISMS[1:], ids=str)
def test_every_mechanism_agrees_in_larger_towns(mechanism, inhabitants):
    size = {30_000: (32, 8), 200_000: (32, 3), 700_000: (32, 3)}[inhabitants]
    assert_agreement("cocaine", inhabitants, mechanism, size, ("gamma",))


@pytest.mark.parametrize("way", ["exact", "gamma"])
@pytest.mark.parametrize("inhabitants", [5_000, 50_000])
def test_substitution_agrees_in_both_substances(inhabitants, way):
    share, exchange, n_town, n_week = 0.3, 0.6, 48, 10
    how = Substitution(source="amphetamine", to="cocaine", exchange=exchange)
    change = LevelShift(size=-share, mechanism=how, at=0.0)
    fields = [twin.world_of(name, inhabitants).substances for name in (how.source, how.to)]
    world = twin.world_of(how.to, inhabitants, counts=way).model_copy(
        update={"substances": fields[0] | fields[1]}
    )
    old, new = world.substances.values()
    prepared = prepare(world, change, Programme(years=1), seed=3, luck="study")
    rng = np.random.default_rng(4)
    before = (classes_of(item, inhabitants) for item in (old, new))
    after = gone_and_come(*before, share, exchange)
    for u, name in enumerate((how.source, how.to)):
        users = substituted(name, world.substances, how, share).regime()
        mean = world.substances[name].level * inhabitants * 1e-6 * users.factor
        by_class = np.stack([town(after[u], n_week, rng) for _ in range(n_town)])
        slow = by_class.sum(axis=1)
        fast = np.empty((3 * n_town, n_week, 7))
        for r in range(3 * n_town):
            truth = prepared.truth(r)
            monday = (-(truth.first_day + 3)) % 7 + 7
            days = truth.residue_load[u, 0, monday : monday + 7 * n_week]
            fast[r] = days.reshape(n_week, 7) * inhabitants * 1e-6
        for drawn in (slow, fast):
            found = twin.moments(drawn, mean)
            for day in range(7):
                assert_mean(found["weekday"][:, day], 0.0)
            assert_mean(found["noise"].mean(axis=1), users.noise.mean())
        for day in range(7):
            for k in range(3):
                assert_mean(by_class[:, k, :, day].mean(axis=1) / mean[day], users.mass[day, k])
        one, other = twin.summary(slow, mean), twin.summary(fast, mean)
        for key in ("mean", "c", "lag-1"):
            assert_same(one[key], other[key], f"{way} {name} {key}")


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
