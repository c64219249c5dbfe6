"""What P(break) owes to plugged-in values, and the prior at which it crosses one half."""

import math
from dataclasses import replace

import numpy as np
import pytest

from fit import panels
from simdesign.errors import SpecError
from simdesign.fit import break_posterior, hazard_flip, plugged_sensitivity, prior_flip
from simdesign.records import Looks, Status
from simdesign.spec.catalogue import SUBSTANCES, plugged_ranges, substance_values
from simdesign.spec.estimator import ExactBreak, ExactSite, ExactStep
from simdesign.spec.plugged import COUNT_NOISE
from simdesign.spec.quantity import HalfNormal

WHERE = panels.visits(4, 8)
LOOKS = Looks(day=panels.looks(8, lag=0).day[-1:].copy(), report_lag=0,
              origin_day=panels.START, start_day=panels.START)  # fmt: skip
OBSERVATIONS = panels.draw(
    np.random.default_rng(3), WHERE, 1, step=0.25, step_day=panels.START + 1500
)


@pytest.mark.parametrize("name", SUBSTANCES)
def test_the_ranges_hold_what_is_plugged_in(name):
    ranges, values = plugged_ranges(name), substance_values(name)
    plugged = {"day_sd": values["day_sd"], "day_rho": values["day_rho"],
               "count_noise": COUNT_NOISE[name], "r_lab": 0.5, "nugget": 0.01}  # fmt: skip
    for key, value in plugged.items():
        low, high = ranges[key]
        assert low < value < high
    assert len(ranges["weekday"]) == 7
    assert np.exp(np.mean(np.log(ranges["weekday"]))) == pytest.approx(1.0, abs=0.02)
    with pytest.raises(SpecError, match="cocaine"):
        plugged_ranges("caffeine")


def test_every_row_is_the_engine_with_that_value():
    table = plugged_sensitivity(ExactStep(), OBSERVATIONS, LOOKS, "cocaine")
    assert {row.name for row in table.rows} == {
        "day_sd", "day_rho", "count_noise", "weekday", "r_lab", "nugget",
    }  # fmt: skip
    assert len(table.rows) == 12
    full = break_posterior(ExactStep(), OBSERVATIONS, LOOKS, "cocaine")
    assert table.plugged.prob_break == full.prob_break
    for row in table.rows:
        if row.name == "weekday":
            continue
        moved = ExactStep(**{row.name: row.value})
        again = break_posterior(moved, OBSERVATIONS, LOOKS, "cocaine")
        assert row.answer.prob_break == again.prob_break
        assert row.answer.effect == again.effect_mean
    low, high = table.prob_range
    assert low < table.plugged.prob_break < high
    shifts = [abs(table.shift(row)) for row in table.rows]
    assert abs(table.shift(table.largest)) == max(shifts) > 0.0


def test_a_weekday_profile_matters_only_where_weeks_have_other_days():
    where = panels.visits(4, 8, year_days=364)  # every week starts on the same weekday
    seen = panels.draw(np.random.default_rng(3), where, 1, step=0.25, step_day=panels.START + 1500)
    whole = plugged_sensitivity(ExactStep(), seen, LOOKS, "cocaine")
    for row in whole.rows:
        if row.name == "weekday":
            assert row.answer.prob_break == pytest.approx(whole.plugged.prob_break, abs=1e-9)
    load = seen.load.copy()
    late = np.flatnonzero(where.middle_day > panels.START + 1500)
    load[:, :, late, :4] = np.nan
    part = plugged_sensitivity(ExactStep(), replace(seen, load=load), LOOKS, "cocaine")
    moved = {row.end: part.shift(row) for row in part.rows if row.name == "weekday"}
    assert set(moved) == {"flat", "other"}
    assert max(abs(shift) for shift in moved.values()) > 0.01


