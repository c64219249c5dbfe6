"""A change is as strong as described, day by day, in the towns and substances it is meant for."""

import math

import numpy as np
import pytest

from mc import assert_mean
from simdesign.simulate import prepare, regime
from simdesign.simulate.mechanism import substitution_gain
from simdesign.simulate.users import people_of
from simdesign.spec.change import LevelShift, NoChange, Pulse, SlopeChange
from simdesign.spec.quantity import Normal, Uniform
from simdesign.spec.study import Programme
from simdesign.spec.world import World

PROGRAMME = Programme(years=4)
EXPECTED = World(counts="off", substances={"cocaine": {}, "MDMA": {}})
YEAR = 365.25


def truth(change, world=EXPECTED, replication=0, history_years=0):
    prepared = prepare(
        world, change, PROGRAMME, seed=3, luck="study", history_years=history_years
    )  # fmt: skip
    return prepared.truth(replication)


def ratio(change, world=EXPECTED):
    """Return the expected load relative to that without the change, and the truth."""
    found, same = truth(change, world), truth(NoChange(), world)
    np.testing.assert_allclose(
        found.trend_load / same.trend_load, found.expected_load / same.expected_load, rtol=1e-12
    )
    return found.expected_load / same.expected_load, found


def weekly(ratios, found, name, since):
    """Return the ratio of weekly means from an index on: days weighted by the profile."""
    profile = regime(name, EXPECTED.substances[name]).factor
    n_week = (ratios.size - since) // 7
    days = np.arange(since, since + 7 * n_week)
    weight = profile[(days + found.first_day + 3) % 7]
    return (ratios[days] * weight).reshape(n_week, 7).sum(axis=1) / 7


@pytest.mark.parametrize(
    "mechanism",
    ["more_users", "heavier_use", "new_light_users", "higher_purity", {"more_often": 1.0}],
    ids=str,
)
@pytest.mark.parametrize("size", [-0.05, 0.15])
def test_a_level_shift_holds_from_the_break_day_on(mechanism, size):
    ratios, found = ratio(LevelShift(size=size, mechanism=mechanism, at=1.5))
    since = found.change_day - found.first_day
    assert since == int(1.5 * YEAR)
    for u, name in enumerate(found.substances):
        np.testing.assert_array_equal(ratios[u, :, :since], 1.0)
        np.testing.assert_allclose(weekly(ratios[u, 4], found, name, since), 1 + size, rtol=1e-12)
        np.testing.assert_array_equal(found.change_effect[u, :since], 0.0)
        np.testing.assert_allclose(found.change_effect[u, since:], math.log1p(size), rtol=1e-12)


@pytest.mark.parametrize("mechanism", ["more_users", "heavier_use", {"more_users": 0.5,
                                       "more_per_occasion": 0.5}], ids=str)  # fmt: skip
