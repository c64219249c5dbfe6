"""An engine that samples goes through the same check: ranks beside distribution functions."""

from pathlib import Path

import numpy as np
import pytest

from simdesign.spec.estimator import ExactBreak, Pymc
from simdesign.spec.study import Study
from simdesign.studies.calibration.check import _plan
from simdesign.studies.calibration.draw import Luck
from simdesign.studies.calibration.model import SCALES
from simdesign.studies.calibration.posterior import joined
from simdesign.studies.calibration.sampled import KEPT
from simdesign.studies.calibration.variants import OWN

STUDY = Path(__file__).parents[2] / "experiments" / "model_check" / "study.toml"
SAMPLING = {"tune": 300, "draws": 600, "min_ess": 50}
N = 3


@pytest.fixture(scope="module")
def compared():
    study = Study.from_toml(STUDY)
    small = study.model_copy(update={"designs": {"annual": study.designs["annual"]}})
    scenario = next(small.scenarios("quick"))
    specs = {"exact": ExactBreak(), "pymc": Pymc(sampling=SAMPLING)}
    luck = Luck(seed=small.seed, group="sampled")
    found = {}
    for name, spec in specs.items():
        planned = _plan(small, scenario, {name: spec}, (OWN,))
        item = [p for p in planned if p.ground.substance == "cocaine"][-1]
        found[name] = joined([item.compared(np.arange(N), luck)])
    return found


def test_the_same_draws_get_the_same_probabilities(compared):
    """P(break) of 1,200 averaged draws has an error below 0.01 (docs/pymc.md)."""
    assert not compared["pymc"].failed.any()
    for event, happened in compared["exact"].happened.items():
        np.testing.assert_array_equal(happened, compared["pymc"].happened[event])
    for event in ("broken", "step", "slope", "pulse"):
        one, two = compared["exact"].prob[event], compared["pymc"].prob[event]
        np.testing.assert_allclose(two, one, atol=0.05)


def test_a_rank_is_the_distribution_function_with_the_error_of_its_draws(compared):
    for name in SCALES:
        t = compared["exact"].pit[name]
        # thinned draws are worth about a half of independent ones, and a rank is placed at random
        error = np.sqrt(2.0 * t * (1.0 - t) / KEPT) + 1.0 / KEPT
        assert (np.abs(compared["pymc"].pit[name] - t) <= 5.0 * error).all()
