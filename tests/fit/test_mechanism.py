"""By which mechanism a break came: what the answers mean, and that they are frequencies."""

from dataclasses import replace

import numpy as np
import pytest
from pydantic import ValidationError

from fit import panels
from fit.mechanism_world import SUBSTANCE, drawn_from_model
from simdesign.fit import build, decided, mechanism, mechanism_posterior, mechanism_probs
from simdesign.fit.mechanism import UNDECIDED
from simdesign.fit.mechanism_traces import trace_draws
from simdesign.records import Status, Stream
from simdesign.spec.catalogue import substance_values
from simdesign.spec.estimator import ExactBreak, ExactMechanism
from simdesign.spec.mechanism import CANNOT_BE_TOLD, MECHANISM_CLASSES, MechanismMass, TracePrior

YEARS = 8
BREAK = panels.START + 1500
MORE, HEAVIER, DOSE = range(3)
ENGINE = build("mine", ExactMechanism())


def column_of(label):
    """Return what a rise of one class of users alone does to the log load of each weekday."""
    classes = substance_values(SUBSTANCE)["classes"]
    weeks = np.array([np.array(item["weekday"]) / np.mean(item["weekday"]) for item in classes])
    total = np.array([item["mass_share"] for item in classes]) @ weeks
    return weeks[[item["name"] for item in classes].index(label)] / total


def seen(column, *, size=0.3, n_rep=6, streams=None, n_year=YEARS):
    """Return observations whose loads of weekday d change by ``size * column[d]`` at the break."""
    where = panels.visits(12, n_year, rounds=2)
    observations = panels.draw(np.random.default_rng(5), where, n_rep)
    weekday = (where.day + 3) % 7
    change = np.exp(size * column[weekday] * (where.day >= BREAK))
    load = observations.load[:, 0] * np.exp(ENGINE_PROFILE[weekday]) * change
    found = {f"{kind}/{SUBSTANCE}": (item,) * n_rep for kind, item in (streams or {}).items()}
    return replace(panels.observe(where, load), streams=found)


ENGINE_PROFILE = 0.3 * np.log([1.06, 0.91, 0.87, 0.86, 0.93, 1.1, 1.27])
"""A profile that is not the plugged-in one: only its change may inform."""


def series(kind, size, *, error=0.02):
    """Return a yearly series that changes by the factor ``exp(size)`` with the break."""
    day = panels.START + np.arange(182, YEARS * 365, 365)
    level = 0.6 if kind == "purity" else 0.02
    share = np.clip((day + 182.5 - BREAK) / 365.0, 0.0, 1.0)
    value = level * np.exp(size * share)
    return Stream(
        kind=kind, day=day, value=value, standard_error=error * value, reported_day=day + 200
    )


def probs(observations, engine=ENGINE, looks=None):
    """Return the posterior over mechanisms at the last look, (r, 3)."""
    fit = engine.fit(observations, looks or panels.looks(YEARS), SUBSTANCE)
    return mechanism_probs(fit)[:, -1]


FLAT = np.ones(7)


def test_a_rise_on_the_days_of_light_users_is_more_users():
    assert (probs(seen(column_of("light")))[:, MORE] > 0.95).all()
    assert (probs(seen(column_of("light"), size=-0.3))[:, MORE] > 0.95).all()  # a fall mirrors it


def test_a_rise_on_the_days_of_heavy_users_is_heavier_use():
    rise = probs(seen(column_of("heavy"), size=0.6))
    assert (rise[:, HEAVIER] > 0.8).all()
    assert (rise[:, MORE] < 0.05).all()


def test_a_rise_on_all_days_alike_cannot_be_told():
    flat = probs(seen(FLAT))
    assert (decided(flat, 0.8) == UNDECIDED).all()
    assert (flat[:, DOSE] > flat[:, MORE]).all()  # some of the other traces are ruled out


def test_without_weekdays_and_series_the_posterior_is_the_prior():
    spec = ExactMechanism(weekdays=False)
    np.testing.assert_allclose(probs(seen(column_of("light")), build("mine", spec)), 1 / 3)
    purity = {"purity": series("purity", 0.3)}
    blind = ExactMechanism(weekdays=False, streams=("survey",))
    np.testing.assert_allclose(probs(seen(FLAT, streams=purity), build("mine", blind)), 1 / 3)


def test_a_purity_that_rises_with_the_load_is_dose_or_purity_and_one_that_does_not_less_so():
    loads = probs(seen(FLAT))[:, DOSE]
    rises = probs(seen(FLAT, streams={"purity": series("purity", 0.3)}))[:, DOSE]
    stays = probs(seen(FLAT, streams={"purity": series("purity", 0.0)}))[:, DOSE]
    assert (rises > 0.95).all()
    assert (stays < loads).all()
    assert (stays > 0.05).all()  # doses can rise alone