@pytest.mark.parametrize("slope", [-0.06, 0.08])
@pytest.mark.parametrize("years", [None, 1.5])
def test_a_slope_is_a_line_of_the_log_load_and_then_a_plateau(mechanism, slope, years):
    change = SlopeChange(slope=slope, mechanism=mechanism, at=1.0, years=years)
    ratios, found = ratio(change)
    since = found.change_day - found.first_day
    days = np.arange(found.n_day)
    run = np.clip(days - since, 0, (years or 99) * YEAR)
    np.testing.assert_allclose(found.change_effect, [slope / YEAR * run] * 2, atol=1e-14)
    for u, name in enumerate(found.substances):
        np.testing.assert_array_equal(ratios[u, :, : since + 1], 1.0)
        # within a week the strength moves by 0.0015: days follow it, whatever their weight
        effect = np.exp(slope / YEAR * run[since : since + 7 * ((found.n_day - since) // 7)])
        wanted = effect.reshape(-1, 7).mean(axis=1)
        np.testing.assert_allclose(weekly(ratios[u, 0], found, name, since), wanted, rtol=4e-4)
        if mechanism == "more_users":
            np.testing.assert_allclose(ratios[u, 0], np.exp(slope / YEAR * run), rtol=1e-12)


def test_a_plateau_cancels_the_drift_of_every_substance_as_drawn():
    own = {"drift": Normal(mean=0.05, sd=0.05), "sigma_rw": 0.0, "sigma_rw_site": 0.0}
    world = World(counts="off", weekdays=False, substances={"cocaine": own, "MDMA": own})
    for replication in range(3):
        found = truth(SlopeChange(slope="plateau", at=2.0), world, replication)
        since = found.change_day - found.first_day
        logs = np.log(found.trend_load[:, 0])
        assert np.ptp(logs[:, since:], axis=1).max() < 1e-11
        for u, name in enumerate(found.substances):
            rise = logs[u, since] - logs[u, 0]
            assert rise == pytest.approx(found.drawn[f"{name}.drift"] * since / YEAR, rel=1e-9)


@pytest.mark.parametrize("mechanism", ["more_users", "heavier_use"])
@pytest.mark.parametrize("fade", [0, 13])
def test_a_pulse_comes_back(mechanism, fade):
    change = Pulse(size=-0.15, mechanism=mechanism, days=21, fade_days=fade, at=2.0)
    ratios, found = ratio(change)
    since = found.change_day - found.first_day
    wanted = np.zeros(found.n_day)
    wanted[since : since + 21] = 1.0
    wanted[since + 21 : since + 21 + fade] = np.arange(fade, 0, -1) / (fade + 1)
    np.testing.assert_allclose(found.change_effect[0], math.log(0.85) * wanted, atol=1e-14)
    np.testing.assert_array_equal(ratios[:, :, wanted == 0.0], 1.0)
    full = weekly(ratios[0, 3], found, "cocaine", since)[:3]
    np.testing.assert_allclose(full, 0.85, rtol=1e-12)
    if mechanism == "more_users":
        np.testing.assert_allclose(ratios[1, 2], 0.85**wanted, rtol=1e-12)


def test_a_table_gives_each_substance_its_size():
    change = LevelShift(size={"MDMA": Uniform(low=0.2, high=0.3)}, at=1.0)
    ratios, found = ratio(change)
    drawn = found.drawn["change.size.MDMA"]
    assert 0.2 <= drawn < 0.3
    assert set(found.drawn) >= {"change.size.MDMA", "change.at"}
    np.testing.assert_array_equal(ratios[0], 1.0)
    np.testing.assert_array_equal(found.change_effect[0], 0.0)
    assert found.change_effect[1, -1] == pytest.approx(math.log1p(drawn), rel=1e-12)


def test_a_change_of_some_towns_is_no_national_effect():
    change = SlopeChange(slope=0.2, at=1.0, mechanism="heavier_use", years=1.0,
                         where=("town-03", "town-20"))  # fmt: skip
    ratios, found = ratio(change)
    moved = [s for s in range(20) if np.any(ratios[0, s] != 1.0)]
    assert [found.sites[s] for s in moved] == ["town-03", "town-20"]
    assert weekly(ratios[0, 2], found, "cocaine", found.n_day - 14) == pytest.approx(
        [math.exp(0.2)] * 2, rel=1e-12
    )
    assert not found.change_effect.any()
    np.testing.assert_array_equal(found.purity, truth(NoChange()).purity)
    np.testing.assert_array_equal(found.users, truth(NoChange()).users)


def test_a_substitution_lowers_one_load_and_raises_the_other():
    how = {"from": "MDMA", "to": "cocaine", "exchange": 0.2}
    change = SlopeChange(slope=-0.1, mechanism=how, at=1.0)
    ratios, found = ratio(change)
    gain = substitution_gain(EXPECTED.substances, change.mechanism)
    a = -0.1 / YEAR * np.maximum(np.arange(found.n_day) - (found.change_day - found.first_day), 0)
    np.testing.assert_allclose(found.change_effect[1], a, atol=1e-14)
    raised = np.log1p(gain * (1 - np.exp(a)))
    np.testing.assert_allclose(found.change_effect[0], raised, atol=1e-14)
    np.testing.assert_allclose(ratios[1, 7], np.exp(a), rtol=1e-12)
    last = weekly(ratios[0, 0], found, "cocaine", found.n_day - 7)
    assert last == pytest.approx(np.exp(raised[-4]), rel=1e-4)
    assert found.change_effect[0, -1] > 0.005
    share = 1 - np.exp(a[-1])
    new = sum(people_of(EXPECTED.substances["cocaine"], regime(
        "cocaine", EXPECTED.substances["cocaine"])))  # fmt: skip
    item, old = EXPECTED.substances["cocaine"], EXPECTED.substances["MDMA"]
    more = sum(
        share * 0.2 * old.level / item.level * b.mass_share / b.residue_mg / a.use_prob * 1000
        for a, b in zip(item.classes, old.classes, strict=True)
    )
    before = truth(NoChange())
    assert found.users[0, -1] / before.users[0, -1] == pytest.approx(1 + more / new, rel=1e-3)


def test_purity_and_users_follow_the_mechanism():
    same = truth(NoChange())
    change = SlopeChange(slope=0.05, mechanism={"more_users": 0.4, "higher_purity": 0.6}, at=1.0)
    found = truth(change)
    for u in range(2):
        effect = found.change_effect[u]
        np.testing.assert_allclose(found.users[u] / same.users[u], np.exp(0.4 * effect), rtol=1e-4)
        np.testing.assert_allclose(
            found.purity[u] / same.purity[u], np.exp(0.6 * effect), rtol=1e-4
        )
    for mechanism in ("heavier_use", "more_often", "more_per_occasion"):
        found = truth(LevelShift(size=0.1, mechanism=mechanism, at=1.0))
        np.testing.assert_allclose(found.users, same.users, rtol=1e-12)
        np.testing.assert_array_equal(found.purity, same.purity)


def test_counts_are_those_of_the_nearest_stage():
    """A purity that rises for years: at its end the count noise is that of the new users."""
    quiet = {
        "sigma_site": 0.0, "sigma_shared": 0.0, "day_sd": 0.0, "lab_repeat_sd": 0.0,
        "sigma_rw": 0.0, "sigma_rw_site": 0.0, "season_amplitude": 0.0, "purity": 0.3,
    }  # fmt: skip
    towns = [{"name": f"t{n}", "population": 10_000.0} for n in range(8)]
    world = World(catchments=towns, weekdays=False, flow_sd=0, sampling_sd=0,
                  substances={"cocaine": quiet})  # fmt: skip
    change = SlopeChange(slope=0.5, mechanism="higher_purity", at=0.0, years=2.0)
    found = truth(change, world)
    grams = found.expected_load[0] * 0.01
    noise = (found.residue_load[0] / found.expected_load[0] - 1) ** 2 * grams
    item = world.substances["cocaine"]
    c = regime("cocaine", item, weekdays=False).noise[0]
    assert_mean(noise[:, -700:] / c, math.e)
    half = slice(int(YEAR) - 20, int(YEAR) + 20)
    assert_mean(noise[:, half] / c, math.exp(0.5))


def test_history_and_longer_programmes_change_nothing():
    change = SlopeChange(slope=0.1, mechanism="heavier_use", at=1.0, years=1.0)
    found, longer = truth(change), truth(change, history_years=2)
    n = longer.n_day - found.n_day
    np.testing.assert_array_equal(longer.change_effect[:, n:], found.change_effect)
    np.testing.assert_array_equal(longer.expected_load[..., n:], found.expected_load)
    assert longer.change_day == found.change_day
