"""Verdicts at other thresholds are those of the study where the threshold is the study's."""

import math

import numpy as np
import pytest

from run.tiny import write_study
from simdesign.evaluate import Code, hats, margin_flips, prior_values
from simdesign.run import run
from simdesign.run.moved import Option, at_budget, guarded_at, verdicts_at, weighted_at
from simdesign.spec.quantity import HalfNormal
from simdesign.spec.shipped import shipped_draws
from simdesign.spec.study import Study

SLOPE = """"change" = [
  { kind = "level_shift", size = 0.3, at = { dist = "uniform", low = 1.0, high = 2.5 } },
  { kind = "slope_change", slope = -0.09, at = { dist = "uniform", low = 1.0, high = 2.5 } },
  { kind = "pulse", size = 0.8, at = 2.0, days = 60 },
]"""


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    folder = tmp_path_factory.mktemp("moved")
    path = write_study(
        folder, ('"change.size" = [0.3, -0.3]', SLOPE), ("null = 24", "null = 220"),
        ("null_world = 20\nalternative = 12", "null_world = 80\nalternative = 60"),
    )  # fmt: skip
    return run(Study.from_toml(path), folder / "out", workers=1)


def same(found, wanted, mcse=0.25):
    assert len(found) == len(wanted) > 0
    for one, other in zip(found, wanted, strict=True):
        assert (one.substance, one.world, one.best) == (other.substance, other.world, other.best)
        assert one.reference_value == pytest.approx(other.reference_value)
        assert [x.loss for x in one.losses] == pytest.approx([x.loss for x in other.losses])
        # 200 of the 500 resamples: an SD from 200 is within 5 %, z = 5
        assert [x.mcse for x in one.losses] == pytest.approx(
            [x.mcse for x in other.losses], rel=mcse
        )


def test_the_study_s_own_thresholds_give_its_own_verdicts(results):
    options = [
        Option(group="budget", name="0.1", estimator="exact", limit=at_budget(0.1)),
        Option(group="threshold", name="oracle", estimator="exact", limit=at_budget(0.1),
               in_each_world=True),
        Option(group="budget", name="0.5", estimator="exact", limit=at_budget(0.5)),
    ]  # fmt: skip
    stated = results.verdicts()
    own, oracle, half = verdicts_at(results, options)
    same(own, [v for v in stated if v.threshold == "operating"])
    same(oracle, [v for v in stated if v.threshold == "oracle"])
    same(half, [v for v in results.verdicts(0.5) if v.threshold == "operating"])


def test_equal_weights_are_no_weights_and_a_guard_is_stricter(results):
    n = results.plan.n_rep(results.plan.scenarios[0])
    options = [
        Option(group="a", name="a", estimator="exact", limit=at_budget(0.1)),
        Option(group="b", name="b", estimator="exact",
               limit=weighted_at(0.1, {"cocaine": np.full(n, 0.7)})),
        Option(group="c", name="c", estimator="exact", limit=guarded_at(0.1)),
        Option(group="d", name="d", estimator="exact", limit=weighted_at(0.1, {})),
    ]  # fmt: skip
    plain, weighted, guarded, none = verdicts_at(results, options)
    same(weighted, plain, mcse=1e-6)
    assert none == []
    table = {
        (row["scenario"], row["design"]): row["value"]
        for row in results.records()
        if (row["measure"], row["threshold"], row["horizon"], row["estimator"])
        == ("power", "guarded", 3.0, "exact") and not row["compared_with"]
    }  # fmt: skip
    for item in guarded:
        for loss in item.losses:
            if loss.measure == "power":
                assert loss.reference_value == pytest.approx(table[loss.scenario, "annual"])
                assert loss.other_value == pytest.approx(table[loss.scenario, loss.other])


def test_a_slope_is_judged_beside_a_step_and_a_pulse_is_not(results):
    for item in results.verdicts():
        if item.topic != "break":
            continue
        sizes = sorted({loss.size for loss in item.losses})
        assert sizes == pytest.approx([math.exp(-0.27) - 1, 0.3])
        slow = [loss for loss in item.losses if math.isfinite(loss.yearly)]
        assert [loss.yearly for loss in slow] == pytest.approx([math.exp(-0.09) - 1] * 2)
        assert len(slow) == 2  # power and delay of one other design


