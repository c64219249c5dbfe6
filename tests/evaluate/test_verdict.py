"""What the three words mean."""

import dataclasses

import numpy as np
import pytest

from simdesign.evaluate import Code, Loss, code_of, flips, verdict_of


def a_loss(value, mcse, *, other="dense", margin=0.10, measure="power", n_rep=1000):
    return Loss(
        scenario="s", size=0.2, other=other, measure=measure, reference_value=0.6 - value,
        other_value=0.6, loss=value, mcse=mcse, margin=margin, n_rep=n_rep,
    )  # fmt: skip


def a_verdict(losses, sigma=0.0, cost=None):
    return verdict_of(
        "break", losses, substance="cocaine", estimator="exact", threshold="operating",
        world={"world.substances.*.sigma_shared": sigma}, sigma_shared=sigma, reference="annual",
        cost=cost or {"annual": 1.0, "dense": 4.0, "staggered": 1.05},
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
    assert found.at_equal_cost == Code.AS_GOOD  # staggered costs 5 % more, dense four times
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
