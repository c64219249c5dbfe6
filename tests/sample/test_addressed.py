"""Addressed normals: the same bits as NumPy's Philox, the quantiles of SciPy, and normal."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import ndtri

from mc import assert_mean
from simdesign._kernels.addressed import addressed_normals, normal_of, philox_block, round_keys
from simdesign._kernels.days import day_normals
from simdesign.seeds import Purpose, key_of, stream

WORD = st.integers(0, 2**64 - 1)


@given(key=st.tuples(WORD, WORD), words=st.tuples(WORD, WORD, WORD, WORD))
@settings(max_examples=60, deadline=None)
def test_a_block_has_the_bits_of_numpys_philox(key, words):
    counter = np.array(words, dtype=np.uint64)
    expected = np.random.Philox(key=np.array(key, dtype=np.uint64), counter=counter).random_raw(4)
    ahead = sum(word << (64 * i) for i, word in enumerate(words)) + 1  # NumPy counts first
    here = [np.uint64((ahead >> (64 * i)) % 2**64) for i in range(4)]
    out = np.empty(4, dtype=np.uint64)
    philox_block(round_keys(np.array(key, dtype=np.uint64)), *here, out)
    assert np.array_equal(out, expected)


@pytest.mark.parametrize("first", [0, 1, 3, 4, 53, 361])
def test_numbers_are_those_of_the_stream_with_the_same_address(first):
    raw = stream(7, Purpose.SAMPLING, "study", 5, 2**62 + 3, 2026).bit_generator.random_raw(400)
    expected = ndtri(((raw >> np.uint64(12)).astype(float) + 0.5) * 2.0**-52)
    out = np.empty(6)
    keys = round_keys(key_of(7, Purpose.SAMPLING, "study"))
    addressed_normals(keys, np.uint64(5), np.uint64(2**62 + 3), np.uint64(2026), first, out)
    np.testing.assert_allclose(out, expected[first : first + 6], rtol=1e-14, atol=1e-15)


def test_quantiles_are_exact_in_centre_and_tails_and_finite_at_the_ends():
    probability = np.concatenate([np.geomspace(2.0**-52, 0.5, 2_000), np.linspace(0.05, 0.95, 999)])
    raw = (probability * 2.0**52).astype(np.uint64) << np.uint64(12)
    exact = ndtri(((raw >> np.uint64(12)).astype(float) + 0.5) * 2.0**-52)
    got = np.array([normal_of(number) for number in raw])
    np.testing.assert_allclose(got, exact, rtol=1e-13, atol=1e-15)
    mirrored = np.array([normal_of(~number) for number in raw])
    np.testing.assert_allclose(mirrored, -exact, rtol=1e-9)  # 1 - p is rounded before SciPy's p
    assert (
        normal_of(np.uint64(0)) == -normal_of(np.uint64(2**64 - 1)) == pytest.approx(ndtri(2**-53))
    )


def test_compiled_and_plain_python_agree_bit_for_bit():
    keys = round_keys(key_of(1, Purpose.SAMPLING, "study"))
    address = (keys, np.uint64(1), np.uint64(2), np.uint64(3), 5)
    compiled, plain = np.empty(40), np.empty(40)
    addressed_normals(*address, compiled)
    getattr(addressed_normals, "py_func", addressed_normals)(*address, plain)
    assert np.array_equal(compiled, plain)


def test_numbers_are_standard_normal_and_independent_of_their_neighbours():
    keys = round_keys(key_of(1, Purpose.SAMPLING, "study"))
    rows = np.empty((400, 500))
    for replication in range(400):
        word = np.uint64(replication)
        addressed_normals(keys, word, np.uint64(9), np.uint64(2026), 0, rows[replication])
    assert_mean(rows.ravel(), 0.0)
    assert_mean(rows.ravel() ** 2, 1.0)
    assert_mean(rows.ravel() ** 4, 3.0)
    assert_mean((rows[:, 1:] * rows[:, :-1]).ravel(), 0.0)
    assert_mean((rows[1:] * rows[:-1]).ravel(), 0.0)


def test_days_across_new_year_come_from_the_streams_of_their_years():
    keys = round_keys(key_of(1, Purpose.SAMPLING, "study"))
    starts = np.array([0, 365, 730, 1096])  # 1970 to 1973; 1972 is a leap year
    address = (keys, np.uint64(0), np.uint64(4))
    days = np.array([363, 364, 365, 366, 1095, -1])
    out = np.full(6, np.nan)
    day_normals(*address, days, starts, out)
    for position, (year, number) in enumerate(
        [(1970, 363), (1970, 364), (1971, 0), (1971, 1), (1972, 365)]
    ):
        one = np.empty(1)
        addressed_normals(*address, np.uint64(year), number, one)
        assert out[position] == one[0]
    assert np.isnan(out[5])
