"""What the three words mean."""

import dataclasses

import numpy as np
import pytest

from simdesign.evaluate import Code, Loss, code_of, flips, is_blind, verdict_of


def a_loss(value, mcse, *, other="dense", margin=0.10, measure="power", n_rep=1000):
    return Loss(
        scenario="s", size=0.2, other=other, measure=measure, reference_value=0.6 - value,
        other_value=0.6, loss=value, mcse=mcse, margin=margin, n_rep=n_rep,
    )  # fmt: skip


def a_blind_loss(value, mcse, high=0.3, **other):
    return dataclasses.replace(a_loss(value, mcse, **other), reference_high=high, other_high=high)


def a_verdict(losses, sigma=0.0, cost=None):
    return verdict_of(
        "break", losses, substance="cocaine", estimator="exact", threshold="operating",
        world={"world.substances.*.sigma_shared": sigma}, sigma_shared=sigma, reference="annual",
        cost=cost or {"annual": 1.0, "dense": 4.0, "staggered": 1.15},
        false_alarm={"annual": 0.15, "dense": 0.09},
    )  # fmt: skip


def test_a_clear_loss_is_not_as_good():
    assert code_of([a_loss(0.30, 0.03)]) == Code.NOT_AS_GOOD


def test_no_loss_known_precisely_is_as_good():
    assert code_of([a_loss(0.01, 0.02), a_loss(-0.05, 0.02)]) == Code.AS_GOOD


def test_a_rough_estimate_tells_nothing():
    assert code_of([a_loss(0.01, 0.08)]) == Code.CANNOT_TELL


def test_a_loss_at_the_margin_tells_nothing_however_precise():
    assert code_of([a_loss(0.10, 0.0001)]) == Code.CANNOT_TELL


def test_one_bad_comparison_among_good_ones_decides():
    good = [a_loss(0.0, 0.01) for _ in range(9)]
    assert code_of([*good, a_loss(0.30, 0.03)]) == Code.NOT_AS_GOOD


def test_many_comparisons_raise_the_bar_for_not_as_good():
    one = a_loss(0.16, 0.03)  # 2 standard errors above the margin
    assert code_of([one]) == Code.NOT_AS_GOOD
    assert code_of([one, *[a_loss(0.0, 0.01)] * 19]) == Code.CANNOT_TELL


def test_identical_replications_are_not_proof_when_they_are_few():
    assert code_of([a_loss(0.0, 0.0, n_rep=10)]) == Code.CANNOT_TELL  # log(20)/10 = 0.30
    assert code_of([a_loss(0.0, 0.0, n_rep=1000)]) == Code.AS_GOOD


def test_identical_delays_are_bounded_by_their_range():
    years = {"measure": "restricted_mean_delay", "margin": 1.0, "n_rep": 10}
    one = a_loss(0.0, 0.0, **years)  # 5 log(20)/10 = 1.5 years
    assert code_of([dataclasses.replace(one, span=5.0)]) == Code.CANNOT_TELL
    assert code_of([one]) == Code.AS_GOOD


def test_a_comparison_without_replications_is_named_and_prevents_as_good():
    missing = a_loss(np.nan, np.nan, n_rep=0)
    found = a_verdict([a_loss(0.0, 0.01), missing])
    assert found.code == Code.CANNOT_TELL
    assert len(found.undefined) == 1
    assert a_verdict([a_loss(0.0, 0.01)]).undefined == ()


def test_designs_that_are_all_blind_are_never_as_good():
    equal = a_loss(0.0, 0.01)
    assert code_of([equal]) == Code.AS_GOOD
    assert code_of([a_blind_loss(0.0, 0.01)]) == Code.NEITHER_NOTICES
    assert code_of([a_blind_loss(0.05, 0.04)]) == Code.NEITHER_NOTICES
    assert a_verdict([a_blind_loss(0.0, 0.01)]).at_equal_cost is None
    near = a_blind_loss(0.0, 0.01, other="staggered")
    assert a_verdict([near]).at_equal_cost == Code.NEITHER_NOTICES


def test_one_design_that_may_notice_half_is_enough_to_compare():
    assert code_of([a_blind_loss(0.0, 0.01), a_blind_loss(0.0, 0.01, 0.51)]) == Code.AS_GOOD
    assert not is_blind([a_loss(0.0, 0.01, measure="large_error_prob")])


def test_a_clear_loss_among_blind_designs_is_still_one():
    found = a_verdict([a_blind_loss(0.30, 0.02, 0.45)])
    assert found.code == Code.NOT_AS_GOOD
    assert found.neither_notices


def test_the_level_from_which_nothing_is_noticed_is_a_flip():
    levels = [(0.0, a_loss(0.30, 0.02)), (0.06, a_loss(0.1, 0.05)), (0.1, a_blind_loss(0.0, 0.01))]
    (found,) = flips([a_verdict([item], sigma) for sigma, item in levels])
    assert (found.low, found.high, found.after) == (0.0, 0.1, Code.NEITHER_NOTICES)


def test_nothing_known_tells_nothing():
    assert code_of([]) == Code.CANNOT_TELL
    assert code_of([a_loss(np.nan, np.nan)]) == Code.CANNOT_TELL


def test_wrong_verdicts_at_the_margin_are_rare():
    """A design that loses exactly the margin is called as good in at most 5 % of the studies."""
    rng = np.random.default_rng(1)
    found = [code_of([a_loss(rng.normal(0.10, 0.03), 0.03)]) for _ in range(4000)]
    for code in (Code.AS_GOOD, Code.NOT_AS_GOOD):
        share = np.mean([item == code for item in found])
        assert abs(share - 0.05) < 5 * np.sqrt(0.05 * 0.95 / 4000)


def test_the_best_other_design_and_equal_cost_are_told_apart():
    found = a_verdict([a_loss(0.30, 0.02), a_loss(0.01, 0.01, other="staggered")])
    assert found.code == Code.NOT_AS_GOOD
    assert found.best == "dense"
    assert found.at_equal_cost == Code.AS_GOOD  # staggered costs 15 % more, dense four times
    assert (found.reference_false_alarm, found.best_false_alarm) == (0.15, 0.09)
    assert found.best_value == pytest.approx(0.6)
    assert found.reference_value == pytest.approx(0.3)


def test_flips_skip_levels_at_which_nothing_can_be_told():
    bad, good = a_loss(0.30, 0.02), a_loss(0.0, 0.01)
    unclear = a_loss(0.10, 0.05)
    levels = [(0.10, good), (0.0, bad), (0.06, unclear), (0.03, bad)]
    found = flips([a_verdict([item], sigma) for sigma, item in levels])
    assert [dataclasses.asdict(item) for item in found] == [
        {"low": 0.03, "high": 0.10, "before": Code.NOT_AS_GOOD, "after": Code.AS_GOOD}
    ]
    assert flips([a_verdict([bad], s) for s in (0.0, 0.1)]) == []
