"""Towns differ in who uses: as finite numbers of users make them, and by a term for more."""

import numpy as np

from mc import assert_mean
from simdesign._kernels.change import follow, town_tables
from simdesign.seeds import Purpose, stream
from simdesign.simulate import prepare, regime
from simdesign.simulate.composition import Composition
from simdesign.simulate.luck import site_word
from simdesign.spec.change import NoChange
from simdesign.spec.study import Programme
from simdesign.spec.world import World

TOWNS = [{"name": "a", "population": 8_000.0}, {"name": "b", "population": 200_000.0}]


def composition(counts="gamma", **own):
    world = World(catchments=TOWNS, counts=counts, substances={"cocaine": own})
    item = world.substances["cocaine"]
    return Composition("cocaine", item, world, 3, "study/cocaine"), item


def test_a_class_s_load_varies_as_its_users_do():
    """Against users drawn one by one: how often and how much they use, for years."""
    drawn, item = composition()
    factors = np.array([drawn.draw(r)[0] for r in range(3000)])  # (r, s, k)
    rng = np.random.default_rng(4)
    for s, town in enumerate(TOWNS):
        for k, user in enumerate(item.classes):
            grams = item.level * town["population"] * 1e-6 * user.mass_share
            n = round(grams / (user.residue_mg / 1000) / user.use_prob)
            if n < 1500:
                x = rng.gamma(1 / user.propensity_cv**2, user.propensity_cv**2, (3000, n))
                x *= rng.gamma(1 / user.user_dose_cv**2, user.user_dose_cv**2, (3000, n))
                squares = (x.mean(axis=1) - 1) ** 2
                assert_mean((factors[:, s, k] - 1) ** 2 - squares, 0.0)
            assert_mean(factors[:, s, k], 1.0)


def test_a_term_adds_differences_that_large_towns_have_too():
    sd, week_sd = 0.4, 0.2
    drawn, _ = composition(town_mix={"sd": sd, "week_sd": week_sd})
    week = np.log([drawn.draw(r)[1] for r in range(2000)])
    assert_mean(week**2, week_sd**2)
    only, _ = composition(counts="off", town_mix={"sd": sd, "week_sd": 0.0})
    logs = np.log([only.draw(r)[0] for r in range(2000)])
    assert_mean(logs, -0.5 * sd**2)
    assert_mean((logs + 0.5 * sd**2) ** 2, sd**2)