def test_a_survey_that_rises_with_the_load_is_more_users_and_one_that_does_not_less_so():
    loads = probs(seen(FLAT))[:, MORE]
    rises = probs(seen(FLAT, streams={"survey": series("survey", 0.3)}))[:, MORE]
    stays = probs(seen(FLAT, streams={"survey": series("survey", 0.0)}))[:, MORE]
    assert (rises > 0.9).all()
    assert (stays < loads).all()
    vague = {"survey": series("survey", 0.3, error=1.0)}
    assert (np.abs(probs(seen(FLAT, streams=vague))[:, MORE] - loads) < 0.1).all()


def test_what_is_not_reported_by_a_look_changes_nothing():
    one, two = series("purity", 0.3), series("purity", 0.0)
    looks = panels.looks(YEARS)
    late = one.reported_day > looks.day[5]
    mixed = replace(one, value=np.where(late, two.value, one.value))
    first, second = (
        mechanism_probs(ENGINE.fit(seen(FLAT, streams={"purity": item}), looks, SUBSTANCE))
        for item in (one, mixed)
    )
    np.testing.assert_array_equal(first[:, :6], second[:, :6])
    assert (first[:, -1] != second[:, -1]).any()


def test_the_break_is_that_of_the_general_engine():
    observations = seen(FLAT, streams={"purity": series("purity", 0.3)})
    looks = panels.looks(YEARS)
    mine = ENGINE.fit(observations, looks, SUBSTANCE)
    general = build("mine", ExactBreak()).fit(observations, looks, SUBSTANCE)
    for name in ("score", "prob_break", "effect", "effect_low", "break_day", "prob_slope"):
        np.testing.assert_array_equal(getattr(mine, name), getattr(general, name))
    assert np.isnan(general.prob_more_users).all()
    np.testing.assert_allclose(mechanism_probs(mine).sum(axis=2), 1.0, rtol=1e-12)


def test_too_little_data_is_the_prior_and_a_status():
    mass = MechanismMass(more_users=0.5, heavier_use=0.3, dose_or_purity=0.2)
    spec = ExactMechanism(mechanisms=mass)
    observations = seen(FLAT, n_year=1, streams={"purity": series("purity", 0.3)})
    looks = panels.looks(1)
    fit = build("mine", spec).fit(observations, looks, SUBSTANCE)
    assert (fit.status == Status.TOO_LITTLE_DATA).all()
    np.testing.assert_allclose(mechanism_probs(fit)[:, -1], [mass.values] * 6, rtol=1e-12)
    found = mechanism_posterior(spec, observations, looks, SUBSTANCE)
    assert (found.decision, found.status) == (CANNOT_BE_TOLD, Status.TOO_LITTLE_DATA)


def test_a_huge_constant_factor_changes_nothing():
    observations = seen(column_of("heavy"))
    huge = replace(observations, load=1e7 * observations.load)
    np.testing.assert_allclose(probs(observations), probs(huge), rtol=1e-6)


def test_days_below_the_limit_and_missing_days_are_served():
    observations = seen(column_of("light"))
    load, censored = observations.load.copy(), observations.censored.copy()
    load[0, 0, :, 3] = np.nan  # another pattern than the other replications
    censored[1, 0, :, 5] = True
    found = probs(replace(observations, load=load, censored=censored))
    plain = probs(observations)
    assert found[0, MORE] > 0.9
    np.testing.assert_array_equal(found[2:], plain[2:])
    np.testing.assert_allclose(found[1], 1 / 3)  # no week is whole: its weekdays tell nothing


@pytest.mark.parametrize("case", ["constant", "one day", "no day noise", "wild", "no logarithm"])
def test_odd_data_give_probabilities(case):
    observations, spec = seen(FLAT, streams={"purity": series("purity", 0.3)}), ExactMechanism()
    load = observations.load.copy()
    if case == "constant":
        load[:] = 900.0
    elif case == "one day":
        load[..., 1:] = np.nan
    elif case == "no day noise":
        spec = ExactMechanism(day_sd=0.0, count_noise=0.0)
    elif case == "wild":
        load *= np.exp(30.0 * np.random.default_rng(3).standard_normal(load.shape))
    else:
        item = series("purity", 0.3)
        nothing = replace(item, value=np.zeros(YEARS))
        observations = replace(observations, streams={"purity/cocaine": (nothing,) * 6})
    found = build("mine", spec).fit(
        replace(observations, load=load), panels.looks(YEARS), SUBSTANCE
    )
    prob = mechanism_probs(found)
    assert np.isfinite(prob).all()
    np.testing.assert_allclose(prob.sum(axis=2), 1.0, rtol=1e-12)


def test_one_replication_in_full():
    purity = {"purity": series("purity", 0.3)}
    spec = ExactMechanism()
    found = mechanism_posterior(spec, seen(FLAT, streams=purity), panels.looks(YEARS), SUBSTANCE)
    assert found.decision == "dose_or_purity"
    assert found.prob["dose_or_purity"] > spec.limit
    assert found.prob_break > 0.9
    assert found.status == Status.OK


