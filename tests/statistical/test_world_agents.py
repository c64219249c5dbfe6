"""Every user one by one, against the regimes and the two ways of drawing counts.

The slow twin knows only who uses how often and how much: a user uses or not, a use leaves a gamma
dose. It shares no formula with the simulator.
"""

import numpy as np
import pytest

from mc import assert_mean
from simdesign._kernels.counts import daily_residue
from simdesign.seeds import Purpose, stream
from simdesign.simulate import regime
from simdesign.spec.world import World

INHABITANTS = 16_000  # gives whole numbers of users: 1800 light, 288 regular, 300 heavy
N_WEEK = 1500
COCAINE = World().substances["cocaine"]
CHANGES = [(None, 0.0), ("more_users", 0.25), ("heavier_use", 0.25), ("higher_purity", 0.15)]


def agents(mechanism, size, seed):
    """Residue of every day [g/d], shape (N_WEEK, 7), Monday first."""
    rng = np.random.default_rng(seed)
    total = np.zeros((N_WEEK, 7))
    for user in COCAINE.classes:
        eaten = COCAINE.level * INHABITANTS / 1000 * user.mass_share  # [mg/d]
        n = eaten / user.residue_mg / user.use_prob
        prob, dose = user.use_prob, user.residue_mg / 1000
        if mechanism == "more_users":
            n *= 1 + size
        if mechanism == "higher_purity":
            dose *= 1 + size
        if mechanism == "heavier_use" and user.name == "heavy":
            prob *= 1 + size / user.mass_share
        assert n == pytest.approx(round(n), abs=1e-6)
        for day in range(7):
            uses = rng.random((N_WEEK, round(n))) < prob * user.weekday_factor[day]
            who, _ = np.nonzero(uses)
            doses = dose * user.dose_cv**2 * rng.gamma(1 / user.dose_cv**2, size=who.size)
            total[:, day] += np.bincount(who, weights=doses, minlength=N_WEEK)
    return total


@pytest.mark.parametrize(("mechanism", "size"), CHANGES)
def test_users_one_by_one_give_the_regime_s_mean_and_noise(mechanism, size):
    found = agents(mechanism, size, seed=8)
    users = regime("cocaine", COCAINE, mechanism=mechanism, size=size)
    mean = COCAINE.level * INHABITANTS * 1e-6 * users.factor  # [g/d]
    for day in range(7):
        assert_mean(found[:, day], mean[day])
        assert_mean((found[:, day] / mean[day] - 1) ** 2 * mean[day], users.noise[day])
    assert_mean(found.mean(axis=1), COCAINE.level * INHABITANTS * 1e-6 * (1 + size))


@pytest.mark.parametrize(("mechanism", "size"), CHANGES)
@pytest.mark.parametrize("exact_below", [0.0, np.inf])
def test_both_ways_of_drawing_counts_have_the_users_moments(mechanism, size, exact_below):
    users = regime("cocaine", COCAINE, mechanism=mechanism, size=size)
    before = regime("cocaine", COCAINE)
    tables = [
        np.stack((getattr(before, name), getattr(users, name)))
        for name in ("noise", "use_days", "mass", "residue", "prob", "dose_cv")
    ]
    mean = COCAINE.level * INHABITANTS * 1e-6 * users.factor
    expected = np.tile(mean, N_WEEK)
    drawn = np.empty(expected.size)
    rng = stream(4, Purpose.COUNTS, "agents")
    stage = np.ones(drawn.size, dtype=np.int64)  # the change is on day 0
    daily_residue(rng, 0, drawn.size, 0, stage, 1.0, exact_below, *tables, expected, drawn)
    slow, fast = agents(mechanism, size, seed=9), drawn.reshape(N_WEEK, 7)
    assert_mean(slow.mean(axis=1) - fast.mean(axis=1), 0.0)
    spread = [((x / mean - 1) ** 2 * mean).mean(axis=1) for x in (slow, fast)]
    assert_mean(spread[0] - spread[1], 0.0)