def test_numbers_have_addresses_of_their_own():
    drawn, _ = composition(counts="off", town_mix={"sd": 1.0, "week_sd": 1.0})
    mix, week = drawn.draw(7)
    normals = stream(3, Purpose.COMPOSITION, "study/cocaine", 7, site_word("b")).standard_normal(10)
    np.testing.assert_allclose(np.log(mix[1]) + 0.5, normals[:3], rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(np.log(week[1]), normals[3:], rtol=1e-9, atol=1e-12)


def test_without_people_towns_are_the_nation():
    mix, week = composition(counts="off")[0].draw(0)
    assert (mix == 1.0).all()
    assert (week == 1.0).all()


def test_towns_keep_the_level_of_a_week_at_every_stage():
    rng = np.random.default_rng(5)
    item = World().substances["cocaine"]
    regimes = [regime("cocaine", item), regime("cocaine", item, mechanism="heavier_use", size=0.2)]
    load = np.stack([one.factor[:, None] * one.mass for one in regimes])
    parts = [np.stack([getattr(one, p) for one in regimes]) for p in ("residue", "prob", "dose_cv")]
    mix, week = np.exp(rng.normal(size=(4, 3))), np.exp(rng.normal(size=(4, 7)))
    mix[0], week[0] = 1.0, 1.0
    out = [np.empty((4, 2, 7, 3)) if p == "mass" else np.empty((4, 2, 7))
           for p in ("factor", "mass", "noise", "use_days")]  # fmt: skip
    town_tables(mix, week, load, *parts, *out)
    plain = [np.empty_like(part) for part in out]
    getattr(town_tables, "py_func", town_tables)(mix, week, load, *parts, *plain)
    for compiled, python in zip(out, plain, strict=True):
        np.testing.assert_array_equal(compiled, python)
    factor, mass, noise, use_days = out
    np.testing.assert_allclose(factor.mean(axis=2), [[1.0, 1.2]] * 4, rtol=1e-12)
    for stage, one in enumerate(regimes):
        for found, wanted in ((factor, one.factor), (mass, one.mass), (noise, one.noise),
                              (use_days, one.use_days)):  # fmt: skip
            np.testing.assert_allclose(found[0, stage], wanted, rtol=1e-12)
        town = load[stage] * mix[1] * week[1][:, None]
        share = town / town.sum(axis=1, keepdims=True)
        np.testing.assert_allclose(mass[1, stage], share, rtol=1e-12)
        profile = town.sum(axis=1) / town.sum(axis=1).mean()
        np.testing.assert_allclose(factor[1, stage] / factor[1, stage].mean(), profile, rtol=1e-12)
        c = (share * parts[0][stage] * (1 - parts[1][stage] + parts[2][stage] ** 2)).sum(axis=1)
        np.testing.assert_allclose(noise[1, stage], c, rtol=1e-12)


def test_a_day_is_found_between_its_stages():
    nodes = np.expm1(np.log(0.5) * np.arange(5) / 4)
    logs = np.log(0.5) * np.array([0.0, 0.1, 0.25, 0.4, 0.99, 1.0])
    found = []
    for kernel in (follow, getattr(follow, "py_func", follow)):
        effect, stage, weight = logs.copy(), np.empty(6, dtype=np.int64), np.empty(6)
        nearest = np.empty(6, dtype=np.int64)
        kernel(effect, nodes, -2.0, stage, weight, nearest)
        found.append((effect, stage, weight, nearest))
    for compiled, python in zip(*found, strict=True):
        np.testing.assert_array_equal(compiled, python)
    effect, stage, weight, nearest = found[0]
    x = nodes[stage] + weight * (nodes[np.minimum(stage + 1, 4)] - nodes[stage])
    np.testing.assert_allclose(x, np.expm1(logs), atol=1e-15)
    np.testing.assert_allclose(effect, np.log1p(-2.0 * x), atol=1e-14)
    np.testing.assert_array_equal(nearest, [0, 0, 1, 2, 4, 4])


def test_a_village_has_a_week_of_its_own():
    quiet = {
        "sigma_site": 0.0, "sigma_shared": 0.0, "day_sd": 0.0, "lab_repeat_sd": 0.0, "drift": 0.0,
        "sigma_rw": 0.0, "sigma_rw_site": 0.0, "season_amplitude": 0.0,
    }  # fmt: skip
    world = World(catchments=TOWNS, flow_sd=0, sampling_sd=0, substances={"cocaine": quiet})
    prepared = prepare(world, NoChange(), Programme(years=1), seed=1, luck="study")
    item = world.substances["cocaine"]
    profile = regime("cocaine", item).factor
    squares = []
    for replication in range(200):
        truth = prepared.truth(replication)
        week = truth.expected_load[0, :, :7] / 900.0
        np.testing.assert_allclose(week.mean(axis=1), 1.0, rtol=1e-12)
        days = (np.arange(7) + truth.first_day + 3) % 7
        squares.append(((week / profile[days] - 1) ** 2).mean(axis=1))
    # to first order: log-normal factors of the classes, less the town's common one
    share = np.array([user.mass_share for user in item.classes])
    mass = regime("cocaine", item).mass
    for s, town in enumerate(TOWNS):
        n = [item.level * town["population"] * 1e-6 * user.mass_share / user.residue_mg * 1000
             / user.use_prob for user in item.classes]  # fmt: skip
        uneven = [(1 + u.propensity_cv**2) * (1 + u.user_dose_cv**2) - 1 for u in item.classes]
        wanted = ((mass - share) ** 2 @ (np.array(uneven) / n)).mean()
        assert_mean(np.array(squares)[:, s], wanted)
