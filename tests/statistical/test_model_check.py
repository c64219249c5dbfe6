"""The model check at its small size; ``make verify`` runs the same functions at the full one.

What is drawn, tested and called *checked* is `docs/model_check.md`; the tolerance is that of the
number of draws, because the tests are.
"""

from pathlib import Path

import numpy as np
import pytest

from simdesign.spec.study import Study
from simdesign.studies.calibration.check import _plan, check_study
from simdesign.studies.calibration.draw import Luck
from simdesign.studies.calibration.measures import LEVEL, findings_of, holm
from simdesign.studies.calibration.posterior import joined
from simdesign.studies.calibration.variants import BROKEN, OWN

STUDY = Path(__file__).parents[2] / "experiments" / "model_check" / "study.toml"
DRAWS = 200


@pytest.fixture(scope="module")
def study():
    return Study.from_toml(STUDY)


def test_the_exact_engine_is_calibrated_on_its_own_model(study):
    found = check_study(study, "quick", DRAWS, variants=())
    rejected = [(c.name, t.quantity, t.test, t.p, p) for c, t, p in found.rejected]
    assert rejected == []
    assert found.checked
    # every estimator, design and substance at two looks, with all that can be tested
    assert len(found.cells) == 2 * 4 * 2 * 2
    tested = {test.quantity for cell in found.cells for test in cell.tests}
    assert tested >= {
        "sigma_shared", "sigma_rw", "sigma_site", "effect", "effect_given_break", "broken", "step",
        "slope",
    }  # fmt: skip


@pytest.mark.parametrize("variant", BROKEN, ids=lambda variant: variant.name)
def test_a_mistake_is_caught_at_this_size(study, variant):
    """The family is the whole check, as if every other of its tests were perfect."""
    small = study.model_copy(
        update={
            "designs": {"annual": study.designs["annual"]},
            "estimators": {"exact": study.estimators["exact"]},
        }
    )
    scenario = next(small.scenarios("quick"))
    planned = _plan(small, scenario, dict(small.estimators), (variant,))
    item = next(p for p in planned if p.variant is variant and p.ground.substance == "cocaine")
    luck = Luck(seed=small.seed, group=item.luck_group)
    found = joined([item.compared(np.arange(DRAWS), luck)])
    prior = {"broken": item.model.prior_break(10.0)}
    p = [test.p for test in findings_of(found, prior)]
    n_all = 32 * 30  # more tests than the small check has
    assert min(holm([*p, *[1.0] * (n_all - len(p))])) < LEVEL


def test_draws_do_not_depend_on_their_batch(study):
    scenario = next(study.scenarios("quick"))
    item = next(p for p in _plan(study, scenario, dict(study.estimators), ()) if p.variant is OWN)
    luck = Luck(seed=3, group="batch")
    whole, part = item.compared(np.arange(6), luck), item.compared(np.arange(4, 6), luck)
    for name, values in part.pit.items():
        np.testing.assert_allclose(values, whole.pit[name][4:6], rtol=0, atol=1e-12)