def test_the_intensity_flips_where_the_closed_form_says():
    # posterior odds = (exp(h T) - 1) * Bayes factor, and the Bayes factor does not know h
    years = (LOOKS.day[-1] - LOOKS.origin_day) / 365.25
    for spec in (ExactStep(), ExactBreak(), ExactSite()):
        answer = break_posterior(spec, OBSERVATIONS, LOOKS, "cocaine")
        bayes = answer.prob_break / (1 - answer.prob_break) / math.expm1(spec.hazard * years)
        for level in (0.5, 0.2):
            expected = math.log1p(level / (1 - level) / bayes) / years
            found = prior_flip(
                spec, OBSERVATIONS, LOOKS, "cocaine", "hazard", expected / 20, expected * 20, level
            )
            # nodes without weight are left out, and the intensity has a say in which
            assert found.at == pytest.approx((expected,), rel=1e-3)
            assert found.default == spec.hazard
            assert "hazard: P(break)" in found.text
            ends = (expected / 20, expected * 20)
            closed = hazard_flip(spec, OBSERVATIONS, LOOKS, "cocaine", *ends, level)
            assert closed.at == pytest.approx((expected,), rel=1e-9)
            assert closed.prob_break == pytest.approx(
                (found.prob_break[0], found.prob_break[-1]), abs=1e-4
            )
            far = hazard_flip(spec, OBSERVATIONS, LOOKS, "cocaine", 2 * expected, 1.0, level)
            assert far.at == ()


def test_at_a_flip_the_engine_gives_the_level():
    low, high = (
        break_posterior(
            ExactStep(sigma_rw=HalfNormal(scale=scale)), OBSERVATIONS, LOOKS, "cocaine"
        ).prob_break
        for scale in (0.01, 0.5)
    )
    level = 0.5 * (low + high)
    found = prior_flip(ExactStep(), OBSERVATIONS, LOOKS, "cocaine", "sigma_rw", 0.01, 0.5, level)
    assert found.at
    assert (found.prob_break[0], found.prob_break[-1]) == pytest.approx((low, high), abs=1e-9)
    for value in found.at:
        spec = ExactStep(sigma_rw=HalfNormal(scale=value))
        again = break_posterior(spec, OBSERVATIONS, LOOKS, "cocaine")
        assert again.prob_break == pytest.approx(level, abs=1e-4)
    point = ExactStep(sigma_rw=0.05)
    moved = prior_flip(point, OBSERVATIONS, LOOKS, "cocaine", "sigma_rw", 0.01, 0.5, level)
    assert moved.default == 0.05
    last = break_posterior(ExactStep(sigma_rw=0.5), OBSERVATIONS, LOOKS, "cocaine")
    assert moved.prob_break[-1] == pytest.approx(last.prob_break, abs=1e-9)


def test_no_flip_is_said_and_wrong_requests_are_refused():
    found = prior_flip(ExactStep(), OBSERVATIONS, LOOKS, "cocaine", "drift_sd", 0.05, 0.2, 0.001)
    assert found.at == ()
    assert "no flip from 0.05 to 0.2" in found.text
    assert "stays above 0.001" in found.text
    for field, low, high, level in (
        ("colour", 0.1, 0.2, 0.5), ("hazard", 0.2, 0.1, 0.5), ("hazard", 0.1, 0.2, 1.0),
    ):  # fmt: skip
        with pytest.raises(SpecError):
            prior_flip(ExactStep(), OBSERVATIONS, LOOKS, "cocaine", field, low, high, level)


def test_without_data_nothing_can_depend_on_what_is_plugged_in():
    few = panels.visits(4, 1)
    seen = panels.draw(np.random.default_rng(4), few, 1)
    table = plugged_sensitivity(ExactStep(), seen, LOOKS, "cocaine")
    assert table.plugged.status == Status.TOO_LITTLE_DATA
    assert all(table.shift(row) == pytest.approx(0.0, abs=1e-9) for row in table.rows)
