"""Front, regret and value of information against plain loops, closed forms and their laws."""

import math
import re
from pathlib import Path

import numpy as np
import pytest
from scipy import stats

from mc import assert_mean
from reference.options_oracle import front, largest_regret, loss_of_programmes, one_look
from simdesign.evaluate import (
    Stakes,
    break_even,
    dearest_false_alarm,
    information,
    largest_regrets,
    on_front,
    regrets,
    share_of_draws,
)

PAGE = Path(__file__).parents[2] / "docs" / "options.md"


def test_the_front_is_that_of_plain_loops():
    rng = np.random.default_rng(1)
    criteria = rng.integers(0, 4, size=(200, 6, 3)).astype(float)  # with many ties and twins
    found = on_front(criteria)
    assert found.tolist() == [front(draw.tolist()) for draw in criteria]
    assert found.any(axis=1).all()
    assert not found.all()


def test_twins_are_on_the_front_together_and_what_is_not_known_is_on_none():
    points = np.array([[[1.0, 2.0], [1.0, 2.0], [2.0, 2.0], [0.0, math.nan], [0.5, 3.0]]])
    assert on_front(points).tolist() == [[True, True, False, False, True]]


def test_the_share_of_draws_leaves_the_study_out_and_has_its_error():
    hit = np.zeros((401, 2), dtype=bool)
    hit[0], hit[1:101, 0], hit[1:, 1] = True, True, True
    some, every = share_of_draws(hit)
    assert (some.value, every.value) == (0.25, 1.0)
    assert some.mcse == pytest.approx(math.sqrt(0.25 * 0.75 / 400))
    assert every.low == pytest.approx(400 / (400 + 1.959963984540054**2))  # Wilson's at 1


def test_a_known_difference_is_on_the_front_as_often_as_it_is_better():
    # two designs of equal cost; the resampled difference of power is N(1, 1)
    rng = np.random.default_rng(2)
    better = rng.normal(1.0, 1.0, size=4_000)
    power = np.stack([np.zeros_like(better), better], axis=1)
    share = share_of_draws(on_front(-power[:, :, None]))[1]
    assert_mean(better[1:] > 0, stats.norm.cdf(1.0))
    assert share.value == np.mean(better[1:] > 0)


def test_the_largest_regret_is_that_of_plain_loops():
    rng = np.random.default_rng(3)
    worth = rng.normal(size=(50, 5, 4))
    found, where, least = largest_regrets(worth, 10)
    for m in range(4):
        assert found[m].value == pytest.approx(largest_regret(worth[0].tolist())[m])
        np.testing.assert_allclose(
            found[m].draws, [largest_regret(draw.tolist())[m] for draw in worth[1:]]
        )
        assert regrets(worth)[0, where[m], m] == found[m].value
    assert (least.sum(axis=1) == 1).all()
    assert found[int(least[0].argmax())].value == min(item.value for item in found)


def test_the_best_everywhere_has_no_regret_and_what_is_not_known_is_not_chosen():
    worth = np.array([[[3.0, 1.0, math.nan], [5.0, 2.0, 4.0]]] * 2)
    found, _, least = largest_regrets(worth, 10)
    assert [found[0].value, found[1].value] == [0.0, 3.0]
    assert math.isnan(found[2].value)
    assert least.tolist() == [[True, False, False]] * 2


def test_the_expected_loss_is_what_programmes_lose():
    rng = np.random.default_rng(4)
    w, f, pi, tau = 3.0, 7.0, 0.4, 5.0
    changed = [
        (float(delay) if delay < 8.0 else None, bool(early))
        for delay, early in zip(rng.uniform(0, 10, 500), rng.uniform(size=500) < 0.1, strict=True)
    ]
    unchanged = [bool(x) for x in rng.uniform(size=300) < 0.2]
    late = np.mean([tau if p or d is None else min(d, tau) for d, p in changed])
    stakes = Stakes(missed_per_year=w, false_alarm=f, prob_change=pi, years=tau)
    found = stakes.loss(
        np.array(late), np.array(np.mean([p for _, p in changed])), np.array(np.mean(unchanged))
    )
    assert found == pytest.approx(loss_of_programmes(changed, unchanged, w, f, pi, tau))
    never = loss_of_programmes([(None, False)] * 3, [False] * 3, w, f, pi, tau)
    assert stakes.blind == pytest.approx(never)


