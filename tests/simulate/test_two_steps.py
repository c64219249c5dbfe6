"""A change in two steps is what it says on every day, and its size is taken after three years."""

import math

import numpy as np
import pytest

from simdesign.simulate import prepare
from simdesign.spec.change import LevelShift, TwoSteps
from simdesign.spec.effect import effect_after
from simdesign.spec.study import Programme
from simdesign.spec.world import World

PROGRAMME = Programme(years=8)
WORLD = World(counts="off")


def truth(change):
    return prepare(
        WORLD, change, PROGRAMME, seed=3, luck="study", history_years=0
    ).truth(0)  # fmt: skip


@pytest.mark.parametrize("size", [0.3, -0.2])
@pytest.mark.parametrize("left", [0.0, 0.5, 2.0])
def test_the_effect_is_a_step_and_another_one(size, left):
    found = truth(TwoSteps(size=size, at=2.0, after=1.5, left=left))
    once = truth(LevelShift(size=size, at=2.0))
    since, then = int(2.0 * 365.25), int(2.0 * 365.25) + int(1.5 * 365.25)
    wanted = np.zeros(found.change_effect.shape[1])
    wanted[since:] = math.log1p(size)
    wanted[then:] = left * math.log1p(size)
    np.testing.assert_allclose(found.change_effect[0], wanted, atol=1e-12)
    assert found.change_day == once.change_day
    # the load follows the effect, and has the luck of the world with one step
    ratio = found.trend_load[0] / once.trend_load[0]
    np.testing.assert_allclose(ratio[:, :then], 1.0, rtol=1e-9)
    np.testing.assert_allclose(ratio[:, then:], (1.0 + size) ** (left - 1.0), rtol=1e-9)


@pytest.mark.parametrize(("after", "share"), [(1.5, 0.5), (3.0, 0.5), (3.5, 1.0)])
def test_its_size_is_what_is_there_after_three_years(after, share):
    change = TwoSteps(size=0.2, after=after, left=0.5)
    assert effect_after(change, "cocaine") == pytest.approx(share * math.log(1.2), abs=1e-12)
