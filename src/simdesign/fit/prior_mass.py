"""Prior probabilities of breaks and pulses by a look, spread evenly over the days."""

import math
from dataclasses import dataclass

import numpy as np

from simdesign._kernels.break_summary import N_HIDDEN, N_KIND
from simdesign.fit.priors import BreakPriors
from simdesign.records import Floats, Ints, Looks
from simdesign.units import DAYS_PER_YEAR


@dataclass(frozen=True, slots=True, kw_only=True)
class Masses:
    """Prior probabilities at every look; together they are one."""

    none: Floats  # (k,)
    interval: Floats  # (k, m, kind) a break in an admissible interval
    hidden: Floats  # (k, 6) a break that the data cannot show
    pulse: Floats  # (k, w)
    unseen_pulse: Floats  # (k,)


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """Days on which a pulse may start and then lasts through the same campaigns."""

    start: float
    end: float
    first: int  # number j of the first campaign time in it
    after: int  # of the first one after it


@dataclass(frozen=True, slots=True, kw_only=True)
class Region:
    """Days on which a break would not show."""

    days: float
    mean_square_age: float  # of the years from the break to the look, squared


def pulse_windows(times: Floats, days: int) -> list[Window]:
    """Return the windows of a pulse of so many days, in order of time."""
    edges = np.unique(np.r_[times, times - days])
    out = []
    for start, end in zip(edges[:-1].tolist(), edges[1:].tolist(), strict=True):
        middle = 0.5 * (start + end)
        first = int(np.searchsorted(times, middle))
        after = int(np.searchsorted(times, middle + days))
        if after > first:
            out.append(Window(start=start, end=end, first=first, after=after))
    return out


def masses(
    times: Floats, admissible: Ints, n_interval: Ints, last: Ints, windows: list[Window],
    looks: Looks, priors: BreakPriors,
) -> Masses:  # fmt: skip
    """Return the prior probabilities.

    A break by the look has probability 1 - exp(-hazard * time), spread evenly over the days since
    the origin; what falls outside the admissible intervals cannot be seen in the data. Without a
    break, a pulse has come with probability 1 - exp(-pulse_hazard * time), spread in the same way.
    """
    n_look = looks.day.size
    kinds = np.array([priors.kinds.step, priors.kinds.slope, priors.kinds.both])
    none = np.ones(n_look)
    interval = np.zeros((n_look, admissible.size, N_KIND))
    hidden = np.zeros((n_look, N_HIDDEN))
    pulse, unseen = np.zeros((n_look, len(windows))), np.zeros(n_look)
    for k in range(n_look):
        look, origin = float(looks.day[k]), float(looks.origin_day)
        span = max(look - origin, 0.0)
        calm = math.exp(-priors.hazard * span / DAYS_PER_YEAR)
        no_pulse = math.exp(-priors.pulse_hazard * span / DAYS_PER_YEAR)
        none[k] = calm * no_pulse
        if span == 0.0:
            continue
        for m, (start, end) in enumerate(intervals(times, admissible[: n_interval[k]])):
            length = max(min(end, look) - max(start, origin), 0.0)
            interval[k, m] = (1.0 - calm) * length / span * kinds
        regions = hidden_days(times, admissible[: n_interval[k]], int(last[k]), looks, k)
        for place, region in enumerate(regions):
            share = (1.0 - calm) * region.days / span
            hidden[k, place * N_KIND : (place + 1) * N_KIND] = share * kinds
        for w, item in enumerate(windows):
            if item.first <= last[k] and n_interval[k]:
                length = max(min(item.end, look) - max(item.start, origin), 0.0)
                pulse[k, w] = calm * (1.0 - no_pulse) * length / span
        unseen[k] = max(calm * (1.0 - no_pulse) - pulse[k].sum(), 0.0)
    return Masses(none=none, interval=interval, hidden=hidden, pulse=pulse, unseen_pulse=unseen)


def intervals(times: Floats, admissible: Ints) -> list[tuple[float, float]]:
    """Return first day and first day after of each admissible interval."""
    return [(math.ceil(times[j - 1]), math.ceil(times[j])) for j in admissible.tolist()]


def hidden_days(
    times: Floats, admissible: Ints, last: int, looks: Looks, k: int
) -> tuple[Region, Region]:
    """Return the days that no interval covers: up to the last campaign, and after it."""
    origin, look = float(looks.origin_day), float(looks.day[k])
    border = min(max(math.ceil(times[last]) if last >= 0 else origin, origin), look)
    pieces, at = [], origin
    for start, end in intervals(times, admissible):
        if start > at:
            pieces.append((at, min(start, look)))
        at = max(at, end)
    pieces.append((at, look))
    early = [(a, min(b, border)) for a, b in pieces]
    late = [(max(a, border), b) for a, b in pieces]
    return _region(early, look), _region(late, look)


def _region(pieces: list[tuple[float, float]], look: float) -> Region:
    days, cubes = 0.0, 0.0
    for start, end in pieces:
        if end > start:
            days += end - start
            old, young = (look - start) / DAYS_PER_YEAR, (look - end) / DAYS_PER_YEAR
            cubes += (old**3 - young**3) / 3.0 * DAYS_PER_YEAR
    return Region(days=days, mean_square_age=cubes / days if days else 0.0)
