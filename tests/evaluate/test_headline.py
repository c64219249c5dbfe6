"""Which measures are published: those that verdicts, the page and documents use, and few others."""

import math

import pytest

from simdesign.evaluate import Headline

IS_READ = Headline(judging="exact", budget=0.1, rules=frozenset({"euda"}))


def read(
    measure, estimator="exact", threshold="operating", *, budget=0.1, at=math.nan, paired=False
):
    return IS_READ(
        measure, estimator=estimator, threshold=threshold, budget=budget, horizon=at, paired=paired
    )


@pytest.mark.parametrize(
    ("wanted", "asked"),
    [
        # everything that a verdict rests on, and its paired differences
        (True, {"measure": "power", "at": 3.0}),
        (True, {"measure": "power", "at": 3.0, "paired": True}),
        (True, {"measure": "power", "at": 3.0, "threshold": "oracle", "paired": True}),
        (True, {"measure": "restricted_mean_delay", "at": 5.0, "paired": True}),
        (True, {"measure": "restricted_mean_delay", "at": 5.0, "threshold": "oracle"}),
        (True, {"measure": "large_error_prob", "estimator": "", "threshold": "", "at": 3.0,
                "budget": math.nan, "paired": True}),
        (True, {"measure": "cost", "estimator": "", "threshold": "", "budget": math.nan}),
        (False, {"measure": "level_rmse", "estimator": "", "threshold": "", "budget": math.nan,
                 "paired": True}),
        # other horizons and budgets of the judge, but not paired
        (True, {"measure": "power", "at": 1.0}),
        (False, {"measure": "power", "at": 1.0, "paired": True}),
        (False, {"measure": "power", "at": 1.0, "threshold": "oracle"}),
        (True, {"measure": "power", "at": 3.0, "budget": 0.2}),
        (False, {"measure": "power", "at": 2.0, "budget": 0.2}),
        (True, {"measure": "false_alarm_prob", "threshold": "guarded"}),
        (False, {"measure": "type_m", "threshold": "guarded"}),
        # a rule of practice: what it notices and how often it cries wolf, as published too
        (True, {"measure": "power", "estimator": "euda", "threshold": "published", "at": 3.0,
                "budget": math.nan}),
        (False, {"measure": "power", "estimator": "euda", "threshold": "oracle", "at": 3.0}),
        (False, {"measure": "type_m", "estimator": "euda"}),
        (True, {"measure": "rounds_differ_prob", "estimator": "euda", "threshold": "", "at": 0.1,
                "budget": math.nan}),
        # another model
        (True, {"measure": "type_m", "estimator": "slopes_too"}),
        (False, {"measure": "threshold", "estimator": "slopes_too"}),
        (False, {"measure": "power", "estimator": "slopes_too", "at": 3.0, "paired": True}),
        # a curve is a figure
        (False, {"measure": "delay_curve", "at": 0.25}),
    ],
)  # fmt: skip
def test_what_is_read(wanted, asked):
    assert read(**asked) is wanted
