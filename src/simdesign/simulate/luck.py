"""Generators by address, cheaper than a new one for every address."""

import ctypes
import hashlib
from typing import NamedTuple

import numpy as np

from simdesign.seeds import Purpose, key_of


def site_word(name: str) -> int:
    """Return the site word of a catchment: from its name, so that its place in a list is free.

    The nation has word 0.
    """
    return int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], "little") or 1


class Steering(NamedTuple):
    """What a kernel writes to move a generator to another address (``_kernels.address``)."""

    counter: np.ndarray  # (4,) uint64: the Philox counter itself, not a copy
    flags: np.ndarray  # (16,) int32: the generator's state, of which two words are its buffers


class Luck:
    """One generator that is moved between the addresses of one seed, purpose and group.

    Not to be shared between threads: an earlier generator of the same object moves along.
    """

    def __init__(self, seed: int, purpose: Purpose, group: str) -> None:
        self._bits = np.random.Philox(key=key_of(seed, purpose, group))
        self._state = self._bits.state
        self.rng = np.random.Generator(self._bits)

    @property
    def steering(self) -> Steering:
        """Views of the generator's own memory, for kernels that visit many addresses in a call.

        Handing a generator to a kernel costs more than a year of draws. The layout is that of
        ``philox_state`` in numpy's philox.h: a pointer to the counter, one to the key, the place
        in the buffer, the buffer, and whether half a word is left over. The tests compare it
        with :func:`simdesign.seeds.stream`.
        """
        address = self._bits.ctypes.state_address
        counter = ctypes.cast(address, ctypes.POINTER(ctypes.POINTER(ctypes.c_uint64)))[0]
        flags = ctypes.cast(address, ctypes.POINTER(ctypes.c_int32))
        return Steering(
            counter=np.ctypeslib.as_array(counter, shape=(4,)),
            flags=np.ctypeslib.as_array(flags, shape=(16,)),
        )

    def at(self, replication: int, site: int = 0, year: int = 0) -> np.random.Generator:
        """Return the generator at an address; the same numbers as ``seeds.stream`` gives there."""
        counter = self._state["state"]["counter"]
        counter[0], counter[1], counter[2], counter[3] = 0, replication, site, year
        self._bits.state = self._state
        return self.rng
