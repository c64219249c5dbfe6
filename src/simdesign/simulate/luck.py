"""Generators by address, cheaper than a new one for every address."""

import hashlib

import numpy as np

from simdesign.seeds import Purpose, key_of


def site_word(name: str) -> int:
    """Return the site word of a catchment: from its name, so that its place in a list is free.

    The nation has word 0.
    """
    return int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], "little") or 1


class Luck:
    """One generator that is moved between the addresses of one seed, purpose and group.

    Not to be shared between threads: an earlier generator of the same object moves along.
    """

    def __init__(self, seed: int, purpose: Purpose, group: str) -> None:
        self._bits = np.random.Philox(key=key_of(seed, purpose, group))
        self._state = self._bits.state
        self._rng = np.random.Generator(self._bits)

    def at(self, replication: int, site: int = 0, year: int = 0) -> np.random.Generator:
        """Return the generator at an address; the same numbers as ``seeds.stream`` gives there."""
        counter = self._state["state"]["counter"]
        counter[0], counter[1], counter[2], counter[3] = 0, replication, site, year
        self._bits.state = self._state
        return self._rng
