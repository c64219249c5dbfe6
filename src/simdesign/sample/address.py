"""Where the errors of a sample live: numbers of sites, years and keys."""

import datetime as dt
import hashlib

import numpy as np

from simdesign._kernels.addressed import round_keys
from simdesign.seeds import Purpose, key_of
from simdesign.units import day_of

YEAR_START = np.array([day_of(dt.date(year, 1, 1)) for year in range(1970, 2301)])
"""Day of 1 January, for every year that a calendar can hold."""


def site_number(name: str) -> int:
    """Return the address of a site: 63 bits of a hash of its name, whatever other sites exist."""
    return int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], "little") >> 1


def keys_of(seed: int, purpose: Purpose, group: str) -> np.ndarray:
    """Return the Philox round keys of a seed, purpose and group, shape (10, 2) uint64."""
    return round_keys(key_of(seed, purpose, group))
