"""The line through measured tasks, and the error that it states."""

import math

import numpy as np
import pytest

from simdesign.run.line import Line, fit_line

SIZES = (1, 8, 20, 1, 8, 25, 1, 8, 30, 1, 8, 40)
FIXED, EACH = 0.3, 0.03


def test_exact_costs_give_the_line_back():
    line = fit_line(SIZES, [FIXED + EACH * n for n in SIZES])
    assert line.fixed == pytest.approx(FIXED, rel=1e-9)
    assert line.each == pytest.approx(EACH, rel=1e-9)
    assert line.spread < 1e-9
    assert line.total([10, 50])[0] == pytest.approx(2 * FIXED + 60 * EACH)


def test_errors_of_a_total_by_hand():
    """Var = K² Var(a) + 2 K N Cov + N² Var(b), and the luck of every task of its own."""
    line = Line(fixed=1.0, each=0.5, covariance=(0.04, -0.001, 0.0001), spread=0.1, n_batch=9)
    value, error = line.total([4, 10])
    assert value == pytest.approx(2 * 1.0 + 14 * 0.5)
    own = 4 * 0.04 - 2 * 2 * 14 * 0.001 + 14**2 * 0.0001
    luck = 0.01 * (3.0**2 + 6.0**2)
    assert error == pytest.approx(math.sqrt(own + luck))
    assert line.total([]) == (0.0, 0.0)


def test_sizes_too_much_alike_give_a_line_through_the_origin():
    line = fit_line([10, 12], [5.0, 7.2])
    each = 12.2 / 22
    assert line.fixed == 0.0
    assert line.each == pytest.approx(each)
    assert line.spread == pytest.approx(math.hypot(5.0 / (10 * each) - 1, 7.2 / (12 * each) - 1))
    # Var(sum of t over sum of n) = spread² times the sum of (each n)² over the square of sum of n.
    assert line.covariance[2] == pytest.approx((line.spread * each / 22) ** 2 * (10**2 + 12**2))


def test_a_line_that_would_begin_below_zero_goes_through_the_origin():
    line = fit_line([1, 10], [0.1, 2.0])
    assert line.fixed == 0.0
    assert line.each == pytest.approx(2.1 / 11)


def test_a_small_task_that_took_long_by_chance_does_not_make_replications_dear():
    line = fit_line([2, 16], [6.0, 5.0])
    assert line.fixed == 0.0
    assert line.each == pytest.approx(11.0 / 18)


def test_one_task_has_no_error_to_state():
    line = fit_line([10], [2.0])
    assert line.at(5) == pytest.approx(1.0)
    assert math.isnan(line.total([5])[1])


def test_stated_errors_are_those_of_simulated_pilots():
    """The error of a prediction, in units of what is stated, follows Student's t with m - 2.

    Its square has mean f / (f - 2) for f degrees of freedom, and variance 2 m² (f - 1)
    / (f - 4) for m that mean (variance of F with 1 and f degrees of freedom).
    """
    rng = np.random.default_rng(20261126)
    future, spread, n = [150] * 8, 0.05, 4000
    level = FIXED + EACH * np.array(SIZES)
    truth = FIXED + EACH * np.array(future)
    squares = np.empty(n)
    for i in range(n):
        line = fit_line(SIZES, level * (1.0 + spread * rng.standard_normal(level.size)))
        taken = np.sum(truth * (1.0 + spread * rng.standard_normal(truth.size)))
        value, error = line.total(future)
        squares[i] = ((value - taken) / error) ** 2
    f = len(SIZES) - 2
    mean = f / (f - 2)
    mcse = math.sqrt(2 * mean**2 * (f - 1) / (f - 4) / n)
    # Weights come from fitted values: the rest is of the order of the squared spread.
    assert squares.mean() == pytest.approx(mean, abs=5 * mcse + mean * 4 * spread**2)