def one_look_loss(stakes, delta, limits):
    """Delay, premature and false alarms of an alarm at once, when a normal passes a limit."""
    hit = stats.norm.sf(limits - delta)
    return stakes.years * (1.0 - hit), np.zeros_like(limits), stats.norm.sf(limits)


@pytest.mark.parametrize("delta", [0.5, 1.0, 2.5])
def test_the_value_of_one_look_is_the_closed_form(delta):
    stakes = Stakes(missed_per_year=2.0, false_alarm=6.0, prob_change=0.3, years=4.0)
    limit, value = one_look(delta, 8.0, 6.0, 0.3)
    step = 1e-3
    limits = np.arange(-6.0, 6.0, step)
    loss = stakes.loss(*one_look_loss(stakes, delta, limits))[None, None, :]
    found, chosen = information(stakes.blind, loss)
    assert abs(limits[chosen[0]] - limit) <= step
    # flat at the best: half the curvature (both densities are below 0.4 and their slopes below
    # 0.25, so at most 0.25 (2.4 + 4.2)) times the square of half a step
    assert value - found[0, 0] == pytest.approx(0.0, abs=0.5 * 0.25 * 6.6 * step**2)
    assert found[0, 0] > 0.0


def test_never_to_alarm_is_worth_nothing_in_every_draw():
    loss = np.array([[[11.0, 10.5], [9.0, 8.0]], [[9.0, 9.0], [12.0, 9.5]]])
    value, chosen = information(10.0, loss)
    assert chosen.tolist() == [-1, 1]
    assert value.tolist() == [[0.0, 2.0], [0.0, 0.5]]


def test_what_is_not_known_has_no_value():
    value, chosen = information(10.0, np.full((2, 1, 3), math.nan))
    assert np.isnan(value).all()
    assert chosen.tolist() == [-1]


def test_at_the_dearest_false_alarm_the_best_threshold_saves_nothing():
    delta, limits = 1.5, np.array([1.0, 1.5, 2.0])
    at = Stakes(missed_per_year=2.0, false_alarm=1.0, prob_change=0.3, years=4.0)
    parts = [item[None, :] for item in one_look_loss(at, delta, limits)]
    dearest = dearest_false_alarm(at, *parts)
    ratio = 0.3 * 8.0 * stats.norm.sf(limits - delta) / (0.7 * stats.norm.sf(limits))
    assert dearest == pytest.approx(ratio.max())
    for factor, is_worth in ((0.999, True), (1.001, False)):
        stakes = Stakes(
            missed_per_year=2.0, false_alarm=factor * dearest, prob_change=0.3, years=4.0
        )
        value, _ = information(stakes.blind, stakes.loss(*parts)[None])
        assert bool(value[0, 0] > 0.0) is is_worth


def test_who_notices_nothing_leaves_no_dear_false_alarm():
    stakes = Stakes(missed_per_year=2.0, false_alarm=1.0, prob_change=0.3, years=4.0)
    late = np.array([[4.0, 4.0]])
    assert dearest_false_alarm(stakes, late, 0.0 * late, 0.0 * late) == 0.0


def test_at_the_break_even_price_nothing_is_gained():
    gain, units, rest = np.array([900.0, -200.0]), np.array([30.0, -40.0]), np.array([300.0, 50.0])
    price = break_even(gain, units, rest)
    np.testing.assert_allclose(gain - price * units - rest, 0.0, atol=1e-9)
    assert price.tolist() == [20.0, 6.25]
    assert np.isnan(break_even(gain, 0.0 * units, rest)).all()


def test_standards_leave_what_the_page_says():
    rng = np.random.default_rng(5)
    tau, batch, n = 0.04, 0.06, 3
    error = rng.normal(0.0, batch, size=40_000)
    read = error + rng.normal(0.0, tau / math.sqrt(n), size=error.size)
    left = error - np.cov(error, read)[0, 1] / read.var() * read
    factor = (1.0 + n * batch**2 / tau**2) ** -0.5
    assert_mean(left**2, (factor * batch) ** 2)
    needed = [3.0 * (tau / sd) ** 2 for sd in (0.03, 0.06, 0.10)]
    text = re.sub(r"\s+", " ", PAGE.read_text(encoding="utf-8"))
    assert f"{needed[0]:.1f} standards at" in text
    assert f"= 0.03, {needed[1]:.1f} at 0.06 and {needed[2]:.1f}" in text
    assert f"= {tau * math.sqrt(3.0 / 5.0):.3f} and generous above" in text
