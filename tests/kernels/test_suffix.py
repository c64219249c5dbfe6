"""Backward products against whitened columns, laid out one by one."""

import numpy as np
import pytest

from simdesign._kernels.state_space import filter_gains, whiten
from simdesign._kernels.suffix import suffix_information, suffix_products, window_information


def panel(rng, n, n_state):
    """Return a random path: shared times, batches that interleave, years that overlap."""
    time = np.cumsum(rng.random(n) * (rng.random(n) > 0.3))
    time -= time[0]
    rank = np.unique(time, return_inverse=True)[1]
    batch, year = rng.integers(1, n_state - 2, n), rng.integers(n_state - 2, n_state, n)
    new_batch, new_year = rng.random(n) > 0.6, rng.random(n) > 0.8
    new_batch[0] = new_year[0] = True
    places = (batch, new_batch, year, new_year)
    gain, inverse_sd, _ = filter_gains(
        time, *places, n_state, rng.random(n) + 0.05, 0.03, 0.02, 0.01
    )
    return time, rank, gain, inverse_sd, places


def whitened(x, gain, inverse_sd, places):
    out = np.zeros(x.shape)
    whiten(x, gain, inverse_sd, *places, out)
    return out


@pytest.mark.parametrize(("n", "seen", "n_state"), [(12, 12, 5), (30, 17, 6), (1, 1, 5), (9, 4, 5)])
def test_backward_products_equal_those_of_whitened_columns(n, seen, n_state):
    rng = np.random.default_rng(n + seen)
    time, rank, gain, inverse_sd, places = panel(rng, n, n_state)
    n_time = int(rank.max()) + 1
    first = np.searchsorted(rank, np.arange(n_time + 1))
    start = time[first[:-1]]
    steps = (rank[:, None] >= np.arange(n_time)).astype(float)
    ramps = np.maximum(time[:, None] - start, 0.0)
    s, r = (whitened(x, gain, inverse_sd, places)[:seen] for x in (steps, ramps))
    y = whitened(rng.normal(size=(n, 3)), gain, inverse_sd, places)
    step, ramp = np.full((n_time, 3), np.nan), np.full((n_time, 3), np.nan)
    suffix_products(y, seen, time, rank, gain, inverse_sd, *places, step, ramp)
    np.testing.assert_allclose(step, s.T @ y[:seen], atol=1e-10)
    np.testing.assert_allclose(ramp, r.T @ y[:seen], atol=1e-10)

    found, left = np.zeros((n_time, 3)), np.zeros((n_time + 1, n_state, n_state))
    suffix_information(seen, time, rank, gain, inverse_sd, *places, found, left)
    expected = np.stack([(s * s).sum(0), (s * r).sum(0), (r * r).sum(0)], axis=1)
    np.testing.assert_allclose(found, expected, atol=1e-10)

    for a in range(n_time):
        for b in range(a + 1, n_time + 1):
            pulse = s[:, a] - (s[:, b] if b < n_time else 0.0)
            value = window_information(
                first[a], first[b], seen, gain, inverse_sd, *places, left, b, np.zeros(n_state)
            )
            assert value == pytest.approx(pulse @ pulse, abs=1e-10)
