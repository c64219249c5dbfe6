"""What every estimator must do, for every one there is."""

import inspect

import numpy as np
import pytest

from fit import panels
from simdesign.errors import SpecError
from simdesign.fit import EstimatorEngine, build, engines
from simdesign.records import Fit, Looks, Status
from simdesign.spec.estimator import Own

ENGINES = sorted(engines().items(), key=lambda item: item[0].__name__)
BUILT_IN = [item for item in ENGINES if item[0] is not Own]  # an own one has tests of its own
ONE_SITE = ("ExactSiteEngine", "ExactCityEngine")
FIELDS = ("score", "published_alarm", "prob_break", "effect", "effect_low", "effect_high",
          "break_day", "log_evidence", "status")  # fmt: skip


def test_the_registry_is_not_empty_and_holds_no_abstract_class():
    assert len(ENGINES) >= 4
    for _, engine in ENGINES:
        assert not inspect.isabstract(engine)


def test_every_engine_keeps_the_protocol(engine):
    assert isinstance(engine, EstimatorEngine)


@pytest.fixture(params=BUILT_IN, ids=lambda item: item[0].__name__)
def engine(request):
    spec_type, _ = request.param
    return build("mine", spec_type(**(SHORT if _samples(spec_type) else {})))


def _samples(spec_type):
    return "sampling" in spec_type.model_fields


SHORT = {"sampling": {"tune": 50, "draws": 50, "max_r_hat": 9.0, "min_ess": 1e-9}}
"""The contract holds for every draw, so that engines that sample need only few."""


def _observations(engine, n_rep=4):
    single, samples = type(engine).__name__ in ONE_SITE, _samples(type(engine.spec))
    n_site = 1 if single else 3 if samples else 8
    where = panels.visits(n_site, 8, rounds=1 if samples else 2)
    n_rep = n_rep // 2 if samples else n_rep
    rng = np.random.default_rng(11)
    return panels.draw(rng, where, n_rep, step=0.3, step_day=panels.START + 1600)


def test_a_fit_has_a_value_or_a_status_for_every_replication_and_look(engine):
    looks = panels.looks(8)
    fit = engine.fit(_observations(engine), looks, "cocaine")
    assert isinstance(fit, Fit)
    assert (fit.estimator, fit.substance) == ("mine", "cocaine")
    assert fit.score.shape == (2 if _samples(type(engine.spec)) else 4, 8)
    assert set(np.unique(fit.status)) <= {int(s) for s in Status}
    assert np.isfinite(fit.score[fit.status == Status.OK]).all()
    assert (fit.status[:, -1] == Status.OK).all()
    finite = np.isfinite(fit.prob_break)
    assert ((fit.prob_break[finite] >= 0) & (fit.prob_break[finite] <= 1)).all()
    assert fit.effect[:, -1].mean() > 0  # loads rose: a positive effect
    assert not fit.score.flags.writeable


def test_no_estimator_sees_the_future(engine):
    """Loads that are not yet reported may be anything."""
    observations = _observations(engine)
    looks = panels.looks(8)
    changed = observations.load[:, 0].copy()
    late = observations.visits.last_day + looks.report_lag > looks.day[4]
    changed[:, late] *= 5.0
    one = engine.fit(observations, looks, "cocaine")
    two = engine.fit(panels.observe(observations.visits, changed), looks, "cocaine")
    for name in FIELDS:
        np.testing.assert_array_equal(getattr(one, name)[:, :5], getattr(two, name)[:, :5])
    assert (one.score[:, 5:] != two.score[:, 5:]).any()
    below = np.zeros(changed.shape, dtype=bool)
    below[:, late] = True
    three = engine.fit(
        panels.observe(observations.visits, observations.load[:, 0].copy(), censored=below),
        looks, "cocaine",
    )  # fmt: skip
    np.testing.assert_array_equal(one.status[:, :5], three.status[:, :5])
    # fewer usable weeks may mean fewer nodes: equal to the quadrature error of P(break), 0.005
    odds_one, odds_three = one.score[:, :5], three.score[:, :5]
    if np.isfinite(one.prob_break).any():
        odds_one, odds_three = one.prob_break[:, :5], three.prob_break[:, :5]
    np.testing.assert_allclose(odds_one, odds_three, atol=0.005)


def test_a_replication_does_not_depend_on_its_company(engine):
    """Bit for bit: task sizes must not show in results."""
    observations = _observations(engine, 5)
    looks = panels.looks(8)
    together = engine.fit(observations, looks, "cocaine")
    for r in (0, observations.n_rep - 1):
        alone = panels.observe(observations.visits, observations.load[r : r + 1, 0].copy())
        fit = engine.fit(alone, looks, "cocaine")
        for name in FIELDS:
            np.testing.assert_array_equal(getattr(fit, name)[0], getattr(together, name)[r])


def test_too_little_data_is_a_status_and_never_an_exception(engine):
    single = type(engine).__name__ in ONE_SITE
    where = panels.visits(1 if single else 8, 1)
    observations = panels.draw(np.random.default_rng(12), where, 2)
    fit = engine.fit(observations, panels.looks(3), "cocaine")
    assert (fit.status == Status.TOO_LITTLE_DATA).all()


def test_missing_days_and_a_missing_site_are_served(engine):
    observations = _observations(engine)
    load = observations.load[:, 0].copy()
    load[:, :, 2] = np.nan
    if observations.visits.site.max() > 0:
        load[:, observations.visits.site == observations.visits.site.max()] = np.nan
    fit = engine.fit(panels.observe(observations.visits, load), panels.looks(8), "cocaine")
    assert np.isfinite(fit.score[:, -1]).all()


class Largest:
    """A user's estimator: the largest reported load."""

    def __init__(self, name, spec):
        self.name, self.spec = name, spec

    def fit(self, observations, looks: Looks, substance):
        score = np.repeat(
            np.nanmax(observations.load[:, 0], axis=(1, 2))[:, None], looks.day.size, 1
        )
        nothing = np.full(score.shape, np.nan)
        return Fit(
            estimator=self.name, substance=substance, score=score,
            published_alarm=score > self.spec.options["above"], prob_break=nothing, effect=nothing,
            effect_low=nothing, effect_high=nothing, break_day=nothing, log_evidence=nothing,
            status=np.zeros(score.shape, dtype=np.int64),
        )  # fmt: skip


def test_an_own_estimator_is_found_by_its_name():
    spec = Own(uses=f"{__name__}:Largest", options={"above": 100.0})
    where = panels.visits(2, 2)
    fit = build("largest", spec).fit(
        panels.observe(where, np.full((1, 4, 7), 200.0)), panels.looks(2), "cocaine"
    )
    assert fit.published_alarm.all()
    later = np.full((1, 4, 7), 200.0)
    later[:, where.year == 2027] = 900.0  # reported after the first look
    fit = build("largest", spec).fit(panels.observe(where, later), panels.looks(2), "cocaine")
    np.testing.assert_array_equal(fit.score, [[200.0, 900.0]])
    with pytest.raises(SpecError, match=r"estimators\.largest\.uses: must be importable"):
        build("largest", Own(uses="no.such.module:Name"))
