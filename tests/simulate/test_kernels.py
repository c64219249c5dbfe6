"""The simulator's kernels: the same bits as their Python source, and the stated distributions."""

import math

import numpy as np
import pytest

from mc import assert_mean
from simdesign._kernels.counts import class_residue, daily_residue
from simdesign._kernels.latent import log_path
from simdesign._kernels.loads import add_drift_and_season, expected_loads
from simdesign.seeds import Purpose, stream
from simdesign.simulate import regime
from simdesign.spec.world import World


def python(kernel):
    return getattr(kernel, "py_func", kernel)  # with NUMBA_DISABLE_JIT=1 it is Python already


def path(kernel, n_day, *, fresh=True, step=1, process=(0.01, 0.9, 0.1, 0.3, 0.2), word=0):
    walk, deviation = np.zeros(n_day), np.zeros(n_day)
    state = np.array([0.5, 0.2, -0.1])
    first = 0 if step > 0 else n_day - 1
    rng = stream(1, Purpose.CITY, "kernels", word)
    kernel(rng, first, step, n_day, fresh, state, *process, walk, deviation)
    return walk, deviation, state, rng.standard_normal()


@pytest.mark.parametrize("fresh", [True, False])
@pytest.mark.parametrize("step", [1, -1])
def test_a_path_is_the_same_bit_for_bit_in_python(fresh, step):
    compiled = path(log_path, 400, fresh=fresh, step=step)
    plain = path(python(log_path), 400, fresh=fresh, step=step)
    for a, b in zip(compiled, plain, strict=True):
        np.testing.assert_array_equal(a, b)


def test_a_path_consumes_the_same_draws_whatever_is_switched_off():
    with_all = path(log_path, 50)
    with_none = path(log_path, 50, process=(0.0, 0.9, 0.0, 0.3, 0.0))
    assert with_all[3] == with_none[3]
    np.testing.assert_array_equal(with_none[0], 0.0)
    np.testing.assert_array_equal(with_none[1], 0.0)


def test_a_path_has_the_stated_variances():
    lag = 5
    walks, deviations = [], []
    for word in range(20_000):
        walk, deviation, _, _ = path(log_path, lag + 1, word=word)
        walks.append(walk)
        deviations.append(deviation)
    walks, deviations = np.array(walks), np.array(deviations)
    assert (walks[:, 0] == 0.0).all()
    assert_mean(walks[:, lag] ** 2, lag * 0.01**2)
    for t in (0, lag):
        assert_mean(deviations[:, t] ** 2, 0.1**2 + 0.2**2)
    assert_mean(deviations[:, 0] * deviations[:, lag], 0.1**2 * 0.9**lag + 0.2**2 * 0.3**lag)


def test_loads_are_the_same_in_python_and_by_formula():
    rng = np.random.default_rng(1)
    n_site, n_day = 3, 30
    factor = rng.uniform(0.5, 1.5, (n_site, 3, 7))
    level = np.array([100.0, 200.0, 50.0])
    walk, deviation = rng.normal(size=(2, n_site, n_day)) * 0.1
    nation, swing = rng.normal(size=(2, n_day)) * 0.1
    day_of_year = np.arange(n_day) + 340.0
    changed = np.array([True, False, True])
    stage = np.repeat([0, 1, 2], 10)
    weight = np.where(stage < 2, rng.uniform(size=n_day), 0.0)
    out = []
    for season, loads in (
        (add_drift_and_season, expected_loads),
        (python(add_drift_and_season), python(expected_loads)),
    ):
        g, k = nation.copy(), swing.copy()
        trend, expected = np.empty((2, n_site, n_day))
        season(4, day_of_year, 0.001, 0.2, 15.0, g, k)
        loads(2, stage, weight, changed, factor, level, g, k, walk, deviation, trend, expected)
        out.append((trend, expected))
    np.testing.assert_array_equal(out[0][0], out[1][0])
    np.testing.assert_array_equal(out[0][1], out[1][1])
    t = np.arange(n_day)
    day, site = (t + 2) % 7, np.arange(n_site)[:, None]
    following = np.minimum(stage + 1, 2)
    week = (1 - weight) * factor[site, stage, day] + weight * factor[site, following, day]
    week[1] = factor[1, 0, day]
    trend = level[:, None] * week * np.exp(nation + 0.001 * (t - 4) + walk)
    season = 0.2 * np.cos(2 * np.pi * (day_of_year - 15.0) / 365.25)
    np.testing.assert_allclose(out[0][0], trend, rtol=1e-12)
    np.testing.assert_allclose(out[0][1], trend * np.exp(swing + season + deviation), rtol=1e-12)


def tables(name="cocaine"):
    users = regime(name, World(substances={name: {}}).substances[name])
    parts = (users.noise, users.use_days, users.mass, users.residue, users.prob, users.dose_cv)
    return users, tuple(item[None] for item in parts)


def residue(kernel, expected, exact_below, word=0, name="cocaine"):
    out = np.empty(expected.size)
    rng = stream(1, Purpose.COUNTS, "kernels", word)
    stage = np.zeros(expected.size, dtype=np.int64)
    kernel(rng, 0, expected.size, 0, stage, 1.0, exact_below, *tables(name)[1], expected, out)
    return out


@pytest.mark.parametrize("exact_below", [0.0, 30.0, math.inf])
def test_counts_are_the_same_bit_for_bit_in_python(exact_below):
    expected = np.exp(np.random.default_rng(2).normal(size=300))  # 0.1 to 10 g/d: both ways
    np.testing.assert_array_equal(
        residue(daily_residue, expected, exact_below),
        residue(python(daily_residue), expected, exact_below),
    )


@pytest.mark.parametrize("name", ["cocaine", "MDMA", "amphetamine"])
@pytest.mark.parametrize(("exact_below", "grams"), [(0.0, 5.0), (math.inf, 5.0), (math.inf, 0.5)])
def test_counts_have_mean_one_and_the_stated_variance(name, exact_below, grams):
    expected = np.full(7 * 6000, grams)
    factor = (residue(daily_residue, expected, exact_below, name=name) / grams).reshape(-1, 7)
    assert_mean(factor.ravel(), 1.0)
    noise = tables(name)[0].noise
    for day in range(7):
        # users are a whole number: rounding up makes p, and 1 - p, a little different from theirs
        users = tables(name)[0]
        n = np.ceil(grams * users.mass[day] / users.residue / users.prob[day])
        prob = grams * users.mass[day] / users.residue / n
        exact = (users.mass[day] * users.residue * (1 - prob + users.dose_cv[day] ** 2)).sum()
        wanted = exact if exact_below else noise[day]
        assert wanted == pytest.approx(noise[day], rel=0.1)
        assert_mean((factor[:, day] - 1.0) ** 2 * grams, wanted)


def test_equal_doses_leave_the_binomial_alone():
    rng = stream(3, Purpose.COUNTS, "binomial")
    one = np.ones(1)
    drawn = np.array(
        [class_residue(rng, 2.0, one, 0.1 * one, 0.4 * one, 0.0 * one) for _ in range(20_000)]
    )
    assert set(np.round(drawn / 0.1, 9) % 1) == {0.0}
    assert_mean(drawn, 2.0)
    assert_mean((drawn / 0.1 - 20.0) ** 2, 50 * 0.4 * 0.6)


def test_nobody_expected_is_nobody_drawn():
    rng = stream(3, Purpose.COUNTS, "nobody")
    one = np.ones(1)
    assert class_residue(rng, 0.0, one, one, 0.5 * one, one) == 0.0
