"""The sizes of a subset are the best ones for their cost."""

import itertools

import numpy as np
import pytest
from scipy import optimize

from simdesign.evaluate import neyman


def variance(n, weight, sd):
    return float((weight**2 * sd**2 / n).sum())


@pytest.mark.parametrize("seed", range(6))
def test_it_is_within_one_fit_of_the_continuous_optimum(seed):
    rng = np.random.default_rng(seed)
    weight, sd = rng.dirichlet(np.ones(6)), rng.uniform(0.05, 0.5, 6)
    cost = rng.uniform(0.5, 3.0, 6)
    least, most = np.full(6, 3), rng.integers(10, 200, 6)
    budget = 0.4 * float((cost * most).sum())
    n = neyman(weight, sd, cost, budget, least, most)
    assert (n >= least).all()
    assert (n <= most).all()
    assert (cost * n).sum() <= budget + 1e-9
    best = optimize.minimize(
        lambda x: 1e4 * variance(x, weight, sd), np.clip(n * 0.8, least, most),
        bounds=list(zip(least, most, strict=True)),
        constraints={"type": "ineq", "fun": lambda x: budget - (cost * x).sum()},
        options={"ftol": 1e-10, "maxiter": 2000},
    )  # fmt: skip
    assert best.success
    lost = variance(n, weight, sd) * 1e4 / best.fun - 1.0
    # whole numbers: at most one fit a stratum, a share 1 / n of each stratum's part
    assert -1e-6 < lost < float((1.0 / n).max())


def test_it_is_the_best_of_all_whole_numbers():
    weight, sd = np.array([0.6, 0.3, 0.1]), np.array([0.1, 0.4, 0.5])
    least, most = np.array([1, 1, 1]), np.array([12, 9, 5])
    for budget in range(3, 24):
        n = neyman(weight, sd, np.ones(3), budget, least, most)
        every = [
            variance(np.array(x), weight, sd)
            for x in itertools.product(range(1, 13), range(1, 10), range(1, 6))
            if sum(x) <= budget
        ]
        assert variance(n, weight, sd) == pytest.approx(min(every), rel=1e-12)


def test_a_dear_stratum_gets_fewer_and_a_certain_one_none():
    weight, sd = np.full(3, 1 / 3), np.array([0.5, 0.5, 0.0])
    n = neyman(weight, sd, np.array([1.0, 4.0, 1.0]), 600.0, np.array([2, 2, 2]), np.full(3, 1000))
    assert n[2] == 2
    assert n[0] / n[1] == pytest.approx(2.0, abs=0.2)  # 1 / sqrt(cost)


def test_bounds_hold_where_the_budget_is_too_small_or_too_large():
    weight, sd, ones = np.full(2, 0.5), np.full(2, 0.3), np.ones(2)
    least, most = np.array([4, 6]), np.array([9, 8])
    assert neyman(weight, sd, ones, 5.0, least, most).tolist() == [4, 6]
    assert neyman(weight, sd, ones, 500.0, least, most).tolist() == [9, 8]
