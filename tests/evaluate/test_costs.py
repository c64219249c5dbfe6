"""Costs: counted by hand for small designs, and their laws."""

import datetime as dt

import numpy as np
import pytest

from simdesign.evaluate.costs import design_cost, high_cost
from simdesign.records import MISSING_DAY, Visits
from simdesign.spec.design import Design
from simdesign.spec.study import Programme
from simdesign.units import day_of

PROGRAMME = Programme(years=2)
WEEK = {"kind": "fixed_weeks", "weeks": [11]}


def visits(rows, n_day=7, history=()):
    """Lay visits by hand: (campaign, site, batch, first day)."""
    first = np.array([day_of(dt.date.fromisoformat(row[3])) for row in rows])
    return Visits(
        site=np.array([row[1] for row in rows]),
        campaign=np.array([row[0] for row in rows]),
        slot=np.zeros(len(rows), dtype=np.int64),
        batch=np.array([row[2] for row in rows]),
        year=np.array([int(row[3][:4]) for row in rows]),
        day=first[:, None] + np.arange(n_day),
        history=np.isin(np.arange(len(rows)), history),
        n_slot=1,
    )


ONE_ROUND = [(0, 0, 1, "2026-03-18"), (0, 1, 1, "2026-03-18"),
             (1, 0, 2, "2027-03-17"), (1, 1, 2, "2027-03-17")]  # fmt: skip
STAGGERED = [(0, 0, 1, "2026-03-18"), (1, 1, 2, "2026-04-01"),
             (2, 0, 3, "2027-03-17"), (3, 1, 4, "2027-03-31")]  # fmt: skip
UNEVEN = [(0, 0, 1, "2026-03-18"), (0, 1, 1, "2026-03-18"), (1, 0, 2, "2026-09-16"),
          (2, 0, 3, "2026-12-16")]  # fmt: skip


def cost(rows, taken=None, n_day=7, history=(), **fields):
    design = Design.model_validate({"schedule": WEEK, **fields})
    return design_cost(design, visits(rows, n_day, history), PROGRAMME, taken)


def test_one_round_a_year_counted_by_hand():
    found = cost(ONE_ROUND)
    assert found.parts == {
        "samples": 28.0, "site_rounds": 8.0, "rounds": 20.0, "batches": 20.0, "streams": 0.0,
        "programme": 0.0,
    }  # fmt: skip
    assert found.total == found.high == 76.0
    assert found.per_year == 38.0


def test_a_staggered_round_is_one_round_and_several_batches():
    plain, spread = cost(ONE_ROUND), cost(STAGGERED)
    assert spread.parts["rounds"] == plain.parts["rounds"]
    assert spread.parts["batches"] == 2 * plain.parts["batches"]
    assert spread.parts["samples"] == plain.parts["samples"]


def test_rounds_are_those_of_the_most_visited_site():
    assert cost(UNEVEN).parts["rounds"] == 3 * 10.0


def test_own_prices_streams_and_programme():
    prices = {"per_sample": 800.0, "per_site_round": 0.0, "per_round": 0.0, "per_batch": 0.0,
              "per_stream": 7.0, "per_programme": 5.0}  # fmt: skip
    found = cost(ONE_ROUND, cost=prices, streams=["purity", "survey"])
    assert found.total == 28 * 800.0 + 2 * 2 * 7.0 + 5.0


def test_history_is_paid_already():
    assert cost(ONE_ROUND, history=(0, 1)).total == cost(ONE_ROUND[2:]).total


def test_padding_is_no_sample():
    laid = visits(ONE_ROUND)
    day = laid.day.copy()
    day[0, 3:] = MISSING_DAY
    fields = {name: getattr(laid, name) for name in ("site", "campaign", "slot", "batch", "year")}
    cut = Visits(**fields, day=day, history=laid.history.copy(), n_slot=1)
    design = Design.model_validate({"schedule": WEEK})
    assert design_cost(design, cut, PROGRAMME).parts["samples"] == 24.0


def test_what_was_not_taken_costs_nothing():
    taken = np.array([[True] * 4, [True, True, False, False], [False] * 4])
    found = cost(ONE_ROUND, taken)
    assert found.totals.tolist() == [76.0, 38.0, 0.0]
    assert found.total == pytest.approx(38.0)
    assert sum(found.parts.values()) == pytest.approx(found.total)
    half = cost(ONE_ROUND, np.array([[True, False, True, False]]))
    assert half.parts["rounds"] == 20.0
    assert half.parts["batches"] == 20.0
    assert half.parts["samples"] == 14.0


def test_the_high_cost_is_not_exceeded_by_95_of_100():
    taken = np.zeros((100, 4), dtype=bool)
    taken[:5] = True
    assert cost(ONE_ROUND, taken).high == 0.0
    taken[:6] = True
    assert cost(ONE_ROUND, taken).high == 76.0


def test_the_high_cost_of_resamples_is_that_of_the_repeated_totals():
    rng = np.random.default_rng(3)
    totals = rng.integers(0, 30, 57).astype(float)
    weight = np.concatenate([np.ones((1, 57)), rng.poisson(1.0, (40, 57))])
    found = high_cost(totals, weight)
    assert found.value == np.quantile(totals, 0.95, method="inverted_cdf")
    for row, value in zip(weight[1:], found.draws, strict=True):
        repeated = np.repeat(totals, row.astype(int))
        assert value == np.quantile(repeated, 0.95, method="inverted_cdf")
    assert found.mcse == pytest.approx(found.draws.std(ddof=1))


def test_the_error_of_the_high_cost_is_the_spread_over_fresh_programmes():
    # of costs that are nearly continuous: where they take few values the spread says little
    rng, n, n_study = np.random.default_rng(8), 400, 300
    truth = -np.log(0.05)  # of an exponential
    studies = rng.exponential(size=(n_study, n))
    weight = np.concatenate([np.ones((1, n)), rng.poisson(1.0, (200, n))])
    found = [high_cost(totals, weight) for totals in studies]
    spread = np.std([item.value for item in found], ddof=1)
    # the spread is known within 1/sqrt(2 * 300) = 4 %, single bootstrap errors scatter by some 25 %
    assert np.mean([item.mcse for item in found]) == pytest.approx(spread, rel=0.2)
    inside = np.mean([item.low <= truth <= item.high for item in found])
    assert 0.95 - 4 * (0.95 * 0.05 / n_study) ** 0.5 < inside <= 1.0
