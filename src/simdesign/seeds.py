"""Random streams addressed by what they are for, never by the order of calls.

A stream is a Philox generator. Its key (128 bits) is a hash of study seed, purpose and luck
group; its counter (4 x 64 bits) holds the rest of the address: word 0 runs within the stream,
words 1 to 3 are replication, site and year. Two different addresses under one key are therefore
different by construction and never by luck.

Worlds, sizes and mechanisms of change share a luck group, so that they are compared on the same
luck; the nulls behind an operating threshold have a group of their own. The *content* of a
scenario is not part of an address: a new field changes no number.
"""

import enum
import hashlib

import numpy as np

_WORD = 2**64


class Purpose(enum.IntEnum):
    """What a stream is for. Frozen numbers: changing one changes every result ever stored."""

    PARAMETERS = 1
    """Draws of scenario parameters that are distributions, and of the break date."""
    NATION = 2
    """National walk and shared short-lived deviation."""
    CITY = 3
    """City walk and city deviation."""
    COUNTS = 4
    """Number of use-days and their dose."""
    SAMPLING = 5
    """Flow, sampling and laboratory repeat of a (city, day)."""
    LABORATORY = 6
    """Laboratory error of a batch and of a laboratory-year."""
    SCHEDULE = 7
    """Designs that draw their days."""
    STREAM = 8
    """Purity and survey streams."""
    FIT = 9
    """Estimators that draw."""
    BOOTSTRAP = 10
    """Resampling of replications for a Monte Carlo standard error."""
    WASTE = 11
    """Production waste poured away: when, where, how much."""
    RAIN = 12
    """Sewage per inhabitant and day."""
    MISSING = 13
    """Samples, site-weeks and rounds that fail."""
    METER = 14
    """Bias of flow meters and their recalibration; odd days of sampling."""
    EVENTS = 15
    """Sizes and dates of events."""
    PEOPLE = 16
    """Who is in town."""
    COMPOSITION = 17
    """How a town's users divide over the classes."""


def key_of(seed: int, purpose: Purpose, group: str) -> np.ndarray:
    """Return the Philox key of one study seed, purpose and luck group, shape (2,) uint64."""
    text = f"{int(seed)}/{int(purpose)}/{group}"
    digest = hashlib.sha256(text.encode()).digest()
    return np.frombuffer(digest[:16], dtype="<u8").astype(np.uint64)


def stream(
    seed: int,
    purpose: Purpose,
    group: str = "",
    replication: int = 0,
    site: int = 0,
    year: int = 0,
) -> np.random.Generator:
    """Return the generator of one address.

    Parameters
    ----------
    seed : int
        Study seed.
    purpose : Purpose
    group : str
        Luck group, for example ``study`` or ``null``; any further name that the purpose needs.
    replication, site, year : int
        Each in [0, 2**64).
    """
    words = (0, replication, site, year)
    for word in words:
        if not 0 <= word < _WORD:
            raise ValueError(f"an address word must be in [0, 2**64), got {word}")
    counter = np.array(words, dtype=np.uint64)
    return np.random.Generator(np.random.Philox(key=key_of(seed, purpose, group), counter=counter))
