"""A smoothed table of draws is a density with the table's mean and covariance."""

import numpy as np
import pytest
from scipy import integrate, stats

from simdesign.evaluate import smooth_fields, table_weights
from simdesign.spec.quantity import Choice, HalfNormal, LogNormal, Normal

N = 60_000


def density(prior, table, x):
    """Return the smoothed density at x: the weight times the old density."""
    weights = table_weights({"a": x}, {"a": prior}, {"a": table}, len(table))
    old = {
        HalfNormal: lambda p: stats.halfnorm(scale=p.scale),
        LogNormal: lambda p: stats.lognorm(p.log_sd, scale=p.median),
        Normal: lambda p: stats.norm(p.mean, p.sd),
    }[type(prior)](prior)  # fmt: skip
    return weights.weight * old.pdf(x)


@pytest.mark.parametrize(
    "prior",
    [HalfNormal(scale=0.08), LogNormal(median=0.07, log_sd=0.4), Normal(mean=0.05, sd=0.05)],
    ids=lambda prior: prior.dist,
)
def test_the_density_is_one(prior):
    table = tuple(np.abs(np.random.default_rng(4).normal(0.06, 0.03, 300)))
    x = np.linspace(1e-4, 0.3, 3001) if prior.dist != "normal" else np.linspace(-0.2, 0.4, 3001)
    y = density(prior, table, x)
    # the rest lies beyond the ends, or below 1e-4
    assert integrate.simpson(y, x=x) == pytest.approx(1.0, abs=2e-3)


def test_without_logs_and_mirrors_it_is_a_shrunken_kernel_estimate():
    table = np.random.default_rng(5).normal(0.05, 0.02, 400)
    h = 400.0 ** (-1 / 5)
    sd = table.std(ddof=1)
    centres = table.mean() + np.sqrt(1 - h**2) * (table - table.mean())
    x = np.linspace(-0.05, 0.15, 7)
    wanted = stats.norm.pdf(x[:, None], centres[None, :], h * sd).mean(axis=1)
    np.testing.assert_allclose(
        density(Normal(mean=0.05, sd=0.05), tuple(table), x), wanted, rtol=1e-9
    )


def test_weighted_replications_have_the_moments_of_the_table():
    rng = np.random.default_rng(6)
    old = {"sigma_shared": HalfNormal(scale=0.08), "sigma_site": LogNormal(median=0.07, log_sd=0.4),
           "drift": Normal(mean=0.05, sd=0.05)}  # fmt: skip
    z = (
        rng.normal(size=(400, 3))
        @ np.linalg.cholesky(np.array([[1, 0.5, 0.3], [0.5, 1, 0], [0.3, 0, 1.0]])).T
    )
    table = {
        "sigma_shared": tuple(0.07 + 0.015 * z[:, 0]),
        "sigma_site": tuple(0.06 * np.exp(0.2 * z[:, 1])), "drift": tuple(0.08 + 0.02 * z[:, 2]),
    }  # fmt: skip
    drawn = {
        "sigma_shared": np.abs(0.08 * rng.normal(size=N)),
        "sigma_site": 0.07 * np.exp(0.4 * rng.normal(size=N)),
        "drift": 0.05 + 0.05 * rng.normal(size=N),
    }  # fmt: skip
    found = table_weights(drawn, old, table, 400)
    assert found.effective > 600
    w = found.weight / found.weight.sum()
    error = 1.0 / np.sqrt(found.effective)
    points, wanted = [], []
    for name in old:
        log = np.log if name == "sigma_site" else np.asarray
        points.append(log(drawn[name]))
        wanted.append(log(np.array(table[name])))
        assert abs(w @ points[-1] - wanted[-1].mean()) < 5 * wanted[-1].std() * error
    got = np.cov(points, aweights=w)
    np.testing.assert_allclose(
        got / np.sqrt(np.outer(np.diag(got), np.diag(got))), np.corrcoef(wanted), atol=5 * error
    )
    # the standard error of an SD is about SD / sqrt(2 n)
    np.testing.assert_allclose(np.sqrt(np.diag(got)), np.std(wanted, axis=1), rtol=5 * error)


def test_only_what_was_drawn_from_a_density_is_weighted():
    old = {"a": HalfNormal(scale=0.1), "b": 0.3, "c": Choice(values=(1.0,)),
           "d": Normal(mean=0, sd=1), "e": HalfNormal(scale=0.0)}  # fmt: skip
    assert smooth_fields(old, dict.fromkeys("abce", (0.1, 0.2))) == ("a",)


def test_worlds_that_could_not_be_made_have_no_weight():
    drawn = {"a": np.array([0.05, np.nan, 0.06] * 100)}
    found = table_weights(drawn, {"a": HalfNormal(scale=0.1)}, {"a": (0.04, 0.05, 0.07)}, 3)
    assert found.known.tolist() == [True, False, True] * 100
    assert (found.weight[1::3] == 0.0).all()
