"""Where a line crosses a level, and what its error leaves open."""

import numpy as np
import pytest

from simdesign.evaluate import Answer, flip_point

X = np.array([0.0, 1.0, 2.0, 3.0])


def test_a_line_crosses_where_it_does_with_an_interval_from_its_band():
    found = flip_point(X, 0.2 + 0.2 * X, np.full(4, 0.05), 0.5)
    (one,) = found.crossings
    assert found.answer is Answer.FLIP
    assert one.at == pytest.approx(1.5)
    assert one.rising
    # the band 1.96 * 0.05 wide leaves the level 0.49 to either side of a slope of 0.2
    assert one.low == pytest.approx(1.5 - 1.96 * 0.05 / 0.2, abs=1e-4)
    assert one.high == pytest.approx(1.5 + 1.96 * 0.05 / 0.2, abs=1e-4)
    assert not one.low_is_open
    assert not one.high_is_open
    assert "1.5" in found.text


def test_order_of_the_grid_and_direction_do_not_matter():
    value, mcse = np.array([0.9, 0.7, 0.4, 0.1]), np.array([0.02, 0.03, 0.04, 0.01])
    one = flip_point(X, value, mcse, 0.5)
    other = flip_point(X[::-1], value[::-1], mcse[::-1], 0.5)
    assert one == other
    mirrored = flip_point(-X, value, mcse, 0.5).crossings[0]
    assert mirrored.at == pytest.approx(-one.crossings[0].at)
    assert mirrored.low == pytest.approx(-one.crossings[0].high)
    assert not one.crossings[0].rising


def test_one_side_is_no_flip_and_a_touch_cannot_be_told():
    far = flip_point(X, np.array([0.7, 0.8, 0.9, 0.8]), np.full(4, 0.02), 0.5)
    assert (far.answer, far.crossings, far.text) == (
        Answer.NO_FLIP, (), "no flip within the grid",
    )  # fmt: skip
    near = flip_point(X, np.array([0.7, 0.8, 0.52, 0.8]), np.full(4, 0.02), 0.5)
    assert near.answer is Answer.CANNOT_TELL
    crossed = flip_point(X, np.array([0.7, 0.8, 0.49, 0.8]), np.full(4, 0.02), 0.5)
    assert (crossed.answer, len(crossed.crossings)) == (Answer.CANNOT_TELL, 2)


def test_wide_errors_leave_the_ends_open_and_gaps_are_left_out():
    found = flip_point(X, np.array([0.4, 0.45, np.nan, 0.55]), np.full(4, 0.2), 0.5)
    (one,) = found.crossings
    assert (one.low, one.high) == (0.0, 3.0)
    assert one.low_is_open
    assert one.high_is_open
    assert one.at == pytest.approx(2.0)
    assert flip_point(X, np.full(4, np.nan), np.full(4, 0.2), 0.5).answer is Answer.CANNOT_TELL


def test_the_interval_covers_the_crossing_of_the_truth():
    # a straight truth: the band covers pointwise with 95 %, at the crossing too
    rng = np.random.default_rng(1)
    grid = np.linspace(0.0, 1.0, 6)
    truth, mcse, covered, n = 0.3 + 0.4 * grid, np.full(6, 0.03), 0, 0
    for _ in range(2000):
        found = flip_point(grid, truth + rng.normal(0.0, mcse), mcse, 0.5)
        if len(found.crossings) == 1:
            one = found.crossings[0]
            n += 1
            covered += one.low <= 0.5 <= one.high
    assert n > 1500
    # interpolation averages two errors: the share is above the nominal one
    assert covered / n > 0.95 - 5 * np.sqrt(0.95 * 0.05 / n)
