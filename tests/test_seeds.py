"""Streams have addresses."""

import itertools

import numpy as np
import pytest

from simdesign.seeds import Purpose, key_of, stream


def test_a_stream_does_not_depend_on_the_order_of_calls():
    first = stream(7, Purpose.CITY, "study", 3, 2, 2026).random(4)
    stream(7, Purpose.CITY, "study", 2, 2, 2026).random(99)
    np.testing.assert_array_equal(first, stream(7, Purpose.CITY, "study", 3, 2, 2026).random(4))


def test_neighbouring_addresses_share_no_number():
    values = [0, 1, 2**32, 2**63]
    draws = [
        stream(1, purpose, group, *words).random(3).tobytes()
        for purpose in (Purpose.CITY, Purpose.COUNTS)
        for group in ("study", "null", "study/cocaine")
        for words in itertools.product(values, values, values)
    ]
    assert len(set(draws)) == len(draws) == 2 * 3 * 64


def test_long_streams_do_not_run_into_their_neighbours():
    """The first counter word runs within a stream: 2^64 blocks fit before the next address."""
    one = stream(1, Purpose.CITY, "study", 0, 0, 0)
    one.random(100_000)
    state = one.bit_generator.state["state"]["counter"]
    assert state[0] > 0
    assert state[1:].tolist() == [0, 0, 0]


def test_numbers_of_a_stored_address_never_change():
    """Changing any of them changes every result ever stored."""
    assert key_of(20251105, Purpose.NATION, "study").tolist() == KEY
    assert stream(20251105, Purpose.NATION, "study", 5).standard_normal(3).tolist() == NORMALS


@pytest.mark.parametrize("word", [-1, 2**64])
def test_an_address_word_out_of_range_is_refused(word):
    with pytest.raises(ValueError, match="address word"):
        stream(1, Purpose.CITY, "study", word)


def test_purposes_have_frozen_numbers():
    assert [int(p) for p in Purpose] == list(range(1, 18))


KEY = [13306863600122647776, 1975449373360063438]
NORMALS = [0.49323241455052275, -0.505957551255503, -0.563709784199278]
