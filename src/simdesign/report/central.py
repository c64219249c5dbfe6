"""Where the levels of the shared error lie in what real measurements leave open."""

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass

from simdesign.spec.shipped import shipped_draws


@dataclass(frozen=True, slots=True, kw_only=True)
class Central:
    """The level that a page shows first."""

    level: float
    """Of those studied the nearest to the median of the measurements; NaN without levels."""
    measured: bool
    """Whether there are draws of real measurements; without them it is the middle one studied."""
    is_below: bool = False
    """Whether the median lies above the highest level studied."""
    beyond: float = math.nan
    """P(shared error > highest level studied) by the measurements."""


def central(substance: str, levels: Sequence[float]) -> Central:
    """Return the level of the shared error nearest to what was measured, and what lies above.

    Parameters
    ----------
    substance : str
    levels : sequence of float
        Levels that were studied; NaN where a study has none.
    """
    known = sorted(x for x in levels if math.isfinite(x))
    if not known:
        return Central(level=math.nan, measured=False)
    for table in shipped_draws(substance):
        if "sigma_shared" in table.fields:
            values = table.fields["sigma_shared"]
            median = statistics.median(values)
            return Central(
                level=min(known, key=lambda x: abs(x - median)), measured=True,
                is_below=median > known[-1],
                beyond=sum(value > known[-1] for value in values) / len(values),
            )  # fmt: skip
    return Central(level=known[len(known) // 2], measured=False)
