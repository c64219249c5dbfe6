"""Weighted replications say what fresh ones under the new prior would say."""

import numpy as np
import pytest
from scipy import integrate, stats

from mc import assert_mean
from simdesign.evaluate import importance_weights, not_covered, weighted_mean
from simdesign.evaluate.prior import log_density
from simdesign.evaluate.reweight import has_finite_variance
from simdesign.spec.quantity import Choice, HalfNormal, LogNormal, Normal, Uniform

NORMAL, HALF = Normal(mean=0.05, sd=0.04), HalfNormal(scale=0.08)
LOG, FLAT = LogNormal(median=0.07, log_sd=0.4), Uniform(low=0.1, high=0.4)
CHOICE = Choice(values=(0.0, 0.5, 0.5, 0.8))


@pytest.mark.parametrize("quantity", [NORMAL, HALF, LOG, FLAT], ids=repr)
def test_densities_integrate_to_one_and_belong_to_the_draws(quantity):
    def density(x):
        return float(np.exp(log_density(quantity, np.array([x]))[0]))

    total = integrate.quad(density, -0.5, 2.0, points=[0.0, 0.05, 0.1, 0.4], limit=200)[0]
    assert total == pytest.approx(1.0, abs=1e-6)
    rng = np.random.default_rng(1)
    draws = np.array([quantity.draw(rng) for _ in range(4000)])
    edge = float(np.median(draws)) + 0.01
    below = integrate.quad(density, -0.5, edge, points=[0.0, 0.05, 0.1], limit=200)[0]
    assert_mean(draws < edge, below)


def test_choices_and_values_have_probabilities():
    found = np.exp(log_density(CHOICE, np.array([0.0, 0.5, 0.8, 0.7])))
    np.testing.assert_allclose(found, [0.25, 0.5, 0.25, 0.0])
    np.testing.assert_allclose(np.exp(log_density(0.3, np.array([0.3, 0.4]))), [1.0, 0.0])
    assert np.isnan(log_density(HALF, np.array([np.nan]))[0])


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        (HALF, HalfNormal(scale=0.05), ""),
        (CHOICE, 0.5, ""),
        (FLAT, Uniform(low=0.2, high=0.4), ""),
        (FLAT, Uniform(low=0.0, high=0.4), "lie between 0.1 and 0.4"),
        (HALF, NORMAL, "the new prior between -inf and inf"),
        (HALF, 0.05, "single values"),
        (0.06, HALF, "a few values only"),
        (CHOICE, Choice(values=(0.0, 0.3)), "no stored draw has the value 0.3"),
    ],
)
def test_support_that_is_not_covered_is_named(old, new, words):
    found = not_covered(old, new)
    assert words in found
    assert bool(words) == bool(found)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (HALF, HalfNormal(scale=0.05)), (HALF, HalfNormal(scale=0.113)),
        (HALF, HalfNormal(scale=0.114)), (LOG, LogNormal(median=0.1, log_sd=0.5)),
        (LOG, LogNormal(median=0.1, log_sd=0.6)), (HALF, FLAT), (LOG, FLAT), (FLAT, FLAT),
        (LOG, HALF), (HALF, LOG), (NORMAL, Normal(mean=0.1, sd=0.05)),
        (NORMAL, Normal(mean=0.1, sd=0.06)),
    ],
)  # fmt: skip
def test_the_variance_of_the_weights_is_finite_when_the_integrand_ends(old, new):
    # new^2 / old against u = log x: an integrable function falls at both ends
    u = np.array([-60.0, -50.0, 3.0, 4.0])
    with np.errstate(invalid="ignore"):
        x = np.exp(u)
        end = 2.0 * log_density(new, x) - log_density(old, x) + u
    end = np.where(np.isneginf(log_density(new, x)), -np.inf, end)
    falls = all(a == -np.inf or a < b for a, b in ((end[0], end[1]), (end[3], end[2])))
    assert has_finite_variance(old, new) is falls


def test_the_weighted_mean_is_that_under_the_new_prior_with_the_error_it_states():
    # power of a toy: P(2 + N(0, 1) * ... > 1.5 | sigma), sigma half-normal
    new = HalfNormal(scale=0.5)
    rng = np.random.default_rng(2)

    def power(sigma):
        return stats.norm.sf(1.5, 1.0, np.sqrt(1.0 + sigma**2))

    truth = integrate.quad(lambda s: power(s) * stats.halfnorm.pdf(s, scale=0.5), 0.0, 5.0)[0]
    values, variances, means = [], [], []
    for _ in range(800):
        sigma = np.abs(rng.normal(0.0, 0.8, 600))
        hit = rng.normal(1.0, np.sqrt(1.0 + sigma**2)) > 1.5
        weights = importance_weights({"s": sigma}, {"s": HalfNormal(scale=0.8)}, {"s": new})
        found = weighted_mean(hit.astype(float), weights, share=True)
        values.append(found.value)
        variances.append(found.mcse**2)
        means.append((weights.mean - 1.0) / weights.mean_error)
    values = np.array(values)
    # a ratio is biased by order 1 / n: far below its error here
    assert_mean(values, truth)
    assert_mean((values - truth) ** 2 / np.mean(variances), 1.0)
    assert abs(np.mean(np.square(means)) - 1.0) < 5 * np.std(np.square(means)) / np.sqrt(800)


def test_the_same_prior_changes_nothing():
    rng = np.random.default_rng(3)
    drawn = {"a": np.abs(rng.normal(0, 0.08, 500)), "b": rng.choice([0.0, 0.5, 0.8], 500)}
    prior = {"a": HALF, "b": Choice(values=(0.0, 0.5, 0.8))}
    weights = importance_weights(drawn, prior, prior)
    np.testing.assert_allclose(weights.weight, 1.0)
    assert weights.effective == pytest.approx(500)
    assert weights.warnings == ()
    values = rng.normal(size=500)
    found = weighted_mean(values, weights)
    assert found.value == pytest.approx(values.mean())
    assert found.mcse == pytest.approx(values.std() / np.sqrt(500))


def test_few_effective_replications_are_warned_about_and_refused():
    rng = np.random.default_rng(4)
    drawn = {"a": np.abs(rng.normal(0, 0.08, 1000))}
    narrow = importance_weights(drawn, {"a": HALF}, {"a": HalfNormal(scale=0.002)})
    assert narrow.effective < 50
    assert np.isnan(weighted_mean(np.ones(1000), narrow).value)
    assert any("effective" in text for text in narrow.warnings)
    wide = importance_weights(drawn, {"a": HALF}, {"a": HalfNormal(scale=0.2)})
    assert any("no finite variance" in text for text in wide.warnings)
    failed = {"a": np.where(np.arange(1000) < 10, np.nan, drawn["a"])}
    some = importance_weights(failed, {"a": HALF}, {"a": HalfNormal(scale=0.06)})
    assert some.known.sum() == 990
    assert weighted_mean(np.zeros(1000), some, share=True).high > 0.0
