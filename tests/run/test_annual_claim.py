"""The default study holds what its README promises, at both sizes."""

import re
from pathlib import Path

import pytest

from simdesign.run import judging_estimator, make_plan, shared_level, size_of
from simdesign.spec.change import SlopeChange
from simdesign.spec.estimator import DEFAULT_PRIORS, DRIFT_PRIOR
from simdesign.spec.quantity import HalfNormal
from simdesign.spec.study import Study

FILE = Path(__file__).parents[2] / "experiments" / "annual_claim" / "study.toml"


@pytest.fixture(scope="module")
def study():
    """Read the default study."""
    return Study.from_toml(FILE)


def test_quick_crosses_levels_and_changes(study):
    plan = make_plan(study, "quick")
    worlds = [item for item in plan.scenarios if item.role == "null_world"]
    changed = [item for item in plan.scenarios if item.role == "alternative"]
    sloping = [item for item in changed if isinstance(item.change, SlopeChange)]
    changed = [item for item in changed if item not in sloping]
    levels = (0.0, 0.03, 0.06, 0.10)
    assert [shared_level(item.factors) for item in worlds] == list(levels)
    assert {(shared_level(item.factors), size_of(item)) for item in changed} == {
        (level, size) for level in levels for size in (0.10, 0.20, 0.30, -0.20)
    }
    assert {c.substance for cells in plan.cells.values() for c in cells} == {"cocaine"}
    assert [(shared_level(item.factors), item.change.slope) for item in sloping] == [
        (level, -0.09) for level in levels
    ]
    assert len(study.designs) == 7
    assert study.designs["annual_after_pilot"].history == "pilot"
    assert len(study.estimators) == 3
    assert judging_estimator(plan) == "exact"
    assert study.decision.reference == "annual"


def test_full_has_the_promised_null_programmes_mdma_and_laboratory_years(study):
    plan = make_plan(study, "full")
    null = next(item for item in plan.scenarios if item.role == "null_mixture")
    assert plan.n_rep(null) >= 10_000
    assert set(null.world.substances) == {"cocaine", "MDMA"}
    found = {
        tuple(item.factors[f"world.substances.*.{name}"] for name in ("lab_share", "r_lab"))
        for item in plan.scenarios
        if item.factors
    }
    # a special week; half of it; the laboratory's batch, and its year
    assert found == {(0.0, 0.5), (0.5, 0.5), (1.0, 0.0), (1.0, 0.8)}
    calm = [item for item in plan.scenarios if shared_level(item.factors) < 0.05]
    assert {item.factors["world.substances.*.lab_share"] for item in calm} == {0.5}


@pytest.mark.parametrize("substance", ["cocaine", "MDMA"])
def test_the_null_mixture_is_the_dutch_estimate_and_what_it_does_not_tell(study, substance):
    drawn = study.null.substances[substance]
    assert drawn.estimate.name == "NL"
    assert {*DEFAULT_PRIORS[substance], "drift"} <= set(drawn.drawn_jointly)
    assert drawn.r_lab.values == (0.0, 0.5, 0.8)
    assert drawn.shared_weeks.values == (1.0, 4.0, 12.0)
    assert isinstance(drawn.season_amplitude, HalfNormal)
    assert study.world.substances[substance].estimate is None


@pytest.mark.parametrize("substance", ["cocaine", "MDMA"])
def test_the_priors_stated_before_are_there_in_comments(substance, tmp_path):
    text = re.sub(r'(?m)^estimate = "NL"\n', "", FILE.read_text(encoding="utf-8"))
    text = re.sub(r"(?m)^# (sigma_\w+|drift) = ", r"\1 = ", text)
    (tmp_path / "study.toml").write_text(text, encoding="utf-8")
    stated = Study.from_toml(tmp_path / "study.toml").null.substances[substance]
    for name, prior in DEFAULT_PRIORS[substance].items():
        assert getattr(stated, name) == prior
    assert stated.drift == DRIFT_PRIOR[substance]
    assert stated.estimate is None
