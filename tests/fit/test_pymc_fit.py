"""The PyMC engine on site-weeks: it agrees with the exact one, and says when it is not sure."""

import numpy as np
import pytest
from numba.core import event

from fit import panels
from fit.pymc_cases import SHORT, exact, level_break, weeks
from simdesign.errors import SpecError
from simdesign.fit import break_posterior, build, pymc_engine
from simdesign.fit.pymc_fit import COLUMNS, posterior_tree, pymc_posterior
from simdesign.records import Status
from simdesign.spec.estimator import ExactBreak
from simdesign.spec.pymc import Pymc, PymcRobust, Sampling, break_model

CASES = {
    "level break": level_break(5),
    "staggered, two rounds": level_break(6, n_site=4, n_year=4, rounds=2, stagger=14),
    "moving through the year": level_break(7, n_site=3, n_year=6, year_days=340.0),
    "one site": level_break(8, n_site=1, n_year=10),
}


def agree(found, observations, looks, **own):
    """Within four Monte Carlo errors, the exact engine's own error allowed for, and 0.02."""
    expected = break_posterior(ExactBreak(**own), observations, looks, "cocaine")
    off = abs(found.summary.prob_break - expected.prob_break)
    assert off <= 4 * found.diagnostics.mcse_prob + expected.quadrature_error
    assert off <= 0.02
    return expected


@pytest.mark.parametrize("name", CASES)
def test_it_agrees_with_the_exact_engine(name):
    observations, looks = CASES[name]
    found = weeks(observations, looks)
    assert found.status == Status.OK
    expected = agree(found, observations, looks)
    for kind in ("step", "slope", "both", "pulse"):
        got = getattr(found.summary, f"prob_{kind}")
        assert got == pytest.approx(getattr(expected, f"prob_{kind}"), abs=0.02)
    # An effect is at most about 0.3 where P moves by 0.02; an interval's end moves more.
    assert found.summary.effect == pytest.approx(expected.effect.mean, abs=0.006)
    after = expected.effect_after_three_years.mean
    assert found.summary.effect_after_three_years == pytest.approx(after, abs=0.006)
    assert found.summary.effect_low == pytest.approx(expected.effect.low, abs=0.03)
    assert found.summary.effect_high == pytest.approx(expected.effect.high, abs=0.03)


def test_other_priors_and_given_standard_deviations_agree_too():
    own = {
        "kinds": {"step": 0.2, "slope": 0.3, "both": 0.5}, "sigma_shared": 0.05,
        "sigma_rw": {"dist": "lognormal", "median": 0.05, "log_sd": 0.5}, "step_sd": 0.2,
        "slope_sd": 0.2, "pulse_hazard": 0.3, "hazard": 0.2, "r_lab": 0.8, "nugget": 0.05,
        "break_intervals": (2, 4, 5),
    }  # fmt: skip
    observations, looks = level_break(9, n_year=8)
    agree(weeks(observations, looks, **own), observations, looks, **own)


def test_without_pymcs_rival_its_own_sampler_gives_the_same_answer(monkeypatch):
    monkeypatch.setattr(pymc_engine, "find_spec", lambda _: None)
    observations, looks = CASES["level break"]
    found = weeks(observations, looks)
    assert found.status == Status.OK
    agree(found, observations, looks)


def test_too_little_data_is_the_prior_without_sampling():
    observations, looks = level_break(n_year=2)
    found = weeks(observations, looks)
    expected = exact(observations, looks)
    assert (found.status, found.draws) == (Status.TOO_LITTLE_DATA, None)
    for name in COLUMNS:
        value = getattr(expected, name)[0, 0]
        if name == "break_day":
            assert np.isnan([value, found.summary.break_day]).all()
        else:  # the interval's end is found to 1e-5, and the rest is arithmetic
            assert getattr(found.summary, name) == pytest.approx(value, abs=2e-5), name


def test_weeks_below_the_limit_are_refused_as_by_the_exact_engine():
    observations, looks = level_break()
    below = np.zeros(observations.load[:, 0].shape, dtype=bool)
    below[0, ::4] = True
    censored = panels.observe(observations.visits, observations.load[:, 0].copy(), censored=below)
    assert weeks(censored, looks).status == Status.NOT_APPLICABLE
    assert exact(censored, looks).status[0, 0] == Status.NOT_APPLICABLE


def test_the_draws_belong_to_the_data_and_the_seed():
    observations, looks = level_break(n_year=5)
    again = [weeks(observations, looks).draws.parameters for _ in range(2)]
    np.testing.assert_array_equal(*again)
    other = Pymc(sampling=SHORT | {"seed": 1})
    found = pymc_posterior(other, observations, looks, "cocaine")
    assert (found.draws.parameters != again[0]).any()
    load = observations.load[:, 0].copy()
    load[0, -1, -1] *= 1.001
    assert weeks(panels.observe(observations.visits, load), looks).address != found.address


@pytest.mark.parametrize("spec_type", [Pymc, PymcRobust])
def test_nothing_is_compiled_for_another_panel(spec_type):
    spec = spec_type(sampling={"tune": 50, "draws": 50})
    pymc_posterior(spec, *level_break(n_year=5), "cocaine")
    before = dict(pymc_engine._COMPILED)
    with event.install_recorder("numba:compile") as recorder:
        for panel in (level_break(n_year=8), level_break(n_site=1, n_year=4, rounds=2)):
            assert pymc_posterior(spec, *panel, "cocaine").draws is not None
    assert recorder.buffer == []
    assert dict(pymc_engine._COMPILED) == before