def test_the_worth_of_knowing_is_the_gain_in_power(results):
    table = {
        (row["scenario"], row["threshold"]): row["value"]
        for row in results.records()
        if (row["measure"], row["horizon"], row["estimator"], row["design"], row["budget"])
        == ("power", 3.0, "exact", "annual", 0.1) and not row["compared_with"]
    }  # fmt: skip
    for item in results.verdicts():
        if item.threshold != "operating":
            assert math.isnan(item.worth)
            continue
        names = {loss.scenario for loss in item.losses}
        gains = [table[name, "oracle"] - table[name, "operating"] for name in names]
        assert item.worth == pytest.approx(np.mean(gains))
        assert 0.0 <= item.worth_mcse < 0.5


def test_averages_are_weighted_means_of_the_powers_of_the_levels(results):
    rows = [
        row for row in results.records()
        if (row["measure"], row["horizon"], row["estimator"], row["budget"])
        == ("power", 3.0, "exact", 0.1) and not row["compared_with"]
    ]  # fmt: skip
    judged = {loss.scenario for v in results.verdicts() for loss in v.losses if v.topic == "break"}

    def powers(design, threshold):
        return np.array([
            np.mean([
                row["value"] for row in rows
                if row["scenario"] in judged and row["sigma_shared"] == level
                and (row["design"], row["threshold"]) == (design, threshold)
            ])
            for level in (0.0, 0.1)
        ])  # fmt: skip

    found = results.averages()
    assert {(item.prior, item.threshold) for item in found} == {
        (prior, kind) for prior in ("design", "NL") for kind in ("operating", "oracle")
    }
    draws = np.array(shipped_draws("cocaine")[0].fields["sigma_shared"])
    for item in found:
        values = prior_values(HalfNormal(scale=0.08)) if item.prior == "design" else draws
        share = np.clip(values / 0.1, 0.0, 1.0)  # linear between 0 and 0.1
        weights = np.array([1.0 - share.mean(), share.mean()])
        assert item.weights == pytest.approx(tuple(weights))
        mine, best = powers("annual", item.threshold), powers("two", item.threshold)
        assert item.reference_value == pytest.approx(weights @ mine)
        assert item.difference == pytest.approx(weights @ (best - mine))
        assert item.beyond == pytest.approx((values > 0.1).mean())
        assert 0.0 < item.mcse < 0.3
        at = hats([0.0, 0.1], values) @ (best - mine)
        worth = shipped_draws("cocaine")[0].n_effective
        wanted = 0.0 if item.prior == "design" else at.std() / math.sqrt(worth)
        assert item.prior_error == pytest.approx(wanted)
    results.save()
    assert [item.weights for item in results.averages()] == [item.weights for item in found]


def test_margins_at_which_the_answer_changes(results):
    from dataclasses import replace

    from simdesign.evaluate import code_of

    seen = set()
    for item in results.verdicts():
        for flip in margin_flips(item):
            mine = [loss for loss in item.losses if loss.measure == flip.measure]
            n = len(item.losses)
            if math.isfinite(flip.as_good_from) and flip.as_good_from > 0.0:
                wide = [
                    replace(x, margin=flip.as_good_from + 1e-9, reference_high=1.0) for x in mine
                ]
                tight = [
                    replace(x, margin=flip.as_good_from - 1e-6, reference_high=1.0) for x in mine
                ]
                assert code_of(wide) == Code.AS_GOOD
                assert code_of(tight) != Code.AS_GOOD
                seen.add("as_good")
            if flip.not_as_good_below > 0.0 and len(mine) == n:
                below = [replace(x, margin=flip.not_as_good_below - 1e-6) for x in mine]
                above = [replace(x, margin=flip.not_as_good_below + 1e-6) for x in mine]
                assert code_of(below) == Code.NOT_AS_GOOD
                assert code_of(above) != Code.NOT_AS_GOOD
                seen.add("not_as_good")
    assert "as_good" in seen
