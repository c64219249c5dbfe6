"""The array exponential against the C library's, to rounding."""

import numpy as np

from simdesign._kernels.exponential import exp_into


def _exp(x):
    out, work = np.empty(x.size), np.empty(x.size)
    exp_into(x, x.size, out, work)
    return out


def test_it_is_the_exponential_to_a_few_units_in_the_last_place():
    rng = np.random.default_rng(1)
    x = np.r_[rng.uniform(-690, 690, 20_000), rng.uniform(-1, 1, 20_000), np.linspace(-50, 50, 999)]
    np.testing.assert_allclose(_exp(x), np.exp(x), rtol=1e-15)


def test_known_values_and_the_floor():
    got = _exp(np.array([0.0, 1.0, -700.0, -1e4, -np.inf]))
    np.testing.assert_allclose(got[:2], [1.0, np.e], rtol=3e-16)
    np.testing.assert_array_equal(got[2:], got[2])
    assert 0 < got[2] < 1e-303