def test_the_posterior_opens_in_arviz():
    import arviz

    observations, looks = CASES["level break"]
    spec = Pymc(sampling=SHORT)
    tree = posterior_tree(spec, observations, looks, "cocaine")
    names = ["sigma_shared", "sigma_rw", "sigma_site", "prob_break", "effect"]
    table = arviz.summary(tree, var_names=names)
    assert list(table.index) == names
    assert (table["r_hat"].astype(float) < 1.05).all()
    found = weeks(observations, looks)
    assert float(tree["posterior"]["prob_break"].mean()) == pytest.approx(
        found.summary.prob_break, abs=1e-12
    )
    assert tree.attrs["status"] == "OK"
    # One joint draw of kind each: its error is that of a share, with ESS at least 100.
    kind = tree["posterior"]["kind"].values
    share = np.isin(kind, (1, 2, 3)).mean()
    p = found.summary.prob_break
    assert abs(share - p) < 5 * np.sqrt(p * (1 - p) / 100)
    dated = np.isfinite(tree["posterior"]["break_day"].values)
    assert dated.any()
    assert not (dated & ~np.isin(kind, (1, 2, 3))).any()
    with pytest.raises(SpecError, match="has no samples"):
        posterior_tree(spec, *level_break(n_year=2), "cocaine")


@pytest.mark.parametrize(
    ("limit", "says"),
    [
        ({"min_ess": 1e6}, "bulk ESS"),
        ({"max_r_hat": 1.0000001}, "R-hat"),
    ],
)
def test_diagnostics_decide_the_status_and_say_why(limit, says):
    observations, _ = level_break(n_year=4)
    looks = panels.looks(4)
    short = Sampling(tune=100, draws=100, **limit)
    fit = build("mine", Pymc(sampling=short)).fit(observations, looks, "cocaine")
    assert fit.status[0].tolist() == [Status.TOO_LITTLE_DATA] * 2 + [Status.FAILED] * 2
    assert [text[: len(says)] for text in fit.reason[0]] == ["", "", says, says]
    for name in COLUMNS:
        assert np.isnan(getattr(fit, name)[fit.status == Status.FAILED]).all(), name
    assert np.isfinite(fit.prob_break[0, :2]).all()


def test_divergences_decide_too():
    good = {"r_hat": 1.0, "ess_bulk": 500.0, "ess_tail": 500.0, "ess_prob": 500.0}
    some = pymc_engine.Diagnostics(**good, mcse_prob=0.001, divergent=0.02)
    assert some.failure(Sampling()) == "2.0% of the draws diverged, above 1.0%"
    assert some.failure(Sampling(max_divergent=0.02)) == ""
    stuck = pymc_engine.Diagnostics(**good | {"ess_prob": np.nan}, mcse_prob=0.1, divergent=0.0)
    assert stuck.failure(Sampling()) == "ESS of P nan below 100"


def test_each_description_has_its_twin():
    spec = Pymc(step_sd=0.2, sigma_rw=0.1)
    twin = ExactBreak(**break_model(spec))
    assert break_model(Pymc.of(twin)) == break_model(spec)


def edge(name):
    """Return observations at an edge, and a field of the description."""
    observations, looks = level_break(n_year=5, n_day=1 if name == "one day a campaign" else 7)
    load, own = observations.load[:, 0].copy(), {}
    if name == "constant":
        load[:] = 300.0
    elif name == "ten million times":
        load *= 1e7
    elif name == "a site seen in one year only":
        load[:, (observations.visits.site == 1) & (observations.visits.year != 2028)] = np.nan
    elif name == "noise of a thousandth":
        own = {"day_sd": 0.134e-3, "count_noise": 0.0}
    elif name == "noise of a thousand":
        own = {"day_sd": 134.0}
    return panels.observe(observations.visits, load), looks, own


EDGES = ("constant", "ten million times", "one day a campaign", "a site seen in one year only",
         "noise of a thousand", "noise of a thousandth")  # fmt: skip


@pytest.mark.parametrize(
    ("name", "spec_type"),
    [(name, Pymc) for name in EDGES] + [(name, PymcRobust) for name in EDGES[:-1]],
)  # days plugged in a thousand times too quiet are served too, but take the robust one a minute
def test_nothing_breaks_at_the_edges(name, spec_type):
    observations, looks, own = edge(name)
    spec = spec_type(sampling={"tune": 100, "draws": 100}, **own)
    found = pymc_posterior(spec, observations, looks, "cocaine")
    assert np.isfinite([getattr(found.summary, name) for name in COLUMNS]).all()
    assert np.isfinite(found.draws.log_joint).any(axis=2).all()
    if spec_type is Pymc:
        expected = exact(observations, looks, **own).prob_break[0, 0]
        # 200 draws: an error of at most 1/sqrt(200) times the spread of a probability, 1/2
        assert abs(found.summary.prob_break - expected) < 5 * 0.5 / np.sqrt(200)
