"""Simulation shows the traces that the closed forms say, and the page says what they are."""

import math
from pathlib import Path

import numpy as np
import pytest

from mc import assert_mean
from simdesign.simulate import prepare
from simdesign.simulate.mechanism import substituted
from simdesign.simulate.traces import (
    contrast_variance,
    rounds_to_see,
    shocks_table,
    sizes_table,
    table,
    trace,
    trace_of,
    week_heterogeneity,
)
from simdesign.simulate.users import Users
from simdesign.spec.change import MECHANISMS, LevelShift, NoChange, Substitution
from simdesign.spec.study import Programme
from simdesign.spec.world import World
from simdesign.units import weekday_of

PAGE = Path(__file__).parents[2] / "docs" / "changes.md"
WEEKEND, MIDWEEK = (0, 4, 5, 6), (1, 2, 3)
QUIET = {
    "sigma_site": 0.0, "sigma_shared": 0.0, "day_sd": 0.0, "lab_repeat_sd": 0.0, "drift": 0.0,
    "sigma_rw": 0.0, "sigma_rw_site": 0.0, "season_amplitude": 0.0, "purity": 0.6,
}  # fmt: skip
CASES = [(name, 0.25) for name in MECHANISMS]
CASES += [({"new_light_users": 0.5, "higher_purity": 0.5}, 0.3), ("heavier_use", -0.2)]


def world(counts, name="cocaine", population=30_000.0, **own):
    towns = [{"name": f"t{n:02d}", "population": population} for n in range(40)]
    return World(
        catchments=towns, counts=counts, flow_sd=0, sampling_sd=0, substances={name: QUIET | own}
    )


def simulated(mechanism, size, counts, **own):
    """Return residue loads by town, week and weekday, relative to the level, and the truth."""
    change = LevelShift(size=size, mechanism=mechanism, at=0.0)
    prepared = prepare(world(counts, **own), change, Programme(years=2), seed=5, luck="study")
    truth = prepared.truth(0)
    first = -weekday_of(truth.first_day) % 7
    n_week = (truth.n_day - first) // 7
    days = truth.residue_load[0, :, first : first + 7 * n_week]
    return days.reshape(40, n_week, 7) / 900.0, truth


@pytest.mark.parametrize(("mechanism", "size"), CASES, ids=str)
@pytest.mark.parametrize("counts", ["gamma", "exact"])
def test_simulated_loads_show_level_weekdays_and_dispersion(mechanism, size, counts):
    found, _ = simulated(mechanism, size, counts)
    wanted = trace("cocaine", world(counts).substances["cocaine"], mechanism, size)
    assert_mean(found.mean(axis=(1, 2)), wanted.load)
    by_day = np.log(found.mean(axis=1))  # (town, 7)
    contrast = by_day[:, WEEKEND].mean(axis=1) - by_day[:, MIDWEEK].mean(axis=1)
    assert_mean(contrast, wanted.contrast)
    for day in range(7):
        assert_mean(found[:, :, day].mean(axis=1), wanted.load * wanted.profile[day])
    # around each town's own weekday mean: one degree of freedom for each
    n = found.shape[1]
    c = found.var(axis=1, ddof=1) / found.mean(axis=1) * 900.0 * 0.03  # (town, 7) [g]
    bias = wanted.noise / (900.0 * 0.03) / n  # of a variance over a squared mean, relative
    assert bias < 1e-4
    assert_mean(c.mean(axis=1), wanted.noise)


@pytest.mark.parametrize(("mechanism", "size"), CASES, ids=str)
def test_the_truth_shows_users_and_purity(mechanism, size):
    _, truth = simulated(mechanism, size, "off")
    substance = world("off").substances["cocaine"]
    wanted = trace("cocaine", substance, mechanism, size)
    np.testing.assert_allclose(truth.users[0], wanted.prevalence, rtol=1e-9)
    np.testing.assert_allclose(truth.purity[0], wanted.purity, rtol=1e-9)


def test_carry_over_leaves_less_of_the_contrast():
    own = {"carry_over": {}}
    found, _ = simulated("heavier_use", 0.25, "gamma", **own)
    item = world("gamma", **own).substances["cocaine"]
    wanted = trace("cocaine", item, "heavier_use", 0.25)
    by_day = np.log(found[:, 1:].mean(axis=1))
    assert_mean(by_day[:, WEEKEND].mean(axis=1) - by_day[:, MIDWEEK].mean(axis=1), wanted.contrast)
    for day in range(7):
        assert_mean(found[:, 1:, day].mean(axis=1), wanted.load * wanted.profile[day])
    c = found[:, 1:].var(axis=1, ddof=1) / found[:, 1:].mean(axis=1) * 900.0 * 0.03
    assert_mean(c.mean(axis=1), wanted.noise)


