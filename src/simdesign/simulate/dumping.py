"""Production waste poured into sewers: measured with the residue, and used by nobody."""

import math

import numpy as np

from simdesign._kernels.addressed import addressed_uniform, round_keys
from simdesign._kernels.dumping import add_dumps
from simdesign.records import Floats
from simdesign.seeds import Purpose, key_of
from simdesign.simulate.calendar import Calendar
from simdesign.spec.sewer import Dumping
from simdesign.units import DAYS_PER_YEAR

_WHICH = np.uint64(0)  # year word of whether a site has dumps at all


class Dumps:
    """The dumps of one substance, ready to be drawn replication by replication.

    Parameters
    ----------
    dumping : Dumping
        With a rate above zero.
    group : str
        Luck group and substance.
    level : ndarray, shape (s,)
        Reference load of a day at every site [mg/(1000 inh d)].
    sites : tuple of str
    words : list of int
        Address of every site.
    calendar : Calendar
    seed : int
        Study seed.
    """

    def __init__(
        self,
        dumping: Dumping,
        group: str,
        level: Floats,
        sites: tuple[str, ...],
        words: list[int],
        calendar: Calendar,
        seed: int,
    ) -> None:
        where = dumping.sites
        named = where if isinstance(where, tuple) else sites
        self._share = where if isinstance(where, float) else 1.0
        self._places = [
            (s, np.uint64(word), float(level[s]))
            for s, (name, word) in enumerate(zip(sites, words, strict=True))
            if name in named
        ]
        self._dumping = dumping
        self._rate = dumping.rate / DAYS_PER_YEAR
        self._years = np.array(calendar.years, dtype=np.int64)
        self._keys = round_keys(key_of(seed, Purpose.WASTE, group))

    def add(self, replication: int, waste: Floats) -> None:
        """Add the waste of every site and day to ``waste``, shape (s, t) [mg/(1000 inh d)]."""
        low, span = math.log(self._dumping.low), math.log(self._dumping.high / self._dumping.low)
        luck = np.uint64(replication)
        for s, word, level in self._places:
            if addressed_uniform(self._keys, luck, word, _WHICH, 0) < self._share:
                add_dumps(
                    self._keys, luck, word, self._years, self._rate, low, span,
                    self._dumping.days, level, waste[s],
                )  # fmt: skip