def test_decisions():
    prob = np.array([[0.8, 0.1, 0.1], [0.79, 0.2, 0.01], [0.0, 0.1, 0.9], [np.nan] * 3])
    np.testing.assert_array_equal(decided(prob, 0.8), [0, UNDECIDED, 2, UNDECIDED])


def test_traces_are_what_classes_allow_and_keep_their_address():
    draws = trace_draws(TracePrior(draws=40), SUBSTANCE)
    fewer = trace_draws(TracePrior(draws=20), SUBSTANCE)
    for m in range(3):
        for name in ("column", "purity", "survey"):
            mine, first = getattr(draws, name), getattr(fewer, name)
            np.testing.assert_array_equal(
                mine[draws.mechanism == m][:20], first[fewer.mechanism == m]
            )
    more, heavier, dose = (draws.column[draws.mechanism == m] for m in range(3))
    assert (dose == 1.0).all()
    weekend = column_of("light") > 1.0
    assert (more[:, weekend].mean(axis=1) > 1.0 - 1e-9).all()  # light users' days, or no change
    assert heavier[:, weekend].mean() < 1.0 < heavier[:, ~weekend].mean()
    survey = draws.survey[draws.mechanism == MORE]
    assert survey.min() > 0.5  # the newcomers are users
    assert (draws.survey[draws.mechanism != MORE] == 0.0).all()
    assert (draws.purity[draws.mechanism != DOSE] == 0.0).all()
    exact = TracePrior(weekday_sd=0.0, people_sd=0.0, share_concentration=1e9,
                       own_class=1 - 1e-9, own_concentration=1e3)  # fmt: skip
    certain = trace_draws(exact, SUBSTANCE)
    for m, label in ((MORE, "light"), (HEAVIER, "heavy")):
        mine = certain.column[certain.mechanism == m]
        np.testing.assert_allclose(mine, [column_of(label)] * 24, rtol=1e-3)


@pytest.mark.parametrize(
    "wrong",
    [
        {"traces": {"draws": 19}},
        {"limit": 0.5},
        {"streams": ("purity", "purity")},
        {"mechanisms": {"more_users": 0.5}},
    ],
)
def test_a_wrong_description_is_refused(wrong):
    with pytest.raises(ValidationError):
        ExactMechanism(**wrong)


N_REP = 4000


def test_posteriors_are_frequencies_on_data_from_the_model():
    """The mean of truth less probability is 0, and so is it weighted by the probability.

    Tolerance: five standard errors that the probabilities themselves imply, and the 0.01 by which
    a probability may be off (tests/fit/test_mechanism_oracle.py).
    """
    spec = ExactMechanism()
    drawn = drawn_from_model(np.random.default_rng(17), spec, N_REP)
    fit = build("mine", spec).fit(drawn.observations, drawn.looks, SUBSTANCE)
    prob = mechanism_probs(fit)[:, 0]
    truth = (drawn.mechanism[:, None] == np.arange(len(MECHANISM_CLASSES))).astype(float)
    assert (decided(prob, spec.limit) != UNDECIDED).mean() > 0.1, "the data must say something"
    for m in range(len(MECHANISM_CLASSES)):
        p, off = prob[:, m], truth[:, m] - prob[:, m]
        for weight in (np.ones(N_REP), p):
            error = np.sqrt((weight**2 * p * (1 - p)).sum()) / N_REP
            assert abs((weight * off).mean()) < 5 * error + 0.01
    named = decided(prob, spec.limit)
    known = named != UNDECIDED
    right = (named == drawn.mechanism)[known]
    best = prob.max(axis=1)[known]
    error = np.sqrt((best * (1 - best)).sum()) / known.sum()
    assert abs(right.mean() - best.mean()) < 5 * error + 0.01


def test_estimators_share_levels_and_never_those_of_other_observations():
    """What is looked at besides differs; the levels of these very observations are scanned once."""
    steep, flat = seen(column_of("light")), seen(FLAT)
    engines = [
        build("days", ExactMechanism(streams=())),
        build("levels", ExactMechanism(streams=(), weekdays=False)),
        build("often", ExactMechanism(streams=(), hazard=0.3)),
    ]
    looks = panels.looks(YEARS)

    def numbers(engine, item):
        fit = engine.fit(item, looks, SUBSTANCE)
        return np.dstack([mechanism_probs(fit), fit.score])

    together = [numbers(engine, item) for item in (steep, flat, steep) for engine in engines]
    alone = []
    for item in (steep, flat, steep):
        for engine in engines:
            mechanism._last.clear()
            alone.append(numbers(engine, item))
    np.testing.assert_array_equal(together, alone)
    assert not np.allclose(together[0], together[3])
    assert not np.allclose(together[0], together[2])
    assert set(mechanism._last) == {SUBSTANCE}
