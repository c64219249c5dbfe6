"""Sizes for a wanted error, and conclusions that may be drawn at any border."""

import math

import numpy as np
import pytest
from scipy import optimize, stats

from simdesign.evaluate import Parts, error_at, half_width, is_settled, numbers_needed
from simdesign.run.precision import border


@pytest.mark.parametrize("users", [1, 16])
@pytest.mark.parametrize("parts", [Parts(own=4e-4, shared=9e-5), Parts(own=1e-5, shared=3e-4)])
def test_the_numbers_needed_are_the_cheapest(parts, users):
    n, m, wanted = 300, 2000, 0.004
    mine, theirs = numbers_needed(parts, n, m, users, wanted)
    a, b = parts.own * n, parts.shared * m
    assert a / mine + b / theirs == pytest.approx(wanted**2, rel=1e-12)

    def cost(log_n):  # the mixture's number follows from the constraint
        left = wanted**2 - a / math.exp(log_n)
        return users * math.exp(log_n) + b / left

    low = math.log(a / wanted**2) + 1e-9
    best = optimize.minimize_scalar(cost, bounds=(low, low + 12.0), method="bounded",
                                    options={"xatol": 1e-10})  # fmt: skip
    assert users * mine + theirs == pytest.approx(best.fun, rel=1e-6)


def test_without_a_threshold_it_is_the_ordinary_number():
    assert numbers_needed(Parts(own=0.25 / 100, shared=0.0), 100, 50, 7, 0.01) == (
        pytest.approx(2500.0),
        0.0,
    )


def test_the_error_spent_at_all_looks_is_the_whole():
    total = sum(error_at(0.05, look) for look in range(1, 20_001))
    assert total == pytest.approx(0.05, abs=0.05 / 20_000)
    assert total < 0.05


def test_where_nothing_differs_the_bound_of_rare_events_remains():
    error = 0.01
    half = half_width(0.0, 500, error)
    # the largest share that 500 alike replications leave possible at error / 2
    assert half == pytest.approx(1.0 - (error / 2.0) ** (1.0 / 500), rel=0.01)
    assert half_width(math.nan, 500, error) == math.inf
    assert half_width(0.0, 0, error) == math.inf


@pytest.mark.parametrize("truth", [0.8, 0.81])
def test_a_conclusion_at_any_border_is_wrong_as_rarely_as_promised(truth):
    """At the edge every settled sign is wrong; just above it, one side is. Peeking is free."""
    rng = np.random.default_rng(8)
    n_study, looks = 2000, 12
    borders = [200]
    while len(borders) < looks:
        borders.append(border(borders[-1] + 1))
    hits = np.zeros(n_study)
    open_, wrong, n = np.ones(n_study, dtype=bool), 0, 0
    naive = np.zeros(n_study, dtype=bool)
    for look, total in enumerate(borders, 1):
        hits += rng.binomial(total - n, truth, n_study)
        n = total
        share = hits / n
        mcse = np.sqrt(share * (1.0 - share) / (n - 1))
        naive |= np.abs(share - 0.8) > 1.96 * mcse
        for s in np.flatnonzero(open_):
            gap, half = share[s] - 0.8, half_width(mcse[s], n, error_at(0.05, look))
            if not is_settled(gap, half, tie=0.02):
                continue
            open_[s] = False
            if abs(gap) > half:  # a side was chosen, not a tie
                wrong += truth == 0.8 or gap < 0.0
    # one-sided 99.9 % limit of a binomial count at the promised 5 %
    assert wrong <= stats.binom.ppf(0.999, n_study, 0.05)
    if truth == 0.8:
        assert naive.mean() > 0.15  # what looking with a fixed interval would have done
        assert wrong > 0


def test_ties_and_clear_cases_settle_and_doubt_does_not():
    assert is_settled(0.3, 0.1, 0.02)
    assert is_settled(-0.3, 0.1, 0.02)
    assert is_settled(0.005, 0.01, 0.02)
    assert not is_settled(0.015, 0.02, 0.02)
    assert not is_settled(math.nan, 0.01, 0.02)
    assert not is_settled(0.3, math.inf, 0.02)


def test_borders_are_one_ladder():
    assert [border(n) for n in (1, 100, 101, 151, 201, 300, 401)] == [
        100, 100, 150, 200, 290, 400, 570,
    ]  # fmt: skip
