"""The search for a root against curves that are known, with a threshold that is estimated too."""

import math

import numpy as np
import pytest
from scipy import stats

from simdesign import decide
from simdesign.evaluate import Goal, Measure, error_at
from simdesign.evaluate.measure import resampled_measure
from simdesign.evaluate.stopping import half_width
from simdesign.run.search import ERROR, Space, search

BUDGET, GOAL = 0.10, Goal(level=0.8)
Z = float(stats.norm.isf(BUDGET))
N_DRAW = 100


class Game:
    """Unchanged scores N(0, 1), changed ones N(shift(row, value), 1): power is a normal tail."""

    def __init__(self, seed, shift, limit=1600):
        rng = np.random.default_rng(seed)
        self.shift, self.asked = shift, []
        self.null, self.own = rng.standard_normal(3 * limit), rng.standard_normal(limit)
        self.null_counts = rng.poisson(1.0, (N_DRAW, 3 * limit)).astype(float)
        self.counts = rng.poisson(1.0, (N_DRAW, limit)).astype(float)

    def __call__(self, points, n):
        self.asked += [(point, n) for point in points]
        limit = decide.calibrated_threshold(
            self.null[: 3 * n], BUDGET, self.null_counts[:, : 3 * n]
        )
        return {point: self.reading(self.shift(*point), limit, n) for point in points}

    def reading(self, shift, limit, n) -> Measure:
        score = self.own[:n] + shift
        draws = [
            (w * (score > c)).sum() / w.sum()
            for w, c in zip(self.counts[:, :n], limit.draws, strict=True)
        ]
        return resampled_measure(np.array([(score > limit.value).mean(), *draws]), n, share=True)


def reaches(shift):
    return stats.norm.sf(Z - shift) >= GOAL.level


def too_often(n_wrong, n):
    """Whether so many wrong ones of n are more than 5 % explains, at one in ten thousand."""
    return stats.binom.sf(n_wrong - 1, n, ERROR) < 1e-4


def probability_of_a_side(shift, n=800, look=3):
    """Return the chance that n and 3 n unchanged replications settle a side at the third rung.

    The variance of P is that of a share and, through the threshold c with the density f(c) of
    unchanged scores, (dP/dc)^2 b (1 - b) / (3 n f(c)^2).
    """
    power = stats.norm.sf(Z - shift)
    tilt = stats.norm.pdf(Z - shift) / stats.norm.pdf(Z)
    mcse = math.sqrt(power * (1 - power) / n + tilt**2 * BUDGET * (1 - BUDGET) / (3 * n))
    half = half_width(mcse, n, error_at(ERROR, look))
    return stats.norm.sf((half - abs(power - GOAL.level)) / mcse)


def test_the_interval_of_an_integer_holds_the_root():
    knob = tuple(float(v) for v in range(1, 13))
    wrong, settled, estimates = 0, 0, 0
    sure = []  # bounds from below on the probability that a search settles
    for seed in range(40):
        slope = 0.35 + 0.01 * seed  # the root and its distance from the goal vary

        def shift(row, value, slope=slope):
            return slope * value

        truth = next(v for v in knob if reaches(shift(0, v)))
        root = search(Game(seed, shift), Space(n_row=1, values=knob), GOAL, limit=800).root(0)
        wrong += not root.low <= truth <= root.high
        settled += root.is_settled
        estimates += root.value == truth
        sides = probability_of_a_side(slope * (truth - 1)) + probability_of_a_side(slope * truth)
        sure.append(max(sides - 1.0, 0.0))
        assert sum(root.prob.values()) == pytest.approx(1.0)
    assert not too_often(wrong, 40)
    # ... and it is no empty promise
    spread = math.sqrt(sum(p * (1.0 - p) for p in sure))
    assert settled >= sum(sure) - 4.0 * spread > 2.0
    assert estimates >= 30


def test_the_interval_of_a_real_root_holds_it():
    knob = tuple(round(0.02 * i, 2) for i in range(1, 101))
    space = Space(n_row=1, values=knob, is_real=True)
    wrong, errors = 0, []
    for seed in range(40):
        slope = 2.0 + 0.05 * seed

        def shift(row, value, slope=slope):
            return slope * value

        truth = (Z + stats.norm.ppf(GOAL.level)) / slope
        found = search(Game(seed, shift), space, GOAL, limit=800, within=0.05)
        root = found.root(0)
        wrong += not root.low <= truth <= root.high
        errors.append((root.value - truth) / ((root.high - root.low) / 3.92))
        if found.is_done(0, 0.05):
            assert root.high - root.low <= 0.1
    assert not too_often(wrong, 40)
    assert abs(np.mean(errors)) <= 5.0 / math.sqrt(40)  # in standard errors: no bias


def test_two_knobs_walk_along_the_boundary():
    rows, columns = (1.0, 2.0, 3.0, 4.0, 6.0), tuple(float(v) for v in range(1, 21))

    def shift(row, value):
        return 0.62 * math.sqrt(rows[row] * value)

    game = Game(3, shift, limit=400)
    space = Space(n_row=5, values=columns, is_ordered=True)
    found = search(game, space, GOAL, limit=400)
    for row in range(5):
        truth = next(v for v in columns if reaches(shift(row, v)))
        root = found.root(row)
        assert root.low <= truth <= root.high
        assert abs(root.value - truth) <= 3.0
    assert len({point for point, _ in game.asked}) <= 60  # of 100


def test_ends_of_the_range():
    knob = tuple(float(v) for v in range(1, 13))
    never = search(Game(1, lambda r, v: 0.1), Space(n_row=1, values=knob), GOAL).root(0)
    assert (never.value, never.low, never.high) == (math.inf,) * 3
    always = search(Game(1, lambda r, v: 9.0), Space(n_row=1, values=knob), GOAL).root(0)
    assert (always.value, always.low, always.high) == (1.0,) * 3


def test_replications_go_where_it_is_open():
    knob = tuple(float(v) for v in range(1, 13))
    game = Game(5, lambda r, v: 0.9 * math.sqrt(v))
    search(game, Space(n_row=1, values=knob), GOAL, limit=1600)
    assert max(n for (_, value), n in game.asked if value in (1.0, 12.0)) == 200
    again = Game(5, lambda r, v: 0.9 * math.sqrt(v))
    search(again, Space(n_row=1, values=knob), GOAL, limit=1600)
    assert again.asked == game.asked
