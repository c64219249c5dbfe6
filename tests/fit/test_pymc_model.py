"""The compiled PyMC model against dense normals, SciPy and finite differences."""

import math

import numpy as np
import pytensor
import pytensor.tensor as pt
import pytest
from scipy import stats

from fit import panels
from fit.pymc_cases import last_look, level_break
from reference import mixture_oracle
from simdesign.fit import pymc_engine
from simdesign.fit.pymc_data import Kind
from simdesign.fit.pymc_fit import model_data
from simdesign.spec.pymc import Pymc, PymcRobust

PANELS = {
    "slots": {"rounds": 2, "n_year": 4, "n_site": 3},
    "moving": {"year_days": 340.0, "n_site": 2, "n_year": 6},
    "staggered": {"stagger": 14, "n_site": 4, "n_year": 5},
}


def given(spec, observations, looks):
    return model_data(spec, observations, looks, "cocaine")


@pytest.mark.parametrize("name", PANELS)
def test_the_compiled_model_is_a_mixture_of_dense_normals(name):
    """Log density and every term, at three points; rounding only."""
    data, _ = given(Pymc(), *level_break(**PANELS[name]))
    model = pymc_engine.compiled("weeks", data)
    for z in ([0.7, -0.5, 0.3], [0.0, 1.5, -2.0], [-2.5, 0.1, 1.0]):
        density, _, *terms = model.function(np.array(z))
        got = dict(zip(model.names, terms, strict=True))
        shared, walk, site = 0.08 * abs(z[0]), 0.06 * abs(z[1]), 0.07 * math.exp(0.4 * z[2])
        np.testing.assert_allclose(got["scales"], [shared, walk, site], rtol=1e-12)
        expected = mixture_oracle.answer(data, shared, walk, site)
        prior = stats.norm.logpdf(z).sum()
        assert density == pytest.approx(prior + expected.log_density, rel=1e-9)
        for field in ("log_joint", "first_mean", "second_mean", "effect_variance"):
            np.testing.assert_allclose(
                got[field], getattr(expected, field), rtol=1e-7, atol=1e-9, err_msg=field
            )


@pytest.mark.parametrize(("kind", "spec"), [("weeks", Pymc()), ("days", PymcRobust())])
def test_the_gradient_is_that_of_the_density(kind, spec):
    """Central differences: error h^2/6 times a third derivative, which is far below 1e-4 here."""
    observations, looks = level_break()
    below = np.zeros(observations.load[:, 0].shape, dtype=bool)
    below[0, 3, 2] = True
    observations = panels.observe(
        observations.visits, observations.load[:, 0].copy(), censored=below
    )
    data, _ = given(spec, observations, looks)
    model = pymc_engine.compiled(kind, data)
    x = 0.4 * np.random.default_rng(8).standard_normal(pymc_engine.n_parameters(data))
    gradient = model.function(x)[1]
    step = 1e-5
    for i in [*range(min(x.size, 12)), x.size - 1]:
        ahead = x + step * (np.arange(x.size) == i)
        back = x - step * (np.arange(x.size) == i)
        slope = float(model.function(ahead)[0] - model.function(back)[0]) / (2 * step)
        assert gradient[i] == pytest.approx(slope, rel=1e-4, abs=1e-4)


def test_students_distribution_function_equals_scipys():
    """To 1e-5 of a log probability for up to 60 degrees of freedom, far into the tail."""
    x, degrees = pt.dvector(), pt.dscalar()
    plain = pytensor.compile.mode.Mode(linker="py", optimizer=None)
    function = pytensor.function([x, degrees], pymc_engine.student_log_cdf(x, degrees), mode=plain)
    at = np.array([-300.0, -40.0, -8.0, -3.0, -1.0, -0.1, 0.0, 0.5, 2.0, 6.0])
    for nu in (1.0, 2.5, 5.0, 12.0, 30.0, 60.0):
        np.testing.assert_allclose(function(at, nu), stats.t.logcdf(at, nu), atol=1e-5)


@pytest.mark.parametrize("name", PANELS)
def test_hypotheses_share_the_prior_out(name):
    observations, looks = level_break(**PANELS[name])
    _, hyp = given(Pymc(), observations, looks)
    mass = np.exp(hyp.log_prior)
    assert mass.sum() == pytest.approx(1.0, abs=1e-12)
    years = float(looks.day[0] - looks.origin_day) / 365.25
    broken = 1.0 - math.exp(-Pymc().hazard * years)
    for kind, share in ((Kind.STEP, 0.45), (Kind.SLOPE, 0.45), (Kind.BOTH, 0.10)):
        assert mass[hyp.kind == kind].sum() == pytest.approx(share * broken, abs=1e-12)
    pulses = (1.0 - broken) * (1.0 - math.exp(-Pymc().pulse_hazard * years))
    assert mass[hyp.kind == Kind.PULSE].sum() == pytest.approx(pulses, abs=1e-12)


def test_the_season_is_there_only_where_the_panel_moves():
    for days, moves in ((365.25, False), (340.0, True)):
        observations, looks = level_break(n_site=2, n_year=5, year_days=days)
        data, _ = given(Pymc(drift_sd=0.0), observations, looks)
        assert data["fixed"].any() == moves
    assert np.diag(data["fixed"]).min() >= 2 * 0.10**2 * (1 - 1e-12), "two harmonics at least"


def test_a_campaign_that_is_not_reported_is_not_there():
    observations, _ = level_break(n_year=6)
    data, _ = given(Pymc(), observations, last_look(4))
    later, _ = given(Pymc(), observations, last_look(6))
    assert (data["seen"].shape[0], later["seen"].shape[0]) == (4, 6)
