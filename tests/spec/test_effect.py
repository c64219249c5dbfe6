"""The size of a change: closed forms, and the effect that a truth has after three years."""

import math

import numpy as np
import pytest

from simdesign.simulate import prepare
from simdesign.spec.effect import effect_after, shown_size, size_of, yearly_change
from simdesign.spec.study import Study

BASE = {
    "name": "sizes", "seed": 3, "aims": "A test.",
    "programme": {"start": "2026-01-01", "years": 8},
    "world": {
        "counts": "off", "substances": {"cocaine": {"drift": 0.05}, "MDMA": {"drift": -0.02}},
    },
    "designs": {"annual": {"schedule": {"kind": "fixed_weeks", "weeks": [11]}}},
    "estimators": {"exact": {"kind": "exact_step"}},
    "decision": {"reference": "annual"},
    "sizes": {"quick": {"null": 20, "null_world": 20, "alternative": 10}},
}  # fmt: skip


def scenario(**change):
    study = Study.from_dict(BASE | {"change": {"at": 2.0, **change}})
    return study, next(item for item in study.scenarios("quick") if item.role == "alternative")


CHANGES = {
    "step": ({"kind": "level_shift", "size": 0.3}, {"cocaine": 0.3, "MDMA": 0.3}),
    "fall": ({"kind": "level_shift", "size": -0.2}, {"cocaine": -0.2, "MDMA": -0.2}),
    "slope": (
        {"kind": "slope_change", "slope": -0.09},
        {"cocaine": math.exp(-0.27) - 1, "MDMA": math.exp(-0.27) - 1},
    ),
    "short slope": (
        {"kind": "slope_change", "slope": 0.1, "years": 2.0},
        {"cocaine": math.exp(0.2) - 1, "MDMA": math.exp(0.2) - 1},
    ),
    "plateau": (
        {"kind": "slope_change", "slope": "plateau"},
        {"cocaine": math.exp(-0.15) - 1, "MDMA": math.exp(0.06) - 1},
    ),
    "table": ({"kind": "level_shift", "size": {"MDMA": -0.4}}, {"cocaine": 0.0, "MDMA": -0.4}),
}


@pytest.mark.parametrize("name", CHANGES)
def test_the_size_is_what_the_truth_has_after_three_years(name):
    change, wanted = CHANGES[name]
    study, item = scenario(**change)
    truth = prepare(
        item.world, item.change, study.programme, seed=study.seed, luck=item.luck, history_years=0
    ).truth(0)
    day = truth.change_day - truth.first_day + int(3.0 * 365.25)
    for u, substance in enumerate(truth.substances):
        assert size_of(item, substance) == pytest.approx(wanted[substance], abs=1e-12)
        seen = math.expm1(truth.change_effect[u, day])
        # the truth counts whole days: the log load moves by at most 0.15 / 365 in one
        assert size_of(item, substance) == pytest.approx(seen, abs=6e-4)


def test_one_size_for_all_is_one_number_and_others_are_none():
    assert size_of(scenario(kind="level_shift", size=0.1)[1]) == 0.1  # to the last digit
    assert math.isnan(size_of(scenario(**CHANGES["table"][0])[1]))
    assert math.isnan(size_of(scenario(**CHANGES["plateau"][0])[1]))


def test_a_pulse_has_no_size_and_is_shown_with_its_own():
    item = scenario(kind="pulse", size=0.5, days=30)[1]
    assert math.isnan(size_of(item, "cocaine"))
    assert shown_size(item, "cocaine") == 0.5


def test_a_distribution_counts_with_its_median():
    drawn = {"dist": "lognormal", "median": 0.1, "log_sd": 0.8}
    item = scenario(kind="slope_change", slope=drawn)[1]
    rng = np.random.default_rng(5)
    sizes = np.expm1(3.0 * 0.1 * np.exp(0.8 * rng.standard_normal(200_001)))
    # the standard error of a median is 0.5 / (density sqrt(n)): far below 0.01 here
    assert size_of(item, "cocaine") == pytest.approx(np.median(sizes), abs=0.01)


def test_the_yearly_change_is_that_of_a_slope_only():
    assert yearly_change(scenario(kind="slope_change", slope=-0.09)[1], "MDMA") == pytest.approx(
        math.exp(-0.09) - 1
    )
    assert math.isnan(yearly_change(scenario(kind="level_shift")[1], "MDMA"))


def test_of_a_substitution_only_the_substance_that_is_replaced_has_a_size():
    swap = {"from": "MDMA", "to": "cocaine"}
    item = scenario(kind="level_shift", size=-0.2, mechanism=swap)[1]
    assert size_of(item, "MDMA") == -0.2
    assert math.isnan(size_of(item, "cocaine"))
    assert math.isnan(effect_after(item.change, "cocaine"))
