"""The smallest value that reaches a goal, from readings written by hand."""

import math

import numpy as np
import pytest

from simdesign.evaluate import (
    Goal,
    Measure,
    Side,
    falls,
    first_to_reach,
    mean_measure,
    reach_prob,
    smallest,
    with_draws,
)

GOAL = Goal(level=0.8)
KNOB = (1.0, 2.0, 3.0, 4.0)
B, O, R = Side.BELOW, Side.OPEN, Side.REACHED  # noqa: E741


def reading(value, draws, mcse=0.01, n=1000):
    return Measure(value=value, mcse=mcse, n_rep=n, draws=np.array(draws, dtype=float))


def test_the_root_comes_after_the_last_failure_in_every_resample():
    curve = [
        reading(0.5, [0.5, 0.5, 0.9, 0.5]),
        reading(0.79, [0.79, 0.81, 0.7, 0.7]),  # the third falls back below the goal
        reading(0.9, [0.9, 0.9, 0.9, 0.75]),
    ]
    root = smallest(KNOB[:3], curve, GOAL, sides={1.0: B, 2.0: O, 3.0: R}, knob=KNOB)
    assert root.value == 3.0
    assert root.prob == {2.0: 0.25, 3.0: 0.5, math.inf: 0.25}
    assert (root.low, root.high) == (2.0, 3.0)
    assert not root.is_settled


@pytest.mark.parametrize(
    ("sides", "interval"),
    [
        ({1.0: B, 2.0: B, 3.0: R, 4.0: R}, (3.0, 3.0)),
        ({1.0: B, 4.0: R}, (2.0, 4.0)),  # values without a reading stay possible
        ({1.0: O, 2.0: B, 4.0: R}, (1.0, 4.0)),  # an open value ends the ascent
        ({1.0: B, 2.0: R, 3.0: O, 4.0: R}, (2.0, 4.0)),
        ({1.0: B, 2.0: O, 3.0: O, 4.0: O}, (2.0, math.inf)),
        ({1.0: B, 2.0: B, 3.0: B, 4.0: B}, (math.inf, math.inf)),
        ({1.0: R, 4.0: R}, (1.0, 1.0)),
    ],
)
def test_tests_in_a_fixed_order_leave_an_interval(sides, interval):
    values = sorted(sides)
    curve = [reading(0.8, [0.8, 0.8]) for _ in values]
    root = smallest(values, curve, GOAL, sides=sides, knob=KNOB)
    assert (root.low, root.high) == interval


def test_a_real_root_lies_on_the_line_between_two_readings():
    curve = [reading(0.6, [0.6, 0.7, 0.7]), reading(0.9, [0.9, 0.9, 0.75])]
    root = smallest((0.1, 0.4), curve, GOAL, sides={}, knob=(0.1, 0.4), real=True)
    assert root.value == pytest.approx(0.1 + 0.3 * 0.2 / 0.3)
    # in the resamples: 0.3, 0.25 and beyond the range
    assert (root.low, root.high) == (pytest.approx(0.25), math.inf)


def test_small_values_can_be_the_good_ones():
    delay = Goal(level=2.0, at_least=False, span=5.0)
    root = smallest(
        (1.0, 2.0), [reading(2.5, [2.5]), reading(1.5, [1.5])], delay, sides={}, knob=(1.0, 2.0)
    )
    assert root.value == 2.0
    assert delay.side(reading(1.5, [1.5], mcse=0.1), 0.05) is R
    assert delay.side(reading(1.9, [1.9], mcse=0.1), 0.05) is O
    assert delay.side(reading(2.5, [2.5], mcse=0.1), 0.05) is B


def test_a_share_of_one_on_few_replications_is_not_sure():
    certain = reading(1.0, [1.0, 1.0], mcse=0.0, n=10)
    assert Goal(level=0.8).side(certain, 0.05) is O  # log(40) / 10 = 0.37
    assert Goal(level=0.6).side(certain, 0.05) is R


def test_what_is_not_defined_does_not_reach():
    assert reach_prob(reading(0.9, [0.9, np.nan, 0.7, 0.8]), GOAL) == 0.5


def test_the_first_in_an_order_of_preference():
    cheap, dear = reading(0.8, [0.9, 0.7, 0.7, 0.7]), reading(0.9, [0.9, 0.9, 0.9, 0.7])
    assert list(first_to_reach([cheap, dear], GOAL)) == [0.25, 0.5]


def test_a_fall_beyond_chance_is_noticed():
    noise = np.linspace(-0.01, 0.01, 50)
    up, down = reading(0.8, 0.8 + noise), reading(0.7, 0.7 + noise + 1e-3 * noise**2)
    assert falls([up, down], GOAL) == [0]
    assert falls([down, up], GOAL) == []
    assert falls([up, reading(0.799, 0.8 - noise)], GOAL) == []


def test_draws_of_a_mean_are_those_of_its_resamples():
    rng = np.random.default_rng(1)
    values, counts = rng.random(400), rng.poisson(1.0, (300, 400)).astype(float)
    mine = with_draws(mean_measure(values, np.ones(400, dtype=bool)), counts).draws
    theirs = counts @ values / counts.sum(axis=1)
    # the ratio to first order: what is left is of second order, sd(values) / n
    np.testing.assert_allclose(mine, theirs, atol=5.0 / 400)
    assert np.corrcoef(mine, theirs)[0, 1] > 0.99
