"""Means over common replications, and power averaged over a distribution of the shared error."""

import numpy as np
import pytest
from scipy import integrate, stats

from simdesign.evaluate import Measure, hats, mean_of, prior_values
from simdesign.evaluate.measure import mean_measure, resampled_measure
from simdesign.spec.quantity import Choice, Draws, HalfNormal, LogNormal, Normal, Uniform


def correlated(rng, n):
    common = rng.normal(size=n)
    return [0.4 + 0.1 * common + 0.03 * rng.normal(size=n) for _ in range(3)]


def test_the_error_of_a_mean_keeps_what_its_parts_have_in_common():
    rows = correlated(np.random.default_rng(2), 501)
    parts = [resampled_measure(row, 100) for row in rows]
    weights = (0.2, 0.3, 0.5)
    whole = sum(w * row for w, row in zip(weights, rows, strict=True))
    found = mean_of(parts, weights)
    assert found.value == pytest.approx(whole[0])
    assert found.mcse == pytest.approx(whole[1:].std(ddof=1))
    # independent parts would have had a much smaller error
    assert found.mcse > 1.3 * np.sqrt(
        sum((w * p.mcse) ** 2 for w, p in zip(weights, parts, strict=True))
    )
    np.testing.assert_allclose(found.draws, whole[1:])


def test_measures_without_a_threshold_have_influences():
    rng = np.random.default_rng(3)
    rows = correlated(rng, 400)
    used = np.ones(400, dtype=bool)
    found = mean_of([mean_measure(row, used) for row in rows])
    whole = np.mean(rows, axis=0)
    assert found.value == pytest.approx(whole.mean())
    assert found.mcse == pytest.approx(whole.std(ddof=1) / 20.0, rel=2e-3)


def test_levels_without_weight_may_be_unknown():
    known = resampled_measure(np.array([0.5, 0.4, 0.6]), 10)
    nothing = Measure(value=np.nan, mcse=np.nan, n_rep=0)
    assert mean_of([known, nothing], (1.0, 0.0)).value == 0.5
    assert np.isnan(mean_of([known, nothing]).value)


@pytest.mark.parametrize(
    ("quantity", "density", "ends"),
    [
        (HalfNormal(scale=0.08), stats.halfnorm(scale=0.08).pdf, (0.0, 0.8)),
        (LogNormal(median=0.07, log_sd=0.4), stats.lognorm(0.4, scale=0.07).pdf, (1e-6, 0.8)),
        (Normal(mean=0.05, sd=0.02), stats.norm(0.05, 0.02).pdf, (-0.2, 0.3)),
        (Uniform(low=0.01, high=0.11), stats.uniform(0.01, 0.10).pdf, (0.01, 0.11)),
    ],
)
def test_an_average_over_quantiles_is_the_integral(quantity, density, ends):
    levels, power = [0.0, 0.03, 0.06, 0.10], np.array([0.9, 0.6, 0.35, 0.2])
    weights = hats(levels, prior_values(quantity)).mean(axis=0)
    wanted = integrate.quad(
        lambda x: density(x) * np.interp(x, levels, power), *ends, points=levels[1:], limit=200
    )[0]  # fmt: skip
    assert weights.sum() == pytest.approx(1.0)
    # 4,000 equally likely cells: each is off by less than the power varies within it
    assert weights @ power == pytest.approx(wanted, abs=2e-4)


def test_draws_and_choices_are_taken_as_they_are():
    for kind in (Draws, Choice):
        np.testing.assert_array_equal(prior_values(kind(values=(0.2, 0.1))), [0.2, 0.1])
    np.testing.assert_array_equal(prior_values(0.06), [0.06])
    for point, wanted in ((Normal(mean=0.3, sd=0.0), 0.3), (HalfNormal(scale=0.0), 0.0),
                          (LogNormal(median=0.2, log_sd=0.0), 0.2)):  # fmt: skip
        np.testing.assert_array_equal(prior_values(point), [wanted])


def test_beyond_the_levels_the_outer_ones_count():
    np.testing.assert_allclose(
        hats([0.02, 0.06], np.array([0.0, 0.03, 0.06, 0.5])),
        [[1, 0], [0.75, 0.25], [0, 1], [0, 1]],
    )