def test_what_cannot_be_seen_cannot_be_seen():
    item = World().substances["cocaine"]
    before = trace("cocaine", item)
    users = trace("cocaine", item, "more_users", 0.15)
    assert users.contrast == pytest.approx(before.contrast, abs=1e-12)
    assert users.noise == pytest.approx(before.noise, rel=1e-12)
    assert users.purity == before.purity
    assert users.prevalence == pytest.approx(1.15, rel=1e-12)
    dose, purity = (
        trace("cocaine", item, name, 0.15) for name in ("more_per_occasion", "higher_purity")
    )
    assert purity.purity / dose.purity == pytest.approx(1.15, rel=1e-12)
    for part in ("load", "contrast", "noise", "use_days", "users", "prevalence"):
        assert getattr(dose, part) == getattr(purity, part)
    # the count variance of a day does not see purity at all: as many use-days as before
    assert purity.day_variance(item, 1e4) == pytest.approx(before.day_variance(item, 1e4))
    flat = trace("cocaine", item, "heavier_use", 0.15, weekdays=False)
    assert abs(flat.contrast) < 1e-12


def test_the_contrast_s_error_is_that_of_a_correlated_week():
    rng = np.random.default_rng(2)
    sd, rho = 0.2, 0.4
    lags = np.abs(np.subtract.outer(np.arange(7), np.arange(7)))
    week = rng.multivariate_normal(np.zeros(7), sd**2 * rho**lags, size=100_000)
    contrast = week[:, 2:6].mean(axis=1) - week[:, [0, 1, 6]].mean(axis=1)  # from Wednesday on
    assert_mean(contrast**2, contrast_variance(sd, rho))
    item = World().substances["cocaine"].model_copy(update={"day_sd": sd, "day_rho": rho})
    weeks = rounds_to_see(0.05, item, sites=10)
    error = math.sqrt(2 * contrast_variance(sd, rho) / (10 * weeks))
    assert 2 * error == pytest.approx(0.05, rel=1e-12)
    assert rounds_to_see(0.0, item) == math.inf


@pytest.mark.parametrize(("name", "seen"), [("cocaine", 0.10), ("MDMA", 0.18)])
def test_weekdays_differ_between_towns_of_a_full_world_as_observed(name, seen):
    item = World(substances={name: {}}, realism="full").substances[name]
    assert week_heterogeneity(item, item.town_mix) == pytest.approx(seen, abs=0.005)
    # and in the simulator: large towns, whose days count little
    towns = [{"name": f"t{n:03d}", "population": 700_000.0} for n in range(60)]
    own = {"town_mix": item.town_mix.model_dump(), "season": False, "carry_over": False}
    described = World(
        catchments=towns, counts="off", flow_sd=0, sampling_sd=0, substances={name: QUIET | own}
    )
    prepared = prepare(described, NoChange(), Programme(years=1), seed=2, luck="study")
    squares = []
    for replication in range(30):
        logs = np.log(prepared.truth(replication).expected_load[0, :, :7])
        logs -= logs.mean(axis=1, keepdims=True)
        squares.append(logs.var(axis=0, ddof=1).mean())
    assert_mean(squares, week_heterogeneity(item, item.town_mix) ** 2)


def test_a_substitution_has_a_trace_in_both():
    world = World(substances={"cocaine": {}, "amphetamine": {}})
    how = Substitution(source="amphetamine", to="cocaine")
    for name in ("amphetamine", "cocaine"):
        item = world.substances[name]
        before = Users.of(item).regime()
        after = trace_of(item, substituted(name, world.substances, how, 0.2).regime(), before)
        if name == "amphetamine":
            assert (after.load, after.prevalence) == pytest.approx((0.8, 1.0), rel=1e-12)
        else:
            assert after.load > 1.0
            assert after.prevalence > 1.0


@pytest.mark.parametrize(
    "lines", [table("cocaine", 0.15), table("MDMA", 0.15), sizes_table(), shocks_table()]
)
def test_the_page_has_the_command_s_tables(lines):
    assert "\n".join(lines) in PAGE.read_text(encoding="utf-8")
